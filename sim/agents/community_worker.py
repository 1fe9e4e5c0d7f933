"""Community workers (社区工作者): the committee's hours for enquiries, claims and mediation, and the books.

Most of a worker's day is administration and mandated tasks (Lipsky 1980); what is left for
cases shrinks under targets. Paper closure is their answer to pressure: it touches the record only.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.evaluation import evaluate
from sim.mechanisms.matters import (
    case_of,
    close_record,
    dequeue,
    enqueue_level2,
    finish,
    heat_at,
    key_of,
    open_record,
    owner_of,
    quantise,
    set_stage,
    set_vday,
    sort_todo,
)
from sim.mechanisms.problems import own_work
from sim.mechanisms.service import serve_pool
from sim.mechanisms.workforce import contact, share_for_cases, ties_now, worker_hours
from sim.numerics.draws import decision, logistic, poisson, uniform
from sim.numerics.fixed_point import felt
from sim.numerics.jit import kernel, rule
from sim.vocabulary import (
    CLAIMED,
    CLOSED,
    COLD,
    COMMITTEE,
    COURT,
    DESK,
    DISPUTE,
    EXITED,
    GRID_POOL,
    LEVEL1_QUEUE,
    LEVEL2_QUEUE,
    LUMPED,
    NO,
    OPEN,
    PAPER_CLOSED,
    PROPERTY,
    SETTLED,
    SLOT_DECIDE,
    TODO,
    USED,
    WENT_COURT,
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
D_MEDIATION = decision("mediation")
D_FAILED = decision("after failed mediation")


@rule
def kpi_in_force(parameter, shift):
    """Target pressure in force, 0-1: the same in every arm unless a policy moves it (model rule 9)."""
    return min(1.0, max(0.0, parameter + shift))


@rule
def paper_hazard(rate, kpi, overload):
    """Rate at which an old open record is closed on paper: .10 * KPI * overload, 1/day (model rule 9)."""
    return rate * kpi * overload


@rule
def spared(relief, adopted_share):
    """Share of enquiries that still come to the desk: 1 - relief * adopted share (those who book look it
    up themselves).
    """
    return 1.0 - relief * adopted_share


@rule
def mediation_success(constant, w_trust, trust, w_tie, tie, tie_level, training):
    """Probability that mediation settles a dispute: sigma(.6 + (T - .5) + .8 (tie - .3) + training)
    (model rule 14).
    """
    return logistic(constant + w_trust * (trust - 0.5) + w_tie * (tie - tie_level) + training)


@rule
def on_duty(hours, diverted):
    """Case hours left when an emergency takes a share of the staff's time: hours * (1 - diverted).

    Unit: h (model rule 6).
    """
    return hours * (1.0 - diverted)


@rule
def mediators_gain(training, credit, zone, fatigue):
    """Added to the mediation logit: training, and the credit of members known in a working zone, less
    their fatigue (rules 14, 21).
    """
    return training + (credit * (1.0 - fatigue) if zone > 0 else 0.0)


def owe(world, c: int, hours: float) -> None:
    """Staff of community ``c`` owe a meeting ``hours`` of case time: paid before anything else on the
    next workdays. Unit: h.
    """
    world.communities["debt"][c] += quantise(hours)
    world.communities["arriving"][c, COMMITTEE] += quantise(hours)


@kernel
def staff_hours(c, params, levers, communities, workers, grids, day):
    """Case hours of today's staff into communities.hours and grids.hours (h); returns the hours paid."""
    p = params[0]
    community, lever = communities[c], levers[c]
    kpi = kpi_in_force(p.kpi, lever.kpi)
    paid = 0.0
    for pool in range(2):
        community.hours[pool] = 0.0
    staff = max(community.present[COMMITTEE] + community.present[GRID_POOL], 1.0)
    queue = community.queued[COMMITTEE] / staff
    committee = share_for_cases(
        p.committee_share,
        p.share_floor,
        kpi,
        lever.data_entry,
        queue,
        lever.triage,
        p.pressure_data,
        p.pressure_queue,
        p.triage_gain,
    )
    on_patrol = p.grid_worker_share + p.patrol_reference - lever.patrol
    on_grid = share_for_cases(
        on_patrol,
        p.share_floor,
        kpi,
        lever.data_entry,
        queue,
        lever.triage,
        p.pressure_data,
        p.pressure_queue,
        p.triage_gain,
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
    for w in range(community.first_worker, community.first_worker + community.workers):
        worker = workers[w]
        if worker.fte == 0.0:
            continue
        paid += worker.fte * p.workday_hours
        if worker.vacant_until > day:
            continue
        share = committee if worker.pool == COMMITTEE else (repair if worker.pool == PROPERTY else on_grid)
        hours = worker_hours(p.workday_hours, share, worker.burnout, p.burnout_loss, worker.skill, worker.fte)
        if worker.pool == GRID_POOL:
            grids[worker.grid].hours += quantise(on_duty(hours, lever.diverted))
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
def open_day(c, params, levers, communities, workers, grids, day, tally):
    """Phase (workdays): hours of the day by pool and grid; debts of yesterday's mediation are paid first."""
    community = communities[c]
    first, last = community.first_grid, community.first_grid + community.grids
    for g in range(first, last):
        grids[g].hours = 0.0
    paid = staff_hours(c, params, levers, communities, workers, grids, day)
    t = tally[0]
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
def enquiries(c, day, seed, params, levers, communities, grids, tally):
    """Phase (workdays): contacts that need no field work, answered at the desk before anything else."""
    p = params[0]
    community = communities[c]
    t = tally[0]
    asked = 0.0
    asking = spared(levers[c].desk_relief, community.adopters / max(community.residents, 1))
    for g in range(community.first_grid, community.first_grid + community.grids):
        mean = asking * p.enquiry_rate / 365.0 * 1.4 * grids[g].residents * levers[c].enquiry_scale
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
    community.debt += min(
        hours - use, max(0.0, week - community.debt)
    )  # who waits longer than a week stops asking
    t.hours_committee += use


@kernel
def serve_committee(
    c,
    day,
    seed,
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
    """Phase (workdays): what hours are left go to committee matters of all grids, in order of priority."""
    kept = quantise(communities[c].hours[COMMITTEE] * params[0].mediation_reserve)
    hours = communities[c].hours[COMMITTEE] - kept
    left = serve_pool(
        c,
        day,
        seed,
        COMMITTEE,
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
    communities[c].hours[COMMITTEE] = left + kept
    tally[0].hours_committee += hours - left


@kernel
def close_on_paper(
    c,
    day,
    seed,
    params,
    kinds,
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
):
    """Phase: old records vanish from the books; the condition stays, its owner finds out and is angrier
    (model rules 9, 13).
    """
    p = params[0]
    kpi = kpi_in_force(p.kpi, levers[c].kpi)
    work.count[TODO] = 0
    for n in range(work.count[SLOT_DECIDE], work.count[SLOT_DECIDE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        r = m.rec[row]
        q = case_of(m, row)
        if work.rec[j].slot == USED or q.record != OPEN or r.stage != CLAIMED:
            continue
        if (q.place != LEVEL1_QUEUE and q.place != LEVEL2_QUEUE) or day - q.opened <= p.paper_age:
            continue
        work.rec[j].slot = USED
        pool = 2 if q.place == LEVEL2_QUEUE else int(kinds[r.kind].pool)
        if work.rec[j].value < paper_hazard(p.paper_rate, kpi, communities[c].overload[pool]) * (
            1.0 - communities[c].accountable
        ):
            work.rec[work.count[TODO]].todo = row
            work.count[TODO] += 1
    sort_todo(m, work)
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        r = m.rec[row]
        q = case_of(m, row)
        if q.record != OPEN:
            continue
        pool = int(kinds[r.kind].pool)
        dequeue(m, grids, communities, row, pool, c, buildings[r.building].grid)
        close_record(m, row, PAPER_CLOSED, NO, tally, cohorts)
        set_stage(m, row, LUMPED, tally)
        if q.first_claim >= 0:  # who never asked does not find out
            q.heat = min(p.heat_cap, heat_at(q.heat, p.heat_half_life, day - q.heat_day) + p.heat_paper)
            q.heat_day = day
        evaluate(
            row,
            p.outcome_paper,
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
def mediate(
    c,
    day,
    seed,
    params,
    kinds,
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
):
    """Phase (workdays): disputes are mediated if hours are free; what today lacks is owed tomorrow (model
    rule 14).
    """
    p = params[0]
    work.count[TODO] = 0
    for n in range(work.count[SLOT_DECIDE], work.count[SLOT_DECIDE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        if work.rec[j].slot != USED and m.rec[row].stage == DISPUTE:
            work.rec[j].slot = USED
            if work.rec[j].value < p.mediation_rate:
                work.rec[work.count[TODO]].todo = row
                work.count[TODO] += 1
    sort_todo(m, work)
    free = quantise(levers[c].mediator_hours)  # professionals' hours of the day; unused ones are lost
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        r = m.rec[row]
        if r.stage != DISPUTE or communities[c].hours[COMMITTEE] + free <= 0.0:
            continue
        by_others = min(quantise(p.mediation_hours), free)
        free -= by_others
        needed = quantise(p.mediation_hours) - by_others
        use = min(needed, communities[c].hours[COMMITTEE])
        communities[c].hours[COMMITTEE] -= use
        communities[c].debt += needed - use
        communities[c].arriving[COMMITTEE] += needed
        t = tally[0]
        t.hours_committee += use
        t.hours_mediation += needed + by_others
        t.hours_specialist += by_others
        t.mediations += 1.0
        pool = int(kinds[r.kind].pool)
        owner = owner_of(m, buildings, row)
        h = communities[c].first_household + residents.rec[owner].household
        with_committee, with_grid = ties_now(
            households, params, h, grids[buildings[r.building].grid].present, day
        )
        contact(households, params, h, NO, day)
        chance = mediation_success(
            p.mediation_constant,
            p.mediation_trust,
            felt(residents.trust[owner]),
            p.mediation_tie,
            max(with_committee, with_grid),
            p.mediation_tie_level,
            mediators_gain(
                levers[c].mediation_training,
                p.party_mediation,
                buildings[r.building].zone,
                communities[c].party_fatigue,
            ),
        )
        if uniform(seed, D_MEDIATION, key_of(m, row), 0, r.ticks) < chance:
            t.dispute_settled += 1.0
            evaluate(
                row,
                p.outcome_settled,
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
            finish(m, work, buildings, grids, communities, row, SETTLED, pool, tally, cohorts)
        else:
            evaluate(
                row,
                p.outcome_none,
                NO,
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
            fail(
                c,
                day,
                seed,
                params,
                kinds,
                levers,
                residents,
                buildings,
                grids,
                communities,
                m,
                row,
                pool,
                tally,
                cohorts,
            )


@kernel
def fail(
    c,
    day,
    seed,
    params,
    kinds,
    levers,
    residents,
    buildings,
    grids,
    communities,
    m,
    row,
    pool,
    tally,
    cohorts,
):
    """After a failed mediation: petition, court, exit, or a cold conflict (Hirschman 1970; model rule 14)."""
    p = params[0]
    r = m.rec[row]
    b = r.building
    g = buildings[b].grid
    t = tally[0]
    t.in_dispute -= 1.0
    t.dispute_end += 1.0
    buildings[b].in_dispute -= 1
    u = uniform(seed, D_FAILED, key_of(m, row), 0, r.ticks)
    if u < p.failed_petition:
        t.petitions += 1.0
        set_stage(m, row, CLAIMED, tally)
        petition(c, day, seed, params, kinds, levers, grids, communities, m, row, pool, g, tally, cohorts)
    elif u < p.failed_petition + p.failed_court:
        t.courts += 1.0
        r.flags |= WENT_COURT
        set_stage(m, row, COURT, tally)
        dequeue(m, grids, communities, row, pool, c, g)
        if case_of(m, row).record == OPEN:  # offices close what is before a court
            close_record(m, row, CLOSED, NO, tally, cohorts)
        m.due[r.case] = day + int(p.court_days)
    elif u < p.failed_petition + p.failed_court + p.failed_exit:
        t.exits += 1.0
        set_stage(m, row, EXITED, tally)
        residents.rec[owner_of(m, buildings, row)].exit_until = day + int(p.exit_days)
    else:
        t.colds += 1.0
        set_stage(m, row, COLD, tally)


@kernel
def petition(c, day, seed, params, kinds, levers, grids, communities, m, row, pool, g, tally, cohorts):
    """A petition goes straight to level 2, ahead by the days the law allows for an answer."""
    p = params[0]
    q = case_of(m, row)
    if q.place == DESK:
        return
    if q.first_claim < 0:
        q.first_claim = day
        tally[0].unvoiced -= 1.0
    q.claims += 1
    if q.work <= 0.0 and q.records == 0:  # nobody has looked at it yet
        q.work = own_work(kinds, np.int64(m.rec[row].kind), seed, key_of(m, row), NO)
    if q.record != OPEN:
        open_record(m, row, YES, day, tally, cohorts)
    dequeue(m, grids, communities, row, pool, c, g)
    set_vday(m, row, params, kpi_in_force(p.kpi, levers[c].kpi), p.petition_days, day)
    enqueue_level2(m, grids, communities, row, pool, c, g, tally)
