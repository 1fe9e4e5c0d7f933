"""Factors of a design: typed, in the unit cube, levers and uncertainties held apart.

A design lays its points in the unit cube [0, 1]^D; a factor turns a coordinate into a value of its
own type. Analyses work in the unit cube too, so that effects of factors with different units compare.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

REAL, INTEGER, CATEGORICAL = "real", "integer", "categorical"
UNCERTAINTY, LEVER = "uncertainty", "lever"


@dataclass(frozen=True)
class Setting:
    """One setting of a design: default, range (inclusive) or choices, and what it means in a line
    (English; the catalog has both).
    """

    default: float | int | str | bool
    low: float = 0.0
    high: float = 1e9
    choices: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return isinstance(self.default, int) and not isinstance(self.default, bool)


@dataclass(frozen=True)
class Factor:
    """One input that a design varies.

    ``name`` is a registry parameter (or kind.column) or ``policy.setting``.
    """

    name: str
    role: str = UNCERTAINTY
    kind: str = REAL
    low: float = 0.0
    high: float = 1.0
    choices: tuple = ()
    default: float | str = 0.0
    group: str = ""
    unit: str = ""

    @property
    def count(self) -> int:
        """Number of values of an integer or a categorical factor; 0 for a real one."""
        if self.kind == CATEGORICAL:
            return len(self.choices)
        return int(self.high) - int(self.low) + 1 if self.kind == INTEGER else 0

    def decode(self, unit: np.ndarray) -> np.ndarray:
        """Values of coordinates in [0, 1]: linear for a real factor, equal slices for the others."""
        unit = np.asarray(unit, dtype=float)
        if self.kind == REAL:
            return self.low + unit * (self.high - self.low)
        place = np.minimum((unit * self.count).astype(int), self.count - 1)
        return (
            np.array(self.choices, dtype=object)[place] if self.kind == CATEGORICAL else int(self.low) + place
        )

    def encode(self, value: Any) -> float:
        """The coordinate of a value (the middle of its slice); the inverse of ``decode``."""
        if self.kind == REAL:
            return (float(value) - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        place = self.choices.index(value) if self.kind == CATEGORICAL else round(float(value)) - int(self.low)
        return (place + 0.5) / self.count

    def levels(self, count: int) -> np.ndarray:
        """At most ``count`` coordinates that span the range: both ends of a real factor, every value of a
        small discrete one.
        """
        if self.kind == REAL:
            return np.linspace(0.0, 1.0, max(count, 2))
        kept = np.unique(np.linspace(0, self.count - 1, min(count, self.count)).round().astype(int))
        return (kept + 0.5) / self.count


def group_names(factors: Sequence[Factor]) -> list[str]:
    """Names of what moves together, in order of appearance: a group's, or a lone factor's own."""
    return list(dict.fromkeys(f.group or f.name for f in factors))


def grouped(factors: Sequence[Factor]) -> bool:
    """Whether any factor belongs to a group."""
    return any(f.group for f in factors)


def problem(factors: Sequence[Factor]) -> dict:
    """SALib's problem in the unit cube."""
    found = {
        "num_vars": len(factors),
        "names": [f.name for f in factors],
        "bounds": [[0.0, 1.0]] * len(factors),
    }
    return found | {"groups": [f.group or f.name for f in factors]} if grouped(factors) else found


@dataclass(frozen=True)
class Point:
    """One row of a design: its values by factor, its place and its key, and what else it overrides.

    ``key`` names row and values: results carry it, so that no shuffled or foreign row is ever taken for
    another.
    """

    row: int
    key: str
    values: Mapping[str, float | int | str]
    label: str = ""
    overrides: Mapping[str, float] | None = None


def points(
    factors: Sequence[Factor], unit: np.ndarray, labels: Sequence[str] = (), overrides: Sequence[Mapping] = ()
) -> list[Point]:
    """The rows of ``unit`` (rows, factors) as points with keys; labels and overrides per row where given."""
    columns = [f.decode(unit[:, j]) for j, f in enumerate(factors)]
    found = []
    for i in range(len(unit)):
        values = {f.name: plain(column[i]) for f, column in zip(factors, columns)}
        label, extra = (labels[i] if labels else ""), (dict(overrides[i]) if overrides else {})
        found.append(Point(i, row_key(i, values, label, extra), values, label, extra))
    return found


def row_key(row: int, values: Mapping, label: str = "", overrides: Mapping | None = None) -> str:
    """Hex name of a design's row: place, values, label and overrides."""
    words = json.dumps([row, values, label, overrides or {}], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


def plain(value: Any) -> Any:
    """A numpy scalar as Python's own, so that JSON and hashes see one form."""
    if isinstance(value, np.integer):
        return int(value)
    return float(value) if isinstance(value, np.floating) else value
