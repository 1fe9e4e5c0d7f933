"""Grid workers (网格员): patrol, home visits, and the committee's matters of their own grid.

Detection feeds the same finite queues: over-detection, paperwork and a moved bottleneck are how
the grid fails. Absent at baseline: their lever is zero, and zero is exactly off.
"""

from __future__ import annotations

import numpy as np

from sim.calendar import is_workday
from sim.mechanisms.matters import case_of, key_of, set_stage, sort_todo, take_case
from sim.mechanisms.problems import job_of, own_work
from sim.mechanisms.queues import enqueue_level1, set_vday
from sim.mechanisms.records import open_record
from sim.mechanisms.service import serve_grid
from sim.mechanisms.workforce import contact, kpi_in_force
from sim.numerics.draws import decision, uniform
from sim.numerics.jit import kernel, rule
from sim.vocabulary import (
    CLAIMED,
    COLD,
    COMMITTEE,
    DETECTED,
    EXITED,
    LATENT,
    LUMPED,
    NAMED,
    NO,
    OPEN,
    SLOT_DETECT,
    TODO,
    YES,
)

LABEL = "grid_worker"
READS = ("grid_workers", "patrol", "visits", "sensor_rate")
COLUMNS = ("grid", "pool", "slot", "fte", "burnout", "skill", "hired", "vacant_until")
D_VISIT = decision("home visit")


@rule
def detection_hazard(rate, patrol, reference, present, sensor, visibility, workday):
    """Rate at which a visible, unclaimed condition is found (model rule 8), 1/day.

    visibility * (rate * workers present * patrol / .25 on workdays + sensors every day).
    """
    walked = rate * present * patrol / reference if workday else 0.0
    return visibility * (walked + sensor)


@kernel
def detect(world, c, day, seed):
    """Phase: patrol and sensors open records for what nobody has claimed."""
    kinds, matters, work, tally = world.kinds, world.matters, world.work, world.tally
    p = world.params[0]
    lever = world.levers[c]
    work.count[TODO] = 0
    workday = is_workday(day)
    for n in range(work.count[SLOT_DETECT], work.count[SLOT_DETECT + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        matter = matters.rec[row]
        if case_of(matters, row).record == OPEN:
            continue
        if (
            matter.stage != LATENT
            and matter.stage != NAMED
            and matter.stage != LUMPED
            and matter.stage != COLD
            and matter.stage != EXITED
        ):
            continue
        present = world.grids[world.buildings[matter.building].grid].present
        hazard = detection_hazard(
            p.patrol_rate,
            lever.patrol,
            p.patrol_reference,
            present,
            lever.sensor_rate,
            kinds[matter.kind].visibility,
            workday,
        )
        if work.rec[j].value < hazard:
            work.rec[work.count[TODO]].todo = row
            work.count[TODO] += 1
    sort_todo(matters, work)
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        matter = matters.rec[row]
        if case_of(matters, row).record == OPEN:
            continue
        case = take_case(matters, world.communities, c, row, tally)
        g = world.buildings[matter.building].grid
        tally[0].detected += 1.0
        matter.flags |= DETECTED
        set_stage(matters, row, CLAIMED, tally)
        if case.work <= 0.0:  # found for the first time, or again after a partial fix
            case.work = own_work(
                kinds, np.int64(matter.kind), seed, key_of(matters, row), job_of(case.records)
            )
        open_record(matters, row, NO, day, tally, world.cohorts)
        set_vday(matters, row, world.params, kpi_in_force(p.kpi, lever.kpi), 0.0, day)
        enqueue_level1(matters, world.grids, world.communities, row, int(kinds[matter.kind].pool), c, g)


@kernel
def visit(world, c, day, seed):
    """Phase (workdays): grid workers call on households of their grid; ties grow (model rule 17)."""
    grids = world.grids
    community = world.communities[c]
    for g in range(community.first_grid, community.first_grid + community.grids):
        n = int(world.levers[c].visits * grids[g].present + 0.5)
        for v in range(n):
            u = uniform(seed, D_VISIT, g, day, v)
            h = grids[g].first_household + int(u * grids[g].households)
            contact(world.households, world.params, h, YES, day)
        world.tally[0].visits += n


@kernel
def serve_own_grid(world, c, day, seed):
    """Phase (workdays): each grid worker serves the committee's matters of the own grid."""
    grids = world.grids
    community = world.communities[c]
    for g in range(community.first_grid, community.first_grid + community.grids):
        if grids[g].hours > 0.0:
            hours = grids[g].hours
            left = serve_grid(world, c, day, seed, g, COMMITTEE, YES, hours)
            world.tally[0].hours_committee += hours - left
            world.tally[0].hours_grid += hours - left
            grids[g].hours = left
