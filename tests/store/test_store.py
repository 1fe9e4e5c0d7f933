"""The results folder: a journal that resumes, extends, and never gives a wrong table."""

from __future__ import annotations

import json

import fake_study
import pytest

from experiments.running import runner
from experiments.running.worker import run_chunk
from experiments.store.folder import Store, StoreError

ARMS = {"baseline": [], "shift": fake_study.SHIFT}


def filled(folder, arms=ARMS, seeds=range(1, 5), say=lambda key, **values: None, **changes):
    """(store, summary of what had to be run)."""
    store = Store(folder, say).open(fake_study.manifest(arms, seeds, **changes))
    missing = store.missing(fake_study.tasks(arms, seeds), store.journal())
    return store, runner.run_tasks(missing, store.write, workers=1)


def test_reads_back_one_table_in_the_order_asked(tmp_path):
    store, summary = filled(tmp_path)
    assert (summary.ok, summary.failed) == (8, 0)
    runs = store.runs().to_pandas()
    assert list(zip(runs["arm"], runs["seed"])) == [(arm, seed) for arm in ARMS for seed in range(1, 5)]
    assert list(runs.columns[:8]) == [
        "run_id",
        "arm",
        "seed",
        "population_seed",
        "status",
        "error",
        "residents",
        "days",
    ]
    assert str(runs["dispute_rate"].dtype) == "float64" and set(runs["residents"]) == {300}
    assert store.series().num_rows == 8 * 5 and store.grids().num_rows == 8 * 3
    assert store.series()["day"].to_pylist() == list(range(5)) * 8


def test_second_start_runs_nothing_and_extension_only_the_missing(tmp_path):
    filled(tmp_path)
    assert filled(tmp_path)[1].ok == 0
    assert filled(tmp_path, seeds=range(1, 7))[1].ok == 4
    wider = {**ARMS, "more": [{"policy": "shift", "by": 2.0}]}
    store, summary = filled(tmp_path, arms=wider, seeds=range(1, 7))
    assert summary.ok == 6 and store.runs().num_rows == 18


def test_a_smaller_question_reads_only_what_it_asks(tmp_path):
    filled(tmp_path)
    store, summary = filled(tmp_path, arms={"baseline": []}, seeds=[2, 1])
    assert summary.ok == 0 and store.runs()["seed"].to_pylist() == [2, 1]


def test_table_does_not_depend_on_how_runs_were_cut_into_parts(tmp_path):
    whole, _ = filled(tmp_path / "whole")
    pieces = Store(tmp_path / "pieces").open(fake_study.manifest(ARMS, range(1, 5)))
    for task in reversed(fake_study.tasks(ARMS, range(1, 5))):
        for branch in task.branches:
            pieces.write(run_chunk((task.only([branch]),)))
    for read in ("runs", "series", "grids"):
        assert getattr(pieces, read)().equals(getattr(whole, read)())


@pytest.mark.parametrize("dataset", ["runs", "series", "grids"])
@pytest.mark.parametrize("damage", ["cut", "flip", "foreign", "gone"])
def test_damaged_part_is_set_aside_and_done_again(tmp_path, dataset, damage):
    whole, _ = filled(tmp_path / "whole")
    folder = tmp_path / "hurt"
    filled(folder)
    part = sorted((folder / dataset).glob("part-*.parquet"))[0]
    content = bytearray(part.read_bytes())
    if damage == "cut":
        part.write_bytes(content[: len(content) // 2])
    elif damage == "flip":
        content[len(content) // 4] ^= 0xFF
        part.write_bytes(content)
    elif damage == "gone":
        part.unlink()
    else:
        other, _ = filled(tmp_path / "other", study="another")
        part.write_bytes(sorted((other.folder / dataset).glob("part-*.parquet"))[0].read_bytes())
    said = []
    store, summary = filled(folder, say=lambda key, **values: said.append(key))
    assert summary.ok == 2, "the two runs of the part are done again"
    assert said == ([] if (dataset, damage) == ("runs", "gone") else ["store.set_aside"])
    for read in ("runs", "series", "grids"):
        assert getattr(store, read)().equals(getattr(whole, read)())


def test_no_flipped_byte_goes_unnoticed(tmp_path):
    store, _ = filled(tmp_path, seeds=[1])
    part = next((tmp_path / "runs").glob("part-*.parquet"))
    content = part.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 200)):
        hurt = bytearray(content)
        hurt[place] ^= 1
        part.write_bytes(hurt)
        assert store.read(part) is None, place


def test_an_arm_that_failed_and_works_now_leaves_one_row(tmp_path):
    store = Store(tmp_path).open(fake_study.manifest(ARMS, [1]))
    broken, whole = (fake_study.tasks(ARMS, [1], scenario=text) for text in ('{"broken": true}', "{}"))
    store.write(run_chunk(tuple(broken)))
    assert set(store.runs()["status"].to_pylist()) == {"failed"}
    store.write(run_chunk(tuple(whole)))
    assert (
        store.runs()["status"].to_pylist() == ["ok", "ok"] and len(list((tmp_path / "runs").iterdir())) == 1
    )


def test_folder_of_another_study_is_refused_and_untouched(tmp_path):
    filled(tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()
    for change, key in (
        ({"days": 9}, "store.other_study"),
        ({"scenario_hash": "x"}, "store.other_study"),
        ({"model_version": "x"}, "store.other_model"),
        ({"arms": {"shift": []}}, "store.other_arm"),
    ):
        with pytest.raises(StoreError) as caught:
            Store(tmp_path).open({**fake_study.manifest(ARMS, [1]), **change})
        assert caught.value.key == key
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_folder_without_a_manifest_is_refused(tmp_path):
    filled(tmp_path)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(StoreError):
        filled(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(StoreError):
        filled(tmp_path)


def test_clear_keeps_the_old_results_aside(tmp_path):
    store, _ = filled(tmp_path)
    store.clear()
    assert filled(tmp_path, days=5)[1].ok == 8
    assert len(list((tmp_path / "set-aside" / "runs").glob("part-*.parquet"))) == 4


def test_a_renamed_arm_is_not_read_under_its_old_name(tmp_path):
    filled(tmp_path)
    store, summary = filled(tmp_path, arms={"baseline": [], "new name": fake_study.SHIFT})
    assert summary.ok == 4 and set(store.runs()["arm"].to_pylist()) == {"baseline", "new name"}


def test_manifest_keeps_when_it_was_created_and_all_arms_ever_asked(tmp_path):
    filled(tmp_path, created="first")
    filled(tmp_path, arms={"baseline": []}, created="second")
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["created"] == "first" and set(manifest["known_arms"]) == set(ARMS)


def test_who_only_reads_moves_nothing(tmp_path):
    """A report on a folder with a damaged part leaves it out and says so; every file stays where it was."""
    filled(tmp_path)
    part = sorted((tmp_path / "runs").glob("part-*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:-9])
    before, said = sorted(p for p in tmp_path.rglob("*")), []
    reader = Store(tmp_path, lambda key, **values: said.append(key))
    reader.load()
    reader.journal()
    assert said == ["store.skipped"] and sorted(tmp_path.rglob("*")) == before


def test_a_run_without_its_series_is_said_though_the_part_is_there(tmp_path):
    """A part of the right name and study whose rows lack a run: no writer of ours makes one."""
    import pyarrow.compute as pc

    store, _ = filled(tmp_path)
    part = store.parts("series")[0]
    table = store.read(part)
    gone = table["run_id"][0]
    part.unlink()
    store.put("series", part.stem.split("-")[1], table.filter(pc.not_equal(table["run_id"], gone)))
    for read in (store.series, lambda: list(store.stream("series")), store.verify):
        with pytest.raises(StoreError, match=f"1 are missing in series/ .*{gone.as_py()}"):
            read()
    assert store.grids().num_rows == 8 * 3 and store.runs().num_rows == 8
