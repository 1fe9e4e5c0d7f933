"""Shards of a study, and the folder they make together."""

from __future__ import annotations

import csv
from pathlib import Path

import fake_study
import pytest

from experiments import cli
from experiments import tasks as specs
from experiments.running import runner
from experiments.running.worker import run_chunk
from experiments.store.folder import Store, StoreError
from experiments.store.merge import merge

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")
ARMS = {"baseline": [], "shift": fake_study.SHIFT}
SMALL = [
    "compare",
    "three_policies",
    "--residents",
    "360",
    "--days",
    "30",
    "--burn-in",
    "20",
    "--no-report",
    "--quiet",
    "--lang",
    "en",
    "--workers",
    "1",
]


def shard(folder: Path, part: int, of: int, seeds=range(1, 8), arms=ARMS, **changes) -> Store:
    store = Store(folder).open(fake_study.manifest(arms, seeds, shard=f"{part}/{of}", **changes))
    tasks = specs.shard(fake_study.tasks(arms, seeds), part, of)
    runner.run_tasks(store.missing(tasks, store.journal()), store.write, workers=1)
    return store


def three(folder: Path, **more) -> list[Path]:
    return [shard(folder / f"s{part}", part, 3, **more).folder for part in (1, 2, 3)]


def tables(store) -> tuple:
    return store.runs(), store.series(), store.grids()


def test_shards_share_the_work_without_gap_or_overlap():
    tasks = fake_study.tasks(ARMS, range(1, 12))
    cut = [specs.shard(tasks, part, 4) for part in range(1, 5)]
    assert (
        sorted(t.run_seed for c in cut for t in c) == list(range(1, 12))
        and max(map(len, cut)) - min(map(len, cut)) == 1
    )
    assert specs.shard(tasks[:6], 2, 4) == cut[1][:2], "more seeds later leave each run in its shard"


def test_three_shards_merged_are_the_study(tmp_path):
    whole = shard(tmp_path / "whole", 1, 1)
    merged = merge(three(tmp_path), tmp_path / "merged")
    assert (merged.runs, merged.missing) == (14, 0) and "shard" not in merged.store.manifest
    assert all(a.equals(b) for a, b in zip(tables(merged.store), tables(whole)))
    assert merge(three(tmp_path), tmp_path / "merged").runs == 14, "merging again changes nothing"
    assert merged.store.runs().num_rows == 14


def test_a_shard_knows_the_whole_study_and_what_is_missing_is_counted(tmp_path):
    folders = three(tmp_path)
    assert Store(folders[0]).load()["seeds"] == list(range(1, 8))
    assert merge(folders[:2], tmp_path / "merged").missing == 4
    assert merge(folders, tmp_path / "merged").missing == 0, "the third may come later"


@pytest.mark.parametrize(
    "change, key",
    [
        ({"days": 9}, "store.other_study"),
        ({"model_version": "x"}, "store.other_model"),
        ({"seeds": range(1, 9)}, "store.other_study"),
        ({"arms": {"baseline": [], "other": fake_study.SHIFT}}, "store.other_study"),
    ],
)
def test_another_study_or_version_is_refused_and_nothing_is_written(tmp_path, change, key):
    folders = three(tmp_path)
    odd = shard(tmp_path / "odd", 3, 3, **change).folder
    with pytest.raises(StoreError) as caught:
        merge([*folders[:2], odd], tmp_path / "merged")
    assert caught.value.key == key and not (tmp_path / "merged").exists()


def test_a_run_that_is_there_twice_is_refused_but_the_same_part_is_not(tmp_path):
    folders = three(tmp_path)
    again = Store(tmp_path / "again").open(fake_study.manifest(ARMS, range(1, 8)))
    again.write(
        run_chunk(tuple(fake_study.tasks(ARMS, range(1, 4))))
    )  # the same study cut otherwise: the same runs in another part
    with pytest.raises(StoreError) as caught:
        merge([*folders, again.folder], tmp_path / "merged")
    assert caught.value.key == "merge.twice" and not (tmp_path / "merged").exists()
    assert merge([*folders, folders[0]], tmp_path / "merged").runs == 14


def test_a_damaged_part_of_a_shard_is_left_out_and_said(tmp_path):
    folders, said = three(tmp_path), []
    part = next((folders[1] / "series").glob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:-9])
    merged = merge(folders, tmp_path / "merged", lambda key, **values: said.append(key))
    assert "store.skipped" in said and merged.missing == 2
    with pytest.raises(StoreError, match="of 14 runs asked for, 2 are missing"):
        merged.store.runs()
    merged.store.partial = True
    assert merged.store.runs().num_rows == 12 and "store.partial" in said
    assert part.exists(), "the shard's folder stays as it was"


def test_the_commands_from_shards_to_the_comparison(tmp_path, capsys):
    for part in (1, 2, 3):
        assert cli.main([*SMALL, "--seeds", "2", "--shard", f"{part}/3"]) == 0
    said = capsys.readouterr().out
    folders = sorted(str(path) for path in Path("results").iterdir())
    assert folders == [f"results/three_policies-r360-d30-b20-shard{part}of3" for part in (1, 2, 3)]
    assert f"cogov merge {' '.join(folders)} --out results/three_policies" in said
    assert (
        cli.main(["report", folders[0], "--lang", "en"]) == cli.BAD_INPUT
        and "holds shard 1/3" in capsys.readouterr().err
    )
    assert cli.main(["merge", *folders, "--out", "merged", "--lang", "en"]) == 0
    assert (
        "cogov compare three_policies --seeds 2 --days 30 --burn-in 20 --residents 360 --out merged"
        in capsys.readouterr().out
    )
    assert (
        cli.main([*SMALL, "--seeds", "2", "--out", "merged"]) == 0
        and "none is repeated" in capsys.readouterr().out
    )
    assert cli.main([*SMALL, "--seeds", "2", "--out", "straight"]) == 0
    assert Path("merged/comparison.csv").read_bytes() == Path("straight/comparison.csv").read_bytes()
    with Path("merged/comparison.csv").open(encoding="utf-8-sig", newline="") as lines:
        assert len(list(csv.DictReader(lines))) > 6


@pytest.mark.parametrize("word", ["4/3", "0/3", "3", "a/b", "1/0"])
def test_a_shard_that_cannot_be_is_said(word, capsys):
    with pytest.raises(SystemExit):
        cli.main([*SMALL, "--shard", word])
    assert "is not I/N" in capsys.readouterr().err
