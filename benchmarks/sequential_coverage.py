"""Coverage of the intervals at which `cogov compare --precision` stops, by simulation, beside methods not
used.

    python benchmarks/sequential_coverage.py            20,000 studies per cell, about a minute
    python benchmarks/sequential_coverage.py --studies 2000

A study: one arm, differences of standard deviation 1 from a known distribution, seeds added as
experiments/analysis/sequential.py says, between 10 and 200. Printed: the share of studies whose last
interval holds the true mean, and the seeds taken on average. Fixed generator seed.
"""

from __future__ import annotations

import argparse

import numpy as np

from experiments.analysis import paired, sequential

BOUNDS = (0.8, 0.6, 0.45, 0.35, 0.3, 0.25, 0.2)  # in standard deviations of the difference
SEED = 20240229
SHAPES = {  # name -> draw(generator, shape): mean 0, sd 1
    "normal": lambda g, shape: g.standard_normal(shape),
    "Student t, 5 df": lambda g, shape: g.standard_t(5, shape) / np.sqrt(5 / 3),
    "gamma, skewness 1": lambda g, shape: (g.gamma(4.0, 1.0, shape) - 4.0) / 2.0,
    "exponential, skewness 2": lambda g, shape: g.exponential(1.0, shape) - 1.0,
}


def plain(differences: np.ndarray):
    """Student's interval at 95%, looked at as often: what is not done."""
    from scipy.stats import t as student

    n = len(differences)
    half = student.ppf(0.975, n - 1) * differences.std(axis=0, ddof=1) / np.sqrt(n)
    return differences.mean(axis=0) - half, differences.mean(axis=0) + half


def stopped(
    draws: np.ndarray, bound: float, interval=sequential.interval, least: int = sequential.LEAST
) -> tuple[np.ndarray, np.ndarray]:
    """((2, studies) low and high, (studies,) seeds) at which each column of ``draws`` (seeds, studies)
    stops.
    """
    most, studies = draws.shape
    ends, seeds = np.full((2, studies), np.nan), np.full(studies, least)
    waiting = {least: list(range(studies))}
    while waiting:
        n = min(waiting)
        who = np.array(waiting.pop(n))
        low, high = interval(draws[:n, who])
        ends[:, who], seeds[who] = (low, high), n
        for place in np.flatnonzero(((high - low) / 2 > bound) & (n < most)):
            one = sequential.Look("", "", n, 0.0, float(low[place]), float(high[place]), bound)
            waiting.setdefault(sequential.next_count(n, [one], most), []).append(int(who[place]))
    return ends, seeds


def coverage(
    shape: str, bound: float, studies: int, interval=sequential.interval, shown=None
) -> tuple[float, float]:
    """(share of studies whose last interval holds the true mean 0, mean number of seeds); ``shown``: an
    interval given instead at the stop.
    """
    draws = SHAPES[shape](np.random.default_rng(SEED), (sequential.MOST, studies))
    (low, high), seeds = stopped(draws, bound, interval)
    for n in np.unique(seeds) if shown else ():
        who = np.flatnonzero(seeds == n)
        low[who], high[who] = shown(draws[:n, who])
    return float(np.mean((low <= 0) & (0 <= high))), float(seeds.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=20_000)
    studies = parser.parse_args().studies
    methods = {
        "as shipped": {},
        "Student at 95%": {"interval": plain},
        "the table's 95% interval at these stops": {"shown": paired.interval},
    }
    print("bound (sd)".ljust(56) + "".join(f"{bound:>14}" for bound in BOUNDS))
    for shape in SHAPES:
        for name, how in methods.items():
            cells = [
                coverage(shape, bound, studies // 10 if "shown" in how else studies, **how)
                for bound in BOUNDS
            ]
            print(
                f"{shape}: {name}".ljust(56)
                + "".join(f"  {100 * share:5.1f}% /{seeds:4.0f}" for share, seeds in cells),
                flush=True,
            )


if __name__ == "__main__":
    main()
