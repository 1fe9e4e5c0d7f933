"""The pattern table: files load, verdicts on synthetic values with known answers, one tiny run from end
to end.
"""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

from experiments.launch import Options
from experiments.validation import Request, judge, patterns
from experiments.validation.arithmetic import names
from experiments.validation.runs import cells
from experiments.validation.runs import patterns as trials_patterns
from sim.config.catalog import LANGUAGES

CJK = re.compile(r"[\u4e00-\u9fff]")
ROWS = trials_patterns.load_patterns()
BRIEF = [
    "demand_level",
    "desk_share",
    "induced_demand",
    "satisfaction_leads",
    "audit_gap",
    "sticky_satisfaction",
    "channel_mix",
    "lag_by_kind",
    "funnel",
    "mediation_load",
    "trust_condition",
    "publicity_fades",
    "digital_rich",
    "paper_participation",
    "mandate_coverage",
    "insiders",
    "estate_voting",
    "complaint_tail",
    "turnout_age",
]  # facts.md, section 3, in its order


def spread(mean, sd=0.01, n=8):
    """n values with that mean."""
    x = np.linspace(-1, 1, n)
    return mean + sd * x


def row(**more):
    """A pattern of one measure."""
    measure = {
        "of": "a.y",
        "low": 0.1,
        "high": 0.3,
        "factor": 1.0,
        "judged": True,
        "label": {"en": "y", "zh": "甲"},
        "unit": {"en": "", "zh": ""},
    }
    return {"measures": {"level": {**measure, **more.pop("measure", {})}}, "imposed": None, **more}


def test_the_nineteen_rows_of_the_brief_in_its_order():
    assert [r.id for r in ROWS] == BRIEF and [r.order for r in ROWS] == list(range(1, 20))


@pytest.mark.parametrize("pattern", ROWS, ids=lambda r: r.id)
def test_a_row_says_what_it_checks_or_why_it_cannot(pattern):
    """Bounds on what is judged, both languages, and a reason where nothing is measured."""
    judged = [m for m in pattern.measures.values() if m.judged]
    assert all(m.low is not None or m.high is not None for m in judged) and (judged or pattern.missing)
    for words in (pattern.title, pattern.fact, pattern.check, pattern.imposed, pattern.missing):
        if words is not None:
            assert CJK.search(words.zh) and not CJK.search(words.en)
    assert all(m.low is None or m.high is None or m.low < m.high for m in judged)


def test_the_fit_set_is_what_constants_were_fitted_to():
    """benchmarks/fit_baseline.py fits shares of the funnel and mediations; frailty's shape cites the
    complaint tail.
    """
    assert {r.id for r in ROWS if r.part == "fit"} == {"funnel", "mediation_load", "complaint_tail"}


def test_one_parameter_set_for_all_cells():
    """Cells differ in hours, targets, trust or policies only: no behavioural parameter is tuned to a row,
    and one place serves all.
    """
    study = trials_patterns.load_cells(all_of_them=True)
    allowed = {"committee_share", "property_share", "level2_cases", "trust_mean", "drift_target"}
    assert {name for values in study.sets.values() for name in values} <= allowed and study.parameters == {}
    assert all(cell.parameters == {} and cell.place == {} for cell in study.cells.values())


def test_outcomes_named_exist_once_their_policies_do():
    """A measure of cells that run names outcomes that some metric measures."""
    from sim import metrics

    used, known = trials_patterns.load_cells(), metrics.registry()
    for pattern in ROWS:
        for measure in pattern.measures.values():
            for word in names(measure.of):
                cell, _, outcome = word.partition(".")
                assert cell not in used.cells or re.sub(r"_y\d+$", "", outcome) in known, (pattern.id, word)


def test_every_mechanism_changes_some_cell():
    used, mechanisms = trials_patterns.load_cells(), trials_patterns.load_mechanisms()
    plan = cells.plan("p", "patterns", used.cells["baseline"].label, used, mechanisms, [1])
    assert {arm.split(".")[0] for arm in plan.arms} == {"on", *mechanisms}


# --- verdicts


def test_reproduced_needs_the_whole_interval_within_the_bounds():
    assert patterns.judge(row(), {"a": {"y": spread(0.2)}})[0] == judge.REPRODUCED
    assert patterns.judge(row(), {"a": {"y": spread(0.5)}})[0] == judge.FAILED
    assert (
        patterns.judge(row(), {"a": {"y": spread(0.29, sd=0.2)}})[0] == judge.FAILED
    )  # inside by its mean only
    assert patterns.judge(row(measure={"high": None}), {"a": {"y": spread(9.0)}})[0] == judge.REPRODUCED


def test_imposed_is_told_apart_and_can_fail():
    imposed = row(imposed={"en": "put in", "zh": "给定"})
    assert patterns.judge(imposed, {"a": {"y": spread(0.2)}})[0] == judge.IMPOSED
    assert patterns.judge(imposed, {"a": {"y": spread(0.5)}})[0] == judge.FAILED


def test_not_measured_where_a_cell_or_outcome_is_not_there():
    assert patterns.judge(row(), {})[0] == judge.NOT_MEASURED
    assert patterns.judge(row(), {"a": {"y": np.full(8, np.nan)}})[0] == judge.NOT_MEASURED
    assert patterns.judge({"measures": {}, "imposed": None}, {"a": {}})[0] == judge.NOT_MEASURED


def test_arithmetic_over_cells_years_and_units():
    block = {"a": {"y": spread(0.4), "y@y2": spread(0.6)}, "b": {"y": spread(0.2, sd=0.0)}}
    measured = patterns.judge(
        row(measure={"of": "(a.y_y2 - b.y) / b.y", "factor": 100.0, "low": 1.0, "high": 3.0}), block
    )[1][0]
    assert (
        measured.found.mean == pytest.approx(200.0)
        and (measured.low, measured.high) == (100.0, 300.0)
        and measured.verdict == judge.REPRODUCED
    )


def test_a_pattern_needs_a_mechanism_if_it_fails_without():
    line = patterns.Line(
        {"id": "x"}, judge.REPRODUCED, (), (), {"m": (judge.FAILED, ()), "n": (judge.REPRODUCED, ())}
    )
    assert line.needs("m") and not line.needs("n")
    assert not patterns.Line({"id": "x"}, judge.FAILED, (), (), {"m": (judge.FAILED, ())}).needs("m")


# --- end to end


def test_a_tiny_table_from_file_to_page(tmp_path, monkeypatch):
    """Three seeds, two mechanisms, 500 residents: both tables and the section in both languages."""
    small = trials_patterns.load_cells().model_copy(update={"burn_in_days": 30, "days": 60})
    kept = {name: small.cells[name] for name in ("baseline", "platform", "ample", "early", "strained")}
    monkeypatch.setattr(
        trials_patterns,
        "load_cells",
        lambda all_of_them=False, full=trials_patterns.load_cells: (
            full(True) if all_of_them else small.model_copy(update={"cells": kept})
        ),
    )
    monkeypatch.setattr(
        trials_patterns,
        "load_mechanisms",
        lambda full=trials_patterns.load_mechanisms: {
            name: off for name, off in full().items() if name in ("frailty", "direct_talk")
        },
    )
    assert patterns.read(tmp_path) is None
    assert trials_patterns.run(Request(tmp_path, (1, 2, 3), 500, launch=Options(workers=1, quiet=True))) == 0
    results = patterns.read(tmp_path)
    assert [line.spec["id"] for line in results.lines] == BRIEF and results.failed == 0
    found = {line.spec["id"]: line for line in results.lines}
    assert found["lag_by_kind"].verdict == found["trust_condition"].verdict == judge.NOT_MEASURED
    private = {
        mode: next(m for m in measures if m.name == "private").found.mean
        for mode, measures in (
            ("on", found["funnel"].measures),
            ("off", found["funnel"].without["direct_talk"][1]),
        )
    }
    assert private["on"] > private["off"]  # nobody talks: fewer end bilaterally
    with (
        (tmp_path / patterns.TABLE).open(encoding="utf-8-sig") as table,
        (tmp_path / patterns.ABLATION).open(encoding="utf-8-sig") as ablation,
    ):
        assert {r["pattern"] for r in csv.DictReader(table)} == set(BRIEF) and len(
            list(csv.DictReader(ablation))
        ) == 2 * 19
    for lang in LANGUAGES:
        html = patterns.section(results, lang)
        assert (
            html.count("<tr>") > 19
            and "nan" not in re.sub(r"<[^>]*>", "", html)
            and bool(CJK.search(html)) == (lang == "zh")
        )
