"""Equal-cost staff: the grid's money spent on community workers. A comparator: what money alone does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.levers import Move
from sim.policies.base import Policy, Size, parameter


@dataclass(frozen=True)
class EqualCostStaff(Policy):
    """More community workers for a given sum per resident and year."""

    name: ClassVar[str] = "equal_cost_staff"
    budget: float = parameter(
        65.0,
        0.0,
        300.0,
        "CNY per resident-year",
        "cost of one grid worker per 1,000 residents at 65,000 a year",
        "guess",
    )
    pay: float = parameter(
        65000.0,
        30000.0,
        130000.0,
        "CNY per worker-year",
        "the pay of a grid worker in this model, so that money is equal",
        "guess",
    )

    def moves(self, size: Size) -> list[Move]:
        """Workers per community that the money buys."""
        workers = self.intensity * self.budget * size.residents / self.pay / size.communities
        return [Move("committee_staff", "shift", workers)] if workers > 0.0 else []

    def cost(self, size: Size, params) -> dict[str, float]:
        """The budget, by the subdistrict."""
        return {"subdistrict": self.intensity * self.budget * size.residents}
