"""Readings of the main comparison: sentences that the numbers must support, else they are left out."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from generate import said

from experiments.html.numbers import MISSING, fixed
from experiments.report.comparison.data import Results
from experiments.report.comparison.verdicts import BETTER, SAME, WORSE, Finding, findings

LANGUAGES = ("en", "zh")
GRID, COUNCIL, ALL, STAFF, PLATFORM = (
    "grid_management",
    "resident_council",
    "all_three",
    "equal_cost_staff",
    "smart_platform",
)


class Facts:
    """Findings by outcome and arm, and the pieces of text that readings are made of."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def of(self, outcome: str, arm: str) -> Finding | None:
        """The finding, or None where the study has no such arm or outcome."""
        if arm not in self.results.others or outcome not in self.results.values:
            return None
        return next(f for f in findings(self.results, outcome) if f.arm == arm)

    def verdict(self, outcome: str, arm: str) -> str:
        """Its verdict, '' where there is none."""
        found = self.of(outcome, arm)
        return found.verdict if found else ""

    def percent(self, outcome: str, arm: str, digits: int = 0) -> str:
        """A share's level in per cent."""
        return fixed(100 * self.results.mean(arm, outcome), digits)

    def value(self, outcome: str, arm: str, digits: int = 1) -> str:
        """A level."""
        return fixed(self.results.mean(arm, outcome), digits)

    def change(self, outcome: str, arm: str, digits: int = 1) -> str:
        """A paired difference as shown."""
        found = self.of(outcome, arm)
        return fixed(found.paired.difference * found.shown.scale, digits, signed=True) if found else MISSING

    def contrast(self, arm: str, rival: str, outcome: str) -> tuple[float, float]:
        """Interval of arm minus rival."""
        pair = self.results.contrast(arm, rival, outcome)
        return pair.low, pair.high


def moved_bottleneck(f: Facts) -> dict | None:
    """Grid management relieves the committee and overloads the property company."""
    if f.verdict("workload_committee", GRID) != BETTER or f.verdict("workload_property", GRID) != WORSE:
        return None
    if f.verdict("dispute_rate", GRID) != WORSE:
        return None
    names = {"committee": "workload_committee", "property": "workload_property"}
    loads = {
        f"{k}{when}": f.percent(n, arm)
        for k, n in names.items()
        for when, arm in (("0", f.results.baseline), ("1", GRID))
    }
    return loads | {"d0": f.value("dispute_rate", f.results.baseline), "d1": f.value("dispute_rate", GRID)}


def books_and_truth(f: Facts) -> dict | None:
    """The books stay nearly full while an audit finds less."""
    if f.verdict("audited_resolution", GRID) != WORSE or f.results.mean(GRID, "reported_resolution") < 0.95:
        return None
    base = f.results.baseline
    return {
        "r0": f.percent("reported_resolution", base, 1),
        "r1": f.percent("reported_resolution", GRID, 1),
        "a0": f.percent("audited_resolution", base),
        "a1": f.percent("audited_resolution", GRID),
    }


def blunt_survey(f: Facts) -> dict | None:
    """Callers notice far more than the survey shows."""
    event, survey = f.of("event_satisfaction", GRID), f.of("satisfaction_index", GRID)
    if event is None or survey is None or not (event.clear and survey.clear):
        return None
    if abs(event.paired.difference) * 100 < 4 * abs(survey.paired.difference):
        return None
    return {"event": f.change("event_satisfaction", GRID, 0), "survey": f.change("satisfaction_index", GRID)}


def money_alone(f: Facts) -> dict | None:
    """The grid's money on committee staff leaves disputes where they were."""
    if f.verdict("dispute_rate", STAFF) != SAME or f.verdict("workload_committee", STAFF) != BETTER:
        return None
    return {
        "w0": f.percent("workload_committee", f.results.baseline),
        "w1": f.percent("workload_committee", STAFF),
        "change": f.change("dispute_rate", STAFF, 2),
    }


def small_council(f: Facts) -> dict | None:
    """A council without money of its own changes little."""
    if f.verdict("dispute_rate", COUNCIL) != SAME or f.verdict("satisfaction_index", COUNCIL) != SAME:
        return None
    fewer = f.of("root_fixes", COUNCIL)
    if (
        fewer is None
        or not fewer.paired.high < 0
        or not math.isfinite(f.results.mean(COUNCIL, "council_attendance"))
    ):
        return None
    return {
        "fixes0": f.value("root_fixes", f.results.baseline),
        "fixes1": f.value("root_fixes", COUNCIL),
        "present": f.percent("council_attendance", COUNCIL, 1) + "%",
    }


def bundle(f: Facts) -> dict | None:
    """All three together do worse than the grid alone."""
    if ALL not in f.results.others or not f.contrast(ALL, GRID, "dispute_rate")[0] > 0:
        return None
    low, high = f.contrast(ALL, GRID, "dispute_rate")
    return {
        "d": f.value("dispute_rate", ALL),
        "low": fixed(low, 1),
        "high": fixed(high, 1),
        "platform": f.change("dispute_rate", PLATFORM, 2),
    }


READINGS: dict[str, Callable[[Facts], dict | None]] = {
    "moved_bottleneck": moved_bottleneck,
    "books_and_truth": books_and_truth,
    "blunt_survey": blunt_survey,
    "money_alone": money_alone,
    "small_council": small_council,
    "bundle": bundle,
}


def readings(results: Results) -> dict[str, list[str]]:
    """The list of readings in each language; what the numbers do not support is left out."""
    facts, lines = Facts(results), {lang: [] for lang in LANGUAGES}
    for name, reading in READINGS.items():
        values = reading(facts)
        if values is None:
            print(f"left out, not what these results say: {name}", file=sys.stderr)
            continue
        for lang in LANGUAGES:
            lines[lang].append(
                "- "
                + said(f"readme.readings.{name}", lang)
                .strip()
                .replace("\n", "" if lang == "zh" else " ")
                .format(**values)
            )
    return {lang: lines[lang] or [said("readme.readings.none", lang)] for lang in LANGUAGES}
