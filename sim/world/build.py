"""The one place where a world's tables are made, copied and grown.

The world's type never depends on the scenario or the policies (tables.py).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim import levers, vocabulary
from sim.numerics.draws import exp, log
from sim.numerics.fixed_point import MIND
from sim.world.tables import (
    BUILDING,
    CASE,
    COHORT_FIELDS,
    COMMUNITY,
    GRID,
    HOUSEHOLD,
    MATTER,
    NO_CASE,
    TALLY,
    TALLY_FIELDS,
    TIME_BINS,
    TIMES,
    TRAITS,
    WORK,
    WORKER,
    Matters,
    Residents,
    Work,
    World,
    whole_world,
)

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.world.population import Population

DAYS_MAX = 29_000  # days are kept in 16 bits inside a matter
GRID_SLOTS = 2  # workers a grid can hold (facts: up to 1.64 full-time)
SEVERITY_STEPS = 512
TIES = ("near_n", "far_n", "tie_near", "tie_far")  # never written


@lru_cache(maxsize=8)
def severity_quantiles(shape_b: float) -> np.ndarray:
    """Quantiles of Beta(2, b) at the mid-points of 512 equal steps, by bisection.

    F(x) = 1 - (1 - x)**b * (1 + b x); our own exp and log keep the bits portable.
    """
    out = np.empty(SEVERITY_STEPS)
    for i in range(SEVERITY_STEPS):
        target, low, high = (i + 0.5) / SEVERITY_STEPS, 0.0, 1.0
        for _ in range(40):
            x = 0.5 * (low + high)
            value = 1.0 - exp(shape_b * log(1.0 - x)) * (1.0 + shape_b * x)
            low, high = (x, high) if value < target else (low, x)
        out[i] = 0.5 * (low + high)
    return out


def _residents(pop: Population, n: int) -> Residents:
    rec = np.zeros(n, TRAITS)
    for name in (
        "building",
        "household",
        "flags",
        "digital",
        "voice",
        "disposition",
        "threshold",
        "openness",
    ):
        rec[name] = getattr(pop, name)
    minds = {
        name: (getattr(pop, name) * MIND + 0.5).astype("u2")
        for name in ("satisfaction", "expectation", "trust", "belonging")
    }
    ties = {name: getattr(pop, name) for name in TIES}
    return Residents(
        rec=rec,
        **minds,
        efficacy=pop.efficacy.copy(),
        next_problem=np.zeros(n, "f4"),
        problems=np.zeros(n, "u2"),
        **ties,
    )


def _households(pop: Population, params: np.ndarray) -> np.ndarray:
    table = np.zeros(len(pop.household_building), HOUSEHOLD)
    table["tie_committee"] = round(params["tie_committee"][0] * 255)
    return table


def _buildings(pop: Population, params: np.ndarray) -> np.ndarray:
    table = np.zeros(len(pop.building_first), BUILDING)
    for name in (
        "community",
        "grid",
        "estate",
        "first",
        "size",
        "frailty",
        "first_household",
        "first_near",
        "first_far",
    ):
        table[name] = getattr(pop, f"building_{name}")
    table["selfhelp"] = params["selfhelp_start"][0]
    table["state_share"] = params["state_share_start"][0]
    table["load28"] = params["baseline_stock"][0]
    table["grievance"] = -1
    elderly = np.add.reduceat((pop.flags & vocabulary.ELDERLY) > 0, pop.building_first, dtype="f8")
    weight = params["welfare_elderly_weight"][0]
    table["welfare_norm"] = table["size"] / (table["size"] + (weight - 1.0) * elderly)
    return table


def _grids(pop: Population) -> np.ndarray:
    table = np.zeros(len(pop.grid_residents), GRID)
    for name in ("community", "first_building", "buildings", "residents"):
        table[name] = getattr(pop, f"grid_{name}")
    ends = np.append(pop.building_first_household, len(pop.household_building))
    table["first_household"] = ends[table["first_building"]]
    table["households"] = ends[table["first_building"] + table["buildings"]] - table["first_household"]
    table["head"] = -1
    table["tail"] = -1
    return table


def _communities(pop: Population, scenario: Scenario, params: np.ndarray) -> np.ndarray:
    table = np.zeros(len(pop.community_residents), COMMUNITY)
    for name in (
        "first_grid",
        "grids",
        "first_building",
        "buildings",
        "first_resident",
        "residents",
        "first_household",
        "households",
    ):
        table[name] = getattr(pop, f"community_{name}")
    table["head2"] = table["tail2"] = table["free_head"] = table["case_head"] = -1
    table["next_meeting"] = -1
    table["committee_staff"], table["property_staff"] = scenario.committee_workers, scenario.property_workers
    table["committee_slots"] = int(np.ceil(scenario.committee_workers)) + int(
        np.ceil(table["residents"].max() / 100.0)
    )
    table["fee_rate"] = params["normal_fee_rate"][0]
    rate = params["problem_rate"][0] / 365.0 * 3.0
    table["reserve"] = (table["residents"] * rate * 4.0).astype("i4") + 64
    party = np.add.reduceat((pop.flags & vocabulary.PARTY) > 0, table["first_resident"], dtype="i4")
    table["party_members"] = party
    return table


def _workers(communities: np.ndarray, params: np.ndarray) -> np.ndarray:
    rows: list[tuple] = []
    for c, community in enumerate(communities):
        community["first_worker"] = len(rows)
        rows += [(c, -1, vocabulary.COMMITTEE, s) for s in range(community["committee_slots"])]
        rows += [(c, -1, vocabulary.PROPERTY, s) for s in range(int(np.ceil(community["property_staff"])))]
        rows += [
            (c, community["first_grid"] + g, vocabulary.GRID_POOL, s)
            for g in range(community["grids"])
            for s in range(GRID_SLOTS)
        ]
        community["workers"] = len(rows) - community["first_worker"]
    table = np.zeros(len(rows), WORKER)
    for i, name in enumerate(("community", "grid", "pool", "slot")):
        table[name] = [row[i] for row in rows]
    table["skill"] = 1.0
    base = np.where(
        table["pool"] == vocabulary.COMMITTEE, communities["committee_staff"][table["community"]], 0.0
    )
    base = np.where(
        table["pool"] == vocabulary.PROPERTY, communities["property_staff"][table["community"]], base
    )
    table["fte"] = np.clip(base - table["slot"], 0.0, 1.0)
    table["hired"] = -DAYS_MAX
    return table


def _empty_rows(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rec = np.zeros(n, MATTER)
    rec["case"] = -1
    return rec, np.full(n, np.inf, "f4"), np.full(n, 255, "u1")


def _empty_cases(n: int) -> tuple[np.ndarray, np.ndarray]:
    cases = np.zeros(1 + n, CASE)  # the first is the empty case
    for name, value in NO_CASE.items():
        cases[name] = value
    return cases, np.full(1 + n, -1, "i2")


def _scratch(capacity: int) -> Work:
    return Work(np.zeros(capacity // 4 + 1024, WORK), np.zeros(capacity + 8, "i4"), np.zeros(10, "i8"))


def build(
    scenario: Scenario,
    pop: Population,
    params: np.ndarray,
    kinds: np.ndarray,
    channels: np.ndarray,
    satisfied: np.ndarray,
    room: float = 1.0,
) -> World:
    """An empty world at day 0 from a validated scenario and a population (both left untouched).

    ``satisfied`` is the survey's look-up (``sim.mechanisms.weekly_round.satisfied_table``).
    ``room`` scales the rows that each community has for conditions; they grow later as they must.
    """
    n = len(pop.flags)
    buildings = _buildings(pop, params)
    communities = _communities(pop, scenario, params)
    workers = _workers(communities, params)
    stock = room * params["problem_rate"][0] * 0.45  # conditions per resident: they live about half a year
    capacity = int(communities["residents"].max() * stock) + int(communities["reserve"].max()) + 64
    cases = capacity // 4
    communities["free_top"], communities["case_top"] = capacity, cases
    tally = np.zeros(1, TALLY)
    world = World(
        params=params,
        kinds=kinds,
        channels=channels,
        season=np.asarray(scenario.season, "f8"),
        severity0=severity_quantiles(float(params["severity_beta"][0])),
        satisfied=satisfied,
        levers=np.zeros(len(communities), levers.DTYPE),
        residents=_residents(pop, n),
        households=_households(pop, params),
        buildings=buildings,
        grids=_grids(pop),
        communities=communities,
        workers=workers,
        matters=Matters(*_empty_rows(len(communities) * capacity), *_empty_cases(len(communities) * cases)),
        work=_scratch(capacity),
        tally=tally,
        flat=tally.view("f8").reshape(-1),
        series=np.zeros((1, len(TALLY_FIELDS))),
        cohorts=np.zeros((1, len(COHORT_FIELDS)), "i4"),
        times=np.zeros((len(TIMES), 4, TIME_BINS), "i4"),
        state=np.zeros(3, "i8"),
        credit=np.zeros(1),
    )
    set_levers(world, levers.fold([]))
    return world


def set_levers(world: World, values: dict[str, float]) -> None:
    """Write folded lever values into every community."""
    for name, value in values.items():
        world.levers[name] = value
    for i, channel in enumerate(vocabulary.CHANNELS):
        world.communities["opened"][:, i] = world.levers[f"open_{channel}"] > 0.5


def copy(world: World) -> World:
    """An independent copy; what is never written (population traits, ties, parameters) is shared."""
    shared = {"params", "kinds", "channels", "season", "severity0", "satisfied"}
    parts = {}
    for name, value in world._asdict().items():
        if name == "flat":
            continue
        if isinstance(value, np.ndarray):
            parts[name] = value if name in shared else value.copy()
        else:
            parts[name] = type(value)(*[a if f in TIES else a.copy() for f, a in value._asdict().items()])
    return whole_world(parts)


def grow_matters(world: World) -> World:
    """The same world with an eighth more room for conditions,
    or for cases; no value changes but row numbers.
    """
    short = (world.communities["free_top"] < world.communities["reserve"]).any()
    return _grow_rows(world) if short else _grow_cases(world)


def _grow_rows(world: World) -> World:
    c, m = len(world.communities), world.matters
    old = len(m.rec) // c
    new = old + old // 8 + 8
    bigger = _empty_rows(c * new)
    for fresh, was in zip(bigger, (m.rec, m.tick, m.weekday)):
        fresh.reshape(c, new)[:, :old] = was.reshape(c, old)

    def moved(rows: np.ndarray) -> np.ndarray:
        return np.where(rows >= 0, rows // old * new + rows % old, rows)

    free = bigger[0]["stage"] == vocabulary.FREE
    bigger[0]["case"][free] = moved(bigger[0]["case"][free])
    m.cases["row"] = moved(m.cases["row"])
    world.communities["free_head"] = moved(world.communities["free_head"])
    world.communities["free_top"] += new - old
    world.buildings["grievance"] = moved(world.buildings["grievance"])
    return world._replace(matters=Matters(*bigger, m.cases, m.due), work=_scratch(new))


def _grow_cases(world: World) -> World:
    c, m = len(world.communities), world.matters
    old = (len(m.cases) - 1) // c
    new = old + old // 8 + 8
    cases, due = _empty_cases(c * new)
    cases[1:].reshape(c, new)[:, :old] = m.cases[1:].reshape(c, old)
    due[1:].reshape(c, new)[:, :old] = m.due[1:].reshape(c, old)

    def moved(numbers: np.ndarray) -> np.ndarray:
        return np.where(numbers > 0, 1 + (numbers - 1) // old * new + (numbers - 1) % old, numbers)

    live = m.rec["stage"] != vocabulary.FREE
    m.rec["case"][live] = moved(m.rec["case"][live])
    for table, fields in (
        (cases, ("prev", "next")),
        (world.grids, ("head", "tail")),
        (world.communities, ("head2", "tail2", "case_head")),
    ):
        for field in fields:
            table[field] = moved(table[field])
    world.communities["case_top"] += new - old
    return world._replace(matters=Matters(m.rec, m.tick, m.weekday, cases, due))


def grow_days(world: World, days: int) -> World:
    """The same world with room for the records of ``days`` days."""
    if days + 1 <= len(world.series):
        return world
    # day by day must not mean copy by copy
    room = max(days + 1, len(world.series) + min(len(world.series) // 4, 256))
    series = np.zeros((room, world.series.shape[1]))
    cohorts = np.zeros((room, world.cohorts.shape[1]), "i4")
    series[: len(world.series)] = world.series
    cohorts[: len(world.cohorts)] = world.cohorts
    return world._replace(series=series, cohorts=cohorts)


def nbytes(world: World) -> int:
    """Bytes of all tables (shared ones counted too)."""
    total = 0
    for name, value in world._asdict().items():
        if name != "flat":
            total += value.nbytes if isinstance(value, np.ndarray) else sum(a.nbytes for a in value)
    return total
