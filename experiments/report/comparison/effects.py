"""Figures of changes: paired differences as a forest plot, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.html.canvas import BAD, GOOD, INK, MARKERS, NEUTRAL, SIZE, SOFT, Canvas, colour
from experiments.html.words import words
from experiments.report.comparison.data import Results
from experiments.report.comparison.outcomes import COST, PRIMARY
from experiments.report.comparison.verdicts import BETTER, WORSE, Finding, findings

ROW, WIDTH = 36.0, 430.0
NAMES, VALUES, FLOOR, HEAD = 128.0, 104.0, 38.0, 20.0  # px: names, values, axis below, words above
SIDE = {BETTER: GOOD, WORSE: BAD}


def forest(found: Sequence[Finding]) -> str:
    """Paired differences of one outcome: name, dot with its interval, value, a line per arm; the better
    side marked.
    """
    shown = found[0].shown
    canvas = Canvas(
        f"forest-{shown.name.replace('@', '-')}",
        WIDTH,
        FLOOR + HEAD + ROW * len(found),
        words("report.figure.forest_name", outcome=shown.label),
    )
    ax = canvas.rows([finding.label for finding in found], NAMES, FLOOR, VALUES, HEAD)
    _sides(canvas, shown, _limits(ax, found))
    for row, finding in enumerate(found):
        _forest_row(canvas, ax, finding, row, len(found))
    ax.axvline(0, color=INK, linewidth=1)
    canvas.say(
        (NAMES + WIDTH - VALUES) / 2,
        5,
        words("report.figure.forest_axis", unit=shown.change_unit),
        ha="center",
        color=SOFT,
    )
    return canvas.svg()


def _limits(ax, found: Sequence[Finding]) -> tuple[float, float]:
    """x from the ends of all intervals, zero included, with room at both sides."""
    scale = found[0].shown.scale
    ends = [
        v * scale
        for f in found
        for v in (f.paired.low, f.paired.high, f.paired.difference)
        if math.isfinite(v)
    ] + [0.0]
    low, high = min(ends), max(ends)
    room = 0.12 * (high - low) or 1.0
    smallest = found[0].smallest * scale
    if math.isfinite(smallest) and smallest < (high - low) * 0.7:
        low, high = min(low, -smallest), max(high, smallest)
    low, high = low - room, high + room
    ax.set_xlim(low, high)
    ax.locator_params(axis="x", nbins=6)
    if math.isfinite(smallest):
        ax.axvspan(max(-smallest, low), min(smallest, high), color="#e9ecef", linewidth=0)
    return low, high


def _sides(canvas: Canvas, shown, limit: tuple[float, float]) -> None:
    """Which side is better: words above the axis on both sides of zero, where there is room."""
    if not shown.better:
        return
    width = WIDTH - NAMES - VALUES
    zero = NAMES + width * -limit[0] / (limit[1] - limit[0])
    better_left = shown.better == "low"
    sides = (
        [("report.figure.better_left", GOOD), ("report.figure.worse_right", BAD)]
        if better_left
        else [("report.figure.worse_left", BAD), ("report.figure.better_right", GOOD)]
    )
    for (key, ink), x, align, room in zip(
        sides, (zero - 6, zero + 6), ("right", "left"), (zero - NAMES, WIDTH - VALUES - zero)
    ):
        if room > 52:
            canvas.say(x, canvas.height - 13, words(key), ha=align, color=ink, size=10.5)


def _forest_row(canvas: Canvas, ax, finding: Finding, row: int, count: int) -> None:
    p, scale, y = finding.paired, finding.shown.scale, count - row - 0.5
    ink, middle = SIDE.get(finding.verdict, NEUTRAL), canvas.row_px(row, count, FLOOR, HEAD)
    x = WIDTH - VALUES + 10
    if not finding.known:
        canvas.say(x, middle - 4, words("report.no_data"), color=NEUTRAL)
        return
    canvas.say(x, middle + 2, finding.difference, color=ink, weight="bold")
    canvas.say(x, middle - 11, finding.interval, color=SOFT, size=9.5)
    if p.has_interval:
        ax.plot([p.low * scale, p.high * scale], [y, y], color=ink, linewidth=2.6, solid_capstyle="round")
    ax.plot(
        [p.difference * scale],
        [y],
        "o",
        markersize=7.5,
        color=ink,
        markeredgecolor=ink,
        markerfacecolor=ink if finding.clear else "white",
        markeredgewidth=1.6,
    )


def pareto(results: Results) -> str:
    """Extra cost against change of disputes, one mark per arm with both intervals; nobody is better on
    both: ringed.
    """
    cost, disputes = findings(results, COST), findings(results, PRIMARY)
    points = [
        (i, c, d)
        for i, (c, d) in enumerate(zip(cost, disputes))
        if math.isfinite(c.paired.difference) and math.isfinite(d.paired.difference)
    ]
    if not points:
        return ""
    width, plot_top = 400.0, 300.0
    canvas = Canvas(
        "pareto", width, plot_top + 22 * ((len(points) + 2) // 2), words("report.figure.pareto_name")
    )
    below = canvas.height - plot_top
    ax = canvas.axes(46, below + 40, 14, 24)
    unbeaten = front(results)
    for i, c, d in points:
        x, y, ink = c.paired.difference, d.paired.difference, colour(i)
        if d.paired.has_interval:
            ax.plot([x, x], [d.paired.low, d.paired.high], color=ink, linewidth=2, alpha=0.75)
        ax.plot([x], [y], MARKERS[i % len(MARKERS)], markersize=9, color=ink)
        if c.arm in unbeaten:
            ax.plot(
                [x], [y], "o", markersize=17, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.1
            )
    ax.plot([0], [0], "s", markersize=8, color=NEUTRAL)
    ax.axhline(0, color="#8a939d", linewidth=1, linestyle=(0, (4, 3)))
    ax.margins(0.1)
    ax.locator_params(nbins=6)
    ax.invert_yaxis()  # fewer disputes is up: the good corner is the upper left one
    canvas.say(
        10,
        canvas.height - 14,
        words("report.figure.pareto_y", unit=results.outcome(PRIMARY).change_unit),
        color=SOFT,
    )
    canvas.say(
        46 + (width - 60) / 2,
        below + 8,
        words("report.figure.pareto_x", unit=results.outcome(COST).unit),
        ha="center",
        color=SOFT,
    )
    _legend(
        canvas,
        [(results.label(results.baseline), NEUTRAL, "s")]
        + [(results.label(results.others[i]), colour(i), MARKERS[i % len(MARKERS)]) for i, _, _ in points],
        below,
    )
    return canvas.svg()


def front(results: Results) -> list[str]:
    """Arms that no other beats on cost and disputes, by their means; the baseline is among the others.

    A change of disputes that does not matter, or that cannot be told from none, counts as none: money spent
    without fewer disputes to show for it is beaten by the baseline.
    """
    points = {}
    for cost, disputes in zip(findings(results, COST), findings(results, PRIMARY)):
        if math.isfinite(cost.paired.difference) and math.isfinite(disputes.paired.difference):
            points[cost.arm] = (cost.paired.difference, disputes.paired.difference if disputes.clear else 0.0)
    rivals = [*points.values(), (0.0, 0.0)]
    return [
        arm for arm, p in points.items() if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in rivals)
    ]


def _legend(canvas: Canvas, entries: Sequence[tuple], top: float) -> None:
    """Marks and names in two columns below a plot."""
    for i, (name, ink, mark) in enumerate(entries):
        x, y = 24 + (i % 2) * canvas.width / 2, top - 16 - 22 * (i // 2)
        canvas.dot(x, y + 4, mark, ink)
        canvas.say(x + 12, y, name, size=SIZE)
