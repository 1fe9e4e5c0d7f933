"""The clock that every matter carries: when something may happen to it, and what.

Every matter strikes at a majorant rate of its stage that no policy changes; one keyed uniform per strike
decides which hazard, if any, is met (thinning, exact: hazards change, their bounds do not). A change of
stage makes the clock stale, and it is wound up anew; so it is every 128 days, since severity grows and
with it the bounds.
"""

from __future__ import annotations

import math

import numpy as np

from sim.levers import BY_NAME as LEVERS
from sim.mechanisms.matters import key_of
from sim.numerics.draws import decision, exponential, uniform
from sim.numerics.jit import kernel, rule
from sim.vocabulary import CLAIMED, COURT, DISPUTE, EXITED, LATENT, LUMPED, NAMED, SEEN, SLOT_DUE, SLOTS, TODO

D_TICK = decision("tick gap")
D_SLOT = decision("tick slot")
PATROL_MAX = LEVERS["patrol"].high * LEVERS["grid_workers"].high  # workers times share of their day
SENSOR_MAX = LEVERS["sensor_rate"].high
BACK_RATE = 0.1  # 1/day: who had given up notices within days that the year is over
STALE = np.float32(-1.0)
CLOCK_BLOCK = np.int64(128)  # days for which a clock's bounds hold


@kernel
def slot_widths(params, kinds, matters, row, block):
    """Widths (1/day) of a matter's clock in a block of days: fade, decide, co-claim, dispute, detect.

    Each bounds the hazards that the stage can meet there: naming, deciding, paper closure, mediation.
    Severity only grows by itself, and by at most a quarter of its growth rate a day.
    """
    p = params[0]
    matter = matters.rec[row]
    k, exposed, stage = np.int64(matter.kind), np.int64(matter.exposed), matter.stage
    days = CLOCK_BLOCK * (block + 1) - phase_of(matter.building, matter.seat) - matter.severity_day
    high = min(1.0, matter.severity + 0.25 * p.severity_growth * days)
    fading, decide, coclaim, dispute = 0.0, 0.0, 0.0, 0.0
    detect = (p.patrol_rate * PATROL_MAX / p.patrol_reference + SENSOR_MAX) * kinds[k].visibility
    anger = p.contact_base + p.overdue_cap + p.heat_weight * p.heat_cap + 1.0
    if stage == LATENT:
        fading, decide = kinds[k].fading, p.naming_rate * high * math.sqrt(high)
        anger = p.latent_contact * p.contact_base + 1.0  # and contagion
    elif stage == NAMED:
        fading, decide = kinds[k].fading, p.decide_named * high
    elif stage == LUMPED:
        fading, decide = kinds[k].fading, p.decide_lumped * high
    else:
        coclaim = p.coclaim_rate * high * max(exposed - 1, 0)
        decide = p.cold_rate
        if stage == CLAIMED:
            decide, detect = p.paper_rate * p.backlog_cap, 0.0
        elif stage == DISPUTE:
            decide, detect = p.mediation_rate, 0.0
        elif stage == COURT:
            decide, detect = 0.0, 0.0
        elif stage == EXITED:
            decide = BACK_RATE
    if stage == LATENT or stage == NAMED or stage == LUMPED or stage == CLAIMED:
        dispute = p.dispute_hazard * kinds[k].conflict * high * p.dispute_trust_level * anger
    return (fading * (1.0 - matter.severity), decide, coclaim, dispute, detect)


@kernel
def clock(world, c, day, seed):
    """Phase: list today's ticks and due dates; sum each building's load on its weekly day."""
    communities, matters, work = world.communities, world.matters, world.work
    community = communities[c]
    count = 0
    limit = np.float32(day + 1)
    room = len(work.rec) - 8
    first = 1 + c * ((len(matters.cases) - 1) // len(communities))
    for k in range(first, first + community.case_used):
        if matters.due[k] == day and count < room:
            work.rec[count].row = matters.cases[k].row
            work.rec[count].slot = SLOT_DUE
            count += 1
    base = c * (len(matters.rec) // len(communities))
    listed, seen = 0, 0
    for row in range(base, base + community.used):
        if matters.tick[row] < limit and listed < room:
            work.rec[listed].todo = row
            listed += 1
    for j in range(listed):  # all at once, as in arrive
        seen += matters.rec[work.rec[j].todo].ticks
    work.count[SEEN] = seen
    for j in range(listed):
        count = _ticks(work.rec[j].todo, limit, seed, world.params, world.kinds, matters, work, count, room)
    by_slot(work, count)


@kernel
def by_slot(work, count):
    """List the day's candidates slot by slot, so that each phase meets its own."""
    for slot in range(SLOTS + 1):
        work.count[slot] = 0
    for j in range(count):
        work.count[work.rec[j].slot + 1] += 1
    for slot in range(SLOTS):
        work.count[slot + 1] += work.count[slot]
    for j in range(count - 1, -1, -1):
        slot = work.rec[j].slot + 1
        work.count[slot] -= 1
        work.rec[work.count[slot]].pick = j
    for slot in range(SLOTS):  # the starts have moved one place up
        work.count[slot] = work.count[slot + 1]
    work.count[SLOTS] = count
    work.count[TODO] = 0


@kernel
def _ticks(row, limit, seed, params, kinds, matters, work, count, room):
    matter = matters.rec[row]
    if matters.tick[row] == STALE:
        rewind(row, limit - 1.0, params, kinds, seed, matters)
    while matters.tick[row] < limit and count < room:
        now = np.float64(matters.tick[row])
        block = block_of(matter, now)
        # nothing has struck before the block's end
        if now == CLOCK_BLOCK * block - phase_of(matter.building, matter.seat):
            rewind(row, now, params, kinds, seed, matters)
            continue
        width = slot_widths(params, kinds, matters, row, block)
        rate = width[0] + width[1] + width[2] + width[3] + width[4]
        v = uniform(seed, D_SLOT, key_of(matters, row), 0, matter.ticks) * rate
        wind(row, now, block, rate, seed, matters)
        slot = 0
        while slot < 4 and v >= width[slot]:
            v -= width[slot]
            slot += 1
        work.rec[count].row = row
        work.rec[count].slot = slot
        work.rec[count].value = v
        count += 1
    return count


@kernel
def rewind(row, now, params, kinds, seed, matters):
    """Wind up a matter's clock at the time ``now``, under the bounds of its stage and block of days."""
    block = block_of(matters.rec[row], now)
    width = slot_widths(params, kinds, matters, row, block)
    wind(row, now, block, width[0] + width[1] + width[2] + width[3] + width[4], seed, matters)


@kernel
def wind(row, now, block, rate, seed, matters):
    """The clock's next strike at this rate (1/day), or the end of the block of days if that is sooner."""
    matter = matters.rec[row]
    matter.ticks += 1
    gap = exponential(uniform(seed, D_TICK, key_of(matters, row), 0, matter.ticks)) / max(rate, 1e-9)
    end = CLOCK_BLOCK * (block + 1) - phase_of(matter.building, matter.seat)
    matters.tick[row] = min(now + max(gap, 1e-3), end)


@rule
def phase_of(building, seat):
    """Where in a block of days a matter's clock stands on day 0, so that blocks do not end together."""
    return (building * 37 + seat) % CLOCK_BLOCK


@kernel
def block_of(matter, now):
    """The block of days in which the time ``now`` falls for a matter."""
    return (np.int64(math.floor(now)) + phase_of(matter.building, matter.seat)) // CLOCK_BLOCK
