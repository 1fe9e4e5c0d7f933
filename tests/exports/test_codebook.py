"""Codebook of a results folder: every column of every table, in both languages."""

from __future__ import annotations

import csv

import pytest

from experiments import cli
from experiments import tasks as specs
from experiments.store.folder import Store
from tests.exports.fake_results import filled

pytestmark = pytest.mark.usefixtures("language_as_it_was")


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
