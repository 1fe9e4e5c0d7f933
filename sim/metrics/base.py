"""Metrics: functions of a window's readings, each with a unit and a definition (its docstring)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.config.errors import BadValue
from sim.config.own_code import same_definition

REGISTERED: dict[str, MetricInfo] = {}
CONTACT, FIX, ONSET_FIX = 0, 1, 2  # histograms of times
LAST = 91  # days: 13 weekly rounds of the survey


@dataclass(frozen=True)
class MetricInfo:
    """A named outcome; ``better`` is "low", "high" or "" where neither is."""

    name: str
    unit: str
    definition: str
    family: str
    better: str
    measure: Callable


def metric(unit: str, better: str = "") -> Callable[[Callable], Callable]:
    """Register a function of Readings as the metric of its name; defined again it takes its own place.

    Raises:
        BadValue: for a name that another metric has.
    """

    def register(function: Callable) -> Callable:
        there = REGISTERED.get(function.__name__)
        if there is not None and not same_definition(there.measure, function):
            raise BadValue("metric.name_taken", name=function.__name__, other=there.measure.__module__)
        family = function.__module__.rsplit(".", 1)[-1]
        definition = " ".join((function.__doc__ or "").split())
        REGISTERED[function.__name__] = MetricInfo(
            function.__name__, unit, definition, family, better, function
        )
        return function

    return register


def quantile(counts: np.ndarray, q: float) -> float:
    """Quantile of whole-day durations from a histogram, interpolated within the day; NaN where empty."""
    cumulative = counts.cumsum()
    total = cumulative[-1]
    if total == 0:
        return float("nan")
    k = int(cumulative.searchsorted(q * total))
    below = cumulative[k - 1] if k else 0
    return k + float((q * total - below) / counts[k])
