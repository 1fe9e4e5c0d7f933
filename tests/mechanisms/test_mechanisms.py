"""Each mechanism does what its rule says: switched off or turned up, the outcome moves in the stated
direction.

Unless said otherwise: 8 paired seeds (common random numbers), 2,000 residents, one year from day 0.
``up`` is the exact sign-flip test of the mean of paired differences, one-sided p <= .02: at most 5 of
the 256 assignments of signs may do as well. Seeds are fixed, so a test that passes once passes
always, until a mechanism changes.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from sandbox import SMALL, STRESS, live, nudge, run, total

from sim import vocabulary
from sim.engine import Engine
from sim.numerics.fixed_point import MIND
from sim.scenario import AgeValues
from sim.world.ledger import table
from tests.mechanisms.rises import CLAIMS, EXACTLY_OFF, RISES

SEEDS = range(1, 9)


@cache
def _engine(seed, values, policies, days):
    return run(policies, days, seed, dict(values))


def measured(what, values=None, policies=(), days=365, seeds=SEEDS):
    """One number per seed: a tally, or a function of the engine."""
    engines = [_engine(s, tuple(sorted((values or {}).items())), tuple(policies), days) for s in seeds]
    return np.array([what(e) if callable(what) else total(e, what) for e in engines])


def up(less, more) -> bool:
    """Whether paired values rise, by the exact sign-flip test (p <= .02)."""
    d = np.asarray(more, float) - np.asarray(less, float)
    flips = np.array(list(itertools.product((1.0, -1.0), repeat=len(d))))
    return d.mean() > 0.0 and (flips @ d >= d.sum() - 1e-9).mean() <= 0.02


def frozen(policies):
    """Policies as hashable things for the cache of runs."""
    from sim import policies as known

    return tuple(known.load(p) for p in policies)


@pytest.mark.parametrize("claim", RISES)
def test_mechanism_moves_its_outcome_as_stated(claim):
    """From the first world to the second, the (signed) outcome rises in the pairs of seeds."""
    what, values, policies, turned, others = RISES[claim]
    before, after = measured(what, values, frozen(policies)), measured(what, turned, frozen(others))
    assert up(before, after), f"{np.round(before, 3)} -> {np.round(after, 3)}"


@pytest.mark.parametrize("claim", EXACTLY_OFF)
def test_zero_is_exactly_off(claim):
    what, values, policies = EXACTLY_OFF[claim]
    assert (measured(what, values, policies) == 0.0).all()


def test_influence_keeps_the_mean_and_narrows_the_spread():
    """Meeting moves two people by equal and opposite steps but for openness: the mean moves < .01, the
    spread by > 20%.
    """
    still, moved = (
        run((), 365, 1, {"influence": mu, "ambient_rate": 0.0}).world.residents.satisfaction / MIND
        for mu in (0.0, 0.2)
    )
    assert abs(float(still.mean() - moved.mean())) < 0.01 and moved.std() < 0.8 * still.std()


def test_nested_channels_take_from_each_other():
    """A third channel adds claims by less the more alike channels are: log growth at lambda .2 is under
    half that at 1.
    """
    growth = []
    for dissimilarity in (0.2, 1.0):
        v = {"dissimilarity": dissimilarity, "coclaim_rate": 0.0, "efficacy_learning": 0.0}
        growth.append(
            np.log(measured("claims", v, (nudge("w", open_wechat=1.0),)).sum() / measured("claims", v).sum())
        )
    assert 0.0 < growth[0] < 0.5 * growth[1]


def test_channels_cost_effort_by_digital_skill():
    """The same people with skill .98 instead of .05 bring at least twice as many of their claims by chat."""
    chat = nudge("chat", open_wechat=1.0)
    shares = []
    for skill in (0.05, 0.98):
        scenario = SMALL.model_copy(
            update={"digital": AgeValues(young=skill, adult=skill, elderly=skill)}
        ).with_parameters({"dissimilarity": 0.2})
        w = [Engine(scenario, [chat], s, s).advance(365).world.tally for s in SEEDS]
        shares.append(sum(t["web_claims"][0] for t in w) / sum(t["claims"][0] for t in w))
    assert shares[1] > 2 * shares[0] > 0.0


def test_app_claims_go_ahead_of_others():
    """Queue displacement, the digital divide's path: 30 days ahead, app claims are fixed sooner than others
    by more than with 0.

    Many claims, tight hours, two years, 8 pairs; mean days to fix of the others minus those of app users.
    """

    def gap(days_ahead):
        arm = {
            "policy": "smart_platform",
            "launch": 0.3,
            "priority_days": days_ahead,
            "triage": 0.0,
            "sensors": 0.0,
        }
        engines = [run([arm], 730, s, CLAIMS | {"adoption_innovate": 0.15}) for s in SEEDS]
        return np.array([e.outcomes()["app_fix_gap_days"] for e in engines])

    assert up(gap(0.0), gap(30.0))


def test_who_gave_up_makes_no_claim():
    """After exit, an owner brings no formal claim until the time is over (checked day by day under
    stress).
    """
    values = STRESS | {
        "failed_petition": 0.0,
        "failed_exit": 1.0,
        "failed_court": 0.0,
        "dispute_hazard": 0.05,
        "formal_constant": -2.0,
    }
    engine = Engine(SMALL.with_parameters(values), (), 1, 1)
    claims, silent = 0, 0
    for _ in range(300):
        before = engine.world.residents.rec["exit_until"].copy()
        engine.advance(1)
        rec = table(engine.world)[live(engine.world)]
        claimed = rec[rec["first_claim"] == engine.day - 1]
        assert (before[claimed["owner"]] <= engine.day - 1).all()
        claims += len(claimed)
        silent += (before > engine.day - 1).sum()
    assert claims > 200 and silent > 400, "there were claims, and people who had given up, on most days"


def test_a_returned_case_is_not_solved():
    """Level 2 that returns everything fixes nothing that needs it: not one such condition ends as fixed,
    angrier owners remain.
    """
    values = {f"{k}.needs_level2": 1.0 for k in vocabulary.KINDS} | {
        "level2_return": 1.0,
        "level2_cases": 50.0,
        "failed_petition": 0.0,
    }
    w = run((), 365, 1, values).world
    assert w.tally["level2_returned"][0] > 50 and w.tally["fixed"][0] == 0 and w.tally["level2_done"][0] == 0
    assert (table(w)["heat"][table(w)["place"] != vocabulary.NOWHERE] > 0).any()


def test_partial_repairs_ease_and_do_not_end():
    """Level 1 that never fixes: nothing is fixed, severity falls by the stated factor, owners may claim
    again.
    """
    w = run((), 365, 1, {"level1_fixed": 0.0, "level2_cases": 0.0}).world
    assert w.tally["fixed"][0] == 0 and w.tally["records_partial"][0] > 50 and w.tally["reclaims"][0] > 0


def test_fees_come_back():
    """Withholding is reversible: content households pay again after four weeks, and nobody withholds
    without a grievance.
    """
    engine = run((), 365, 1, {"dispute_hazard": 0.02, "withhold_satisfaction": 0.7, "withhold_leave": 0.9})
    w = engine.world
    peak, lost = float(w.tally["withheld"][0]), float(w.communities["fee_rate"][0])
    assert peak > 0.01 and lost < 0.85 * (1 - 0.9 * peak)
    assert (w.buildings["withheld"][w.buildings["grievance"] < 0] == 0).all()
    w.params["withhold_leave"] = w.params["withhold_satisfaction"] = -1.0  # everybody is content from now on,
    w.params["dispute_hazard"] = 0.0  # and nobody has a new grievance
    engine.advance(20)
    assert engine.world.tally["withheld"][0] > 0.8 * peak, (
        "not before four weekly rounds: 30 days to the nearest week"
    )
    engine.advance(15)
    assert engine.world.tally["withheld"][0] < 0.1 * peak and engine.world.communities["fee_rate"][0] > 0.84


def test_broken_windows_do_not_run_away():
    """The branching ratio d ln(arrivals) / d ln(rate) = 1 / (1 - n) stays under n = .5, at the model's
    and the highest feedback.
    """
    for feedback in (0.5, 2.0):
        v = {"feedback": feedback, "dispute_hazard": 0.0}
        one, more = (measured("created", v | {"problem_rate": rate}, days=730).sum() for rate in (1.2, 1.32))
        assert 1.0 - np.log(1.1) / np.log(more / one) < 0.5, feedback


def test_latent_problems_anger_nobody_unless_the_rival_structure_says_so():
    """Where nothing is ever named there is no dispute; with latent_contact 1 there are, a hundred times
    h0 a year's worth.
    """
    unnamed = {"naming_rate": 0.0, "past_days": 0.0, "dispute_hazard": 0.02, "patrol_rate": 0.0}
    still, rival = (run((), 365, 1, unnamed | {"latent_contact": value}) for value in (0.0, 1.0))
    assert total(still, "disputes") == 0 < 20 < total(rival, "disputes")
