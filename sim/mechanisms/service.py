"""Service at level 1: hours of the day, work on the head of a queue, and what comes of it.

Finite hours, part-done work carried over, one order of priority (Lipsky 1980: street-level
bureaucrats ration). Which workers serve which queue is said in the agents' own files.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.evaluation import evaluate
from sim.mechanisms.hazards import STALE
from sim.mechanisms.matters import (
    before,
    case_of,
    close_record,
    dequeue,
    enqueue_level2,
    finish,
    key_of,
    owner_of,
    set_stage,
    severity_now,
)
from sim.mechanisms.workforce import contact, overload_of
from sim.numerics.draws import decision, uniform
from sim.numerics.jit import kernel, rule
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


@rule
def is_workday(day):
    """5 workdays of 7; day 0 is a Monday."""
    return day % 7 < 5


@kernel
def count_time(times, which, flags, days):
    """Add one duration (days, capped at 511) to the histogram of the owner's equity group."""
    group = (1 if flags & ELDERLY else 0) + (2 if flags & MIGRANT else 0)
    times[which, group, max(0, min(days, TIME_TOP))] += 1


@kernel
def first_contact(m, row, day, residents, buildings, tally, times):
    """The first time anybody looks at a claimed matter: claim to contact."""
    r = m.rec[row]
    if r.flags & CONTACTED == 0:
        r.flags |= CONTACTED
        first_claim = case_of(m, row).first_claim
        if first_claim >= 0:
            tally[0].contacted += 1.0
            count_time(times, 0, residents.rec[owner_of(m, buildings, row)].flags, day - first_claim)


@kernel
def fixed(
    c,
    day,
    seed,
    row,
    pool,
    params,
    levers,
    residents,
    households,
    buildings,
    grids,
    communities,
    m,
    work,
    tally,
    cohorts,
    times,
):
    """A condition is really gone: times, self-help's memory, end of the matter, and its owner's verdict."""
    p = params[0]
    r = m.rec[row]
    q = case_of(m, row)
    building = buildings[r.building]
    flags = residents.rec[owner_of(m, buildings, row)].flags
    t = tally[0]
    if q.first_claim >= 0:
        days = day - q.first_claim
        count_time(times, 1, flags, days)
        if q.channel == APP:
            t.app_fix_n += 1.0
            t.app_fix_days += days
        else:
            t.other_fix_n += 1.0
            t.other_fix_days += days
    count_time(times, 2, flags, day - q.onset)
    building.state_share += p.selfhelp_memory * (1.0 - building.state_share)
    if r.stage == DISPUTE:  # a dispute whose cause is repaired is over
        t.dispute_fixed += 1.0
    evaluate(
        row,
        p.outcome_fixed,
        YES,
        pool,
        params,
        levers,
        c,
        residents,
        households,
        buildings,
        grids,
        communities,
        m,
        day,
        seed,
        tally,
    )
    finish(m, work, buildings, grids, communities, row, FIXED, pool, tally, cohorts)


@kernel
def complete(
    c,
    day,
    seed,
    row,
    pool,
    by_grid,
    params,
    levers,
    residents,
    households,
    buildings,
    grids,
    communities,
    m,
    work,
    tally,
    cohorts,
    times,
):
    """Level 1 has done its hours: referred upwards, fixed, or closed with the condition only eased (model
    rule 6).
    """
    p = params[0]
    r = m.rec[row]
    building = buildings[r.building]
    g = building.grid
    if pool == 0:
        contact(
            households,
            params,
            communities[c].first_household + residents.rec[owner_of(m, buildings, row)].household,
            by_grid,
            day,
        )
    if r.flags & NEEDS_LEVEL2:
        dequeue(m, grids, communities, row, pool, c, g)
        r.flags |= AT_LEVEL2
        enqueue_level2(m, grids, communities, row, pool, c, g, tally)
        return
    if uniform(seed, D_LEVEL1, key_of(m, row), 0, case_of(m, row).records) < p.level1_fixed:
        fixed(
            c,
            day,
            seed,
            row,
            pool,
            params,
            levers,
            residents,
            households,
            buildings,
            grids,
            communities,
            m,
            work,
            tally,
            cohorts,
            times,
        )
        return
    dequeue(m, grids, communities, row, pool, c, g)
    r.severity = severity_now(m, row, params, day) * p.partial_severity
    r.severity_day = day
    m.tick[row] = STALE  # the clock's bounds follow severity
    close_record(m, row, CLOSED, NO, tally, cohorts)
    if r.stage == CLAIMED:
        set_stage(m, row, LUMPED, tally)
    evaluate(
        row,
        p.outcome_partial,
        YES,
        pool,
        params,
        levers,
        c,
        residents,
        households,
        buildings,
        grids,
        communities,
        m,
        day,
        seed,
        tally,
    )


@kernel
def work_on(
    c,
    day,
    seed,
    row,
    pool,
    by_grid,
    hours,
    params,
    levers,
    residents,
    households,
    buildings,
    grids,
    communities,
    m,
    work,
    tally,
    cohorts,
    times,
):
    """Spend up to ``hours`` on a matter; returns the hours used (h)."""
    q = case_of(m, row)
    used = min(hours, q.work)
    first_contact(m, row, day, residents, buildings, tally, times)
    q.work -= used
    communities[c].backlog[pool] -= used
    if pool == 0:
        grids[buildings[m.rec[row].building].grid].backlog -= used
    if q.work <= 0.0:
        complete(
            c,
            day,
            seed,
            row,
            pool,
            by_grid,
            params,
            levers,
            residents,
            households,
            buildings,
            grids,
            communities,
            m,
            work,
            tally,
            cohorts,
            times,
        )
    return used


@kernel
def serve_grid(
    c,
    g,
    day,
    seed,
    pool,
    by_grid,
    hours,
    params,
    levers,
    residents,
    households,
    buildings,
    grids,
    communities,
    m,
    work,
    tally,
    cohorts,
    times,
):
    """Serve one grid's queue in order until the hours or the queue end; returns the hours left (h)."""
    while hours > 0.0 and grids[g].head[pool] >= 0:
        row = np.int64(m.cases[grids[g].head[pool]].row)
        hours -= work_on(
            c,
            day,
            seed,
            row,
            pool,
            by_grid,
            hours,
            params,
            levers,
            residents,
            households,
            buildings,
            grids,
            communities,
            m,
            work,
            tally,
            cohorts,
            times,
        )
    return hours


@kernel
def best_head(c, pool, split, grids, communities, m):
    """The first case in the order of service among the heads of a community's grids, or -1."""
    best = np.int64(-1)
    for g in range(communities[c].first_grid, communities[c].first_grid + communities[c].grids):
        k = grids[g].head[pool]
        if k < 0 or (split and pool == 0 and grids[g].present > 0.0):
            continue
        if best < 0 or before(m, k, best):
            best = k
    return best


@kernel
def serve_pool(
    c,
    day,
    seed,
    pool,
    hours,
    params,
    levers,
    residents,
    households,
    buildings,
    grids,
    communities,
    m,
    work,
    tally,
    cohorts,
    times,
):
    """Serve all grids' queues of a pool as one, in order of priority; returns the hours left (h)."""
    split = params[0].split_queues > 0.5
    while hours > 0.0:
        k = best_head(c, pool, split, grids, communities, m)
        if k < 0:
            break
        row = np.int64(m.cases[k].row)
        hours -= work_on(
            c,
            day,
            seed,
            row,
            pool,
            NO,
            hours,
            params,
            levers,
            residents,
            households,
            buildings,
            grids,
            communities,
            m,
            work,
            tally,
            cohorts,
            times,
        )
    return hours


@kernel
def pressure(c, params, communities, tally):
    """Phase: 28-day means of what arrives and what is available, and overload of the community's own
    pools (model rule 9).
    """
    p = params[0]
    community = communities[c]
    t = tally[0]
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
