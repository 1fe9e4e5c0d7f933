"""The owner's choice: when a condition is named, when it is decided on, and what is done about it.

Naming, blaming, claiming (Felstiner, Abel & Sarat 1980); exit, voice and loyalty (Hirschman 1970). One
nested logit: lump it, talk to the counterparty, or take it to one of the formal channels.
"""

from __future__ import annotations

import math

import numpy as np

from sim.mechanisms.evaluation import EFFICACY
from sim.mechanisms.matters import key_of, owner_of
from sim.mechanisms.workforce import ties_now
from sim.numerics.draws import decision, exp, log, uniform
from sim.numerics.fixed_point import decoded
from sim.numerics.jit import kernel, rule
from sim.vocabulary import ADOPTED, APP, COUNCIL, GRID_WORKER, PARTY_MEMBER

D_CHOICE = decision("channel choice")


@rule
def naming_hazard(rate, severity):
    """Rate at which a latent condition is named as a problem: .04 s**1.5, 1/day (model rule 2)."""
    return rate * severity * math.sqrt(severity)


@rule
def deciding_hazard(rate, severity):
    """Rate at which the owner decides what to do:
    .12 s once named, .02 s once lumped, 1/day (model rule 3).
    """
    return rate * severity


@rule
def direct_utility(constant, w_belonging, belonging, w_severity, severity, w_selfhelp, selfhelp):
    """Utility of talking to the counterparty: -.7 + 1.4 (B - .5) + .8 s + .8 (C_b - .5) (model rule 3)."""
    return constant + w_belonging * (belonging - 0.5) + w_severity * severity + w_selfhelp * (selfhelp - 0.5)


@rule
def formal_utility(
    constant, w_severity, severity, w_efficacy, efficacy, w_voice, voice, w_trust, trust, cost
):
    """Utility of a formal channel:
    -4.9 + 2.6 s + 1.5 (eff - .5) + .6 v + .8 (T - .5) - cost (model rule 3).
    """
    return (
        constant
        + w_severity * severity
        + w_efficacy * (efficacy - 0.5)
        + w_voice * voice
        + w_trust * (trust - 0.5)
        - cost
    )


@rule
def channel_cost(base, slope, tie, digital):
    """Effort of a channel:
    flat (slope 0), base (1 - tie) (slope 1) or base (1 - digital) (slope 2) (model rule 3).
    """
    if slope == 1.0:
        return base * (1.0 - tie)
    if slope == 2.0:
        return base * (1.0 - digital)
    return base


@rule
def nest_weight(total, dissimilarity):
    """exp of the formal nest's inclusive value:
    (sum of exp(V / lambda)) ** lambda (nested logit, McFadden 1978).
    """
    if total <= 0.0:
        return 0.0
    return exp(dissimilarity * log(total))


@kernel
def channel_weight(world, c, day, k, row, s):
    """exp(V / lambda) of formal channel ``k`` for a matter's owner (model rule 3);
    0 where it cannot be used.
    """
    channels, residents = world.channels, world.residents
    communities, matters = world.communities, world.matters
    p = world.params[0]
    i, building = owner_of(matters, world.buildings, row), world.buildings[matters.rec[row].building]
    person = residents.rec[i]
    if communities[c].opened[k] != 1 or person.exit_until > day:
        return 0.0
    if k == APP and person.flags & ADOPTED == 0:
        return 0.0
    if k == COUNCIL and not 0 <= communities[c].next_meeting - day <= p.council_window:
        return 0.0
    tie = 0.0
    if channels[k].cost_slope == 1.0:
        if k == PARTY_MEMBER:
            tie = min(1.0, building.zone)
        else:
            h = communities[c].first_household + person.household
            with_committee, with_grid = ties_now(
                world.households, world.params, h, world.grids[building.grid].present, day
            )
            tie = with_grid if k == GRID_WORKER else with_committee
    cost = channel_cost(channels[k].cost_base, channels[k].cost_slope, tie, person.digital / 65535.0)
    v = formal_utility(
        p.formal_constant,
        p.formal_severity,
        s,
        p.formal_efficacy,
        residents.efficacy[i, k] / EFFICACY,
        p.formal_voice,
        person.voice / 4096.0,
        p.formal_trust,
        decoded(residents.trust[i]),
        cost,
    )
    return exp(v / p.dissimilarity)


@kernel
def choose(world, c, day, seed, row, s):
    """One nested-logit decision of an owner: -2 lump, -1 direct talk, else the channel's code."""
    matters = world.matters
    p = world.params[0]
    matter = matters.rec[row]
    total = 0.0
    for k in range(len(world.channels)):
        total += channel_weight(world, c, day, k, row, s)
    nest = nest_weight(total, p.dissimilarity)
    talk = 0.0
    if world.kinds[matter.kind].direct > 0.0:
        belonging = decoded(world.residents.belonging[owner_of(matters, world.buildings, row)])
        talk = exp(
            direct_utility(
                p.direct_constant,
                p.direct_belonging,
                belonging,
                p.direct_severity,
                s,
                p.direct_selfhelp,
                world.buildings[matter.building].selfhelp,
            )
        )
    u = uniform(seed, D_CHOICE, key_of(matters, row), 0, matter.ticks) * (1.0 + talk + nest)
    if u < 1.0:
        return np.int64(-2)
    if u < 1.0 + talk:
        return -1
    u = (u - 1.0 - talk) / nest * total
    for k in range(len(world.channels)):
        u -= channel_weight(world, c, day, k, row, s)
        if u < 0.0:
            return k
    return 0
