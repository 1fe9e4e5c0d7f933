"""Matters: the only functions that create, move, record and end a condition.

Two state machines, never mixed: the *condition* (open, fixed, faded, settled: seen in the
stage) and the *record* (what the books say). A paper closure touches the record alone. Clocks
(onset, first claim) are written once. Every change of stage passes through ``set_stage``,
which counts any step that the table of legal transitions does not know.

Queues are doubly linked lists in order of (virtual day, key): ageing is linear and the same
for all, so the order of service never changes while matters wait.
"""
from __future__ import annotations

import numpy as np

from sim.codes import (
    ASKED, CLOSED, DISPUTED, FADED, FIXED, FREE, LATENT, LEVEL1_QUEUE, LEVEL2_QUEUE, NO, NO_CHANNEL, NO_RECORD, NOWHERE, OPEN,
    SETTLED, WAS_DIRECT, WAS_NAMED, WENT_COURT, YES, DISPUTE, legal_table,
)
from sim.draws import exp, log
from sim.jit import kernel, rule

HOUR_STEPS = 1024.0
LEGAL = legal_table()


@rule
def quantise(hours):
    """Hours on the grid of 2**-10 h, on which sums are exact. Unit: h."""
    return np.floor(hours * HOUR_STEPS + 0.5) / HOUR_STEPS


@rule
def severity_at(severity, growth, days):
    """Logistic growth s' = growth * s * (1 - s), in closed form. Unit: 0-1; growth 1/day (model rule 1)."""
    if severity >= 1.0:
        return 1.0
    return severity / (severity + (1.0 - severity) * exp(-growth * days))


@rule
def heat_at(heat, half_life, days):
    """Anger left of ``heat`` after ``days``: heat * 2**(-days / half_life) (model rule 13)."""
    if heat <= 0.0 or days <= 0:
        return heat
    return heat * exp(-0.6931471805599453 * days / half_life)


@rule
def virtual_day(first_claim, severity, claims, kpi, work, ageing, loudness, creaming, creaming_hours, ahead):
    """Place in the queue as a day: earlier is served first (model rule 6).

    priority = s + ageing * age + loudness * ln(1 + claims) + creaming * KPI * (1 - work / 4)+;
    dividing by the common ageing rate makes the order static: first claim - (the rest) / ageing.
    ``ahead`` days are what triage gives app claims. Units: days, h.
    """
    ease = creaming * kpi * max(0.0, 1.0 - work / creaming_hours)
    return first_claim - (severity + loudness * log(1.0 + claims) + ease) / ageing - ahead


@kernel
def severity_now(m, row, params, day):
    """Severity of a matter today (0-1)."""
    r = m.rec[row]
    return severity_at(r.severity, params[0].severity_growth, day - r.severity_day)


@kernel
def set_stage(m, row, stage, tally):
    """Move a matter to ``stage``; an illegal step is counted and still refused."""
    r = m.rec[row]
    if LEGAL[r.stage, stage] == 0:
        tally[0].illegal += 1.0
        return False
    r.stage = stage
    m.tick[row] = -1.0  # stale: the clock of the new stage is wound up tomorrow
    return True


@kernel
def allocate(m, communities, c, tally):
    """A free row of community ``c`` in stage LATENT, or -1 (counted as lost; the reserve forbids it)."""
    community = communities[c]
    if community.free_top <= 0:
        tally[0].lost += 1.0
        return -1
    community.free_top -= 1
    capacity = len(m.rec) // len(communities)
    row = np.int64(m.free[c * capacity + community.free_top])
    if row - c * capacity >= community.used:
        community.used = row - c * capacity + 1
    set_stage(m, row, LATENT, tally)
    return row


@kernel
def link(m, grids, communities, row, place, pool, c, g):
    """Insert a matter into its queue in order of (virtual day, key), from the tail."""
    r = m.rec[row]
    if place == LEVEL1_QUEUE:
        after = grids[g].tail[pool]
    else:
        after = communities[c].tail2
    before = np.int32(-1)
    while after >= 0:
        other = m.rec[after]
        if other.vday < r.vday or (other.vday == r.vday and other.key < r.key):
            break
        before = after
        after = other.prev
    r.prev = after
    r.next = before
    if after >= 0:
        m.rec[after].next = row
    elif place == LEVEL1_QUEUE:
        grids[g].head[pool] = row
    else:
        communities[c].head2 = row
    if before >= 0:
        m.rec[before].prev = row
    elif place == LEVEL1_QUEUE:
        grids[g].tail[pool] = row
    else:
        communities[c].tail2 = row
    r.place = place


@kernel
def unlink(m, grids, communities, row, pool, c, g):
    """Take a matter out of its queue; nothing happens to one that waits nowhere."""
    r = m.rec[row]
    place = r.place
    if place == LEVEL1_QUEUE or place == LEVEL2_QUEUE:
        if r.prev >= 0:
            m.rec[r.prev].next = r.next
        elif place == LEVEL1_QUEUE:
            grids[g].head[pool] = r.next
        else:
            communities[c].head2 = r.next
        if r.next >= 0:
            m.rec[r.next].prev = r.prev
        elif place == LEVEL1_QUEUE:
            grids[g].tail[pool] = r.prev
        else:
            communities[c].tail2 = r.prev
        r.prev = -1
        r.next = -1
    r.place = NOWHERE


@kernel
def set_vday(m, row, params, kpi, ahead, day):
    """Give a matter its place in the order of service, from its clock, severity, claims and ease."""
    p = params[0]
    r = m.rec[row]
    clock = r.first_claim if r.first_claim >= 0 else r.opened
    s = severity_at(r.severity, p.severity_growth, day - r.severity_day)
    r.vday = virtual_day(clock, s, r.claims, kpi, r.work, p.ageing, p.loudness, p.creaming, p.creaming_hours, ahead)


@kernel
def enqueue_level1(m, grids, communities, row, pool, c, g):
    """Put an open record into level 1's queue and count its hours as arriving."""
    work = m.rec[row].work
    link(m, grids, communities, row, LEVEL1_QUEUE, pool, c, g)
    communities[c].backlog[pool] += work
    communities[c].arriving[pool] += work
    communities[c].queued[pool] += 1.0
    if pool == 0:
        grids[g].backlog += work
        grids[g].arriving += work


@kernel
def enqueue_level2(m, grids, communities, row, pool, c, g, tally):
    """Refer a matter to the level-2 desk's queue."""
    link(m, grids, communities, row, LEVEL2_QUEUE, pool, c, g)
    communities[c].backlog[2] += 1.0
    communities[c].arriving[2] += 1.0
    tally[0].level2_in += 1.0


@kernel
def dequeue(m, grids, communities, row, pool, c, g):
    """Leave whatever queue the matter waits in, and take its work out of the backlog."""
    place = m.rec[row].place
    if place == LEVEL1_QUEUE:
        work = m.rec[row].work
        communities[c].backlog[pool] -= work
        communities[c].queued[pool] -= 1.0
        if pool == 0:
            grids[g].backlog -= work
    elif place == LEVEL2_QUEUE:
        communities[c].backlog[2] -= 1.0
    unlink(m, grids, communities, row, pool, c, g)
    m.due[row] = -1


@kernel
def open_record(m, row, asked, day, tally, cohorts):
    """Open a record for a condition; its own clock starts, the condition's clocks stay.

    Only what a resident ``asked`` for enters the cohorts that resolution is measured on.
    """
    r = m.rec[row]
    r.record = OPEN
    r.opened = day
    r.records += 1
    tally[0].records_opened += 1.0
    if asked:
        r.flags |= ASKED
        cohorts[day, 0] += 1
    else:
        r.flags &= 65535 - ASKED


@kernel
def close_record(m, row, how, solved, tally, cohorts):
    """Close an open record (CLOSED or PAPER_CLOSED); ``solved`` says whether the condition is gone."""
    r = m.rec[row]
    if r.record != OPEN:
        tally[0].illegal += 1.0
        return
    r.record = how
    tally[0].records_closed += 1.0
    asked = r.flags & ASKED
    if asked:
        cohorts[r.opened, 1] += 1
    if solved:
        tally[0].records_fixed += 1.0
        if asked:
            cohorts[r.opened, 2] += 1
    elif how == CLOSED:
        tally[0].records_partial += 1.0
    else:
        tally[0].records_paper += 1.0


@kernel
def finish(m, work, buildings, grids, communities, row, stage, pool, tally, cohorts):
    """End a condition: FIXED, FADED or SETTLED. Closes an open record, leaves queues, counts the funnel.

    The row is released at the end of the day, so that no list of today can meet a newcomer in it.
    """
    r = m.rec[row]
    b = np.int64(r.building)
    c = buildings[b].community
    g = buildings[b].grid
    was_dispute = r.stage == DISPUTE
    if not set_stage(m, row, stage, tally):
        return False
    dequeue(m, grids, communities, row, pool, c, g)
    if r.record == OPEN:
        close_record(m, row, CLOSED, YES if stage == FIXED or stage == SETTLED else NO, tally, cohorts)
    t = tally[0]
    t.open -= 1.0
    if r.first_claim < 0:
        t.unvoiced -= 1.0
    if was_dispute:
        t.in_dispute -= 1.0
        t.dispute_end += 1.0
        buildings[b].in_dispute -= 1
    if stage == FIXED:
        t.fixed += 1.0
        grids[g].fixed += 1.0
    elif stage == FADED:
        t.faded += 1.0
    else:
        t.settled += 1.0
    if r.flags & WENT_COURT:
        t.end_court += 1.0
    if r.first_claim >= 0 or r.flags & DISPUTED:
        t.end_third += 1.0
    elif r.flags & WAS_DIRECT:
        t.end_bilateral += 1.0
    elif r.flags & WAS_NAMED:
        t.end_lumped += 1.0
    m.tick[row] = np.inf
    work.rec[work.count[2]].ended = row
    work.count[2] += 1
    return True


@kernel
def release(m, work, communities, c, tally):
    """Give the rows of the conditions that ended today back to the free list."""
    capacity = len(m.rec) // len(communities)
    for i in range(work.count[2]):
        row = work.rec[i].ended
        r = m.rec[row]
        set_stage(m, row, FREE, tally)
        r.key = 0
        m.weekday[row] = 255
        m.tick[row] = np.inf
        r.record = NO_RECORD
        r.channel = NO_CHANNEL
        m.free[c * capacity + communities[c].free_top] = row
        communities[c].free_top += 1
    work.count[2] = 0


@kernel
def sort_todo(m, work):
    """Order today's accepted rows by their matter's key, so that row numbers decide nothing."""
    for i in range(1, work.count[1]):
        row = work.rec[i].todo
        key = m.rec[row].key
        j = i - 1
        while j >= 0 and m.rec[work.rec[j].todo].key > key:
            work.rec[j + 1].todo = work.rec[j].todo
            j -= 1
        work.rec[j + 1].todo = row
