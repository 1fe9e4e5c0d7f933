"""Compilation of the engine, once and phase by phase, so that nobody waits in front of a silent screen.

Two processes share the work through the compiled code's cache: one compiles what happens to
people, the other what institutions do; the first then joins them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.engine import Engine

STEPS = ("population", "problems", "institutions", "service", "day")
_SMALL = 240  # residents: enough to have every table


def compile_all(progress: Callable[[str, int, int], None] | None = None) -> None:
    """Compile (or load from the cache) every phase, telling ``progress(step, done, of)`` before each."""

    def tell(n: int) -> None:
        if progress is not None:
            progress(STEPS[n], n, len(STEPS))

    from sim.numerics import jit
    from sim.numerics.cache import COMPILED

    done = jit.CACHE / COMPILED
    helper = None
    tell(0)
    engine = _engine()
    if not done.exists() and jit.KEPT and (os.cpu_count() or 1) > 1:
        code = (
            "import sys; sys.path[:0] = sys.argv[1:]; from sim.precompile import compile_half; compile_half()"
        )
        helper = subprocess.Popen(
            [sys.executable, "-c", code, *sys.path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    try:
        _compile_people(engine, tell)
        if helper is None:
            tell(3)
            _compile_service(engine)
        else:
            tell(3)
            helper.wait()
        tell(4)
        _engine().advance(1)
    finally:
        if helper is not None and helper.poll() is None:
            helper.kill()
    if jit.KEPT:
        done.touch()


def _engine() -> Engine:
    from sim.engine import Engine
    from sim.scenario import Scenario

    return Engine(Scenario.load("small_community").scaled(_SMALL))


def _compile_people(engine: Engine, tell: Callable[[int], None]) -> None:
    from sim import day, policies

    # a world's first day, run in pieces: each piece compiles its own phases, the last step only joins them
    tell(1)
    day.problems_of_day(engine.world, 0, 0, engine.run_seed)
    tell(2)
    for name in policies.names():
        prepare = getattr(policies.get(name), "compile", None)
        if prepare is not None:
            prepare(engine.world, engine.run_seed)


def _compile_service(engine: Engine) -> None:
    from sim import day

    day.service_of_day(engine.world, 0, 0, engine.run_seed)
    day.consequences_of_day(engine.world, 0, 0, engine.run_seed)


def compile_half() -> None:
    """The second process's part: service, and what follows from the day."""
    _compile_service(_engine())
