"""The registry of everything that can be set: each number with unit, range, source and status.

Numbers live in ``configs/parameters/*.yaml`` and nowhere else. ``params_record`` and
``kinds_record`` turn them, with a scenario's overrides, into the records that compiled rules read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sim.config.catalog import listed, nearest, read_yaml
from sim.config.errors import NoKey, Said, told
from sim.config.numbers import is_number
from sim.config.paths import config_dir
from sim.config.source import Key, Source, read
from sim.vocabulary import AGES, CHANNELS, ESTATES, KINDS, POOLS

GROUPS = ("other_local", "elderly_local", "other_migrant", "elderly_migrant")  # code = elderly + 2 * migrant
STATUSES = ("empirical", "claim", "guess", "fitted")
__all__ = [  # the vocabularies are re-exported: whoever reads the registry needs them
    "AGES",
    "CHANNELS",
    "ESTATES",
    "GROUPS",
    "KINDS",
    "POOLS",
    "Parameter",
    "TableColumn",
    "channel_columns",
    "channels_record",
    "channels_table",
    "flat_kinds",
    "kind_columns",
    "kinds_record",
    "kinds_table",
    "nearest",
    "params_record",
    "registry",
    "row_names",
]
TABLES = {"kinds": KINDS, "channels": CHANNELS}


@dataclass(frozen=True)
class Parameter:
    """One scalar of the model.

    Attributes: ``unit`` as printed; ``status`` one of STATUSES (how far the number is known);
    ``source`` where it comes from, 'guess' if nowhere; ``rule`` the model rule that uses it;
    ``en``, ``zh`` its meaning; ``group`` the file of configs/parameters it stands in.
    """

    name: str
    symbol: str
    value: float
    low: float
    high: float
    unit: str
    status: str
    source: str
    rule: str
    en: str
    zh: str
    group: str = ""

    def contains(self, value: float) -> bool:
        """Whether a value lies in the range stated."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class TableColumn:
    """One column of the kinds or channels table: a value per row, one meaning and range for all."""

    name: str
    symbol: str
    values: tuple[float, ...]
    low: float
    high: float
    unit: str
    status: str
    source: str
    rule: str
    en: str
    zh: str

    def contains(self, value: float) -> bool:
        """Whether a value lies in the range stated."""
        return self.low <= value <= self.high


_FIELDS = ("symbol", "unit", "status", "source", "rule", "en", "zh")


def _entry(source: Source, name: str, raw: object) -> dict[str, Any] | None:
    """The common fields of an entry, or None with what is wrong noted: a registry with holes is not
    published.
    """
    if not isinstance(raw, Mapping):
        source.add((name,), "config.type", value=told(raw), expected=Said("config.mapping"))
        return None
    noted = len(source.problems)
    for f in (*_FIELDS, "low", "high"):
        if f not in raw:
            source.add((name, f), "config.missing")
        elif (f in ("low", "high")) != is_number(raw[f]) or isinstance(raw[f], (Mapping, list)):
            source.add(
                (name, f),
                "config.type",
                value=told(raw[f]),
                expected=Said("config.number" if f in ("low", "high") else "config.words"),
            )
    if "status" in raw and raw["status"] not in STATUSES:
        source.add_choice((name, "status"), raw["status"], STATUSES)
    if len(source.problems) > noted:
        return None
    return {
        "name": name,
        "low": float(raw["low"]),
        "high": float(raw["high"]),
        **{f: str(raw[f]) for f in _FIELDS},
    }


def _value(source: Source, at: Key, value: object, fields: Mapping[str, Any]) -> float:
    """A value of an entry as a float, noted where it is no number or outside the entry's own range."""
    if not is_number(value):
        source.add(at, "config.type", value=told(value), expected=Said("config.number"))
        return math.nan
    if not fields["low"] <= value <= fields["high"]:
        source.add_range(at, value, fields["low"], fields["high"], fields["unit"], fields["source"])
    return float(value)


def read_parameters(folder: Path) -> dict[str, Parameter]:
    """All scalar parameters of a folder's files by name, in alphabetical order; ConfigError lists every
    problem of a file.
    """
    entries: dict[str, Parameter] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in TABLES:
            continue
        source = read(path)
        for name, raw in source.data.items():
            fields = None if name.startswith("_") else _entry(source, name, raw)
            if name in entries:
                source.add((name,), "schema.twice", name=name, first=f"{entries[name].group}.yaml")
            if fields is not None:
                value = _value(source, (name, "value"), raw.get("value"), fields)
                entries[name] = Parameter(value=value, group=path.stem, **fields)
        source.raise_problems()
    return dict(sorted(entries.items()))


def read_table(path: Path, rows: Sequence[str]) -> dict[str, TableColumn]:
    """A table's columns by name, each with a value per row; ConfigError lists every problem of the file."""
    source, columns = read(path), {}
    for name, raw in source.data.items():
        fields = None if name.startswith("_") else _entry(source, name, raw)
        if fields is None:
            continue
        values = raw.get("values")
        if not isinstance(values, list) or len(values) != len(rows):
            count = len(values) if isinstance(values, list) else 0
            source.add((name, "values"), "config.length", count=count, low=len(rows), high=len(rows))
            continue
        numbers = tuple(_value(source, (name, "values", i), value, fields) for i, value in enumerate(values))
        columns[name] = TableColumn(values=numbers, **fields)
    source.raise_problems()
    return columns


@cache
def registry() -> dict[str, Parameter]:
    """All scalar parameters by name, in alphabetical order (the order of the record's fields)."""
    return read_parameters(config_dir() / "parameters")


@cache
def _table(table: str) -> dict[str, TableColumn]:
    return read_table(config_dir() / "parameters" / f"{table}.yaml", TABLES[table])


@cache
def row_names(table: str) -> dict[str, dict[str, str]]:
    """Names of a table's rows (kinds or channels) in both languages."""
    return read_yaml(config_dir() / "parameters" / f"{table}.yaml")["_names"]


def kind_columns() -> dict[str, TableColumn]:
    """Columns of the kinds table with their metadata."""
    return _table("kinds")


def channel_columns() -> dict[str, TableColumn]:
    """Columns of the channels table with their metadata."""
    return _table("channels")


def kinds_table() -> dict[str, tuple[float, ...]]:
    """Column -> one value per kind, in the order of KINDS."""
    return {name: column.values for name, column in kind_columns().items()}


def channels_table() -> dict[str, tuple[float, ...]]:
    """Column -> one value per channel, in the order of CHANNELS."""
    return {name: column.values for name, column in channel_columns().items()}


def _unknown(what: str, name: str, names: Iterable[str]) -> NoKey:
    near, known = nearest(name, names), listed(names)
    return NoKey(
        "schema.near" if near else "schema.unknown",
        what=Said(f"schema.{what}"),
        name=name,
        near=near,
        known=known,
    )


def params_record(overrides: Mapping[str, float] | None = None) -> np.ndarray:
    """Structured array of shape (1,): one float64 field per scalar parameter, fields by name.

    Ranges are not checked here (tests and extremes go beyond them): scenario files are.
    """
    record = _defaults().copy()
    names = record.dtype.names or ()
    for name, value in (overrides or {}).items():
        if name not in names:
            raise _unknown("parameter", name, names)
        record[name] = value
    return record


@cache
def _defaults() -> np.ndarray:
    known = registry()
    return np.array([tuple(p.value for p in known.values())], dtype=[(name, "f8") for name in known])


def _table_record(table: str) -> np.ndarray:
    columns = _table(table)
    record = np.zeros(len(TABLES[table]), dtype=[(name, "f8") for name in columns])
    for name, column in columns.items():
        record[name] = column.values
    return record


def kinds_record(overrides: Mapping | None = None) -> np.ndarray:
    """Structured array of shape (8,), one float64 field per column of the kinds table.

    Overrides are nested, ``{"noise": {"share": .2}}``, or flat, ``{"noise.share": .2}``.
    """
    record = _table_record("kinds")
    for kind, column, value in flat_kinds(overrides or {}):
        if kind not in KINDS:
            raise _unknown("kind", kind, KINDS)
        if column not in (record.dtype.names or ()):
            raise _unknown("column", column, record.dtype.names or ())
        record[column][KINDS.index(kind)] = value
    return record


def channels_record() -> np.ndarray:
    """Structured array of shape (7,), one float64 field per column of the channels table."""
    return _table_record("channels")


def flat_kinds(overrides: Mapping) -> list[tuple[str, str, float]]:
    """Overrides of the kinds table, nested or flat, as (kind, column, value)."""
    rows = []
    for key, value in overrides.items():
        if isinstance(value, Mapping):
            rows += [(str(key), str(column), v) for column, v in value.items()]
        else:
            kind, _, column = str(key).partition(".")
            rows.append((kind, column, value))
    return rows
