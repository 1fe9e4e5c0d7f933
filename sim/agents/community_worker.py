"""Community workers (社区工作者): the committee's hours for enquiries and claims, and the books.

Most of a worker's day is administration and mandated tasks (Lipsky 1980); what is left for
cases shrinks under targets. Paper closure is their answer to pressure: it touches the record only.
Mediation, which takes their hours too, is mechanisms/mediation.py.
"""

from __future__ import annotations

from sim.mechanisms.evaluation import evaluate
from sim.mechanisms.matters import case_of, heat_at, quantise, set_stage, sort_todo
from sim.mechanisms.queues import dequeue
from sim.mechanisms.records import close_record
from sim.mechanisms.service import serve_pool
from sim.mechanisms.workforce import kpi_in_force, share_for_cases, worker_hours
from sim.numerics.draws import decision, poisson, uniform
from sim.numerics.jit import kernel, rule
from sim.vocabulary import (
    CLAIMED,
    COMMITTEE,
    GRID_POOL,
    LEVEL1_QUEUE,
    LEVEL2_QUEUE,
    LUMPED,
    NO,
    OPEN,
    PAPER_CLOSED,
    PROPERTY,
    SLOT_DECIDE,
    TODO,
    USED,
    YES,
)

LABEL = "community_worker"
READS = (
    "kpi",
    "data_entry",
    "triage",
    "committee_staff",
    "committee_scale",
    "committee_extra_hours",
    "mediation_training",
    "mediator_hours",
    "enquiry_scale",
    "diverted",
    "desk_relief",
)
COLUMNS = ("pool", "slot", "fte", "burnout", "skill", "hired", "vacant_until")
D_ENQUIRIES = decision("enquiries")


@rule
def paper_hazard(rate, kpi, overload):
    """Rate at which an old open record is closed on paper: .10 * KPI * overload, 1/day (model rule 9)."""
    return rate * kpi * overload


@rule
def spared(relief, adopted_share):
    """Share of enquiries that still come to the desk:
    1 - relief * adopted share (those who book look it up themselves).
    """
    return 1.0 - relief * adopted_share


@rule
def on_duty(hours, diverted):
    """Case hours left when an emergency takes a share of the staff's time:
    hours * (1 - diverted). Unit: h (model rule 6).
    """
    return hours * (1.0 - diverted)


def owe(world, c: int, hours: float) -> None:
    """Staff of community ``c`` owe a meeting ``hours`` of case time:
    paid before anything else on the next workdays. Unit: h.
    """
    world.communities["debt"][c] += quantise(hours)
    world.communities["arriving"][c, COMMITTEE] += quantise(hours)


@kernel
def shares_for_cases(params, community, lever):
    """Shares of hours left for cases today: of the committee, the property company, and grid workers."""
    p = params[0]
    kpi = kpi_in_force(p.kpi, lever.kpi)
    staff = max(community.present[COMMITTEE] + community.present[GRID_POOL], 1.0)
    queue = community.queued[COMMITTEE] / staff
    on_patrol = p.grid_worker_share + p.patrol_reference - lever.patrol
    entry, triage = lever.data_entry, lever.triage
    committee = share_for_cases(
        p.committee_share,
        p.share_floor,
        kpi,
        entry,
        queue,
        triage,
        p.pressure_data,
        p.pressure_queue,
        p.triage_gain,
    )
    on_grid = share_for_cases(
        on_patrol, p.share_floor, kpi, entry, queue, triage, p.pressure_data, p.pressure_queue, p.triage_gain
    )
    repair = share_for_cases(
        p.property_share,
        p.share_floor,
        kpi,
        0.0,
        community.queued[PROPERTY] / max(community.present[PROPERTY], 1.0),
        0.0,
        p.pressure_data,
        p.pressure_queue,
        p.triage_gain,
    )
    return committee, repair, on_grid


@kernel
def staff_hours(world, c, day):
    """Case hours of today's staff into communities.hours and grids.hours (h); returns the hours paid."""
    p = world.params[0]
    community, lever = world.communities[c], world.levers[c]
    paid = 0.0
    for pool in range(2):
        community.hours[pool] = 0.0
    committee, repair, on_grid = shares_for_cases(world.params, community, lever)
    for w in range(community.first_worker, community.first_worker + community.workers):
        worker = world.workers[w]
        if worker.fte == 0.0:
            continue
        paid += worker.fte * p.workday_hours
        if worker.vacant_until > day:
            continue
        share = committee if worker.pool == COMMITTEE else (repair if worker.pool == PROPERTY else on_grid)
        hours = worker_hours(p.workday_hours, share, worker.burnout, p.burnout_loss, worker.skill, worker.fte)
        if worker.pool == GRID_POOL:
            world.grids[worker.grid].hours += quantise(on_duty(hours, lever.diverted))
        else:
            community.hours[worker.pool] += hours
    community.hours[COMMITTEE] = quantise(
        on_duty(community.hours[COMMITTEE], lever.diverted) * lever.committee_scale
        + lever.committee_extra_hours
    )
    community.hours[PROPERTY] = quantise(
        community.hours[PROPERTY]
        * lever.property_scale
        * (1.0 + community.oversight)
        * community.fee_rate
        / p.normal_fee_rate
    )
    return paid


@kernel
def open_day(world, c, day):
    """Phase (workdays): hours of the day by pool and grid; debts of yesterday's mediation are paid first."""
    grids = world.grids
    community = world.communities[c]
    first, last = community.first_grid, community.first_grid + community.grids
    for g in range(first, last):
        grids[g].hours = 0.0
    paid = staff_hours(world, c, day)
    t = world.tally[0]
    on_grids = 0.0
    for g in range(first, last):
        on_grids += grids[g].hours
        share = community.hours[COMMITTEE] * grids[g].residents / max(community.residents, 1)
        grids[g].available += grids[g].hours + share
    community.available[COMMITTEE] += community.hours[COMMITTEE] + on_grids
    community.available[PROPERTY] += community.hours[PROPERTY]
    t.hours_paid += paid
    t.avail_committee += community.hours[COMMITTEE] + on_grids
    t.avail_grid += on_grids
    t.avail_property += community.hours[PROPERTY]
    t.hours_admin += max(0.0, paid - community.hours[COMMITTEE] - on_grids - community.hours[PROPERTY])
    use = min(community.debt, community.hours[COMMITTEE])
    community.hours[COMMITTEE] -= use
    community.debt -= use
    t.hours_committee += use


@kernel
def enquiries(world, c, day, seed):
    """Phase (workdays): contacts that need no field work, answered at the desk before anything else."""
    levers = world.levers
    p = world.params[0]
    community = world.communities[c]
    t = world.tally[0]
    asked = 0.0
    asking = spared(levers[c].desk_relief, community.adopters / max(community.residents, 1))
    for g in range(community.first_grid, community.first_grid + community.grids):
        mean = asking * p.enquiry_rate / 365.0 * 1.4 * world.grids[g].residents * levers[c].enquiry_scale
        asked += poisson(mean, uniform(seed, D_ENQUIRIES, g, day, 0))
    hours = quantise(asked * p.enquiry_hours)
    t.enquiries += asked
    t.hours_enquiry += hours
    community.arriving[COMMITTEE] += hours
    use = min(hours, community.hours[COMMITTEE])
    community.hours[COMMITTEE] -= use
    week = quantise(
        5.0 * p.enquiry_hours * p.enquiry_rate / 365.0 * 1.4 * community.residents * levers[c].enquiry_scale
    )
    # who waits longer than a week stops asking
    community.debt += min(hours - use, max(0.0, week - community.debt))
    t.hours_committee += use


@kernel
def serve_committee(world, c, day, seed):
    """Phase (workdays): what hours are left go to committee matters of all grids, in order of priority."""
    communities = world.communities
    kept = quantise(communities[c].hours[COMMITTEE] * world.params[0].mediation_reserve)
    hours = communities[c].hours[COMMITTEE] - kept
    left = serve_pool(world, c, day, seed, COMMITTEE, hours)
    communities[c].hours[COMMITTEE] = left + kept
    world.tally[0].hours_committee += hours - left


@kernel
def close_on_paper(world, c, day, seed):
    """Phase: old records vanish from the books; the condition stays,
    its owner finds out and is angrier (model rules 9, 13).
    """
    communities, matters, work = world.communities, world.matters, world.work
    p = world.params[0]
    kpi = kpi_in_force(p.kpi, world.levers[c].kpi)
    work.count[TODO] = 0
    for n in range(work.count[SLOT_DECIDE], work.count[SLOT_DECIDE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        matter = matters.rec[row]
        case = case_of(matters, row)
        if work.rec[j].slot == USED or case.record != OPEN or matter.stage != CLAIMED:
            continue
        if (case.place != LEVEL1_QUEUE and case.place != LEVEL2_QUEUE) or day - case.opened <= p.paper_age:
            continue
        work.rec[j].slot = USED
        pool = 2 if case.place == LEVEL2_QUEUE else int(world.kinds[matter.kind].pool)
        if work.rec[j].value < paper_hazard(p.paper_rate, kpi, communities[c].overload[pool]) * (
            1.0 - communities[c].accountable
        ):
            work.rec[work.count[TODO]].todo = row
            work.count[TODO] += 1
    sort_todo(matters, work)
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        matter = matters.rec[row]
        case = case_of(matters, row)
        if case.record != OPEN:
            continue
        pool = int(world.kinds[matter.kind].pool)
        dequeue(matters, world.grids, communities, row, pool, c, world.buildings[matter.building].grid)
        close_record(matters, row, PAPER_CLOSED, NO, world.tally, world.cohorts)
        set_stage(matters, row, LUMPED, world.tally)
        if case.first_claim >= 0:  # who never asked does not find out
            case.heat = min(
                p.heat_cap, heat_at(case.heat, p.heat_half_life, day - case.heat_day) + p.heat_paper
            )
            case.heat_day = day
        evaluate(world, c, day, seed, row, p.outcome_paper, YES, pool)
