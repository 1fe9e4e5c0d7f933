"""Families of comparisons: p-values held to one error rate, or to a share of false alarms in a screen.

NumPy only. A NaN (nothing to test) is no member of the family and stays NaN.
"""

from __future__ import annotations

import numpy as np


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's (1979) step-down p-values of one family: reject those below alpha, and the chance of any false
    alarm is at most alpha.

    Valid under any dependence. ``p``: shape (tests,); returns the same shape.
    """

    def adjusted(ordered: np.ndarray) -> np.ndarray:
        return np.maximum.accumulate(ordered * np.arange(ordered.size, 0, -1))

    return _stepwise(p, adjusted)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's (1995) q-values of a screen: of those below q, about a share q are false
    alarms.

    Valid for independent and positively dependent tests; arms on shared seeds are mostly the latter.
    """

    def adjusted(ordered: np.ndarray) -> np.ndarray:
        steps = ordered * ordered.size / np.arange(1, ordered.size + 1)
        return np.minimum.accumulate(steps[::-1])[::-1]

    return _stepwise(p, adjusted)


def _stepwise(p: np.ndarray, adjusted) -> np.ndarray:
    p = np.asarray(p, dtype=float)
    out = np.full(p.shape, np.nan)
    there = np.flatnonzero(np.isfinite(p))
    order = there[np.argsort(p[there], kind="stable")]
    out[order] = np.minimum(adjusted(p[order]), 1.0)
    return out
