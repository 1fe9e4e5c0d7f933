"""The baseline stands still: after the stock that a place begins with and a year of burn-in, years are
alike.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine import Engine

YEARS = 4


@pytest.fixture(scope="module")
def years():
    """Outcomes by year, means over four seeds of Hongshan Road (12,000 residents) under traditional
    administration.
    """
    runs = [
        Engine("hongshan_road", (), seed, seed).advance(365).mark().advance(365 * YEARS).outcomes()
        for seed in (1, 2, 3, 4)
    ]

    def of(name):
        return np.mean([[run[f"{name}@y{y}"] for y in range(1, YEARS + 1)] for run in runs], axis=0)

    return of


@pytest.mark.parametrize(
    "name, tolerance",
    [
        ("demand_rate", 0.05),
        ("open_stock", 0.05),
        ("problem_rate", 0.03),
        ("workload_committee", 0.05),
        ("workload_property", 0.08),
        ("workload_level2", 0.06),
        ("satisfaction_index", 0.01),
        ("share_satisfied", 0.02),
        ("trust", 0.01),
        ("belonging", 0.02),
    ],
)
def test_the_last_year_is_like_the_first(years, name, tolerance):
    """Relative; about four standard errors of a year's difference over four seeds, so a drift of twice
    that in four years would show.
    """
    found = years(name)
    assert found[-1] == pytest.approx(found[0], rel=tolerance), found


def test_a_world_that_begins_empty_does_drift():
    """The test above has power: without the past's stock the second year has at least 10% more demand
    than the first.
    """
    from sim.scenario import Scenario

    empty = Scenario.load("hongshan_road").with_parameters({"past_days": 0.0}, check=False)
    runs = [Engine(empty, (), seed, seed).mark().advance(730).outcomes() for seed in (1, 2)]
    assert all(run["demand_rate@y2"] > 1.1 * run["demand_rate@y1"] for run in runs)
