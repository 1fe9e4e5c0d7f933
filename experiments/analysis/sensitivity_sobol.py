"""Sobol indices from Saltelli's rows, corrected for replicate noise; all outcomes and resamples at once.

Estimators as SALib's (S1 and ST: Saltelli et al. 2010; S2: Saltelli 2002). Every index is a ratio of means
over base samples, so that the bootstrap is one matrix product. With V the variance of the row means and
e = s2 / R what noise adds to it:

    own seeds in every row   S1 = S1' V / (V - e),  ST = (ST' V - e) / (V - e)
    shared seeds             e from the row x seed interaction; ST's numerator less half the variance over
                             seeds of f(A) - f(AB), over R; S1's less the covariance over seeds of f(B) and
                                 f(AB) - f(A)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from experiments.analysis.sensitivity_base import (
    Findings,
    Index,
    Sample,
    SensitivityError,
    bootstrap_weights,
    fractions,
    indices,
    judge,
    noise_share,
    reach,
    traces,
)
from experiments.designs.factors import group_names

TWINS = 0.9  # share of base samples in which A and B agree on an input, above which they are no two samples


@dataclass(frozen=True)
class Blocks:
    """Rows by their part: a, b (n, R, outcomes); ab, ba (groups, n, R, outcomes), ba None without the
    second order.
    """

    a: np.ndarray
    b: np.ndarray
    ab: np.ndarray
    ba: np.ndarray | None
    noise: np.ndarray  # (n, outcomes): what noise adds to the variance of the means of a and b


@dataclass(frozen=True)
class Terms:
    """Per base sample, what the indices are ratios of means of: (n, outcomes) or (groups, n, outcomes)."""

    first: np.ndarray
    total: np.ndarray
    raw_total: np.ndarray
    raw_first: np.ndarray
    level: np.ndarray
    square: np.ndarray
    noise: np.ndarray
    pairs: np.ndarray | None  # (groups, groups, n, outcomes)


def sobol(sample: Sample, settings: Mapping) -> Findings:
    """S1 and ST (and S2) with half-widths, the noise share and a verdict for each outcome."""
    names = group_names(sample.factors)
    blocks = split(sample, names, bool(settings.get("second_order", False)))
    terms = _terms(blocks, sample)
    n = len(blocks.a)
    whole = np.full((1, n), 1.0 / n)
    point, resampled = _indices(terms, whole), _indices(terms, bootstrap_weights(n))
    half = {k: reach(n) * v.std(axis=0, ddof=1) for k, v in resampled.items()}
    now = {k: v[0] for k, v in point.items()}
    steps = {size: _indices(terms, _prefix(n, size))["ST"][0] for size in fractions(n)}
    signal = now["V"] > np.maximum(half["V"], 1e-12 * (now["V"] + now["noise"]))
    for name in ("S1", "ST", "S2"):  # shares of a variance that is not there are no numbers, and never 0 +- 0
        for part in (now, half):
            if name in part:
                part[name] = np.where(signal, part[name], np.nan)
    found = Findings(
        indices(sample, "sobol", "S1", names, now["S1"], half["S1"], now["S1_raw"])
        + indices(sample, "sobol", "ST", names, now["ST"], half["ST"], now["ST_raw"])
    )
    if terms.pairs is not None:
        found.indices += _second(sample, names, now["S2"], half["S2"])
    share = noise_share(now["V"] + now["noise"], now["noise"], sample.replicates)
    widest = np.concatenate([half["S1"], half["ST"]])
    before = _indices(terms, _prefix(n, max(n // 2, 1)))
    found.verdicts = judge(
        sample,
        "sobol",
        np.concatenate([now["S1"], now["ST"]]),
        widest,
        np.concatenate([before["S1"][0], before["ST"][0]]),
        share,
        signal,
    )
    found.traces = traces(
        sample, "sobol", names, {size * (len(sample.values) // n): v for size, v in steps.items()}
    )
    return found


def split(sample: Sample, names: list[str], second_order: bool) -> Blocks:
    """The parts of Saltelli's rows, after checking that the inputs really are such rows, in order."""
    size = 2 * len(names) + 2 if second_order else len(names) + 2
    if len(sample.values) % size:
        raise SensitivityError(
            "sensitivity.not_saltelli_count", rows=len(sample.values), each=size, factors=len(names)
        )
    unit = sample.unit.reshape(-1, size, sample.unit.shape[1])
    values = sample.values.reshape(-1, size, *sample.values.shape[1:])
    a, b = unit[:, 0], unit[:, -1]
    member = np.array([[(f.group or f.name) == name for f in sample.factors] for name in names])
    for j in range(len(names)):
        mixed = np.where(member[j], b, a)
        wrong = ~np.isclose(unit[:, 1 + j], mixed, atol=1e-6).all(axis=1)
        if wrong.any():
            raise SensitivityError(
                "sensitivity.not_saltelli", row=int(np.flatnonzero(wrong)[0]) * size + 1 + j
            )
        if np.isclose(a[:, member[j]], b[:, member[j]], atol=1e-6).mean() > TWINS:
            raise SensitivityError("sensitivity.not_two_samples", name=names[j])
    count = len(names)
    noise = sample.variance_of_means().reshape(len(unit), size, -1)
    return Blocks(
        values[:, 0],
        values[:, -1],
        np.moveaxis(values[:, 1 : 1 + count], 1, 0),
        np.moveaxis(values[:, 1 + count : 1 + 2 * count], 1, 0) if second_order else None,
        (noise[:, 0] + noise[:, -1]) / 2,
    )


def _terms(blocks: Blocks, sample: Sample) -> Terms:
    centre = (blocks.a.mean(axis=(0, 1)) + blocks.b.mean(axis=(0, 1))) / 2
    a, b, ab = (part - centre for part in (blocks.a, blocks.b, blocks.ab))
    am, bm, abm = a.mean(axis=1), b.mean(axis=1), ab.mean(axis=2)
    first, total = bm * (abm - am), (abm - am) ** 2 / 2
    lost, extra = _noise_terms(a, b, ab, sample)
    pairs = None
    if blocks.ba is not None:
        ba = blocks.ba - centre
        pairs = ba.mean(axis=2)[:, None] * abm[None] - am * bm
        if sample.shared and sample.replicates > 1:
            pairs = pairs - (_cov(ba[:, None], ab[None]) - _cov(a, b)) / sample.replicates
    return Terms(
        first - lost, total - extra, total, first, (am + bm) / 2, (am**2 + bm**2) / 2, blocks.noise, pairs
    )


def _noise_terms(
    a: np.ndarray, b: np.ndarray, ab: np.ndarray, sample: Sample
) -> tuple[np.ndarray | float, np.ndarray | float]:
    """What noise adds to the numerators of S1 and of ST, per base sample: (groups, n, outcomes)."""
    many = sample.replicates
    if many < 2:
        return 0.0, 0.0
    if sample.shared:
        step = ab - a
        return _cov(b[None], step) / many, step.var(axis=2, ddof=1) / 2 / many
    return 0.0, (a.var(axis=1, ddof=1) + ab.var(axis=2, ddof=1)) / 2 / many


def _cov(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariance over replicates, the axis before the last."""
    x, y = x - x.mean(axis=-2, keepdims=True), y - y.mean(axis=-2, keepdims=True)
    return (x * y).sum(axis=-2) / (x.shape[-2] - 1)


def _prefix(n: int, size: int) -> np.ndarray:
    return (np.arange(n) < size)[None] / size


def _indices(terms: Terms, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Indices under each row of weights (resamples, n): S1, ST (resamples, groups, outcomes), V and noise
    (resamples, outcomes).
    """

    def mean(term: np.ndarray) -> np.ndarray:
        return np.moveaxis(np.tensordot(weights, term, axes=(1, term.ndim - 2)), 0, 0)

    noise = mean(terms.noise)
    raw = mean(terms.square) - mean(terms.level) ** 2
    signal = raw - noise
    with np.errstate(divide="ignore", invalid="ignore"):
        over = np.where(signal > 1e-12 * np.maximum(raw, 1e-300), 1.0 / signal, 0.0)[:, None]
        over_raw = np.where(raw > 0, 1.0 / raw, 0.0)[:, None]
    found = {
        "S1": mean(terms.first) * over,
        "ST": mean(terms.total) * over,
        "V": signal,
        "noise": noise,
        "S1_raw": mean(terms.raw_first) * over_raw,
        "ST_raw": mean(terms.raw_total) * over_raw,
    }
    if terms.pairs is not None:
        found["S2"] = mean(terms.pairs) * over[:, None] - found["S1"][:, :, None] - found["S1"][:, None]
    return found


def _second(sample: Sample, names: list[str], value: np.ndarray, half: np.ndarray) -> list[Index]:
    return [
        Index("sobol", outcome, names[j], "S2", float(value[j, k, o]), float(half[j, k, o]), np.nan, names[k])
        for o, outcome in enumerate(sample.outcomes)
        for j in range(len(names))
        for k in range(j + 1, len(names))
    ]
