"""Workers' common rules: hours, overload, burnout, turnover, and the ties of households to them."""

from __future__ import annotations

from sim.numerics.draws import decision, exp, uniform
from sim.numerics.jit import kernel, rule
from sim.vocabulary import COMMITTEE, GRID_POOL, PROPERTY

D_LEAVE = decision("worker leaves")
D_VACANCY = decision("vacancy")
LN2 = 0.6931471805599453


@rule
def share_for_cases(share, floor, kpi, data_entry, queue_per_worker, triage, w_data, w_queue, w_triage):
    """Share of a worker's hours left for cases (model rule 6), not under the floor. Unitless.

    delta = share - w_data * KPI * data entry - w_queue * queue per worker * KPI + w_triage * triage.
    """
    return max(
        floor, share - w_data * kpi * data_entry - w_queue * queue_per_worker * kpi + w_triage * triage
    )


@rule
def kpi_in_force(parameter, shift):
    """Target pressure in force, 0-1: the same in every arm unless a policy moves it (model rule 9)."""
    return min(1.0, max(0.0, parameter + shift))


@rule
def worker_hours(day_hours, share, burnout, burnout_loss, skill, fte):
    """Case hours of one worker on a workday: h * delta * (1 - loss * burnout) * skill * fte. Unit: h."""
    return day_hours * share * (1.0 - burnout_loss * burnout) * skill * fte


@rule
def overload_of(arriving28, available28, backlog, backlog_days, cap):
    """Overload = 1/2 rho28 + 1/2 min(backlog / (15 daily hours), 2) (model rule 9).

    rho28 is capped alike, so that the clock's bound on paper closure holds; without any hours
    overload is the cap where work waits and 0 where none does. Unitless.
    """
    if available28 <= 0.0:
        return cap if arriving28 > 0.0 or backlog > 0.0 else 0.0
    rho = min(arriving28 / available28, cap)
    return 0.5 * rho + 0.5 * min(backlog / (backlog_days * available28), cap)


@rule
def burnout_after(burnout, overload, gain, threshold, recovery):
    """Burnout tomorrow: + gain * (overload - threshold)+ - recovery * burnout, within 0-1 (model rule 16)."""
    return min(1.0, max(0.0, burnout + gain * max(0.0, overload - threshold) - recovery * burnout))


@rule
def leaving_hazard(rate, factor, burnout):
    """A worker's daily probability of leaving: rate * (1 + factor * burnout) (model rule 16)."""
    return rate * (1.0 + factor * burnout)


@rule
def tie_at(tie, days, half_life):
    """A tie of 0-1 after ``days`` without contact: tie * 2**(-days / half life) (model rule 17)."""
    return tie * exp(-LN2 * days / half_life)


@rule
def tie_after_contact(tie, gain):
    """A contact brings worker and household closer: tie + gain * (1 - tie) (model rule 17)."""
    return tie + gain * (1.0 - tie)


@kernel
def ties_now(households, params, h, present, day):
    """(tie with committee staff, tie with the grid worker) of household ``h`` today, 0-1.

    Where no grid worker is ``present`` a tie with one opens no door.
    """
    days = day - int(households[h].tie_day)
    half = params[0].tie_half_life
    return tie_at(households[h].tie_committee / 255.0, days, half), (
        tie_at(households[h].tie_grid / 255.0, days, half) if present > 0.0 else 0.0
    )


@kernel
def contact(households, params, h, grid_worker, day):
    """A worker meets a household: its tie rises; both ties are brought up to date."""
    committee, grid = ties_now(households, params, h, 1.0, day)
    if grid_worker:
        grid = tie_after_contact(grid, params[0].tie_gain)
    else:
        committee = tie_after_contact(committee, params[0].tie_gain)
    households[h].tie_committee = int(committee * 255.0 + 0.5)
    households[h].tie_grid = int(grid * 255.0 + 0.5)
    households[h].tie_day = day


@kernel
def lose_ties(worker, households, grids, communities, params, day):
    """A worker goes, and what households knew of him goes with him."""
    if worker.pool == GRID_POOL:
        first, n = grids[worker.grid].first_household, grids[worker.grid].households
        for h in range(first, first + n):
            households[h].tie_grid = 0
    elif worker.pool == COMMITTEE:
        community = communities[worker.community]
        step = max(1, int(community.present[COMMITTEE] + 0.5))
        first = community.first_household + worker.slot % step
        for h in range(first, community.first_household + community.households, step):
            households[h].tie_committee = 0


@kernel
def staffing(world, c, day):
    """Phase: who is there today; newcomers learn; means of burnout per pool and grid."""
    grids = world.grids
    p = world.params[0]
    community = world.communities[c]
    learning = 1.0 - exp(-LN2 / p.learning_half_life)
    for pool in range(3):
        community.present[pool] = 0.0
        community.burnout[pool] = 0.0
    for g in range(community.first_grid, community.first_grid + community.grids):
        grids[g].present = 0.0
        grids[g].burnout = 0.0
    for w in range(community.first_worker, community.first_worker + community.workers):
        worker = world.workers[w]
        if worker.pool == COMMITTEE:
            wanted = community.committee_staff + world.levers[c].committee_staff
        elif worker.pool == PROPERTY:
            wanted = community.property_staff
        else:
            wanted = world.levers[c].grid_workers
        fte = min(1.0, max(0.0, wanted - worker.slot))
        if fte > 0.0 and worker.fte == 0.0:  # a new post: somebody who must learn
            worker.hired = day
            worker.skill = p.newcomer_skill
            worker.burnout = 0.0
        worker.fte = fte
        if fte == 0.0 or worker.vacant_until > day:
            continue
        worker.skill += (1.0 - worker.skill) * learning
        community.present[worker.pool] += fte
        community.burnout[worker.pool] += fte * worker.burnout
        if worker.pool == GRID_POOL:
            grids[worker.grid].present += fte
            grids[worker.grid].burnout += fte * worker.burnout
    for pool in range(3):
        if community.present[pool] > 0.0:
            community.burnout[pool] /= community.present[pool]
    for g in range(community.first_grid, community.first_grid + community.grids):
        if grids[g].present > 0.0:
            grids[g].burnout /= grids[g].present


@kernel
def wear(world, c, day, seed):
    """Phase: overload wears workers down; some leave, and are replaced after weeks by strangers."""
    p = world.params[0]
    community = world.communities[c]
    t = world.tally[0]
    for w in range(community.first_worker, community.first_worker + community.workers):
        worker = world.workers[w]
        if worker.fte == 0.0:
            continue
        t.worker_days += worker.fte
        if worker.vacant_until > day:
            continue
        pool = PROPERTY if worker.pool == PROPERTY else COMMITTEE
        worker.burnout = burnout_after(
            worker.burnout, community.overload[pool], p.burnout_gain, p.burnout_threshold, p.burnout_recovery
        )
        if uniform(seed, D_LEAVE, w, day, 0) < leaving_hazard(
            p.turnover_rate, p.turnover_burnout, worker.burnout
        ):
            t.turnover += worker.fte
            span = p.vacancy_high - p.vacancy_low
            worker.vacant_until = day + int(p.vacancy_low + span * uniform(seed, D_VACANCY, w, day, 0))
            worker.burnout = 0.0
            worker.skill = p.newcomer_skill
            worker.hired = day
            lose_ties(worker, world.households, world.grids, world.communities, world.params, day)
