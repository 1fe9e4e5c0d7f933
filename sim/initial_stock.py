"""The stock of conditions that a place already has on its first day.

A condition lives for months, so a world that begins empty needs years to fill: what arose in the 600
days before day 0 is fast-forwarded in steps of seven weeks with the rules of problems.py and
resident.py. What was claimed then is taken as dealt with. Only the start depends on it, and the
burn-in forgets it. The parameter past_days says how far back; at 0 the world begins empty.
"""

from __future__ import annotations

import numpy as np

from sim.agents.resident import deciding_hazard, naming_hazard
from sim.mechanisms.hazards import rewind
from sim.mechanisms.matters import set_stage, severity_at
from sim.mechanisms.problems import (
    D_SEVERITY,
    arrival_majorant,
    candidate_kind,
    create,
    fading_hazard,
    resident_key,
)
from sim.numerics.draws import decision, exp, exponential, uniform
from sim.numerics.jit import kernel
from sim.vocabulary import ELDERLY, FADED, FIXED, LATENT, LUMPED, NAMED, WAS_NAMED, WELFARE

STEP = 50.0  # days
SOLVED = 0.5  # share of decisions that end a condition (the others lump it again); baseline: .4-.6
D_GAP = decision("past problem gap")
D_KIND = decision("past problem kind")
D_ACCEPT = decision("past problem accepted")
D_FATE = decision("past problem's fate")
KEY_OFFSET = 1 << 19  # candidates of the past are numbered apart from those to come


@kernel
def survive(params, fading, severity, age, seed, key):
    """Stage on day 0 of a condition that arose ``age`` days before: LATENT, LUMPED, or FADED and FIXED
    (gone).
    """
    p = params[0]
    stage = LATENT
    t = 0.0
    n = 0
    while t < age:
        span = min(STEP, age - t)
        s = severity_at(severity, p.severity_growth, t)
        u = uniform(seed, D_FATE, key, n, 0)
        fade = 1.0 - exp(-span * fading_hazard(fading, s))
        move = (
            naming_hazard(p.naming_rate, s)
            if stage == LATENT
            else SOLVED * deciding_hazard(p.decide_lumped, s)
        )
        if u < fade:
            return FADED
        if u < fade + (1.0 - fade) * (1.0 - exp(-span * move)):
            if stage == LUMPED:
                return FIXED
            stage = LUMPED
        t += span
        n += 1
    return stage


@kernel
def begin(c, seed, params, kinds, season, severity0, residents, buildings, grids, communities, m, tally):
    """Create what is left on day 0 of a community's conditions of the past 600 days."""
    p = params[0]
    community = communities[c]
    majorant = arrival_majorant(params, kinds, season)
    weight = p.welfare_elderly_weight
    bound = majorant / (1.0 + kinds[WELFARE].share * (weight - 1.0))
    for i in range(community.first_resident, community.first_resident + community.residents):
        b = np.int64(residents.rec[i].building)
        building = buildings[b]
        key = resident_key(b, building.first, i)
        rate = max(p.problem_rate / 365.0 * building.frailty * majorant, 1e-9)
        ago = p.past_days
        n = 0
        while True:
            n += 1
            ago -= exponential(uniform(seed, D_GAP, key, 0, n)) / rate
            if ago <= 0.0:
                break
            elderly = residents.rec[i].flags & ELDERLY
            k = candidate_kind(
                kinds, elderly, weight, building.welfare_norm, uniform(seed, D_KIND, key, 0, n)
            )
            if k >= 0 and uniform(seed, D_ACCEPT, key, 0, n) * bound < 1.0:
                matter = (key << np.uint64(20)) | np.uint64(KEY_OFFSET + n)
                keep(
                    c,
                    seed,
                    matter,
                    k,
                    i,
                    b,
                    ago,
                    params,
                    kinds,
                    residents,
                    buildings,
                    grids,
                    communities,
                    m,
                    tally,
                    severity0,
                )
    rows = c * (len(m.rec) // len(communities))
    for row in range(
        rows, rows + community.used
    ):  # now, not on day 0: room is reserved for clocks that are not wound up
        rewind(row, 0.0, params, kinds, seed, m)


@kernel
def keep(
    c, seed, key, k, i, b, ago, params, kinds, residents, buildings, grids, communities, m, tally, severity0
):
    """Create one past condition if it is still there on day 0."""
    severity = severity0[int(uniform(seed, D_SEVERITY, key, 0, 0) * len(severity0))]
    stage = survive(params, kinds[k].fading, severity, ago, seed, key)
    if stage != LATENT and stage != LUMPED:
        return
    onset = -np.int64(ago) - 1
    row = create(
        c,
        onset,
        seed,
        key,
        k,
        i,
        b,
        params,
        kinds,
        residents,
        buildings,
        grids,
        communities,
        m,
        tally,
        severity0,
    )
    if row >= 0 and stage == LUMPED:
        m.rec[row].flags |= WAS_NAMED
        set_stage(m, row, NAMED, tally)
        set_stage(m, row, LUMPED, tally)
