"""Households and residents, drawn building by building: who lives together, with which traits and attitudes.

A resident's key is its building and its place in it, so newcomers in one building leave everybody else's
traits untouched. How traits go together (migrants are younger and rent, Party members speak up, the old are
less digital) is set by parameters of the group *population*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.numerics.draws import bits, decision, exp, log, normal
from sim.numerics.jit import builder, kernel, rule
from sim.vocabulary import ELDERLY, MIGRANT, OWNER, PARTY, YOUNG

HOUSEHOLD, TRAIT, ATTITUDE = (decision(f"population.{n}") for n in ("household", "trait", "mind"))
VOICE, UNIT, DIGITAL, OPENNESS = 4096.0, 32768.0, 65535.0, 255.0  # fixed-point scales of the columns
_16, _WORD = np.uint64(16), np.uint64(0xFFFF)
_CELLS = 1024  # cells of the normal quantile table


class Chances(NamedTuple):
    """What the draws go by: parameters, shares of groups, quantile tables."""

    plan: np.ndarray  # (1,) parameters (population.PLAN)
    cells: np.ndarray  # (3, 2, 4) by estate and origin: elderly, elderly or young, owner, migrant
    party: np.ndarray  # (3, 2) share of Party members by age and origin
    powers: np.ndarray  # (3,) digital skill is u ** power, by age
    sizes: np.ndarray  # (12,) 16-bit cuts of the household size
    normal: np.ndarray  # (1025,) standard normal quantiles


class People(NamedTuple):
    """Columns over residents, to be filled; types and scales: population.Population."""

    building: np.ndarray
    household: np.ndarray
    flags: np.ndarray
    digital: np.ndarray
    voice: np.ndarray
    disposition: np.ndarray
    threshold: np.ndarray
    openness: np.ndarray
    satisfaction: np.ndarray
    expectation: np.ndarray
    trust: np.ndarray
    belonging: np.ndarray
    efficacy: np.ndarray


@rule
def part(word, n):
    """The n-th 16 bits (0-3) of a 64-bit word, as an integer."""
    return np.int64((word >> np.uint64(16 * n)) & _WORD)


@rule
def quantile(table, v):
    """Standard normal quantile of a 16-bit uniform, interpolated; none beyond 3.664 standard deviations."""
    i = v >> 6
    return table[i] + (table[i + 1] - table[i]) * ((v & 63) + 0.5) * 0.015625


@rule
def clip(x, low, high):
    """x held to [low, high]."""
    return min(max(x, low), high)


@builder
def normal_table():
    """Standard normal quantiles at multiples of 1/1024; the two ends are set so that the variance is 1."""
    table = np.empty(_CELLS + 1)
    for i in range(1, _CELLS):
        table[i] = normal(i / _CELLS)
    table[0], table[_CELLS] = -3.664, 3.664
    return table


@builder
def size_cuts(mean):
    """16-bit cuts of the household size 1 + Poisson(mean - 1), up to 12 persons."""
    cuts = np.empty(12, np.int64)
    p = exp(1.0 - mean)
    total = p
    for n in range(12):
        cuts[n] = np.int64(total * 65536.0)
        p *= (mean - 1.0) / (n + 1)
        total += p
    cuts[11] = 65536
    return cuts


@builder
def nobody(residents):
    """Columns for so many residents, not yet filled."""
    return People(
        np.empty(residents, np.uint16),
        np.empty(residents, np.uint16),
        np.empty(residents, np.uint8),
        np.empty(residents, np.uint16),
        np.empty(residents, np.int16),
        np.empty(residents, np.int16),
        np.empty(residents, np.int16),
        np.empty(residents, np.uint8),
        np.empty(residents, np.float32),
        np.empty(residents, np.float32),
        np.empty(residents, np.float32),
        np.empty(residents, np.float32),
        np.empty((residents, 7), np.uint16),
    )


@kernel
def age_of(cells, estate, migrant, v):
    """Age group (0 young, 1 adult, 2 elderly) of a 16-bit uniform in the place's shares."""
    u = (v + 0.5) / 65536.0
    if u < cells[estate, migrant, 0]:
        return 2
    return 0 if u < cells[estate, migrant, 1] else 1


@kernel
def settle(seed, b, first, size, estate, households, local, chances, people, home):
    """Households and who is who in one building; returns the number of households so far."""
    cells = chances.cells
    i, h = 0, 0
    together = np.int64(chances.plan[0].household_age * 65536.0)
    while i < size:
        key = (np.uint64(b) << _16) | np.uint64(h)
        w = bits(seed, HOUSEHOLD, key, 0, 0)
        n = 1
        while part(w, 0) >= chances.sizes[n - 1]:
            n += 1
        migrant = 1 if part(w, 1) < cells[estate, 0, 3] * 65536.0 else 0
        kind = MIGRANT if migrant else 0
        if part(w, 2) < cells[estate, migrant, 2] * 65536.0:
            kind |= OWNER
        home[households] = b
        for _ in range(min(n, size - i)):
            row = first + i
            own = bits(seed, TRAIT, (np.uint64(b) << _16) | np.uint64(i), 0, 0)
            age = age_of(cells, estate, migrant, part(w, 3) if part(own, 1) < together else part(own, 0))
            flag = kind | (ELDERLY if age == 2 else YOUNG if age == 0 else 0)
            if part(own, 2) < chances.party[age, migrant] * 65536.0:
                flag |= PARTY
            people.flags[row] = flag
            people.household[row] = households - local
            i += 1
        households += 1
        h += 1
    return households


@kernel
def give_traits(seed, b, first, size, chances, people):
    """Fixed traits of the residents of one building."""
    p, table = chances.plan[0], chances.normal
    for i in range(size):
        row = first + i
        key = (np.uint64(b) << _16) | np.uint64(i)
        own, w = bits(seed, TRAIT, key, 0, 0), bits(seed, TRAIT, key, 1, 0)
        flag = people.flags[row]
        age = 2 if flag & ELDERLY else 0 if flag & YOUNG else 1
        people.building[row] = b
        # u ** (1 / m - 1) has mean m on [0, 1]
        people.digital[row] = np.uint16(
            exp(chances.powers[age] * log((part(own, 3) + 0.5) / 65536.0)) * DIGITAL + 0.5
        )
        speaks = p.voice_party * ((1.0 if flag & PARTY else 0.0) - p.party_mean)
        speaks += p.voice_owner * ((1.0 if flag & OWNER else 0.0) - p.owner_mean)
        people.voice[row] = np.int16(
            math.floor(clip(quantile(table, part(w, 0)) + speaks, -7.9, 7.9) * VOICE + 0.5)
        )
        people.disposition[row] = np.int16(
            math.floor(clip(p.disposition_sd * quantile(table, part(w, 1)), -0.99, 0.99) * UNIT + 0.5)
        )
        joins = p.threshold_mean + p.threshold_sd * quantile(table, part(w, 2))
        people.threshold[row] = np.int16(math.floor(clip(joins, -0.99, 0.99) * UNIT + 0.5))
        open_minded = p.openness_low + (1.0 - p.openness_low) * (part(w, 3) + 0.5) / 65536.0
        people.openness[row] = np.uint8(open_minded * OPENNESS + 0.5)


@kernel
def give_attitudes(seed, b, first, size, chances, people):
    """Attitudes at the start; satisfaction, trust and belonging share a common factor."""
    p, table = chances.plan[0], chances.normal
    shared, own = math.sqrt(p.attitude_correlation), math.sqrt(1.0 - p.attitude_correlation)
    alike, apart = (
        p.efficacy_sd * math.sqrt(p.efficacy_common),
        p.efficacy_sd * math.sqrt(1.0 - p.efficacy_common),
    )
    for i in range(size):
        row = first + i
        key = (np.uint64(b) << _16) | np.uint64(i)
        w, x = bits(seed, ATTITUDE, key, 0, 0), bits(seed, ATTITUDE, key, 1, 0)
        y, z = bits(seed, ATTITUDE, key, 2, 0), bits(seed, ATTITUDE, key, 3, 0)
        factor = shared * quantile(table, part(w, 0))
        people.satisfaction[row] = clip(
            p.satisfaction_mean + p.satisfaction_sd * (factor + own * quantile(table, part(w, 1))), 0.0, 1.0
        )
        people.expectation[row] = clip(
            p.expectation_mean + p.expectation_sd * quantile(table, part(w, 2)), 0.0, 1.0
        )
        people.trust[row] = clip(
            p.trust_mean + p.trust_sd * (factor + own * quantile(table, part(w, 3))), 0.0, 1.0
        )
        home = p.belonging_mean - (p.belonging_migrant_gap if people.flags[row] & MIGRANT else 0.0)
        people.belonging[row] = clip(
            home + p.belonging_sd * (factor + own * quantile(table, part(x, 0))), 0.0, 1.0
        )
        base = p.efficacy_mean + alike * quantile(table, part(x, 1))
        for k in range(7):
            v = part(x, k + 2) if k < 2 else part(y, k - 2) if k < 6 else part(z, 0)
            people.efficacy[row, k] = np.uint16(
                clip(base + apart * quantile(table, v), 0.0, 1.0) * DIGITAL + 0.5
            )
