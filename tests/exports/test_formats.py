"""Results in other programs' formats: every one holds the same numbers."""

from __future__ import annotations

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
from experiments.exports import excel, stata
from experiments.store.folder import Store
from tests.exports.fake_results import filled

pytestmark = pytest.mark.usefixtures("language_as_it_was")


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
