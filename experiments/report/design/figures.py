"""Figures of designs: Morris's plane, indices with intervals, ranks against N, factor by outcome, ranks,
effects.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from experiments.html.canvas import BAD, FAINT, GOOD, INK, MARKERS, NEUTRAL, SOFT, Canvas, colour
from experiments.html.numbers import MISSING, alike, fixed, in_cell, percent
from experiments.html.words import Words, lines, words
from experiments.report.design.data import SHARES, Design, Row, best

WIDTH, ROW = 460.0, 24.0
MOST_BARS, MOST_LINES, MOST_NAMED, MOST_CELLS = 15, 8, 8, 25
LEFT = 168.0
NOISE = "noise"  # the verdict "only chance"
FIRST = {"sobol": "S1", "efast": "S1", "hdmr": "S1"}


def bars(design: Design, analysis: str, target: str, name: str) -> str:
    """The main index of the factors that matter most, with intervals; S1 as a hollow mark beside ST; the
    floor of chance.
    """
    rows = best(design.indices(analysis, target), MOST_BARS)
    if not rows:
        return ""
    height = 70 + ROW * len(rows)
    canvas = Canvas(f"bars-{name}", WIDTH, height, _said(design, "bars", analysis, target))
    ax = canvas.axes(LEFT, 44, 14, 22, hide=("top", "right", "left"))
    alone = (
        {r.factor: r for r in design.indices(analysis, target, FIRST[analysis])} if analysis in FIRST else {}
    )
    for place, row in enumerate(rows):
        y = len(rows) - 1 - place
        if math.isfinite(row.half_width):
            ax.plot([row.low, row.high], [y, y], color=GOOD, linewidth=2.4, solid_capstyle="round")
        ax.plot([row.value], [y], "o", color=GOOD, markersize=6.5)
        if row.factor in alone and math.isfinite(alone[row.factor].value):
            ax.plot(
                [alone[row.factor].value],
                [y - 0.28],
                "D",
                markersize=4.6,
                markerfacecolor="white",
                markeredgecolor=BAD,
            )
        canvas.say_lines(
            LEFT - 8,
            44 + (height - 66) * (y + 0.5) / len(rows),
            design.short(row.factor),
            LEFT - 12,
            ha="right",
            size=9.5,
        )
    floor = design.verdict(analysis, target).floor
    if math.isfinite(floor) and floor > 0:
        ax.axvline(floor, color=NEUTRAL, linewidth=1.2, linestyle=(0, (4, 3)))
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_ylim(-0.5, len(rows) - 0.5)
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    ax.locator_params(axis="x", nbins=6)
    canvas.say(LEFT + (WIDTH - LEFT) / 2, 8, words(f"design.axis.{analysis}"), ha="center", color=SOFT)
    key = (
        "design.legend.both"
        if alone
        else "design.legend.floor"
        if math.isfinite(floor) and floor > 0
        else "design.legend.one"
    )
    canvas.say(WIDTH - 14, height - 13, words(key), ha="right", color=SOFT, size=10)
    return canvas.svg()


def _said(design: Design, kind: str, analysis: str, target: str) -> Words:
    """A figure's accessible name: what is drawn, of which outcome."""
    return words(
        "design.figure.of",
        figure=words(f"design.figure.{kind}", analysis=words(f"design.analysis.{analysis}")),
        outcome=design.label(target),
    )


def plane(design: Design, target: str, name: str) -> str:
    """Morris: mu* against sigma; above the line sigma = mu* a factor works through others or bends."""
    star = {r.factor: r for r in design.indices("morris", target)}
    spread = {r.factor: r for r in design.indices("morris", target, "sigma")}
    points = [
        (f, star[f].value, spread[f].value)
        for f in star
        if f in spread and math.isfinite(star[f].value) and math.isfinite(spread[f].value)
    ]
    if not points:
        return ""
    canvas = Canvas(f"plane-{name}", WIDTH, 360, _said(design, "plane", "morris", target))
    ax = canvas.axes(54, 46, 18, 26)
    top_x, top_y = max(p[1] for p in points) * 1.32 or 1.0, max(p[2] for p in points) * 1.12 or 1.0
    ax.plot([0, min(top_x, top_y)], [0, min(top_x, top_y)], color=FAINT, linewidth=1.4)
    floor = design.verdict("morris", target).floor
    if math.isfinite(floor) and floor > 0:
        ax.axvspan(0, min(floor, top_x), color="#e9ecef", linewidth=0)
    ax.set_xlim(0, top_x)
    ax.set_ylim(0, top_y)
    named: list[float] = []
    for place, (factor, x, y) in enumerate(sorted(points, key=lambda p: -p[1])):
        ax.plot([x], [y], "o", markersize=5.5, color=GOOD if place < MOST_NAMED else "#a9b2bc")
        if place < MOST_NAMED:
            at = 46 + (360 - 72) * y / top_y - 4
            while any(abs(at - other) < 11 for other in named):
                at += 2 if at < 330 else -13 * len(named)
            named.append(at)
            canvas.say(54 + (WIDTH - 72) * x / top_x + 6, at, _one_line(design.short(factor)), size=9.5)
    canvas.say(14, 344, words("design.axis.sigma"), color=SOFT, size=10.5)
    canvas.say(54 + (WIDTH - 72) / 2, 8, words("design.axis.morris"), ha="center", color=SOFT)
    return canvas.svg()


def against_n(design: Design, analysis: str, target: str, name: str) -> str:
    """The main index of the leading factors against the number of rows: do ranks still change?"""
    chosen = [r.factor for r in best(design.indices(analysis, target), MOST_LINES)]
    lines = design.traces(analysis, target)
    if not chosen or max((len(lines.get(f, ())) for f in chosen), default=0) < 2:
        return ""
    canvas = Canvas(
        f"trace-{name}", WIDTH, 300 + 18 * ((len(chosen) + 1) // 2), _said(design, "trace", analysis, target)
    )
    below = canvas.height - 300
    ax = canvas.axes(54, below + 44, 18, 26)
    for place, factor in enumerate(chosen):
        xs, ys = zip(*lines[factor])
        ax.plot(
            xs, ys, color=colour(place), marker=MARKERS[place % len(MARKERS)], markersize=5.5, linewidth=1.6
        )
        x, y = 22 + (place % 2) * WIDTH / 2, below - 10 - 18 * (place // 2)
        canvas.dot(x, y + 4, MARKERS[place % len(MARKERS)], colour(place))
        canvas.say_lines(x + 12, y + 4, design.short(factor), WIDTH / 2 - 30, at_most=1, size=9.5)
    ax.set_xscale("log")
    from matplotlib.ticker import NullFormatter, NullLocator

    ax.set_xticks([x for x, _ in lines[chosen[0]]], [fixed(x, 0) for x, _ in lines[chosen[0]]])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    canvas.say(14, canvas.height - 14, words(f"design.axis.{analysis}"), color=SOFT, size=10.5)
    canvas.say(54 + (WIDTH - 72) / 2, below + 10, words("design.axis.rows"), ha="center", color=SOFT)
    return canvas.svg()


def heat(design: Design, analysis: str) -> str:
    """Factor by outcome: the main index, per outcome as a share of its largest (of the variance, where
    indices are shares).
    """
    import seaborn as sns

    targets = [
        t
        for t in design.targets
        if best(design.indices(analysis, t), 1) or design.verdict(analysis, t).state == NOISE
    ]
    table = {t: _cells(design, analysis, t) for t in targets}
    scale = {t: 1.0 if analysis in SHARES else max(table[t].values(), default=0.0) or 1.0 for t in targets}
    if not any(table.values()):
        return ""
    top = {}
    for t in targets:
        for f, v in table[t].items():
            top[f] = max(top.get(f, 0.0), v / scale[t])
    factors = sorted(top, key=lambda f: -top[f])[:MOST_CELLS]
    legend = 17.0 * len(targets) + 16
    height = 28 + 21.0 * len(factors) + legend
    canvas = Canvas(
        f"heat-{analysis}",
        max(WIDTH, LEFT + 20 + 46.0 * len(targets)),
        height,
        words("design.figure.heat", analysis=words(f"design.analysis.{analysis}")),
    )
    ax = canvas.axes(LEFT, legend, 14, 28, hide=())
    values = [[table[t].get(f, 0.0) / scale[t] for t in targets] for f in factors]
    marks = [[in_cell(v) if table[t] else MISSING for t, v in zip(targets, row)] for row in values]
    sns.heatmap(
        values,
        ax=ax,
        cmap=sns.light_palette(GOOD, as_cmap=True),
        vmin=0,
        vmax=1,
        cbar=False,
        linewidths=1,
        linecolor="white",
        annot=marks,
        fmt="",
        annot_kws={"size": 9.5},
        xticklabels=False,
        yticklabels=False,
    )
    for place, factor in enumerate(factors):
        canvas.say_lines(
            LEFT - 8, height - 28 - 21.0 * place - 10.5, design.short(factor), LEFT - 12, ha="right", size=8.5
        )
    _columns(canvas, design, table, height - 18, legend - 18)
    return canvas.svg()


def _columns(canvas: Canvas, design: Design, table: Mapping[str, Mapping], top: float, below: float) -> None:
    """Numbers above a heat map's columns, and what each stands for in the lines below it."""
    each = (canvas.width - LEFT - 14) / len(table)
    for place, target in enumerate(table):
        canvas.say(LEFT + each * (place + 0.5), top, str(place + 1), ha="center", weight="bold")
        key = "design.heat.column" if table[target] else "design.heat.noise"
        said = words(key, number=place + 1, outcome=design.label(target))
        canvas.say(16, below - 17.0 * place, said, size=10)


def _cells(design: Design, analysis: str, target: str) -> dict[str, float]:
    """Size of the main index by factor; nothing where only chance is seen, for which no index is given."""
    if design.verdict(analysis, target).state == NOISE:
        return {}
    return {r.factor: abs(r.value) for r in design.indices(analysis, target) if math.isfinite(r.value)}


def rank_bars(design: Design, outcome: str, alternative: str, name: str) -> str:
    """Per arm a bar of the probabilities of its places, the best place first and darkest."""
    import seaborn as sns

    rows = [r for r in design.tables["ranks"] if (r.outcome, r.alternative) == (outcome, alternative)]
    arms = list(dict.fromkeys(r.arm for r in rows))
    if not arms:
        return ""
    share = {(r.arm, int(r.place)): r.probability for r in rows}
    order = sorted(arms, key=lambda a: sum(p * share[a, p] for p in range(1, len(arms) + 1)))
    height = 66 + 40.0 * len(arms)
    canvas = Canvas(
        f"ranks-{name}", WIDTH, height, words("design.figure.ranks", outcome=design.outcome(outcome))
    )
    ax = canvas.axes(16, 40, 16, 20, hide=("top", "right", "left"))
    palette = sns.light_palette(GOOD, len(arms) + 1, reverse=True)[:-1]
    for place, arm in enumerate(order):
        start, y = 0.0, len(arms) - 1 - place
        for p in range(1, len(arms) + 1):
            width = share[arm, p]
            ax.barh(
                [y - 0.16],
                [width],
                left=[start],
                height=0.46,
                color=[palette[p - 1]],
                edgecolor="white",
                linewidth=0.8,
            )
            if width > 0.07:
                ax.text(
                    start + width / 2,
                    y - 0.16,
                    percent(width, 0)[:-1],
                    ha="center",
                    va="center",
                    size=9.5,
                    color="white" if p <= len(arms) / 2 else INK,
                )
            start += width
        canvas.say(
            18,
            40 + (height - 60) * (y + 0.5 + 0.26) / len(arms) - 4,
            design.arm(arm),
            weight="bold",
            size=10.5,
        )
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.5, len(arms) - 0.5)
    ax.set_yticks([])
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    ax.grid(visible=False)
    canvas.say(WIDTH / 2, 7, words("design.axis.places"), ha="center", color=SOFT)
    return canvas.svg()


def effects(design: Design, outcome: str, name: str) -> str:
    """Main effects and interactions of a factorial with their intervals: name, mark, value on one line."""
    rows: Sequence[Row] = [
        r for r in design.tables["effects"] if r.outcome == outcome and math.isfinite(r.value)
    ]
    if not rows:
        return ""
    left, right = 158.0, 118.0
    canvas = Canvas(
        f"effects-{name}",
        WIDTH,
        54 + 38.0 * len(rows),
        words("design.figure.effects", outcome=design.outcome(outcome)),
    )
    ax = canvas.rows([_combination(design, row) for row in rows], left, 40, right, 14)
    for place, row in enumerate(rows):
        y, ink, middle = (
            len(rows) - place - 0.5,
            GOOD if row.order == 1 else BAD,
            canvas.row_px(place, len(rows), 40, 14),
        )
        ax.plot([row.low, row.high], [y, y], color=ink, linewidth=2.4, solid_capstyle="round")
        clear = row.low > 0 or row.high < 0
        ax.plot(
            [row.value],
            [y],
            "o" if row.order == 1 else "D",
            color=ink,
            markersize=6.5,
            markerfacecolor=ink if clear else "white",
        )
        value, ends = _with_interval(row)
        canvas.say(WIDTH - right + 10, middle + 2, value, size=10.5, weight="bold", color=ink)
        canvas.say(WIDTH - right + 10, middle - 11, ends, size=9.5, color=SOFT)
    ax.axvline(0, color=INK, linewidth=1)
    ax.locator_params(axis="x", nbins=5)
    canvas.say(WIDTH / 2, 7, words("design.axis.effects"), ha="center", color=SOFT)
    return canvas.svg()


def _with_interval(row: Row) -> tuple[str, str]:
    """(value with its sign, 'low … high') in as many decimals as the interval deserves."""
    digits = alike(row.low, row.high, row.value)
    return fixed(row.value, digits, signed=True), f"{fixed(row.low, digits)} … {fixed(row.high, digits)}"


def _combination(design: Design, row: Row) -> Words:
    """A policy, or the policies of an interaction with a times sign between them."""
    shown = design.arm(row.policies)
    return shown if row.order == 1 else Words(shown.zh.replace(" + ", " × "), shown.en.replace(" + ", " × "))


def _one_line(said: Words) -> Words:
    """A name beside a dot: the first dozen signs of a long one."""
    return lines(said, 150, 9.5, 1)[0]
