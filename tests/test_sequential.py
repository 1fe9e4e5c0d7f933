"""Stopping on the half-width of the paired difference: the interval, the batches, the coverage, the command."""
from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.sequential_coverage import coverage
from experiments.analysis import sequential

SKEWED = np.array([0.12, 0.31, 0.23, 0.54, 0.15, 0.42, 0.21, 1.9])


def test_interval_is_willinks_formula_step_by_step():
    from scipy.stats import skew, t

    n, s, q = len(SKEWED), SKEWED.std(ddof=1), t.ppf(0.975, 7)
    b = skew(SKEWED, bias=False) / (6 * math.sqrt(n))
    ends = [SKEWED.mean() - (np.cbrt(1 + 6 * b * (z - b)) - 1) / (2 * b) * s / math.sqrt(n) for z in (q, -q)]
    low, high = sequential.interval(SKEWED[:, None], 0.95)
    assert (low[0], high[0]) == pytest.approx(ends)
    assert high[0] - SKEWED.mean() > SKEWED.mean() - low[0], "a tail to the right may hide more to the right"


def test_interval_without_skewness_is_students():
    from scipy.stats import t

    values = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    low, high = sequential.interval(values[:, None], 0.95)
    assert high[0] == pytest.approx(t.ppf(0.975, 4) * values.std(ddof=1) / math.sqrt(5)) and low[0] == pytest.approx(-high[0])


def test_interval_of_missing_few_and_equal_values():
    values = np.array([[1.0, 3.0, 5.0], [1.0, math.nan, 6.0], [1.0, 4.0, math.nan], [1.0, math.nan, math.nan], [1.0, 5.0, math.nan]])
    low, high = sequential.interval(values)
    assert (low[0], high[0]) == (1.0, 1.0) and np.isnan([low[2], high[2]]).all()
    alone = sequential.interval(np.array([[3.0], [4.0], [5.0]]))
    assert (low[1], high[1]) == (alone[0][0], alone[1][0])


@pytest.mark.parametrize("shape", ["normal", "gamma, skewness 1", "exponential, skewness 2"])
@pytest.mark.parametrize("bound", [0.6, 0.3])
def test_intervals_cover_what_they_say_however_often_one_looks(shape, bound):
    """3,000 seeded studies a cell, standard error .4 points; the benchmark has 20,000 and more cells."""
    share, seeds = coverage(shape, bound, 3000)
    assert 0.925 <= share <= 0.975 and 10 < seeds < 110


def one(half_width: float, bound: float = 0.3) -> sequential.Look:
    return sequential.Look("o", "a", 10, 0.0, -half_width, half_width, bound)


def test_batches_are_planned_but_neither_tiny_nor_huge():
    assert sequential.next_count(40, [one(0.36)]) == math.ceil(40 * 1.44)
    assert sequential.next_count(40, [one(0.301)]) == 50 and sequential.next_count(40, [one(3.0)]) == 80
    assert sequential.next_count(40, [one(math.inf)]) == 80 and sequential.next_count(150, [one(3.0)], 200) == 200
    assert sequential.next_count(40, [one(0.1), one(0.36)]) == math.ceil(40 * 1.44), "the widest arm decides"


def test_a_look_waits_for_every_arm_and_not_for_what_never_comes():
    rng = np.random.default_rng(2)
    base = np.column_stack([rng.normal(size=12), np.full(12, math.nan)])
    values = {"base": base, "near": base + 1.0 + 0.01 * rng.normal(size=(12, 1)), "far": base + rng.normal(size=(12, 1))}
    looks = sequential.look(values, "base", {"x": 0.3, "never": 0.1})
    assert [(look.arm, look.outcome, look.reached) for look in looks] == [("near", "x", True), ("far", "x", False)]
    assert not sequential.done(looks) and looks[0].difference == pytest.approx(1.0, abs=0.02) and looks[0].n == 12


def test_running_mean_ends_where_the_look_is():
    values = np.array([3.0, 1.0, math.nan, 2.0, 5.0])
    mean, low, high = sequential.running(values)
    assert mean == pytest.approx([3, 2, 2, 2, 2.75]) and np.isnan(low[:3]).all()
    last = sequential.interval(values[:, None])
    assert (low[-1], high[-1]) == (last[0][0], last[1][0])
