"""A place as a frozen, validated configuration: who lives there, who works there, and for how long.

``Scenario.load("hongshan_road")`` reads configs/places; a path works too. Its ``hash`` is part of a
run's identity; titles and sources are not part of the hash.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.config import registry
from sim.config.config_file import (
    ConfigError,
    Key,
    Problem,
    Source,
    available,
    check_name,
    find,
    in_memory,
    read,
    validate,
)
from sim.config.errors import BadValue, Said, told
from sim.config.numbers import is_number

__all__ = [
    "AgeValues",
    "ConfigError",
    "EstateBlock",
    "EstateValues",
    "Number",
    "Problem",
    "Scenario",
    "Whole",
    "Words",
    "places",
]

COMMUNITY_MAX = 65_000  # rows local to a community are kept in 16 bits
BUILDINGS_MAX = 65_535  # and so are the building rows of a subdistrict
LONGEST_WORDS = 10_000
_WORDS = ("title", "summary", "sources")  # no part of a run's identity


Number = Annotated[float, Field(strict=True)]  # a truth value or a text is no number
Whole = Annotated[int, Field(strict=True)]


def bounded(low: float, high: float, unit: str, source: str = "guess", **more: Any) -> Any:
    """A field with a range that names its unit and where the range comes from."""
    extra: dict[str, Any] = {"low": low, "high": high, "unit": unit, "source": source}
    return Field(ge=low, le=high, strict=True, json_schema_extra=extra, **more)


class Strict(BaseModel):
    """Frozen, and no unknown key is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Words(Strict):
    """The same words in both languages."""

    en: str = Field(max_length=LONGEST_WORDS)
    zh: str = Field(max_length=LONGEST_WORDS)


class Provenance(Strict):
    """How far a number of the place is known, and where it comes from."""

    status: Literal["empirical", "claim", "guess", "fitted"]
    source: str


class EstateBlock(Strict):
    """Buildings of one type in a community."""

    estate: Literal["old", "renewal", "commodity"]
    buildings: int = bounded(1, 20_000, "buildings", "technical")


Share = Annotated[float, bounded(0.0, 1.0, "share", "definition")]
Weight = Annotated[float, bounded(0.1, 5.0, "ratio")]
Ties = Annotated[float, bounded(0.0, 40.0, "ties", "old estates 8-30, commodity estates 3-12; guess")]


class EstateShares(Strict):
    """A share per type of estate."""

    old: Share
    renewal: Share
    commodity: Share


class EstateWeights(Strict):
    """A relative frequency per type of estate (scaled so that the place's share holds)."""

    old: Weight = 1.0
    renewal: Weight = 1.0
    commodity: Weight = 1.0


class EstateValues(Strict):
    """Mean neighbour ties per type of estate."""

    old: Ties
    renewal: Ties
    commodity: Ties


class AgeValues(Strict):
    """Mean digital skill per age group."""

    young: Share
    adult: Share
    elderly: Share


class Scenario(Strict):
    """One subdistrict: ``communities`` communities, all built alike, with one level-2 desk.

    Shares are of residents; staff are full-time equivalents per community. ``parameters`` and
    ``kinds`` hold what differs from the registry (see ``sim.config.registry``).
    """

    name: str
    title: Words
    summary: Words
    communities: int = bounded(1, 2_000, "communities", "technical")
    grids: int = bounded(1, 400, "grids", "technical")
    estates: tuple[EstateBlock, ...] = Field(min_length=1)
    residents_per_building: float = bounded(4.0, 2_000.0, "persons", "technical")
    elderly_share: float = bounded(0.0, 0.8, "share", "definition")
    young_share: float = bounded(0.0, 0.8, "share", "definition")
    migrant_share: float = bounded(0.0, 0.9, "share", "definition")
    party_share: float = bounded(
        0.0, 0.4, "share", "Party statistics: .09-.15 of urban adults; wider for extremes"
    )
    owner_share: EstateShares
    elderly_weight: EstateWeights = EstateWeights()
    migrant_weight: EstateWeights = EstateWeights()
    ties: EstateValues
    digital: AgeValues
    committee_workers: float = bounded(
        0.0, 2_000.0, "full-time equivalents", "technical; 12-25 per 10,000 residents is usual"
    )
    desk_workers: float = bounded(0.0, 200.0, "full-time equivalents", "technical")
    property_workers: float = bounded(0.0, 2_000.0, "full-time equivalents", "technical")
    social_organisations: float = bounded(0.0, 1_000.0, "organisations", "technical")
    season: tuple[Annotated[float, bounded(0.0, 5.0, "ratio")], ...] = Field(
        default=(1.0,) * 12,
        min_length=12,
        max_length=12,
        json_schema_extra={"low": 0.0, "high": 5.0, "unit": "ratio"},
    )
    burn_in_days: int = bounded(0, 3_650, "days", "technical")
    days: int = bounded(1, 7_300, "days", "technical")
    parameters: dict[str, Number] = {}
    kinds: dict[str, dict[str, Number]] = {}
    population_scale: float = bounded(0.001, 100.0, "ratio", "technical", default=1.0)
    sources: dict[str, Provenance] = {}

    @classmethod
    def load(cls, name_or_path: str | Path) -> Scenario:
        """A place by name or path; ConfigError lists every problem of the file at once."""
        source = read(find(name_or_path, "places", "config.no_place"))
        return cls._finish(source)

    @classmethod
    def from_dict(cls, data: Mapping) -> Scenario:
        """A scenario from plain data, checked as a file is."""
        return cls._finish(in_memory(dict(data)))

    @classmethod
    def _finish(cls, source: Source) -> Scenario:
        scenario = validate(cls, source)
        data = source.data if isinstance(source.data, dict) else {}
        check_name(source, ("name",), data.get("name"))
        check_overrides(source, data.get("parameters"), data.get("kinds"))
        if scenario is not None:
            scenario.check(source)
        source.raise_problems()
        assert scenario is not None  # or there was a problem
        if scenario.population_scale != 1.0:
            target = max(1, round(scenario.residents * scenario.population_scale))
            scenario = scenario.scaled(target).model_copy(update={"population_scale": 1.0})
            scenario.check(source)
            source.raise_problems()
        return scenario

    def check(self, source: Source) -> None:
        """Note what no single field can know."""
        if self.elderly_share + self.young_share > 1.0:
            source.add(
                ("young_share",),
                "config.shares_above_one",
                total=round(self.elderly_share + self.young_share, 4),
            )
        if self.buildings * self.residents_per_building > COMMUNITY_MAX:
            residents = round(self.buildings * self.residents_per_building)
            source.add(("residents_per_building",), "config.community_too_large", residents=f"{residents:,}")
        if self.communities * self.buildings > BUILDINGS_MAX:
            source.add(
                ("communities",), "config.place_too_large", buildings=f"{self.communities * self.buildings:,}"
            )
        if self.grids > self.buildings:
            source.add(("grids",), "config.too_many_grids", grids=self.grids, buildings=self.buildings)
        if self.desk_workers > self.committee_workers:
            source.add_range(
                ("desk_workers",),
                self.desk_workers,
                0,
                self.committee_workers,
                "full-time equivalents",
                "committee_workers",
            )
        for name in self.sources:
            if name not in type(self).model_fields:
                source.add_unknown(("sources", name), name, type(self).model_fields)

    @property
    def buildings(self) -> int:
        """Buildings of one community."""
        return sum(block.buildings for block in self.estates)

    @property
    def residents(self) -> int:
        """Residents of the whole place."""
        return round(self.communities * self.buildings * self.residents_per_building)

    @property
    def level2_cases(self) -> float:
        """Cases that level 2 takes up per workday and 12,000 residents (parameter level2_cases)."""
        return self.parameters.get("level2_cases", registry.registry()["level2_cases"].value)

    @property
    def hash(self) -> str:
        """Hex digest of all that decides a number."""
        content = {k: v for k, v in self.to_dict().items() if k not in _WORDS}
        return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=10).hexdigest()

    def to_dict(self) -> dict:
        """Plain data that ``from_dict`` and JSON take."""
        return self.model_dump(mode="json")

    def scaled(self, residents: int) -> Scenario:
        """The same place with another number of residents: shares stay, everything else in proportion.

        Whole communities are added or dropped first; then buildings, grids and staff of a community
        follow (fractions of staff are full-time equivalents). The total is exact.

        Raises: BadValue for fewer than one resident.
        """
        if not is_number(residents) or not 1 <= residents < math.inf:
            raise BadValue("scenario.residents", value=residents)
        communities = max(1, round(residents / (self.residents / self.communities)))
        each = residents / communities
        factor = each / (self.buildings * self.residents_per_building)
        buildings = max(1, round(self.buildings * factor))
        estates = _apportion(self.estates, buildings)
        staff = ("committee_workers", "desk_workers", "property_workers", "social_organisations")
        return self.model_copy(
            update={
                "communities": communities,
                "estates": estates,
                "residents_per_building": each / buildings,
                "grids": min(buildings, max(1, round(self.grids * factor))),
                **{s: getattr(self, s) * factor for s in staff},
            }
        )

    def with_parameters(self, values: Mapping[str, float], check: bool = False) -> Scenario:
        """A copy with other parameter values, by name or ``kind.column``; ``check`` holds them to their
        ranges.
        """
        scalars = {k: float(v) for k, v in values.items() if "." not in k}
        kinds = {kind: dict(columns) for kind, columns in self.kinds.items()}
        for kind, column, value in registry.flat_kinds({k: float(v) for k, v in values.items() if "." in k}):
            kinds.setdefault(kind, {})[column] = value
        source = in_memory({})
        check_overrides(source, scalars, kinds, ranges=check)
        source.raise_problems()
        return self.model_copy(update={"parameters": {**self.parameters, **scalars}, "kinds": kinds})


def _apportion(estates: tuple[EstateBlock, ...], buildings: int) -> tuple[EstateBlock, ...]:
    """Buildings shared out in the old proportions, by largest remainder; blocks left empty go."""
    total = sum(block.buildings for block in estates)
    exact = [block.buildings * buildings / total for block in estates]
    counts = [int(x) for x in exact]
    order = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
    for i in order[: buildings - sum(counts)]:
        counts[i] += 1
    return tuple(EstateBlock(estate=b.estate, buildings=n) for b, n in zip(estates, counts) if n)


def check_overrides(
    source: Source, parameters: object, kinds: object, ranges: bool = True, at: Key = ()
) -> None:
    """Note unknown names and values out of range among overrides of the registry."""
    if isinstance(parameters, Mapping):
        known = registry.registry()
        for name, value in parameters.items():
            check_value(source, (*at, "parameters", str(name)), known.get(name), value, known, ranges)
    if isinstance(kinds, Mapping):
        columns = registry.kind_columns()
        for kind, row in kinds.items():
            if kind not in registry.KINDS:
                source.add_unknown((*at, "kinds", str(kind)), str(kind), registry.KINDS)
            elif isinstance(row, Mapping):
                for name, value in row.items():
                    check_value(
                        source, (*at, "kinds", kind, str(name)), columns.get(name), value, columns, ranges
                    )
        if ranges and not source.problems:
            total = float(registry.kinds_record(kinds)["share"].sum())
            if abs(total - 1.0) > 0.005:
                source.add((*at, "kinds"), "config.kind_shares", total=round(total, 4))


def check_value(
    source: Source, path: Key, entry: Any, value: object, known: Mapping, ranges: bool = True
) -> None:
    """Note an unknown name, or a value outside the range of its registry entry."""
    if entry is None:
        source.add_unknown(path, path[-1], known)
    elif not is_number(value):
        return  # the model has noted it already
    elif not -math.inf < value < math.inf:
        source.add(path, "config.type", value=told(value), expected=Said("config.finite"))
    elif ranges and not entry.contains(float(value)):
        source.add_range(path, value, entry.low, entry.high, entry.unit, entry.source)


def places() -> list[str]:
    """Names of the places that come with cogov."""
    return available("places")
