"""Policies that act through workers, the desk and organised services: each mechanism, its failure, and its
end.

Runs are of 2,000 residents (``SMALL``) unless said otherwise, with fixed seeds.
"""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import numpy as np
import pytest
from sandbox import SMALL, STRESS, differ, nudge, paired, run, total

from sim import policies, vocabulary
from sim.agents.community_worker import on_duty
from sim.agents.level2_desk import hard_cases
from sim.agents.party_member import registering, session_logit, willing_share
from sim.agents.social_organisation import after_reports
from sim.agents.volunteer import muster, turnout, with_belonging
from sim.config.registry import params_record
from sim.engine import Engine
from sim.mechanisms.mediation import mediators_gain
from sim.numerics.fixed_point import MIND
from sim.policies.base import Size
from sim.world.laws import laws_broken
from sim.world.ledger import table

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
HARD = {f"{kind}.needs_level2": 1.0 for kind in vocabulary.KINDS} | {
    "formal_constant": -2.0,
    "naming_rate": 0.2,
    "failed_petition": 0.0,
}
STRIFE = {"dispute_hazard": 0.01, "formal_constant": -3.0, "mediation_rate": 0.3}


def column(engine: Engine, name: str) -> np.ndarray:
    """A field of the daily record, from day 0."""
    return engine.world.series[: engine.day + 1, engine.world.tally.dtype.names.index(name)]


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


# --- joint conference

CONFERENCE = {"policy": "joint_conference", "meetings": 12.0, "cases": 30.0, "waited": 5.0}


def test_a_conference_takes_up_the_oldest_cases_and_answers_in_days():
    """On the meeting's day the oldest waiting cases leave the queue, as many as there is room for; all
    are answered five days later.
    """
    engine = Engine(SMALL.with_parameters(HARD | {"level2_cases": 0.5}, check=False), [CONFERENCE], 1, 1)
    first = engine._owned[0][1].next_day(0)
    engine.advance(first)
    hard = [int(r) for r in hard_cases(engine.world, engine.day, 5.0)]
    room, rec = int(30 * 2000 / 12000), table(engine.world)
    assert len(hard) > 2 * room and (np.diff(rec["first_claim"][hard].astype(int)) >= 0).all()
    keys = rec["key"][hard].tolist()
    engine.advance(1)
    now = table(engine.world)
    taken = [r for r in hard[:room] if now["key"][r] in keys]
    assert (
        (now["place"][taken] == int(vocabulary.DESK)).all()
        and (now["due"][taken] <= first + 5).all()
        and (now["due"][taken] > first).all()
    )
    assert engine.world.tally["conferences"][0] == 1 and engine.world.tally["conference_cases"][0] == room
    assert laws_broken(engine.world) == []


def test_only_a_conference_helps_where_level_2_has_no_hours():
    """No level-2 cases a day: nothing is solved there but what conferences take up, and with no room they
    only cost hours.
    """
    none = HARD | {"level2_cases": 0.0, "level2_return": 0.0}
    base, arm = run((), 365, 1, none), run([CONFERENCE], 365, 1, none)
    assert total(base, "level2_done") == 0 < total(arm, "level2_done") <= total(arm, "conference_cases")
    idle = run([CONFERENCE | {"cases": 0.0, "preparation": 60.0}], 365, 1, none)
    assert total(idle, "level2_done") == total(idle, "conference_cases") == 0 < total(idle, "conferences")
    assert total(idle, "demand_committee") > total(base, "demand_committee") + 80


def test_what_departments_agree_on_is_not_returned():
    """Level 2 that returns everything solves what was agreed on, and nothing else."""
    values = HARD | {"level2_return": 1.0}
    agreed, not_agreed = (run([CONFERENCE | {"agreement": a}], 365, 1, values) for a in (1.0, 0.0))
    assert total(agreed, "level2_done") > 10 and total(not_agreed, "level2_done") == 0 < total(
        not_agreed, "level2_returned"
    )
    assert total(agreed, "level2_done") <= total(agreed, "conference_cases")


def test_a_conference_is_not_held_for_easy_cases():
    """Nothing that waited less than the stated days is taken up, and what was agreed on is not taken up
    twice.
    """
    w = run((), 200, 1, HARD | {"level2_cases": 2.0}).world
    rec, every = table(w), hard_cases(w, 200, 0.0)
    ages = 200 - np.where(
        rec["first_claim"][every] >= 0, rec["first_claim"][every], rec["opened"][every]
    ).astype(int)
    middle = float(np.median(ages))
    assert (
        np.isin(rec["place"][every], [int(vocabulary.LEVEL2_QUEUE), int(vocabulary.DESK)]).all()
        and ages.min() < middle < ages.max()
    )
    assert (hard_cases(w, 200, middle) == every[ages >= middle]).all()
    w.matters.rec["flags"][every[ages >= middle]] |= int(vocabulary.AGREED)
    assert len(hard_cases(w, 200, middle)) == 0 and (hard_cases(w, 200, 0.0) == every[ages < middle]).all()
    late, soon = (run([CONFERENCE | {"waited": waited}], 365, 1, HARD) for waited in (60.0, 5.0))
    assert total(late, "conference_cases") < total(soon, "conference_cases")


# --- governance committee

GOVERNANCE = {
    "policy": "governance_committee",
    "meetings": 12.0,
    "enterprises": 60.0,
    "money": 20000.0,
    "learning": 0.0,
    "staff_hours": 0.0,
}


def test_shared_money_reaches_the_fund_and_is_counted():
    """What enterprises gave less what was captured equals what the fund gained; nothing is bought by
    insiders at capture 0.
    """
    off = {"maintenance_budget": 0.0, "root_fix_price": 80000.0, "facility.root_price_factor": 1.0}
    engine = run([GOVERNANCE | {"capture": 0.0}], 85, 1, off)
    t = engine.world.tally[0]
    assert t["shared_resources"] > 10_000 and t["shared_captured"] == 0.0 and t["root_fixes"] == 0
    assert engine.world.communities["fund"].sum() == pytest.approx(t["shared_resources"])
    part = run([GOVERNANCE | {"capture": 0.4}], 85, 1, off).world
    assert part.tally["shared_captured"][0] == pytest.approx(0.4 * part.tally["shared_resources"][0])
    assert part.communities["fund"].sum() == pytest.approx(0.6 * part.tally["shared_resources"][0])


def test_captured_money_is_spent_at_the_table_and_not_by_need():
    """At capture 1 the common fund gets nothing, works are bought all the same; they prevent less than
    staff's choice by claims (8 pairs).
    """
    place = {"maintenance_budget": 0.0}
    w = run([GOVERNANCE | {"capture": 1.0}], 365, 1, place).world
    assert w.communities["fund"].sum() == 0.0 and w.tally["root_fixes"][0] > 2

    def prevented(e):
        b = e.world.buildings
        need = (b["frailty"] * b["size"])[:, None] * e.world.kinds["share"]
        return float((b["root"] * need).sum() / max(e.world.tally["root_fixes"][0], 1.0))

    loss = paired(
        prevented,
        [GOVERNANCE | {"capture": 1.0}],
        [GOVERNANCE | {"capture": 0.0}],
        days=730,
        values=place,
        base_values=place,
    )
    assert loss.mean() < 0.0


def test_promised_hours_are_given_while_promised():
    """All promises kept: hours given in a year are those promised at their efficiency (from the first
    meeting on); none kept, none.
    """
    kept = run([GOVERNANCE | {"keeping": 1.0}], 396)
    promised = 60 * 2000 / 12000 * 60.0 * 0.5
    given = column(kept, "hours_volunteer")[395] - column(kept, "hours_volunteer")[30]
    assert given == pytest.approx(promised, rel=0.03)
    none = run([GOVERNANCE | {"keeping": 0.0}], 200)
    assert (
        total(none, "hours_volunteer")
        == total(none, "shared_resources")
        == 0.0
        < total(none, "governance_meetings")
    )


# --- social organisations

CONTRACT = {"policy": "social_organisations", "workers": 12.0}


def ties_today(engine: Engine) -> float:
    """Mean tie of households with committee staff, decayed to today (0-1)."""
    homes = engine.world.households
    return float(
        (
            homes["tie_committee"] / 255.0 * 0.5 ** ((engine.day - homes["tie_day"].astype(float)) / 365.0)
        ).mean()
    )


def test_a_contracts_end_takes_hours_and_ties():
    """Hours stop on the day; ties of visited homes fall to about what they would be had nobody come (4
    pairs).
    """
    for seed in range(1, 5):
        kept, ended, never = (
            run(p, 380, seed, {"turnover_rate": 0.0})
            for p in ([CONTRACT | {"visits": 6.0}], [CONTRACT | {"visits": 6.0, "end_day": 370}], ())
        )
        ties = [ties_today(e) for e in (kept, ended, never)]
        assert ties[0] > 1.5 * ties[2] and abs(ties[1] - ties[2]) < 0.15 * (ties[0] - ties[2])
        days = column(ended, "organisation_workers_days")
        assert (
            days[-1] == days[370] > 0
            and column(ended, "avail_committee")[-1] < column(kept, "avail_committee")[-1]
        )


def test_reports_eat_the_contracts_hours():
    """Hours on top of the committee's are those of the contract less reports: 2 workers x 7 h x .3 a
    workday.
    """
    for reports in (0.0, 0.5, 0.8):
        arm, base = run([CONTRACT | {"reports": reports}], 5), run((), 5)
        assert total(arm, "avail_committee") - total(base, "avail_committee") == pytest.approx(
            5 * 2 * 7 * 0.3 * (1 - reports), abs=0.02
        )


def test_visits_go_to_homes_of_the_elderly_and_of_migrants():
    """Other homes' ties are untouched; a place with neither is not visited."""
    arm, base = (
        run(p, 100, 1, {"problem_rate": 0.0, "past_days": 0.0, "turnover_rate": 0.0})
        for p in ([CONTRACT], ())
    )
    rec = arm.world.residents.rec
    sought = np.zeros(len(arm.world.households), bool)
    sought[rec["household"][(rec["flags"] & int(vocabulary.ELDERLY | vocabulary.MIGRANT)) > 0]] = True
    raised = arm.world.households["tie_committee"] > base.world.households["tie_committee"]
    assert raised[sought].sum() > 20 and not raised[~sought].any()
    young = SMALL.model_copy(update={"elderly_share": 0.0, "migrant_share": 0.0})
    assert Engine(young, [CONTRACT]).advance(100).world.tally["visits"][0] == 0


def test_registers_are_longer_than_turn_outs():
    """After years a tenth or more are registered, each turning out once or so a year."""
    engine = (
        run(["social_organisations"], 1460, values={"problem_rate": 0.0, "past_days": 0.0})
        .mark()
        .advance(365)
    )
    out = engine.outcomes()
    assert 0.1 < out["registered_volunteers"] < 0.25 and 0.7 < out["turnouts_each"] < 1.6


def test_insiders_register_and_turn_out_more():
    """Belonging .7 against .3: registered 7 to 3; of those asked, the odds of turning out are e**(2 x .4)
    times as high.
    """
    w = run((), 1, residents=6000).world
    w.residents.belonging[::2], w.residents.belonging[1::2] = round(0.3 * MIND), round(0.7 * MIND)
    standing = np.zeros(6000, np.uint8)
    weights = np.array([0.2, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0])

    def round_of(day):
        each = [
            muster(
                c,
                day,
                1,
                np.int64(3),
                np.int64(0),
                np.int64(0),
                weights,
                w.residents,
                w.buildings,
                w.communities,
                standing,
            )
            for c in range(len(w.communities))
        ]
        return np.sum(each, axis=0)

    signed = np.zeros(2)
    for day in range(10):
        standing[:] = 0
        round_of(day)
        signed += standing[::2].sum(), standing[1::2].sum()
    assert signed / 30_000 == pytest.approx([0.12, 0.28], rel=0.04)
    weights[0], odds = 0.0, []
    for half in (0, 1):
        standing[:] = 0
        standing[half::2] = 1
        registered, _, out = round_of(2 + half)
        odds.append(out / (registered - out))
    assert registered == 3000 and odds[1] / odds[0] == pytest.approx(np.exp(0.8), rel=0.1)


# --- professional services, staffing, merged data


def test_professionals_mediate_where_the_committee_cannot():
    """No committee staff: nobody mediates but professionals, at most the hours bought; no disputes, no
    hours used, the same bill.
    """
    place = SMALL.with_parameters(STRIFE, check=False).model_copy(
        update={"committee_workers": 0.0, "desk_workers": 0.0}
    )
    arm, base = (
        Engine(place, p).mark().advance(365)
        for p in ([{"policy": "professional_services", "hours": 10.0}], ())
    )
    assert (
        total(base, "mediations") == 0 < total(arm, "mediations")
        and total(arm, "hours_specialist") <= 10 * 2000 / 12000 * 261 + 1
    )
    peace = run(["professional_services"], 100, 1, {"dispute_hazard": 0.0}).mark().advance(365).outcomes()
    assert peace["specialist_hours"] == 0.0 and peace["cost_budget"] == pytest.approx(
        arm.outcomes()["cost_budget"] * (1.5 * 261 * 120 + 12000) / (10 * 261 * 120 + 12000)
    )


def test_professionals_spare_the_committee():
    """With hours to spare the same disputes are mediated, and what professionals do is exactly what does
    not arrive at the committee.
    """
    values = {"committee_share": 0.9, "dispute_hazard": 0.003, "burnout_gain": 0.0, "kpi": 0.0}
    arm, base = (
        run(p, 200, 1, values)
        for p in ([{"policy": "professional_services", "hours": 10.0, "training": 0.0}], ())
    )
    assert total(arm, "mediations") == total(base, "mediations") > 10 and total(
        arm, "hours_mediation"
    ) == total(base, "hours_mediation")
    assert (
        total(base, "demand_committee") - total(arm, "demand_committee")
        == total(arm, "hours_specialist")
        > 10
    )


def test_trained_mediators_settle_more():
    """A training of 1.0 settles a larger share of what is mediated than none (8 pairs)."""

    def settled(e):
        return total(e, "dispute_settled") / max(total(e, "mediations"), 1.0)

    trained, plain = ([{"policy": "professional_services", "training": t}] for t in (1.0, 0.0))
    gain = paired(settled, trained, plain, days=365, values=STRIFE, base_values=STRIFE)
    assert gain.mean() > 0.08 and (gain > 0).sum() >= 7


def test_staff_has_diminishing_returns():
    """The second fifteen workers lower overload by less than half of what the first fifteen do (4 pairs,
    tight hours).
    """

    def load(workers, seed):
        return (
            run([{"policy": "staffing", "workers": workers}], 300, seed, {"committee_share": 0.06})
            .mark()
            .advance(365)
            .outcomes()["overload"]
        )

    loads = np.array([[load(n, seed) for n in (0.0, 15.0, 30.0)] for seed in range(1, 5)]).mean(axis=0)
    assert loads[0] - loads[1] > 2.0 * (loads[1] - loads[2]) > 0.0


def test_staffing_buys_what_it_says():
    """15 workers per 12,000 residents are 2.5 here; the maintenance budget grows by the stated share."""
    arm, base = (
        run([{"policy": "staffing", "maintenance": 1.0}], 95, 1, {"root_fix_price": 80000.0}),
        run((), 95, 1, {"root_fix_price": 80000.0}),
    )
    assert arm.world.communities["present"][0, 0] <= base.world.communities["present"][0, 0] + 2.5
    assert (
        arm.world.communities["fund"].sum() == pytest.approx(2.0 * base.world.communities["fund"].sum())
        and base.world.communities["fund"].sum() > 0
    )


def test_merged_data_returns_less_and_finds_more():
    """Fewer returns per case answered, more found than anybody asked for; without detection nothing is
    found (8 pairs).
    """

    def returned(e):
        return total(e, "level2_returned") / max(total(e, "level2_returned") + total(e, "level2_done"), 1.0)

    values = HARD | {"level2_return": 0.4, "level2_cases": 12.0}
    less = paired(
        returned, [{"policy": "merged_data", "returns": 0.7}], days=365, values=values, base_values=values
    )
    assert less.mean() < -0.15 and (less < 0).all()
    assert (
        total(run(["merged_data"]), "detected") > 20
        and total(run([{"policy": "merged_data", "detection": 0.0}]), "detected") == 0
    )


def test_merged_data_and_grid_management_add_up_to_grid_plus():
    """Grid+ has the grid's workers and the data's sensors: levers of both, forms of both."""
    plus, grid, data = (
        run(p, 1).world.levers[0]
        for p in (["grid_management", "merged_data"], ["grid_management"], ["merged_data"])
    )
    assert (
        plus["data_entry"] == pytest.approx(grid["data_entry"] + data["data_entry"])
        and plus["grid_workers"] == grid["grid_workers"] > 0
    )
    assert (
        plus["return_scale"] == data["return_scale"] < 1.0
        and plus["sensor_rate"] == data["sensor_rate"] > 0.0
    )
