"""Neighbour ties: undirected, mostly within the building, likelier among alike.

Every pair of residents of a building has the probability c * h, with h = 1 for the same age group
and tenure, lower across them (homophily; McPherson, Smith-Lovin and Cook 2001), and c such that the
expected degree is the estate's; pairs of one grid in different buildings likewise. Pairs are visited
by geometric gaps at the highest probability, then thinned: cost follows ties, not pairs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.numerics.draws import bits, decision, exponential, log
from sim.numerics.jit import builder, kernel, rule
from sim.vocabulary import ELDERLY, OWNER, YOUNG

if TYPE_CHECKING:
    from sim.world.tables import Residents

TIE_NEAR, TIE_FAR = decision("population.tie.building"), decision("population.tie.grid")
_22, _32 = np.uint64(22), np.uint64(32)
_LOW22, _LOW32 = np.uint64(0x3FFFFF), np.uint64(0xFFFFFFFF)
_2_22, _2_32 = 1.0 / 4194304.0, 1.0 / 4294967296.0
_CELLS = 1024  # cells of the exponential quantile table
NEAR = np.int64(128)  # nearer rows than this are kept as a distance in one byte
_MOST = 0.95  # no pair is tied for certain


@builder
def wait_table():
    """Exp(1) quantiles at multiples of 1/1024, but for the last."""
    table = np.empty(_CELLS)
    for i in range(_CELLS):
        table[i] = exponential(i / _CELLS)
    return table


@rule
def wait(table, v):
    """Exp(1) quantile of a 32-bit uniform: interpolated, exact in the last cell (bias of the mean < 1e-4)."""
    i = np.int64(v >> _22)
    if i >= _CELLS - 1:
        return exponential(np.float64(v) * _2_32)
    return table[i] + (table[i + 1] - table[i]) * np.float64(v & _LOW22) * _2_22


@kernel
def social_type(flag):
    """0-5: age group and tenure, what neighbours sort by."""
    age = 2 if flag & ELDERLY else 0 if flag & YOUNG else 1
    return 2 * age + (1 if flag & OWNER else 0)


@builder
def closeness(age_ratio, tenure_ratio):
    """(6, 6) relative chance of a tie between social types: 1 within, lower across (homophily)."""
    h = np.empty((6, 6))
    for a in range(6):
        for b in range(6):
            h[a, b] = 1.0
            if a // 2 != b // 2:
                h[a, b] *= age_ratio
            if a % 2 != b % 2:
                h[a, b] *= tenure_ratio
    return h


@kernel
def pair_weight(near, counts):
    """Sum of closeness over ordered pairs of a group with these counts by type,
    pairs with oneself included.
    """
    total = 0.0
    for a in range(6):
        for b in range(6):
            total += near[a, b] * counts[a] * counts[b]
    return total


class Loom(NamedTuple):
    """What ties are woven with: closeness of social types,
    everybody's type, waiting times, and the ties so far.
    """

    near: np.ndarray  # (6, 6) f8
    types: np.ndarray  # (R) u1
    waits: np.ndarray  # (1024,) f8
    edges: np.ndarray  # (E, 2) i4


@kernel
def link(seed, what, b, first, stop, end, chance, loom, used):
    """Ties of building ``b`` (rows first..stop-1):
    among its own where ``end == stop``, else to rows stop..end-1.

    Pairs are walked row by row in geometric gaps at the highest chance, then thinned by closeness.
    """
    near, types, edges = loom.near, loom.types, loom.edges
    own = end == stop
    gap = -1.0 / log(1.0 - chance)
    row, n = first, 0
    j = row + 1 if own else stop
    while True:
        w = bits(seed, what, b, 0, n)
        j += np.int64(wait(loom.waits, w >> _32) * gap)
        while j >= end:
            j -= end
            row += 1
            if row >= stop:
                return used
            j += row + 1 if own else stop
        if np.float64(w & _LOW32) * _2_32 < near[types[row], types[j]] and used < edges.shape[0]:
            edges[used, 0] = row
            edges[used, 1] = j
            used += 1
        j += 1
        n += 1


@builder
def link_grid(seed, g_first, g_n, firsts, sizes, estates, degrees, inside, loom, used):
    """All ties of one grid, within its buildings and across them."""
    everyone, alone, wish = np.zeros(6), 0.0, 0.0
    last = g_first + g_n - 1
    end = firsts[last] + sizes[last]
    if g_n == 1:
        inside = 1.0
    for b in range(g_first, g_first + g_n):
        counts = np.zeros(6)
        for row in range(firsts[b], firsts[b] + sizes[b]):
            counts[loom.types[row]] += 1.0
        weight = pair_weight(loom.near, counts)
        for k in range(6):
            everyone[k] += counts[k]
        alone += weight
        wish += degrees[estates[b]] * sizes[b] * (1.0 - inside)
        chance = min(degrees[estates[b]] * inside * sizes[b] / max(weight - sizes[b], 1e-9), _MOST)
        stop = firsts[b] + sizes[b]
        if chance > 1e-9:
            used = link(seed, TIE_NEAR, b, firsts[b], stop, stop, chance, loom, used)
    chance = min(wish / max(pair_weight(loom.near, everyone) - alone, 1e-9), _MOST)
    if chance > 1e-9:
        for b in range(g_first, last):
            stop = firsts[b] + sizes[b]
            used = link(seed, TIE_FAR, b, firsts[b], stop, end, chance, loom, used)
    return used


@builder
def store_ties(edges, used, origin, near_n, far_n, near, far):
    """Edges in both directions: near ones as a distance in one byte,
    far ones as the row within the community.
    """
    residents = len(near_n)
    next_near, next_far = np.zeros(residents, np.int32), np.zeros(residents, np.int32)
    a, b = 0, 0
    for i in range(residents):
        next_near[i], next_far[i] = a, b
        a += near_n[i]
        b += far_n[i]
    for e in range(used):
        for way in range(2):
            one, other = np.int64(edges[e, way]), np.int64(edges[e, 1 - way])
            if -NEAR < other - one < NEAR:
                near[next_near[one]] = other - one + NEAR
                next_near[one] += 1
            else:
                far[next_far[one]] = other - origin[one]
                next_far[one] += 1


@kernel
def count_ties(edges, used, near_n, far_n):
    """Ties of each resident, near and far; returns the sums."""
    near, far = 0, 0
    for e in range(used):
        i, j = edges[e, 0], edges[e, 1]
        if -NEAR < j - i < NEAR:  # both ways within one byte
            near_n[i] += 1
            near_n[j] += 1
            near += 2
        else:
            far_n[i] += 1
            far_n[j] += 1
            far += 2
    return near, far


@kernel
def tie(residents, i, first, near, far, n):
    """Row of resident ``i``'s n-th tie;
    ``first`` is the community's first row, ``near`` and ``far`` where i's ties begin.
    """
    if n < residents.near_n[i]:
        return np.int64(i + residents.tie_near[near + n] - NEAR)
    return np.int64(first + residents.tie_far[far + n - residents.near_n[i]])


@kernel
def first_ties(residents, buildings, b, i):
    """Where the near and the far ties of resident ``i`` of building ``b`` begin."""
    near, far = buildings[b].first_near, buildings[b].first_far
    for other in range(buildings[b].first, i):
        near += residents.near_n[other]
        far += residents.far_n[other]
    return near, far


def ties_of(residents: Residents, buildings: np.ndarray, first: int, i: int) -> np.ndarray:
    """Rows (int64)
    of the residents that resident ``i`` of a community starting at row ``first`` is tied to.
    """
    near, far = first_ties(residents, buildings, np.int64(residents.rec["building"][i]), np.int64(i))
    here = residents.tie_near[near : near + int(residents.near_n[i])].astype("i8") + i - NEAR
    return np.concatenate([here, residents.tie_far[far : far + int(residents.far_n[i])].astype("i8") + first])


def pairs(
    near_n: np.ndarray, far_n: np.ndarray, near: np.ndarray, far: np.ndarray, origin: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both ends (resident rows, int64) of every stored tie, near ones first;
    ``origin`` is the first row of each one's community.
    """
    rows = np.arange(len(near_n), dtype="i8")
    here = np.repeat(rows, near_n)
    away = np.repeat(rows, far_n)
    return np.concatenate([here, away]), np.concatenate(
        [here + near - NEAR, far + np.asarray(origin, "i8")[away]]
    )


@builder
def weave(seed, shape, degrees, estates, firsts, sizes, flags, g_first, g_buildings, c_first, c_residents):
    """Neighbour ties of everybody as compressed rows.

    Args: ``shape`` (share within the building, ratio across age groups, ratio across tenure); ``degrees``
    mean ties by estate; then columns of buildings, residents, grids and communities.
    Returns near_n, far_n u1 (R), ties in the order of residents: near u1 (row distance + 128) and far u2
    (row within the community), both directions stored; and each building's first near and far tie, i4 (B).
    """
    inside, age_ratio, tenure_ratio = shape
    residents = len(flags)
    types, origin = np.empty(residents, np.uint8), np.empty(residents, np.int32)
    for i in range(residents):
        types[i] = social_type(flags[i])
    for c in range(len(c_first)):
        for i in range(c_first[c], c_first[c] + c_residents[c]):
            origin[i] = c_first[c]
    expected = 0.0
    for b in range(len(sizes)):
        expected += 0.5 * degrees[estates[b]] * sizes[b]
    edges = np.empty((np.int64(expected + 12.0 * math.sqrt(expected)) + 64, 2), np.int32)
    loom, used = Loom(closeness(age_ratio, tenure_ratio), types, wait_table(), edges), 0
    for g in range(len(g_first)):
        used = link_grid(
            seed, g_first[g], g_buildings[g], firsts, sizes, estates, degrees, inside, loom, used
        )
    near_n, far_n = np.zeros(residents, np.uint8), np.zeros(residents, np.uint8)
    nears, fars = count_ties(edges, used, near_n, far_n)
    close, far = np.empty(nears, np.uint8), np.empty(fars, np.uint16)
    store_ties(edges, used, origin, near_n, far_n, close, far)
    first_near, first_far = np.empty(len(sizes), np.int32), np.empty(len(sizes), np.int32)
    a, b = 0, 0
    for k in range(len(sizes)):
        first_near[k], first_far[k] = a, b
        for i in range(firsts[k], firsts[k] + sizes[k]):
            a += near_n[i]
            b += far_n[i]
    return near_n, far_n, close, far, first_near, first_far
