"""Target pressure (考核): agencies are graded on closure. The only policy that moves KPI.

Shifts hours to forms, tempts to cream and to close on paper: the record improves, the condition stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.levers import Move
from sim.policies.base import Policy, Size, parameter


@dataclass(frozen=True)
class TargetPressure(Policy):
    """Raise KPI from the level that all arms share."""

    name: ClassVar[str] = "target_pressure"
    kpi: float = parameter(
        0.6, 0.0, 0.8, "added to KPI (0-1)", "design brief: .2 everywhere, up to 1 under targets", "guess"
    )
    data_entry: float = parameter(0.2, 0.0, 1.0, "share of pressure turned into forms", "guess", "guess")

    def moves(self, size: Size) -> list[Move]:
        """KPI and its paperwork."""
        if self.intensity <= 0.0:
            return []
        return [
            Move("kpi", "shift", self.intensity * self.kpi),
            Move("data_entry", "shift", self.intensity * self.data_entry),
        ]
