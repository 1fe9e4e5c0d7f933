"""Disputes: when a condition turns into a conflict, and when a shared one into withheld fees.

Threshold cascades (Granovetter 1978), reversible: households pay again when the cause is gone.
"""

from __future__ import annotations

from sim.calendar import round_start
from sim.mechanisms.matters import (
    case_of,
    heat_at,
    key_of,
    owner_of,
    set_stage,
    severity_now,
    sort_todo,
    take_case,
)
from sim.mechanisms.problems import resident_key
from sim.numerics.draws import decision, uniform
from sim.numerics.fixed_point import decoded, encoded
from sim.numerics.jit import kernel, rule
from sim.vocabulary import (
    CLAIMED,
    DETECTED,
    DISPUTE,
    DISPUTED,
    LATENT,
    LUMPED,
    NAMED,
    PROPERTY,
    SLOT_DISPUTE,
    TODO,
)

D_EXPOSED = decision("exposed to a shared dispute")


@rule
def overdue_of(waited, start, span, cap):
    """Overdue = clip((W - 15) / 30, 0, 2), W days since the first resident's claim (model rule 13)."""
    return min(cap, max(0.0, (waited - start) / span))


@rule
def dispute_hazard(h0, conflict, severity, trust_level, trust, contact, overdue, w_heat, heat, contagion):
    """h0 * conflict * s * (1.3 - T) * (c + overdue + 1.5 heat + contagion), 1/day (model rule 13)."""
    return h0 * conflict * severity * (trust_level - trust) * (contact + overdue + w_heat * heat + contagion)


@rule
def joins(satisfaction, below, share, threshold):
    """A household's member withholds iff dissatisfied and enough others do
    (Granovetter 1978; model rule 15).
    """
    return satisfaction < below and share >= threshold


@kernel
def hazard_of(row, day, params, kinds, residents, buildings, matters):
    """The dispute hazard of a matter today, 1/day."""
    p = params[0]
    matter = matters.rec[row]
    case = case_of(matters, row)
    clock = case.first_claim
    if clock < 0 and p.overdue_from_detection > 0.5 and matter.flags & DETECTED:
        clock = case.opened
    overdue = (
        overdue_of(float(day - clock), p.overdue_start, p.overdue_span, p.overdue_cap) if clock >= 0 else 0.0
    )
    base = p.contact_base * (p.latent_contact if matter.stage == LATENT else 1.0)
    heat = heat_at(case.heat, p.heat_half_life, day - case.heat_day)
    contagion = min(
        1.0, p.contagion_weight * (buildings[matter.building].contagion + buildings[matter.building].week0)
    )
    return dispute_hazard(
        p.dispute_hazard,
        kinds[matter.kind].conflict,
        severity_now(matters, row, params, day),
        p.dispute_trust_level,
        decoded(residents.trust[owner_of(matters, buildings, row)]),
        base,
        overdue,
        p.heat_weight,
        heat,
        contagion,
    )


@kernel
def erupt(world, c, day):
    """Phase: conditions turn into disputes; hazards are all read before any dispute of today counts."""
    residents, buildings, matters = world.residents, world.buildings, world.matters
    work, tally = world.work, world.tally
    p = world.params[0]
    work.count[TODO] = 0
    for n in range(work.count[SLOT_DISPUTE], work.count[SLOT_DISPUTE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        stage = matters.rec[row].stage
        if stage != LATENT and stage != NAMED and stage != LUMPED and stage != CLAIMED:
            continue
        if work.rec[j].value < hazard_of(row, day, world.params, world.kinds, residents, buildings, matters):
            work.rec[work.count[TODO]].todo = row
            work.count[TODO] += 1
    sort_todo(matters, work)
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        matter = matters.rec[row]
        if matter.stage == DISPUTE:
            continue
        set_stage(matters, row, DISPUTE, tally)
        take_case(matters, world.communities, c, row, tally)
        owner = owner_of(matters, buildings, row)
        t = tally[0]
        t.disputes_all += 1.0
        t.in_dispute += 1.0
        building = buildings[matter.building]
        if matter.flags & DISPUTED == 0:
            matter.flags |= DISPUTED
            t.disputes += 1.0
            world.grids[building.grid].disputes += 1.0
        residents.trust[owner] = encoded(decoded(residents.trust[owner]) * p.dispute_trust)
        building.in_dispute += 1
        building.week0 += 1
        if (
            matter.exposed >= p.withhold_exposed
            and world.kinds[matter.kind].pool == PROPERTY
            and building.grievance < 0
        ):
            building.grievance = row
            building.grievance_key = key_of(matters, row)
            t.collectives += 1.0
            residents.rec[owner].withhold = 1


@kernel
def cascade(world, c, day, seed):
    """Phase (weekly, by building):
    exposed residents join or leave the withholding of fees (model rule 15).
    """
    residents, matters = world.residents, world.matters
    community = world.communities[c]
    start = community.first_building
    for b in range(
        round_start(start, community.buildings, day % 7), round_start(start, community.buildings, day % 7 + 1)
    ):
        building = world.buildings[b]
        if building.grievance < 0:
            continue
        matter = matters.rec[building.grievance]
        alive = matter.stage != 0 and key_of(matters, building.grievance) == building.grievance_key
        before = building.withheld
        if alive:
            withhold_week(day, seed, world.params, residents, building, b, matter.exposed)
        else:
            building.grievance = -1
            for i in range(building.first, building.first + building.size):
                residents.rec[i].withhold = 0
        building.withheld = withholding_households(residents, building)
        community.withheld += building.withheld - before


@kernel
def withhold_week(day, seed, params, residents, building, b, exposed):
    """One week of a building's cascade: join by threshold, leave after 30 contented days.

    The share that joined is counted among those exposed, and satisfaction is what one would answer
    (S + u): the whole building's share could never pass the thresholds of the few who are exposed.
    """
    p = params[0]
    joined = 0
    for i in range(building.first, building.first + building.size):
        joined += 1 if residents.rec[i].withhold > 0 else 0
    share = joined / max(exposed, 1)
    chance = (exposed - 1) / max(building.size - 1, 1)
    weeks = int(p.withhold_days / 7.0 + 0.5)
    for i in range(building.first, building.first + building.size):
        state = residents.rec[i].withhold
        says = decoded(residents.satisfaction[i]) + residents.rec[i].disposition / 32768.0
        content = says > p.withhold_leave
        if state == 0:
            key = resident_key(b, building.first, i)
            touched = uniform(seed, D_EXPOSED, key, building.grievance_key, 0) < chance
            if touched and joins(says, p.withhold_satisfaction, share, residents.rec[i].threshold / 32768.0):
                residents.rec[i].withhold = 1
        elif content:
            residents.rec[i].withhold = state + 1 if state < weeks else 0
        else:
            residents.rec[i].withhold = 1


@kernel
def withholding_households(residents, building):
    """Households of a building in which somebody withholds."""
    count = 0
    last = -1
    for i in range(building.first, building.first + building.size):
        h = int(residents.rec[i].household)
        if residents.rec[i].withhold > 0 and h != last:
            count += 1
            last = h
    return count
