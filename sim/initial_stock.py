"""The stock of conditions that a place already has on its first day.

A condition lives for months, so a world that begins empty needs years to fill: what arose in the 600
days before day 0 is fast-forwarded in steps of seven weeks with the rules of problems.py and
resident.py. What was claimed then is taken as dealt with. Only the start depends on it, and the
burn-in forgets it. The parameter past_days says how far back; at 0 the world begins empty.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.choice import deciding_hazard, naming_hazard
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
    """Stage on day 0 of a condition that arose ``age`` days before:
    LATENT, LUMPED, or FADED and FIXED (gone).
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
def begin(world, c, seed):
    """Create what is left on day 0 of a community's conditions of the past 600 days."""
    kinds, matters = world.kinds, world.matters
    p = world.params[0]
    community = world.communities[c]
    majorant = arrival_majorant(world.params, kinds, world.season)
    weight = p.welfare_elderly_weight
    bound = majorant / (1.0 + kinds[WELFARE].share * (weight - 1.0))
    for i in range(community.first_resident, community.first_resident + community.residents):
        b = np.int64(world.residents.rec[i].building)
        building = world.buildings[b]
        key = resident_key(b, building.first, i)
        rate = max(p.problem_rate / 365.0 * building.frailty * majorant, 1e-9)
        ago = p.past_days
        n = 0
        while True:
            n += 1
            ago -= exponential(uniform(seed, D_GAP, key, 0, n)) / rate
            if ago <= 0.0:
                break
            elderly = world.residents.rec[i].flags & ELDERLY
            k = candidate_kind(
                kinds, elderly, weight, building.welfare_norm, uniform(seed, D_KIND, key, 0, n)
            )
            if k >= 0 and uniform(seed, D_ACCEPT, key, 0, n) * bound < 1.0:
                matter_key = (key << np.uint64(20)) | np.uint64(KEY_OFFSET + n)
                keep(world, c, seed, matter_key, k, i, b, ago)
    rows = c * (len(matters.rec) // len(world.communities))
    # now, not on day 0: room is reserved for clocks that are not wound up
    for row in range(rows, rows + community.used):
        rewind(row, 0.0, world.params, kinds, seed, matters)


@kernel
def keep(world, c, seed, key, k, i, b, ago):
    """Create one past condition if it is still there on day 0."""
    matters = world.matters
    severity = world.severity0[int(uniform(seed, D_SEVERITY, key, 0, 0) * len(world.severity0))]
    stage = survive(world.params, world.kinds[k].fading, severity, ago, seed, key)
    if stage != LATENT and stage != LUMPED:
        return
    onset = -np.int64(ago) - 1
    row = create(world, c, onset, seed, key, k, i, b)
    if row >= 0 and stage == LUMPED:
        matters.rec[row].flags |= WAS_NAMED
        set_stage(matters, row, NAMED, world.tally)
        set_stage(matters, row, LUMPED, world.tally)
