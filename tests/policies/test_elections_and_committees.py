"""Elections and owners' committees: who votes, what a mandate and a seated committee change, and what a
quarrel costs.
"""

from __future__ import annotations

import numpy as np
import pytest
from sandbox import total

from sim.vocabulary import PARTY
from tests.policies.one_policy import SEATED, TIGHT, of, pairs, tally

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
