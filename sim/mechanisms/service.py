"""Service at level 1: hours of the day, work on the head of a queue, and what comes of it.

Finite hours, part-done work carried over, one order of priority (Lipsky 1980: street-level
bureaucrats ration). Which workers serve which queue is said in the agents' own files.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.evaluation import evaluate
from sim.mechanisms.hazards import STALE
from sim.mechanisms.matters import case_of, key_of, owner_of, set_stage, severity_now
from sim.mechanisms.queues import before, dequeue, enqueue_level2
from sim.mechanisms.records import close_record, finish
from sim.mechanisms.workforce import contact, overload_of
from sim.numerics.draws import decision, uniform
from sim.numerics.jit import kernel
from sim.vocabulary import (
    APP,
    AT_LEVEL2,
    CLAIMED,
    CLOSED,
    CONTACTED,
    DISPUTE,
    ELDERLY,
    FIXED,
    LUMPED,
    MIGRANT,
    NEEDS_LEVEL2,
    NO,
    YES,
)

D_LEVEL1 = decision("outcome of level 1")
TIME_TOP = 511


@kernel
def count_time(times, which, flags, days):
    """Add one duration (days, capped at 511) to the histogram of the owner's equity group."""
    group = (1 if flags & ELDERLY else 0) + (2 if flags & MIGRANT else 0)
    times[which, group, max(0, min(days, TIME_TOP))] += 1


@kernel
def first_contact(matters, row, day, residents, buildings, tally, times):
    """The first time anybody looks at a claimed matter: claim to contact."""
    matter = matters.rec[row]
    if matter.flags & CONTACTED == 0:
        matter.flags |= CONTACTED
        first_claim = case_of(matters, row).first_claim
        if first_claim >= 0:
            tally[0].contacted += 1.0
            count_time(times, 0, residents.rec[owner_of(matters, buildings, row)].flags, day - first_claim)


@kernel
def fixed(world, c, day, seed, row, pool):
    """A condition is really gone: times, self-help's memory, end of the matter, and its owner's verdict."""
    buildings, matters = world.buildings, world.matters
    p = world.params[0]
    matter = matters.rec[row]
    case = case_of(matters, row)
    building = buildings[matter.building]
    flags = world.residents.rec[owner_of(matters, buildings, row)].flags
    t = world.tally[0]
    if case.first_claim >= 0:
        days = day - case.first_claim
        count_time(world.times, 1, flags, days)
        if case.channel == APP:
            t.app_fix_n += 1.0
            t.app_fix_days += days
        else:
            t.other_fix_n += 1.0
            t.other_fix_days += days
    count_time(world.times, 2, flags, day - case.onset)
    building.state_share += p.selfhelp_memory * (1.0 - building.state_share)
    if matter.stage == DISPUTE:  # a dispute whose cause is repaired is over
        t.dispute_fixed += 1.0
    evaluate(world, c, day, seed, row, p.outcome_fixed, YES, pool)
    finish(world, row, FIXED, pool)


@kernel
def complete(world, c, day, seed, row, pool, by_grid):
    """Level 1 has done its hours: referred upwards, fixed,
    or closed with the condition only eased (model rule 6).
    """
    grids, communities, matters, tally = world.grids, world.communities, world.matters, world.tally
    p = world.params[0]
    matter = matters.rec[row]
    building = world.buildings[matter.building]
    g = building.grid
    if pool == 0:
        contact(
            world.households,
            world.params,
            communities[c].first_household
            + world.residents.rec[owner_of(matters, world.buildings, row)].household,
            by_grid,
            day,
        )
    if matter.flags & NEEDS_LEVEL2:
        dequeue(matters, grids, communities, row, pool, c, g)
        matter.flags |= AT_LEVEL2
        enqueue_level2(matters, grids, communities, row, pool, c, g, tally)
        return
    if uniform(seed, D_LEVEL1, key_of(matters, row), 0, case_of(matters, row).records) < p.level1_fixed:
        fixed(world, c, day, seed, row, pool)
        return
    dequeue(matters, grids, communities, row, pool, c, g)
    matter.severity = severity_now(matters, row, world.params, day) * p.partial_severity
    matter.severity_day = day
    matters.tick[row] = STALE  # the clock's bounds follow severity
    close_record(matters, row, CLOSED, NO, tally, world.cohorts)
    if matter.stage == CLAIMED:
        set_stage(matters, row, LUMPED, tally)
    evaluate(world, c, day, seed, row, p.outcome_partial, YES, pool)


@kernel
def work_on(world, c, day, seed, row, pool, by_grid, hours):
    """Spend up to ``hours`` on a matter; returns the hours used (h)."""
    matters = world.matters
    case = case_of(matters, row)
    used = min(hours, case.work)
    first_contact(matters, row, day, world.residents, world.buildings, world.tally, world.times)
    case.work -= used
    world.communities[c].backlog[pool] -= used
    if pool == 0:
        world.grids[world.buildings[matters.rec[row].building].grid].backlog -= used
    if case.work <= 0.0:
        complete(world, c, day, seed, row, pool, by_grid)
    return used


@kernel
def serve_grid(world, c, day, seed, g, pool, by_grid, hours):
    """Serve one grid's queue in order until the hours or the queue end; returns the hours left (h)."""
    matters = world.matters
    while hours > 0.0 and world.grids[g].head[pool] >= 0:
        row = np.int64(matters.cases[world.grids[g].head[pool]].row)
        hours -= work_on(world, c, day, seed, row, pool, by_grid, hours)
    return hours


@kernel
def best_head(c, pool, split, grids, communities, matters):
    """The first case in the order of service among the heads of a community's grids, or -1."""
    best = np.int64(-1)
    for g in range(communities[c].first_grid, communities[c].first_grid + communities[c].grids):
        k = grids[g].head[pool]
        if k < 0 or (split and pool == 0 and grids[g].present > 0.0):
            continue
        if best < 0 or before(matters, k, best):
            best = k
    return best


@kernel
def serve_pool(world, c, day, seed, pool, hours):
    """Serve all grids' queues of a pool as one, in order of priority; returns the hours left (h)."""
    matters = world.matters
    split = world.params[0].split_queues > 0.5
    while hours > 0.0:
        k = best_head(c, pool, split, world.grids, world.communities, matters)
        if k < 0:
            break
        row = np.int64(matters.cases[k].row)
        hours -= work_on(world, c, day, seed, row, pool, NO, hours)
    return hours


@kernel
def pressure(world, c):
    """Phase: 28-day means of what arrives and what is available,
    and overload of the community's own pools (model rule 9).
    """
    p = world.params[0]
    community = world.communities[c]
    t = world.tally[0]
    t.demand_committee += community.arriving[0]
    t.demand_property += community.arriving[1]
    t.demand_level2 += community.arriving[2]
    for pool in range(3):
        community.arriving28[pool] += (community.arriving[pool] - community.arriving28[pool]) / 28.0
        community.available28[pool] += (community.available[pool] - community.available28[pool]) / 28.0
        if pool < 2:  # means are per calendar day; 7 of them hold 5 workdays
            community.overload[pool] = overload_of(
                community.arriving28[pool] * 1.4,
                community.available28[pool] * 1.4,
                community.backlog[pool],
                p.backlog_days,
                p.backlog_cap,
            )
        community.arriving[pool] = 0.0
        community.available[pool] = 0.0
