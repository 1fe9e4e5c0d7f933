"""cogov warm: compile the model once, so that later commands start at once."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace

from experiments import launch
from experiments.console import command, next_steps, say


def arguments(parser: ArgumentParser) -> None:
    del parser  # no arguments of its own


def run(args: Namespace) -> int:
    began = time.monotonic()
    launch.warm(quiet=False)
    from sim.numerics.jit import CACHE

    say("warm.done", seconds=f"{time.monotonic() - began:.1f}", folder=CACHE)
    next_steps(
        command("list"),
        command("run", "small_community", "--policy", "grid_management"),
        command("compare", "three_policies"),
    )
    return 0
