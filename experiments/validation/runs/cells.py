"""Cells: a place with its parameters and policies, run on paired seeds and kept in one results folder.

A phenomenon or a table of patterns is a set of cells, each once as it is and once per mechanism off. Cells of
one scenario and seed share their past. What is stored is a results folder like any other, without daily
series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.tasks import ENGINE, Base, SeedTask, bundle, canonical, digest
from sim.config.errors import ConfigError
from sim.scenario import Number, Scenario, Strict, Words, bounded

ON = "on"


class Cell(Strict):
    """What one arm is: a named set of parameters, more parameters, the place's own fields, policies."""

    label: Words
    set: str | None = None
    parameters: dict[str, Number] = {}
    place: dict[str, object] = {}
    policies: tuple[dict[str, Number | str], ...] = ()


class Off(Strict):
    """A mechanism switched off: parameters, policies' settings, or fields of the place, in every cell."""

    label: Words
    parameters: dict[str, Number] = {}
    kinds: dict[str, Number] = {}  # a column of the table of kinds, for every kind
    policies: dict[str, dict[str, Number | str]] = {}
    place: dict[str, object] = {}


class Cells(Strict):
    """The cells of a study: where, how large, how long."""

    scenario: str = "hongshan_road"
    residents: int = bounded(100, 50_000_000, "persons", "technical", default=4_000)
    burn_in_days: int = bounded(0, 3_650, "days", "technical", default=365)
    days: int = bounded(1, 7_300, "days", "technical", default=365)
    parameters: dict[str, Number] = {}
    sets: dict[str, dict[str, Number]] = {}
    cells: dict[str, Cell]

    def check(self, source, offs: Mapping[str, Off]) -> None:
        """Note names of parameters, policies, settings and fields of the place that do not exist.

        Ranges of parameters are not held: off is often outside.
        """
        from experiments.questions.comparison import check_place, check_policies
        from sim.config.config_file import check_label
        from sim.scenario import check_overrides

        place = check_place(source, self.scenario)
        check_overrides(source, self.parameters, None, ranges=False)
        for name, values in self.sets.items():
            check_overrides(source, values, None, ranges=False, at=("sets", name))
        for name, cell in self.cells.items():
            check_label(source, ("cells", name), name)
            check_overrides(source, cell.parameters, None, ranges=False, at=("cells", name))
            check_policies(source, ("cells", name, "policies"), list(cell.policies), self.days)
            if cell.set is not None and cell.set not in self.sets:
                source.add_unknown(("cells", name, "set"), cell.set, self.sets)
            self._check_fields(source, place, ("cells", name, "place"), cell.place)
        for name, off in offs.items():
            self._check_off(source, place, name, off)
        if place is not None:
            place.scaled(self.residents).check(source)

    def _check_off(self, source, place: Scenario | None, name: str, off: Off) -> None:
        """Note what a mechanism switched off names and does not exist."""
        from experiments.questions.comparison import check_policies
        from sim.config import registry
        from sim.scenario import check_overrides, check_value

        check_overrides(source, off.parameters, None, ranges=False, at=(name,))
        for column, value in off.kinds.items():
            check_value(
                source,
                (name, "kinds", column),
                registry.kind_columns().get(column),
                value,
                registry.kind_columns(),
                ranges=False,
            )
        for policy, settings in off.policies.items():
            check_policies(source, (name, "policies", policy), [{"policy": policy, **settings}])
        self._check_fields(source, place, (name, "place"), off.place)

    def _check_fields(self, source, place: Scenario | None, at: tuple, fields: Mapping) -> None:
        """Note fields that the place does not have, and values that it does not take."""
        if place is None or not fields:
            return
        try:
            Scenario.from_dict({**place.to_dict(), **fields})
        except ConfigError as error:
            for problem in error.problems:
                source.add((*at, *problem.path.split(".")), problem.message_key, **problem.values)


@dataclass(frozen=True)
class Arm:
    """One arm: the place, what is overridden in it (parameters, ``kind.column``), its policies."""

    place: Scenario
    values: tuple[tuple[str, float], ...]
    policies: tuple[dict, ...]


@dataclass(frozen=True)
class CellPlan:
    """All runs of a study: ``arms`` by name; ``same`` maps a cell that equals another to that arm;
    ``design``: what its folder is called.
    """

    name: str
    design: str
    title: Words
    arms: dict[str, Arm]
    same: dict[str, str]
    seeds: tuple[int, ...]

    def tasks(self, engine: str = ENGINE) -> list[SeedTask]:
        """One task per seed and set of numbers, its arms branching from one past.

        Ranges of parameters are not held: off is often outside.
        """
        groups: dict[tuple, dict[str, tuple[str, ...]]] = {}
        bases: dict[str, Base] = {}
        for name, arm in self.arms.items():
            groups.setdefault((arm.place.hash, arm.values), {})[name] = bundle(arm.policies)
            if arm.place.hash not in bases:
                bases[arm.place.hash] = Base.of(arm.place, engine)
        return [
            bases[place].task(bundles, seed, seed, values=dict(values), record=())
            for seed in self.seeds
            for (place, values), bundles in groups.items()
        ]

    def manifest(self) -> dict:
        """The folder's manifest: the first cell's place, and a hash of all cells in the place of its own."""
        from experiments.questions.comparison import Study
        from experiments.store.manifest import describe

        first = next(iter(self.arms.values())).place
        study = Study(
            name=self.name,
            title=self.title,
            summary=self.title,
            residents=first.residents,
            arms={name: arm.policies for name, arm in self.arms.items()},
            seeds=self.seeds,
            burn_in_days=first.burn_in_days,
            days=first.days,
        )
        return {
            **describe(study, self.design),
            "scenario_hash": digest([[name, a.place.hash, dict(a.values)] for name, a in self.arms.items()]),
            "scenario": first.to_dict(),
            "values": {name: dict(arm.values) for name, arm in self.arms.items()},
            "places": {name: _differs(arm.place, first) for name, arm in self.arms.items()},
            "same": dict(self.same),
            "record": [],
        }


def plan(
    name: str, design: str, title: Words, cells: Cells, offs: Mapping[str, Off], seeds: Sequence[int]
) -> CellPlan:
    """Every cell as it is (``on.<cell>``) and with each mechanism off (``<mechanism>.<cell>``)."""
    base = Scenario.load(cells.scenario)
    arms: dict[str, Arm] = {}
    same: dict[str, str] = {}
    known: dict[str, str] = {}
    for mode, off in [(ON, None), *offs.items()]:
        for cell_name, cell in cells.cells.items():
            arm, label = _resolve(base, cells, cell, off), f"{mode}.{cell_name}"
            identity = digest(arm.place.hash, dict(arm.values), [canonical(p) for p in bundle(arm.policies)])
            if identity in known:
                same[label] = known[identity]
            else:
                known[identity] = label
                arms[label] = arm
    return CellPlan(name, design, title, arms, same, tuple(seeds))


def _differs(place: Scenario, first: Scenario) -> dict:
    """The fields of a place that are not the first cell's: with the manifest's scenario they say it whole."""
    there = first.to_dict()
    return {name: value for name, value in place.to_dict().items() if value != there[name]}


def _resolve(base: Scenario, cells: Cells, cell: Cell, off: Off | None) -> Arm:
    from sim.config.registry import KINDS

    values = {**cells.parameters, **cells.sets.get(cell.set or "", {}), **cell.parameters}
    fields, settings = dict(cell.place), {}
    if off is not None:
        values |= off.parameters | {
            f"{kind}.{column}": value for column, value in off.kinds.items() for kind in KINDS
        }
        fields |= off.place
        settings = off.policies
    place = Scenario.from_dict({**base.to_dict(), **fields}) if fields else base
    place = place.scaled(cells.residents).model_copy(
        update={"burn_in_days": cells.burn_in_days, "days": cells.days}
    )
    policies = tuple({**policy, **settings.get(str(policy["policy"]), {})} for policy in cell.policies)
    return Arm(place, tuple(sorted((name, float(value)) for name, value in values.items())), policies)
