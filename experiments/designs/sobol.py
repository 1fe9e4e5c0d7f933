"""Sobol: Saltelli's A, B and mixed rows for first-order, total and (if asked) second-order indices.

A scrambled Sobol sequence of a fixed seed: doubling ``n`` keeps every row that is there.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from experiments.designs.factors import Factor, Setting, group_names, problem

VERB, ANALYSES, GROUPS, GROWS = "sensitivity", ("sobol",), True, "n"
SETTINGS = {"n": Setting(256, 4, 2**20), "second_order": Setting(False)}


def rows(factors: Sequence[Factor], settings: Mapping, seed: int = 1) -> np.ndarray:
    """(n (D + 2), factors), or n (2D + 2) with the second order, D counting groups."""
    from SALib.sample.sobol import sample

    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # an n that is no power of two is allowed: balance suffers a little, growth does not
        return sample(problem(factors), settings["n"], calc_second_order=settings["second_order"], seed=seed)


def count(factors: Sequence[Factor], settings: Mapping) -> int:
    """n (D + 2), with the second order n (2D + 2)."""
    return settings["n"] * block(factors, settings)


def block(factors: Sequence[Factor], settings: Mapping) -> int:
    """Rows that stand or fall together: a base row's A, B and all their mixtures."""
    size = len(group_names(factors))
    return 2 * size + 2 if settings["second_order"] else size + 2
