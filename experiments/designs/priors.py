"""Priors: a Latin hypercube over all uncertainties, every arm on each row's seeds; how sure each arm's rank
is.

The plan's ``alternatives`` (rival structures: a parameter set otherwise) repeat the first ``alternative_n``
rows under each rival, so that a rank can be told under it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.designs import spread
from experiments.designs.factors import Factor, Setting

VERB, ANALYSES, GROUPS, GROWS = "sweep", ("ranks",), False, "n"
SETTINGS = {"n": Setting(128, 8, 10_000_000), "alternative_n": Setting(64, 0, 10_000_000)}


def rows(factors: Sequence[Factor], settings: Mapping, seed: int = 1) -> np.ndarray:
    """(n, factors); the first half of an even n is the hypercube of n / 2."""
    return spread.lhs(settings["n"], len(factors), seed)


def alternative_rows(settings: Mapping) -> int:
    """Rows that each structural alternative repeats."""
    return min(settings["alternative_n"], settings["n"])


def count(factors: Sequence[Factor], settings: Mapping) -> int:
    """n, and alternative_n more for every alternative of the plan (the plan adds those)."""
    return settings["n"]
