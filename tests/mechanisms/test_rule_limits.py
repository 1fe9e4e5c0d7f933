"""Limits, fixed points and closed forms of the rules: what theory says of them beyond single answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.agents.level2_desk import department_delay
from sim.mechanisms.choice import nest_weight
from sim.mechanisms.disputes import joins, overdue_of
from sim.mechanisms.evaluation import (
    efficacy_after,
    expectation_after,
    response,
    satisfaction_after,
    trust_after,
)
from sim.mechanisms.matters import quantise, severity_at
from sim.mechanisms.queues import virtual_day
from sim.mechanisms.weekly_round import adoption_hazard, met, satisfied_probability
from sim.mechanisms.workforce import burnout_after
from sim.numerics.draws import exp


def shares(utilities, dissimilarity, talk):
    """Claim, talk and lump shares of one nested-logit choice, by the model's own nest."""
    nest = nest_weight(sum(exp(v / dissimilarity) for v in utilities), dissimilarity)
    whole = 1.0 + exp(talk) + nest
    return nest / whole, exp(talk) / whole, 1.0 / whole


def test_logit_shares_sum_to_one_and_ratios_follow_utilities():
    """With one channel the nest vanishes: log odds are differences of utility (McFadden 1978)."""
    for v, talk in ((-4.0, -0.7), (0.3, 0.5)):
        claim, direct, lump = shares([v], 0.5, talk)
        assert claim + direct + lump == pytest.approx(1.0, abs=1e-15)
        assert math.log(claim / lump) == pytest.approx(v, abs=1e-12) and math.log(
            direct / lump
        ) == pytest.approx(talk, abs=1e-12)


def test_an_identical_channel_adds_no_claims_as_dissimilarity_vanishes_and_doubles_the_odds_at_one():
    """The red-bus, blue-bus property of the nest: odds of claiming grow by 2**lambda; .5 (the model) by
    41%.
    """
    for dissimilarity in (0.01, 0.2, 0.5, 1.0):
        one, two = shares([-2.0], dissimilarity, -0.7), shares([-2.0, -2.0], dissimilarity, -0.7)
        assert (two[0] / two[2]) / (one[0] / one[2]) == pytest.approx(2.0**dissimilarity, rel=1e-9)
        assert two[1] / two[2] == pytest.approx(one[1] / one[2]), "talk against lumping must not be touched"
    assert shares([-2.0] * 2, 0.01, -0.7)[0] == pytest.approx(shares([-2.0], 0.01, -0.7)[0], rel=0.01)


def test_a_far_worse_channel_adds_nothing():
    assert shares([-2.0, -12.0], 0.5, -0.7)[0] == pytest.approx(shares([-2.0], 0.5, -0.7)[0], rel=1e-4)


@pytest.mark.parametrize("quality", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("disconfirmation", [0.0, 0.3, 0.5])
def test_disconfirmation_has_the_stated_fixed_point(quality, disconfirmation):
    """Constant quality P: E goes to P, the surprise goes to 0, S to .62 + .55 (P - .6), whatever b2 is (rules
    10, 11).

    Trust goes to 1 when P meets what is expected. Expectation-disconfirmation moves the way there only.
    """
    s, e, t = 0.2, 0.9, 0.6
    for _ in range(400):
        y = response(quality, e, 0.55, disconfirmation, 0.62, 0.6)
        t = trust_after(t, quality, e - 1e-9, 1.0, 0.03, 0.08)
        s, e = satisfaction_after(s, y, 1.0, 0.18, 1.5), expectation_after(e, quality, 1.0, 0.15)
    assert e == pytest.approx(quality, abs=1e-9) and s == pytest.approx(
        0.62 + 0.55 * (quality - 0.6), abs=1e-9
    )
    assert t > 0.99


def test_bad_news_weighs_more_than_good():
    """A step down is 1.5 times a step up of the same size; trust falls 2.7 times as fast as it rises at T
    = .5.
    """
    up = satisfaction_after(0.5, 0.6, 1.0, 0.18, 1.5) - 0.5
    down = 0.5 - satisfaction_after(0.5, 0.4, 1.0, 0.18, 1.5)
    assert down / up == pytest.approx(1.5)
    assert (0.5 - trust_after(0.5, 0.0, 0.6, 1.0, 0.03, 0.08)) / (
        trust_after(0.5, 1.0, 0.6, 1.0, 0.03, 0.08) - 0.5
    ) == pytest.approx(0.08 / 0.03)


def test_minds_stay_between_zero_and_one_from_anywhere():
    """10,000 random steps from random states: rules map 0-1 into 0-1 for every weight they are given."""
    rng = np.random.default_rng(3)
    for s, y, w, up, ratio, p, e in rng.random((10_000, 7)) * [1, 2, 1, 0.3, 2.5, 1, 1]:
        assert 0.0 <= satisfaction_after(s, y - 0.5, w, up, max(ratio, 1.0)) <= 1.0
        assert (
            0.0 <= expectation_after(e, p, w, 0.3) <= 1.0
            and 0.0 <= trust_after(s, p, e, w, 0.06, 0.15) <= 1.0
        )
        assert (
            0.0 <= efficacy_after(s, p, up) <= 1.0 and 0.0 <= burnout_after(s, 2 * y, 0.04, 0.3, 0.003) <= 1.0
        )


@pytest.mark.parametrize("start", [0.01, 0.3, 0.9])
def test_severity_in_closed_form_is_the_small_step_integral(start):
    """s' = .004 s (1 - s) by Euler steps of .01 day over 400 days: same to 1e-5; halves compose exactly
    to 1e-14.
    """
    s = start
    for _ in range(40_000):
        s += 0.01 * 0.004 * s * (1.0 - s)
    assert severity_at(start, 0.004, 400.0) == pytest.approx(s, abs=1e-5)
    assert severity_at(severity_at(start, 0.004, 150.0), 0.004, 250.0) == pytest.approx(
        severity_at(start, 0.004, 400.0), abs=1e-14
    )


def test_virtual_days_keep_the_order_of_priorities_at_any_date():
    """priority = s + .02 age + .1 ln(1 + n) + .3 KPI (1 - h/4)+ sorts like the static virtual day, on
    every date (rule 6).
    """
    rng = np.random.default_rng(5)
    n = 300
    first, s, claims, hours, kpi = (
        rng.integers(0, 200, n),
        rng.random(n),
        rng.integers(1, 9, n),
        rng.random(n) * 8,
        0.7,
    )
    key = np.array(
        [virtual_day(first[i], s[i], claims[i], kpi, hours[i], 0.02, 0.1, 0.3, 4.0, 0.0) for i in range(n)]
    )
    for date in (200, 250, 1000):
        priority = (
            s + 0.02 * (date - first) + 0.1 * np.log(1 + claims) + 0.3 * kpi * np.maximum(0, 1 - hours / 4)
        )
        assert np.array_equal(np.argsort(-priority, kind="stable"), np.argsort(key, kind="stable"))


def test_overdue_starts_at_fifteen_days_and_is_capped_at_seventy_five():
    waits = np.arange(0.0, 200.0)
    values = np.array([overdue_of(w, 15.0, 30.0, 2.0) for w in waits])
    assert (values[waits <= 15] == 0).all() and (values[waits >= 75] == 2).all()
    assert np.allclose(np.diff(values[15:76]), 1 / 30)


def test_department_delay_has_the_stated_mean():
    """Lognormal with mean 9 days: quadrature over the normal gives 9 to 1e-6, at any sigma."""
    z = np.linspace(-9, 9, 20_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    for spread in (0.5, 0.8, 1.2):
        assert sum(d * department_delay(9.0, spread, 1.0, v) for v, d in zip(z, density)) == pytest.approx(
            9.0, rel=1e-6
        )


def test_satisfied_probability_is_the_normal_distribution():
    """Within 1.5e-4 of Phi((x - .6) / .08), as Bowling et al. (2009) state."""
    from scipy.stats import norm

    x = np.linspace(0, 1, 501)
    assert (
        np.abs(np.array([satisfied_probability(v, 0.6, 0.08) for v in x]) - norm.cdf((x - 0.6) / 0.08)).max()
        < 1.5e-4
    )


def test_bass_curve():
    """Integrated by days, the adoption rule with sigma = 1/2 follows Bass's closed form to .2 points over
    20 years.
    """
    p, q, adopted, days = 0.05, 0.2, 0.0, 20 * 365
    for _ in range(days):
        adopted += (1.0 - adopted) * adoption_hazard(0.10, 0.4, adopted, 0.0)
    t = 20.0
    bass = (1 - math.exp(-(p + q) * t)) / (1 + q / p * math.exp(-(p + q) * t))
    assert adopted == pytest.approx(bass, abs=0.002)


@pytest.mark.parametrize(
    "spread, seeded, low, high", [(0.10, 0.0, 0.0, 0.05), (0.10, 0.4, 0.75, 0.8), (0.25, 0.0, 0.7, 0.8)]
)
def test_granovetters_fixed_point(spread, seeded, low, high):
    """Joining ends where r = F(r) (Granovetter 1978): few where thresholds are alike, most once seeded or
    where they vary.

    2,000 people, 80% dissatisfied, thresholds N(.25, spread); the tip near a spread of .12 is his own
    example.
    """
    rng = np.random.default_rng(2)
    threshold = rng.normal(0.25, spread, 2000)
    angry = rng.random(2000) < 0.8
    seeds = angry & (np.cumsum(angry) <= 2000 * seeded)
    joined = seeds.copy()
    for _ in range(300):
        share = joined.mean()
        joined |= np.array([joins(0.4 if a else 0.6, 0.5, share, th) for a, th in zip(angry, threshold)])
    r = joined.mean()
    assert r == (seeds | (angry & (threshold <= r))).mean() and low <= r <= high


def test_opinions_converge_within_confidence_and_never_beyond():
    """Two people within epsilon close their gap by (1 - 2 mu) a meeting; farther apart they never move
    (Deffuant 2000).
    """
    a, b = 0.5, 0.7
    for _ in range(60):
        a, b = met(a, b, 1.0, 0.1, 0.25), met(b, a, 1.0, 0.1, 0.25)
    assert abs(a - b) < 1e-5 and a == pytest.approx(0.6, abs=1e-5)
    assert met(0.2, 0.8, 1.0, 0.1, 0.25) == 0.2


def test_queue_hours_add_up_exactly():
    """Hours on the grid of 2**-10 h sum to the same bits in any order (why backlogs are exact)."""
    rng = np.random.default_rng(1)
    hours = np.array([quantise(h) for h in rng.gamma(2, 1, 5000)])
    assert hours.sum() == hours[::-1].sum() == sum(rng.permutation(hours).tolist())
    assert np.abs(hours - np.round(hours * 1024) / 1024).max() == 0
