"""The district official's table: familiar indicators, each with its definition and denominator, and the
case loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from experiments.analysis.verdicts import OF_A_SHARE
from experiments.html.numbers import MISSING, fixed, number, percent, places
from experiments.html.words import Words, plain_words, with_unit, words
from experiments.report.comparison.data import Bands, Paired, Results
from experiments.report.comparison.outcomes import AUDITED, EVENT, PRIMARY, REPORTED, Outcome
from experiments.report.comparison.verdicts import Finding, judge, smallest_effect

Values = Callable[[Results, str], np.ndarray]


@dataclass(frozen=True)
class Indicator:
    """One familiar indicator: its key in the catalog, the outcome it is, or how it follows from outcomes."""

    key: str
    outcome: str = ""
    derived: Values | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator with the baseline's level and one finding per arm."""

    key: str
    label: Words
    definition: Words
    denominator: Words
    baseline: Words
    cells: list[Finding]
    raw: float


def _verified(results: Results, arm: str) -> np.ndarray:
    """Cases reported as closed that an audit finds really fixed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = results.runs_of(arm, AUDITED) / results.runs_of(arm, REPORTED)
    return np.where(np.isfinite(found), found, np.nan)


INDICATORS = (
    Indicator("received", "contacts_rate"),
    Indicator("accepted", "demand_rate"),
    Indicator("answered_at_desk", "desk_share"),
    Indicator("response", "response_rate"),
    Indicator("on_time", "on_time_share"),
    Indicator("resolved", REPORTED),
    Indicator("audited", AUDITED),
    Indicator("verified", derived=_verified, needs=(AUDITED, REPORTED)),
    Indicator("called_back", EVENT),
    Indicator("disputes", PRIMARY),
    Indicator("mediated", "dispute_resolution_share"),
    Indicator("grid_load", "workload_grid_p95"),
    Indicator("committee_load", "workload_committee"),
)


def rows(results: Results) -> list[IndicatorRow]:
    """Every indicator that was measured."""
    found = []
    for item in INDICATORS:
        needed = item.needs or (item.outcome,)
        if all(name in results.values for name in needed):
            row = _row(results, item)
            if math.isfinite(row.raw) or any(math.isfinite(c.paired.difference) for c in row.cells):
                found.append(row)
    return found


def _row(results: Results, item: Indicator) -> IndicatorRow:
    shown = results.outcome(item.outcome) if item.outcome else _derived_outcome(item)
    pairs = [
        results.paired(arm, item.outcome) if item.outcome else _derived_pair(results, item, arm)
        for arm in results.others
    ]
    base = (
        results.mean(results.baseline, item.outcome)
        if item.outcome
        else _mean(item.derived(results, results.baseline))
    )
    digits = places([(p.high - p.low) / 2 * shown.scale for p in pairs], [base * shown.scale])
    smallest = smallest_effect(results, item.outcome) if item.outcome else math.nan
    cells = [
        Finding(arm, results.label(arm), shown, p, judge(p, shown, smallest), digits, smallest)
        for arm, p in zip(results.others, pairs)
    ]
    prefix = f"report.indicator.{item.key}"
    return IndicatorRow(
        item.key,
        words(prefix + ".label"),
        words(prefix + ".definition"),
        words(prefix + ".denominator"),
        with_unit(number(base, digits, shown.scale), shown.unit),
        cells,
        base,
    )


def _derived_outcome(item: Indicator) -> Outcome:
    """Indicators that are ratios of two shares are shares: a rise is good, a point the least that matters."""
    return Outcome(
        item.key,
        words(f"report.indicator.{item.key}.label"),
        words("report.unit.percent"),
        words("report.unit.points"),
        words(f"report.indicator.{item.key}.definition"),
        "high",
        100.0,
        slight=OF_A_SHARE,
    )


def _mean(values: np.ndarray) -> float:
    good = values[np.isfinite(values)]
    return float(good.mean()) if good.size else math.nan


def _derived_pair(results: Results, item: Indicator, arm: str) -> Paired:
    from experiments.analysis.paired import compare

    a, b = item.derived(results, arm), item.derived(results, results.baseline)
    found = compare(a[:, None], b[:, None])
    return Paired(
        *(float(getattr(found, name)[0]) for name in ("difference", "low", "high", "mean", "baseline_mean")),
        n=int(found.n[0]),
    )


@dataclass(frozen=True)
class Trend:
    """Appeals received: this year beside last year, the last 30 days beside the 30 before, per cent, by
    arm.
    """

    arm: str
    yearly: str
    monthly: str


def trends(results: Results, found: Bands | None) -> list[Trend]:
    """同比 and 环比 of appeals per arm; a dash where the window is too short."""
    out = []
    for place, arm in enumerate(results.arms):
        first, second = (results.mean(arm, f"contacts_rate@y{year}") for year in (1, 2))
        months = found.months.get("claims") if found else None
        before, last = months[place] if months is not None else (math.nan, math.nan)
        out.append(Trend(arm, _percent(first, second), _percent(before, last)))
    return out


def _percent(before: float, after: float) -> str:
    if not (math.isfinite(before) and math.isfinite(after)) or before <= 0:
        return MISSING
    return percent(after / before - 1, 1, signed=True)


DETECTED = "detected_share"
STAGES = ("report", "file", "dispatch", "handle", "verify", "close")


def case_loop(results: Results) -> list[tuple[Words, Words, list[Words]]]:
    """上报—立案—派遣—处置—核实—结案 of residents' cases: (stage, what it is here, one value per arm).

    Cases that patrols and sensors open have no claimant and no rates of their own: the last column says how
    many they are.
    """
    stages = []
    for stage in STAGES:
        cells = [_stage_value(results, arm, stage) for arm in results.arms]
        if any(c.en != MISSING for c in cells):
            stages.append(
                (words(f"report.loop.{stage}.label"), words(f"report.loop.{stage}.definition"), cells)
            )
    if stages and DETECTED in results.values:
        left_out = [plain_words(percent(results.mean(arm, DETECTED), 1)) for arm in results.arms]
        stages.append(
            (words("report.loop.detected.label"), words("report.loop.detected.definition"), left_out)
        )
    return stages


def _stage_value(results: Results, arm: str, stage: str) -> Words:
    mean = {
        name: results.mean(arm, name)
        for name in ("contacts_rate", "desk_share", "demand_rate", "fix_days_median", AUDITED, REPORTED)
    }
    value = {
        "report": mean["contacts_rate"],
        "file": mean["contacts_rate"] * (1 - mean["desk_share"]),
        "dispatch": mean["demand_rate"],
        "handle": mean["fix_days_median"],
        "verify": mean["demand_rate"] * mean[AUDITED],
        "close": mean["demand_rate"] * mean[REPORTED],
    }[stage]
    if not math.isfinite(value):
        return plain_words(MISSING)
    return (
        words("report.loop.days", days=fixed(value, 1)) if stage == "handle" else plain_words(fixed(value, 0))
    )
