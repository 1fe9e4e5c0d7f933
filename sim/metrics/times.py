"""Durations, in days."""
from __future__ import annotations

import numpy as np

from sim.metrics.base import metric

CONTACT, FIX, ONSET_FIX = 0, 1, 2


def quantile(counts: np.ndarray, q: float) -> float:
    """Quantile of whole-day durations from a histogram, interpolated within the day; NaN where empty."""
    total = counts.sum()
    if total == 0:
        return float("nan")
    cumulative = np.cumsum(counts)
    k = int(np.searchsorted(cumulative, q * total))
    below = cumulative[k - 1] if k else 0
    return k + float((q * total - below) / counts[k])


def _all(r, which: int) -> np.ndarray:
    return r.times[which].sum(axis=0)


@metric("days", "low")
def contact_days_median(r):
    """Median time from first claim to first contact."""
    return quantile(_all(r, CONTACT), 0.5)


@metric("days", "low")
def contact_days_p90(r):
    """90th percentile of time from first claim to first contact."""
    return quantile(_all(r, CONTACT), 0.9)


@metric("days", "low")
def fix_days_median(r):
    """Median time from first claim to the condition fixed."""
    return quantile(_all(r, FIX), 0.5)


@metric("days", "low")
def fix_days_p90(r):
    """90th percentile of time from first claim to the condition fixed."""
    return quantile(_all(r, FIX), 0.9)


@metric("days", "low")
def onset_fix_days_median(r):
    """Median time from onset to the condition fixed (detected ones included)."""
    return quantile(_all(r, ONSET_FIX), 0.5)


@metric("days", "low")
def onset_fix_days_p90(r):
    """90th percentile of time from onset to the condition fixed."""
    return quantile(_all(r, ONSET_FIX), 0.9)
