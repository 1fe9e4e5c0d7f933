"""The comparison table of a study: every arm and outcome against the baseline, paired by seed.

Reads results only (a table of runs, one row per run); knows nothing of the simulator.
"""
from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from experiments.analysis import paired
from experiments.files import write_text

COST = "cost_budget"  # CNY per resident-year
COLUMNS = (
    "outcome", "arm", "n", "mean", "sd", "baseline_mean", "difference", "low", "high", "p_value", "correlation",
    "variance_factor", "effect_size", "verdict", "cost_difference", "cost_per_unit",
)
BETTER, WORSE, HIGHER, LOWER, SMALL, SAME, UNCLEAR, NONE = "better", "worse", "higher", "lower", "small", "same", "unclear", "none"


@dataclass(frozen=True)
class Question:
    """What is asked of a table of runs. ``better``: outcome -> "low", "high" or ""; unset outcomes count as ""."""

    arms: Sequence[str]
    baseline: str
    seeds: Sequence[int]
    outcomes: Sequence[str]
    better: Mapping[str, str] = field(default_factory=dict)
    smallest_effect: Mapping[str, float] = field(default_factory=dict)


def values_by_seed(runs: Mapping[str, Sequence], arm: str, seeds: Sequence[int], outcomes: Sequence[str]) -> np.ndarray:
    """(seeds, outcomes) values of one arm, NaN where a run is missing or failed."""
    place = {seed: row for row, seed in enumerate(seeds)}
    rows = [(i, place[s]) for i, (a, s, status) in enumerate(zip(runs["arm"], runs["seed"], runs["status"]))
            if a == arm and s in place and status == "ok"]
    values = np.full((len(seeds), len(outcomes)), np.nan)
    if rows:
        source, target = np.array(rows).T
        for column, outcome in enumerate(outcomes):
            values[target, column] = np.asarray(runs[outcome], dtype=float)[source]
    return values


def compare(runs: Mapping[str, Sequence], question: Question) -> list[dict]:
    """One row per outcome and arm, the baseline's own rows first; keys as in ``COLUMNS``."""
    q = question
    values = {arm: values_by_seed(runs, arm, q.seeds, q.outcomes) for arm in q.arms}
    found = {arm: paired.compare(values[arm], values[q.baseline]) for arm in q.arms}
    cost = list(q.outcomes).index(COST) if COST in q.outcomes else None
    rows = []
    for column, outcome in enumerate(q.outcomes):
        for arm in sorted(q.arms, key=lambda arm: arm != q.baseline):
            extra = math.nan if cost is None else float(found[arm].difference[cost])
            rows.append(_row(outcome, arm, found[arm], column, extra, q))
    return rows


def _row(outcome: str, arm: str, found: paired.Paired, column: int, extra_cost: float, q: Question) -> dict:
    row: dict = {"outcome": outcome, "arm": arm, "n": int(found.n[column])}
    row |= {name: float(getattr(found, name)[column]) for name in ("mean", "sd", "baseline_mean")}
    if arm == q.baseline:
        return row
    row |= {name: float(getattr(found, name)[column]) for name in COLUMNS[6:13]}
    better = q.better.get(stem(outcome), "")
    row["verdict"] = verdict(row["low"], row["high"], better, q.smallest_effect.get(stem(outcome), math.nan))
    row["cost_difference"] = extra_cost
    row["cost_per_unit"] = cost_per_unit(row["difference"], better, extra_cost)
    return row


def stem(outcome: str) -> str:
    """The metric of an outcome of one year: 'dispute_rate@y1' -> 'dispute_rate'."""
    return outcome.partition("@")[0]


def verdict(low: float, high: float, better: str, smallest: float = math.nan) -> str:
    """What an interval of a difference allows one to say.

    better, worse (or higher, lower where no direction is good): the interval leaves out zero.
    small: it does, but lies within the smallest effect of interest. same: it holds zero and lies
    within it, or the difference is exactly zero. unclear: anything else. none: no interval.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return NONE
    within = smallest > 0 and -smallest < low and high < smallest
    if low <= 0 <= high:
        return SAME if within or low == high == 0 else UNCLEAR
    if within:
        return SMALL
    if better not in ("low", "high"):
        return HIGHER if low > 0 else LOWER
    return BETTER if (low > 0) == (better == "high") else WORSE


def cost_per_unit(difference: float, better: str, extra_cost: float) -> float:
    """CNY per resident-year for each unit of improvement; NaN where nothing improved or no direction is good."""
    improvement = {"low": -difference, "high": difference}.get(better, math.nan)
    return extra_cost / improvement if improvement > 0 else math.nan


def write_csv(rows: Sequence[Mapping], path: Path) -> Path:
    """The table as CSV that Excel opens in any language (utf-8 with its mark); NaN is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row.get(name, "")) for name in COLUMNS])
    return write_text(path, out.getvalue(), encoding="utf-8-sig")


def _cell(value) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return str(value)
