"""Morris screening: r random trajectories, one factor (or group) moved at a time; which factors matter at
all.

Trajectories as SALib draws them (Morris 1991; Campolongo 2007 for groups). Each has its own seed, so that
more of them keep those that are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.designs.factors import Factor, Setting, group_names, problem

VERB, ANALYSES, GROUPS, GROWS = "sensitivity", ("morris",), True, "trajectories"
SETTINGS = {"trajectories": Setting(10, 2, 100_000), "levels": Setting(4, 2, 100)}
STRIDE = 1_000_003  # between the seeds of designs; trajectories count on from there


def rows(factors: Sequence[Factor], settings: Mapping, seed: int = 1) -> np.ndarray:
    """(trajectories * (groups + 1), factors)."""
    from SALib.sample.morris import sample

    asked = problem(factors)
    return np.concatenate(
        [
            sample(dict(asked), 1, num_levels=settings["levels"], seed=seed * STRIDE + t)
            for t in range(settings["trajectories"])
        ]
    )


def count(factors: Sequence[Factor], settings: Mapping) -> int:
    """r (D + 1), D counting groups."""
    return settings["trajectories"] * block(factors, settings)


def block(factors: Sequence[Factor], settings: Mapping) -> int:
    """Rows that stand or fall together: a trajectory."""
    return len(group_names(factors)) + 1
