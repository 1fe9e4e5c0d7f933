"""The figure of the main comparison: paired differences of headline outcomes, one SVG for each language."""

from __future__ import annotations

import math
import re

from generate import said

from experiments.html.canvas import BAD, GOOD, INK, NEUTRAL, Canvas
from experiments.html.numbers import fixed
from experiments.html.words import Words, plain_words
from experiments.report.comparison.data import Results
from experiments.report.comparison.verdicts import BETTER, CLEAR, WORSE, Finding, findings

FONTS = (
    "'Segoe UI','Helvetica Neue',Arial,'Noto Sans','Liberation Sans','PingFang SC','Microsoft YaHei',"
    "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC',sans-serif"
)

PANELS = (
    "dispute_rate",
    "satisfaction_index",
    "event_satisfaction",
    "audited_resolution",
    "workload_committee",
    "workload_property",
)

COLUMN, ROW, SIDE, TOP, GAP = 226.0, 25.0, 158.0, 50.0, 20.0  # px of the figure


def plain(phrase: Words, lang: str) -> Words:
    """A phrase in one language, still safe as markup."""
    return Words(*[getattr(phrase, lang)] * 2)


def figure(results: Results, lang: str) -> str:
    """Paired differences of headline outcomes, a panel each, as an SVG document that stands alone."""
    columns, arms = 3, len(results.others)
    high = TOP + ROW * arms + 44
    width, height = SIDE + columns * (COLUMN + GAP), 2 * high + 70
    canvas = Canvas(f"three-policies-{lang}", width, height, plain_words(said("readme.alt", lang)))
    canvas.say(
        14,
        height - 28,
        plain(Words(said("readme.figure.title", "zh"), said("readme.figure.title", "en")), lang),
        size=15,
        weight="bold",
    )
    for i, name in enumerate(PANELS):
        column, row = i % columns, i // columns
        top = height - 42 - row * high
        panel(
            canvas, findings(results, name), lang, SIDE + column * (COLUMN + GAP), top, with_names=column == 0
        )
    note = said("readme.figure.note", lang).format(seeds=len(results.seeds))
    canvas.say(14, 12, Words(note, note), size=10.5, color="#4a545e")
    return stand_alone(canvas.svg(), width, height, lang)


def axis(canvas: Canvas, found: list[Finding], left: float, top: float) -> tuple:
    """(axes, low, high): one outcome's scale, zero in it, with room for the values beside the intervals."""
    scale, bottom = found[0].shown.scale, top - TOP - ROW * len(found)
    ax = canvas.axes(
        left, bottom, canvas.width - left - COLUMN, canvas.height - (top - TOP), hide=("top", "right", "left")
    )
    ends = [
        v * scale
        for f in found
        for v in (f.paired.low, f.paired.high, f.paired.difference)
        if math.isfinite(v)
    ] + [0.0]
    low, high = min(ends), max(ends)
    room = 0.3 * (high - low) or 1.0
    low, high = low - (room if low < 0 else 0.12 * room), high + (room if high > 0 else 0.12 * room)
    ax.set_xlim(low, high)
    ax.set_ylim(0, len(found))
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    ax.locator_params(axis="x", nbins=4)
    ax.axvline(0, color=INK, linewidth=1)
    ax.tick_params(labelsize=9.5)
    return ax, low, high


def panel(canvas: Canvas, found: list[Finding], lang: str, left: float, top: float, with_names: bool) -> None:
    """One outcome: a row per arm with dot, interval and value; names at the left of the first panel of a
    line.
    """
    shown, scale = found[0].shown, found[0].shown.scale
    bottom = top - TOP - ROW * len(found)
    canvas.say(left, top - 22, plain(shown.label, lang), size=12, weight="bold")
    base = said("readme.figure.baseline", lang).format(
        level=baseline_level(found[0]), unit=shown.change_unit.plain(lang)
    )
    canvas.say(left, top - 39, Words(base, base), size=10, color="#4a545e")
    ax, low, high = axis(canvas, found, left, top)
    for i, f in enumerate(found):
        y = len(found) - i - 0.5
        ink = GOOD if f.verdict == BETTER else BAD if f.verdict == WORSE else NEUTRAL
        if f.paired.has_interval:
            ax.plot(
                [f.paired.low * scale, f.paired.high * scale],
                [y, y],
                color=ink,
                linewidth=2.4,
                solid_capstyle="round",
            )
        ax.plot(
            [f.paired.difference * scale],
            [y],
            "o",
            markersize=6.5,
            color=ink,
            markeredgecolor=ink,
            markeredgewidth=1.4,
            markerfacecolor=ink if f.verdict in CLEAR else "white",
        )
        value_beside(
            canvas,
            f,
            lang,
            ink,
            left + COLUMN * (f.paired.low * scale - low) / (high - low),
            left + COLUMN * (f.paired.high * scale - low) / (high - low),
            left,
            bottom + ROW * y - 4,
        )
        if with_names:
            canvas.say(left - 12, bottom + ROW * y - 4, plain(f.label, lang), ha="right", size=11)


def value_beside(
    canvas: Canvas, f: Finding, lang: str, ink: str, start: float, end: float, left: float, y: float
) -> None:
    """The difference beside its interval, on the side away from zero where there is room."""
    if not f.known:
        return
    to_left = f.paired.difference < 0 and start - left > 34
    x, align = (start - 7, "right") if to_left else (end + 7, "left")
    canvas.say(x, y, plain(f.difference, lang), ha=align, size=9.5, color=ink)


def baseline_level(f: Finding) -> str:
    """The baseline's level as the axis counts."""
    mark = "%" if f.shown.unit.en == "%" else ""
    return fixed(f.paired.baseline * f.shown.scale, f.digits) + mark


def stand_alone(svg: str, width: float, height: float, lang: str) -> str:
    """An SVG document of its own: namespaces, size, white ground, fonts that have the language's letters."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" lang="{lang}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{said("readme.alt", lang)}">'
        f"<style>text{{font-family:{FONTS}}}*{{stroke-linejoin:round;stroke-linecap:butt}}</style>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
    )
    return re.sub(r"^<svg[^>]*>", lambda m: head, svg) + "\n"
