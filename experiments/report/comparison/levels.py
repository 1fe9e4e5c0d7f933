"""Figures of levels: three accounts of one service, equity, workload and times, one row per arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.html.canvas import INK, NEUTRAL, SOFT, Canvas
from experiments.html.words import Words, words
from experiments.report.comparison.data import Results
from experiments.report.comparison.outcomes import AUDITED, EVENT, REPORTED, SURVEY

WIDTH, ROW, NAMES = 380.0, 30.0, 132.0


@dataclass(frozen=True)
class Mark:
    """One measure on a shared axis: outcome, symbol, colour, filled or hollow."""

    outcome: str
    symbol: str
    ink: str
    filled: bool = True
    name: Words | None = None


SURVEY_INK, EVENT_INK, REPORT_INK, AUDIT_INK = "#009E73", "#CC79A7", "#D55E00", "#0072B2"


def accounts(results: Results) -> list[tuple[Words, str]]:
    """Survey, event and audited figures of the same service, each in its own unit on an axis of its own:
    [(title, figure)].
    """
    asked = [
        ("survey", [Mark(SURVEY, "D", SURVEY_INK)], results.outcome(SURVEY).unit),
        ("event", [Mark(EVENT, "s", EVENT_INK)], results.outcome(EVENT).unit),
        (
            "books",
            [Mark(REPORTED, "^", REPORT_INK, False), Mark(AUDITED, "^", AUDIT_INK)],
            results.outcome(REPORTED).unit,
        ),
    ]
    found = []
    for name, marks, unit in asked:
        title = words(f"report.figure.accounts.{name}")
        figure = dots(name, results, marks, title, unit)
        if figure:
            found.append((title, figure))
    return found


def groups(measure: str) -> list[Mark]:
    """The elderly and migrants on one measure."""
    return [
        Mark(f"{measure}_elderly", "o", "#0072B2", True, words("report.group.elderly")),
        Mark(f"{measure}_migrant", "^", "#D55E00", True, words("report.group.migrant")),
    ]


def workload() -> list[Mark]:
    """Demanded over available hours by pool."""
    return [
        Mark("workload_committee", "o", "#0072B2"),
        Mark("workload_property", "s", "#D55E00"),
        Mark("workload_level2", "^", "#009E73"),
        Mark("workload_grid_p95", "D", "#7B4FA3"),
    ]


def times(stem: str) -> list[Mark]:
    """Median and 90th percentile of a waiting time."""
    return [
        Mark(f"{stem}_median", "o", "#0072B2", True, words("report.figure.median")),
        Mark(f"{stem}_p90", "o", "#0072B2", False, words("report.figure.p90")),
    ]


def dots(
    name: str,
    results: Results,
    marks: Sequence[Mark],
    said: Words,
    axis: Words,
    reference: float | None = None,
) -> str:
    """One row per arm, one mark per measure (means over seeds), joined by a thin line; '' where nothing
    is finite.
    """

    def value(arm: str, mark: Mark) -> float:
        return results.mean(arm, mark.outcome) * results.outcome(mark.outcome).scale

    marks = [m for m in marks if any(math.isfinite(value(a, m)) for a in results.arms)]
    if not marks:
        return ""
    named = [(m, m.name or results.outcome(m.outcome).label) for m in marks] if len(marks) > 1 else []
    across = 2 if all(len(label.plain("en")) <= 22 for _, label in named) else 1
    keys = 20 * -(-len(named) // across)
    canvas = Canvas(f"dots-{name}", WIDTH, 46 + keys + ROW * len(results.arms), said)
    ax = canvas.rows(
        [results.label(arm) for arm in results.arms],
        NAMES,
        38,
        14,
        keys + 8,
        [NEUTRAL if arm == results.baseline else INK for arm in results.arms],
    )
    _keys(canvas, named, across)
    for row, arm in enumerate(results.arms):
        _dot_row(ax, marks, [value(arm, m) for m in marks], len(results.arms) - row - 0.5)
    if reference is not None:
        ax.axvline(reference, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    ax.margins(x=0.06)
    ax.locator_params(axis="x", nbins=5)
    canvas.say((NAMES + WIDTH - 14) / 2, 5, axis, ha="center", color=SOFT)
    return canvas.svg()


def _dot_row(ax, marks: Sequence[Mark], values: Sequence[float], y: float) -> None:
    finite = [v for v in values if math.isfinite(v)]
    if len(finite) > 1:
        ax.plot([min(finite), max(finite)], [y, y], color="#b6bec7", linewidth=1.4, zorder=1)
    for mark, x in zip(marks, values):
        ax.plot(
            [x],
            [y],
            mark.symbol,
            markersize=8,
            color=mark.ink,
            markeredgewidth=1.7,
            markerfacecolor=mark.ink if mark.filled else "white",
            zorder=3,
        )


def _keys(canvas: Canvas, marks: Sequence[tuple[Mark, Words]], across: int) -> None:
    for i, (mark, label) in enumerate(marks):
        x, y = 22 + (i % across) * canvas.width / 2, canvas.height - 14 - 20 * (i // across)
        canvas.dot(x, y + 4, mark.symbol, mark.ink, mark.filled)
        canvas.say(x + 11, y, label, size=10.5)
