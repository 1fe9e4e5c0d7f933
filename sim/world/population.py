"""The synthetic population: who lives where, with which traits, tied to which neighbours.

Keyed draws fill every column: the layout of the place (settlement.py), its households and residents
(people.py), their neighbour ties (ties.py). Shares of groups are the place's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.config import registry
from sim.vocabulary import AGES, ESTATES
from sim.world.settlement import fill

if TYPE_CHECKING:
    from sim.scenario import Scenario

BUILDINGS_MAX = 65_535  # building rows are kept in 16 bits
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


def _group_shares(scenario, values) -> tuple[np.ndarray, np.ndarray]:
    """Shares by estate and origin: (3, 2, 4) elderly, elderly or young,
    owner, migrant; and (3, 2) Party by age and origin.
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
    """The ratio of the others when a group of this share has ``ratio`` and the mean ratio is 1
    (never below 0).
    """
    return max(0.0, (1.0 - share * ratio) / (1.0 - share))


def building_sizes(scenario: Scenario) -> np.ndarray:
    """Residents of each building, int32 (B): the mean size, rounded so that the total is the scenario's."""
    n = scenario.communities * scenario.buildings
    return np.diff(np.rint(np.arange(n + 1) * scenario.residents_per_building)).astype(np.int32)


def synthesise(scenario: Scenario, population_seed: int, sizes: np.ndarray | None = None) -> Population:
    """The population of a scenario under a seed: same seed, same bytes.

    Args:
        scenario: a ``sim.scenario.Scenario``.
        population_seed: 0 or more.
        sizes: residents per building instead of the scenario's, int (B).
    """
    values = {
        name: scenario.parameters.get(name, p.value)
        for name, p in registry.registry().items()
        if p.group == "population"
    }
    sizes = building_sizes(scenario) if sizes is None else np.ascontiguousarray(sizes, np.int32)
    block = [ESTATES.index(b.estate) for b in scenario.estates for _ in range(b.buildings)]
    estates = np.tile(np.array(block, np.uint8), scenario.communities)
    if len(sizes) != len(estates) or len(sizes) > BUILDINGS_MAX or sizes.max() > BUILDINGS_MAX:
        raise ValueError(
            f"{len(sizes)} sizes for {len(estates)} buildings; "
            f"a subdistrict holds at most {BUILDINGS_MAX} buildings"
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
    people, ties, blocks, first_near, first_far, home, table, communities = fill(
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
    buildings = (blocks.community, blocks.grid, estates, blocks.first, sizes, blocks.frailty)
    lists = (blocks.first_household, first_near, first_far)
    columns = (*people, *ties, *buildings, *lists, home, *table, *communities)
    return Population(*columns)
