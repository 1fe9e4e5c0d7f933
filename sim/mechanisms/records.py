"""Records in the books, and the end of a condition.

A paper closure touches the record alone. A condition that ends closes its record, leaves its queue and is
counted in the dispute pagoda's funnel; its row is given back at the end of the day.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.matters import case_of, set_stage
from sim.mechanisms.queues import dequeue
from sim.numerics.jit import kernel
from sim.vocabulary import (
    ASKED,
    CLOSED,
    DISPUTE,
    DISPUTED,
    ENDED,
    FADED,
    FIXED,
    FREE,
    NO,
    OPEN,
    SETTLED,
    WAS_DIRECT,
    WAS_NAMED,
    WENT_COURT,
    YES,
)


@kernel
def open_record(matters, row, asked, day, tally, cohorts):
    """Open a record for a condition; its own clock starts, the condition's clocks stay.

    Only what a resident ``asked`` for enters the cohorts that resolution is measured on.
    """
    matter = matters.rec[row]
    case = case_of(matters, row)
    case.record = OPEN
    case.opened = day
    case.records += 1
    tally[0].records_opened += 1.0
    if asked:
        matter.flags |= ASKED
        cohorts[day, 0] += 1
    else:
        matter.flags &= 65535 - ASKED


@kernel
def close_record(matters, row, how, solved, tally, cohorts):
    """Close an open record (CLOSED or PAPER_CLOSED); ``solved`` says whether the condition is gone."""
    case = case_of(matters, row)
    if case.record != OPEN:
        tally[0].illegal += 1.0
        return
    case.record = how
    tally[0].records_closed += 1.0
    asked = matters.rec[row].flags & ASKED
    if asked:
        cohorts[case.opened, 1] += 1
    if solved:
        tally[0].records_fixed += 1.0
        if asked:
            cohorts[case.opened, 2] += 1
    elif how == CLOSED:
        tally[0].records_partial += 1.0
    else:
        tally[0].records_paper += 1.0


@kernel
def finish(world, row, stage, pool):
    """End a condition: FIXED, FADED or SETTLED. Closes an open record, leaves queues, counts the funnel.

    The row is released at the end of the day, so that no list of today can meet a newcomer in it.
    """
    matters, work, buildings, tally = world.matters, world.work, world.buildings, world.tally
    matter = matters.rec[row]
    b = np.int64(matter.building)
    c = buildings[b].community
    g = buildings[b].grid
    was_dispute = matter.stage == DISPUTE
    if not set_stage(matters, row, stage, tally):
        return False
    case = case_of(matters, row)
    dequeue(matters, world.grids, world.communities, row, pool, c, g)
    if case.record == OPEN:
        close_record(
            matters, row, CLOSED, YES if stage == FIXED or stage == SETTLED else NO, tally, world.cohorts
        )
    t = tally[0]
    t.open -= 1.0
    if case.first_claim < 0:
        t.unvoiced -= 1.0
    if was_dispute:
        t.in_dispute -= 1.0
        t.dispute_end += 1.0
        buildings[b].in_dispute -= 1
    if stage == FIXED:
        t.fixed += 1.0
        world.grids[g].fixed += 1.0
    elif stage == FADED:
        t.faded += 1.0
    else:
        t.settled += 1.0
    if matter.flags & WENT_COURT:
        t.end_court += 1.0
    if case.first_claim >= 0 or matter.flags & DISPUTED:
        t.end_third += 1.0
    elif matter.flags & WAS_DIRECT:
        t.end_bilateral += 1.0
    elif matter.flags & WAS_NAMED:
        t.end_lumped += 1.0
    matters.tick[row] = np.inf
    work.ended[work.count[ENDED]] = row
    work.count[ENDED] += 1
    return True


@kernel
def release(world, c):
    """Give the rows and cases of the conditions that ended today back."""
    matters, work = world.matters, world.work
    community = world.communities[c]
    for i in range(work.count[ENDED]):
        row = np.int64(work.ended[i])
        matter = matters.rec[row]
        set_stage(matters, row, FREE, world.tally)
        matters.weekday[row] = 255
        matters.tick[row] = np.inf
        if matter.case > 0:
            matters.cases[matter.case].row = -1
            matters.cases[matter.case].next = community.case_head
            community.case_head = matter.case
            community.case_top += 1
        matter.case = community.free_head
        community.free_head = row
        community.free_top += 1
    work.count[ENDED] = 0
