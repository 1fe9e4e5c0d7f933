"""Mediation of disputes, and the ways that are left where it fails.

A settled dispute ends; a failed one goes on as a petition, to court, into exit or into a cold conflict
(Hirschman 1970; the dispute pagoda, Michelson 2007). Professionals' hours of the day, where there are
any, are used first.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.evaluation import evaluate
from sim.mechanisms.matters import case_of, key_of, owner_of, quantise, set_stage, sort_todo
from sim.mechanisms.problems import own_work
from sim.mechanisms.queues import dequeue, enqueue_level2, set_vday
from sim.mechanisms.records import close_record, finish, open_record
from sim.mechanisms.workforce import contact, kpi_in_force, ties_now
from sim.numerics.draws import decision, logistic, uniform
from sim.numerics.fixed_point import decoded
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
    NO,
    OPEN,
    SETTLED,
    SLOT_DECIDE,
    TODO,
    USED,
    WENT_COURT,
    YES,
)

D_MEDIATION = decision("mediation")
D_FAILED = decision("after failed mediation")


@rule
def mediation_success(constant, w_trust, trust, w_tie, tie, tie_level, training):
    """Probability that mediation settles a dispute:
    sigma(.6 + (T - .5) + .8 (tie - .3) + training) (model rule 14).
    """
    return logistic(constant + w_trust * (trust - 0.5) + w_tie * (tie - tie_level) + training)


@rule
def mediators_gain(training, credit, zone, fatigue):
    """Added to the mediation logit:
    training, and the credit of members known in a working zone, less their fatigue (rules 14, 21).
    """
    return training + (credit * (1.0 - fatigue) if zone > 0 else 0.0)


@kernel
def mediate(world, c, day, seed):
    """Phase (workdays): disputes are mediated if hours are free;
    what today lacks is owed tomorrow (model rule 14).
    """
    communities, matters, work = world.communities, world.matters, world.work
    p = world.params[0]
    work.count[TODO] = 0
    for n in range(work.count[SLOT_DECIDE], work.count[SLOT_DECIDE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        if work.rec[j].slot != USED and matters.rec[row].stage == DISPUTE:
            work.rec[j].slot = USED
            if work.rec[j].value < p.mediation_rate:
                work.rec[work.count[TODO]].todo = row
                work.count[TODO] += 1
    sort_todo(matters, work)
    free = quantise(world.levers[c].mediator_hours)  # professionals' hours of the day; unused ones are lost
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        if matters.rec[row].stage != DISPUTE or communities[c].hours[COMMITTEE] + free <= 0.0:
            continue
        free -= spend_hours(p.mediation_hours, free, communities, c, world.tally)
        hear_dispute(world, c, day, seed, row)


@kernel
def spend_hours(mediation_hours, free, communities, c, tally):
    """Pay one mediation from professionals' free hours, then from the committee's; returns the former (h)."""
    by_others = min(quantise(mediation_hours), free)
    needed = quantise(mediation_hours) - by_others
    use = min(needed, communities[c].hours[COMMITTEE])
    communities[c].hours[COMMITTEE] -= use
    communities[c].debt += needed - use
    communities[c].arriving[COMMITTEE] += needed
    t = tally[0]
    t.hours_committee += use
    t.hours_mediation += needed + by_others
    t.hours_specialist += by_others
    t.mediations += 1.0
    return by_others


@kernel
def hear_dispute(world, c, day, seed, row):
    """One mediation: the dispute is settled, or goes on in one of the ways of ``fail``."""
    buildings, matters = world.buildings, world.matters
    p = world.params[0]
    matter = matters.rec[row]
    pool = int(world.kinds[matter.kind].pool)
    building = buildings[matter.building]
    owner = owner_of(matters, buildings, row)
    h = world.communities[c].first_household + world.residents.rec[owner].household
    present = world.grids[building.grid].present
    with_committee, with_grid = ties_now(world.households, world.params, h, present, day)
    contact(world.households, world.params, h, NO, day)
    chance = mediation_success(
        p.mediation_constant,
        p.mediation_trust,
        decoded(world.residents.trust[owner]),
        p.mediation_tie,
        max(with_committee, with_grid),
        p.mediation_tie_level,
        mediators_gain(
            world.levers[c].mediation_training,
            p.party_mediation,
            building.zone,
            world.communities[c].party_fatigue,
        ),
    )
    if uniform(seed, D_MEDIATION, key_of(matters, row), 0, matter.ticks) < chance:
        world.tally[0].dispute_settled += 1.0
        evaluate(world, c, day, seed, row, p.outcome_settled, YES, pool)
        finish(world, row, SETTLED, pool)
    else:
        evaluate(world, c, day, seed, row, p.outcome_none, NO, pool)
        fail(world, c, day, seed, row, pool)


@kernel
def fail(world, c, day, seed, row, pool):
    """After a failed mediation: petition, court, exit, or a cold conflict (Hirschman 1970; model rule 14)."""
    buildings, matters, tally = world.buildings, world.matters, world.tally
    p = world.params[0]
    matter = matters.rec[row]
    b = matter.building
    g = buildings[b].grid
    t = tally[0]
    t.in_dispute -= 1.0
    t.dispute_end += 1.0
    buildings[b].in_dispute -= 1
    u = uniform(seed, D_FAILED, key_of(matters, row), 0, matter.ticks)
    if u < p.failed_petition:
        t.petitions += 1.0
        set_stage(matters, row, CLAIMED, tally)
        petition(world, c, day, seed, row, pool, g)
    elif u < p.failed_petition + p.failed_court:
        t.courts += 1.0
        matter.flags |= WENT_COURT
        set_stage(matters, row, COURT, tally)
        dequeue(matters, world.grids, world.communities, row, pool, c, g)
        if case_of(matters, row).record == OPEN:  # offices close what is before a court
            close_record(matters, row, CLOSED, NO, tally, world.cohorts)
        matters.due[matter.case] = day + int(p.court_days)
    elif u < p.failed_petition + p.failed_court + p.failed_exit:
        t.exits += 1.0
        set_stage(matters, row, EXITED, tally)
        world.residents.rec[owner_of(matters, buildings, row)].exit_until = day + int(p.exit_days)
    else:
        t.colds += 1.0
        set_stage(matters, row, COLD, tally)


@kernel
def petition(world, c, day, seed, row, pool, g):
    """A petition goes straight to level 2, ahead by the days the law allows for an answer."""
    matters, tally = world.matters, world.tally
    p = world.params[0]
    case = case_of(matters, row)
    if case.place == DESK:
        return
    if case.first_claim < 0:
        case.first_claim = day
        tally[0].unvoiced -= 1.0
    case.claims += 1
    if case.work <= 0.0 and case.records == 0:  # nobody has looked at it yet
        case.work = own_work(world.kinds, np.int64(matters.rec[row].kind), seed, key_of(matters, row), NO)
    if case.record != OPEN:
        open_record(matters, row, YES, day, tally, world.cohorts)
    dequeue(matters, world.grids, world.communities, row, pool, c, g)
    set_vday(matters, row, world.params, kpi_in_force(p.kpi, world.levers[c].kpi), p.petition_days, day)
    enqueue_level2(matters, world.grids, world.communities, row, pool, c, g, tally)
