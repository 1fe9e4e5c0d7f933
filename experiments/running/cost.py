"""Cost of a batch before it is launched: runs, expected time, disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.tasks import SeedTask

BYTES_PER_VALUE = 2.0  # of a daily or grid value in a compressed part (f4)
BYTES_PER_RUN = 900.0  # a row of outcomes
SERIES_COLUMNS = 20
BYTES_GRIDS = 5000.0  # a run's grids and what a part of few runs costs beside its values


@dataclass(frozen=True)
class Cost:
    """Of runs still to do. ``seconds`` on one core; ``there``: runs that need not be repeated."""

    runs: int
    there: int
    seconds: float
    bytes: float

    def wall(self, workers: int) -> float:
        """Expected seconds with so many workers."""
        return self.seconds / max(1, workers)


def cost(missing: Sequence[SeedTask], asked: int) -> Cost:
    """The cost of these tasks, of ``asked`` runs in all."""
    runs = sum(len(task.branches) for task in missing)
    return Cost(runs, asked - runs, sum(task.seconds for task in missing), sum(map(_bytes, missing)))


def _bytes(task: SeedTask) -> float:
    each = BYTES_PER_RUN + BYTES_GRIDS * ("grids" in task.record)
    return len(task.branches) * (
        each + ("series" in task.record) * task.days * SERIES_COLUMNS * BYTES_PER_VALUE
    )
