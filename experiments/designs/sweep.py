"""Sweep: outcomes over a grid, a Latin hypercube or a Sobol sequence of any factors; what happens where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from experiments.designs import spread
from experiments.designs.factors import Factor, Setting

VERB, ANALYSES, GROUPS, GROWS = "sweep", ("profile",), False, "n"
SETTINGS = {
    "sampler": Setting("grid", choices=spread.SAMPLERS),
    "n": Setting(64, 1, 10_000_000),
    "levels": Setting(5, 2, 1001),
}


def rows(factors: Sequence[Factor], settings: Mapping, seed: int = 1) -> np.ndarray:
    """(rows, factors): a grid of ``levels`` a factor, or ``n`` points spread over the ranges."""
    if settings["sampler"] == "grid":
        return spread.grid([f.levels(settings["levels"]) for f in factors])
    return getattr(spread, settings["sampler"])(settings["n"], len(factors), seed)


def count(factors: Sequence[Factor], settings: Mapping) -> int:
    """The product of the levels, or n."""
    return (
        prod(len(f.levels(settings["levels"])) for f in factors)
        if settings["sampler"] == "grid"
        else settings["n"]
    )
