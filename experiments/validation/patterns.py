"""The pattern table, judged from its results: reproduced, imposed, failed or not measured; and which
mechanism each needs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.store import csv_file, kept
from experiments.validation import judge as rules
from experiments.validation.arithmetic import evaluate, names
from experiments.validation.judge import FAILED, IMPOSED, NOT_MEASURED, REPRODUCED, Estimate
from experiments.validation.values import Block, read_values

FOLDER, SPEC, TABLE, ABLATION, ON = "patterns", "patterns.json", "patterns.csv", "ablation.csv", "on"
VERDICTS = (REPRODUCED, IMPOSED, FAILED, NOT_MEASURED)
_YEAR = re.compile(r"_y(\d+)$")


@dataclass(frozen=True)
class Measured:
    """One number of a pattern: its estimate in the unit shown, its bounds, and whether it holds."""

    name: str
    spec: Mapping
    found: Estimate
    low: float
    high: float
    verdict: str


@dataclass(frozen=True)
class Line:
    """A pattern: verdict and measures as the model is, and per mechanism off."""

    spec: Mapping
    verdict: str
    measures: tuple[Measured, ...]
    lacks: tuple[str, ...]
    without: Mapping[str, tuple[str, tuple[Measured, ...]]]

    def needs(self, mechanism: str) -> bool:
        """Whether a pattern that holds fails, or cannot be measured, without it."""
        return self.verdict in (REPRODUCED, IMPOSED) and self.without[mechanism][0] not in (
            REPRODUCED,
            IMPOSED,
        )


@dataclass(frozen=True)
class PatternResults:
    """The whole table."""

    lines: tuple[Line, ...]
    spec: Mapping
    seeds: int
    failed: int

    def count(self, verdict: str, part: str | None = None) -> int:
        return sum(line.verdict == verdict and part in (None, line.spec["part"]) for line in self.lines)


def judge(pattern: Mapping, block: Block) -> tuple[str, tuple[Measured, ...]]:
    """(verdict, measures) of a pattern on one set of cells.

    All judged measures must hold; one that fails decides, measured or not the rest.
    """
    measures = tuple(
        _measure(name, measure, block, pattern["imposed"] is not None)
        for name, measure in pattern["measures"].items()
    )
    judged = [m.verdict for m in measures if m.spec["judged"]]
    if FAILED in judged:
        return FAILED, measures
    if not judged or NOT_MEASURED in judged:
        return NOT_MEASURED, measures
    return IMPOSED if pattern["imposed"] is not None else REPRODUCED, measures


def _measure(name: str, measure: Mapping, block: Block, imposed: bool) -> Measured:
    low = -math.inf if measure["low"] is None else measure["low"] * measure["factor"]
    high = math.inf if measure["high"] is None else measure["high"] * measure["factor"]
    if any(_value(block, word) is None for word in names(measure["of"])):
        nothing = rules.estimate([])
        return Measured(name, measure, nothing, low, high, NOT_MEASURED)
    values = np.asarray(evaluate(measure["of"], lambda word: _value(block, word)), dtype=float)
    values = np.where(np.isfinite(values), values, np.nan) * measure["factor"]
    found = rules.estimate(values)
    return Measured(name, measure, found, low, high, rules.judge_bounds(found, low, high, imposed))


def _value(block: Block, word: str) -> np.ndarray | None:
    cell, _, outcome = word.partition(".")
    outcomes = block.get(cell, {})
    values = outcomes.get(outcome, outcomes.get(_YEAR.sub(r"@y\1", outcome)))
    return None if values is None or not np.isfinite(values).any() else values


def lacking(pattern: Mapping, spec: Mapping) -> tuple[str, ...]:
    """Policies that a pattern's cells need and this version does not have."""
    used = {
        word.partition(".")[0] for measure in pattern["measures"].values() for word in names(measure["of"])
    }
    return tuple(dict.fromkeys(policy for cell in sorted(used) for policy in spec["lacking"].get(cell, ())))


def read(folder: Path) -> PatternResults | None:
    """Judge what a folder of ``cogov validate`` holds; None where no patterns were run."""
    path = Path(folder) / FOLDER / SPEC
    if not kept.expected(path):
        return None
    spec = kept.read_document(path)
    manifest, values, failed = read_values(Path(folder) / FOLDER)
    lines = []
    for pattern in spec["patterns"]:
        verdict, measures = judge(pattern, values[ON])
        without = {name: judge(pattern, values.get(name, {})) for name in spec["mechanisms"]}
        lines.append(Line(pattern, verdict, measures, lacking(pattern, spec), without))
    return PatternResults(tuple(lines), spec, len(manifest["seeds"]), failed)


def write_csv(results: PatternResults, folder: Path) -> tuple[Path, Path]:
    """patterns.csv (a row per measure) and ablation.csv (a row per pattern and mechanism); both open in
    Excel.
    """
    table = [row for line in results.lines for row in _rows(line)]
    ablation = [
        {
            "pattern": line.spec["id"],
            "mechanism": name,
            "mechanism_en": off["label"]["en"],
            "mechanism_zh": off["label"]["zh"],
            "verdict_with": line.verdict,
            "verdict_without": line.without[name][0],
            "needed": line.needs(name),
            **{
                f"{key}_{m.name}": _cell(m.found.mean)
                for key, measures in (("with", line.measures), ("without", line.without[name][1]))
                for m in measures
            },
        }
        for line in results.lines
        for name, off in results.spec["mechanisms"].items()
    ]
    return (
        csv_file.write_records(Path(folder) / TABLE, table),
        csv_file.write_records(Path(folder) / ABLATION, [_folded(row) for row in ablation]),
    )


def _folded(row: dict) -> dict:
    """Values of measures as one text each, so that all rows have the same columns."""
    fixed = {key: value for key, value in row.items() if not key.startswith(("with_", "without_"))}
    for key in ("with", "without"):
        found = [(name[len(key) + 1 :], value) for name, value in row.items() if name.startswith(f"{key}_")]
        fixed[f"measured_{key}"] = "; ".join(f"{name} {value:.4g}" for name, value in found if value != "")
    return fixed


def _rows(line: Line) -> list[dict]:
    head = {
        "pattern": line.spec["id"],
        "grade": line.spec["grade"],
        "part": line.spec["part"],
        "fact_en": line.spec["fact"]["en"],
        "fact_zh": line.spec["fact"]["zh"],
        "verdict": line.verdict,
        "imposed": line.spec["imposed"] is not None,
        "source": line.spec["source"],
    }
    blank = {
        "measure": "",
        "label_en": "",
        "label_zh": "",
        "unit": "",
        "judged": "",
        "low_bound": "",
        "high_bound": "",
        "pairs": "",
        "mean": "",
        "low": "",
        "high": "",
        "held": "",
    }
    rows = [
        {
            **head,
            "measure": m.name,
            "label_en": m.spec["label"]["en"],
            "label_zh": m.spec["label"]["zh"],
            "unit": m.spec["unit"]["en"],
            "judged": m.spec["judged"],
            "low_bound": _cell(m.low),
            "high_bound": _cell(m.high),
            "pairs": m.found.n,
            "mean": _cell(m.found.mean),
            "low": _cell(m.found.low),
            "high": _cell(m.found.high),
            "held": m.verdict,
        }
        for m in line.measures
    ]
    return rows or [head | blank]


def _cell(value: float):
    return "" if not math.isfinite(value) else value


def section(results: PatternResults, lang: str) -> str:
    """The pattern table and the table of mechanisms as HTML in one language."""
    from experiments.validation.pages.patterns import table

    return table(results, lang)
