"""Micro-funds, courses and culture events: what they prevent, teach and bring together, and when they are
left over.
"""

from __future__ import annotations

import math

from sandbox import EVERYTHING, run, total

from sim import metrics
from tests.policies.one_policy import SEATED, of, pairs, tally

CIVIC = (
    "direct_election",
    "owners_committee",
    "micro_fund",
    "community_college",
    "culture_events",
    "service_booking",
    "sensor_network",
)


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
