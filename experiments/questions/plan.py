"""A plan: a study file that asks for a design other than ``compare``. Levers and uncertainties are held
apart.

    design: sobol                     # a file of experiments/designs
    settings: {n: 256}                # that design's own settings
    uncertainties:                    # registry parameters (or kind.column); ``all``: every one, low to high
      dispute_hazard: {}              # its range in the registry
      formal_severity: {low: 2, high: 3}
    levers:                           # settings of the policies in the arms
      grid_management.intensity: {}
    groups: {dispute: [dispute_hazard, heat_weight]}
    arms: {baseline: [], grid: [{policy: grid_management}]}   # every row runs all arms on its own seeds
    replicates: 5

Unknown keys, names and values out of range are errors that name file, line and the nearest key.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Literal, cast

import numpy as np
from pydantic import Field, StrictBool

from experiments import designs
from experiments.designs.factors import Factor, Point, points
from experiments.questions import factors as plan_factors
from experiments.questions import to_tasks
from experiments.questions.checks import check
from experiments.questions.comparison import Setting, Study, resolve_place
from experiments.questions.factors import FactorRange
from sim.config.config_file import Source, find, in_memory, read, validate
from sim.scenario import Number, Scenario, Strict, Whole, Words, bounded, check_overrides

BASE = "base"


class Alternative(Strict):
    """A rival structure: parameters set otherwise, under a name of its own."""

    label: Words
    parameters: dict[str, Number]


class Plan(Strict):
    """A design of experiments with its factors, arms and replicates."""

    name: str
    title: Words
    summary: Words
    design: str
    settings: dict[str, StrictBool | Whole | Number | str] = {}
    scenario: str = "hongshan_road"
    residents: int | None = bounded(100, 50_000_000, "persons", "technical", default=None)
    parameters: dict[str, Number] = {}
    kinds: dict[str, dict[str, Number]] = {}
    burn_in_days: int | None = bounded(0, 3_650, "days", "technical", default=None)
    days: int | None = bounded(1, 7_300, "days", "technical", default=None)
    uncertainties: dict[str, FactorRange | None] = {}
    without: tuple[str, ...] = ()
    levers: dict[str, FactorRange | None] = {}
    groups: dict[str, tuple[str, ...]] = {}
    policies: tuple[dict[str, Setting], ...] = ()
    arms: dict[str, tuple[dict[str, Setting], ...]] = {}
    labels: dict[str, Words] = {}
    alternatives: dict[str, Alternative] = {}
    replicates: int = bounded(1, 100_000, "seeds", "technical", default=5)
    replicate_seeds: Literal["independent", "shared"] = "independent"
    sample_seed: int = bounded(1, 1_000_000, "seed", "technical", default=1)
    outcomes: tuple[str, ...] = Field(default=("dispute_rate", "satisfaction_index"))

    @classmethod
    def load(cls, name_or_path: str | Path) -> Plan:
        """A plan by name or path; ConfigError lists every problem of the file at once."""
        path = find(name_or_path, "studies", "config.no_study")
        source = read(path)
        if isinstance(source.data, dict) and "design" not in source.data and "seeds" in source.data:
            source.add(("seeds",), "config.is_comparison", study=name_or_path)
            source.raise_problems()
        resolve_place(source, path)
        return cls._finish(source)

    @classmethod
    def from_dict(cls, data: Mapping) -> Plan:
        """A plan from plain data, checked as a file is."""
        return cls._finish(in_memory(dict(data)))

    @classmethod
    def _finish(cls, source: Source) -> Plan:
        if isinstance(source.data, dict) and source.data.get("uncertainties") == plan_factors.ALL:
            source.data["uncertainties"] = {plan_factors.ALL: None}
        plan = validate(cls, source)
        data = source.data if isinstance(source.data, dict) else {}
        check_overrides(source, data.get("parameters"), data.get("kinds"))
        if plan is not None:
            check(source, plan)
        source.raise_problems()
        assert plan is not None  # or there was a problem
        return plan

    @property
    def module(self) -> ModuleType:
        """The design's module."""
        return designs.get(self.design)

    @property
    def all_settings(self) -> dict[str, bool | int | float | str]:
        """The design's settings, those not given at their defaults."""
        return {name: self.settings.get(name, s.default) for name, s in self.module.SETTINGS.items()}

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Uncertainties, then levers, in the file's order."""
        group = {name: g for g, names in self.groups.items() for name in names}
        found = [*plan_factors.uncertainties(self), *plan_factors.levers(self)]
        return tuple(dataclasses.replace(f, group=group.get(f.name, "")) for f in found)

    @property
    def all_arms(self) -> dict[str, tuple[dict, ...]]:
        """Arms by name; a factorial's 2^k; without arms the one bundle of ``policies``."""
        if self.design == "factorial":
            return {name: tuple(found) for name, found in self.module.arms(self.policies).items()}
        return self.arms or {BASE: self.policies}

    @property
    def baseline(self) -> str:
        return next(iter(self.all_arms))

    @property
    def rows(self) -> int:
        """Number of rows, alternatives' included, without laying them."""
        extra = (
            len(self.alternatives) * self.module.alternative_rows(self.all_settings)
            if self.alternatives
            else 0
        )
        return self.module.count(self.factors, self.all_settings) + extra

    @property
    def runs(self) -> int:
        """Rows x arms x replicates."""
        return self.rows * len(self.all_arms) * self.replicates

    def unit(self) -> np.ndarray:
        """The design's rows in the unit cube, without alternatives: (rows, factors)."""
        return self.module.rows(self.factors, self.all_settings, self.sample_seed)

    def points(self) -> list[Point]:
        """All rows with their keys: the design's own, then every alternative's. A row keeps its number when
        the design grows.

        Alternatives are numbered from below, -1, -2, ...: the design's own rows may grow without meeting
        them.
        """
        unit, factors = self.unit(), self.factors
        found = points(factors, unit)
        kept = self.module.alternative_rows(self.all_settings) if self.alternatives else 0
        for place, (name, rival) in enumerate(self.alternatives.items()):
            for point in points(factors, unit[:kept], [name] * kept, [rival.parameters] * kept):
                row = -(1 + place + point.row * len(self.alternatives))
                found.append(dataclasses.replace(point, row=row))
        return found

    def tasks(self) -> list:
        """One ``SeedTask`` per row and replicate, all arms on each."""
        return to_tasks.tasks(self)

    def manifest(self) -> dict:
        """What a results folder of this plan says of itself: a study's manifest, with its factors and the
        whole plan.
        """
        from experiments.store.manifest import describe

        study = SimpleNamespace(
            place=self.place,
            name=self.name,
            population_seed="per_seed",
            arms=self.all_arms,
            baseline=self.baseline,
            seed_list=list(range(1, self.replicates + 1)),
            title=self.title,
            summary=self.summary,
            labels=self.labels,
            smallest_effect={},
            outcomes=self.outcomes,
        )
        factors = [{**dataclasses.asdict(f), "choices": list(f.choices)} for f in self.factors]
        return {
            **describe(cast(Any, study), self.design),
            "factors": factors,
            "record": [],
            "plan": self.to_dict(),
        }

    def place(self) -> Scenario:
        """The scenario, scaled and with this plan's fixed parameters and lengths of time."""
        return Study.place(cast(Any, self))  # it reads the fields that both have

    @property
    def hash(self) -> str:
        """Hex digest of what a results folder must have in common; n, replicates, arms and outcomes may
        grow.
        """
        grows = {self.module.GROWS, "alternative_n"}
        content = self.model_dump(
            mode="json",
            exclude={
                "title",
                "summary",
                "labels",
                "replicates",
                "outcomes",
                "settings",
                "arms",
                "alternatives",
            },
        )
        content["settings"] = {k: v for k, v in self.all_settings.items() if k not in grows}
        return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=10).hexdigest()

    def to_dict(self) -> dict:
        """Plain data that ``from_dict`` and JSON take."""
        return self.model_dump(mode="json")


def plan_schema() -> dict:
    """JSON Schema of a plan's file, for editors that check YAML while it is written."""
    from sim.config.catalog import has, text

    result = Plan.model_json_schema()
    result["$schema"], result["title"] = "https://json-schema.org/draft/2020-12/schema", "cogov plan"
    result["properties"]["design"]["enum"] = designs.for_plans()
    for name, entry in result["properties"].items():
        for key in (f"plan.field.{name}", f"field.{name}"):
            if has(key):
                entry["description"] = f"{text(key, 'en')} / {text(key, 'zh')}"
                break
    return result
