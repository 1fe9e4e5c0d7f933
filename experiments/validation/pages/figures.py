"""Small inline figures: a dot and its 95% interval per row, the mechanism on (filled) and off (hollow).

One language each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.html.canvas import opening
from experiments.html.numbers import declared, significant
from experiments.html.words import escape, plain_words
from experiments.validation.judge import Estimate

WIDTH, ROW, AXIS, SIDE = 420.0, 34.0, 32.0, 12.0
WORDS = 15.0  # of a row's height, above its marks
ON_INK, OFF_INK, BAND, LINE, SOFT = "#0072B2", "#b34700", "#e9ecef", "#8a939d", "#56616c"


@dataclass(frozen=True)
class Row:
    """What stands on one line: its words and up to two estimates."""

    label: str
    on: Estimate
    off: Estimate | None = None


@dataclass(frozen=True)
class Panel:
    """Rows on one axis; ``band``: the smallest effect of interest on both sides of zero (0: none)."""

    rows: tuple[Row, ...]
    unit: str
    band: float = 0.0

    @property
    def height(self) -> float:
        return ROW * len(self.rows) + AXIS


def figure(name: str, panels: Sequence[Panel], said: str) -> str:
    """Panels under each other as one ``<svg>``; ``said`` is what a screen reader is told."""
    parts, top = [], 4.0
    for panel in panels:
        parts.append(_panel(panel, top))
        top += panel.height + 8
    return f"{opening(name, f'{WIDTH:.0f}', f'{top:.0f}', plain_words(said))}{''.join(parts)}</svg>"


def _panel(panel: Panel, top: float) -> str:
    low, high = _limits(panel)
    width = WIDTH - 2 * SIDE

    def x(value: float) -> float:
        return SIDE + width * min(max((value - low) / (high - low), 0.0), 1.0)

    bottom = top + ROW * len(panel.rows)
    parts = []
    for i, row in enumerate(panel.rows):
        y = top + ROW * i
        if panel.band:
            wide = x(panel.band) - x(-panel.band)
            parts.append(
                f'<rect x="{x(-panel.band):.1f}" y="{y + WORDS:.1f}" width="{wide:.1f}" '
                f'height="{ROW - WORDS:.1f}" fill="{BAND}"/>'
            )
        if low <= 0 <= high:  # zero and band stand under a row's words, never across them
            parts.append(
                f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{y + WORDS:.1f}" y2="{y + ROW:.1f}" '
                f'stroke="#1f2933" stroke-width="1"/>'
            )
        parts.append(
            f'<text x="{SIDE}" y="{y + 11:.1f}" font-size="11.5" fill="#1f2933">{escape(row.label)}</text>'
        )
        for found, place, ink, filled in ((row.on, 20.0, ON_INK, True), (row.off, 28.0, OFF_INK, False)):
            if found is not None and math.isfinite(found.mean):
                parts.append(_mark(found, x, y + place, ink, filled))
    return "".join(parts) + _axis(panel, low, high, x, bottom)


def _mark(found: Estimate, x, y: float, ink: str, filled: bool) -> str:
    bar = ""
    if math.isfinite(found.low):
        bar = (
            f'<line x1="{x(found.low):.1f}" x2="{x(found.high):.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{ink}" stroke-width="2" opacity=".75"/>'
        )
    return (
        bar + f'<circle cx="{x(found.mean):.1f}" cy="{y:.1f}" r="4" '
        f'fill="{ink if filled else "#fff"}" stroke="{ink}" stroke-width="1.7"/>'
    )


def _axis(panel: Panel, low: float, high: float, x, bottom: float) -> str:
    parts = [
        f'<line x1="{SIDE}" x2="{WIDTH - SIDE}" y1="{bottom:.1f}" y2="{bottom:.1f}" '
        f'stroke="{LINE}" stroke-width=".8"/>'
    ]
    for tick in _ticks(low, high):
        parts.append(
            f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{bottom:.1f}" y2="{bottom + 3:.1f}" '
            f'stroke="{LINE}" stroke-width=".8"/>'
            f'<text x="{x(tick):.1f}" y="{bottom + 13:.1f}" font-size="10" text-anchor="middle" '
            f'fill="{SOFT}">{_number(tick)}</text>'
        )
    parts.append(
        f'<text x="{WIDTH / 2}" y="{bottom + 26:.1f}" font-size="10.5" '
        f'text-anchor="middle" fill="{SOFT}">{escape(panel.unit)}</text>'
    )
    return "".join(parts)


def _limits(panel: Panel) -> tuple[float, float]:
    ends = [
        v
        for row in panel.rows
        for e in (row.on, row.off)
        if e is not None
        for v in (e.mean, e.low, e.high)
        if math.isfinite(v)
    ]
    if panel.band:
        ends += [0.0, -panel.band, panel.band]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = 0.08 * (high - low) or 0.5 * abs(high) or 1.0
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers."""
    step = 10.0 ** math.floor(math.log10(high - low))
    step = next(s for s in (step / 5, step / 2, step, 2 * step) if (high - low) / s <= 6)
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _number(value: float) -> str:
    return (
        declared(value)
        if abs(value) < 1e6 and abs(round(value, 6) - value) < 1e-9
        else significant(round(value, 6))
    )
