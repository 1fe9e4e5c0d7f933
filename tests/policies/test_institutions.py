"""Policies that act through workers, the desk and organised services: rules with known answers, no order,
no idle setting, and an end.

Runs are of 2,000 residents (``SMALL``) unless said otherwise, with fixed seeds.
"""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import pytest
from sandbox import SMALL, STRESS, differ, nudge, run

from sim import policies, vocabulary
from sim.agents.community_worker import on_duty
from sim.agents.party_member import registering, session_logit, willing_share
from sim.agents.social_organisation import after_reports
from sim.agents.volunteer import turnout, with_belonging
from sim.config.registry import params_record
from sim.engine import Engine
from sim.mechanisms.mediation import mediators_gain
from sim.policies.base import Size
from sim.world.laws import laws_broken
from tests.policies.hard_cases import HARD, column

NAMES = (
    "emergency",
    "governance_committee",
    "joint_conference",
    "merged_data",
    "party_zones",
    "professional_services",
    "social_organisations",
    "staffing",
)
MINDS = ("residents.satisfaction", "residents.expectation", "residents.trust", "residents.belonging")


# --- all of them


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        (on_duty, (10.0, 0.0), 10.0),
        (on_duty, (10.0, 0.4), 6.0),
        (on_duty, (10.0, 1.0), 0.0),
        (mediators_gain, (0.2, 0.3, 0, 0.0), 0.2),
        (mediators_gain, (0.2, 0.3, 2, 0.0), 0.5),
        (mediators_gain, (0.2, 0.3, 2, 1.0), 0.2),
        (willing_share, (0.0, 0.5), 0.0),
        (willing_share, (0.15, 0.3), 0.45),
        (willing_share, (0.8, 0.9), 1.0),
        (registering, (0.01, 0.33, 0.0), 0.01),
        (registering, (0.01, 0.33, 0.5), 0.175),
        (registering, (0.5, 1.0, 1.0), 1.0),
        (session_logit, (1.5, 3.0, 0.5, 1.0, 0.0), 3.0),
        (session_logit, (1.5, 3.0, 0.0, 1.0, 0.5), 1.0),
        (after_reports, (6.0, 0.25), 4.5),
        (after_reports, (6.0, 0.0), 6.0),
        (turnout, (0.0, 2.0, 0.5, 0.3, 0.0), 0.5),
        (turnout, (0.0, 2.0, 1.0, 0.0, 0.0), 0.7310585786300049),
        (with_belonging, (0.1, 0.5), 0.1),
        (with_belonging, (0.1, 0.0), 0.0),
        (with_belonging, (0.9, 1.0), 1.0),
    ],
)
def test_rules_give_known_answers(rule, given, expected):
    """In Python and compiled alike."""
    assert rule(*given) == rule.py_func(*given) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_intensity_zero_is_the_baseline_and_one_is_not(name):
    """Bit for bit, for 300 days with disputes enough; the policy as designed does change something."""
    base, zero, one = (
        run(arm, 300, residents=900, values={"dispute_hazard": 0.001})
        for arm in ((), [{"policy": name, "intensity": 0.0}], [name])
    )
    assert differ(base, zero) == []
    assert set(differ(base, one)) - {"levers", "communities.opened"}


@pytest.mark.parametrize("name", NAMES)
def test_no_policy_touches_a_mind(name):
    """Without problems and claims nobody's satisfaction, expectation, trust or belonging moves by one bit."""
    off = {"problem_rate": 0.0, "past_days": 0.0}
    assert [m for m in differ(run((), 150, 1, off, 900), run([name], 150, 1, off, 900)) if m in MINDS] == []


def test_bundles_have_no_order():
    """A+B equals B+A for every pair of the eight, and with the grid: the same bits after 130 days."""
    for a, b in itertools.combinations((*NAMES, "grid_management"), 2):
        assert differ(run([a, b], 130, residents=600), run([b, a], 130, residents=600)) == [], (a, b)


def test_resumed_in_pieces_is_straight():
    """All at once, run in pieces with snapshots between, equals the straight run."""
    engine = Engine(SMALL, NAMES)
    for days in (7, 23, 60, 1, 109):
        engine = Engine.restore(engine.advance(days).snapshot())
    assert differ(engine, run(NAMES, 200)) == [] and laws_broken(engine.world) == []


@pytest.mark.parametrize("how", ["end_day", "branch"])
def test_nothing_of_them_outlasts_their_end(how):
    """Pledges, calls and registers end with the policies, by end_day and by a branch into other policies
    alike.
    """
    if how == "end_day":
        engine = run([{"policy": name, "end_day": 200} for name in NAMES], 210)
    else:
        engine = Engine.branch(run(NAMES, 200).snapshot(), ["baseline"]).advance(10)
    w = engine.world
    assert column(engine, "registered_members")[199] > 0 and column(engine, "registered_volunteers")[199] > 0
    assert (
        w.communities["pledged"].sum() == 0.0
        and (w.residents.rec["flags"] & int(vocabulary.READY)).sum() == 0
    )
    assert (
        w.tally["registered_members"][0]
        == w.tally["registered_volunteers"][0]
        == w.tally["active_members"][0]
        == 0.0
    )
    hours = column(engine, "hours_volunteer")
    assert hours[-1] == hours[-6] > 0.0, "no volunteer's hour in the last five days"
    assert {n: float(w.levers[n][0]) for n in w.levers.dtype.names} == {
        n: float(run((), 1).world.levers[n][0]) for n in w.levers.dtype.names
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_setting_is_idle(name):
    """Each at one end of its range or the other changes the state of a stressed world within 250 days, or
    the bill.
    """
    cls = policies.get(name)

    def day_and_bill(policy):
        values = HARD if name == "joint_conference" else STRESS | {"party_fatigue": 0.05}
        members = [nudge("members", party_active=0.3)] if name == "emergency" else []
        return run([policy, *members], 250, 1, values), policy.cost(Size(12e3, 12.0, 1.0), params_record())

    start = (
        cls(cases=30.0) if name == "joint_conference" else cls()
    )  # with room for more than the very oldest
    there, bill = day_and_bill(start)
    for f in fields(cls):
        ends = (day_and_bill(replace(start, **{f.name: f.metadata[end]})) for end in ("low", "high"))
        assert any(cost != bill or differ(there, engine, but=("levers",)) for engine, cost in ends), f.name


def test_organised_work_reads_zero_without_organisation():
    """All its measures are 0 at baseline but the two that need their events."""
    from sim.metrics import registry

    out = run((), 60).mark().advance(100).outcomes()
    assert {n for n, m in registry().items() if m.family == "organised_work" and out[n] != 0.0} == {
        "study_attendance",
        "turnouts_each",
    }
