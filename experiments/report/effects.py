"""Figures of changes: paired differences as a forest plot, and what they cost."""
from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.report.canvas import BAD, GOOD, INK, MARKERS, NEUTRAL, SIZE, Canvas, colour
from experiments.report.data import Results
from experiments.report.outcomes import COST, PRIMARY
from experiments.report.verdicts import BETTER, NONE, SMALL, WORSE, Finding, findings
from experiments.report.words import words

ROW, WIDTH = 36.0, 400.0
SIDE = {BETTER: GOOD, WORSE: BAD}


def forest(found: Sequence[Finding]) -> str:
    """Paired differences of one outcome: a dot and its interval per arm, the better side marked."""
    shown = found[0].shown
    height = 62 + ROW * len(found)
    canvas = Canvas(f"forest-{shown.name.replace('@', '-')}", WIDTH, height)
    ax = canvas.axes(14, 38, 14, 20, hide=("top", "right", "left"))
    limit = _limits(ax, found)
    _sides(canvas, ax, shown, limit, height)
    for row, finding in enumerate(found):
        _forest_row(canvas, ax, finding, len(found) - row - 0.68, height)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_ylim(0, len(found))
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    canvas.say(WIDTH / 2, 5, words("report.figure.forest_axis", unit=shown.change_unit), ha="center", color="#4a545e")
    return canvas.svg()


def _limits(ax, found: Sequence[Finding]) -> tuple[float, float]:
    """x from the ends of all intervals, zero included, with room at both sides."""
    scale = found[0].shown.scale
    ends = [v * scale for f in found for v in (f.paired.low, f.paired.high, f.paired.difference) if math.isfinite(v)] + [0.0]
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


def _sides(canvas: Canvas, ax, shown, limit: tuple[float, float], height: float) -> None:
    """Which side is better: words above the axis on both sides of zero."""
    if not shown.better:
        return
    zero = 14 + (WIDTH - 28) * -limit[0] / (limit[1] - limit[0])
    better_left = shown.better == "low"
    sides = [("report.figure.better_left", GOOD), ("report.figure.worse_right", BAD)] if better_left else [
        ("report.figure.worse_left", BAD), ("report.figure.better_right", GOOD)]
    for (key, ink), x, align, room in zip(sides, (zero - 6, zero + 6), ("right", "left"), (zero - 14, WIDTH - 14 - zero)):
        if room > 62:
            canvas.say(x, height - 13, words(key), ha=align, color=ink, size=10.5)


def _forest_row(canvas: Canvas, ax, finding: Finding, y: float, height: float) -> None:
    p, scale = finding.paired, finding.shown.scale
    ink = SIDE.get(finding.told, NEUTRAL)
    label_y = 38 + (height - 58) * (y + 0.42) / ((height - 58) / ROW)
    canvas.say(16, label_y, finding.label, weight="bold")
    if finding.verdict == NONE and not math.isfinite(p.difference):
        canvas.say(WIDTH - 16, label_y, words("report.no_data"), ha="right", color=NEUTRAL)
        return
    canvas.say(WIDTH - 16, label_y, words("report.figure.forest_value", difference=finding.difference, interval=finding.interval),
               ha="right", color=ink)
    if p.has_interval:
        ax.plot([p.low * scale, p.high * scale], [y, y], color=ink, linewidth=2.6, solid_capstyle="round")
    ax.plot([p.difference * scale], [y], "o", markersize=7.5, color=ink, markeredgecolor=ink,
            markerfacecolor=ink if finding.clear or finding.verdict == SMALL else "white", markeredgewidth=1.6)


def pareto(results: Results) -> str:
    """Extra cost against change of disputes, one mark per arm with both intervals; nobody is better on both: ringed."""
    cost, disputes = findings(results, COST), findings(results, PRIMARY)
    points = [(i, c, d) for i, (c, d) in enumerate(zip(cost, disputes))
              if math.isfinite(c.paired.difference) and math.isfinite(d.paired.difference)]
    if not points:
        return ""
    width, plot_top = 400.0, 300.0
    canvas = Canvas("pareto", width, plot_top + 22 * ((len(points) + 2) // 2))
    below = canvas.height - plot_top
    ax = canvas.axes(46, below + 40, 14, 24)
    front = _front([(c.paired.difference, d.paired.difference) for _, c, d in points])
    for place, (i, c, d) in enumerate(points):
        x, y, ink = c.paired.difference, d.paired.difference, colour(i)
        if d.paired.has_interval:
            ax.plot([x, x], [d.paired.low, d.paired.high], color=ink, linewidth=2, alpha=0.75)
        ax.plot([x], [y], MARKERS[i % len(MARKERS)], markersize=9, color=ink)
        if place in front:
            ax.plot([x], [y], "o", markersize=17, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.1)
    ax.plot([0], [0], "s", markersize=8, color=NEUTRAL)
    ax.axhline(0, color="#8a939d", linewidth=1, linestyle=(0, (4, 3)))
    ax.margins(0.1)
    ax.locator_params(nbins=6)
    ax.invert_yaxis()  # fewer disputes is up: the good corner is the upper left one
    canvas.say(10, canvas.height - 14, words("report.figure.pareto_y", unit=results.outcome(PRIMARY).change_unit), color="#4a545e")
    canvas.say(46 + (width - 60) / 2, below + 8, words("report.figure.pareto_x", unit=results.outcome(COST).unit), ha="center", color="#4a545e")
    _legend(canvas, [(results.label(results.baseline), NEUTRAL, "s")] + [
        (results.label(results.others[i]), colour(i), MARKERS[i % len(MARKERS)]) for i, _, _ in points], below)
    return canvas.svg()


def _front(points: Sequence[tuple[float, float]]) -> set[int]:
    """Points that no other beats on both (lower is better), the baseline (0, 0) included among the others."""
    rivals = [*points, (0.0, 0.0)]
    return {i for i, p in enumerate(points)
            if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in rivals)}


def _legend(canvas: Canvas, entries: Sequence[tuple], top: float) -> None:
    """Marks and names in two columns below a plot."""
    for i, (name, ink, mark) in enumerate(entries):
        x, y = 24 + (i % 2) * canvas.width / 2, top - 16 - 22 * (i // 2)
        canvas.dot(x, y + 4, mark, ink)
        canvas.say(x + 12, y, name, size=SIZE)
