"""Many arms and many outcomes: known answers, error rates by simulation, and what the table says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.statistics_memory import runs_of
from experiments.analysis import arms, comparison, families, paired, verdicts


def test_holm_by_hand():
    # sorted .01 .02 .03 .04 times 4 3 2 1 = .04 .06 .06 .04, then never smaller than the one before
    assert families.holm(np.array([0.04, 0.01, math.nan, 0.03, 0.02])) == pytest.approx(
        [0.06, 0.04, math.nan, 0.06, 0.06], nan_ok=True
    )
    assert (
        families.holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0] and families.holm(np.array([])).size == 0
    )


def test_benjamini_hochberg_is_scipys():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(3).random(40) ** 2
    assert families.benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))
    holed = np.insert(p, 5, math.nan)
    assert np.delete(families.benjamini_hochberg(holed), 5) == pytest.approx(false_discovery_control(p))


def test_holm_keeps_the_familys_false_alarms_at_five_per_cent():
    """2,000 families of 4 correlated arms x 3 outcomes without any effect: a false alarm in at most 5%,
    without Holm in far more.
    """
    rng, studies = np.random.default_rng(11), 2000
    shared = rng.normal(size=(10, 1, 3 * studies))
    values = (shared + rng.normal(size=(10, 4, 3 * studies))).reshape(10, -1)
    p = paired.permutation_p(values).reshape(4, 3, studies)
    raw = (p < 0.05).any(axis=(0, 1)).mean()
    held = np.mean([families.holm(p[:, :, i].ravel()).min() < 0.05 for i in range(studies)])
    assert raw > 0.25 and held <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / studies)


def test_false_alarms_of_a_screen_are_few_and_its_power_is_stated():
    """60 outcomes, 20 with an effect of 1.2 sd, 13 seeds: of what passes q < .05 less than 5% is false;
    80% and more of the effects pass.
    """
    rng = np.random.default_rng(12)
    false, found = [], []
    for _ in range(60):
        values = rng.normal(size=(13, 60)) + np.where(np.arange(60) < 20, 1.2, 0.0)
        passed = families.benjamini_hochberg(paired.permutation_p(values)) < 0.05
        false.append(passed[20:].sum() / max(passed.sum(), 1))
        found.append(passed[:20].mean())
    assert np.mean(false) < 0.05 and np.mean(found) > 0.8


@pytest.mark.parametrize("n", [6, 10, 30])
def test_few_seeds_get_an_interval_that_is_wide_enough(n):
    """6,000 studies of normal differences: the table's interval covers what it says, and up to a point and a
    half more.
    """
    values = np.random.default_rng(31).normal(size=(n, 6000))
    low, high = paired.interval(values)
    assert 0.945 < np.mean((low <= 0) & (0 <= high)) < 0.972
    told = paired.compare(values[:, :3], np.zeros((n, 3)))
    assert told.low.tolist() == low[:3].tolist() and told.high.tolist() == high[:3].tolist()


def differences(rng, n: int, arm_count: int, studies: int) -> np.ndarray:
    """Differences from a shared baseline: every pair of arms correlated .5, mean 0."""
    baseline = rng.normal(size=(n, 1, studies))
    return rng.normal(size=(n, arm_count, studies)) - baseline


@pytest.mark.parametrize("n, arm_count", [(12, 5), (30, 2)])
def test_simultaneous_intervals_cover_all_arms_together(n, arm_count):
    """1,000 studies as columns: all arms' intervals hold the truth in 95%; one arm's own interval would
    not do.
    """
    values = differences(np.random.default_rng(7), n, arm_count, 1000)
    low, high = arms.simultaneous(values, resamples=1000)
    together = ((low <= 0) & (0 <= high)).all(axis=0).mean()
    assert 0.93 < together < 0.975  # standard error .007
    one_low, one_high = arms.simultaneous(values[:, :1], resamples=1000)
    assert (high - low)[0].mean() > 1.1 * (one_high - one_low)[0].mean()


def test_simultaneous_intervals_know_that_arms_move_together():
    """Five arms that are one arm need no correction at all; independent ones need more."""
    values = np.random.default_rng(8).normal(size=(25, 1, 50))
    one = np.subtract(*arms.simultaneous(values)[::-1])
    same = np.subtract(*arms.simultaneous(np.repeat(values, 5, axis=1))[::-1])
    assert same == pytest.approx(np.repeat(one, 5, axis=0))
    apart = np.subtract(*arms.simultaneous(np.random.default_rng(9).normal(size=(25, 5, 50)))[::-1])
    assert apart.mean() > 1.2 * one.mean()


def test_one_arm_alone_is_near_students_interval():
    from scipy.stats import t

    values = np.random.default_rng(10).normal(3.0, 2.0, size=(40, 1, 200))
    low, high = arms.simultaneous(values)
    half = t.ppf(0.975, 39) * values.std(axis=0, ddof=1) / math.sqrt(40)
    assert ((high - low) / 2 / half).mean() == pytest.approx(1.02, abs=0.03)
    own = paired.interval(values[:, 0])
    assert (low[0] <= own[0]).all() and (high[0] >= own[1]).all(), (
        "what holds for all arms is never narrower than what holds for one"
    )


def test_simultaneous_intervals_cover_skewed_differences_too():
    """3,000 studies of 20 seeds and three arms, exponential: 94-96%."""
    values = np.random.default_rng(5).exponential(1.0, size=(20, 3, 3000)) - 1.0
    low, high = arms.simultaneous(values, resamples=1000)
    assert 0.935 < ((low <= 0) & (0 <= high)).all(axis=0).mean() < 0.965


def test_simultaneous_intervals_are_the_same_in_another_unit():
    values = np.random.default_rng(5).exponential(1.0, size=(20, 3, 5)) - 1.0
    one = np.array(arms.simultaneous(values))
    for factor in (1e200, 1e-200, 7.3):
        assert np.array(arms.simultaneous(factor * values)) == pytest.approx(factor * one, rel=1e-9, abs=0)


def test_simultaneous_intervals_of_what_is_known_or_missing():
    values = np.random.default_rng(4).normal(size=(12, 3, 3))
    values[:, 1, 0] = 2.5  # the same in every seed
    values[:, 2, 1] = math.nan  # an arm that never has this outcome
    values[2:, :, 2] = math.nan  # two seeds only
    low, high = arms.simultaneous(values)
    assert (low[1, 0], high[1, 0]) == (2.5, 2.5) and high[0, 0] > low[0, 0]
    assert np.isnan(low[2, 1]) and np.isfinite(low[:2, 1]).all() and np.isnan(low[:, 2]).all()
    rare = np.zeros((30, 1, 1))
    rare[4] = 1.0  # a third of the resamples miss it: no studentised interval
    assert np.isnan(arms.simultaneous(rare)).all()


def test_probability_of_being_best():
    from scipy.stats import norm

    rng = np.random.default_rng(6)
    shared, own = rng.normal(size=(50, 1)), rng.normal(0, 0.3, size=(50, 1))
    values = np.concatenate([shared, shared + own, shared + 9, shared + 9], axis=1)[:, :, None]
    values = np.repeat(values, 3, axis=2)
    first = arms.best(values, np.array([1.0, -1.0, 0.0]))
    assert first[:, 0].tolist() == [0, 0, 0.5, 0.5], (
        "equal arms share, whatever they have in common with the rest"
    )
    difference = own[:, 0]
    known = norm.cdf(
        difference.mean() / (difference.std() / math.sqrt(50))
    )  # P(the baseline's mean is lower), by the normal
    assert first[0, 1] == pytest.approx(known, abs=0.03) and first[:2, 1].sum() == pytest.approx(1)
    assert np.isnan(first[:, 2]).all(), "an outcome without a direction has no best"


def test_pareto_set_with_probability():
    rng = np.random.default_rng(5)
    luck = rng.normal(0, 0.5, size=(40, 1))
    cost = np.tile([0.0, 10.0, 20.0, 10.0], (40, 1))
    harm = 8 + luck + np.array([0.0, -3.0, -2.0, -3.0])
    assert arms.pareto(cost, harm).tolist() == [1, 1, 0, 1], (
        "dearer and no better is off the front; equals stay on it together"
    )
    doubtful = (
        harm + np.where(np.arange(4) == 2, -1.0, 0.0) + rng.normal(0, 0.5, size=(40, 4)) * (np.arange(4) == 2)
    )
    assert 0.2 < arms.pareto(cost, doubtful)[2] < 0.8 and arms.pareto(cost[:2], harm[:2]) == pytest.approx(
        [math.nan] * 4, nan_ok=True
    )


def test_share_of_seeds_that_are_better():
    assert paired.share_above(
        np.array([[1.0, 0.0], [-1.0, 0.0], [2.0, math.nan], [3.0, math.nan]])
    ).tolist() == [0.75, 0.5]
    assert np.isnan(paired.share_above(np.full((3, 1), math.nan)))[0]


@pytest.mark.parametrize(
    "low, high, near, smallest, said",
    [
        (-0.2, 0.3, (-0.1, 0.2), 0.5, "yes"),
        (-0.2, 0.55, (-0.1, 0.45), 0.5, "yes"),
        (-0.2, 0.7, (-0.1, 0.6), 0.5, "unclear"),
        (0.6, 0.9, (0.65, 0.85), 0.5, "no"),
        (-0.9, -0.6, (-0.85, -0.65), 0.5, "no"),
        (0.1, 0.2, (0.1, 0.2), math.nan, ""),
    ],
)
def test_equivalence_verdicts(low, high, near, smallest, said):
    assert verdicts.equivalence(low, high, near, smallest) == said


def test_equivalence_is_rarely_claimed_of_a_difference_that_matters():
    """2,000 studies of 30 seeds, smallest effect 1 sd of the mean's error x 3: yes in about 5% at the limit,
    in about 80% at none.
    """
    rng = np.random.default_rng(21)
    noise, smallest = rng.normal(size=(30, 2000)), 3 / math.sqrt(30)
    for shift, least, most in ((smallest, 0.02, 0.075), (0.0, 0.77, 1.0)):
        near = paired.interval(noise + shift, 0.90)
        yes = np.mean((near[0] > -smallest) & (near[1] < smallest))
        assert least <= yes <= most


def table(effect: float = -2.0, seeds: int = 12) -> list[dict]:
    """Four arms: nothing, a real effect at a cost, a copy of the baseline, a dear arm with less effect."""
    rng = np.random.default_rng(1)
    shared, own = rng.normal(size=seeds), rng.normal(0, 0.3, size=(4, seeds))
    own[2] = own[0]
    shift = np.array([0.0, effect, 0.0, effect / 2])
    names = ["base", "works", "copy", "dear"]
    runs = {
        "arm": np.repeat(names, seeds).tolist(),
        "seed": list(range(seeds)) * 4,
        "status": ["ok"] * 4 * seeds,
        "dispute_rate": (9 + shared + own + shift[:, None]).ravel(),
        "noise": rng.normal(size=4 * seeds),
        "cost_budget": np.repeat([0.0, 5.0, 0.0, 9.0], seeds),
    }
    question = comparison.Question(
        names,
        "base",
        range(seeds),
        ["dispute_rate", "noise", "cost_budget"],
        {"dispute_rate": "low", "noise": "high", "cost_budget": "low"},
        {"dispute_rate": 0.5},
        ["dispute_rate"],
    )
    return comparison.compare(runs, question)


def test_the_table_says_all_of_it():
    rows = {(row["outcome"], row["arm"]): row for row in table()}
    works, copy, base = (rows["dispute_rate", arm] for arm in ("works", "copy", "base"))
    assert works["verdict"] == "better" and works["equivalent"] == "no" and works["share_better"] == 1.0
    assert works["p_value"] == 2 / 2**12 and works["p_holm"] == 3 * works["p_value"]
    assert works["low_simultaneous"] <= works["low"] and works["high"] <= works["high_simultaneous"] < 0
    assert works["p_best"] == 1.0 and base["p_best"] == 0.0 and base["p_pareto"] == 1.0
    assert (
        copy["verdict"] == "same"
        and copy["equivalent"] == "yes"
        and copy["p_holm"] == 1.0
        and copy["share_better"] == 0.5
    )
    assert rows["dispute_rate", "dear"]["p_pareto"] == 0.0 == rows["cost_budget", "dear"]["p_pareto"]
    assert (
        "p_holm" not in rows["noise", "works"]
        and rows["noise", "works"]["q_bh"] >= rows["noise", "works"]["p_value"]
    )
    assert "q_bh" not in rows["cost_budget", "works"], "a cost that no chance touches is not tested"
    assert rows["noise", "works"]["equivalent"] == ""


def test_the_table_is_the_same_every_time():
    assert repr(table()) == repr(table())


def test_thirty_seeds_six_arms_two_hundred_outcomes_take_a_second_or_two():
    import time

    rng = np.random.default_rng(0)
    names, outcomes = [f"a{i}" for i in range(6)], [f"o{i}" for i in range(200)]
    runs = {"arm": np.repeat(names, 30).tolist(), "seed": list(range(30)) * 6, "status": ["ok"] * 180} | {
        o: rng.normal(size=180) for o in outcomes
    }
    began = time.process_time()
    comparison.compare(
        runs,
        comparison.Question(
            names, "a0", range(30), outcomes, dict.fromkeys(outcomes, "low"), {"o1": 0.5}, outcomes[:9]
        ),
    )
    assert time.process_time() - began < 4.0  # .7 s alone on this machine's kind; a loaded one gets room


def test_many_seeds_take_little_memory_and_the_same_numbers_come_of_any_block(monkeypatch):
    """2,000 seeds: the draws of 10,000 permutations alone would be 160 MB at once. Blocks of another size
    change no bit of a table.
    """
    import tracemalloc

    runs, names, outcomes = runs_of(2000, 3, 12)
    question = comparison.Question(names, names[0], range(1, 2001), outcomes, dict.fromkeys(outcomes, "low"))
    tracemalloc.start()
    first = comparison.compare(runs, question)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6
    for module in (paired, arms):
        monkeypatch.setattr(module, "BLOCK", 300_000)
    assert repr(comparison.compare(runs, question)) == repr(first)


def test_the_running_interval_of_many_seeds_is_that_of_each_prefix():
    from experiments.analysis import sequential

    values = np.random.default_rng(3).exponential(size=3000)
    run = sequential.running(values)
    for n in (3, 1000, 2999, 3000):
        low, high = sequential.interval(values[:n, None])
        assert run[:, n - 1] == pytest.approx([values[:n].mean(), low[0], high[0]], rel=1e-12)


def test_equal_values_give_an_interval_that_is_exactly_their_value():
    """20 times 25/12: their mean as summed misses them by a last bit, and a claim's bound with it."""
    value = 50_000 / 12_000 / 2
    low, high = paired.interval(np.full((20, 1), value))
    assert low.tolist() == high.tolist() == [value]
