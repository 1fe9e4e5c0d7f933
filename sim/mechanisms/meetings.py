"""Meetings of a residents' council: who is invited, who comes, and whose voice weighs (model rule 19).

Four ways of coming together: open doors, by lot (sortition), deputies of the buildings (delegates), online.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.participation import acted
from sim.mechanisms.problems import resident_key
from sim.numerics.draws import decision, exponential, log, logistic, uniform
from sim.numerics.fixed_point import decoded
from sim.numerics.jit import builder, kernel, rule
from sim.vocabulary import ELDERLY, MIGRANT, OWNER

D_ATTEND = decision("council attendance")
D_SORTITION = decision("sortition")
D_DEPUTY = decision("deputy of the building")
OPEN_DOORS, SORTITION, DELEGATES, ONLINE = np.int64(0), np.int64(1), np.int64(2), np.int64(3)
SELECTIONS = {"open": OPEN_DOORS, "sortition": SORTITION, "delegates": DELEGATES, "online": ONLINE}


@rule
def attendance(base, stake, w_voice, voice, w_belonging, belonging, fatigue):
    """Probability of coming to an open meeting (model rule 19): a logit in voice, belonging, age and stake.

    base + w_voice v + w_belonging (B - .5) + w_e elderly + w_m migrant + w_o owner - fatigue.
    """
    return logistic(base + w_voice * voice + w_belonging * (belonging - 0.5) + stake - fatigue)


@rule
def say(voice, loudness):
    """Weight of one who is present: 1 + loudness * max(0, v),
    since the loud are heard more (model rule 19).
    """
    return 1.0 + loudness * max(0.0, voice)


@rule
def online_attendance(base, w_voice, voice, w_belonging, belonging, w_digital, digital, fatigue):
    """Probability of taking part online: cheap for the skilled,
    sigma(base + w_v v + w_B (B - .5) + w_d (d - .5) - fatigue).
    """
    return logistic(
        base + w_voice * voice + w_belonging * (belonging - 0.5) + w_digital * (digital - 0.5) - fatigue
    )


@kernel
def stake_of(flags):
    """(elderly, migrant, owner) as 0 or 1."""
    return 1.0 if flags & ELDERLY else 0.0, 1.0 if flags & MIGRANT else 0.0, 1.0 if flags & OWNER else 0.0


@builder
def choose_deputies(b, seed, n, w, residents, buildings, deputies):
    """Rows of the ``n`` deputies of a building, the same for good:
    a draw without replacement by exp of what brings people to meetings.

    Gumbel-max (Plackett-Luce): belonging is left out, since it changes and a mandate does not.
    """
    best = np.zeros(n)
    count = 0
    for i in range(buildings[b].first, buildings[b].first + buildings[b].size):
        person = residents.rec[i]
        elderly, migrant, owner = stake_of(person.flags)
        score = w[1] * person.voice / 4096.0 + w[3] * elderly + w[4] * migrant + w[5] * owner
        score -= log(exponential(uniform(seed, D_DEPUTY, resident_key(b, buildings[b].first, i), 0, 0)))
        k = min(count, n - 1)
        if count == n and score <= best[k]:
            continue
        while k > 0 and best[k - 1] < score:
            best[k] = best[k - 1]
            deputies[k] = deputies[k - 1]
            k -= 1
        best[k] = score
        deputies[k] = i
        count = min(count + 1, n)
    return count


@kernel
def comes(i, b, day, seed, how, w, fatigue, residents, buildings):
    """Whether an invited resident takes part."""
    person = residents.rec[i]
    voice, belonging = person.voice / 4096.0, decoded(residents.belonging[i])
    if how == SORTITION:
        chance = logistic(w[7] - fatigue)
    elif how == DELEGATES:
        chance = logistic(w[8] - fatigue)
    elif how == ONLINE:
        chance = online_attendance(
            w[9], w[1], voice, w[2], belonging, w[10], person.digital / 65535.0, fatigue
        )
    else:
        elderly, migrant, owner = stake_of(person.flags)
        stake = w[3] * elderly + w[4] * migrant + w[5] * owner
        chance = attendance(w[0], stake, w[1], voice, w[2], belonging, fatigue)
    return uniform(seed, D_ATTEND, resident_key(b, buildings[b].first, i), day, 0) < chance


@builder
def assemble(world, c, day, seed, how, invited_share, deputies_each, w, fatigue, weight):
    """Who comes, and with what weight, by building;
    returns (present, invited, sum of voice of those present).

    ``w`` holds the policy's weights: base, voice, belonging, elderly,
    migrant, owner, loudness, answer, deputy, online, digital.
    """
    residents, buildings = world.residents, world.buildings
    community = world.communities[c]
    present, invited, voices = 0, 0, 0.0
    deputies = np.zeros(deputies_each, np.int64)
    for b in range(community.first_building, community.first_building + community.buildings):
        weight[b - community.first_building] = 0.0
        first, n = buildings[b].first, buildings[b].size
        if how == DELEGATES:
            n = choose_deputies(b, seed, deputies_each, w, residents, buildings, deputies)
        for k in range(n):
            i = deputies[k] if how == DELEGATES else first + k
            if residents.rec[i].exit_until > day:
                continue
            if (
                how == SORTITION
                and uniform(seed, D_SORTITION, resident_key(b, first, i), day, 0) >= invited_share
            ):
                continue
            invited += 1
            if comes(i, b, day, seed, how, w, fatigue, residents, buildings):
                voice = residents.rec[i].voice / 4096.0
                present += 1
                voices += voice
                weight[b - community.first_building] += say(voice, w[6])
                acted(residents, i)
    return present, invited, voices
