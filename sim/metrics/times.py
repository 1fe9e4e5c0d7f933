"""Durations, in days."""

from __future__ import annotations

import numpy as np

from sim.metrics.base import CONTACT, FIX, ONSET_FIX, metric, quantile


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
