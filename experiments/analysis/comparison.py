"""The comparison table of a study: every arm and outcome against the baseline, paired by seed.

Reads results only (a table of runs, one row per run); knows nothing of the simulator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from experiments.analysis import arms as joint
from experiments.analysis import families, paired, sequential
from experiments.analysis.verdicts import EQUIVALENCE_LEVEL, equivalence, smallest_effect, stem, verdict
from experiments.store import csv_file

COST = "cost_budget"  # CNY per resident-year
HARM = "dispute_rate"  # the front is that of cost and disputes
MAIN = (
    HARM,
    "satisfaction_index",
    "event_satisfaction",
    "reported_resolution",
    "audited_resolution",
)  # where a study names none
COLUMNS = (
    "outcome",
    "arm",
    "n",
    "mean",
    "sd",
    "baseline_mean",
    "difference",
    "low",
    "high",
    "p_value",
    "correlation",
    "variance_factor",
    "effect_size",
    "share_better",
    "verdict",
    "equivalent",
    "p_holm",
    "q_bh",
    "low_simultaneous",
    "high_simultaneous",
    "low_sequential",
    "high_sequential",
    "p_best",
    "p_pareto",
    "cost_difference",
    "cost_per_unit",
)
_MEASURED = COLUMNS[6:13]  # of an arm against the baseline, by paired.compare


@dataclass(frozen=True)
class Question:
    """What is asked of a table of runs. ``better``: outcome -> "low", "high" or ""; unset outcomes count as
    "".

    ``units``: outcome -> its unit, by which what the study left open gets a smallest effect (verdicts.py).
    ``main``: the outcomes whose comparisons are Holm's family (none given: ``MAIN``). ``stopped_on``:
    outcomes whose precision decided the number of seeds; their interval is the one that stays right then
    (sequential.py).
    """

    arms: Sequence[str]
    baseline: str
    seeds: Sequence[int]
    outcomes: Sequence[str]
    better: Mapping[str, str] = field(default_factory=dict)
    smallest_effect: Mapping[str, float] = field(default_factory=dict)
    main: Sequence[str] = ()
    stopped_on: Sequence[str] = ()
    units: Mapping[str, str] = field(default_factory=dict)


def values_by_seed(
    runs: Mapping[str, Sequence], arm: str, seeds: Sequence[int], outcomes: Sequence[str]
) -> np.ndarray:
    """(seeds, outcomes) values of one arm, NaN where a run is missing or failed."""
    place = {seed: row for row, seed in enumerate(seeds)}
    rows = [
        (i, place[s])
        for i, (a, s, status) in enumerate(zip(runs["arm"], runs["seed"], runs["status"]))
        if a == arm and s in place and status == "ok"
    ]
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
    measured = {arm: _measure(values[arm], values[q.baseline], q) for arm in q.arms}
    together = _together(values, q)
    cost = list(q.outcomes).index(COST) if COST in q.outcomes else None
    rows = []
    for column, outcome in enumerate(q.outcomes):
        for arm in sorted(q.arms, key=lambda arm: arm != q.baseline):
            extra = math.nan if cost is None else float(measured[arm]["difference"][cost])
            row = _row(outcome, arm, measured[arm], column, extra, q)
            rows.append(
                row | {name: float(table[arm][column]) for name, table in together.items() if arm in table}
            )
    _adjust(rows, q)
    return rows


def _measure(arm: np.ndarray, baseline: np.ndarray, q: Question) -> dict[str, np.ndarray]:
    """Per outcome: paired.compare's measures, the share of seeds that are better, the intervals for
    equivalence and for stopping.
    """
    found = paired.compare(arm, baseline)
    near = paired.interval(arm - baseline, EQUIVALENCE_LEVEL)
    stopping = dict(zip(("low_sequential", "high_sequential"), sequential.interval(arm - baseline)))
    decided = np.isin(list(q.outcomes), list(q.stopped_on))
    ends = {
        end: np.where(decided, stopping[f"{end}_sequential"], getattr(found, end)) for end in ("low", "high")
    }
    sign = np.array([-1.0 if q.better.get(stem(name), "") == "low" else 1.0 for name in q.outcomes])
    return (
        vars(found)
        | ends
        | stopping
        | {
            "near_low": near[0],
            "near_high": near[1],
            "share_better": paired.share_above((arm - baseline) * sign),
        }
    )


def _together(values: Mapping[str, np.ndarray], q: Question) -> dict[str, dict[str, np.ndarray]]:
    """What only all arms at once can say: column -> arm -> value per outcome."""
    others = [arm for arm in q.arms if arm != q.baseline]
    every = [q.baseline, *others]
    stacked = np.stack([values[arm] for arm in every], axis=1)
    sign = np.array(
        [{"high": 1.0, "low": -1.0}.get(q.better.get(stem(name), ""), 0.0) for name in q.outcomes]
    )
    found = {"p_best": dict(zip(every, joint.best(stacked, sign)))} if others else {}
    if others:
        ends = joint.simultaneous(stacked[:, 1:] - stacked[:, :1])
        found |= {
            name: dict(zip(others, end)) for name, end in zip(("low_simultaneous", "high_simultaneous"), ends)
        }
    if others and COST in q.outcomes and HARM in q.outcomes:
        places = [list(q.outcomes).index(name) for name in (COST, HARM)]
        share = joint.pareto(*(stacked[:, :, place] for place in places))
        on = np.isin(np.arange(len(q.outcomes)), places)
        found["p_pareto"] = {arm: np.where(on, value, np.nan) for arm, value in zip(every, share)}
    return found


def _adjust(rows: Sequence[dict], q: Question) -> None:
    """Holm over arms x main outcomes, Benjamini and Hochberg over everything; costs that no chance
    touches are not tested.
    """
    tested = [
        row
        for row in rows
        if "p_value" in row and not (row["outcome"].startswith("cost_") and row["low"] == row["high"])
    ]
    main = set(q.main) & set(q.outcomes) or set(MAIN)
    family = [row for row in tested if row["outcome"] in main]
    for name, members, adjust in (
        ("p_holm", family, families.holm),
        ("q_bh", tested, families.benjamini_hochberg),
    ):
        for row, value in zip(members, adjust(np.array([row["p_value"] for row in members]))):
            row[name] = float(value)


def _row(
    outcome: str, arm: str, found: Mapping[str, np.ndarray], column: int, extra_cost: float, q: Question
) -> dict:
    row: dict = {"outcome": outcome, "arm": arm, "n": int(found["n"][column])}
    row |= {name: float(found[name][column]) for name in ("mean", "sd", "baseline_mean")}
    if arm == q.baseline:
        return row
    row |= {
        name: float(found[name][column])
        for name in (*_MEASURED, "share_better", "low_sequential", "high_sequential")
    }
    better = q.better.get(stem(outcome), "")
    smallest = smallest_effect(
        outcome, q.smallest_effect, q.units.get(stem(outcome), ""), row["baseline_mean"]
    )
    near = float(found["near_low"][column]), float(found["near_high"][column])
    row["verdict"] = verdict(row["low"], row["high"], better, smallest, near)
    row["equivalent"] = equivalence(
        row["low"], row["high"], near, q.smallest_effect.get(stem(outcome), math.nan)
    )
    row["cost_difference"] = extra_cost
    row["cost_per_unit"] = cost_per_unit(row["difference"], better, extra_cost)
    return row


def cost_per_unit(difference: float, better: str, extra_cost: float) -> float:
    """CNY per resident-year for each unit of improvement; NaN where nothing improved or no direction is
    good.
    """
    improvement = {"low": -difference, "high": difference}.get(better, math.nan)
    return extra_cost / improvement if improvement > 0 else math.nan


def write_csv(rows: Sequence[Mapping], path: Path) -> Path:
    """The table as CSV that Excel opens in any language; listed with its hash, so that the report can
    verify it.
    """
    return csv_file.write_records(path, rows, COLUMNS)
