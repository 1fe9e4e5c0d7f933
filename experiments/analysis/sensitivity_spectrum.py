"""Indices read off a spectrum: eFAST from search curves, RBD-FAST from any sample; noise taken off as
white noise.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.analysis.sensitivity_base import (
    LEVEL_Z,
    SEED,
    Findings,
    Sample,
    SensitivityError,
    clear_signal,
    fractions,
    indices,
    judge,
    noise_share,
    traces,
)
from experiments.analysis.sensitivity_slides import levels
from experiments.designs.factors import REAL, Factor, problem

HARMONICS = 4
PURE, STEPPED = (
    0.98,
    0.6,
)  # least share of a search curve's power at its own frequency; an input of few values makes steps of it
RESAMPLES = 100


def efast(sample: Sample, settings: Mapping) -> Findings:
    """S1 and ST from ``settings['curves']`` search curves a factor; half-widths from the spread between
    curves.
    """
    names = [f.name for f in sample.factors]
    curves = int(settings.get("curves", 1))
    if "n" in settings:  # curves may have been left out
        curves = max(len(sample.values) // (int(settings["n"]) * len(names)), 1)
    if len(sample.values) % (curves * len(names)):
        raise SensitivityError(
            "sensitivity.not_curves", rows=len(sample.values), factors=len(names), curves=curves
        )
    _on_curves(sample, curves)
    shape = (curves, len(names), -1, len(sample.outcomes))
    each = _orders(sample.means.reshape(shape), sample.variance_of_means().reshape(shape).mean(axis=2))
    now = {k: v.mean(axis=0) for k, v in each.items()}
    half = {k: _half(each[k]) for k in ("S1", "ST")}
    signal, noise = now["V"].mean(axis=0), now["noise"].mean(axis=0)
    there = clear_signal(signal + noise, noise, len(sample.values), sample.replicates)
    now, half = ({k: np.where(there, v, np.nan) for k, v in part.items()} for part in (now, half))
    found = Findings(
        indices(sample, "efast", "S1", names, now["S1"], half["S1"], now["S1_raw"])
        + indices(sample, "efast", "ST", names, now["ST"], half["ST"], now["ST_raw"])
    )
    share = noise_share(signal + noise, noise, sample.replicates)
    before = each["ST"][: max(curves // 2, 1)].mean(axis=0)
    found.verdicts = judge(
        sample, "efast", now["ST"], np.maximum(half["S1"], half["ST"]), before, share, there
    )
    rows = len(sample.values) // curves
    found.traces = traces(
        sample, "efast", names, {c * rows: each["ST"][:c].mean(axis=0) for c in fractions(curves, 1)}
    )
    return found


def _on_curves(sample: Sample, curves: int) -> None:
    """Refuse rows that are no search curves: sin(pi (x - 1/2)) of each input is one wave, at the highest
    frequency for the factor in turn.
    """
    count = len(sample.factors)
    points = sample.unit.reshape(curves, count, -1, count)
    n = points.shape[2]
    omega = (n - 1) // (2 * HARMONICS)
    power = np.abs(np.fft.rfft(np.sin(np.pi * (points - 0.5)), axis=2))[:, :, 1:] ** 2
    main = power.argmax(axis=2) + 1  # (curves, factor in turn, input)
    share = power.max(axis=2) / np.maximum(power.sum(axis=2), 1e-300)
    turn = np.eye(count, dtype=bool)
    least = np.array(
        [
            PURE if f.kind == REAL and levels(sample.unit[:, j], f) is None else STEPPED
            for j, f in enumerate(sample.factors)
        ]
    )
    wrong = (share < least) | np.where(turn, main != omega, main > omega // 2)
    if wrong.any():
        curve, factor, column = np.argwhere(wrong)[0]
        raise SensitivityError(
            "sensitivity.no_search_curve",
            row=int((curve * count + factor) * n),
            name=sample.factors[column].name,
        )


def _orders(values: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
    """S1, ST, V (curves, factors, outcomes) of curves (curves, factors, n, outcomes), as SALib's fast.

    White noise of variance e spreads evenly over the spectrum's lines: each sum loses its share of them.
    """
    n = values.shape[2]
    omega = (n - 1) // (2 * HARMONICS)
    power = 2.0 * np.abs(np.fft.fft(values, axis=2)[:, :, 1 : -(-n // 2)] / n) ** 2
    lines = power.shape[2]
    raw = power.sum(axis=2)
    first = power[:, :, np.arange(1, HARMONICS + 1) * omega - 1].sum(axis=2)
    rest = power[:, :, : omega // 2].sum(axis=2)
    signal = raw - noise
    with np.errstate(divide="ignore", invalid="ignore"):
        over, over_raw = np.where(signal > 0, 1 / signal, 0.0), np.where(raw > 0, 1 / raw, 0.0)
    return {
        "S1": (first - noise * HARMONICS / lines) * over,
        "ST": 1.0 - (rest - noise * (omega // 2) / lines) * over,
        "S1_raw": first * over_raw,
        "ST_raw": 1.0 - rest * over_raw,
        "V": signal,
        "noise": noise,
    }


def _half(each: np.ndarray) -> np.ndarray:
    """Half-width of the mean over curves by Student's t; NaN for one curve."""
    from scipy.stats import t

    curves = len(each)
    if curves < 2:
        return np.full(each.shape[1:], np.nan)
    return t.ppf(0.975, curves - 1) * each.std(axis=0, ddof=1) / np.sqrt(curves)


def rbd_fast(sample: Sample, settings: Mapping) -> Findings:
    """First-order indices from any sample, S1 V / (V - e): RBD-FAST (SALib's, without bias by harmonics).

    An input of few values, or a categorical one, has no order to run through: its S1 is the share of variance
    between its values, without what chance puts there (epsilon squared, Kelley 1935).
    """
    names = [f.name for f in sample.factors]
    means, noise = sample.means, sample.variance_of_means().mean(axis=0)
    variance = means.var(axis=0)
    there = clear_signal(variance, noise, len(means), sample.replicates)
    scale = np.where(there, variance / np.maximum(variance - noise, 1e-300), np.nan)
    rows = len(means)
    steps = {size: np.zeros((len(names), len(sample.outcomes))) for size in fractions(rows, 64)}
    half = np.zeros_like(steps[rows])
    for j, factor in enumerate(sample.factors):
        column = sample.unit[:, j]
        shares = _spectral if levels(column, factor) is None else _between
        for o in np.flatnonzero(variance > 0):
            for size, value in steps.items():
                value[j, o] = shares(column[:size], means[:size, o], factor)
            drawn = [
                shares(column[r], means[r, o], factor)
                for r in np.random.default_rng(SEED).integers(0, rows, size=(RESAMPLES, rows))
            ]
            half[j, o] = LEVEL_Z * np.std(drawn, ddof=1)
    raw = steps[rows]
    before = steps.get(rows // 2, raw)
    share = noise_share(variance, noise, sample.replicates)
    found = Findings(indices(sample, "rbd_fast", "S1", names, raw * scale, half * scale, raw))
    found.verdicts = judge(sample, "rbd_fast", raw * scale, half * scale, before * scale, share, there)
    found.traces = traces(sample, "rbd_fast", names, {size: value * scale for size, value in steps.items()})
    return found


def _spectral(column: np.ndarray, y: np.ndarray, factor: Factor) -> float:
    """SALib's index of one input; 0 where the output does not vary (SALib: 0 / 0)."""
    from SALib.analyze.rbd_fast import analyze

    if np.ptp(y) == 0:
        return 0.0
    asked = problem([factor])
    asked.pop("groups", None)
    return float(analyze(asked, column[:, None].copy(), y.copy(), num_resamples=2, seed=SEED)["S1"][0])


def _between(column: np.ndarray, y: np.ndarray, factor: Factor) -> float:
    """Share of variance between an input's values, less what equal values would show by chance; 0 where all
    values differ.
    """
    place = levels(column, factor)
    size = np.bincount(place)
    whole = ((y - y.mean()) ** 2).sum()
    if whole == 0 or len(size) < 2 or len(size) >= len(y):
        return 0.0
    within = ((y - (np.bincount(place, y) / size)[place]) ** 2).sum() / (len(y) - len(size))
    return float(1.0 - within * (len(y) - 1) / whole)
