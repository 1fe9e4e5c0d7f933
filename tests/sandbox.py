"""Small worlds for tests: runs, policies made of bare levers, and a state that knows no row numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim import vocabulary
from sim.engine import Engine
from sim.levers import Move
from sim.policies.base import Policy
from sim.scenario import Scenario
from sim.world.ledger import table

SMALL = Scenario.load("small_community")  # 2,000 residents; a year takes about 25 ms
SHIPPED = ("grid_management", "resident_council", "smart_platform", "target_pressure", "equal_cost_staff")
TITLES = [*SHIPPED, "baseline"]
MINDS = ("satisfaction", "expectation", "trust", "belonging")  # columns of residents
EVERYTHING = tuple({"policy": name} for name in SHIPPED)
STRESS = {  # much of everything: conditions, claims, conflict, targets, litigation
    "problem_rate": 4.0,
    "naming_rate": 0.2,
    "formal_constant": -3.0,
    "dispute_hazard": 0.01,
    "kpi": 0.8,
    "paper_rate": 0.3,
    "coclaim_rate": 0.01,
    "mediation_rate": 0.2,
    "failed_court": 0.2,
    "failed_exit": 0.2,
    "court_days": 60.0,
    "exit_days": 90.0,
    "cold_rate": 0.02,
    "mediation_constant": -1.0,
    "turnover_rate": 0.005,
    "level2_return": 0.4,
    "disadoption": 0.5,
    "committee_share": 0.6,
    "property_share": 0.6,
    "level2_cases": 12.0,
}


def place(values=None, residents: int | None = None) -> Scenario:
    """The small community with other parameter values (``kind.column`` too), at another size."""
    scenario = SMALL if residents is None else SMALL.scaled(residents)
    return scenario.with_parameters(values, check=False) if values else scenario


def run(
    policies=(),
    days: int = 365,
    seed: int = 1,
    values=None,
    residents: int | None = None,
    people: int | None = None,
) -> Engine:
    """An engine after ``days`` days; ``seed`` seeds the run and, unless ``people`` is given, the
    population.
    """
    return Engine(place(values, residents), policies, seed if people is None else people, seed).advance(days)


def total(engine: Engine, name: str, since: int = 0) -> float:
    """Growth of a cumulative tally since a day."""
    return float(
        engine.world.tally[name][0] - engine.world.series[since, engine.world.tally.dtype.names.index(name)]
    )


def paired(
    name,
    arm,
    base=(),
    seeds=range(1, 9),
    days: int = 730,
    values=None,
    base_values=None,
    since: int = 0,
    residents=None,
):
    """Differences arm - base of a tally or a function of the engine, one per paired seed."""

    def measure(policies, seed, v):
        engine = run(policies, days, seed, v, residents)
        return name(engine) if callable(name) else total(engine, name, since)

    return np.array([measure(arm, s, values) - measure(base, s, base_values) for s in seeds])


def nudge(label: str, **moves) -> Policy:
    """A policy that only moves levers: ``nudge("x", patrol=("shift", .2))``; a bare number raises to it."""
    plan = [Move(lever, *(how if isinstance(how, tuple) else ("raise", how))) for lever, how in moves.items()]

    @dataclass(frozen=True)
    class Nudge(Policy):
        """Bare levers, for tests."""

        name = f"test_{label}"

        def moves(self, size):
            return plan if self.intensity > 0.0 else []

    return Nudge()


def live(world) -> np.ndarray:
    """Rows of conditions that are open, in order of their keys."""
    rows = np.flatnonzero(world.matters.rec["stage"] != vocabulary.FREE)
    return rows[np.argsort(table(world)["key"][rows])]


def queue(world, head: int) -> list[int]:
    """Keys of the matters of a queue, in order of service."""
    keys, rec, cases = [], table(world), world.matters.cases
    while head >= 0:
        keys.append(int(rec["key"][cases["row"][head]]))
        head = int(cases["next"][head])
    return keys


def _fields(table, without=()):
    return [np.ascontiguousarray(table[f]).tobytes() for f in table.dtype.names if f not in without]


def state(world) -> dict[str, object]:
    """Everything that the future and the record depend on, free of row numbers of matters: bytes by name."""
    day, m = int(world.state[0]), world.matters
    rows = live(world)
    rec = table(world)[rows]
    rec["vday"][(rec["place"] != vocabulary.LEVEL1_QUEUE) & (rec["place"] != vocabulary.LEVEL2_QUEUE)] = (
        0  # a leftover where nothing waits
    )
    out = {f"matters.{f}": np.ascontiguousarray(rec[f]).tobytes() for f in rec.dtype.names if f != "case"}
    out |= {f"matters.{f}": getattr(m, f)[rows].tobytes() for f in ("tick", "weekday")}
    out |= {f"residents.{f}": a.tobytes() for f, a in world.residents._asdict().items()}
    for name, without in (
        ("buildings", ("grievance",)),
        ("grids", ("head", "tail")),
        (
            "communities",
            ("free_top", "free_head", "used", "case_top", "case_head", "case_used", "head2", "tail2"),
        ),
    ):
        rows_of = getattr(world, name)
        out |= {
            f"{name}.{f}": np.ascontiguousarray(rows_of[f]).tobytes()
            for f in rows_of.dtype.names
            if f not in without
        }
    out["queues"] = [
        queue(world, int(h)) for h in [*world.grids["head"].ravel(), *world.communities["head2"]]
    ]
    for name in ("households", "workers", "levers", "tally", "times", "state", "credit"):
        out[name] = getattr(world, name).tobytes()
    out["series"], out["cohorts"] = world.series[: day + 1].tobytes(), world.cohorts[: day + 1].tobytes()
    return out


def differ(a, b, but=()) -> list[str]:
    """Names of what differs between two engines' or worlds' states."""
    a, b = (state(getattr(x, "world", x)) for x in (a, b))
    return [name for name in a if name not in but and a[name] != b[name]]
