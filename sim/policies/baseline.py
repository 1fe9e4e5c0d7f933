"""Traditional administration: a counter and a phone. It moves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.levers import Move
from sim.policies.base import Policy, Size


@dataclass(frozen=True)
class Baseline(Policy):
    """The arm that every other is compared with; also useful to name it in a list."""

    name: ClassVar[str] = "baseline"

    def moves(self, size: Size) -> list[Move]:
        """None."""
        return []
