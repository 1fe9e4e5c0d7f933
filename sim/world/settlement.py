"""The layout of a place: buildings on grids and communities, and everybody who lives in them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.numerics.draws import decision, gamma
from sim.numerics.jit import builder, kernel
from sim.world.people import Chances, give_attitudes, give_traits, nobody, normal_table, settle, size_cuts
from sim.world.ties import weave

FRAILTY = decision("population.frailty")


class Blocks(NamedTuple):
    """Columns over buildings; types: population.Population."""

    community: np.ndarray
    grid: np.ndarray
    first: np.ndarray
    frailty: np.ndarray
    first_household: np.ndarray


class Grids(NamedTuple):
    """Columns over grids."""

    community: np.ndarray
    first_building: np.ndarray
    buildings: np.ndarray
    residents: np.ndarray


@kernel
def lay_out(grids, per_community, sizes, blocks, table, communities):
    """Buildings to grids and communities in order;
    grids of a community get equal numbers of buildings, +-1.
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
            table.community[g] = c
            table.first_building[g] = c * per_community + start
            table.buildings[g] = end - start
            table.residents[g] = 0
            for b in range(table.first_building[g], c * per_community + end):
                blocks.community[b] = c
                blocks.grid[b] = g
                blocks.first[b] = first
                table.residents[g] += sizes[b]
                first += sizes[b]
        communities[5, c] = first - communities[4, c]


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
def plots(buildings, grids):
    """Columns for so many buildings and grids, not yet filled."""
    blocks = Blocks(
        np.empty(buildings, np.uint16),
        np.empty(buildings, np.uint16),
        np.empty(buildings, np.int32),
        np.empty(buildings, np.float32),
        np.empty(buildings, np.int32),
    )
    table = Grids(
        np.empty(grids, np.uint16),
        np.empty(grids, np.int32),
        np.empty(grids, np.int32),
        np.empty(grids, np.int32),
    )
    return blocks, table


@builder
def move_in(seed, sizes, estates, chances, blocks, communities, people, home):
    """Households, traits and attitudes of every building; returns the number of households."""
    households = 0
    for b in range(len(sizes)):
        c, first, size = blocks.community[b], blocks.first[b], sizes[b]
        if b == communities[2, c]:
            communities[6, c] = households
        blocks.first_household[b] = households
        local = communities[6, c]
        households = settle(seed, b, first, size, estates[b], households, local, chances, people, home)
        communities[7, c] = households - communities[6, c]
        give_traits(seed, b, first, size, chances, people)
        give_attitudes(seed, b, first, size, chances, people)
    return households


@builder
def fill(seed, communities_n, grids, sizes, estates, plan, cells, party, powers, degrees):
    """Every column of a population, in the order of ``Population``'s fields."""
    buildings, residents = len(sizes), 0
    for b in range(buildings):
        residents += sizes[b]
    blocks, table = plots(buildings, communities_n * grids)
    communities = np.zeros((8, communities_n), np.int32)
    lay_out(grids, buildings // communities_n, sizes, blocks, table, communities)
    give_frailty(seed, plan[0].frailty_shape, communities, sizes, blocks.frailty)
    people, home = nobody(residents), np.empty(residents, np.uint16)
    chances = Chances(plan, cells, party, powers, size_cuts(plan[0].household_size), normal_table())
    households = move_in(seed, sizes, estates, chances, blocks, communities, people, home)
    shape = (plan[0].tie_same_building, plan[0].tie_age_ratio, plan[0].tie_tenure_ratio)
    near_n, far_n, close, far, first_near, first_far = weave(
        seed,
        shape,
        degrees,
        estates,
        blocks.first,
        sizes,
        people.flags,
        table.first_building,
        table.buildings,
        communities[4],
        communities[5],
    )
    ties = (near_n, far_n, close, far)
    return people, ties, blocks, first_near, first_far, home[:households].copy(), table, communities
