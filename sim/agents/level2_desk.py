"""The level-2 desk (街道/部门): a finite number of cases a workday, a department's delay, and returns.

Shared by all communities of a subdistrict; whoever raises its cases pays for them.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.evaluation import evaluate
from sim.mechanisms.matters import case_of, heat_at, key_of, quantise, sort_todo
from sim.mechanisms.problems import own_work
from sim.mechanisms.queues import before, dequeue, enqueue_level1, set_vday
from sim.mechanisms.records import finish
from sim.mechanisms.service import first_contact, fixed
from sim.mechanisms.workforce import kpi_in_force, overload_of
from sim.numerics.draws import decision, exp, normal, uniform
from sim.numerics.jit import kernel, rule
from sim.vocabulary import (
    AGREED,
    CLAIMED,
    COURT,
    DESK,
    DISPUTE,
    LEVEL2_QUEUE,
    NEEDS_LEVEL2,
    NO,
    OPEN,
    SETTLED,
    SLOT_DUE,
    TODO,
    YES,
)
from sim.world.ledger import table

LABEL = "level2_desk"
READS = ("level2_scale", "level2_delay_scale", "return_scale")
COLUMNS = ("head2", "tail2", "backlog", "arriving", "available")
D_DELAY = decision("level 2 delay")
D_RETURN = decision("level 2 return")


@rule
def cases_per_workday(cases, residents, reference, scale):
    """Cases that the desk takes up in a workday: 3 per 12,000 residents (model rule 7)."""
    return cases * scale * residents / reference


@rule
def department_delay(mean, sigma, scale, z):
    """Lognormal delay of a department, of the given mean:
    mean * e**(sigma z - sigma**2 / 2), days (model rule 7).
    """
    return mean * scale * exp(sigma * z - 0.5 * sigma * sigma)


@kernel
def first_case(communities, matters):
    """The first case in the order of service among all communities' referrals, or -1."""
    best = np.int64(-1)
    for c in range(len(communities)):
        k = communities[c].head2
        if k >= 0 and (best < 0 or before(matters, k, best)):
            best = k
    return best


@kernel
def take_cases(world, day, seed):
    """Phase (workdays): the desk takes up the first cases of the subdistrict; a department's delay begins."""
    buildings, communities, matters = world.buildings, world.communities, world.matters
    tally, credit = world.tally, world.credit
    p = world.params[0]
    for c in range(len(communities)):
        cases = cases_per_workday(
            p.level2_cases, communities[c].residents, p.reference_residents, world.levers[c].level2_scale
        )
        credit[0] += cases
        communities[c].available[2] += cases
        tally[0].avail_level2 += cases
    while credit[0] >= 1.0:
        k = first_case(communities, matters)
        if k < 0:
            credit[0] -= int(credit[0])  # unused cases are not saved up
            break
        credit[0] -= 1.0
        row = np.int64(matters.cases[k].row)
        matter = matters.rec[row]
        c = buildings[matter.building].community
        pool = int(world.kinds[matter.kind].pool)
        dequeue(matters, world.grids, communities, row, pool, c, buildings[matter.building].grid)
        matters.cases[k].place = DESK
        first_contact(matters, row, day, world.residents, buildings, tally, world.times)
        z = normal(uniform(seed, D_DELAY, key_of(matters, row), day, 0))
        delay = department_delay(p.level2_delay, p.level2_delay_sigma, world.levers[c].level2_delay_scale, z)
        matters.due[k] = day + max(1, int(min(delay, 3000.0) + 0.5))
        tally[0].hours_level2 += 1.0


@kernel
def answer(world, c, day, seed):
    """Phase: departments' answers and courts' judgments that fall due today (model rules 7, 14)."""
    matters, work = world.matters, world.work
    p = world.params[0]
    work.count[TODO] = 0
    for n in range(work.count[SLOT_DUE], work.count[SLOT_DUE + 1]):
        j = work.rec[n].pick
        work.rec[work.count[TODO]].todo = work.rec[j].row
        work.count[TODO] += 1
    sort_todo(matters, work)
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        matter = matters.rec[row]
        pool = int(world.kinds[matter.kind].pool)
        g = world.buildings[matter.building].grid
        if matters.due[matter.case] != day:
            continue
        if matter.stage == COURT and case_of(matters, row).place != DESK:
            matters.due[matter.case] = -1
            evaluate(world, c, day, seed, row, p.outcome_settled, YES, pool)
            finish(world, row, SETTLED, pool)
        elif case_of(matters, row).place == DESK:
            matters.due[matter.case] = -1
            if (
                matter.flags & AGREED == 0
                and uniform(seed, D_RETURN, key_of(matters, row), day, 0)
                < p.level2_return * world.levers[c].return_scale
            ):
                give_back(world, c, day, seed, row, pool, g)
            else:
                world.tally[0].level2_done += 1.0
                fixed(world, c, day, seed, row, pool)


@kernel
def give_back(world, c, day, seed, row, pool, g):
    """A hard case comes back: half the work is left, the owner is angrier, and it will be referred again."""
    matters = world.matters
    p = world.params[0]
    matter = matters.rec[row]
    world.tally[0].level2_returned += 1.0
    matter.flags |= NEEDS_LEVEL2
    case = case_of(matters, row)
    if case.first_claim >= 0:  # who never asked does not hear of it
        case.heat = min(p.heat_cap, heat_at(case.heat, p.heat_half_life, day - case.heat_day) + p.heat_return)
        case.heat_day = day
    case.work = quantise(
        p.returned_work * own_work(world.kinds, np.int64(matter.kind), seed, key_of(matters, row), NO)
    )
    set_vday(matters, row, world.params, kpi_in_force(p.kpi, world.levers[c].kpi), 0.0, day)
    enqueue_level1(matters, world.grids, world.communities, row, pool, c, g)


@kernel
def share_overload(world):
    """Phase: the desk is one for all communities, and so is its overload (model rule 9)."""
    communities = world.communities
    p = world.params[0]
    arriving, available, backlog = 0.0, 0.0, 0.0
    for c in range(len(communities)):
        arriving += communities[c].arriving28[2] * 1.4
        available += communities[c].available28[2] * 1.4
        backlog += communities[c].backlog[2]
    overload = overload_of(arriving, available, backlog, p.backlog_days, p.backlog_cap)
    for c in range(len(communities)):
        communities[c].overload[2] = overload


def hard_cases(world, day: int, waited: float) -> np.ndarray:
    """Rows of cases at level 2 (waiting or with a department)
    claimed or opened ``waited`` days ago or more, the oldest first.
    """
    rec = table(world)
    rows = np.flatnonzero(
        np.isin(rec["place"], [LEVEL2_QUEUE, DESK])
        & np.isin(rec["stage"], [CLAIMED, DISPUTE])
        & (rec["record"] == OPEN)
    )
    clock = np.where(rec["first_claim"][rows] >= 0, rec["first_claim"][rows], rec["opened"][rows]).astype(
        "i8"
    )
    hard = (day - clock >= waited) & (rec["flags"][rows] & int(AGREED) == 0)
    return rows[hard][np.lexsort((rec["key"][rows[hard]], clock[hard]))]  # never by row number


def take_up(world, row: int, day: int, days: float, agreed: bool) -> None:
    """A case is dealt with at once: it leaves the queue, its answer comes within ``days``;
    where all ``agreed`` it is not returned.
    """
    m = world.matters
    case = int(m.rec["case"][row])
    building = world.buildings[m.rec["building"][row]]
    if m.cases["place"][case] == LEVEL2_QUEUE:
        pool = int(world.kinds["pool"][m.rec["kind"][row]])
        dequeue(
            m, world.grids, world.communities, row, pool, int(building["community"]), int(building["grid"])
        )
        m.cases["place"][case] = DESK
        first_contact(m, row, day, world.residents, world.buildings, world.tally, world.times)
        m.due[case] = day + max(1, round(days))
    m.due[case] = min(int(m.due[case]), day + max(1, round(days)))
    if agreed:
        m.rec["flags"][row] |= int(AGREED)
