"""Indices from any given sample: delta, PAWN (both ask how the whole distribution moves) and HDMR.

Delta and PAWN have no noise correction that is known to hold. Their row means are analysed, the noise share
is stated, and a dummy factor that cannot matter shows the index that chance alone gives: the floor.
"""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.analysis.sensitivity import (
    LEVEL_Z, SEED, Findings, Sample, SensitivityError, clear_signal, fractions, indices, judge, noise_share, traces,
)
from experiments.factors import problem

SLIDES = 10
PAWN_RESAMPLES = 60
DELTA_RESAMPLES = 40
CELLS = 256  # of the grid on which densities are smoothed
HDMR_INTERVALS = 4  # of SALib's splines: with 2 it misses curves as Ishigami's
LEAST_HDMR = 300  # rows that SALib's HDMR asks for


def _with_dummy(sample: Sample) -> np.ndarray:
    """Inputs and one more column that no output has seen: a permutation of even ranks, of a fixed seed."""
    rows = len(sample.unit)
    dummy = (np.random.default_rng(SEED).permutation(rows) + 0.5) / rows
    return np.column_stack([sample.unit, dummy])


def _shares(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    means, noise = sample.means, sample.variance_of_means().mean(axis=0)
    variance = means.var(axis=0)
    return noise_share(variance, noise, sample.replicates), variance, noise


def pawn(sample: Sample, settings: Mapping) -> Findings:
    """PAWN: the median Kolmogorov-Smirnov distance between outputs of a slide of a factor and all outputs (Pianosi & Wagener 2018)."""
    names = [f.name for f in sample.factors]
    unit, means = _with_dummy(sample), sample.means
    rows = len(means)
    whole = _pawn(unit, means)
    rng = np.random.default_rng(SEED)
    drawn = np.stack([_pawn(unit[r], means[r]) for r in rng.integers(0, rows, size=(PAWN_RESAMPLES, rows))])
    half = LEVEL_Z * drawn.std(axis=0, ddof=1)
    steps = {size: _pawn(unit[:size], means[:size])[:-1] for size in fractions(rows, 5 * SLIDES)}
    share, variance, _ = _shares(sample)
    floor = whole[-1] + half[-1]
    found = Findings(indices(sample, "pawn", "pawn", names, whole[:-1], half[:-1]))
    found.verdicts = judge(sample, "pawn", whole[:-1], half[:-1], steps.get(rows // 2, whole[:-1]), share,
                           (whole[:-1] > floor).any(axis=0) & (variance > 0), floor=floor)
    found.traces = traces(sample, "pawn", names, steps)
    return found


def _pawn(unit: np.ndarray, means: np.ndarray) -> np.ndarray:
    """(factors, outcomes) medians over slides of equal count; values that tie stay in one slide."""
    rows = len(unit)
    found = np.zeros((unit.shape[1], means.shape[1]))
    order = np.argsort(means, axis=0, kind="stable")
    everybody = (np.arange(rows) + 1.0) / rows
    for o in range(means.shape[1]):
        last = np.r_[np.diff(means[order[:, o], o]) != 0, True]  # a distribution steps only where a value ends
        for j in range(unit.shape[1]):
            edges = np.quantile(unit[:, j], np.linspace(0, 1, SLIDES + 1)[1:-1])
            slide = np.searchsorted(edges, unit[order[:, o], j], side="right")
            inside = slide[:, None] == np.arange(SLIDES)
            size = inside.sum(axis=0)
            kept = size > 0
            own = np.cumsum(inside[:, kept], axis=0) / size[kept]
            found[j, o] = np.median(np.abs(own - everybody[:, None])[last].max(axis=0))
    return found


def delta(sample: Sample, settings: Mapping) -> Findings:
    """Borgonovo's delta: how far the output's density moves, on average, when a factor is known (0 to 1).

    Kernel densities per slide, bias reduced by the bootstrap as in Plischke, Borgonovo & Smith (2013):
    twice the estimate less the mean of its resamples; SALib 1.6 does the same, some hundred times slower.
    """
    names = [f.name for f in sample.factors]
    unit, means = _with_dummy(sample), sample.means
    rows = len(means)
    rng = np.random.default_rng(SEED)
    raw = _delta(unit, means)
    drawn = np.stack([_delta(unit[r], means[r]) for r in rng.integers(0, rows, size=(DELTA_RESAMPLES, rows))])
    value, half = 2.0 * raw - drawn.mean(axis=0), LEVEL_Z * drawn.std(axis=0, ddof=1)
    steps = {size: 2.0 * _delta(unit[:size], means[:size])[:-1] - drawn.mean(axis=0)[:-1] for size in fractions(rows, 50)}
    share, variance, _ = _shares(sample)
    floor = np.maximum(value[-1], 0.0) + half[-1]
    found = Findings(indices(sample, "delta", "delta", names, value[:-1], half[:-1], raw[:-1]))
    found.verdicts = judge(sample, "delta", value[:-1], half[:-1], steps.get(rows // 2, value[:-1]), share,
                           (value[:-1] > floor).any(axis=0) & (variance > 0), floor=floor)
    found.traces = traces(sample, "delta", names, steps | {rows: value[:-1]})
    return found


def _delta(unit: np.ndarray, means: np.ndarray) -> np.ndarray:
    """(factors, outcomes): half the mean area between a slide's density and the whole one's."""
    rows = len(unit)
    slides = min(int(np.ceil(rows ** (2 / (7 + np.tanh((1500 - rows) / 500))))), 48)  # Plischke's rule, as SALib
    found = np.zeros((unit.shape[1], means.shape[1]))
    place = np.stack([np.searchsorted(np.quantile(unit[:, j], np.linspace(0, 1, slides + 1)[1:-1]), unit[:, j], side="right")
                      for j in range(unit.shape[1])])
    for o in range(means.shape[1]):
        y = means[:, o]
        spread = y.std()
        if spread == 0:
            continue
        low, high = y.min() - spread, y.max() + spread
        cell = np.minimum(((y - low) / (high - low) * CELLS).astype(int), CELLS - 1)
        whole = _densities(np.bincount(cell, minlength=CELLS)[None].astype(float), np.array([spread]), high - low)[0]
        for j in range(unit.shape[1]):
            counts = np.bincount(place[j] * CELLS + cell, minlength=slides * CELLS).reshape(slides, CELLS).astype(float)
            size = counts.sum(axis=1)
            centre = np.bincount(place[j], y, slides) / np.maximum(size, 1)
            own = np.sqrt(np.bincount(place[j], (y - centre[place[j]]) ** 2, slides) / np.maximum(size - 1, 1))
            density = _densities(counts, np.maximum(own, 1e-3 * spread), high - low)
            area = np.abs(density - whole).sum(axis=1) / CELLS
            found[j, o] = 0.5 * (size * area).sum() / rows
    return found


def _densities(counts: np.ndarray, spread: np.ndarray, width: float) -> np.ndarray:
    """Kernel densities over the grid's cells, each row of counts with Scott's bandwidth for its own spread: mean 1 over the cells."""
    size = counts.sum(axis=1)
    band = spread * np.maximum(size, 1) ** -0.2 / width  # in widths of the grid
    frequency = np.fft.rfftfreq(2 * CELLS, 1.0 / CELLS)
    kernel = np.exp(-2.0 * (np.pi * frequency[None] * band[:, None]) ** 2)
    smooth = np.fft.irfft(np.fft.rfft(counts, 2 * CELLS, axis=1) * kernel, 2 * CELLS, axis=1)[:, :CELLS]
    return np.maximum(smooth, 0.0) * CELLS / np.maximum(size, 1)[:, None]


def hdmr(sample: Sample, settings: Mapping) -> Findings:
    """HDMR (SALib): shares of the output's variance by component functions fitted to the sample; S1 = S_a, ST of up to second order."""
    if len(sample.values) < LEAST_HDMR:
        raise SensitivityError("sensitivity.hdmr_rows", rows=len(sample.values), least=LEAST_HDMR)
    names = [f.name for f in sample.factors]
    asked = problem(sample.factors)
    asked.pop("groups", None)
    share, variance, noise = _shares(sample)
    there = clear_signal(variance, noise, len(sample.values), sample.replicates)
    scale = np.where(there, variance / np.maximum(variance - noise, 1e-300), np.nan)
    found = {k: np.zeros((len(names), len(sample.outcomes))) for k in ("S1", "ST", "S1_half", "ST_half")}
    for o in range(len(sample.outcomes)):
        if variance[o] > 0:
            _hdmr_one(asked, sample.unit, sample.means[:, o], {k: v[:, o] for k, v in found.items()}, len(names))
    made = Findings(indices(sample, "hdmr", "S1", names, found["S1"] * scale, found["S1_half"] * scale, found["S1"])
                    + indices(sample, "hdmr", "ST", names, found["ST"] * scale, found["ST_half"] * scale, found["ST"]))
    made.verdicts = judge(sample, "hdmr", found["ST"] * scale, found["ST_half"] * scale, found["ST"] * scale, share, there)
    return made


def _hdmr_one(asked: dict, unit: np.ndarray, y: np.ndarray, into: dict, size: int) -> None:
    """SALib's HDMR for one outcome; half-widths are those of its own resampling.

    It resamples by NumPy's global generator and seeds nothing (1.6), so that is seeded here and put back.
    """
    import warnings

    from SALib.analyze.hdmr import analyze

    state = np.random.get_state()
    np.random.seed(SEED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = analyze(dict(asked), unit.copy(), y.copy(), maxorder=2, m=HDMR_INTERVALS, K=10, R=max(LEAST_HDMR, len(y) * 4 // 5))
    finally:
        np.random.set_state(state)
    into["S1"][:], into["S1_half"][:] = result["Sa"][:size], result["Sa_conf"][:size]
    into["ST"][:], into["ST_half"][:] = result["ST"][:size], result["ST_conf"][:size]
