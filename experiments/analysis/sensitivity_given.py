"""Indices from any given sample: delta, PAWN (both ask how the whole distribution moves) and HDMR.

Delta and PAWN have no noise correction that is known to hold. Their row means are analysed, the noise share
is stated, and dummy factors that cannot matter show the index that chance alone gives: the floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.analysis.sensitivity_base import (
    LEAST,
    LEVEL_Z,
    SEED,
    Findings,
    Sample,
    clear_signal,
    fractions,
    indices,
    judge,
    noise_share,
    traces,
)
from experiments.analysis.sensitivity_slides import levels, slides
from experiments.designs.factors import Factor, problem

SLIDES = 10
PAWN_RESAMPLES = 60
DELTA_RESAMPLES = 40
CELLS = 256  # of the grid on which densities are smoothed
SENSELESS = 5.0  # no share of variance is near it
HDMR_INTERVALS = 4  # of SALib's splines: with 2 it misses curves as Ishigami's


def _with_dummies(sample: Sample) -> tuple[np.ndarray, list[Factor | None]]:
    """(inputs and, behind them, columns that no output has seen; the factor of each column, None for even
    ranks).

    Dummies are one of even ranks and each discrete input in another order of rows, always the same: a value
    that stands in few rows has more chance in it than a tenth of the rows has.
    """
    rows = len(sample.unit)
    shuffled = np.random.default_rng(SEED).permutation(rows)
    discrete = [j for j, f in enumerate(sample.factors) if levels(sample.unit[:, j], f) is not None]
    even = len(discrete) < len(sample.factors)
    dummies = [(shuffled + 0.5) / rows] * even + [sample.unit[shuffled, j] for j in discrete]
    return np.column_stack([sample.unit, *dummies]), [
        *sample.factors,
        *[None] * even,
        *(sample.factors[j] for j in discrete),
    ]


def _resampled(rows: int, resamples: int) -> np.ndarray:
    """(resamples, rows) rows drawn with replacement; a fixed stated seed."""
    return np.random.default_rng(SEED).integers(0, rows, size=(resamples, rows))


def _shares(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    means, noise = sample.means, sample.variance_of_means().mean(axis=0)
    variance = means.var(axis=0)
    return noise_share(variance, noise, sample.replicates), variance, noise


def pawn(sample: Sample, settings: Mapping) -> Findings:
    """PAWN: the median Kolmogorov-Smirnov distance between outputs of a slide of a factor and all outputs
    (Pianosi & Wagener 2018).
    """
    names = [f.name for f in sample.factors]
    unit, kinds = _with_dummies(sample)
    means, real = sample.means, len(names)
    rows = len(means)
    whole = _pawn(unit, means, kinds)
    drawn = np.stack([_pawn(unit[r], means[r], kinds) for r in _resampled(rows, PAWN_RESAMPLES)])
    half = LEVEL_Z * drawn.std(axis=0, ddof=1)
    steps = {size: _pawn(unit[:size], means[:size], kinds)[:real] for size in fractions(rows, 5 * SLIDES)}
    share, variance, _ = _shares(sample)
    floor = (whole + half)[real:].max(axis=0)
    found = Findings(indices(sample, "pawn", "pawn", names, whole[:real], half[:real]))
    found.verdicts = judge(
        sample,
        "pawn",
        whole[:real],
        half[:real],
        steps.get(rows // 2, whole[:real]),
        share,
        (whole[:real] > floor).any(axis=0) & (variance > 0),
        floor=floor,
    )
    found.traces = traces(sample, "pawn", names, steps)
    return found


def _pawn(unit: np.ndarray, means: np.ndarray, kinds: Sequence[Factor | None]) -> np.ndarray:
    """(factors, outcomes) medians over slides: one a value of a discrete input, else of equal count."""
    rows = len(unit)
    found = np.zeros((unit.shape[1], means.shape[1]))
    order = np.argsort(means, axis=0, kind="stable")
    everybody = (np.arange(rows) + 1.0) / rows
    ends = [
        np.r_[np.diff(means[order[:, o], o]) != 0, True] for o in range(means.shape[1])
    ]  # a distribution steps only where a value ends
    for j, kind in enumerate(kinds):
        inside = slides(unit[:, j], SLIDES, kind)
        size = inside.sum(axis=0)
        for o, last in enumerate(ends):
            own = np.cumsum(inside[order[:, o]], axis=0) / size
            found[j, o] = np.median(np.abs(own - everybody[:, None])[last].max(axis=0))
    return found


def delta(sample: Sample, settings: Mapping) -> Findings:
    """Borgonovo's delta: how far the output's density moves, on average, when a factor is known (0 to 1).

    Kernel densities per slide, bias reduced by the bootstrap as in Plischke, Borgonovo & Smith (2013):
    twice the estimate less the mean of its resamples; SALib 1.6 does the same, some hundred times slower.
    """
    names = [f.name for f in sample.factors]
    unit, kinds = _with_dummies(sample)
    means, real = sample.means, len(names)
    rows = len(means)
    raw = _delta(unit, means, kinds)
    drawn = np.stack([_delta(unit[r], means[r], kinds) for r in _resampled(rows, DELTA_RESAMPLES)])
    value, half = 2.0 * raw - drawn.mean(axis=0), LEVEL_Z * drawn.std(axis=0, ddof=1)
    steps = {
        size: 2.0 * _delta(unit[:size], means[:size], kinds)[:real] - drawn.mean(axis=0)[:real]
        for size in fractions(rows, 50)
    }
    share, variance, _ = _shares(sample)
    floor = (np.maximum(value, 0.0) + half)[real:].max(axis=0)
    found = Findings(indices(sample, "delta", "delta", names, value[:real], half[:real], raw[:real]))
    found.verdicts = judge(
        sample,
        "delta",
        value[:real],
        half[:real],
        steps.get(rows // 2, value[:real]),
        share,
        (value[:real] > floor).any(axis=0) & (variance > 0),
        floor=floor,
    )
    found.traces = traces(sample, "delta", names, steps | {rows: value[:real]})
    return found


def _delta(unit: np.ndarray, means: np.ndarray, kinds: Sequence[Factor | None]) -> np.ndarray:
    """(factors, outcomes): half the mean area between a slide's density and the whole one's."""
    rows = len(unit)
    count = min(
        int(np.ceil(rows ** (2 / (7 + np.tanh((1500 - rows) / 500))))), 48
    )  # Plischke's rule, as SALib
    found = np.zeros((unit.shape[1], means.shape[1]))
    moving = [(o, *_cells(means[:, o])) for o in range(means.shape[1]) if means[:, o].std() > 0]
    for j, kind in enumerate(kinds):
        inside = slides(unit[:, j], count, kind)
        inside = inside / inside.sum(axis=1, keepdims=True)  # a row of two slides counts half in each
        size = inside.sum(axis=0)
        for o, cell, whole, spread, width in moving:
            y = means[:, o]
            counts = np.stack([np.bincount(cell, part, CELLS) for part in inside.T])
            own = np.sqrt(
                ((y[:, None] - y @ inside / size) ** 2 * inside).sum(axis=0) / np.maximum(size - 1, 1)
            )
            density = _densities(counts, np.maximum(own, 1e-3 * spread), width)
            area = np.abs(density - whole).sum(axis=1) / CELLS
            found[j, o] = 0.5 * (size * area).sum() / rows
    return found


def _cells(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
    """(cell of each row on the grid, density of all rows, standard deviation, the grid's width)."""
    spread = y.std()
    low, high = y.min() - spread, y.max() + spread
    cell = np.minimum(((y - low) / (high - low) * CELLS).astype(int), CELLS - 1)
    whole = _densities(
        np.bincount(cell, minlength=CELLS)[None].astype(float), np.array([spread]), high - low
    )[0]
    return cell, whole, spread, high - low


def _densities(counts: np.ndarray, spread: np.ndarray, width: float) -> np.ndarray:
    """Kernel densities over the grid's cells, each row of counts with Scott's bandwidth for its own
    spread: mean 1 over the cells.
    """
    size = counts.sum(axis=1)
    band = spread * np.maximum(size, 1) ** -0.2 / width  # in widths of the grid
    frequency = np.fft.rfftfreq(2 * CELLS, 1.0 / CELLS)
    kernel = np.exp(-2.0 * (np.pi * frequency[None] * band[:, None]) ** 2)
    smooth = np.fft.irfft(np.fft.rfft(counts, 2 * CELLS, axis=1) * kernel, 2 * CELLS, axis=1)[:, :CELLS]
    return np.maximum(smooth, 0.0) * CELLS / np.maximum(size, 1)[:, None]


def hdmr(sample: Sample, settings: Mapping) -> Findings:
    """HDMR (SALib): shares of the output's variance by component functions fitted to the sample; S1 =
    S_a, ST of up to second order.
    """
    names = [f.name for f in sample.factors]
    asked = problem(sample.factors)
    asked.pop("groups", None)
    share, variance, noise = _shares(sample)
    there = clear_signal(variance, noise, len(sample.values), sample.replicates)
    scale = np.where(there, variance / np.maximum(variance - noise, 1e-300), np.nan)
    found = {k: np.zeros((len(names), len(sample.outcomes))) for k in ("S1", "ST", "S1_half", "ST_half")}
    for o in range(len(sample.outcomes)):
        if variance[o] > 0:
            _hdmr_one(
                asked, sample.unit, sample.means[:, o], {k: v[:, o] for k, v in found.items()}, len(names)
            )
    made = Findings(
        indices(sample, "hdmr", "S1", names, found["S1"] * scale, found["S1_half"] * scale, found["S1"])
        + indices(sample, "hdmr", "ST", names, found["ST"] * scale, found["ST_half"] * scale, found["ST"])
    )
    made.verdicts = judge(
        sample, "hdmr", found["ST"] * scale, found["ST_half"] * scale, found["ST"] * scale, share, there
    )
    return made


def _hdmr_one(asked: dict, unit: np.ndarray, y: np.ndarray, into: dict, size: int) -> None:
    """SALib's HDMR for one outcome; half-widths are those of its own resampling.

    It resamples by NumPy's global generator and seeds nothing (1.6), so that is seeded here and put back.
    """
    import warnings

    from SALib.analyze.hdmr import analyze

    # SALib draws from NumPy's global generator, so there is no Generator to hand over
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(SEED)  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = analyze(
                dict(asked),
                unit.copy(),
                y.copy(),
                maxorder=2,
                m=HDMR_INTERVALS,
                K=10,
                R=max(LEAST["hdmr"], len(y) * 4 // 5),
            )
    finally:
        np.random.set_state(state)  # noqa: NPY002
    fits = (
        np.abs(result["ST"][:size]).max() < SENSELESS
    )  # False for NaN: its fitting of components can run away
    for index, name in (("S1", "Sa"), ("ST", "ST")):
        into[index][:] = result[name][:size] if fits else np.nan
        into[f"{index}_half"][:] = result[f"{name}_conf"][:size] if fits else np.nan
