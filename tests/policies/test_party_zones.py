"""Party zones: who registers, who is active, what study sessions are worth; and the emergency in which
members are called up.
"""

from __future__ import annotations

import pytest
from sandbox import SMALL, differ, nudge, paired, run, total

from sim import vocabulary
from sim.engine import Engine
from tests.policies.hard_cases import STRIFE, column

QUIET = {
    "policy": "party_zones",
    "staff_hours": 0.0,
    "coordination": 0.0,
}  # zones that cost the staff nothing


def zones(days: int = 730, place=SMALL, **values) -> Engine:
    """A run of Party zones whose window is all of it."""
    return Engine(place, [QUIET | values], 1, 1).mark().advance(days)


def test_registration_jumps_and_activity_lags():
    """12% at first, over 80% after a year under the mandate; active by then fewer than a tenth, more in
    the second year; without mandate under 40%.
    """
    place = SMALL.scaled(12_000)
    engine, free = zones(place=place), zones(365, place, mandate=0.0)
    members = float(engine.world.communities["party_members"].sum())
    registered, active = (
        column(engine, "registered_members") / members,
        column(engine, "active_members") / members,
    )
    assert registered[1] == pytest.approx(0.12, abs=0.03) and registered[365] > 0.8
    assert active[30] < 0.02 and 0.0 < active[365] < 0.1 and active[730] > active[365]
    assert column(free, "registered_members")[365] / members < 0.4


def test_who_is_ready_is_registered_and_active_members_are_ready_and_willing():
    engine = zones()
    flags = engine.world.residents.rec["flags"]
    branch = engine._owned[0][1]
    ready, active, party = (
        (flags & int(f)) > 0 for f in (vocabulary.READY, vocabulary.ACTIVE, vocabulary.PARTY)
    )
    assert (ready == (branch.standing == 2)).all() and ready.sum() > 20 and not (ready & ~party).any()
    assert active.sum() > 0 and not (active & ~ready).any() and active.sum() < 0.5 * ready.sum()


def test_posts_are_held_by_members_active_alone():
    """Posts give hours in proportion to those who are active alone, up to their number; without posts
    their hours are nobody's.
    """
    few, many, none = (zones(540, posts=posts) for posts in (3.0, 60.0, 0.0))
    given = [column(e, "hours_volunteer")[540] - column(e, "hours_volunteer")[510] for e in (none, few, many)]
    assert given[0] < given[1] < given[2]
    w = many.world
    alone = ((w.residents.rec["flags"] & int(vocabulary.ACTIVE)) > 0) & (
        w.buildings["zone"][w.residents.rec["building"]] == 0
    )
    assert 0 < alone.sum() and few._owned[0][1].pledged[0] == pytest.approx(
        3 * 2000 / 12000 * 10 * 0.5 * (1 - few.world.communities["party_fatigue"][0]) / 261, abs=1e-3
    )
    assert many._owned[0][1].pledged[0] > few._owned[0][1].pledged[0] and total(
        none, "citizen_hours"
    ) < total(many, "citizen_hours")


def test_study_is_attended_and_governs_nothing():
    """With rooms for nothing, sessions change no day of the community: only attendance and its hours are
    counted.
    """
    with_study, without = zones(400), zones(400, sessions=0.0)
    assert differ(with_study, without, but=("tally", "series")) == []
    changed = [
        n
        for n in with_study.world.tally.dtype.names
        if with_study.world.tally[n][0] != without.world.tally[n][0]
    ]
    assert set(changed) == {"study_expected", "study_attended", "citizen_hours"}
    out = with_study.outcomes()
    assert 0.9 < out["study_attendance"] <= 1.0 and out["cost_social"] > without.outcomes()["cost_social"]


def test_mandates_fill_rooms_and_fatigue_empties_them():
    """Attendance above .9 at mandate .5, under .85 without; lower again where mandated members tire fast."""
    mild, free = (
        zones(365).outcomes()["study_attendance"],
        zones(365, mandate=0.0).outcomes()["study_attendance"],
    )
    weary = (
        Engine(
            SMALL.with_parameters({"party_fatigue": 0.05}, check=False),
            [QUIET | {"attend_fatigue": 4.0}],
            1,
            1,
        )
        .mark()
        .advance(365)
    )
    assert mild > 0.9 > 0.85 > free and weary.outcomes()["study_attendance"] < mild - 0.03


def test_sessions_take_case_hours():
    """Two hours a session per 12,000 residents come on top of what arrives: 24 a year x 2 h x 2,000 /
    12,000.
    """
    gained = total(run([QUIET | {"staff_hours": 20.0}], 365), "demand_committee") - total(
        run([QUIET], 365), "demand_committee"
    )
    assert gained == pytest.approx(24 * 20 * 2000 / 12000, rel=0.15)


def test_zones_without_members_are_the_baseline():
    """A Party share of 0: no register, no hours, no cost to the staff; and all is as without zones where the
    channel of members, which zones open, is open to nobody's hours too.
    """
    place = SMALL.model_copy(update={"party_share": 0.0})
    channel = nudge("channel", open_party_member=1.0)
    arm, base = zones(300, place), Engine(place, [channel]).mark().advance(300)
    for name in ("registered_members", "active_members", "hours_volunteer", "study_attended"):
        assert arm.world.tally[name][0] == 0.0
    assert arm.world.communities["party_members"].sum() == 0
    assert differ(arm, base, but=("levers", "communities.party_fatigue")) == []


def test_known_members_help_mediation():
    """The credit of working zones settles more of the disputes that are mediated (8 pairs, all members
    willing and ready).
    """
    arm = (nudge("credit", party_active=1.0),)

    def settled(e):
        return total(e, "dispute_settled") / max(total(e, "mediations"), 1.0)

    gain = paired(
        settled,
        arm,
        arm,
        days=365,
        values=STRIFE | {"party_mediation": 0.8},
        base_values=STRIFE | {"party_mediation": 0.0},
    )
    assert gain.mean() > 0.05 and (gain > 0).sum() >= 7


# --- an emergency


def test_an_emergency_takes_its_share_of_hours_and_multiplies_enquiries():
    """Half the case hours of committee and grid workers, three times the enquiries, for its days only;
    the property company is spared.
    """
    shock = {"policy": "emergency", "end_day": 28, "diverted": 0.5, "enquiries": 3.0}
    arm, base = run(["grid_management", shock], 56), run(["grid_management"], 56)
    for name, factor in (("avail_committee", 0.5), ("avail_grid", 0.5), ("avail_property", 1.0)):
        assert column(arm, name)[5] == pytest.approx(factor * column(base, name)[5], abs=0.02), name
    assert column(arm, "enquiries")[28] == pytest.approx(3.0 * column(base, "enquiries")[28], rel=0.25)
    after = column(arm, "enquiries")[56] - column(arm, "enquiries")[28]
    assert after == column(base, "enquiries")[56] - column(base, "enquiries")[28], "the same draws again"


def test_an_emergency_leaves_something_behind():
    """Ninety days over, two months of half the hours are still felt: backlog or burnout above the
    baseline's (8 pairs).
    """
    shock = [{"policy": "emergency", "end_day": 60, "diverted": 0.8}]
    rest = paired(
        lambda e: float(column(e, "backlog_committee")[-1] + column(e, "burnout")[-1]), shock, days=150
    )
    assert rest.mean() > 0.0 and (rest > 0).sum() >= 7


def test_members_answer_the_call_where_zones_are():
    """In the eighteenth month of zones an emergency raises the active share for its days; without zones
    nobody hears the call.
    """
    call = {"policy": "emergency", "start_day": 540, "end_day": 570, "call": 0.5}
    active = column(Engine(SMALL, [QUIET, call], 1, 1).advance(600), "active_members")
    alone = column(Engine(SMALL, [QUIET], 1, 1).advance(600), "active_members")
    assert (
        (active[:540] == alone[:540]).all()
        and active[560] > 1.5 * alone[560] > 0.0
        and active[590] < 0.7 * active[560]
    )
    assert total(run([call | {"start_day": 0, "end_day": 60}], 60), "active_members") == 0.0
