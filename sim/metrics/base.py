"""What a metric is: a function of a window's readings, with a unit and a definition (its docstring)."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

REGISTERED: dict[str, MetricInfo] = {}


@dataclass(frozen=True)
class MetricInfo:
    """A named outcome; ``better`` is "low", "high" or "" where neither is."""

    name: str
    unit: str
    definition: str
    family: str
    better: str
    measure: Callable


def metric(unit: str, better: str = ""):
    """Register a function of Readings as the metric of its name."""

    def register(function: Callable) -> Callable:
        family = function.__module__.rsplit(".", 1)[-1]
        definition = " ".join((function.__doc__ or "").split())
        REGISTERED[function.__name__] = MetricInfo(function.__name__, unit, definition, family, better, function)
        return function

    return register
