"""Paired comparison of one arm with the baseline over seeds: all outcomes at once.

Every function takes arrays of shape (seeds, outcomes); row i of two arms shares its seed. A pair
with a NaN on either side is left out, per outcome. With fewer than three pairs there is no
interval and no p-value, only the difference.

The permutations draw from a generator with a fixed seed, so that the same results always give the
same table. (The simulation itself never uses such a generator.)

References: Willink, Commun. Stat. Theory Methods 34:753 (2005). Hall, J. R. Stat. Soc. B 54:221 (1992).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

PERMUTATIONS = 10_000
EXACT_UP_TO = 13  # 2**13 sign patterns: all of them, no sampling
LEAST_PAIRS = 3
SEED = 20240229
BLOCK = 1_000_000  # numbers of a block of random draws that are held at once (8 MB)


@dataclass(frozen=True)
class Paired:
    """One array of length ``outcomes`` per measure; all in the outcome's own unit where not said
    otherwise.
    """

    n: np.ndarray  # pairs
    mean: np.ndarray  # of the arm
    sd: np.ndarray  # of the arm, over seeds (ddof 1)
    baseline_mean: np.ndarray
    difference: np.ndarray  # mean of arm - baseline
    low: np.ndarray  # interval of the difference
    high: np.ndarray
    p_value: np.ndarray  # two-sided sign-flip permutation
    correlation: np.ndarray  # achieved between the arms over seeds
    variance_factor: np.ndarray  # independent / paired variance of the difference
    effect_size: np.ndarray  # difference in pooled standard deviations over seeds (Cohen's d_av)


def compare(arm: np.ndarray, baseline: np.ndarray, level: float = 0.95) -> Paired:
    """Everything about ``arm`` against ``baseline``, both (seeds, outcomes).

    An outcome that the baseline does not have (a council's attendance) keeps the arm's own mean and spread.
    """
    own = np.array(arm, dtype=float)
    arm, baseline = _paired(arm, baseline)
    difference = arm - baseline
    own = np.where(np.isfinite(difference).any(axis=0), arm, own)
    low, high = interval(difference, level)
    correlation, factor = pairing(arm, baseline)
    return Paired(
        np.isfinite(difference).sum(axis=0),
        _mean(own),
        _sd(own),
        _mean(baseline),
        _mean(difference),
        low,
        high,
        permutation_p(difference),
        correlation,
        factor,
        effect_size(arm, baseline),
    )


def _paired(arm: np.ndarray, baseline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Float copies in which a pair is either complete or NaN on both sides."""
    arm, baseline = np.array(arm, dtype=float), np.array(baseline, dtype=float)
    gone = ~(np.isfinite(arm) & np.isfinite(baseline))
    arm[gone] = baseline[gone] = np.nan
    return arm, baseline


def _mean(values: np.ndarray) -> np.ndarray:
    count = np.isfinite(values).sum(axis=0)
    return np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)


def _variance(values: np.ndarray) -> np.ndarray:
    """Sample variance (ddof 1), NaN below two values; exactly 0 for equal values."""
    count = np.isfinite(values).sum(axis=0)
    squares = np.nansum((values - _mean(values)) ** 2, axis=0)
    with np.errstate(all="ignore"):
        same = np.fmax.reduce(values, axis=0) == np.fmin.reduce(values, axis=0)
    return np.where(count > 1, np.where(same, 0.0, squares / np.maximum(count - 1, 1)), np.nan)


def _sd(values: np.ndarray) -> np.ndarray:
    values, unit = in_unit(values)
    return np.sqrt(_variance(values)) * unit


def _without_unit(arm: np.ndarray, baseline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Complete pairs in a unit that both sides share."""
    arm, baseline = _paired(arm, baseline)
    _, unit = in_unit(np.concatenate([arm, baseline]))
    return arm / unit, baseline / unit


def pairing(arm: np.ndarray, baseline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(correlation over seeds, variance factor): what sharing seeds bought, per outcome.

    The factor is (var a + var b) / var(a - b): 1 means pairing bought nothing, 10 means ten
    times fewer seeds for the same precision; below 1 it hurt; inf when the difference is the
    same in every seed.
    """
    arm, baseline = _without_unit(arm, baseline)
    a, b, d = _variance(arm), _variance(baseline), _variance(arm - baseline)
    product = (arm - _mean(arm)) * (baseline - _mean(baseline))
    count = np.isfinite(product).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = np.where(count > 1, np.nansum(product, axis=0) / (count - 1), np.nan)
        correlation = np.clip(covariance / np.sqrt(a * b), -1.0, 1.0)
        factor = (a + b) / d
    return np.where((a > 0) & (b > 0), correlation, np.nan), factor


def effect_size(arm: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Cohen's d_av = difference / sqrt((var a + var b) / 2): does not grow because pairing worked well."""
    arm, baseline = _without_unit(arm, baseline)
    spread = np.sqrt((_variance(arm) + _variance(baseline)) / 2)
    difference = _mean(arm - baseline)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, difference / spread, np.where(difference == 0, 0.0, np.nan))


def share_above(differences: np.ndarray) -> np.ndarray:
    """Share of pairs with a difference above zero, ties counted half (the paired probability of
    superiority); NaN without pairs.
    """
    differences = np.asarray(differences, dtype=float)
    count = np.isfinite(differences).sum(axis=0)
    above = (differences > 0).sum(axis=0) + 0.5 * (differences == 0).sum(axis=0)
    return np.where(count > 0, above / np.maximum(count, 1), np.nan)


def interval(values: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of the mean of each column of ``values`` (seeds, columns): the one interval of a mean in
    this project.

    Student's interval, and on the side of the longer tail Willink's (2005), which is adjusted for skewness:
    at either end the outer of the two. With s the standard deviation, g the skewness (as Excel and SAS give
    it), b = g / (6 sqrt(n)), t Student's quantile and G(z) = ((1 + 6 b (z - b))^(1/3) - 1) / (2 b), Willink's
    goes from mean - G(t) s / sqrt(n) to mean - G(-t) s / sqrt(n). Alone it comes too near on the other side
    where few values look skewed by chance; Student's alone falls short on the long side.

    NaN is left out, per column. Columns without spread give [value, value]; below three values both ends are
    NaN. benchmarks/interval_coverage.py has its coverage beside that of Student's, BCa and bootstrap-t
    intervals.
    """
    from scipy.special import stdtrit  # scipy.stats takes a second to import

    values, unit = in_unit(np.asarray(values, dtype=float))
    finite = np.isfinite(values)
    n = finite.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(finite, values, 0.0).sum(axis=0) / n
        deviations = np.where(finite, values - mean, 0.0)
        variance = (deviations**2).sum(axis=0) / (n - 1)
        same = np.abs(deviations).max(axis=0, initial=0.0) <= 1e-12 * np.abs(mean)
        # the mean of equal values may miss them by a last bit, and a bound with them
        mean = np.where(same, np.where(finite, values, -np.inf).max(axis=0, initial=-np.inf), mean)
        skewness = n * (deviations**3).sum(axis=0) / ((n - 1) * (n - 2) * variance**1.5)
        slope = np.where(same, 0.0, skewness) / (6 * np.sqrt(n))
        error = np.where(same, 0.0, np.sqrt(variance / n))
        quantile = stdtrit(np.maximum(n - 1, 1), (1 + level) / 2)
    down, up = (
        np.maximum(quantile, adjusted(quantile, slope)),
        np.minimum(-quantile, adjusted(-quantile, slope)),
    )
    low, high = (np.where(n >= LEAST_PAIRS, (mean - reach * error) * unit, np.nan) for reach in (down, up))
    return low, high


def adjusted(z: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Willink's G of quantiles ``z`` under b = ``slope``; z itself without skewness."""
    flat = np.abs(slope) < 1e-8
    b = np.where(flat, 1.0, slope)
    with np.errstate(invalid="ignore"):
        return np.where(flat, z, (np.cbrt(1 + 6 * b * (z - b)) - 1) / (2 * b))


def in_unit(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(values / unit, unit per column): a power of two, so that no digit is lost, near each column's largest
    value.

    Squares and cubes of what is left neither overflow nor vanish, whatever the outcome's unit is.
    """
    largest = np.where(np.isfinite(values), np.abs(values), 0.0).max(axis=0, initial=0.0)
    unit = np.ldexp(1.0, np.clip(np.frexp(largest)[1], -1000, 1000))
    return values / unit, unit


def _patterns(values: np.ndarray):
    """(rows, columns) blocks without NaN: columns that miss the same seeds go together."""
    finite = np.isfinite(values)
    patterns, of_column = np.unique(finite, axis=1, return_inverse=True)
    for index in range(patterns.shape[1]):
        yield np.flatnonzero(patterns[:, index]), np.flatnonzero(of_column.ravel() == index)


def permutation_p(differences: np.ndarray) -> np.ndarray:
    """Two-sided p of each column's mean under random signs of the paired differences.

    All 2**n patterns for n <= 13; else 10,000 random ones, counting the observed one, so that
    p is never 0.
    """
    differences = np.asarray(differences, dtype=float)
    p = np.full(differences.shape[1], np.nan)
    for rows, columns in _patterns(differences):
        if rows.size >= LEAST_PAIRS:
            p[columns] = _permutation_complete(differences[np.ix_(rows, columns)])
    return p


def _permutation_complete(values: np.ndarray) -> np.ndarray:
    n = len(values)
    observed = np.abs(values.sum(axis=0))
    at_least = observed - 1e-9 * np.abs(values).sum(axis=0)  # sums in another order differ in their last bits
    exact = n <= EXACT_UP_TO
    count = sum(
        (np.abs(signs @ values) >= at_least).sum(axis=0)
        for signs in (_every_sign(n) if exact else _random_signs(n))
    )
    return count / 2**n if exact else (count + 1) / (PERMUTATIONS + 1)


def _every_sign(n: int) -> Iterator[np.ndarray]:
    yield 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)


def _random_signs(n: int) -> Iterator[np.ndarray]:
    """(rows, n) blocks of random signs, the same ones however large the blocks are."""
    generator = np.random.default_rng(SEED)
    step = max(1, BLOCK // n)
    for start in range(0, PERMUTATIONS, step):
        yield 1.0 - 2.0 * generator.integers(0, 2, size=(min(step, PERMUTATIONS - start), n))
