"""Metrics are found by file: each module of this package is a family of outcomes."""
from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path

from sim.metrics.base import REGISTERED, MetricInfo

__all__ = ["MetricInfo", "measure_all", "outcomes", "registry"]


@lru_cache(maxsize=1)
def registry() -> dict[str, MetricInfo]:
    """All metrics by name, in the order of families and of their files."""
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        import_module(f"sim.metrics.{path.stem}")
    return dict(REGISTERED)


def measure_all(readings) -> dict[str, float]:
    """Every metric of one window."""
    return {name: float(info.measure(readings)) for name, info in registry().items()}


def outcomes(engine) -> dict[str, float]:
    """All metrics over the whole window, then per full year with suffix ``@y<n>``."""
    whole = measure_all(engine.readings())
    result = dict(whole)
    if engine.mark_ is not None:
        starts = [engine.mark_.day] + [y["day"] for y in engine.mark_.years]
        for n, (start, end) in enumerate(zip(starts, starts[1:]), 1):
            year = whole if (start, end) == (engine.mark_.day, engine.day) else measure_all(engine.readings(start, end))
            result |= {f"{k}@y{n}": v for k, v in year.items()}
    return result
