"""Results in other programs' formats, compacted parts, disks and folders that do not serve: never a wrong
table.
"""

from __future__ import annotations

import csv
import errno
import json
import re
import string
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import fake_study
import numpy as np
import pandas as pd
import pytest

from experiments import cli
from experiments import tasks as specs
from experiments.exports import excel, stata
from experiments.running import runner
from experiments.store import compact as compaction
from experiments.store import ordered_reading
from experiments.store.compact import compact
from experiments.store.folder import Store, StoreError
from sim.config.catalog import set_language

ARMS = {"baseline": [], "shift": fake_study.SHIFT, "odd": [{"policy": "fail", "seed": 3}]}
BUNDLED = {arm: specs.bundle(policies) for arm, policies in ARMS.items()}


@pytest.fixture(autouse=True)
def language():
    yield
    set_language(None)


def filled(folder: Path, seeds=range(1, 13), arms=ARMS, **changes):
    store = Store(folder).open(fake_study.manifest(arms, seeds, outcomes={}, parameters=[], **changes))
    missing = store.missing(fake_study.tasks(arms, seeds), store.journal())
    return store, runner.run_tasks(missing, store.write, workers=1)


def points(count: int, seeds: int = 3):
    """Rows of a design of which every seventh repeats an earlier point, so that some share a run."""
    base = specs.Base(
        '{"name": "fake"}', "fake", 2, 5, 300, specs.model_version("fake_engine"), "fake_engine"
    )
    return [
        base.task(
            BUNDLED,
            1,
            1 + row % seeds,
            row=row,
            values={"a": float(row % 7)},
            factors={"a": float(row % 7), "idle": float(row)},
            record=(),
        )
        for row in range(count)
    ]


def designed(folder: Path, count: int):
    store = Store(folder).open(
        fake_study.manifest(ARMS, [1, 2, 3], factors={"a": [0, 6]}, record=[], outcomes={}, parameters=[])
    )
    tasks = points(count)
    store.ask(tasks)
    return store, runner.run_tasks(store.missing(tasks, store.journal()), store.write, workers=1)


# --- designs with rows


def test_rows_of_a_design_come_back_in_its_order_and_shared_runs_are_run_once(tmp_path):
    store, summary = designed(tmp_path, 50)
    assert summary.ok + summary.failed == 21 * 3, (
        "7 points x 3 seeds x 3 arms; the other rows are the same runs"
    )
    rows = store.runs().to_pandas()
    assert list(rows["row"]) == [row for row in range(50) for _ in ARMS] and list(rows["arm"]) == [*ARMS] * 50
    assert (rows["x_a"] == rows["row"] % 7).all() and (rows["x_idle"] == rows["row"]).all()
    more, summary = designed(tmp_path, 80)
    assert summary.ok == 0 and more.runs().slice(0, 150).to_pandas().equals(rows), (
        "a longer design runs only what is missing"
    )
    assert not (tmp_path / "series").exists()


def test_other_factors_are_another_study_and_a_lost_design_is_said(tmp_path):
    store, _ = designed(tmp_path, 5)
    with pytest.raises(StoreError) as caught:
        Store(tmp_path).open({**store.manifest, "factors": {"a": [0, 9]}})
    assert caught.value.key == "store.other_study"
    (tmp_path / "design.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError) as caught:
        Store(tmp_path).mend().runs()
    assert caught.value.key == "store.no_design"


# --- extension, compaction


def test_extending_runs_only_what_is_missing(tmp_path):
    assert filled(tmp_path, range(1, 5))[1].ok == 11
    assert filled(tmp_path, range(1, 9))[1].ok == 12, "four more seeds"
    assert filled(tmp_path, range(1, 9), {**ARMS, "more": [{"policy": "shift", "by": 2.0}]})[1].ok == 8, (
        "one more arm"
    )
    compact(Store(tmp_path).mend())
    assert filled(tmp_path, range(1, 9))[1].ok == 0 and filled(tmp_path, range(1, 11))[1].ok == 6, (
        "the same after compaction"
    )


def test_compacted_parts_are_the_same_bytes_however_the_runs_were_cut(tmp_path, monkeypatch):
    straight, _ = filled(tmp_path / "straight")
    before = straight.fingerprint()
    for seeds in (range(7, 13), [3, 1, 2], range(1, 13)):
        pieces, _ = filled(tmp_path / "pieces", seeds)
    assert pieces.fingerprint() == before
    monkeypatch.setattr(compaction, "PART_BYTES", 4000.0)
    done = [compact(Store(store.folder).mend()) for store in (straight, pieces)]
    assert {one.after for one in done} == {len(list((tmp_path / "pieces" / "runs").iterdir()))} and done[
        0
    ].runs == 36
    names = [
        [
            sorted(path.name for path in (store.folder / dataset).iterdir())
            for dataset in ("runs", "series", "grids")
        ]
        for store in (straight, pieces)
    ]
    assert names[0] == names[1] and len(names[0][0]) > 1
    assert straight.fingerprint() == pieces.fingerprint() == before
    assert compact(Store(tmp_path / "pieces").mend()).after == done[0].after, "once more changes nothing"


@pytest.mark.parametrize("stop", range(0, 24, 3))
def test_compaction_stopped_anywhere_loses_and_doubles_nothing(tmp_path, monkeypatch, stop):
    store, _ = filled(tmp_path)
    before, runs = store.fingerprint(), store.runs().to_pandas()
    left = [stop]

    def count(function):
        def counted(*args, **more):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return function(*args, **more)

        return counted

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "PART_BYTES", 4000.0)
        patch.setattr(Store, "put", count(Store.put))
        patch.setattr(Path, "unlink", count(Path.unlink))
        try:
            compact(Store(tmp_path).mend())
        except KeyboardInterrupt:
            pass
    reader = Store(tmp_path)
    reader.load()
    assert reader.fingerprint() == before and reader.runs().to_pandas().equals(runs)
    again, summary = filled(tmp_path)
    assert summary.ok == 0 and again.fingerprint() == before
    compact(Store(tmp_path).mend())
    assert again.fingerprint() == before


def test_a_run_that_failed_then_worked_keeps_its_good_row_through_compaction(tmp_path):
    store, _ = filled(tmp_path)
    tasks = [
        task.only([replace_branch(branch) for branch in task.branches if branch.arm == "odd"])
        for task in fake_study.tasks(ARMS, [3])
    ]
    runner.run_tasks(tasks, store.write, workers=1)
    assert set(store.runs()["status"].to_pylist()) == {"ok"}
    compact(Store(tmp_path).mend())
    assert set(store.runs()["status"].to_pylist()) == {"ok"} and store.runs().num_rows == 36


def replace_branch(branch):
    """The same run as it would be had its policy worked."""
    return specs.Branch(branch.arm, (), branch.run_id)


def test_large_tables_are_put_in_order_on_disk_with_the_same_result(tmp_path, monkeypatch):
    for make, count in ((filled, range(1, 13)), (designed, 40)):
        store, _ = make(tmp_path / make.__name__, count)
        before, whole = store.fingerprint(), store.runs()
        with monkeypatch.context() as patch:
            patch.setattr(ordered_reading, "WHOLE_BYTES", 1.0)
            patch.setattr(ordered_reading, "BUCKET_BYTES", 700.0)
            pieces = list(store.stream("runs"))
            assert len(pieces) > 3 and sum(piece.num_rows for piece in pieces) == whole.num_rows
            assert store.fingerprint() == before


# --- formats


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "study"
    filled(folder)
    for words in (["csv"], ["parquet"], ["xlsx"], ["stata"], ["csv", "--long"]):
        assert cli.main(["export", str(folder), "--to", *words, "--lang", "zh"]) == 0
    set_language(None)
    return folder


def same(read: pd.DataFrame, store: Store) -> bool:
    truth = store.runs().to_pandas()
    return all(
        np.allclose(read[name].astype(float), truth[name].astype(float), equal_nan=True, rtol=0, atol=0)
        if truth[name].dtype.kind in "fi"
        else list(read[name].fillna("")) == list(truth[name])
        for name in truth
        if name != "error"
    )


def test_every_format_holds_the_same_numbers(exported):
    store = Store(exported).mend()
    folder = exported / "export"
    assert same(pd.read_csv(folder / "runs.csv"), store)
    assert same(pd.read_parquet(folder / "runs.parquet"), store)
    assert same(pd.read_stata(folder / "runs.dta"), store)
    assert (
        len(pd.read_stata(folder / "series.dta"))
        == store.series().num_rows
        == len(pd.read_parquet(folder / "series.parquet"))
    )
    days = pd.read_stata(folder / "series.dta")
    assert list(days["day"]) == store.series()["day"].to_pylist() and np.array_equal(
        days["disputes"], store.series()["disputes"].to_numpy()
    )


def test_stata_has_labels_and_the_last_line_of_an_error(exported):
    with pd.read_stata(exported / "export" / "runs.dta", iterator=True) as data:
        labels = data.variable_labels()
    assert labels["dispute_rate"] == "矛盾纠纷发生率 (起/千人·年)"
    rows = pd.read_stata(exported / "export" / "runs.dta")
    assert rows[rows["status"] == "failed"]["error"].tolist() == [
        "ZeroDivisionError: a policy that cannot work"
    ]


def test_long_form_has_a_row_per_run_and_outcome(exported):
    store = Store(exported).mend()
    rows = pd.read_csv(exported / "export" / "runs_long.csv")
    wide = rows.pivot(index=["arm", "seed"], columns="outcome", values="value")
    truth = store.runs().to_pandas().set_index(["arm", "seed"])
    for name in ("dispute_rate", "cost_budget", "satisfaction_index"):
        assert np.array_equal(wide[name].loc[truth.index], truth[name], equal_nan=True), name


def cells(path: Path, sheet: str) -> list[list[str]]:
    """A sheet's cells, read by the standard's own names."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/{sheet}.xml"))
    table = []
    for row in root.iter(f"{{{space['x']}}}row"):
        there = {
            re.sub(r"[0-9]", "", cell.get("r")): "".join(cell.itertext())
            for cell in row.findall("x:c", space)
        }
        letters = [a + b for a in ["", *string.ascii_uppercase] for b in string.ascii_uppercase]
        width = len(table[0]) if table else max(map(letters.index, there)) + 1
        table.append([there.get(name, "") for name in letters[:width]])
    return table


def test_workbook_has_a_sheet_per_table(exported):
    path = exported / "export" / "results.xlsx"
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        names = [
            sheet.get("name")
            for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter()
            if sheet.tag.endswith("}sheet")
        ]
    assert names == ["runs", "series", "grids"]
    runs, truth = cells(path, "sheet1"), Store(exported).mend().runs().to_pandas()
    assert runs[0] == list(truth.columns) and len(runs) == 37
    at = runs[0].index("dispute_rate")
    assert [float(row[at]) if row[at] else None for row in runs[1:]] == [
        None if np.isnan(v) else v for v in truth["dispute_rate"]
    ]


def test_workbook_goes_on_in_another_sheet(tmp_path, monkeypatch):
    import pyarrow as pa

    monkeypatch.setattr(excel, "ROWS", 11)
    table = pa.table({"n": list(range(25)), "word": ["<&> 纠纷"] * 25})
    told = excel.write(
        [("runs", [table.slice(0, 4), table.slice(4)]), ("more", [table.slice(0, 2)])], tmp_path / "book.xlsx"
    )
    assert told == {"runs": 10, "runs_2": 10, "runs_3": 5, "more": 2}
    assert [row for sheet in (1, 2, 3) for row in cells(tmp_path / "book.xlsx", f"sheet{sheet}")[1:]] == [
        [str(n), "<&> 纠纷"] for n in range(25)
    ]


def test_names_for_stata_are_legal_and_each_once():
    found = stata.names(["dispute_rate@y1", "dispute_rate_y1", "2nd", "in", "x" * 40, "x" * 41, "纠纷"])
    assert found["dispute_rate@y1"] == "dispute_rate_y1" and len(set(found.values())) == 7
    assert all(
        len(name) <= 32 and name.isascii() and name.isidentifier() and name != "in" for name in found.values()
    )


def test_names_that_share_their_first_letters_stay_two_in_every_format(tmp_path):
    long = "网" * 700
    arms = {"baseline": [], long + "甲": fake_study.SHIFT, long + "乙": [{"policy": "shift", "by": 2.0}]}
    filled(tmp_path / "s", [1], arms)
    for to in ("csv", "parquet", "stata", "xlsx"):
        assert cli.main(["export", str(tmp_path / "s"), "--to", to, "--lang", "en"]) == 0
    folder = tmp_path / "s" / "export"
    for table in (
        pd.read_csv(folder / "runs.csv"),
        pd.read_parquet(folder / "runs.parquet"),
        pd.read_stata(folder / "runs.dta"),
        pd.read_stata(folder / "series.dta"),
    ):
        assert set(table["arm"]) == set(arms)
    assert {row[1] for row in cells(folder / "results.xlsx", "sheet1")[1:]} == set(arms)


def test_a_word_too_long_for_a_cell_is_an_error_and_leaves_no_workbook(tmp_path, capsys):
    filled(tmp_path / "s", [1], {"baseline": [], "x" * 40_000: fake_study.SHIFT})
    assert cli.main(["export", str(tmp_path / "s"), "--to", "xlsx", "--lang", "en"]) == cli.BAD_INPUT
    assert (
        "40,000 letters" in capsys.readouterr().err
        and not (tmp_path / "s" / "export" / "results.xlsx").exists()
    )


def test_a_long_table_is_several_stata_files_that_hold_it(tmp_path, monkeypatch):
    store, _ = filled(tmp_path / "s")
    whole = store.series().to_pandas()
    monkeypatch.setattr(stata, "VALUES", 6 * 70)
    assert cli.main(["export", str(tmp_path / "s"), "--to", "stata", "--only", "series", "--lang", "en"]) == 0
    files = sorted((tmp_path / "s" / "export").glob("series_*.dta"))
    assert len(files) == 3 and not (tmp_path / "s" / "export" / "series.dta").exists()
    together = pd.concat([pd.read_stata(path) for path in files], ignore_index=True)
    assert np.array_equal(together["disputes"], whole["disputes"]) and list(together["run_id"]) == list(
        whole["run_id"]
    )


def test_stata_keeps_large_seeds_exactly(tmp_path):
    import pyarrow as pa

    seeds = [2**53 + 1, 2**62 + 7]
    stata.write(
        [pa.table({"seed": seeds, "small": [2**40 + 1, 3], "big": [1e308, float("inf")]})],
        tmp_path / "s.dta",
        str,
    )
    found = pd.read_stata(tmp_path / "s.dta")
    assert (
        list(map(int, found["seed"])) == seeds
        and list(found["small"]) == [2**40 + 1, 3]
        and found["big"].isna().all()
    )


def test_the_codebook_covers_every_table_of_the_folder(tmp_path):
    def told() -> set[str]:
        with (folder / "codebook.csv").open(encoding="utf-8-sig", newline="") as lines:
            return {row["table"] for row in csv.DictReader(lines)}

    filled(tmp_path / "s", [1])
    folder = tmp_path / "s" / "export"
    assert cli.main(["export", str(tmp_path / "s"), "--only", "runs", "--lang", "en"]) == 0 and told() == {
        "runs"
    }
    assert cli.main(
        ["export", str(tmp_path / "s"), "--long", "--only", "runs", "--lang", "en"]
    ) == 0 and told() == {"runs", "runs_long"}
    assert (
        cli.main(["export", str(tmp_path / "s"), "--only", "grids", "--to", "parquet", "--lang", "en"]) == 0
    )
    assert told() == {"runs", "runs_long", "grids"} and "## runs_long" in (
        folder / "codebook.en.md"
    ).read_text(encoding="utf-8")
    (folder / "runs.csv").unlink()
    assert cli.main(["export", str(tmp_path / "s"), "--only", "grids", "--lang", "en"]) == 0 and told() == {
        "runs_long",
        "grids",
    }


def test_codebook_says_every_column_in_both_languages(exported):
    with (exported / "export" / "codebook.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    told = {(row["table"], row["column"]) for row in rows}
    store = Store(exported).mend()
    wanted = {("runs_long", "value")} | {
        (name, column) for name in ("series", "grids") for column in getattr(store, name)().column_names
    }
    assert wanted <= told and all(
        row["definition_en"] and row["definition_zh"] for row in rows if row["column"] not in ("cost",)
    )
    words = {
        lang: (exported / "export" / f"codebook.{lang}.md").read_text(encoding="utf-8")
        for lang in ("en", "zh")
    }
    assert "does not forecast" in words["en"] and "机制比较，非预测" in words["zh"]
    assert words["en"].count("\n| ") == words["zh"].count("\n| ")


def test_every_real_column_has_words_of_its_own():
    from experiments.exports import codebook
    from sim import metrics
    from sim.metrics.readings import SERIES

    grids = (
        "grid",
        "community",
        "residents",
        "problems",
        "claims",
        "disputes",
        "fixed",
        "satisfaction_index",
        "workload",
        "backlog",
    )
    tables = {
        "runs": [*specs.HEAD, "row", *metrics.registry(), "dispute_rate@y2"],
        "series": ["run_id", "arm", "seed", *SERIES],
        "grids": grids,
    }
    for lang in ("en", "zh"):
        for entry in codebook.entries({"study": "x"}, tables, lang):
            assert entry.label and entry.definition, entry.column


# --- what the disk does


@pytest.mark.parametrize(
    "code, key",
    [
        (errno.ENOSPC, "store.disk_full"),
        (errno.EROFS, "store.cannot_write"),
        (errno.EACCES, "store.cannot_write"),
    ],
)
def test_a_disk_that_takes_nothing_more_is_said_and_the_next_start_finishes(tmp_path, monkeypatch, code, key):
    whole, _ = filled(tmp_path / "whole", arms={"baseline": [], "shift": fake_study.SHIFT})
    left, write = [7], Path.write_bytes

    def full(path, content):
        left[0] -= 1
        if left[0] < 0:
            write(path, content[: len(content) // 2])  # what a full disk leaves
            raise OSError(code, "no")
        return write(path, content)

    arms = {"baseline": [], "shift": fake_study.SHIFT}
    with monkeypatch.context() as patch, pytest.raises(StoreError) as caught:
        patch.setattr(Path, "write_bytes", full)
        filled(tmp_path / "hurt", arms=arms)
    assert caught.value.key == key and str(tmp_path / "hurt") in str(caught.value)
    assert not list((tmp_path / "hurt").rglob("*.tmp")), "no half a file is left"
    store, summary = filled(tmp_path / "hurt", arms=arms)
    assert 0 < summary.ok < 24 and store.fingerprint() == whole.fingerprint()


def test_a_file_in_the_folders_place_is_said(tmp_path, capsys):
    (tmp_path / "taken").write_text("x")
    words = [
        "compare",
        "three_policies",
        "--residents",
        "360",
        "--days",
        "5",
        "--burn-in",
        "5",
        "--seeds",
        "1",
        "--no-report",
        "--lang",
        "en",
    ]
    assert cli.main([*words, "--out", str(tmp_path / "taken")]) == cli.BAD_INPUT
    assert "cannot be written" in capsys.readouterr().err and (tmp_path / "taken").read_text() == "x"


def test_a_part_of_another_version_never_enters_the_table(tmp_path):
    store, _ = filled(tmp_path / "new")
    truth = store.fingerprint()
    old, _ = filled(tmp_path / "old", model_version="older")
    for dataset in ("runs", "series", "grids"):
        for path in (old.folder / dataset).iterdir():
            (store.folder / dataset / path.name.replace("part-", "part-0", 1)).write_bytes(path.read_bytes())
    said: list[str] = []
    reader = Store(tmp_path / "new", lambda key, **values: said.append(key))
    reader.load()
    assert reader.fingerprint() == truth and "store.skipped" in said
    again, summary = filled(tmp_path / "new")
    assert (
        summary.ok == 0
        and again.fingerprint() == truth
        and len(list((tmp_path / "new" / "set-aside" / "runs").iterdir())) > 0
    )


def test_replay_repeats_a_point_of_a_design_and_a_failed_run(tmp_path, capsys):
    from experiments.questions.comparison import Study
    from experiments.store.manifest import describe
    from sim.scenario import Scenario

    study = Study.from_dict(
        {
            **Study.load("three_policies").to_dict(),
            "residents": 360,
            "days": 20,
            "burn_in_days": 10,
            "seeds": 1,
        }
    )
    place: Scenario = study.place()
    base = specs.Base.of(place)
    arms = {"baseline": (), "grid": specs.bundle([{"policy": "grid_management", "intensity": 0.4}])}
    tasks = [
        base.task(
            arms,
            1,
            1,
            row=row,
            values={"naming_rate": 0.02 + 0.01 * row},
            factors={"naming_rate": 0.02 + 0.01 * row},
            record=(),
        )
        for row in range(3)
    ] + [
        base.task(
            {"grid": arms["grid"]},
            1,
            1,
            row=3,
            values={"no_such": 1.0},
            factors={"naming_rate": 0.0},
            record=(),
        )
    ]
    manifest = {
        **describe(study, "sweep"),
        "arms": {"baseline": [], "grid": []},
        "factors": {"naming_rate": [0, 1]},
        "record": [],
    }
    store = Store(tmp_path).open(manifest)
    store.ask(tasks)
    runner.run_tasks(store.missing(tasks, store.journal()), store.write, workers=1)
    rows = store.runs().to_pandas()
    assert list(rows["status"]) == ["ok"] * 6 + ["failed"]
    assert cli.main(["replay", str(tmp_path), rows["run_id"][5], "--lang", "en"]) == 0
    assert "same to the last bit" in capsys.readouterr().out
    assert cli.main(["replay", str(tmp_path), rows["run_id"][6], "--lang", "en"]) == 1
    assert "no_such" in capsys.readouterr().out
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["factors"]
