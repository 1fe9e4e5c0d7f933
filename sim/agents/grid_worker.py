"""Grid workers (网格员): patrol, home visits, and the committee's matters of their own grid.

Detection feeds the same finite queues: over-detection, paperwork and a moved bottleneck are how
the grid fails. Absent at baseline: their lever is zero, and zero is exactly off.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.matters import (
    case_of,
    enqueue_level1,
    key_of,
    open_record,
    set_stage,
    set_vday,
    sort_todo,
    take_case,
)
from sim.mechanisms.problems import job_of, own_work
from sim.mechanisms.service import is_workday, serve_grid
from sim.mechanisms.workforce import contact
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
def detect(c, day, seed, params, kinds, levers, buildings, grids, communities, m, work, tally, cohorts):
    """Phase: patrol and sensors open records for what nobody has claimed."""
    p = params[0]
    lever = levers[c]
    work.count[TODO] = 0
    workday = is_workday(day)
    for n in range(work.count[SLOT_DETECT], work.count[SLOT_DETECT + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        r = m.rec[row]
        if case_of(m, row).record == OPEN:
            continue
        if (
            r.stage != LATENT
            and r.stage != NAMED
            and r.stage != LUMPED
            and r.stage != COLD
            and r.stage != EXITED
        ):
            continue
        present = grids[buildings[r.building].grid].present
        hazard = detection_hazard(
            p.patrol_rate,
            lever.patrol,
            p.patrol_reference,
            present,
            lever.sensor_rate,
            kinds[r.kind].visibility,
            workday,
        )
        if work.rec[j].value < hazard:
            work.rec[work.count[TODO]].todo = row
            work.count[TODO] += 1
    sort_todo(m, work)
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        r = m.rec[row]
        if case_of(m, row).record == OPEN:
            continue
        q = take_case(m, communities, c, row, tally)
        g = buildings[r.building].grid
        tally[0].detected += 1.0
        r.flags |= DETECTED
        set_stage(m, row, CLAIMED, tally)
        if q.work <= 0.0:  # found for the first time, or again after a partial fix
            q.work = own_work(kinds, np.int64(r.kind), seed, key_of(m, row), job_of(q.records))
        open_record(m, row, NO, day, tally, cohorts)
        set_vday(m, row, params, min(1.0, max(0.0, p.kpi + lever.kpi)), 0.0, day)
        enqueue_level1(m, grids, communities, row, int(kinds[r.kind].pool), c, g)


@kernel
def visit(c, day, seed, params, levers, households, grids, communities, tally):
    """Phase (workdays): grid workers call on households of their grid; ties grow (model rule 17)."""
    community = communities[c]
    for g in range(community.first_grid, community.first_grid + community.grids):
        n = int(levers[c].visits * grids[g].present + 0.5)
        for v in range(n):
            u = uniform(seed, D_VISIT, g, day, v)
            contact(households, params, grids[g].first_household + int(u * grids[g].households), YES, day)
        tally[0].visits += n


@kernel
def serve_own_grid(
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
    """Phase (workdays): each grid worker serves the committee's matters of the own grid."""
    community = communities[c]
    for g in range(community.first_grid, community.first_grid + community.grids):
        if grids[g].hours > 0.0:
            hours = grids[g].hours
            left = serve_grid(
                c,
                g,
                day,
                seed,
                COMMITTEE,
                YES,
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
            tally[0].hours_committee += hours - left
            tally[0].hours_grid += hours - left
            grids[g].hours = left
