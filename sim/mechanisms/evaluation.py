"""Evaluation of what happened by those it happened to: satisfaction, expectation, trust, learned efficacy.

The only way from institutions to minds. Expectancy-disconfirmation (Oliver 1980; Van Ryzin
2004), procedural justice (Tyler 1990). No policy writes here; it can only change what happens.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.matters import case_of, key_of, owner_of
from sim.mechanisms.workforce import ties_now
from sim.numerics.draws import decision, exp, logistic, uniform
from sim.numerics.fixed_point import decoded, encoded
from sim.numerics.jit import kernel, rule
from sim.vocabulary import ADOPTED, APP, AT_LEVEL2, DETECTED, NO_CHANNEL, WECHAT
from sim.world.ties import first_ties, tie

D_DISADOPT = decision("disadopt")
EFFICACY = 65535.0


@rule
def justice(base, w_voice, voice, w_tie, tie, burnout, w_status, status, w_burnout):
    """Procedural justice
    J = clip(.45 + .10 voice + .15 tie (1 - burnout) + .10 status - .25 burnout) (rule 10).
    """
    return min(
        1.0,
        max(
            0.0,
            base + w_voice * voice + w_tie * tie * (1.0 - burnout) + w_status * status - w_burnout * burnout,
        ),
    )


@rule
def experience(
    outcome, waited, deadline, fairness, trust, w_outcome, w_speed, w_justice, speed_scale, trust_slope
):
    """Perceived quality P = .5 O + .25 exp(-(W - D)+ / 20) + .25 J (model rule 10), 0-1.

    Where little was achieved (O < .5) fair treatment counts only with those who trust: J is
    weighed by sigma(8 (T - .5)). Units: waited, deadline, speed_scale in days.
    """
    credit = fairness if outcome >= 0.5 else fairness * logistic(trust_slope * (trust - 0.5))
    return (
        w_outcome * outcome + w_speed * exp(-max(0.0, waited - deadline) / speed_scale) + w_justice * credit
    )


@rule
def response(perceived, expected, slope, disconfirmation, anchor, anchor_point):
    """Target of satisfaction y = b0 + b1 P + b2 (P - E),
    b0 such that y = .62 at P = E = .6 (model rule 10).
    """
    return anchor + slope * (perceived - anchor_point) + disconfirmation * (perceived - expected)


@rule
def satisfaction_after(satisfaction, target, weight, up, ratio):
    """S + w a (y - S), bad news weighing ``ratio`` times as much (model rule 10), within 0-1."""
    step = weight * up * (1.0 if target >= satisfaction else ratio)
    return min(1.0, max(0.0, satisfaction + min(step, 1.0) * (target - satisfaction)))


@rule
def expectation_after(expected, perceived, weight, learning):
    """E + w .15 (P - E): what was experienced is what is expected (model rule 10)."""
    return expected + weight * learning * (perceived - expected)


@rule
def trust_after(trust, perceived, expected, weight, gain, loss):
    """Trust rises by w .03 (1 - T) where P >= E, and falls by w .08 T where not (model rule 11)."""
    if perceived >= expected:
        return trust + weight * gain * (1.0 - trust)
    return trust - weight * loss * trust


@rule
def efficacy_after(efficacy, outcome, step):
    """Learned efficacy of a channel: eff + step (O - eff) (model rule 3), 0-1."""
    return efficacy + step * (outcome - efficacy)


@kernel
def learn_channel(residents, i, channel, outcome, step):
    """Move one resident's learned efficacy of one channel (stored in 1/65535)."""
    value = efficacy_after(residents.efficacy[i, channel] / EFFICACY, outcome, step)
    residents.efficacy[i, channel] = int(value * EFFICACY + 0.5)


@kernel
def spread_hearsay(row, outcome, params, residents, buildings, communities, matters):
    """Exposed neighbours and ties hear of it: a quarter of the claimant's own step (model rule 3)."""
    p = params[0]
    matter = matters.rec[row]
    b = matter.building
    channel = case_of(matters, row).channel
    owner = owner_of(matters, buildings, row)
    step = p.efficacy_learning * p.hearsay
    size = buildings[b].size
    if size > 1 and matter.exposed > 1:
        weight = step * (matter.exposed - 1) / (size - 1)
        buildings[b].heard[channel, 0] += weight
        buildings[b].heard[channel, 1] += weight * outcome
    first = communities[buildings[b].community].first_resident
    near, far = first_ties(residents, buildings, b, owner)
    for n in range(residents.near_n[owner] + residents.far_n[owner]):
        learn_channel(residents, tie(residents, owner, first, near, far, n), np.int64(channel), outcome, step)


@kernel
def perceived(world, c, day, row, outcome, waited, deadline, burnout):
    """P of a matter's owner for this outcome, from what the owner met."""
    buildings, matters = world.buildings, world.matters
    p = world.params[0]
    matter = matters.rec[row]
    i = owner_of(matters, buildings, row)
    channel = case_of(matters, row).channel
    h = world.communities[c].first_household + world.residents.rec[i].household
    with_committee, with_grid = ties_now(
        world.households, world.params, h, world.grids[buildings[matter.building].grid].present, day
    )
    informed = world.levers[c].status_info if channel == APP or channel == WECHAT else 0.0
    voice = min(
        1.0,
        world.levers[c].council_voice * buildings[matter.building].voice + buildings[matter.building].mandate,
    )
    fair = justice(
        p.justice_base,
        p.justice_voice,
        voice,
        p.justice_tie,
        max(with_committee, with_grid),
        burnout,
        p.justice_status,
        informed,
        p.justice_burnout,
    )
    return experience(
        outcome,
        waited,
        deadline,
        fair,
        decoded(world.residents.trust[i]),
        p.outcome_weight,
        p.speed_weight,
        p.justice_weight,
        p.speed_scale,
        p.justice_trust,
    )


@kernel
def count_event(tally, quality, cut, waited, deadline):
    """Count a closed matter of a claimant: how it was perceived (0-1), and whether it came in time (days)."""
    t = tally[0]
    t.event_n += 1.0
    t.event_p += quality
    if quality >= cut:
        t.event_satisfied += 1.0
    if waited <= deadline:
        t.on_time += 1.0


@kernel
def evaluate(world, c, day, seed, row, outcome, closing, pool):
    """An event reaches its owner, exposed neighbours (by the building) and ties (model rules 3, 10, 11).

    ``closing`` YES counts it among closed matters (event satisfaction); an answer out of scope or a
    failed mediation closes nothing. Who never claimed waited for nobody, unless patrol had come.
    """
    residents, buildings = world.residents, world.buildings
    communities, matters = world.communities, world.matters
    p = world.params[0]
    matter = matters.rec[row]
    case = case_of(matters, row)
    i = owner_of(matters, buildings, row)
    claimed = case.first_claim >= 0
    waited = 0.0
    if claimed:
        waited = float(day - case.first_claim)
    elif matter.flags & DETECTED:
        waited = float(day - case.opened)
    deadline = p.deadline_level2 if matter.flags & AT_LEVEL2 else p.deadline
    burnout = communities[c].burnout[pool]
    quality = perceived(world, c, day, row, outcome, waited, deadline, burnout)
    weight = 1.0 if claimed else (p.detected_weight if matter.flags & DETECTED else 1.0)
    expected = decoded(residents.expectation[i])
    target = response(
        quality, expected, p.response_slope, p.disconfirmation, p.response_anchor, p.anchor_point
    )
    residents.satisfaction[i] = encoded(
        satisfaction_after(decoded(residents.satisfaction[i]), target, weight, p.adapt_up, p.adapt_ratio)
    )
    residents.expectation[i] = encoded(expectation_after(expected, quality, weight, p.expectation_learning))
    residents.trust[i] = encoded(
        trust_after(decoded(residents.trust[i]), quality, expected, weight, p.trust_gain, p.trust_loss)
    )
    b = matter.building
    if buildings[b].size > 1 and matter.exposed > 1:
        share = weight * p.exposed_weight * (matter.exposed - 1) / (buildings[b].size - 1)
        buildings[b].exposure += share
        buildings[b].exposure_p += share * quality
    if claimed and case.channel != NO_CHANNEL:
        learn_channel(residents, i, np.int64(case.channel), outcome, p.efficacy_learning)
        spread_hearsay(row, outcome, world.params, residents, buildings, communities, matters)
        if closing:
            count_event(world.tally, quality, p.event_cut, waited, deadline)
        if case.channel == APP and quality < expected and residents.rec[i].flags & ADOPTED:
            if uniform(seed, D_DISADOPT, key_of(matters, row), day, 0) < p.disadoption:
                residents.rec[i].flags &= 255 - ADOPTED
                communities[c].adopters -= 1
    return quality
