"""Indices read off a spectrum: eFAST from search curves, RBD-FAST from any sample; noise taken off as white noise."""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.analysis.sensitivity import (
    SEED, Findings, Sample, SensitivityError, clear_signal, fractions, indices, judge, noise_share, traces,
)
from experiments.factors import problem

HARMONICS = 4


def efast(sample: Sample, settings: Mapping) -> Findings:
    """S1 and ST from ``settings['curves']`` search curves a factor; half-widths from the spread between curves."""
    names = [f.name for f in sample.factors]
    curves = int(settings.get("curves", 1))
    if "n" in settings:  # curves may have been left out
        curves = max(len(sample.values) // (int(settings["n"]) * len(names)), 1)
    if len(sample.values) % (curves * len(names)):
        raise SensitivityError("sensitivity.not_curves", rows=len(sample.values), factors=len(names), curves=curves)
    shape = (curves, len(names), -1, len(sample.outcomes))
    each = _orders(sample.means.reshape(shape), sample.variance_of_means().reshape(shape).mean(axis=2))
    now = {k: v.mean(axis=0) for k, v in each.items()}
    half = {k: _half(each[k]) for k in ("S1", "ST")}
    signal, noise = now["V"].mean(axis=0), now["noise"].mean(axis=0)
    there = clear_signal(signal + noise, noise, len(sample.values), sample.replicates)
    now, half = ({k: np.where(there, v, np.nan) for k, v in part.items()} for part in (now, half))
    found = Findings(indices(sample, "efast", "S1", names, now["S1"], half["S1"], now["S1_raw"])
                     + indices(sample, "efast", "ST", names, now["ST"], half["ST"], now["ST_raw"]))
    share = noise_share(signal + noise, noise, sample.replicates)
    before = each["ST"][:max(curves // 2, 1)].mean(axis=0)
    found.verdicts = judge(sample, "efast", now["ST"], np.maximum(half["S1"], half["ST"]), before, share, there)
    rows = len(sample.values) // curves
    found.traces = traces(sample, "efast", names, {c * rows: each["ST"][:c].mean(axis=0) for c in fractions(curves, 1)})
    return found


def _orders(values: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
    """S1, ST, V (curves, factors, outcomes) of curves (curves, factors, n, outcomes), as SALib's fast.

    White noise of variance e spreads evenly over the spectrum's lines: each sum loses its share of them.
    """
    n = values.shape[2]
    omega = (n - 1) // (2 * HARMONICS)
    power = 2.0 * np.abs(np.fft.fft(values, axis=2)[:, :, 1:-(-n // 2)] / n) ** 2
    lines = power.shape[2]
    raw = power.sum(axis=2)
    first = power[:, :, np.arange(1, HARMONICS + 1) * omega - 1].sum(axis=2)
    rest = power[:, :, :omega // 2].sum(axis=2)
    signal = raw - noise
    with np.errstate(divide="ignore", invalid="ignore"):
        over, over_raw = np.where(signal > 0, 1 / signal, 0.0), np.where(raw > 0, 1 / raw, 0.0)
    return {"S1": (first - noise * HARMONICS / lines) * over, "ST": 1.0 - (rest - noise * (omega // 2) / lines) * over,
            "S1_raw": first * over_raw, "ST_raw": 1.0 - rest * over_raw, "V": signal, "noise": noise}


def _half(each: np.ndarray) -> np.ndarray:
    """Half-width of the mean over curves by Student's t; NaN for one curve."""
    from scipy.stats import t

    curves = len(each)
    if curves < 2:
        return np.full(each.shape[1:], np.nan)
    return t.ppf(0.975, curves - 1) * each.std(axis=0, ddof=1) / np.sqrt(curves)


def rbd_fast(sample: Sample, settings: Mapping) -> Findings:
    """First-order indices from any sample (SALib's rbd_fast, without bias by harmonics), S1 V / (V - e)."""
    from SALib.analyze.rbd_fast import analyze

    names = [f.name for f in sample.factors]
    asked = problem(sample.factors)
    asked.pop("groups", None)
    means, noise = sample.means, sample.variance_of_means().mean(axis=0)
    variance = means.var(axis=0)
    there = clear_signal(variance, noise, len(means), sample.replicates)
    scale = np.where(there, variance / np.maximum(variance - noise, 1e-300), np.nan)
    raw, half, half_before = (np.zeros((len(names), len(sample.outcomes))) for _ in range(3))
    rows = len(means)
    steps: dict[int, np.ndarray] = {size: np.zeros_like(raw) for size in fractions(rows, 64)}
    for o in range(len(sample.outcomes)):
        if variance[o] == 0:
            continue
        result = analyze(asked, sample.unit.copy(), means[:, o].copy(), num_resamples=100, seed=SEED)
        raw[:, o], half[:, o] = result["S1"], result["S1_conf"]
        for size, value in steps.items():
            value[:, o] = analyze(asked, sample.unit[:size].copy(), means[:size, o].copy(), num_resamples=2, seed=SEED)["S1"]
    before = steps.get(rows // 2, raw)
    share = noise_share(variance, noise, sample.replicates)
    found = Findings(indices(sample, "rbd_fast", "S1", names, raw * scale, half * scale, raw))
    found.verdicts = judge(sample, "rbd_fast", raw * scale, half * scale, before * scale, share, there)
    found.traces = traces(sample, "rbd_fast", names, {size: value * scale for size, value in steps.items()})
    return found
