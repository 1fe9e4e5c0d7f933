"""One factor at a time: each factor over its levels, all others at their defaults; a first look, blind to
interactions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.designs.factors import Factor, Setting

VERB, ANALYSES, GROUPS, GROWS = "sensitivity", ("ofat",), False, ""
SETTINGS = {"levels": Setting(3, 2, 101)}


def rows(factors: Sequence[Factor], settings: Mapping, seed: int = 1) -> np.ndarray:
    """The default point first, then each factor's levels in turn: (1 + sum of levels, factors)."""
    base = np.array([f.encode(f.default) for f in factors])
    found = [base]
    for j, factor in enumerate(factors):
        for level in factor.levels(settings["levels"]):
            found.append(np.where(np.arange(len(factors)) == j, level, base))
    return np.array(found)


def count(factors: Sequence[Factor], settings: Mapping) -> int:
    """1 + levels of every factor (a discrete factor may have fewer than asked for)."""
    return 1 + sum(len(f.levels(settings["levels"])) for f in factors)
