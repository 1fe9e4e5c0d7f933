"""The synthetic population: who lives where, with which traits, tied to which neighbours.

One compiled kernel fills every column from keyed draws. A resident's key is its building and its
place in it, so adding residents to one building leaves everybody else's traits untouched. Shares of
groups are the place's; how traits go together (migrants are younger and rent, Party members speak
up, the old are less digital) is set by parameters of the group *population*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.config import registry as schema
from sim.numerics.draws import bits, decision, exp, gamma, log, normal
from sim.numerics.jit import builder, kernel, rule
from sim.vocabulary import AGES, ELDERLY, ESTATES, MIGRANT, OWNER, PARTY, YOUNG
from sim.world.ties import weave

HOUSEHOLD, TRAIT, MIND, FRAILTY = (
    decision(f"population.{n}") for n in ("household", "trait", "mind", "frailty")
)
VOICE, UNIT, DIGITAL, OPENNESS = 4096.0, 32768.0, 65535.0, 255.0  # fixed-point scales of the columns
_16, _WORD = np.uint64(16), np.uint64(0xFFFF)
BUILDINGS_MAX = 65_535  # building rows are kept in 16 bits
_CELLS = 1024  # cells of the normal quantile table
PLAN = (  # registry entries that the kernel reads
    "satisfaction_mean",
    "satisfaction_sd",
    "expectation_mean",
    "expectation_sd",
    "trust_mean",
    "trust_sd",
    "belonging_mean",
    "belonging_sd",
    "belonging_migrant_gap",
    "efficacy_mean",
    "efficacy_sd",
    "efficacy_common",
    "attitude_correlation",
    "disposition_sd",
    "threshold_mean",
    "threshold_sd",
    "frailty_shape",
    "household_size",
    "household_age",
    "voice_party",
    "voice_owner",
    "openness_low",
    "tie_same_building",
    "tie_age_ratio",
    "tie_tenure_ratio",
)
PLAN_DTYPE = np.dtype([(name, "f8") for name in (*PLAN, "owner_mean", "party_mean")])


class Population(NamedTuple):
    """Columns over residents (R), buildings (B), households (H), grids (G) and communities (C).

    Rows are ordered community > grid > building > household. ``building`` is the row of the building
    table; ``household`` and ``tie_far`` count from the first household and resident of the community.
    """

    building: np.ndarray  # u2 (R)
    household: np.ndarray  # u2 (R), within the community
    flags: np.ndarray  # u1 (R): codes.ELDERLY | YOUNG | MIGRANT | OWNER | PARTY
    digital: np.ndarray  # u2 (R), skill * 65535
    voice: np.ndarray  # i2 (R), standard deviations * 4096
    disposition: np.ndarray  # i2 (R), * 32768
    threshold: np.ndarray  # i2 (R), share * 32768
    openness: np.ndarray  # u1 (R), * 255
    satisfaction: np.ndarray  # f4 (R), like the next three in [0, 1]
    expectation: np.ndarray
    trust: np.ndarray
    belonging: np.ndarray
    efficacy: np.ndarray  # u2 (R, 7), * 65535
    near_n: np.ndarray  # u1 (R), ties to rows nearer than 128
    far_n: np.ndarray  # u1 (R), other ties
    tie_near: np.ndarray  # u1, row distance + 128, in the order of residents; both directions are stored
    tie_far: np.ndarray  # u2, row within the community
    building_community: np.ndarray  # u2 (B)
    building_grid: np.ndarray  # u2 (B)
    building_estate: np.ndarray  # u1 (B)
    building_first: np.ndarray  # i4 (B), first resident
    building_size: np.ndarray  # i4 (B)
    building_frailty: np.ndarray  # f4 (B), resident-weighted mean 1 in each community
    building_first_household: np.ndarray  # i4 (B)
    building_first_near: np.ndarray  # i4 (B), first of its residents' near ties
    building_first_far: np.ndarray  # i4 (B)
    household_building: np.ndarray  # u2 (H)
    grid_community: np.ndarray  # u2 (G)
    grid_first_building: np.ndarray  # i4 (G)
    grid_buildings: np.ndarray  # i4 (G)
    grid_residents: np.ndarray  # i4 (G)
    community_first_grid: np.ndarray  # i4 (C), like all that follow
    community_grids: np.ndarray
    community_first_building: np.ndarray
    community_buildings: np.ndarray
    community_first_resident: np.ndarray
    community_residents: np.ndarray
    community_first_household: np.ndarray
    community_households: np.ndarray


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


@kernel
def lay_out(
    grids,
    per_community,
    sizes,
    b_community,
    b_grid,
    b_first,
    g_community,
    g_first,
    g_buildings,
    g_residents,
    communities,
):
    """Buildings to grids and communities in order; grids of a community get equal numbers of buildings,
    +-1.
    """
    first = 0
    for c in range(communities.shape[1]):
        communities[0, c] = c * grids
        communities[1, c] = grids
        communities[2, c] = c * per_community
        communities[3, c] = per_community
        communities[4, c] = first
        for k in range(grids):
            g = c * grids + k
            start, end = k * per_community // grids, (k + 1) * per_community // grids
            g_community[g] = c
            g_first[g] = c * per_community + start
            g_buildings[g] = end - start
            g_residents[g] = 0
            for b in range(g_first[g], c * per_community + end):
                b_community[b] = c
                b_grid[b] = g
                b_first[b] = first
                g_residents[g] += sizes[b]
                first += sizes[b]
        communities[5, c] = first - communities[4, c]


@kernel
def age_of(cells, estate, migrant, v):
    """Age group (0 young, 1 adult, 2 elderly) of a 16-bit uniform in the place's shares."""
    u = (v + 0.5) / 65536.0
    if u < cells[estate, migrant, 0]:
        return 2
    return 0 if u < cells[estate, migrant, 1] else 1


@kernel
def settle(seed, b, first, size, estate, households, local, cells, party, plan, cuts, household, flags, home):
    """Households and who is who in one building; returns the number of households so far."""
    i, h = 0, 0
    together = np.int64(plan[0].household_age * 65536.0)
    while i < size:
        key = (np.uint64(b) << _16) | np.uint64(h)
        w = bits(seed, HOUSEHOLD, key, 0, 0)
        n = 1
        while part(w, 0) >= cuts[n - 1]:
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
            if part(own, 2) < party[age, migrant] * 65536.0:
                flag |= PARTY
            flags[row] = flag
            household[row] = households - local
            i += 1
        households += 1
        h += 1
    return households


@kernel
def give_traits(
    seed,
    b,
    first,
    size,
    plan,
    powers,
    table,
    flags,
    building,
    digital,
    voice,
    disposition,
    threshold,
    openness,
):
    """Fixed traits of the residents of one building."""
    p = plan[0]
    for i in range(size):
        row = first + i
        key = (np.uint64(b) << _16) | np.uint64(i)
        own, w = bits(seed, TRAIT, key, 0, 0), bits(seed, TRAIT, key, 1, 0)
        flag = flags[row]
        age = 2 if flag & ELDERLY else 0 if flag & YOUNG else 1
        building[row] = b
        # u ** (1 / m - 1) has mean m on [0, 1]
        digital[row] = np.uint16(exp(powers[age] * log((part(own, 3) + 0.5) / 65536.0)) * DIGITAL + 0.5)
        speaks = p.voice_party * ((1.0 if flag & PARTY else 0.0) - p.party_mean)
        speaks += p.voice_owner * ((1.0 if flag & OWNER else 0.0) - p.owner_mean)
        voice[row] = np.int16(math.floor(clip(quantile(table, part(w, 0)) + speaks, -7.9, 7.9) * VOICE + 0.5))
        disposition[row] = np.int16(
            math.floor(clip(p.disposition_sd * quantile(table, part(w, 1)), -0.99, 0.99) * UNIT + 0.5)
        )
        joins = p.threshold_mean + p.threshold_sd * quantile(table, part(w, 2))
        threshold[row] = np.int16(math.floor(clip(joins, -0.99, 0.99) * UNIT + 0.5))
        open_minded = p.openness_low + (1.0 - p.openness_low) * (part(w, 3) + 0.5) / 65536.0
        openness[row] = np.uint8(open_minded * OPENNESS + 0.5)


@kernel
def give_minds(
    seed, b, first, size, plan, table, flags, satisfaction, expectation, trust, belonging, efficacy
):
    """Attitudes at the start; satisfaction, trust and belonging share a common factor."""
    p = plan[0]
    shared, own = math.sqrt(p.attitude_correlation), math.sqrt(1.0 - p.attitude_correlation)
    alike, apart = (
        p.efficacy_sd * math.sqrt(p.efficacy_common),
        p.efficacy_sd * math.sqrt(1.0 - p.efficacy_common),
    )
    for i in range(size):
        row = first + i
        key = (np.uint64(b) << _16) | np.uint64(i)
        w, x = bits(seed, MIND, key, 0, 0), bits(seed, MIND, key, 1, 0)
        y, z = bits(seed, MIND, key, 2, 0), bits(seed, MIND, key, 3, 0)
        factor = shared * quantile(table, part(w, 0))
        satisfaction[row] = clip(
            p.satisfaction_mean + p.satisfaction_sd * (factor + own * quantile(table, part(w, 1))), 0.0, 1.0
        )
        expectation[row] = clip(p.expectation_mean + p.expectation_sd * quantile(table, part(w, 2)), 0.0, 1.0)
        trust[row] = clip(p.trust_mean + p.trust_sd * (factor + own * quantile(table, part(w, 3))), 0.0, 1.0)
        home = p.belonging_mean - (p.belonging_migrant_gap if flags[row] & MIGRANT else 0.0)
        belonging[row] = clip(home + p.belonging_sd * (factor + own * quantile(table, part(x, 0))), 0.0, 1.0)
        base = p.efficacy_mean + alike * quantile(table, part(x, 1))
        for k in range(7):
            v = part(x, k + 2) if k < 2 else part(y, k - 2) if k < 6 else part(z, 0)
            efficacy[row, k] = np.uint16(clip(base + apart * quantile(table, v), 0.0, 1.0) * DIGITAL + 0.5)


@kernel
def give_frailty(seed, shape, communities, sizes, frailty):
    """Gamma frailties of the buildings, scaled to a resident-weighted mean of 1 in each community."""
    for c in range(communities.shape[1]):
        first, n = communities[2, c], communities[3, c]
        total, people = 0.0, 0
        for b in range(first, first + n):
            frailty[b] = gamma(shape, seed, FRAILTY, b)
            total += frailty[b] * sizes[b]
            people += sizes[b]
        for b in range(first, first + n):
            frailty[b] = frailty[b] * people / total if total > 0.0 else 1.0


@builder
def fill(seed, communities_n, grids, sizes, estates, plan, cells, party, powers, degrees):
    """Every column of a population, in the order of ``Population``'s fields."""
    buildings, residents = len(sizes), 0
    for b in range(buildings):
        residents += sizes[b]
    b_community, b_grid = np.empty(buildings, np.uint16), np.empty(buildings, np.uint16)
    b_first, b_frailty = np.empty(buildings, np.int32), np.empty(buildings, np.float32)
    b_household = np.empty(buildings, np.int32)
    g = communities_n * grids
    g_community, g_first, g_buildings = np.empty(g, np.uint16), np.empty(g, np.int32), np.empty(g, np.int32)
    g_residents, communities = np.empty(g, np.int32), np.zeros((8, communities_n), np.int32)
    lay_out(
        grids,
        buildings // communities_n,
        sizes,
        b_community,
        b_grid,
        b_first,
        g_community,
        g_first,
        g_buildings,
        g_residents,
        communities,
    )
    give_frailty(seed, plan[0].frailty_shape, communities, sizes, b_frailty)
    building, household, home = (
        np.empty(residents, np.uint16),
        np.empty(residents, np.uint16),
        np.empty(residents, np.uint16),
    )
    flags, openness, digital = (
        np.empty(residents, np.uint8),
        np.empty(residents, np.uint8),
        np.empty(residents, np.uint16),
    )
    voice, disposition, threshold = (
        np.empty(residents, np.int16),
        np.empty(residents, np.int16),
        np.empty(residents, np.int16),
    )
    minds, efficacy = np.empty((4, residents), np.float32), np.empty((residents, 7), np.uint16)
    table, cuts, households = normal_table(), size_cuts(plan[0].household_size), 0
    for b in range(buildings):
        c, first, size = b_community[b], b_first[b], sizes[b]
        if b == communities[2, c]:
            communities[6, c] = households
        b_household[b] = households
        households = settle(
            seed,
            b,
            first,
            size,
            estates[b],
            households,
            communities[6, c],
            cells,
            party,
            plan,
            cuts,
            household,
            flags,
            home,
        )
        communities[7, c] = households - communities[6, c]
        give_traits(
            seed,
            b,
            first,
            size,
            plan,
            powers,
            table,
            flags,
            building,
            digital,
            voice,
            disposition,
            threshold,
            openness,
        )
        give_minds(seed, b, first, size, plan, table, flags, minds[0], minds[1], minds[2], minds[3], efficacy)
    near = (plan[0].tie_same_building, plan[0].tie_age_ratio, plan[0].tie_tenure_ratio)
    near_n, far_n, close, far, first_near, first_far = weave(
        seed,
        near,
        degrees,
        estates,
        b_first,
        sizes,
        flags,
        g_first,
        g_buildings,
        communities[4],
        communities[5],
    )
    return (
        (building, household, flags, digital, voice, disposition, threshold, openness),
        (minds[0], minds[1], minds[2], minds[3], efficacy, near_n, far_n, close, far),
        (
            b_community,
            b_grid,
            estates,
            b_first,
            sizes,
            b_frailty,
            b_household,
            first_near,
            first_far,
            home,
            households,
        ),
        (g_community, g_first, g_buildings, g_residents),
        communities,
    )


def _group_shares(scenario, values) -> tuple[np.ndarray, np.ndarray]:
    """Shares by estate and origin: (3, 2, 4) elderly, elderly or young, owner, migrant; and (3, 2) Party
    by age and origin.
    """
    total = scenario.buildings
    weight = [sum(b.buildings for b in scenario.estates if b.estate == e) / total for e in ESTATES]
    cells, people = np.zeros((3, 2, 4)), np.zeros((3, 2))
    mean_e = sum(w * getattr(scenario.elderly_weight, e) for w, e in zip(weight, ESTATES))
    mean_m = sum(w * getattr(scenario.migrant_weight, e) for w, e in zip(weight, ESTATES))
    for k, e in enumerate(ESTATES):
        migrant = min(0.98, scenario.migrant_share * getattr(scenario.migrant_weight, e) / mean_m)
        elderly = min(0.95, scenario.elderly_share * getattr(scenario.elderly_weight, e) / mean_e)
        owner = getattr(scenario.owner_share, e)
        for m in (0, 1):
            old = elderly * (
                values["elderly_migrant_ratio"] if m else _rest(values["elderly_migrant_ratio"], migrant)
            )
            young = scenario.young_share * (
                values["young_migrant_ratio"] if m else _rest(values["young_migrant_ratio"], migrant)
            )
            old = min(old, 1.0)
            owns = (
                values["owner_migrant"]
                if m
                else (owner - migrant * values["owner_migrant"]) / (1.0 - migrant)
            )
            cells[k, m] = old, min(1.0, old + young), min(max(owns, 0.0), 1.0), migrant
            here = weight[k] * (migrant if m else 1.0 - migrant)
            people[:, m] += here * (cells[k, m, 1] - old), here * (1.0 - cells[k, m, 1]), here * old
    odds = np.ones((3, 2))
    odds[0] *= values["party_young_ratio"]
    odds[:, 1] *= values["party_migrant_ratio"]
    chosen = people * odds
    old, others = chosen[2].sum(), chosen[:2].sum()
    old_target = scenario.party_share * values["party_elderly_share"]
    odds[2] *= old_target / old if old > 0.0 else 0.0
    odds[:2] *= (scenario.party_share - old_target) / others if others > 0.0 else 0.0
    return cells, np.minimum(odds, 1.0)


def _rest(ratio: float, share: float) -> float:
    """The ratio of the others when a group of this share has ``ratio`` and the mean ratio is 1 (never
    below 0).
    """
    return max(0.0, (1.0 - share * ratio) / (1.0 - share))


def building_sizes(scenario) -> np.ndarray:
    """Residents of each building, int32 (B): the mean size, rounded so that the total is the scenario's."""
    n = scenario.communities * scenario.buildings
    return np.diff(np.rint(np.arange(n + 1) * scenario.residents_per_building)).astype(np.int32)


def synthesise(scenario, population_seed: int, sizes: np.ndarray | None = None) -> Population:
    """The population of a scenario under a seed: same seed, same bytes.

    Args:
        scenario: a ``sim.scenario.Scenario``.
        population_seed: 0 or more.
        sizes: residents per building instead of the scenario's, int (B).
    """
    registry = schema.registry()
    values = {
        name: scenario.parameters.get(name, p.value)
        for name, p in registry.items()
        if p.group == "population"
    }
    sizes = building_sizes(scenario) if sizes is None else np.ascontiguousarray(sizes, np.int32)
    block = [ESTATES.index(b.estate) for b in scenario.estates for _ in range(b.buildings)]
    estates = np.tile(np.array(block, np.uint8), scenario.communities)
    if len(sizes) != len(estates) or len(sizes) > BUILDINGS_MAX or sizes.max() > BUILDINGS_MAX:
        raise ValueError(
            f"{len(sizes)} sizes for {len(estates)} buildings; a subdistrict holds at most {BUILDINGS_MAX} buildings"
        )
    cells, party = _group_shares(scenario, values)
    share = {
        e: sum(b.buildings for b in scenario.estates if b.estate == e) / scenario.buildings for e in ESTATES
    }
    owner = sum(share[e] * getattr(scenario.owner_share, e) for e in ESTATES)
    plan = np.array([tuple(values[name] for name in PLAN) + (owner, scenario.party_share)], PLAN_DTYPE)
    skills = [getattr(scenario.digital, age) for age in AGES]
    powers = np.array([1.0 / s - 1.0 if s > 0.0 else 700.0 for s in skills])
    degrees = np.array([float(getattr(scenario.ties, e)) for e in ESTATES])
    traits, minds, buildings, grids, communities = fill(
        population_seed,
        scenario.communities,
        scenario.grids,
        sizes,
        estates,
        plan,
        cells,
        party,
        powers,
        degrees,
    )
    *columns, home, households = buildings
    return Population(*traits, *minds, *columns, home[:households].copy(), *grids, *communities)
