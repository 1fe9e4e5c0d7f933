"""Factorial: every combination of the policies on the same seeds; main effects and interactions of a
bundle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from experiments.designs.factors import Factor

VERB, ANALYSES, GROUPS, GROWS = "sweep", ("factorial",), False, ""
SETTINGS: dict = {}
NONE = "none"


def rows(factors: Sequence[Factor], settings: Mapping, seed: int = 1) -> np.ndarray:
    """One row: a factorial varies policies; everything else stays at its default."""
    return np.array([[f.encode(f.default) for f in factors]]).reshape(1, len(factors))


def count(factors: Sequence[Factor], settings: Mapping) -> int:
    """One row; its 2^k combinations are arms that share their past."""
    return 1


def arms(policies: Sequence[Mapping]) -> dict[str, list[dict]]:
    """2^k arms by name, in standard order (the first policy changes fastest): ``none``, ``a``, ``b``,
    ``a+b``, ...
    """
    found = {}
    for switches in product((0, 1), repeat=len(policies)):
        chosen = [dict(p) for on, p in zip(reversed(switches), policies) if on]
        found["+".join(p["policy"] for p in chosen) or NONE] = chosen
    return found
