"""Residents' own institutions and devices: each mechanism does what its rule says, can fail, and touches no
mind but by attendance.

Worlds of 600 to 2,000 residents, one seed unless a claim is about seeds. Survey figures are those of the
Shanghai survey in the policies' sources.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from sandbox import SMALL, differ, nudge, run, total

from sim.agents.community_worker import spared
from sim.agents.property_company import fee_rate
from sim.engine import Engine
from sim.mechanisms import bookings, elections, participation
from sim.mechanisms.meetings import SELECTIONS, online_attendance
from sim.numerics.fixed_point import MIND
from sim.policies import micro_fund, sensor_network
from sim.policies.culture_events import publicity_left
from sim.world.laws import laws_broken

CIVIC = (
    "direct_election",
    "owners_committee",
    "micro_fund",
    "community_college",
    "culture_events",
    "service_booking",
    "sensor_network",
)
COUNCILS = tuple({"policy": "resident_council", "selection": s} for s in SELECTIONS)
ARMS = (*CIVIC, *COUNCILS[2:])
AT_WORK = {  # the tally that shows a policy at work within 200 days
    "direct_election": "voters",
    "owners_committee": "owner_voters",
    "micro_fund": "fund_allotted",
    "community_college": "course_attended",
    "culture_events": "culture_attended",
    "service_booking": "bookings",
    "sensor_network": "sensor_events",
    "resident_council": "council_attended",
}
MINDS = ("satisfaction", "expectation", "trust", "belonging", "efficacy")
NO_MATTERS = nudge("still", problem_scale=("scale", 0.0))
TOUCHES_BELONGING = ("community_college", "culture_events")  # by residents' own attendance
COLUMNS = ("mandate", "accountable", "oversight", "fee_gain")


def named(arm) -> str:
    return arm if isinstance(arm, str) else f"{arm['policy']}.{arm['selection']}"


def owner_of(arm) -> str:
    return arm if isinstance(arm, str) else arm["policy"]


def spec(arm, **values) -> dict:
    return {"policy": arm, **values} if isinstance(arm, str) else {**arm, **values}


# --- rules: known answers


def test_rules_have_their_known_values():
    """Each scalar rule at points worked out by hand."""
    sigma = 1.0 / (1.0 + math.exp(-1.2))
    assert participation.participation(0.1, 0.5, 2.0, 0.6, 0.2, 1.0, 0.4, 15.0, 0.0, 0.9) == pytest.approx(
        sigma
    )
    assert (
        participation.belonging_after(0.5, 0.02) == pytest.approx(0.51)
        and participation.belonging_after(1.0, 0.02) == 1.0
    )
    assert (
        participation.voice_after(-1.0, 0.3, 1.0) == pytest.approx(-0.4)
        and participation.voice_after(1.5, 0.3, 1.0) == 1.5
    )
    assert (
        elections.mandate_voice(0.5, True, 0.6) == pytest.approx(0.3)
        and elections.mandate_voice(0.5, False, 0.6) == 0.0
    )
    assert (
        elections.accountability(0.3, True, 0.5) == pytest.approx(0.15)
        and elections.accountability(0.3, False, 0.9) == 0.0
    )
    assert (
        elections.captured(0.2, 1.5, 0.0) == pytest.approx(0.3) and elections.captured(0.2, -1.0, 0.0) == 0.0
    )
    assert elections.conflict_chance(0.05, 3.0, 0.8) == 0.05 and elections.conflict_chance(
        0.05, 3.0, 2.0
    ) == pytest.approx(0.2)
    assert (
        elections.oversight(0.15, 0.2, 0.4, False) == pytest.approx(0.09)
        and elections.oversight(0.15, 0.2, 0.4, True) == -0.2
    )
    assert spared(0.3, 0.5) == pytest.approx(0.85) and spared(0.0, 0.5) == 1.0
    assert fee_rate(0.85 + 0.05, 0.1) == pytest.approx(0.81) and fee_rate(1.4, 0.0) == 1.0
    assert (
        bookings.served_share(50.0, 100.0) == 1.0
        and bookings.served_share(100.0, 25.0) == 0.25
        and bookings.served_share(1.0, 0.0) == 0.0
    )
    assert (
        micro_fund.help_share(np.array([0.4, 0.6]), np.array([0.25, 0.25])) == 0.5
        and micro_fund.help_share(np.array([]), np.array([])) == 0.0
    )
    assert micro_fund.crowding(0.5, 0.1, 0.0) == pytest.approx(0.55) and micro_fund.crowding(
        0.5, 0.1, 1.0
    ) == pytest.approx(0.45)
    assert publicity_left(0.8, 60.0, 120.0) == pytest.approx(0.2)
    assert (
        sensor_network.looked_at(10.0, 1.0, 0.25) == 4.0 and sensor_network.looked_at(3.0, 1.0, 0.25) == 3.0
    )
    assert online_attendance(-4.0, 0.8, 0.0, 2.0, 0.5, 3.0, 1.0, 0.0) == pytest.approx(
        1.0 / (1.0 + math.exp(2.5))
    )


def test_keenest_takes_no_more_than_there_are_places():
    eager = np.array([-1.0, 0.5, 3.0, 1.2, 9.0])
    assert participation.keenest(eager, 9).tolist() == [False, False, True, True, True]
    assert (
        participation.keenest(eager, 2).tolist() == [False, False, True, False, True]
        and not participation.keenest(eager, 0).any()
    )


def test_counts_of_any_mean_are_poisson():
    """Mean and variance of a count of mean 900 (drawn in pieces), over 400 days."""
    counts = np.array([sensor_network.count(900.0, 1, sensor_network.D_EVENTS, 0, day) for day in range(400)])
    assert abs(counts.mean() - 900.0) < 5.0 and 0.8 < counts.var() / 900.0 < 1.25


# --- contracts that the SHIPPED policies of other tests keep


@pytest.mark.parametrize("arm", ARMS, ids=named)
def test_intensity_zero_is_the_baseline_and_one_is_not(arm):
    base, full = run((), 200, residents=900), run([arm], 200, residents=900)
    assert differ(run([spec(arm, intensity=0.0)], 200, residents=900), base) == []
    assert (
        total(full, AT_WORK[owner_of(arm)]) > 0
        and "tally" in differ(full, base)
        and laws_broken(full.world) == []
    )


@pytest.mark.parametrize(
    "pair", list(itertools.combinations((*CIVIC, "resident_council", "smart_platform"), 2)), ids="+".join
)
def test_a_plus_b_is_b_plus_a(pair):
    assert differ(run(pair, 190, residents=600), run(pair[::-1], 190, residents=600)) == []


@pytest.mark.parametrize("arm", CIVIC)
def test_removing_one_of_all_leaves_exactly_the_rest(arm):
    """All civic policies with one taken away on day 0 are the others, bit for bit, after 190 days."""
    rest = [p for p in CIVIC if p != arm]
    engine = Engine(SMALL.scaled(600), CIVIC, 1, 1)
    engine.set_policies(rest)
    assert differ(engine.advance(190), run(rest, 190, residents=600)) == []


@pytest.mark.parametrize("arm", ARMS, ids=named)
def test_when_it_ends_nothing_of_it_acts(arm):
    """Levers, institutional columns and dates stand as at baseline from end_day on; replacing policies
    ends them too.
    """
    engine, base = run([spec(arm, end_day=190)], 190, residents=900), run((), 190, residents=900)
    before = total(engine, AT_WORK[owner_of(arm)])
    assert engine.world.levers.tobytes() == base.world.levers.tobytes() and engine._owned == []
    replaced = run([arm], 190, residents=900)
    replaced.set_policies([])
    for world in (engine.world, replaced.world):
        assert not world.buildings["mandate"].any()
        assert (
            not any(world.communities[c].any() for c in COLUMNS[1:])
            and world.communities["next_meeting"][0] == -1
        )
    assert total(engine.advance(100), AT_WORK[owner_of(arm)]) == before


@pytest.mark.parametrize("arm", ARMS, ids=named)
def test_a_snapshot_goes_on_like_the_straight_run(arm):
    """Seats, terms, money and who was reached are part of the snapshot."""
    engine = run([arm], 200, residents=600)
    again = Engine.restore(engine.snapshot())
    assert differ(engine.advance(200), again.advance(200)) == []


@pytest.mark.parametrize("arm", [*ARMS, "all"], ids=lambda a: a if a == "all" else named(a))
def test_no_policy_writes_a_mind_but_by_attendance(arm):
    """Without matters: satisfaction, trust, expectation, efficacy as at baseline; belonging only of those
    who came to an event.
    """
    empty = {"past_days": 0.0}
    base = run([NO_MATTERS], 300, values=empty, residents=900)
    engine = run([NO_MATTERS, *(CIVIC if arm == "all" else [arm])], 300, values=empty, residents=900)
    assert total(engine, "created") == 0 and (
        arm in ("all", "micro_fund") or total(engine, AT_WORK[owner_of(arm)]) > 0
    )
    for mind in MINDS:
        ours, theirs = (getattr(e.world.residents, mind) / MIND for e in (engine, base))
        if mind == "belonging" and arm in (*TOUCHES_BELONGING, "all"):
            moved = ours != theirs
            reached = total(engine, "course_reached") + total(engine, "culture_reached")
            assert 0 < moved.sum() <= reached and (ours[moved] > theirs[moved]).all()
            assert (engine.world.residents.rec["acts"][moved] > 0).all(), "who belongs more has come"
        elif mind == "satisfaction" and arm in (*TOUCHES_BELONGING, "all"):
            assert (
                np.abs(ours - theirs).max() < 0.03
            )  # it rests on belonging (model rule 12), and on nothing of the policy's
            same = engine.world.residents.belonging == base.world.residents.belonging
            assert same.any()
        else:
            assert ours.tobytes() == theirs.tobytes(), mind


def test_satisfaction_follows_attendance_through_belonging_alone():
    """With the weight of belonging in ambient satisfaction at 0, events leave satisfaction bit for bit
    alone.
    """
    values = {"past_days": 0.0, "ambient_belonging": 0.0}
    base, engine = (
        run([NO_MATTERS], 300, values=values, residents=900),
        run([NO_MATTERS, "culture_events"], 300, values=values, residents=900),
    )
    assert engine.world.residents.satisfaction.tobytes() == base.world.residents.satisfaction.tobytes()


# --- extremes


@pytest.mark.parametrize("arm", ARMS, ids=named)
def test_extremes_break_no_law(arm):
    """No staff, nobody belonging, no money, no problems: every metric is finite or undefined, every law
    holds.
    """
    values = {
        "belonging_mean": 0.0,
        "belonging_sd": 0.0,
        "maintenance_budget": 0.0,
        "committee_share": 0.0,
        "share_floor": 0.0,
    }
    for extra in ({}, {"problem_rate": 0.0}, {"problem_rate": 4.0}):
        engine = run([arm], 200, values=values | extra, residents=600).mark().advance(200)
        assert laws_broken(engine.world) == [] and not any(math.isinf(v) for v in engine.outcomes().values())


def test_no_owners_no_committee_no_adopters_no_bookings_no_money_no_project():
    """Nobody eligible or nothing to spend: the institution meets and nothing follows, no number is
    invented.
    """
    engine = Engine(
        SMALL.scaled(900),
        [
            "owners_committee",
            {"policy": "service_booking", "launch": 0.0},
            {"policy": "micro_fund", "budget": 0.5},
        ],
        1,
        1,
    )
    engine.world.residents.rec["flags"] &= 255 - 8  # no owner
    engine.world.params["adoption_innovate"] = engine.world.params["adoption_imitate"] = 0.0
    engine.mark().advance(400)
    out = engine.outcomes()
    assert (
        total(engine, "bookings_wanted")
        == total(engine, "owner_elections")
        == total(engine, "fund_projects")
        == 0
    )
    assert (
        math.isnan(out["owners_committee_share"])
        and math.isnan(out["fund_beneficiaries"])
        and out["fund_unspent_share"] == 1.0
    )
    assert laws_broken(engine.world) == []
