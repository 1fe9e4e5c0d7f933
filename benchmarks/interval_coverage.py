"""Coverage of the one interval of a mean (analysis/paired.py), by simulation, beside other methods.

    python benchmarks/interval_coverage.py                  20 seeds, as a validation has; 20,000 studies a
        cell, a minute
    python benchmarks/interval_coverage.py --seeds 6 10 20 50 --studies 4000

A study: one value per seed (a paired difference) from a known distribution; does its 95% interval hold the
true mean, and its 90% interval, on which verdicts of equivalence rest? Printed: the share of studies where it
does, in brackets the share in which the interval lies wholly above and wholly below the true mean, and the
median width in standard deviations. Fixed generator seed.
"""

from __future__ import annotations

import argparse

import numpy as np

from experiments.analysis import paired

SEED = 20240229
RESAMPLES = 1000
SHAPES = {  # name -> draw(generator, shape): mean 0, sd 1
    "normal": lambda g, shape: g.standard_normal(shape),
    "uniform": lambda g, shape: (g.random(shape) - 0.5) * np.sqrt(12.0),
    "difference of Poisson counts, mean .5": lambda g, shape: (
        g.poisson(0.5, shape) - g.poisson(0.5, shape)
    ).astype(float),
    "gamma, skewness 1": lambda g, shape: (g.gamma(4.0, 1.0, shape) - 4.0) / 2.0,
    "lognormal, skewness 1": lambda g, shape: _lognormal(g, shape, 0.3143),
    "lognormal, skewness 1.75": lambda g, shape: _lognormal(g, shape, 0.5),
    "exponential, skewness 2": lambda g, shape: g.exponential(1.0, shape) - 1.0,
    "lognormal, skewness 3.3": lambda g, shape: _lognormal(g, shape, 0.75),
    "Student t, 5 df": lambda g, shape: g.standard_t(5, shape) / np.sqrt(5 / 3),
}


def _lognormal(generator, shape, sigma: float) -> np.ndarray:
    mean, variance = np.exp(sigma**2 / 2), (np.exp(sigma**2) - 1) * np.exp(sigma**2)
    return (generator.lognormal(0.0, sigma, shape) - mean) / np.sqrt(variance)


def student(values: np.ndarray, level: float):
    """Student's interval, that knows nothing of skewness."""
    from scipy.special import stdtrit

    half = stdtrit(len(values) - 1, (1 + level) / 2) * values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return values.mean(axis=0) - half, values.mean(axis=0) + half


def willink(values: np.ndarray, level: float):
    """Willink's interval alone, at both ends."""
    from scipy.special import stdtrit

    n, mean, deviations = len(values), values.mean(axis=0), values - values.mean(axis=0)
    variance = np.maximum((deviations**2).sum(axis=0) / (n - 1), 1e-100)
    slope = n * (deviations**3).sum(axis=0) / ((n - 1) * (n - 2) * variance**1.5) / (6 * np.sqrt(n))
    return [
        mean - paired.adjusted(z, slope) * np.sqrt(variance / n)
        for z in (1, -1) * stdtrit(n - 1, np.full(2, (1 + level) / 2))
    ]


def bca(values: np.ndarray, level: float, expand: bool = False):
    """Efron's bias-corrected and accelerated bootstrap; ``expand``: with Hesterberg's (2015) widening for few
    values.
    """
    from scipy.special import ndtr, ndtri, stdtrit

    n = len(values)
    deviations = values - values.mean(axis=0)
    means = np.sort(_weights(n) @ deviations, axis=0)
    below = np.clip(
        ((means < -1e-9).sum(axis=0) + (means <= 1e-9).sum(axis=0)) / (2 * RESAMPLES),
        0.5 / RESAMPLES,
        1 - 0.5 / RESAMPLES,
    )
    squares = np.maximum((deviations**2).sum(axis=0), 1e-100)  # all values may be equal
    bias, acceleration = ndtri(below), (deviations**3).sum(axis=0) / (6 * squares**1.5)
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = bias + (np.sqrt(n / (n - 1)) * stdtrit(n - 1, tail) if expand else ndtri(tail))
        place = np.rint(ndtr(bias + z / (1 - acceleration * z)) * (RESAMPLES - 1)).astype(int)
        ends.append(values.mean(axis=0) + means[place, np.arange(values.shape[1])])
    return ends


def bootstrap_t(values: np.ndarray, level: float):
    """Quantiles of the studentised bootstrap; a resample of equal values counts as zero."""
    n = len(values)
    deviations, weights = values - values.mean(axis=0), _weights(n)
    shift = weights @ deviations
    variance = np.maximum(weights @ deviations**2 - shift**2, 0.0) / (n - 1)
    t = np.where(variance > 1e-18, shift / np.sqrt(np.maximum(variance, 1e-18)), 0.0)
    error = values.std(axis=0, ddof=1) / np.sqrt(n)
    upper, lower = np.quantile(t, [(1 + level) / 2, (1 - level) / 2], axis=0)
    return values.mean(axis=0) - upper * error, values.mean(axis=0) - lower * error


def _weights(n: int) -> np.ndarray:
    return np.random.default_rng(1).multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES) / n


METHODS = {
    "as shipped": paired.interval,
    "Student": student,
    "Willink alone": willink,
    "BCa": bca,
    "BCa, expanded": lambda values, level: bca(values, level, True),
    "bootstrap-t": bootstrap_t,
}


def coverage(
    shape: str, seeds: int, studies: int, level: float = 0.95, method=paired.interval
) -> tuple[float, float, float, float]:
    """(share of studies whose interval holds the true mean, share above it, share below it, median width)."""
    values = SHAPES[shape](np.random.default_rng(SEED), (seeds, studies))
    blocks = [method(values[:, start : start + 1000], level) for start in range(0, studies, 1000)]
    low, high = (np.concatenate([block[end] for block in blocks]) for end in (0, 1))
    above, below = np.mean(low > 0), np.mean(high < 0)
    return float(1 - above - below), float(above), float(below), float(np.median(high - low))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[20])
    parser.add_argument("--studies", type=int, default=20_000)
    args = parser.parse_args()
    for seeds in args.seeds:
        for level in (0.95, 0.90):
            print(
                f"\n{seeds} seeds, nominal {100 * level:.0f}%".ljust(41)
                + "".join(f"{name:>24}" for name in METHODS)
            )
            for shape in SHAPES:
                cells = [coverage(shape, seeds, args.studies, level, method) for method in METHODS.values()]
                print(
                    shape.ljust(40)
                    + "".join(
                        f"{f'{100 * c:.1f} ({100 * a:.1f}, {100 * b:.1f}) {w:.2f}':>24}"
                        for c, a, b, w in cells
                    ),
                    flush=True,
                )


if __name__ == "__main__":
    main()
