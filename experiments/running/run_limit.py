"""Time limits of runs: how long a chunk may stay away before its worker is given up.

Without a limit of the user's a chunk may take fifty times what it should, and never less than ten minutes: a
worker on another machine may have to compile the model first. Pieces of a chunk that was late get at least
two minutes.
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.tasks import SeedTask

TIMES = 50.0  # the expected seconds
LEAST, LEAST_AGAIN = 600.0, 120.0  # seconds
GRACE = 10.0  # seconds beside a limit of the user's, for a worker that has to start
SILENT_TIMES, SILENT_LEAST = 5.0, 60.0  # when a word is due that a worker is late


def expected(tasks: Sequence[SeedTask]) -> float:
    """Seconds that a chunk should take on one core."""
    return sum(task.seconds for task in tasks)


def allowed(tasks: Sequence[SeedTask], limit: float | None, again: bool = False) -> float:
    """Seconds that a chunk may take; ``limit`` is the user's, per run; ``again`` for pieces of one that
    was late.
    """
    if limit is not None:
        return GRACE + limit * sum(len(task.branches) for task in tasks)
    return max(LEAST_AGAIN if again else LEAST, TIMES * expected(tasks))


def worth_a_word(tasks: Sequence[SeedTask], allowance: float) -> float:
    """Seconds after which the user is told that a chunk is late: well before ``allowance``."""
    return min(max(SILENT_LEAST, SILENT_TIMES * expected(tasks)), allowance / 2)
