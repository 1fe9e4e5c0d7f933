"""Mechanisms of residents' own institutions and of devices: turned up or off, the outcome moves as the
policy's file says.

2,000 residents unless said otherwise. ``pairs`` are differences over paired seeds; a claim about sign
wants all of them, or the exact sign test where named. What a weight imposes is tested as imposed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from sandbox import EVERYTHING, run, total

from sim import metrics
from sim.vocabulary import ADOPTED, ELDERLY, PARTY, WELFARE

SEEDS = range(1, 7)
TIGHT = {"committee_share": 0.05, "property_share": 0.08}
CIVIC = (
    "direct_election",
    "owners_committee",
    "micro_fund",
    "community_college",
    "culture_events",
    "service_booking",
    "sensor_network",
)


def of(policy, days=365, seed=1, values=None, residents=None, also=(), **settings):
    """An engine, marked on day 0, after a year under one policy with these settings."""
    engine = run([{"policy": policy, **settings}, *also], 0, seed, values, residents).mark()
    return engine.advance(days)


def pairs(what, more, less, seeds=SEEDS):
    """Differences of a measure between two recipes for an engine, one per seed."""
    return np.array([what(more(s)) - what(less(s)) for s in seeds])


def tally(name):
    """A measure: growth of a tally since day 0."""
    return lambda e: total(e, name)


# --- elections

VOTE = {"delay": 10.0, "quorum": 0.0}


def test_turnout_rises_with_age_and_party_as_imposed_and_with_ties_by_estate():
    """Age and Party orders of the survey (imposed), gap .10-.25; estates in the order of their ties, flat
    without ties and age.
    """
    out = of("direct_election", 90, residents=12_000).outcomes()
    assert (
        out["turnout_young"] < out["turnout_adult"] < out["turnout_elderly"]
        and 0.10 < out["turnout_party"] - out["turnout_others"] < 0.25
    )
    assert (
        abs(out["turnout_young"] - 0.138) < 0.06
        and abs(out["turnout_elderly"] - 0.777) < 0.06
        and abs(out["turnout_adult"] - 0.557) < 0.08
    )
    assert out["turnout_old"] > out["turnout_renewal"] > out["turnout_commodity"]
    assert out["voting_odds_party"] > 1.3 and out["voting_odds_tied"] > 1.0
    flat = of("direct_election", 90, residents=12_000, ties=0.0, young=0.0, elderly=0.0, party=0.0).outcomes()
    assert (
        abs(flat["turnout_old"] - flat["turnout_commodity"])
        < 0.03
        < out["turnout_old"] - out["turnout_commodity"]
    )
    assert (
        flat["turnout_elderly"] - flat["turnout_young"] < 0.08
        and abs(flat["turnout_party"] - flat["turnout_others"]) < 0.04
    )


def test_a_mandate_is_voice_where_one_voted():
    """Buildings hold voice in proportion to their turnout; closing events are judged fairer with it;
    nothing where invalid.
    """
    strong = of("direct_election", voice_gain=1.0, accountable=0.0, **VOTE)
    held = strong.world.buildings["mandate"]
    assert 0.2 < held.mean() < 0.9 and len(np.unique(held)) > 5
    none = of("direct_election", voice_gain=1.0, delay=10.0, quorum=0.8)
    assert none.outcomes()["election_valid_share"] == 0.0 and not none.world.buildings["mandate"].any()
    values = {"justice_voice": 0.2}
    gain = pairs(
        lambda e: total(e, "event_p") / total(e, "event_n"),
        lambda s: of("direct_election", seed=s, values=values, voice_gain=1.0, accountable=0.0, **VOTE),
        lambda s: of("direct_election", seed=s, values=values, voice_gain=0.0, accountable=0.0, **VOTE),
    )
    assert (gain > 0.0).all()


def test_an_accountable_committee_closes_less_on_paper():
    """Where nearly all vote: fewer paper closures, and the longer queue that they had hidden."""
    strong = VOTE | {"base": 2.0, "young": 0.0, "migrant": 1.0, "voice_gain": 0.0}
    for name, sign in (("records_paper", -1.0), ("backlog_property", 1.0)):
        change = pairs(
            tally(name),
            lambda s: of("direct_election", seed=s, values=TIGHT, accountable=1.0, **strong),
            lambda s: of("direct_election", seed=s, values=TIGHT, accountable=0.0, **strong),
        )
        assert (sign * change > 0.0).all()


def test_an_invalid_election_is_repeated_and_a_valid_one_holds_for_its_term():
    assert total(of("direct_election", 730, delay=10.0, repeat=100.0, quorum=0.8), "elections") == 8
    assert total(of("direct_election", 1200, delay=10.0, term=3.0, quorum=0.0), "elections") == 2


# --- owners' committee

SEATED = {"base": 2.0, "spread": 0.0, "stand": -2.0, "conflict": 0.0}


def test_a_seated_committee_makes_hours_and_fees_go_further():
    """Against the same institution without gain: more property hours, and again more by fees."""
    zero = {"gain": 0.0, "fees": 0.0}
    hours = pairs(
        tally("avail_property"),
        lambda s: of("owners_committee", seed=s, **SEATED, fees=0.0),
        lambda s: of("owners_committee", seed=s, **SEATED, **zero),
    )
    fees = pairs(
        tally("avail_property"),
        lambda s: of("owners_committee", seed=s, **SEATED, gain=0.0),
        lambda s: of("owners_committee", seed=s, **SEATED, **zero),
    )
    assert (hours > 0.0).all() and (fees > 0.0).all()
    engine = of("owners_committee", **SEATED)
    capture = engine.outcomes()["owners_capture"]
    assert (
        engine.world.communities["oversight"][0] == pytest.approx(0.15 * (1.0 - capture), abs=0.01)
        and 0.0 < capture < 0.8
    )


def test_without_quorum_there_is_no_committee():
    """All of the compounds' votes fail at a quorum of .8, and nothing follows."""
    engine = of("owners_committee", quorum=0.8)
    assert total(engine, "owner_elections") > 0 and engine.outcomes()["owners_committee_share"] == 0.0
    assert engine.world.communities["oversight"][0] == engine.world.communities["fee_gain"][0] == 0.0


def test_whether_a_committee_forms_differs_between_compounds():
    """With organisers unequal some compounds have one and others none (over 12 populations); with a flat
    hand none has at this turnout.
    """
    seated = [
        of("owners_committee", 100, s, residents=900).outcomes()["owners_committee_share"]
        for s in range(1, 13)
    ]
    assert 0.0 < np.mean(seated) < 0.9 and len({round(x, 3) for x in seated}) > 2
    assert np.mean(
        [
            of("owners_committee", 100, s, residents=900, spread=0.0).outcomes()["owners_committee_share"]
            for s in range(1, 13)
        ]
    ) < np.mean(seated)


def test_a_quarrel_costs_hours_and_comes_with_overload():
    """In conflict the company works less than without a committee; an overloaded company has more
    conflicts.
    """
    fight = SEATED | {
        "conflict": 0.5,
        "loss": 0.5,
        "conflict_days": 730.0,
        "fees_withheld": 0.5,
        "conflict_slope": 0.0,
    }
    lost = pairs(
        tally("avail_property"),
        lambda s: of("owners_committee", 730, s, **fight),
        lambda s: of("owners_committee", 730, s, quorum=0.8),
    )
    assert (lost < 0.0).all()
    calm = SEATED | {"conflict": 0.05, "conflict_slope": 10.0}
    more = pairs(
        tally("owner_days_conflict"),
        lambda s: of("owners_committee", 1095, s, values={"property_share": 0.05}, **calm),
        lambda s: of("owners_committee", 1095, s, values={"property_share": 0.6}, **calm),
    )
    assert more.mean() > 0.0 and (more >= 0.0).all()


def test_the_vocal_are_seated_where_the_vocal_stand():
    more = pairs(
        lambda e: total(e, "owner_capture") / total(e, "owner_seats"),
        lambda s: of("owners_committee", 100, s, **SEATED, stand_voice=2.0),
        lambda s: of("owners_committee", 100, s, **SEATED, stand_voice=0.0),
    )
    assert (more > 0.0).all()


# --- fund


def test_a_fund_prevents_problems_where_people_help():
    """More root fixes and, over three years, fewer problems; about the beneficiaries meant; never more
    money than allotted.
    """
    fewer = pairs(
        tally("created"),
        lambda s: of("micro_fund", 1095, s, budget=200.0, coproduction=0.1),
        lambda s: of("micro_fund", 1095, s, coproduction=0.8),
    )
    assert (fewer < 0.0).all()
    engine = of("micro_fund", 730, residents=12_000, budget=100.0, coproduction=0.0)
    out = engine.outcomes()
    assert (
        out["fund_projects"] > 2.0
        and 350.0 < out["fund_beneficiaries"] < 650.0
        and 0.0 <= out["fund_missed_need"] <= 1.0
    )
    assert 0.0 < total(engine, "fund_spent") <= total(engine, "fund_allotted") == 2 * 100.0 * 12_000
    assert total(engine, "citizen_hours") > 0


def test_a_fund_is_left_over_without_proposals_or_hands():
    """Nobody helps: all refused, all unspent.

    Nobody proposes: the same. A grant below any price buys nothing.
    """
    refused = of("micro_fund", coproduction=0.8, values={"belonging_mean": 0.35, "belonging_sd": 0.05})
    assert refused.outcomes()["fund_refused_share"] == refused.outcomes()["fund_unspent_share"] == 1.0
    assert (
        of("micro_fund", base=-8.0, voice=0.0, belonging=0.0, residents=600).outcomes()["fund_unspent_share"]
        > 0.9
    )
    rich = of("micro_fund", budget=400.0, coproduction=0.1).outcomes()["fund_unspent_share"]
    assert rich < 1.0


def test_works_by_others_crowd_out_self_help_and_works_with_many_hands_do_not():
    """The habit of leaving it to the state grows by a project where few help, and shrinks where nearly
    all do.
    """

    def habit(belonging, weight):
        values = {
            "belonging_mean": belonging,
            "belonging_sd": 0.05,
            "belonging_local": belonging,
            "belonging_migrant": belonging,
            "belonging_migrant_gap": 0.0,
        }
        engine = of(
            "micro_fund",
            400,
            values=values,
            budget=400.0,
            rounds=4.0,
            coproduction=0.0,
            crowding=weight,
            voice=0.0,
            base=-3.0,
        )
        assert total(engine, "fund_projects") > 0
        return float(engine.world.buildings["state_share"].mean())

    assert habit(0.35, 0.5) > habit(0.35, 0.0) and habit(0.8, 0.5) < habit(0.8, 0.0)


# --- courses and events


def test_a_course_teaches_those_who_come_and_reaches_few():
    """Voice rises for those reached alone; 16 attendances in each of six communities of 2,000 (Pudong:
    100 in one of 12,000); a reach of about a hundredth; the already active.
    """
    engine, mute = (of("community_college", residents=12_000, voice_gain=g) for g in (0.3, 0.0))
    out, moved = (
        engine.outcomes(),
        engine.world.residents.rec["voice"] - mute.world.residents.rec["voice"].astype(int),
    )
    assert out["course_attendance"] * 6 == 96.0 and 0.0 < out["course_reach"] < 0.02
    assert 0 < (moved != 0).sum() <= total(engine, "course_reached") and (moved >= 0).all()
    wide = of("community_college", residents=12_000, courses=24.0, places=400.0).outcomes()
    assert (
        wide["joining_odds_party"] > 1.3
        and wide["joining_odds_tied"] > 1.3
        and wide["joining_voice_gap"] > 0.2
    )


def test_events_make_belonging_and_ties_of_those_who_come():
    """Belonging rises with the gain an event has; households of those who came know the workers better."""
    gain = pairs(
        lambda e: float(e.world.residents.belonging.mean(dtype="f8")),
        lambda s: of("culture_events", seed=s, belonging_gain=0.1, base=-3.0),
        lambda s: of("culture_events", seed=s, belonging_gain=0.0, base=-3.0),
    )
    ties = pairs(
        lambda e: float(e.world.households["tie_committee"].mean()),
        lambda s: of("culture_events", seed=s, base=-2.0),
        lambda s: run((), 365, s),
    )
    assert (gain > 0.0).all() and (ties > 0.0).all()
    out = of("culture_events", residents=12_000).outcomes()
    assert (
        out["joining_odds_party"] > 1.3 and out["joining_odds_tied"] > 1.3 and 0.01 < out["event_reach"] < 0.2
    )


def test_publicity_fades_and_so_does_belonging_when_events_end():
    """Twice as many come in the first months as a year later, and not without publicity; a year after the
    last event half the gain is gone.
    """

    def late_to_early(publicity):
        engine = of("culture_events", 730, residents=12_000, publicity=publicity, events=26.0, half_life=60.0)
        attended = engine.world.series[:, engine.world.tally.dtype.names.index("culture_attended")]
        return (attended[730] - attended[640]) / attended[90]

    assert late_to_early(1.2) < 0.6 and 0.8 < late_to_early(0.0) < 1.3

    def lift(end):
        base = run((), end + 0, 1)
        arm = run(
            [
                {
                    "policy": "culture_events",
                    "events": 26.0,
                    "base": -2.5,
                    "belonging_gain": 0.1,
                    "end_day": 365,
                }
            ],
            end,
            1,
        )
        return float((arm.world.residents.belonging - base.world.residents.belonging).mean(dtype="f8"))

    assert lift(366) > 0.005 and lift(731) < 0.5 * lift(366)


# --- booking and sensors


def test_bookings_spare_the_desk_and_meet_needs_without_a_claim():
    """Fewer enquiries with relief; welfare needs end with bookings that fit; no claim is made by the app;
    those who need most adopt least.
    """
    asks = pairs(
        tally("enquiries"),
        lambda s: of("service_booking", seed=s, relief=0.8, launch=0.3),
        lambda s: of("service_booking", seed=s, relief=0.0, launch=0.3),
    )
    assert (asks < 0.0).all()
    engine, idle = (
        of("service_booking", residents=12_000, launch=0.3, fits=f, rate=20.0, relief=0.0) for f in (0.5, 0.0)
    )
    assert total(engine, "bookings_welfare") > 20 and total(idle, "bookings_welfare") == 0 == total(
        engine, "app_claims"
    )
    open_needs = [
        int(((e.world.matters.rec["kind"] == WELFARE) & (e.world.matters.rec["stage"] > 0)).sum())
        for e in (engine, idle)
    ]
    assert open_needs[0] < open_needs[1]
    flags = engine.world.residents.rec["flags"]
    old = (flags & ELDERLY) > 0
    assert ((flags & ADOPTED) > 0)[old].mean() < 0.85 * ((flags & ADOPTED) > 0)[~old].mean()


def test_bookings_find_no_more_than_there_is():
    assert (
        total(of("service_booking", resources=0.0), "bookings")
        == 0
        < total(of("service_booking", resources=0.0), "bookings_wanted")
    )
    scarce = of("service_booking", resources=10.0, uses=10.0, launch=0.3, rate=30.0)
    assert total(scarce, "bookings") == pytest.approx(10 * 10 * 2000 / 12_000, rel=0.03)


def test_sensor_events_are_not_demands_and_false_alarms_are_hours():
    """Ten times the events leave demand alone; alarms take committee hours; without patience nobody looks."""
    quiet = {"sensors": 0.0, "triage": 0.0, "data_entry": 0.0}
    few, many = (of("sensor_network", events=n, false=0.0, **quiet) for n in (1.0, 10.0))
    assert (
        total(many, "sensor_events") > 5 * total(few, "sensor_events") > 0
        and total(few, "dispatched") == total(many, "dispatched") > 0
    )
    assert total(many, "sensor_events") > 20 * total(many, "dispatched") * 0.5
    loud, deaf = (of("sensor_network", events=20.0, false=0.5, patience=p, **quiet) for p in (1.0, 0.0))
    assert total(loud, "hours_alarm") > 50.0 and total(loud, "demand_committee") > total(
        deaf, "demand_committee"
    )
    assert total(deaf, "hours_alarm") == 0.0 and deaf.outcomes()["alarms_ignored_share"] == 1.0
    seen = pairs(
        tally("detected"),
        lambda s: of("sensor_network", seed=s),
        lambda s: of("sensor_network", seed=s, sensors=0.0),
    )
    assert (seen > 0.0).all()


def test_false_alarms_make_the_committees_queue_longer():
    longer = pairs(
        tally("backlog_committee"),
        lambda s: of(
            "sensor_network", seed=s, values=TIGHT, events=20.0, false=0.9, patience=1.0, sensors=0.0
        ),
        lambda s: of("sensor_network", seed=s, values=TIGHT, events=0.0, sensors=0.0),
    )
    assert (longer > 0.0).all()


# --- councils


def test_delegates_attend_and_residents_do_not():
    """Nine in ten deputies come (Suzhou's figure), under a hundredth of residents; the same people at
    each meeting, more vocal than a lot's.
    """
    engine = of("resident_council", residents=12_000, selection="delegates")
    out = engine.outcomes()
    assert 0.8 < out["council_attendance"] < 1.0 and out["council_reach"] < 0.01
    acted = engine.world.residents.rec["acts"]
    base = run((), 0, 1, residents=12_000).mark().advance(365).world.residents.rec["acts"]
    assert (acted > base + 2).sum() <= 100 + 20, "one deputy a building, for good"
    by_lot = of("resident_council", residents=12_000, selection="sortition").outcomes()
    assert out["council_voice_gap"] > by_lot["council_voice_gap"] + 0.3
    assert total(
        of("resident_council", selection="delegates", deputies=3.0), "council_invited"
    ) > 2.9 * total(of("resident_council", selection="delegates"), "council_invited")


def test_online_voice_is_cheap_and_biased_by_age():
    """More come than to open doors, at a fraction of their hours; the elderly are under-represented, and
    not where skill decides nothing.
    """
    online, doors = (of("resident_council", 300, residents=12_000, selection=s) for s in ("online", "open"))
    hours = [total(e, "citizen_hours") / total(e, "council_attended") for e in (online, doors)]
    assert (
        total(online, "council_attended") > 2 * total(doors, "council_attended")
        and hours[0] == pytest.approx(0.1)
        and hours[1] == pytest.approx(2.0)
    )

    def elderly_share(digital):
        arm, base = (
            of("resident_council", 70, residents=12_000, selection="online", digital=digital),
            run((), 0, 1, residents=12_000).mark().advance(70),
        )
        came = arm.world.residents.rec["acts"].astype(int) > base.world.residents.rec["acts"]
        old = (arm.world.residents.rec["flags"] & ELDERLY) > 0
        return came[old].mean() / came.mean()

    assert elderly_share(3.0) < 0.7 and 0.85 < elderly_share(0.0) < 1.3


# --- outcomes


def test_every_civic_metric_is_a_number_with_everything_on():
    """All civic policies for two years, owners' votes easy: none of their metrics is undefined; all are
    on a year without them but levels of zero.
    """
    easy = {"policy": "owners_committee", **SEATED, "conflict": 0.3}
    others = [p for p in CIVIC if p != "owners_committee"]
    engine = run([*others, easy, *EVERYTHING], 0, 1, None, 4000).mark().advance(730)
    mine = [n for n, info in metrics.registry().items() if info.family == "civic"]
    out, base = engine.outcomes(), run((), 0).mark().advance(365).outcomes()
    assert len(mine) > 30 and [n for n in mine if math.isnan(out[n])] == []
    assert all(math.isnan(base[n]) or base[n] == 0.0 for n in mine)


def test_party_members_are_a_minority_of_electors():
    """The tallies by group are parts of the whole."""
    t = of("direct_election", 90, residents=900).world.tally[0]
    assert (
        t["electors_young"] + t["electors_adult"] + t["electors_elderly"]
        == t["electors"]
        == t["electors_old"] + t["electors_renewal"] + t["electors_commodity"]
    )
    assert (
        t["voters_young"] + t["voters_adult"] + t["voters_elderly"] == t["voters"]
        and t["voters_party"] <= t["electors_party"] < 0.3 * t["electors"]
    )
    assert PARTY == 16
