"""Figures over time and space: bands per arm beside the baseline's, and grids as tiles on one scale."""

from __future__ import annotations

import math

import numpy as np

from experiments.html.canvas import BASELINE_COLOUR, INK, SOFT, Canvas, colour
from experiments.html.numbers import fixed
from experiments.html.words import Words, words
from experiments.report.comparison.data import Bands, Results

PER_YEAR = (
    "disputes",
    "claims",
    "problems",
    "fixed",
    "paper_closed",
)  # counts a day -> per 1,000 residents a year
PER_THOUSAND = ("open", "unvoiced")
SHARES = ("share_satisfied", "adoption", "withholding", "event_satisfaction")
SERIES = (
    "disputes",
    "satisfaction_index",
    "event_satisfaction",
    "claims",
    "open",
    "backlog_committee",
    "backlog_property",
    "backlog_level2",
    "overload",
    "burnout",
    "adoption",
    "withholding",
)
FIGURES = 40  # at most so many bands are drawn: fewer measures where there are many arms
MEASURES = ("disputes", "claims", "satisfaction_index", "workload", "backlog")
LABELLED = 8  # tiles in a row that still have room for a number
GRID_RATES = ("disputes", "claims")


def factor(column: str, results: Results) -> float:
    """From the series' unit to the shown one."""
    if column in PER_YEAR:
        return 365_000 / max(results.residents, 1)
    if column in PER_THOUSAND:
        return 1000 / max(results.residents, 1)
    return 100.0 if column in SHARES else 1.0


def series_shown(results: Results, found: Bands | None) -> list[str]:
    """The columns drawn: there, not all zero, and not more figures than are read."""
    if found is None:
        return []
    moving = [
        c for c in SERIES if c in found.quantiles and np.nanmax(np.abs(found.quantiles[c]), initial=0) > 0
    ]
    return moving[: max(FIGURES // max(len(results.others), 1), 2)]


def band(column: str, arm: str, results: Results, found: Bands) -> str:
    """Median and 10-90% of the seeds over time, an arm in colour beside the baseline in grey; one scale
    for all arms.
    """
    canvas = Canvas(
        f"band-{column}-{results.arms.index(arm)}", 300, 190, _name(series_label(column), results, arm)
    )
    ax = canvas.axes(44, 36, 8, 10)
    scaled = found.quantiles[column] * factor(column, results)
    months = found.weeks / (365 / 12)
    inks = [(results.baseline, BASELINE_COLOUR)] + (
        [(arm, colour(results.others.index(arm)))] if arm != results.baseline else []
    )
    for which, ink in inks:
        low, middle, high = scaled[results.arms.index(which)]
        ax.fill_between(months, low, high, color=ink, alpha=0.2, linewidth=0)
        ax.plot(
            months,
            middle,
            color=ink,
            linewidth=1.9,
            linestyle=(0, (4, 2)) if which == results.baseline else "-",
        )
    ax.set_ylim(*_span(scaled))
    ax.set_xlim(0, months[-1])
    ax.set_xticks(np.arange(0, months[-1] + 0.1, 3 if months[-1] <= 13 else 6 if months[-1] <= 37 else 12))
    ax.locator_params(axis="y", nbins=5)
    canvas.say(44 + 248 / 2, 6, words("report.figure.months"), ha="center", color=SOFT)
    return canvas.svg()


def _span(values: np.ndarray) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.06 * (high - low) or max(abs(high) * 0.05, 0.5)
    return (0.0 if 0 <= low < 0.35 * high else low - room), high + room


def tile_values(measure: str, grids: dict, results: Results) -> np.ndarray:
    """(arms, grids) as shown: counts per 1,000 residents a year, everything else as it is."""
    values = grids[measure]
    if measure in GRID_RATES:
        return values * 365_000 / np.maximum(grids["residents"] * max(results.days, 1), 1)
    return values


def tiles(measure: str, arm: str, values: np.ndarray, results: Results, limits: tuple[float, float]) -> str:
    """Grids of one arm as tiles, coloured on `limits`; numbers in the tiles where they fit."""
    row = values[results.arms.index(arm)]
    across = tile_columns(row.size)
    down = math.ceil(row.size / across)
    wide, (low, high) = 162 / across, limits
    tall = wide * 0.8
    canvas = Canvas(
        f"tiles-{measure}-{results.arms.index(arm)}",
        170,
        8 + tall * down,
        _name(words(f"report.tiles.{measure}"), results, arm),
    )
    shades, digits = _shades(), scale_digits(low, high)
    for i, value in enumerate(row):
        x, y = 4 + wide * (i % across), 4 + tall * (down - 1 - i // across)
        depth = float(np.clip((value - low) / (high - low), 0, 1)) if high > low else 0.5
        known = math.isfinite(value)
        canvas.tile(x + 1, y + 1, wide - 2, tall - 2, shades(depth) if known else "none")
        if across <= LABELLED:
            canvas.say(
                x + wide / 2,
                y + tall / 2,
                fixed(float(value), digits),
                ha="center",
                va="center",
                size=min(11.0, wide / 3),
                color="white" if known and depth > 0.55 else INK,
            )
    return canvas.svg()


def _name(what: Words, results: Results, arm: str) -> Words:
    """A figure's accessible name: what it shows, of which arm."""
    return words("report.figure.of_arm", what=what, arm=results.label(arm))


def tile_columns(grids: int) -> int:
    """Columns of the tile map: twelve grids lie 4 x 3."""
    return max(1, math.ceil(math.sqrt(grids * 1.3)))


def scale_bar() -> str:
    """The shared scale as a CSS gradient, lowest to highest."""
    from matplotlib.colors import to_hex

    shades = _shades()
    stops = ", ".join(to_hex(shades(i / 8)) for i in range(9))
    return f"linear-gradient(to right, {stops})"


def _shades():
    """One hue, light to dark: read by any colour vision and in grey print; told by lightness alone."""
    import seaborn as sns

    return sns.light_palette("#14507d", as_cmap=True)


def limits(values: np.ndarray) -> tuple[float, float]:
    """Lowest and highest over all arms and grids: the one scale."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def series_label(column: str) -> Words:
    """Name and unit of a series."""
    return words(f"report.series.{column}")


def scale_digits(low: float, high: float) -> int:
    """Decimals that tell the tiles apart."""
    return 0 if high - low >= 8 else 1 if high - low >= 0.8 else 2


def ends(low: float, high: float) -> tuple[str, str]:
    """The scale's ends as shown."""
    return fixed(low, scale_digits(low, high)), fixed(high, scale_digits(low, high))
