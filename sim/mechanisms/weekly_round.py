"""Slow change of attitudes: weekly drift, influence between neighbours, adoption, and the survey.

Once a week, building by building (each weekday has a seventh of a community's buildings). Expectancy drifts
to habit, satisfaction rests on what one lives with; neighbours within confidence of each other
converge (Deffuant 2000); apps spread (Bass 1969). Policies act on none of it directly.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sim.calendar import round_start
from sim.mechanisms.evaluation import EFFICACY, learn_channel, response, satisfaction_after
from sim.mechanisms.problems import resident_key
from sim.numerics.draws import decision, exp, logistic, uniform
from sim.numerics.fixed_point import MIND, decoded, encoded
from sim.numerics.jit import kernel, rule
from sim.vocabulary import ADOPTED, APP, ELDERLY, MIGRANT, SEEN
from sim.world.ties import tie

D_TIE = decision("whom I meet")
D_ADOPT = decision("adoption")
D_LAUNCH = decision("launch drive")


@rule
def ambient_target(constant, w_load, load, w_disputes, disputes, w_belonging, belonging):
    """Where satisfaction rests: a0 - k_a x_b - .3 disputes per 10 residents + .2 (B - .5) (model rule 12)."""
    return constant - w_load * load - w_disputes * disputes + w_belonging * (belonging - 0.5)


@rule
def met(mine, other, openness, mu, epsilon):
    """My opinion after meeting another within my confidence:
    x + mu (y - x) if |y - x| <= eps (Deffuant 2000).
    """
    gap = other - mine
    return mine + (mu * gap if abs(gap) <= epsilon * openness else 0.0)


@rule
def adoption_hazard(innovate, imitate, adopted_share, merit):
    """Daily rate of adopting the app: (p + q A) sigma(usefulness) / 365 (Bass 1969; model rule 18)."""
    return (innovate + imitate * adopted_share) * logistic(merit) / 365.0


@rule
def drift_share(rate, days):
    """Share of the way to rest after ``days`` of exponential drift: 1 - e**(-rate days). Unitless."""
    return 1.0 - exp(-rate * days)


@rule
def satisfied_probability(value, cut, noise):
    """Probability that a 5-point item under normal noise is answered 4 or 5: Phi((x - .6) / .08).

    Phi by the logistic approximation of Bowling et al. (2009), |error| < 1.5e-4.
    """
    z = (value - cut) / noise
    return logistic(1.5976 * z + 0.07056 * z * z * z)


@lru_cache(maxsize=8)
def satisfied_table(cut: float, noise: float) -> np.ndarray:
    """The survey rule at 1,024 values of 0-1 (a look-up is 20 times cheaper than an exponential)."""
    return np.array([satisfied_probability(i / 1023.0, cut, noise) for i in range(1024)])


@kernel
def selfhelp_drift(params, building):
    """Self-help skill decays while the state fixes everything and recovers with use
    (Ostrom 1996; model rule 4).
    """
    p = params[0]
    decay = 0.6931471805599453 / p.selfhelp_half_life * building.state_share
    gain = p.selfhelp_recovery * (1.0 - building.state_share)
    building.selfhelp += 7.0 * (gain * (1.0 - building.selfhelp) - decay * building.selfhelp)


@kernel
def hear(residents, building):
    """What the building heard of each channel this week reaches all its residents."""
    for k in range(residents.efficacy.shape[1]):
        weight = building.heard[k, 0]
        if weight > 0.0:
            outcome, step = float(building.heard[k, 1] / weight), min(float(weight), 1.0)
            for i in range(building.first, building.first + building.size):
                learn_channel(residents, i, k, outcome, step)
            building.heard[k, 0] = 0.0
            building.heard[k, 1] = 0.0


@kernel
def forget_channels(params, residents, building):
    """Every fourth week learned efficacies drift towards the prior (model rule 12)."""
    share = drift_share(params[0].drift_rate, 28.0)
    prior = params[0].efficacy_prior * EFFICACY
    for i in range(building.first, building.first + building.size):
        for k in range(residents.efficacy.shape[1]):
            value = float(residents.efficacy[i, k])
            residents.efficacy[i, k] = int(value + share * (prior - value) + 0.5)


@kernel
def drift(params, residents, building):
    """A building's week: shared events, ambient rest of satisfaction,
    habit of trust, expectation, belonging.
    """
    p = params[0]
    rest = drift_share(p.ambient_rate, 7.0)
    habit = drift_share(p.drift_rate, 7.0)
    root = drift_share(p.belonging_rate, 7.0)
    weight = min(building.exposure, 1.0)
    quality = building.exposure_p / building.exposure if building.exposure > 0.0 else 0.0
    disputes = 10.0 * building.in_dispute / max(building.size, 1)
    for i in range(building.first, building.first + building.size):
        s, e, b = (
            decoded(residents.satisfaction[i]),
            decoded(residents.expectation[i]),
            decoded(residents.belonging[i]),
        )
        if weight > 0.0:
            y = response(quality, e, p.response_slope, p.disconfirmation, p.response_anchor, p.anchor_point)
            s = satisfaction_after(s, y, weight, p.adapt_up, p.adapt_ratio)
        target = ambient_target(
            p.ambient_constant,
            p.ambient_load,
            building.ambient,
            p.ambient_disputes,
            disputes,
            p.ambient_belonging,
            b,
        )
        residents.satisfaction[i] = encoded(s + rest * (target - s))
        home = p.belonging_migrant if residents.rec[i].flags & MIGRANT else p.belonging_local
        # between two values of 0-1: nothing to clip
        residents.belonging[i] = np.uint16((b + root * (home - b)) * MIND + 0.5)
    habitual = habit * p.drift_target * MIND + 0.5
    # apart, so that it is done for several at once
    for i in range(building.first, building.first + building.size):
        residents.expectation[i] = np.uint16((1.0 - habit) * residents.expectation[i] + habitual)
        residents.trust[i] = np.uint16((1.0 - habit) * residents.trust[i] + habitual)
    building.exposure = 0.0
    building.exposure_p = 0.0


@kernel
def influence(day, seed, params, residents, building, b, first):
    """Each resident meets one tie;
    both move where they are within each other's confidence (Deffuant 2000).
    """
    p = params[0]
    if p.influence <= 0.0:
        return
    near, far = building.first_near, building.first_far
    # in steps of an attitude, per step of openness: the rule knows no scale
    reach = p.confidence * MIND / 255.0
    for i in range(building.first, building.first + building.size):
        ties = residents.near_n[i] + residents.far_n[i]
        u = uniform(seed, D_TIE, resident_key(b, building.first, i), day, 0)
        j = tie(residents, i, first, near, far, int(u * ties)) if ties > 0 else i
        near += residents.near_n[i]
        far += residents.far_n[i]
        if j == i:
            continue
        mine, yours = float(residents.rec[i].openness), float(residents.rec[j].openness)
        s, t = float(residents.satisfaction[i]), float(residents.satisfaction[j])
        residents.satisfaction[i] = np.uint16(met(s, t, mine, p.influence, reach) + 0.5)
        residents.satisfaction[j] = np.uint16(met(t, s, yours, p.influence, reach) + 0.5)
        s, t = float(residents.expectation[i]), float(residents.expectation[j])
        residents.expectation[i] = np.uint16(met(s, t, mine, p.influence, reach) + 0.5)
        residents.expectation[j] = np.uint16(met(t, s, yours, p.influence, reach) + 0.5)


@kernel
def adopt(day, seed, params, levers, c, residents, communities, building, b):
    """The launch drive enrols some at once;
    later adoption follows usefulness and neighbours (model rule 18).
    """
    p = params[0]
    lever = levers[c]
    if lever.open_app < 0.5 and lever.app_booking <= 0.0:
        return
    launch = building.launched == 0
    building.launched = 1
    share = communities[c].adopters / max(communities[c].residents, 1)
    # nobody's chance is higher
    most = 1.0 - exp(-7.0 * adoption_hazard(p.adoption_innovate, p.adoption_imitate, share, 50.0))
    for i in range(building.first, building.first + building.size):
        if residents.rec[i].flags & ADOPTED:
            continue
        key = resident_key(b, building.first, i)
        u = uniform(seed, D_ADOPT, key, day, 0)
        if u >= most and not launch:
            continue
        digital = residents.rec[i].digital / 65535.0
        merit = p.usefulness_digital * (digital - 0.5) + lever.app_merit + lever.app_booking
        merit += p.usefulness_efficacy * (residents.efficacy[i, APP] / EFFICACY - 0.5)
        joins = u < 1.0 - exp(-7.0 * adoption_hazard(p.adoption_innovate, p.adoption_imitate, share, merit))
        if launch and uniform(seed, D_LAUNCH, key, 0, 0) < min(1.0, lever.app_launch * 2.0 * logistic(merit)):
            joins = True
        if joins:
            residents.rec[i].flags |= ADOPTED
            communities[c].adopters += 1


@kernel
def survey(satisfied, residents, grids, building, tally):
    """The simulated survey: index clip(S + u), share answering 4 or 5, trust, belonging, expectation."""
    t = tally[0]
    top = len(satisfied) - 1
    item, total, old, away, both = 0.0, 0.0, 0.0, 0.0, 0.0
    n_old, n_away, n_both = 0.0, 0.0, 0.0
    trust, belonging, expectation = 0, 0, 0
    for i in range(building.first, building.first + building.size):
        value = min(
            1.0, max(0.0, decoded(residents.satisfaction[i]) + residents.rec[i].disposition / 32768.0)
        )
        flags = residents.rec[i].flags
        elderly, migrant = (1.0 if flags & ELDERLY else 0.0), (1.0 if flags & MIGRANT else 0.0)
        total += value
        old += elderly * value
        away += migrant * value
        both += elderly * migrant * value
        n_old += elderly
        n_away += migrant
        n_both += elderly * migrant
        item += satisfied[int(value * top + 0.5)]
        trust += residents.trust[i]
        belonging += residents.belonging[i]
        expectation += residents.expectation[i]
    t.index_sum0 += total - old - away + both
    t.index_sum1 += old - both
    t.index_sum2 += away - both
    t.index_sum3 += both
    t.index_n0 += building.size - n_old - n_away + n_both
    t.index_n1 += n_old - n_both
    t.index_n2 += n_away - n_both
    t.index_n3 += n_both
    t.item_sum += item
    t.heard_trust += decoded(trust)
    t.heard_belonging += decoded(belonging)
    t.heard_expectation += decoded(expectation)
    t.heard_n += building.size
    grids[building.grid].index_sum += total
    t.selfhelp += building.selfhelp * building.size
    t.load += building.load * building.size
    grids[building.grid].index_n += building.size


@kernel
def look_at(residents, building):
    """Have memory fetch a building's people all at once (see problems.arrive); returns a sum nobody needs."""
    seen = 0
    last = building.first + building.size
    # a line of memory holds three or four people's traits, four people's efficacies
    for i in range(building.first, last, 3):
        seen += residents.rec[i].flags + residents.efficacy[i, 0]
    for i in range(building.first, last, 32):
        seen += (
            residents.satisfaction[i] + residents.expectation[i] + residents.trust[i] + residents.belonging[i]
        )
    return seen


@kernel
def week(world, c, day, seed):
    """Phase: the buildings whose weekday it is drift, meet, adopt and are surveyed."""
    residents = world.residents
    community = world.communities[c]
    start = community.first_building
    memory = exp(-7.0 / 365.0)
    for b in range(
        round_start(start, community.buildings, day % 7), round_start(start, community.buildings, day % 7 + 1)
    ):
        building = world.buildings[b]
        if building.size == 0:
            continue
        world.work.count[SEEN] = look_at(residents, building)
        hear(residents, building)
        if day // 7 % 4 == 0:
            forget_channels(world.params, residents, building)
        drift(world.params, residents, building)
        influence(day, seed, world.params, residents, building, b, community.first_resident)
        adopt(day, seed, world.params, world.levers, c, residents, world.communities, building, b)
        selfhelp_drift(world.params, building)
        survey(world.satisfied, residents, world.grids, building, world.tally)
        building.week3, building.week2, building.week1, building.week0 = (
            building.week2,
            building.week1,
            building.week0,
            0,
        )
        building.contagion = building.week1 + building.week2 + building.week3
        for k in range(8):
            world.buildings[b].kind_claims[k] *= memory
