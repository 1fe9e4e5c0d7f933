"""Given sample: one spread sample, analysed by delta, PAWN, RBD-FAST and HDMR; no special rows, any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.designs import spread
from experiments.designs.factors import Factor, Setting

VERB, ANALYSES, GROUPS, GROWS = "sensitivity", ("delta", "pawn", "rbd_fast", "hdmr"), False, "n"
SETTINGS = {"sampler": Setting("lhs", choices=spread.SAMPLERS[:2]), "n": Setting(512, 64, 10_000_000)}


def rows(factors: Sequence[Factor], settings: Mapping, seed: int = 1) -> np.ndarray:
    """(n, factors)."""
    return getattr(spread, settings["sampler"])(settings["n"], len(factors), seed)


def count(factors: Sequence[Factor], settings: Mapping) -> int:
    """n, whatever the number of factors."""
    return settings["n"]
