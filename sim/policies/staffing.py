"""Staffing and funding (充实队伍): more community workers, and more maintenance money if wanted.

Shanghai's founding document claims a team enlarged from 30 to 50, 60% of them Party members; the latter
is composition and moves nothing here. Can fail by diminishing returns: hands where no queue is, while the
property company and level 2 stay as they are; newcomers must learn, and know nobody at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.levers import Move
from sim.policies.base import REFERENCE, Policy, Size, parameter


@dataclass(frozen=True)
class Staffing(Policy):
    """Workers and budget as given, per 12,000 residents."""

    name: ClassVar[str] = "staffing"
    workers: float = parameter(
        15.0,
        0.0,
        60.0,
        "workers per 12,000 residents",
        "22 x (50/30 - 1): Shanghai's claimed growth on the default staff",
        "claim",
    )
    pay: float = parameter(
        65000.0, 30000.0, 130000.0, "CNY per worker-year", "the pay of all workers in this model", "guess"
    )
    maintenance: float = parameter(
        0.0, 0.0, 5.0, "share added to the maintenance budget", "none unless asked for", "guess"
    )

    def moves(self, size: Size) -> list[Move]:
        """Workers per community, and the budget's factor."""
        x = self.intensity
        workers = x * self.workers * size.residents / REFERENCE / size.communities
        moves = [Move("committee_staff", "shift", workers)] if workers > 0.0 else []
        return moves + (
            [Move("maintenance_scale", "scale", 1.0 + x * self.maintenance)]
            if x * self.maintenance > 0.0
            else []
        )

    def cost(self, size: Size, params) -> dict[str, float]:
        """Pay and maintenance money, by the subdistrict."""
        x = self.intensity
        works = (
            float(params["maintenance_budget"][0]) * size.residents / float(params["reference_residents"][0])
        )
        return {
            "subdistrict": x * self.workers * size.residents / REFERENCE * self.pay
            + x * self.maintenance * works
        }
