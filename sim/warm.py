"""Compile the engine once, phase by phase, so that nobody waits in front of a silent screen."""
from __future__ import annotations

from collections.abc import Callable

STEPS = ("population", "problems", "service", "consequences", "institutions", "day")


def compile_all(progress: Callable[[str, int, int], None] | None = None) -> None:
    """Compile (or load from the cache) every phase, telling ``progress(step, done, of)`` before each."""

    def tell(n: int) -> None:
        if progress is not None:
            progress(STEPS[n], n, len(STEPS))

    tell(0)
    from sim import day
    from sim.engine import Engine
    from sim.scenario import Scenario

    engine = Engine(Scenario.load("small_community").scaled(240))
    w, seed = engine.world, engine.run_seed
    # a world's first day, run in pieces: each piece compiles its own phases, the last only joins them
    tell(1)
    day.problems_of_day(w, 0, 0, seed)
    tell(2)
    day.service_of_day(w, 0, 0, seed)
    tell(3)
    day.consequences_of_day(w, 0, 0, seed)
    tell(4)
    from sim import policies

    for name in policies.names():
        prepare = getattr(policies.get(name), "compile", None)
        if prepare is not None:
            prepare(w, seed)
    tell(5)
    Engine("small_community").advance(1)
