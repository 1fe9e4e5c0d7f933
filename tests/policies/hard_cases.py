"""Hard cases: a place where all of them need level 2, one of strife; and fields of the daily record."""

from __future__ import annotations

import numpy as np

from sim import vocabulary
from sim.engine import Engine

HARD = {f"{kind}.needs_level2": 1.0 for kind in vocabulary.KINDS} | {
    "formal_constant": -2.0,
    "naming_rate": 0.2,
    "failed_petition": 0.0,
}
STRIFE = {"dispute_hazard": 0.01, "formal_constant": -3.0, "mediation_rate": 0.3}


def column(engine: Engine, name: str) -> np.ndarray:
    """A field of the daily record, from day 0."""
    return engine.world.series[: engine.day + 1, engine.world.tally.dtype.names.index(name)]
