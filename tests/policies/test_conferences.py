"""Joint conferences and governance committees: which cases they take, whose money they spend, and how they
are captured.
"""

from __future__ import annotations

import numpy as np
import pytest
from sandbox import SMALL, paired, run, total

from sim import vocabulary
from sim.agents.level2_desk import hard_cases
from sim.engine import Engine
from sim.world.laws import laws_broken
from sim.world.ledger import table
from tests.policies.hard_cases import HARD, column

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
