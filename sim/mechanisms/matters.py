"""Matters: the only functions that create, move, record and end a condition.

Two state machines, never mixed: the *condition* (open, fixed, faded, settled: seen in the
stage) and the *record* (what the books say). A paper closure touches the record alone. Clocks
(onset, first claim) are written once. Every change of stage passes through ``set_stage``,
which counts any step that the table of legal transitions does not know.

Queues are doubly linked lists of cases in order of (virtual day, key): ageing is linear and the
same for all, so the order of service never changes while matters wait.
"""

from __future__ import annotations

import numpy as np

from sim.numerics.draws import exp, log
from sim.numerics.jit import kernel, rule
from sim.vocabulary import (
    ASKED,
    CLOSED,
    DISPUTE,
    DISPUTED,
    ENDED,
    FADED,
    FIXED,
    FREE,
    LATENT,
    LEVEL1_QUEUE,
    LEVEL2_QUEUE,
    NO,
    NO_CHANNEL,
    NO_RECORD,
    NOWHERE,
    OPEN,
    PAST,
    SETTLED,
    TODO,
    WAS_DIRECT,
    WAS_NAMED,
    WENT_COURT,
    YES,
    legal_table,
)

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
def key_of(m, row):
    """A matter's identity in draws: its owner's key and the number of the owner's candidate problem."""
    r = m.rec[row]
    owner = (np.uint64(r.building) << np.uint64(16)) | np.uint64(r.seat)
    past = (
        np.uint64(1 << 19) if r.flags & PAST else np.uint64(0)
    )  # candidates of before day 0 are numbered apart
    return (owner << np.uint64(20)) | past | np.uint64(r.number)


@kernel
def owner_of(m, buildings, row):
    """Row of the resident who owns a matter."""
    r = m.rec[row]
    return np.int64(buildings[r.building].first + r.seat)


@kernel
def case_of(m, row):
    """The case of a matter, or the empty case."""
    return m.cases[m.rec[row].case]


@kernel
def take_case(m, communities, c, row, tally):
    """The case of a matter, to be written; a new one where it had none (none left is counted as lost)."""
    r = m.rec[row]
    if r.case > 0:
        return m.cases[r.case]
    community = communities[c]
    if community.case_top <= 0:
        tally[0].lost += 1.0
        return m.cases[0]
    community.case_top -= 1
    k = community.case_head
    if k > 0:
        community.case_head = m.cases[k].next
    else:
        community.case_used += 1
        k = c * ((len(m.cases) - 1) // len(communities)) + community.case_used
    q = m.cases[k]
    q.row = row
    q.prev = q.next = -1
    q.work = q.heat = q.vday = 0.0
    q.claims = q.records = 0
    q.onset = q.heat_day = r.severity_day
    q.first_claim = q.opened = q.pause_until = -1
    q.record = NO_RECORD
    q.place = NOWHERE
    q.channel = NO_CHANNEL
    m.due[k] = -1
    r.case = k
    return q


@rule
def weekday_of(building, first, buildings):
    """Weekday (0-6) on which a building has its weekly round: a seventh of the community's buildings,
    side by side.
    """
    return (building - first) * 7 // buildings


@rule
def round_start(first, buildings, weekday):
    """First building of a weekday's round; the next weekday's is its end."""
    return first + (weekday * buildings + 6) // 7


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
    row = community.free_head
    if row >= 0:
        community.free_head = m.rec[row].case
    else:
        row = c * (len(m.rec) // len(communities)) + community.used
        community.used += 1
    m.rec[row].case = 0
    set_stage(m, row, LATENT, tally)
    return row


@kernel
def before(m, one, other):
    """Whether case ``one`` is served before case ``other``: by virtual day, then by key."""
    if m.cases[one].vday != m.cases[other].vday:
        return m.cases[one].vday < m.cases[other].vday
    return key_of(m, m.cases[one].row) < key_of(m, m.cases[other].row)


@kernel
def link(m, grids, communities, row, place, pool, c, g):
    """Insert a matter's case into its queue in order of (virtual day, key), from the tail."""
    k = m.rec[row].case
    q = m.cases[k]
    if place == LEVEL1_QUEUE:
        ahead = grids[g].tail[pool]
    else:
        ahead = communities[c].tail2
    behind = np.int32(-1)
    while ahead >= 0 and not before(m, ahead, k):
        behind = ahead
        ahead = m.cases[ahead].prev
    q.prev = ahead
    q.next = behind
    if ahead >= 0:
        m.cases[ahead].next = k
    elif place == LEVEL1_QUEUE:
        grids[g].head[pool] = k
    else:
        communities[c].head2 = k
    if behind >= 0:
        m.cases[behind].prev = k
    elif place == LEVEL1_QUEUE:
        grids[g].tail[pool] = k
    else:
        communities[c].tail2 = k
    q.place = place


@kernel
def unlink(m, grids, communities, q, pool, c, g):
    """Take a case out of its queue; nothing happens to one that waits nowhere."""
    place = q.place
    if place == LEVEL1_QUEUE or place == LEVEL2_QUEUE:
        if q.prev >= 0:
            m.cases[q.prev].next = q.next
        elif place == LEVEL1_QUEUE:
            grids[g].head[pool] = q.next
        else:
            communities[c].head2 = q.next
        if q.next >= 0:
            m.cases[q.next].prev = q.prev
        elif place == LEVEL1_QUEUE:
            grids[g].tail[pool] = q.prev
        else:
            communities[c].tail2 = q.prev
        q.prev = -1
        q.next = -1
    q.place = NOWHERE


@kernel
def set_vday(m, row, params, kpi, ahead, day):
    """Give a matter its place in the order of service, from its clock, severity, claims and ease."""
    p = params[0]
    q = case_of(m, row)
    clock = q.first_claim if q.first_claim >= 0 else q.opened
    s = severity_now(m, row, params, day)
    q.vday = virtual_day(
        clock, s, q.claims, kpi, q.work, p.ageing, p.loudness, p.creaming, p.creaming_hours, ahead
    )


@kernel
def enqueue_level1(m, grids, communities, row, pool, c, g):
    """Put an open record into level 1's queue and count its hours as arriving."""
    work = case_of(m, row).work
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
    k = m.rec[row].case
    if k == 0:
        return
    q = m.cases[k]
    place = q.place
    if place == LEVEL1_QUEUE:
        work = q.work
        communities[c].backlog[pool] -= work
        communities[c].queued[pool] -= 1.0
        if pool == 0:
            grids[g].backlog -= work
    elif place == LEVEL2_QUEUE:
        communities[c].backlog[2] -= 1.0
    unlink(m, grids, communities, q, pool, c, g)
    m.due[k] = -1


@kernel
def open_record(m, row, asked, day, tally, cohorts):
    """Open a record for a condition; its own clock starts, the condition's clocks stay.

    Only what a resident ``asked`` for enters the cohorts that resolution is measured on.
    """
    r = m.rec[row]
    q = case_of(m, row)
    q.record = OPEN
    q.opened = day
    q.records += 1
    tally[0].records_opened += 1.0
    if asked:
        r.flags |= ASKED
        cohorts[day, 0] += 1
    else:
        r.flags &= 65535 - ASKED


@kernel
def close_record(m, row, how, solved, tally, cohorts):
    """Close an open record (CLOSED or PAPER_CLOSED); ``solved`` says whether the condition is gone."""
    q = case_of(m, row)
    if q.record != OPEN:
        tally[0].illegal += 1.0
        return
    q.record = how
    tally[0].records_closed += 1.0
    asked = m.rec[row].flags & ASKED
    if asked:
        cohorts[q.opened, 1] += 1
    if solved:
        tally[0].records_fixed += 1.0
        if asked:
            cohorts[q.opened, 2] += 1
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
    q = case_of(m, row)
    dequeue(m, grids, communities, row, pool, c, g)
    if q.record == OPEN:
        close_record(m, row, CLOSED, YES if stage == FIXED or stage == SETTLED else NO, tally, cohorts)
    t = tally[0]
    t.open -= 1.0
    if q.first_claim < 0:
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
    if q.first_claim >= 0 or r.flags & DISPUTED:
        t.end_third += 1.0
    elif r.flags & WAS_DIRECT:
        t.end_bilateral += 1.0
    elif r.flags & WAS_NAMED:
        t.end_lumped += 1.0
    m.tick[row] = np.inf
    work.ended[work.count[ENDED]] = row
    work.count[ENDED] += 1
    return True


@kernel
def release(m, work, communities, c, tally):
    """Give the rows and cases of the conditions that ended today back."""
    community = communities[c]
    for i in range(work.count[ENDED]):
        row = np.int64(work.ended[i])
        r = m.rec[row]
        set_stage(m, row, FREE, tally)
        m.weekday[row] = 255
        m.tick[row] = np.inf
        if r.case > 0:
            m.cases[r.case].row = -1
            m.cases[r.case].next = community.case_head
            community.case_head = r.case
            community.case_top += 1
        r.case = community.free_head
        community.free_head = row
        community.free_top += 1
    work.count[ENDED] = 0


@kernel
def sort_todo(m, work):
    """Order today's accepted rows by their matter's key, so that row numbers decide nothing."""
    for i in range(1, work.count[TODO]):
        row = work.rec[i].todo
        key = key_of(m, row)
        j = i - 1
        while j >= 0 and key_of(m, work.rec[j].todo) > key:
            work.rec[j + 1].todo = work.rec[j].todo
            j -= 1
        work.rec[j + 1].todo = row
