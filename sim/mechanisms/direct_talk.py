"""Direct talk with the counterparty: neighbours settle it themselves, or part hotter than before.

What the state does not do people practise, and what it does they forget (Ostrom 1996):
talk succeeds by belonging and self-help skill.
"""

from __future__ import annotations

from sim.mechanisms.matters import heat_at, key_of, owner_of, set_stage, take_case
from sim.mechanisms.participation import acted
from sim.mechanisms.records import finish
from sim.numerics.draws import decision, logistic, uniform
from sim.numerics.fixed_point import decoded, encoded
from sim.numerics.jit import kernel, rule
from sim.vocabulary import DIRECT, NAMED, SETTLED, WAS_DIRECT, WAS_NAMED

D_TALK = decision("direct talk")


@rule
def talk_success(
    constant, w_belonging, belonging, w_severity, severity, w_kind, conflict, w_selfhelp, selfhelp
):
    """Probability that neighbours settle it themselves (model rule 4), 0-1."""
    return logistic(
        constant
        + w_belonging * (belonging - 0.5)
        - w_severity * severity
        + w_kind * (1.0 - conflict)
        + w_selfhelp * (selfhelp - 0.5)
    )


@kernel
def talk(world, c, day, seed, row, s):
    """Direct talk with the counterparty: settled, or named again and hotter (model rule 4)."""
    residents, buildings, matters, tally = world.residents, world.buildings, world.matters, world.tally
    p = world.params[0]
    matter = matters.rec[row]
    i = owner_of(matters, buildings, row)
    building, kind = buildings[matter.building], world.kinds[matter.kind]
    set_stage(matters, row, DIRECT, tally)
    matter.flags |= WAS_DIRECT | WAS_NAMED
    acted(residents, i)
    tally[0].direct += 1.0
    building.state_share -= p.selfhelp_memory * building.state_share
    belonging = decoded(residents.belonging[i])
    chance = talk_success(
        p.talk_constant,
        p.talk_belonging,
        belonging,
        p.talk_severity,
        s,
        p.talk_kindness,
        kind.conflict,
        p.talk_selfhelp,
        building.selfhelp,
    )
    if uniform(seed, D_TALK, key_of(matters, row), 0, matter.ticks) < chance:
        residents.belonging[i] = encoded(belonging + p.talk_gain * (1.0 - belonging))
        tally[0].direct_settled += 1.0
        finish(world, row, SETTLED, int(kind.pool))
    else:
        residents.belonging[i] = encoded(belonging - p.talk_loss * belonging)
        case = take_case(matters, world.communities, c, row, tally)
        case.heat = min(p.heat_cap, heat_at(case.heat, p.heat_half_life, day - case.heat_day) + p.talk_heat)
        case.heat_day = day
        case.pause_until = day + int(p.pause_days)
        set_stage(matters, row, NAMED, tally)
