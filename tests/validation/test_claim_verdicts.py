"""Verdicts on the documents' claims: known answers on made-up values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.validation import claims, shown
from tests.validation.made_up_system import AROUND, a_system, arms

pytestmark = pytest.mark.usefixtures("language_as_it_was")


def verdict(test: dict, runs: dict, **more) -> claims.Judged:
    return claims.judge(a_system([test], **more), runs)[0]


@pytest.mark.parametrize(
    "centre, bounds, expected, outcome",
    [
        (0.95, {"at_least": 0.9}, "reproduced", "met"),
        (0.80, {"at_least": 0.9}, "not_reproduced", "missed"),
        (0.90, {"at_least": 0.9}, "not_reproduced", "crosses"),
        (0.50, {"at_least": 0.4, "at_most": 0.6}, "reproduced", "met"),
        (0.70, {"at_least": 0.4, "at_most": 0.6}, "not_reproduced", "missed"),
        (0.60, {"at_most": 0.6}, "not_reproduced", "crosses"),
        (0.30, {}, "reproduced", "met"),
    ],
)
def test_a_level_counts_only_with_its_whole_interval(centre, bounds, expected, outcome):
    judged = verdict({"judge": "level", "measure": "m", **bounds}, arms(m=centre + AROUND))
    assert (judged.verdict, judged.first.outcome) == (expected, outcome)
    assert judged.first.estimate.mean == pytest.approx(centre)
    assert judged.first.estimate.low < centre < judged.first.estimate.high


def test_a_change_is_paired_by_seed_and_none_is_no_rise():
    luck = np.array([1.0, 5.0, 9.0, 2.0, 7.0])
    steady = verdict(
        {"judge": "change", "measure": "m", "at_least": 0}, arms(m=luck + 0.5 + AROUND, baseline={"m": luck})
    )
    assert steady.verdict == "reproduced" and steady.first.estimate.mean == pytest.approx(0.5)
    same = verdict({"judge": "change", "measure": "m", "at_least": 0}, arms(m=luck, baseline={"m": luck}))
    assert same.verdict == "not_reproduced"
    fell = verdict(
        {"judge": "change", "measure": "m", "at_most": 0}, arms(m=luck - 0.5 + AROUND, baseline={"m": luck})
    )
    assert fell.verdict == "reproduced"
    assert "a fall" in fell.reason["en"] and "下降" in fell.reason["zh"]


@pytest.mark.parametrize(
    "size, marked, expected, outcome",
    [
        (0.5, False, "reproduced", "met"),
        (0.5, True, "reproduced", "met"),
        (0.1, False, "reproduced", "slight"),
        (0.1, True, "not_reproduced", "small"),
    ],
)
def test_a_marked_change_must_be_noticeable_any_other_only_has_its_sign(size, marked, expected, outcome):
    test = {
        "judge": "change",
        "measure": "m",
        "at_least": 0,
        "smallest": 0.3,
        "marked": marked,
        "unit": "share",
    }
    judged = verdict(test, arms(m=1.0 + size + AROUND, baseline={"m": [1.0] * 5}))
    assert (judged.verdict, judged.first.outcome) == (expected, outcome)
    assert ("30.0 percentage points" in judged.reason["en"]) is (outcome != "met")


def test_sizes_simulated_enter_where_a_figure_is_of_a_whole_community():
    system = a_system(
        [
            {
                "judge": "level",
                "measure": "m * place.residents / sim.residents",
                "at_least": 10,
                "unit": {"en": "", "zh": ""},
            }
        ]
    )
    system["sim_numbers"] = {"residents": 50.0, "communities": 1.0}
    judged = claims.judge(system, arms(m=[6.0] * 4))[0]
    assert judged.verdict == "reproduced" and judged.first.estimate.mean == 12.0


def test_relative_change_and_one_of_several_suffices():
    slow, more = (
        {"judge": "relative", "measure": "days", "at_most": "1 / (1 + gain) - 1"},
        {"judge": "relative", "measure": "solved", "at_least": "gain"},
    )
    figure = {
        "gain": {"value": 0.2, "unit": "share", "status": "claim", "source": "D1", "en": "g", "zh": "g"}
    }
    runs = arms(days=[9.0] * 4, solved=[13.0] * 4, baseline={"days": [10.0] * 4, "solved": [10.0] * 4})
    assert claims.judge(a_system([slow, more], need="any", figures=figure), runs)[0].verdict == "reproduced"
    assert (
        claims.judge(a_system([slow, more], need="all", figures=figure), runs)[0].verdict == "not_reproduced"
    )
    assert (
        verdict(slow, arms(days=[8.3] * 4, baseline={"days": [10.0] * 4}), figures=figure).verdict
        == "reproduced"
    )


def test_nothing_measured_nothing_reproduced():
    assert verdict({"judge": "none", "label": {"en": "green", "zh": "绿化"}}, {}).verdict == "not_reproduced"
    silent = verdict({"judge": "level", "measure": "m", "at_least": 0}, arms(m=[math.nan] * 5))
    assert silent.verdict == "not_reproduced" and silent.first.outcome == "nothing"
    few = verdict({"judge": "level", "measure": "m", "at_least": 0.5}, arms(m=[0.6, 0.7]))
    assert (
        few.verdict == "reproduced"
        and "too few for an interval" in few.reason["en"]
        and math.isnan(few.first.estimate.low)
    )
    failed = verdict(
        {"judge": "level", "measure": "m", "at_least": 0.5}, arms(m=[0.6, math.nan, 0.7, 0.65, 0.66])
    )
    assert failed.first.estimate.n == 4


def test_arithmetic_comes_before_simulation_and_shows_it_beside():
    figures = {
        name: {"value": value, "unit": "n", "status": "claim", "source": "D", "en": name, "zh": name}
        for name, value in (("people", 1000), ("hall", 50))
    }
    judged = verdict(
        {"judge": "level", "measure": "m", "at_least": 0.5},
        arms(m=0.9 + AROUND),
        figures=figures,
        values={"twice": "2 * people"},
        cannot=[
            {
                "value": "people",
                "at_most": "hall",
                "why": {"en": "{people} in {bound}, {twice}", "zh": "{people}，{bound}，{twice}"},
            }
        ],
    )
    assert judged.verdict == "cannot"
    assert (
        judged.reason["en"].startswith("1,000 in 50, 2,000")
        and "90.0%" not in judged.reason["en"]
        and "0.900 (95% interval" in judged.reason["en"]
    )


@pytest.mark.parametrize(
    "value, unit, shown_en",
    [
        (0.9512, "share", "95.1%"),
        (0.0, "share", "0.0%"),
        (1234.5, {"en": "CNY", "zh": "元"}, "1,234 CNY"),
        (4.0, {"en": "", "zh": ""}, "4"),
        (0.01234, {"en": "d", "zh": "天"}, "0.0123 d"),
        (math.nan, "share", "—"),
    ],
)
def test_values_as_shown(value, unit, shown_en):
    assert shown.shown(value, unit, "en") == shown_en
