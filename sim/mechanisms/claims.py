"""Claims and co-claims: what becomes of a condition that is brought to a formal channel.

A claim is answered as out of scope, or recorded and queued at level 1; others exposed to the same condition
may claim it too, and their claim is merged or makes more work.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.evaluation import evaluate
from sim.mechanisms.matters import case_of, key_of, owner_of, quantise, set_stage, severity_now, take_case
from sim.mechanisms.participation import acted
from sim.mechanisms.problems import count_group, job_of, own_work
from sim.mechanisms.queues import dequeue, enqueue_level1, set_vday
from sim.mechanisms.records import open_record
from sim.mechanisms.workforce import kpi_in_force
from sim.numerics.draws import decision, uniform
from sim.numerics.jit import kernel
from sim.vocabulary import (
    ADOPTED,
    APP,
    CLAIMED,
    LEVEL1_QUEUE,
    LUMPED,
    NAMED,
    NO,
    OPEN,
    OUT_OF_SCOPE,
    SLOT_COCLAIM,
    WAS_NAMED,
    WECHAT,
    YES,
)

D_SCOPE = decision("out of scope")
D_MERGE = decision("co-claim merged")
D_COCLAIMER = decision("co-claimant")


@kernel
def claim(world, c, day, seed, row, channel):
    """A formal claim: answered as out of scope,
    or recorded and queued at level 1. Its first day is never reset.
    """
    buildings, matters, tally = world.buildings, world.matters, world.tally
    p = world.params[0]
    matter = matters.rec[row]
    case = take_case(matters, world.communities, c, row, tally)
    i, b, k = owner_of(matters, buildings, row), np.int64(matter.building), np.int64(matter.kind)
    g = buildings[b].grid
    pool = int(world.kinds[k].pool)
    t = tally[0]
    if case.first_claim < 0:
        case.first_claim = day
        t.unvoiced -= 1.0
    else:
        t.reclaims += 1.0
    case.claims += 1
    case.channel = channel
    matter.flags |= WAS_NAMED
    t.claims += 1.0
    if channel == APP:
        t.app_claims += 1.0
    if channel == APP or channel == WECHAT:
        t.web_claims += 1.0
    count_group(tally, world.residents.rec[i].flags, NO)
    acted(world.residents, i)
    world.grids[g].claims += 1.0
    buildings[b].claims += 1
    buildings[b].kind_claims[k] += 1.0
    if uniform(seed, D_SCOPE, key_of(matters, row), 0, case.claims) < p.out_of_scope:
        t.out_of_scope += 1.0
        case.record = OUT_OF_SCOPE
        if matter.stage == NAMED:
            set_stage(matters, row, LUMPED, tally)
        evaluate(world, c, day, seed, row, p.outcome_none, NO, pool)
        return
    t.dispatched += 1.0
    if case.records == 0:
        t.contact_due += 1.0
    # claimed for the first time, or again after a partial fix: a new job of the same kind
    if case.work <= 0.0:
        case.work = own_work(world.kinds, k, seed, key_of(matters, row), job_of(case.records))
    case.work = quantise(case.work + world.channels[channel].face * p.transcription_hours)
    set_stage(matters, row, CLAIMED, tally)
    open_record(matters, row, YES, day, tally, world.cohorts)
    ahead = world.levers[c].app_priority if channel == APP else 0.0
    set_vday(matters, row, world.params, kpi_in_force(p.kpi, world.levers[c].kpi), ahead, day)
    enqueue_level1(matters, world.grids, world.communities, row, pool, c, g)


@kernel
def coclaim(world, c, day, seed):
    """Phase: others exposed to an open, claimed condition claim it too;
    merged, or more work and a louder matter.
    """
    residents, matters, work = world.residents, world.matters, world.work
    p = world.params[0]
    for n in range(work.count[SLOT_COCLAIM], work.count[SLOT_COCLAIM + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        matter = matters.rec[row]
        if case_of(matters, row).record != OPEN or case_of(matters, row).first_claim < 0:
            continue
        case = case_of(matters, row)
        if work.rec[j].value >= p.coclaim_rate * severity_now(matters, row, world.params, day) * (
            matter.exposed - 1
        ):
            continue
        b = matter.building
        building = world.buildings[b]
        i = building.first + int(
            uniform(seed, D_COCLAIMER, key_of(matters, row), 0, matter.ticks) * building.size
        )
        by_app = residents.rec[i].flags & ADOPTED and world.levers[c].open_app > 0.5
        t = world.tally[0]
        t.claims += 1.0
        t.coclaims += 1.0
        if by_app:
            t.app_claims += 1.0
            t.web_claims += 1.0
        case.claims += 1
        count_group(world.tally, residents.rec[i].flags, NO)
        acted(residents, i)
        world.grids[building.grid].claims += 1.0
        building.claims += 1
        extra = 0.0 if by_app else p.transcription_hours
        if uniform(seed, D_MERGE, key_of(matters, row), 0, matter.ticks) < min(
            1.0, p.merge_probability + world.levers[c].merge_gain
        ):
            t.merged += 1.0
        else:
            t.dispatched += 1.0
            extra += p.unmerged_work * world.kinds[matter.kind].work
        if case.place == LEVEL1_QUEUE:
            requeue(world, c, day, row, quantise(extra), building.grid)


@kernel
def requeue(world, c, day, row, extra, g):
    """A matter in level 1's queue gets more work and is heard louder: it moves up."""
    grids, communities, matters = world.grids, world.communities, world.matters
    p = world.params[0]
    case = case_of(matters, row)
    pool = int(world.kinds[matters.rec[row].kind].pool)
    arriving = case.work
    dequeue(matters, grids, communities, row, pool, c, g)
    case.work += extra
    ahead = world.levers[c].app_priority if case.channel == APP else 0.0
    set_vday(matters, row, world.params, kpi_in_force(p.kpi, world.levers[c].kpi), ahead, day)
    enqueue_level1(matters, grids, communities, row, pool, c, g)
    communities[c].arriving[pool] -= arriving  # only the extra hours are new
    if pool == 0:
        grids[g].arriving -= arriving
