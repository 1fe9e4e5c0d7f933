"""Policies: frozen dataclasses that say which levers they move, what they cost, what they own."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol

import numpy as np

from sim.config.errors import PolicyError
from sim.levers import Move

__all__ = ["REFERENCE", "Institution", "Policy", "PolicyError", "Size", "parameter"]
REFERENCE = 12_000.0  # residents that settings "per 12,000 residents" refer to


def parameter(
    default: float | str,
    low: float,
    high: float,
    unit: str,
    source: str,
    status: str = "guess",
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a policy's parameter with its unit, range, source and status (empirical, claim, guess)."""
    return field(
        default=default,
        metadata={
            "low": low,
            "high": high,
            "unit": unit,
            "source": source,
            "status": status,
            "choices": choices,
        },
    )


class Institution(Protocol):
    """A process with dates of its own; acts between days, on yesterday's close."""

    def next_day(self, day: int) -> int | None:
        """The first day from ``day`` on which it acts, or None."""

    def act(self, world: Any, day: int, seed: int) -> None:
        """Do on that day in that World what it does: its own state, root fixes, dates; never a resident's
        mind.
        """


@dataclass(frozen=True)
class Size:
    """What costs depend on: residents, grids and communities of a place."""

    residents: float
    grids: float
    communities: float


@dataclass(frozen=True)
class Policy:
    """Base of all policies. ``intensity`` 0 is exactly the baseline; 1 is the policy as designed."""

    intensity: float = parameter(1.0, 0.0, 1.0, "share of the design", "design")
    name: ClassVar[str] = ""

    def moves(self, size: Size) -> list[Move]:
        """The levers it moves, already scaled by intensity; nothing at intensity 0."""
        raise NotImplementedError

    def institution(self, day: int) -> Institution | None:
        """Its process, starting on ``day``; None where it has none."""
        return None

    def cost(self, size: Size, params: np.ndarray) -> dict[str, float]:
        """Budget cost by payer (subdistrict, property, fund, residents), CNY per year."""
        return {}

    def canonical(self) -> str:
        """Its identity as text: name and every parameter, in order of declaration."""
        return f"{self.name}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in fields(self))})"
