"""Phenomena that nobody wrote down as a rule: the sign stated beforehand, gone when its mechanism is off.

4,000 residents of Hongshan Road (two at 12,000), a year's burn-in without the arm's policies where it says
so, then one or two years; 6 paired seeds. ``sure`` is the exact sign-flip test of the mean of paired
differences, p <= 2/64 one-sided. Where the model does not show what was expected, the test states what it
does show: those names end in ``here``.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from sandbox import nudge

from sim.engine import Engine
from sim.scenario import Scenario

TOWN = Scenario.load("hongshan_road")
SEEDS = range(1, 7)
TIGHT = {"committee_share": 0.06, "property_share": 0.09, "level2_cases": 2.0}
SLACK = {"committee_share": 0.2, "property_share": 0.3, "level2_cases": 9.0}
HALVED = {"committee_share": 0.05, "property_share": 0.08}


@cache
def _outcomes(values, policies, seed, residents, burn, days):
    place = TOWN.scaled(residents).with_parameters(dict(values), check=False)
    engine = Engine(place, policies, seed, seed).advance(burn).mark().advance(days)
    r = engine.readings()
    waits = r.times[1].sum(axis=0)
    first = r.per_year("claims") - r.per_year("coclaims") - r.per_year("reclaims")
    mean_wait = float((np.arange(len(waits)) * waits).sum() / max(waits.sum(), 1))
    return engine.outcomes() | {
        "first_claims": first,
        "again": r.per_year("reclaims") + r.per_year("coclaims"),
        "mean_wait": mean_wait,
        "paper": r.per_year("records_paper"),
        "zone": float(engine.world.communities["zone_share"].sum()),
    }


def seen(name, values=None, policies=(), seeds=SEEDS, residents=4_000, burn=365, days=365):
    """One outcome per seed."""
    from sim import policies as known

    arms = tuple(known.load(p) for p in policies)
    return np.array(
        [
            _outcomes(tuple(sorted((values or {}).items())), arms, s, residents, burn, days)[name]
            for s in seeds
        ]
    )


def sure(differences) -> bool:
    """The mean is positive, and at most one other assignment of signs does as well."""
    d = np.asarray(differences, float)
    flips = np.array(list(itertools.product((1.0, -1.0), repeat=len(d))))
    return bool(d.mean() > 0.0 and (flips @ d >= d.sum() - 1e-9).sum() <= 2)


def staff(scale, level2=50.0):
    """Hours of both pools scaled, level 2 ample."""
    return (
        nudge(
            f"staff{scale}",
            committee_scale=("scale", scale),
            property_scale=("scale", scale),
            level2_scale=("scale", level2),
        ),
    )


# --- 1 capacity


def test_waits_have_a_knee_near_full_load():
    """Mean wait is flat in load up to .7, and climbs more than 10 times as steeply per unit of load
    beyond .85.
    """
    calm = {"kpi": 0.0, "efficacy_learning": 0.0}
    points = []
    for scale in (4.0, 1.0, 0.75, 0.6):
        load = (
            seen("workload_committee", calm, ARMS[scale]).mean() / 2
            + seen("workload_property", calm, ARMS[scale]).mean() / 2
        )
        points.append((load, seen("mean_wait", calm, ARMS[scale]).mean()))
    (l0, w0), (l1, w1), (l2, w2), (l3, w3) = points
    assert l0 < 0.25 < l1 < 0.85 < l2 < l3
    slope = [(w1 - w0) / (l1 - l0), (w2 - w1) / (l2 - l1), (w3 - w2) / (l3 - l2)]
    assert slope[0] < slope[1] < slope[2] and slope[2] > 10 * slope[0]


ARMS = {scale: staff(scale) for scale in (4.0, 1.0, 0.75, 0.6)}


# --- 2 demand

MORE = (
    nudge("more", committee_scale=("scale", 3.0), property_scale=("scale", 3.0), level2_scale=("scale", 3.0)),
)


def test_better_service_draws_new_claims_by_what_people_learn_of_it():
    """Three times the staff where hours are tight: more problems are claimed a first time, mostly through
    learned efficacy.
    """
    learned = seen("first_claims", TIGHT, MORE) - seen("first_claims", TIGHT)
    unlearned = seen("first_claims", TIGHT | {"efficacy_learning": 0.0}, MORE) - seen(
        "first_claims", TIGHT | {"efficacy_learning": 0.0}
    )
    assert sure(learned) and sure(learned - unlearned)
    assert learned.mean() > 1.5 * unlearned.mean()


def test_total_demand_falls_with_better_service_here():
    """Not induced demand in all: claims made again, and by others, about what was not fixed fall by more
    (failure demand).
    """
    again = seen("again", TIGHT, MORE) - seen("again", TIGHT)
    first = seen("first_claims", TIGHT, MORE) - seen("first_claims", TIGHT)
    assert sure(-again) and sure(-again - first)
    assert sure(seen("demand_rate", TIGHT) - seen("demand_rate", TIGHT, MORE))


# --- 3 and 4 what the books say


def test_the_hotline_is_happier_than_the_survey():
    """Those called back after a closed claim are satisfied by 10 points more than residents at large."""
    assert (seen("event_satisfaction") - seen("share_satisfied") > 0.10).all()


def test_the_formalism_gap_rises_with_targets_under_overload():
    """Half the hours: gap at KPI 0 is what partial repairs leave (under 10 points, no paper), over 50
    points from KPI .2 on.
    """
    gaps = [seen("formalism_gap", HALVED | {"kpi": kpi}) for kpi in (0.0, 0.2, 1.0)]
    assert (gaps[0] < 10.0).all() and (seen("paper", HALVED | {"kpi": 0.0}) == 0.0).all()
    assert sure(gaps[1] - gaps[0]) and sure(gaps[2] - gaps[1]) and (gaps[1] > 50.0).all()


def test_without_overload_targets_barely_open_the_gap():
    """At the place's own hours KPI from 0 to 1 adds less than 5 points: it takes targets and overload
    together.
    """
    rise = seen("formalism_gap", {"kpi": 1.0}) - seen("formalism_gap", {"kpi": 0.0})
    assert 0.0 <= rise.mean() < 5.0


def test_target_pressure_betters_the_record_and_worsens_the_truth():
    """The policy (targets and their forms): the gap opens by over 20 points while disputes rise."""
    assert sure(seen("formalism_gap", {}, ("target_pressure",)) - seen("formalism_gap") - 20.0)
    assert sure(seen("dispute_rate", {}, ("target_pressure",), days=730) - seen("dispute_rate", days=730))


def test_paper_closure_by_itself_lowers_disputes_here():
    """Expected: more disputes. Found under overload: fewer, because a matter closed on paper is lumped, and
    can fade or be talked over.

    With fading and direct talk off the sign turns: more, in the sum of the six seeds. The forms that
    come with targets, not the closures, are what raises disputes in the test above.
    """
    quiet = HALVED | {"pressure_queue": 0.0, "creaming": 0.0}
    stubborn = (
        quiet
        | {"direct_constant": -30.0, "naming_rate": 0.1, "feedback": 0.0}
        | {
            f"{kind}.fading": 0.0
            for kind in (
                "noise",
                "leak",
                "parking",
                "sanitation",
                "property_service",
                "facility",
                "welfare",
                "safety",
            )
        }
    )
    change = {
        name: seen("dispute_rate", v | {"kpi": 1.0}) - seen("dispute_rate", v | {"kpi": 0.0})
        for name, v in (("quiet", quiet), ("stubborn", stubborn))
    }
    assert sure(-change["quiet"])
    assert change["stubborn"].mean() > 0.0


# --- 5 and 7 more to do

APP = ({"policy": "smart_platform", "triage": 0.0},)


def test_the_platform_swamps_tight_capacity_and_helps_slack():
    """Without machine triage: at tight hours claimants wait far longer and disputes rise; at slack hours
    disputes fall.
    """
    waits = {
        name: seen("mean_wait", v, APP, days=730) - seen("mean_wait", v, days=730)
        for name, v in (("tight", TIGHT), ("slack", SLACK))
    }
    assert sure(waits["tight"]) and waits["tight"].mean() > 5.0 * abs(waits["slack"].mean())
    assert sure(seen("dispute_rate", TIGHT, APP, days=730) - seen("dispute_rate", TIGHT, days=730))
    assert (seen("dispute_rate", SLACK, APP, days=730) - seen("dispute_rate", SLACK, days=730)).mean() < 0.0


def test_patrol_finds_more_and_serves_worse():
    """Negative returns: from no patrol to .25 to .4 of a worker's day, detection grows, satisfaction
    falls each time.
    """
    arms = [({"policy": "grid_management", "patrol": x},) for x in (0.0, 0.25, 0.4)]
    found, index = (
        [seen("detected_share", {}, a) for a in arms],
        [seen("satisfaction_index", {}, a) for a in arms],
    )
    assert (found[0] == 0).all() and sure(found[1]) and sure(found[2] - found[1])
    assert sure(index[0] - index[1]) and (index[1] - index[2]).mean() > 0.0


# --- 8 self-help


def test_self_help_is_crowded_out_and_comes_back_slowly():
    """Grid workers lower the skill of buildings; one year after they are gone it is still below the
    baseline's.
    """
    lost = seen("selfhelp", days=365) - seen("selfhelp", {}, ("grid_management",), days=365)
    gone = {"policy": "grid_management", "end_day": 730}
    still = seen("selfhelp", days=730) - seen("selfhelp", {}, (), days=730)
    assert sure(lost) and (still == 0).all()
    after = [_withdrawn(gone, s) for s in SEEDS]
    assert sure(seen("selfhelp", days=730) - np.array(after))


def _withdrawn(spec, seed) -> float:
    """Self-help at the end of a year after the policy ended on its day."""
    return (
        Engine(TOWN.scaled(4_000), [spec], seed, seed).advance(365).mark().advance(730).outcomes()["selfhelp"]
    )


# --- 9 and 11 who is heard


@pytest.fixture(scope="module")
def councils():
    """Open doors and lots, money to spend, six seeds, one year."""
    open_, lot = (
        {"policy": "resident_council", "loudness": 2.0, "quorum": 0.0, "selection": how}
        for how in ("open", "sortition")
    )
    money = {"maintenance_budget": 300_000.0}
    return {
        n: [seen(n, money, (arm,), residents=12_000) for arm in (open_, lot)]
        for n in ("council_voice_gap", "council_capture")
    }


def test_open_doors_let_in_the_loud_and_lots_do_not(councils):
    """Those who come to open meetings are half a standard deviation louder than their neighbours; those
    drawn by lot are not.
    """
    open_, lot = councils["council_voice_gap"]
    assert (open_ > 0.5).all() and (np.abs(lot) < 0.2).all()


def test_sortition_does_not_free_the_agenda_here(councils):
    """Expected: less capture by lot.

    Found: hardly less (under a tenth), because the agenda itself is made of claims, which the loud make.
    """
    open_, lot = councils["council_capture"]
    assert 0.4 < lot.mean() < 0.8 and abs(open_.mean() - lot.mean()) < 0.1


def test_complaints_have_a_heavy_tail_that_frailty_makes():
    """The 11% of buildings that complain most bring over a third of claims; with equal frailties under a
    fifth.
    """
    heavy, equal = seen("complaint_tail"), seen("complaint_tail", {"frailty_shape": 1000.0})
    assert heavy.mean() > 0.33 and equal.mean() < 0.20 and sure(heavy - equal)


# --- 10 and 14


def test_zones_are_convex_in_density():
    """Twice the active members, more than twice the hours: zones need two to a building (at 2% to 10%
    Party share).
    """
    hours = []
    for share in (0.05, 0.10, 0.20):
        place = TOWN.scaled(12_000).model_copy(update={"party_share": 0.03})
        w = Engine(place, [nudge(f"act{share}", party_active=("shift", share))], 1, 1).advance(14).world
        hours.append(float(w.communities["zone_share"].sum()))
    assert hours[1] > 2.5 * hours[0] and hours[2] > 2.2 * hours[1] > 0


def test_turnover_is_a_trap():
    """Workers who keep leaving (2 a year and post) take ties and skill along: less is done, and disputes
    rise.
    """
    leaving = {"turnover_rate": 0.005}
    assert sure(seen("workload_committee", leaving) - seen("workload_committee"))
    assert sure(
        seen("dispute_rate", leaving, days=730) - seen("dispute_rate", {"turnover_rate": 0.0}, days=730)
    )
