"""Queues of open records: the order of service at level 1 (by grid and pool) and at level 2 (by community).

Doubly linked lists of cases in order of (virtual day, key): ageing is linear and the same for all, so the
order of service never changes while matters wait. Hours are counted as arriving and as backlog on the way in.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.matters import case_of, key_of, severity_now
from sim.numerics.draws import log
from sim.numerics.jit import kernel, rule
from sim.vocabulary import LEVEL1_QUEUE, LEVEL2_QUEUE, NOWHERE


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
def before(matters, one, other):
    """Whether case ``one`` is served before case ``other``: by virtual day, then by key."""
    if matters.cases[one].vday != matters.cases[other].vday:
        return matters.cases[one].vday < matters.cases[other].vday
    return key_of(matters, matters.cases[one].row) < key_of(matters, matters.cases[other].row)


@kernel
def link(matters, grids, communities, row, place, pool, c, g):
    """Insert a matter's case into its queue in order of (virtual day, key), from the tail."""
    k = matters.rec[row].case
    case = matters.cases[k]
    if place == LEVEL1_QUEUE:
        ahead = grids[g].tail[pool]
    else:
        ahead = communities[c].tail2
    behind = np.int32(-1)
    while ahead >= 0 and not before(matters, ahead, k):
        behind = ahead
        ahead = matters.cases[ahead].prev
    case.prev = ahead
    case.next = behind
    if ahead >= 0:
        matters.cases[ahead].next = k
    elif place == LEVEL1_QUEUE:
        grids[g].head[pool] = k
    else:
        communities[c].head2 = k
    if behind >= 0:
        matters.cases[behind].prev = k
    elif place == LEVEL1_QUEUE:
        grids[g].tail[pool] = k
    else:
        communities[c].tail2 = k
    case.place = place


@kernel
def unlink(matters, grids, communities, case, pool, c, g):
    """Take a case out of its queue; nothing happens to one that waits nowhere."""
    place = case.place
    if place == LEVEL1_QUEUE or place == LEVEL2_QUEUE:
        if case.prev >= 0:
            matters.cases[case.prev].next = case.next
        elif place == LEVEL1_QUEUE:
            grids[g].head[pool] = case.next
        else:
            communities[c].head2 = case.next
        if case.next >= 0:
            matters.cases[case.next].prev = case.prev
        elif place == LEVEL1_QUEUE:
            grids[g].tail[pool] = case.prev
        else:
            communities[c].tail2 = case.prev
        case.prev = -1
        case.next = -1
    case.place = NOWHERE


@kernel
def set_vday(matters, row, params, kpi, ahead, day):
    """Give a matter its place in the order of service, from its clock, severity, claims and ease."""
    p = params[0]
    case = case_of(matters, row)
    clock = case.first_claim if case.first_claim >= 0 else case.opened
    s = severity_now(matters, row, params, day)
    case.vday = virtual_day(
        clock, s, case.claims, kpi, case.work, p.ageing, p.loudness, p.creaming, p.creaming_hours, ahead
    )


@kernel
def enqueue_level1(matters, grids, communities, row, pool, c, g):
    """Put an open record into level 1's queue and count its hours as arriving."""
    work = case_of(matters, row).work
    link(matters, grids, communities, row, LEVEL1_QUEUE, pool, c, g)
    communities[c].backlog[pool] += work
    communities[c].arriving[pool] += work
    communities[c].queued[pool] += 1.0
    if pool == 0:
        grids[g].backlog += work
        grids[g].arriving += work


@kernel
def enqueue_level2(matters, grids, communities, row, pool, c, g, tally):
    """Refer a matter to the level-2 desk's queue."""
    link(matters, grids, communities, row, LEVEL2_QUEUE, pool, c, g)
    communities[c].backlog[2] += 1.0
    communities[c].arriving[2] += 1.0
    tally[0].level2_in += 1.0


@kernel
def dequeue(matters, grids, communities, row, pool, c, g):
    """Leave whatever queue the matter waits in, and take its work out of the backlog."""
    k = matters.rec[row].case
    if k == 0:
        return
    case = matters.cases[k]
    place = case.place
    if place == LEVEL1_QUEUE:
        work = case.work
        communities[c].backlog[pool] -= work
        communities[c].queued[pool] -= 1.0
        if pool == 0:
            grids[g].backlog -= work
    elif place == LEVEL2_QUEUE:
        communities[c].backlog[2] -= 1.0
    unlink(matters, grids, communities, case, pool, c, g)
    matters.due[k] = -1
