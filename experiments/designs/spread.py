"""Points spread over the unit cube: Latin hypercubes that grow by doubling, Sobol sequences, grids."""

from __future__ import annotations

import warnings

import numpy as np

SAMPLERS = ("lhs", "sobol_sequence", "grid")


def lhs(n: int, dimensions: int, seed: int = 1) -> np.ndarray:
    """A Latin hypercube (n, dimensions) whose first half, for even n, is the Latin hypercube of n / 2.

    Doubling puts one new point into each slice that the finer division leaves empty, so that a study
    that doubles n keeps every row (analysis code: a NumPy generator with a stated seed).
    """
    halvings = 0
    while n % 2 ** (halvings + 1) == 0:
        halvings += 1
    size = n >> halvings
    rng = np.random.default_rng([seed, size, dimensions])
    order = rng.permuted(np.tile(np.arange(size), (dimensions, 1)), axis=1).T
    found = (order + rng.random((size, dimensions))) / size
    for _ in range(halvings):
        size *= 2
        filled = np.sort((found * size).astype(int), axis=0)
        empty = np.stack([np.setdiff1d(np.arange(size), filled[:, j]) for j in range(dimensions)])
        order = rng.permuted(empty, axis=1).T
        found = np.concatenate([found, (order + rng.random(order.shape)) / size])
    return found


def sobol_sequence(n: int, dimensions: int, seed: int = 1) -> np.ndarray:
    """The first n points of a scrambled Sobol sequence (n, dimensions); any larger n begins with them."""
    from scipy.stats import qmc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return qmc.Sobol(dimensions, scramble=True, rng=seed).random(n)


def grid(levels: list[np.ndarray]) -> np.ndarray:
    """All combinations of the factors' levels, the last factor fastest: (product of levels, factors)."""
    return np.stack([axis.ravel() for axis in np.meshgrid(*levels, indexing="ij")], axis=1)
