"""Tasks of a plan: every point of its design with its own seeds, all arms on each.

Seeds are the design's promise: with ``independent`` ones no two rows share chance (indices of sensitivity
need that), with ``shared`` ones all rows have the same; the arms of a row always share theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from experiments.designs.factors import LEVER, UNCERTAINTY, Factor, Point
from experiments.tasks import ENGINE, Base, SeedTask, bundle
from sim.scenario import Scenario

LABEL = "alternative"  # column x_alternative: the rival structure of a row, '' for the model as it stands
SHIFT = 32  # bits of a run seed that hold the row; the replicate stands above


def run_seed(row: int, replicate: int, shared: bool) -> int:
    """A seed that belongs to this row and replicate (from 1) alone, or to the replicate; it never changes
    when a design grows.
    """
    if shared:
        return replicate
    place = 2 * row if row >= 0 else -2 * row - 1  # alternatives' rows count down from -1
    return (replicate << SHIFT) + place + 1


class Planned(Protocol):
    """What becomes tasks; a ``Plan`` is one."""

    @property
    def design(self) -> str: ...
    @property
    def factors(self) -> Sequence[Factor]: ...
    @property
    def all_arms(self) -> Mapping[str, Sequence[Mapping]]: ...
    @property
    def alternatives(self) -> Mapping[str, object]: ...
    @property
    def replicates(self) -> int: ...
    @property
    def replicate_seeds(self) -> str: ...
    def place(self) -> Scenario: ...
    def points(self) -> list[Point]: ...


def tasks(plan: Planned, engine: str = ENGINE, record: Sequence[str] = ()) -> list[SeedTask]:
    """One task per point and replicate, replicates of a point together; series and grids are not kept
    unless asked for.
    """
    base = Base.of(plan.place(), engine)
    factors, arms = plan.factors, plan.all_arms
    shared = plan.replicate_seeds == "shared" or plan.design == "factorial"
    found = []
    for point in plan.points():
        bundles, values, columns = (
            bundles_at(arms, factors, point),
            values_at(factors, point),
            columns_at(plan, point),
        )
        first = None
        for replicate in range(1, plan.replicates + 1):
            seed = run_seed(point.row, replicate, shared)
            task = base.task(
                bundles, seed, seed, row=point.row, values=values, factors=columns, record=record
            )
            first = first or task
            found.append(
                replace(task, values=first.values, columns=first.columns)
            )  # shared: hundreds of factors weigh
    return found


def values_at(factors: Sequence[Factor], point: Point) -> dict[str, float]:
    """Overrides of the registry at a point: its uncertainties, and what its alternative sets (which wins)."""
    own = {f.name: float(point.values[f.name]) for f in factors if f.role == UNCERTAINTY}
    return own | {name: float(value) for name, value in (point.overrides or {}).items()}


def columns_at(plan: Planned, point: Point) -> dict[str, float | int | str]:
    """What is stored beside the run: the point's values, and its alternative where the plan has any."""
    return dict(point.values) | ({LABEL: point.label} if plan.alternatives else {})


def bundles_at(
    arms: Mapping[str, Sequence[Mapping]], factors: Sequence[Factor], point: Point
) -> dict[str, tuple[str, ...]]:
    """The arms with their levers as this point sets them; a lever moves its policy wherever that policy
    stands.
    """
    levers: dict[str, dict] = {}
    for f in factors:
        if f.role == LEVER:
            policy, _, setting = f.name.partition(".")
            levers.setdefault(policy, {})[setting] = point.values[f.name]
    return {
        arm: bundle([{**entry, **levers.get(entry["policy"], {})} for entry in entries])
        for arm, entries in arms.items()
    }
