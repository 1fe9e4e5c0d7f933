"""Fixed-point scales of what is kept in 16 bits: four attitudes and seven efficacies per resident."""

from __future__ import annotations

import numpy as np

from sim.numerics.jit import rule

MIND = 65535.0  # steps of an attitude in 0-1; a weekly drift of 3% stalls only within .0003 of its rest


@rule
def decoded(steps):
    """An attitude (0-1) from its 16 bits."""
    return steps * (1.0 / MIND)


@rule
def encoded(value):
    """An attitude held to 0-1, in 16 bits."""
    return np.uint16(min(1.0, max(0.0, value)) * MIND + 0.5)
