"""cogov warm: compile the model once, so that later commands start at once."""
from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace

from experiments.console import next_steps, say
from experiments.verbs import _options as options


def arguments(parser: ArgumentParser) -> None:
    del parser  # no arguments of its own


def run(args: Namespace) -> int:
    began = time.monotonic()
    options.warm(quiet=False)
    from sim.jit import CACHE

    say("warm.done", seconds=f"{time.monotonic() - began:.1f}", folder=CACHE)
    next_steps("cogov list", "cogov run small_community --policy grid_management", "cogov compare three_policies")
    return 0
