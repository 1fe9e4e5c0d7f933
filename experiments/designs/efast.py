"""eFAST: each factor in turn carried along a fast search curve, read off its spectrum; first-order and total
indices.

``n`` points a curve, ``curves`` search curves a factor with phases of their own (Saltelli 1999): their spread
gives the intervals, and more curves keep those that are there; another ``n`` is another design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.designs.factors import Factor, Setting, problem

VERB, ANALYSES, GROUPS, GROWS = "sensitivity", ("efast",), False, "curves"
SETTINGS = {"n": Setting(129, 65, 2**20), "curves": Setting(4, 2, 1000)}
STRIDE = 1_000_003


def rows(factors: Sequence[Factor], settings: Mapping, seed: int = 1) -> np.ndarray:
    """(curves * factors * n, factors): curve by curve, factor by factor."""
    from SALib.sample.fast_sampler import sample

    asked = problem(factors)
    return np.concatenate(
        [sample(dict(asked), settings["n"], seed=seed * STRIDE + c) for c in range(settings["curves"])]
    )


def count(factors: Sequence[Factor], settings: Mapping) -> int:
    """n D curves."""
    return settings["curves"] * block(factors, settings)


def block(factors: Sequence[Factor], settings: Mapping) -> int:
    """Rows that stand or fall together: one curve of every factor."""
    return settings["n"] * len(factors)
