"""Registry of metrics, found by file: each module of this package is a family of outcomes."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.config.own_code import code_hash
from sim.metrics.base import REGISTERED, MetricInfo

if TYPE_CHECKING:
    from sim.metrics.readings import Readings

__all__ = ["MetricInfo", "measure_all", "outcomes", "own_sources", "registry"]


@lru_cache(maxsize=1)
def _shipped() -> frozenset[str]:
    """Names of the metrics of this package's files; they are imported for their names to be known."""
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        import_module(f"sim.metrics.{path.stem}")
    return frozenset(
        name for name, info in REGISTERED.items() if info.measure.__module__.startswith(f"{__name__}.")
    )


def registry() -> dict[str, MetricInfo]:
    """All metrics by name, in the order of families and of their files; users' own, whenever defined, at
    the end.
    """
    shipped = _shipped()
    return dict(sorted(REGISTERED.items(), key=lambda item: item[0] not in shipped))


def own_sources() -> dict[str, str]:
    """Users' own metrics with a hash of their code: columns of every run, so part of every run's identity."""
    return {
        name: code_hash(info.measure) for name, info in sorted(registry().items()) if name not in _shipped()
    }


def measure_all(readings: Readings) -> dict[str, float]:
    """Every metric of one window."""
    return {name: float(info.measure(readings)) for name, info in registry().items()}


def outcomes(engine: Any) -> dict[str, float]:
    """All metrics of an Engine over the whole window, then per full year with suffix ``@y<n>``."""
    whole = measure_all(engine.readings())
    result = dict(whole)
    if engine.mark_ is not None:
        starts = [engine.mark_.day] + [y["day"] for y in engine.mark_.years]
        for n, (start, end) in enumerate(zip(starts, starts[1:]), 1):
            year = (
                whole
                if (start, end) == (engine.mark_.day, engine.day)
                else measure_all(engine.readings(start, end))
            )
            result |= {f"{k}@y{n}": v for k, v in year.items()}
    return result
