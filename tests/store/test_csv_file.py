"""Tables as text: a formula never reaches a spreadsheet, and every cell is read back as it was."""

from __future__ import annotations

import csv
import random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from experiments.analysis import comparison
from experiments.exports import excel, plain, stata
from experiments.questions import given_table
from experiments.store import csv_file, kept

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "'=1",
    "''=1",
    "'",
    "'quoted'",
    '=1,2"3',
    "-",
    "--",
    "'-5",
    "-5\n",
    "+a\r\nb",
]
PLAIN = [
    "baseline",
    "网格",
    "a,b",
    'say "x"',
    "1'000",
    "",
    " =1",
    "-5",
    "+1.5e-3",
    "-.5",
    "x=1",
    "a-b",
    "line\nbreak",
    "tail\r",
]


def words(count: int = 3000) -> list[str]:
    """Short words of dangerous letters, drawn by a seed."""
    chance = random.Random(8)
    return [
        "".join(chance.choice("=+-@\t\r\n'\",;1.e x＝中") for _ in range(chance.randrange(1, 7)))
        for _ in range(count)
    ]


@pytest.mark.parametrize("word", HOSTILE)
def test_a_formula_is_written_as_text(word):
    written = csv_file.escaped(word)
    assert not written.startswith(STARTS) and csv_file.unescaped(written) == word


@pytest.mark.parametrize("word", PLAIN)
def test_what_is_no_formula_stays_as_it_is(word):
    assert csv_file.escaped(word) == word == csv_file.unescaped(word)


@pytest.mark.parametrize(
    "value, cell",
    [
        (-0.1, "-0.1"),
        (np.float64(-1e-300), "-1e-300"),
        (-5, "-5"),
        (np.int64(-7), "-7"),
        (float("nan"), ""),
        (float("-inf"), ""),
        (None, ""),
        (True, "True"),
        (1 / 3, "0.3333333333333333"),
    ],
)
def test_numbers_are_never_touched(value, cell):
    assert csv_file.cell(value) == cell


def test_any_words_come_back_unchanged_by_both_writers(tmp_path):
    given = [*HOSTILE, *PLAIN, *words()]
    csv_file.write(tmp_path / "a.csv", ["=head", "n"], [[word, i] for i, word in enumerate(given)])
    found = csv_file.read(tmp_path / "a.csv")
    assert [row["=head"] for row in found] == given and [int(row["n"]) for row in found] == list(
        range(len(given))
    )
    csv_file.write_tables([pa.table({"=head": given, "n": range(len(given))})], tmp_path / "b.csv")
    assert csv_file.parsed((tmp_path / "b.csv").read_bytes(), tmp_path / "b.csv") == found
    for name in ("a.csv", "b.csv"):
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as lines:
            risky = [cell for row in csv.reader(lines) for cell in row if cell.startswith(STARTS)]
        assert all(csv_file._NUMBER.fullmatch(cell) for cell in risky), "as any other program reads it"
        assert (tmp_path / name).read_bytes().startswith(csv_file.BOM) and b"\r" not in (
            tmp_path / name
        ).read_bytes().split(b"\n")[0]


def test_our_readers_of_tables_take_the_mark_away(tmp_path):
    csv_file.write(tmp_path / "t.csv", ["x", "how"], [[1.5, "=open"], [-2.0, "closed"]])
    assert given_table.read(tmp_path / "t.csv") == {"x": ["1.5", "-2.0"], "how": ["=open", "closed"]}
    comparison.write_csv(
        [{"outcome": "dispute_rate", "arm": "=cmd", "n": 2, "difference": -0.5, "low": float("nan")}],
        tmp_path / "comparison.csv",
    )
    row = csv_file.read(tmp_path / "comparison.csv")[0]
    assert (row["arm"], row["difference"], row["low"]) == ("=cmd", "-0.5", "") and "'=cmd" in (
        tmp_path / "comparison.csv"
    ).read_text(encoding="utf-8-sig")


def test_exports_hold_hostile_words_as_text(tmp_path):
    table = pa.table({"arm": HOSTILE, "value": np.linspace(-1, 1, len(HOSTILE))})
    plain.write_csv([table], tmp_path / "t.csv")
    assert [row["arm"] for row in csv_file.parsed((tmp_path / "t.csv").read_bytes(), tmp_path)] == HOSTILE
    assert np.array_equal(pd.read_csv(tmp_path / "t.csv")["value"], table["value"].to_numpy())
    excel.write([("t", [table])], tmp_path / "t.xlsx")
    import zipfile

    sheet = zipfile.ZipFile(tmp_path / "t.xlsx").read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and sheet.count('t="inlineStr"') == len(HOSTILE) + 2
    stata.write([table], tmp_path / "t.dta", str)
    assert list(pd.read_stata(tmp_path / "t.dta")["arm"]) == [stata._short(word) for word in HOSTILE]


def test_a_table_that_is_ours_is_read_only_as_it_was_written(tmp_path):
    path = csv_file.write(tmp_path / "t.csv", ["a"], [["x"]])
    assert csv_file.read(path) == [{"a": "x"}]
    path.write_bytes(path.read_bytes().replace(b"x", b"y"))
    with pytest.raises(kept.StoreError, match="is not what was written"):
        csv_file.read(path)
