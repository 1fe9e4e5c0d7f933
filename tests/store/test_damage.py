"""Damage done to stored tables: no flipped bit, no part removed or exchanged gives a table without a word."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import pytest

from benchmarks import damage
from experiments import cli
from experiments.store import csv_file, kept, manifest
from experiments.store.folder import Store, StoreError
from sim.config.catalog import set_language

pytestmark = pytest.mark.usefixtures("language_as_it_was")
SMALL = [
    "compare",
    "three_policies",
    "--residents",
    "360",
    "--days",
    "30",
    "--burn-in",
    "20",
    "--seeds",
    "2",
    "--quiet",
    "--lang",
    "en",
    "--workers",
    "1",
]
DATASETS = ("runs", "series", "grids")


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    return {kind: (path, read) for kind, path, read in damage.kinds(tmp_path_factory.mktemp("damage"))}


@pytest.mark.parametrize(
    "kind",
    [
        "runs/",
        "series/",
        "grids/",
        "manifest.json",
        "design.parquet",
        "comparison.csv",
        "a document",
        "hashes.json",
    ],
)
def test_no_flipped_bit_goes_unnoticed_in_any_kind_of_file(kinds, kind):
    path, read = kinds[kind]
    bits = 8 * path.stat().st_size
    found = damage.flipped(path, read, every=max(1, bits // 1500) | 1)
    assert found.flips >= min(bits, 700) and found.unnoticed == [] and found.raw == []


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A small comparison, and its shards."""
    folder = tmp_path_factory.mktemp("study") / "out"
    assert cli.main([*SMALL, "--out", str(folder)]) == 0
    set_language(None)
    return folder


@pytest.fixture
def copied(study, tmp_path) -> Path:
    return Path(shutil.copytree(study, tmp_path / "copy"))


def readers(folder: Path) -> dict[str, list[str]]:
    run = Store(folder)
    run.load()
    run.partial = True
    name = run.runs(["run_id"])["run_id"][0].as_py()
    return {
        "report": ["report", str(folder)],
        "export": ["export", str(folder)],
        "replay": ["replay", str(folder), name],
        "merge": ["merge", str(folder), "--out", str(folder.parent / "merged")],
        "compact": ["compact", str(folder)],
    }


def first(folder: Path, dataset: str) -> Path:
    return sorted((folder / dataset).glob("part-*.parquet"))[0]


@pytest.mark.parametrize("reader", ["report", "export", "replay", "merge", "compact"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_every_reader_notices_a_part_that_is_gone(copied, dataset, reader, capsys):
    words = readers(copied)[reader]
    first(copied, dataset).unlink()
    assert cli.main([*words, "--lang", "en"]) in (1, 2)
    said = "".join(capsys.readouterr())
    assert "missing" in said or "not there" in said, said


@pytest.mark.parametrize("reader", ["report", "export", "replay", "merge", "compact"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_every_reader_notices_parts_that_were_exchanged(copied, dataset, reader, capsys):
    words = readers(copied)[reader]
    one, two = sorted((copied / dataset).glob("part-*.parquet"))[:2]
    keys = [path.name.split("-")[1] for path in (one, two)]
    contents = [path.read_bytes() for path in (one, two)]
    for path in (one, two):
        path.unlink()
    for path, key, content in zip(
        (one, two), reversed(keys), contents
    ):  # each under the other's name, with the right hash of its bytes
        path.with_name(path.name.replace(path.name.split("-")[1], key)).write_bytes(content)
    assert cli.main([*words, "--lang", "en"]) in (1, 2)
    assert "has the name or the place of another part" in "".join(capsys.readouterr())


def test_a_part_in_another_datasets_place_is_noticed(copied):
    path = first(copied, "series")
    target = copied / "grids" / path.name
    first(copied, "grids").unlink()
    path.rename(target)
    store = Store(copied)
    store.load()
    assert store.read(target) is None


@pytest.mark.parametrize(
    "name, key",
    [
        ("manifest.json", "store.no_manifest"),
        ("comparison.csv", "kept.gone"),
        ("hashes.json", "kept.no_hash"),
    ],
)
def test_the_report_says_which_file_is_gone(copied, name, key):
    from experiments.commands._options import write_report

    (copied / name).unlink()
    with pytest.raises(StoreError) as caught:
        write_report(copied, "en")
    assert caught.value.key == key and name in str(caught.value) or name == "hashes.json"


def test_export_of_what_is_there_is_asked_for_and_says_what_is_not(copied, capsys):
    first(copied, "runs").unlink()
    assert cli.main(["export", str(copied), "--lang", "en"]) == cli.BAD_INPUT
    said = capsys.readouterr().err
    assert "are missing in runs/" in said and f"cogov export {copied} --partial" in said
    assert not (copied / "export" / "runs.csv").exists()
    assert cli.main(["export", str(copied), "--partial", "--lang", "en"]) == 0
    assert "Incomplete: 6 of 12 runs are missing" in capsys.readouterr().out
    assert len((copied / "export" / "runs.csv").read_text(encoding="utf-8-sig").splitlines()) == 1 + 6


def test_the_studys_command_puts_a_damaged_folder_right(copied, study):
    whole = Store(study)
    whole.load()
    first(copied, "series").unlink()
    (copied / "comparison.csv").write_text("changed", encoding="utf-8")
    assert cli.main([*SMALL, "--out", str(copied)]) == 0
    store = Store(copied)
    store.load()
    assert store.fingerprint() == whole.fingerprint() and csv_file.read(
        copied / "comparison.csv"
    ) == csv_file.read(study / "comparison.csv")


@pytest.mark.parametrize(
    "change",
    [
        {"seeds": None},
        {"seeds": []},
        {"seeds": "1,2"},
        {"seeds": [1, True]},
        {"days": "many"},
        {"arms": {}},
        {"arms": {"a": None}},
        {"arms": ["baseline"]},
        {"study": None},
        {"outcomes": ["dispute_rate"]},
        {"smallest_effect": None},
        {"model_version": 3},
        {"scenario": "x"},
        {"record": None},
        {"engine": 1},
    ],
)
def test_a_manifest_changed_by_hand_is_one_line_that_names_the_entry(copied, change, capsys):
    document = manifest.read(copied) | change
    (copied / "manifest.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    assert (
        cli.main(["report", str(copied), "--lang", "en"]) == cli.BAD_INPUT
        and "carries no hash" in capsys.readouterr().err
    )
    kept.write_sealed(copied / "manifest.json", document)  # by somebody who made the hash as well
    for verb in ("report", "export", "compact"):
        assert cli.main([verb, str(copied), "--lang", "en"]) == cli.BAD_INPUT
        err = capsys.readouterr().err
        assert len(err.splitlines()) == 1 and f"'{next(iter(change))}'" in err


def test_a_folder_of_an_earlier_version_is_said_and_can_be_set_aside(copied, capsys):
    document = manifest.read(copied)
    (copied / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    (copied / "hashes.json").unlink()
    for verb in ("report", "export", "compact"):
        assert (
            cli.main([verb, str(copied), "--lang", "en"]) == cli.BAD_INPUT
            and "earlier version" in capsys.readouterr().err
        )
    assert (
        cli.main([*SMALL, "--out", str(copied)]) == cli.BAD_INPUT
        and "earlier version" in capsys.readouterr().err
    )
    assert cli.main([*SMALL, "--out", str(copied), "--fresh"]) == 0
    assert (copied / "set-aside" / "comparison.csv").exists() and (
        copied / "set-aside" / "manifest.json"
    ).exists()


def stopped_at(call: int, write):
    """``write``, which is stopped at the start of this call of it (the first is 1)."""
    calls = itertools.count(1)

    def stopped(target, fill):
        if next(calls) == call:
            raise KeyboardInterrupt
        return write(target, fill)

    return stopped


def test_a_table_stopped_amid_its_writing_is_the_old_or_the_new(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    csv_file.write(path, ["a"], [[1]])
    for stop in range(1, 4):
        with monkeypatch.context() as patch:
            patch.setattr(kept, "replace_with", stopped_at(stop, kept.replace_with))
            with pytest.raises(KeyboardInterrupt):
                csv_file.write(path, ["a"], [[2 + stop]])
        assert csv_file.read(path)[0]["a"] in ("1", *(str(2 + n) for n in range(1, stop + 1))), (
            "one or the other, never an alarm"
        )
    csv_file.write(path, ["a"], [[9]])
    assert csv_file.read(path) == [{"a": "9"}] and len(kept.journal(tmp_path)["t.csv"]) == 1


def test_a_shard_answers_for_its_own_runs(tmp_path, capsys):
    words = [*SMALL[: SMALL.index("--seeds")], "--seeds", "4", *SMALL[SMALL.index("--quiet") :]]
    assert cli.main([*words, "--shard", "1/2", "--out", str(tmp_path / "s1")]) == 0
    assert cli.main(["export", str(tmp_path / "s1"), "--lang", "en"]) == 0
    assert (
        len((tmp_path / "s1" / "export" / "runs.csv").read_text(encoding="utf-8-sig").splitlines()) == 1 + 12
    )
    first(tmp_path / "s1", "runs").unlink()
    assert cli.main(["export", str(tmp_path / "s1"), "--lang", "en"]) == cli.BAD_INPUT
    assert "of 12 runs asked for, 6 are missing" in capsys.readouterr().err
    assert cli.main(["merge", str(tmp_path / "s1"), "--out", str(tmp_path / "m"), "--lang", "en"]) == 1
    assert "18 runs of the study are not there yet" in capsys.readouterr().out
