"""Grid management (网格化管理): one full-time worker per grid who patrols, visits and serves it.

Can fail by over-detection (the same desks get more), paperwork, burnout, self-help crowded out, and
a bottleneck moved to the property company and level 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.levers import Move
from sim.policies.base import Policy, Size, parameter


@dataclass(frozen=True)
class GridManagement(Policy):
    """Workers per grid, patrol, home visits, WeChat groups, and the forms that come with them."""

    name: ClassVar[str] = "grid_management"
    workers_per_grid: float = parameter(
        1.0, 0.0, 2.0, "workers", "1 per 300-500 households; Hangzhou 1.64 (claim)", "empirical"
    )
    patrol: float = parameter(
        0.25, 0.0, 0.4, "share of a worker's day", "design brief: 2 patrols a day", "guess"
    )
    visits: float = parameter(
        4.0,
        0.0,
        20.0,
        "home visits per worker and workday",
        "10 contacts a day (3-20), of which visits a part",
        "guess",
    )
    data_entry: float = parameter(0.3, 0.0, 1.0, "share of pressure turned into forms", "guess", "guess")
    wechat: float = parameter(1.0, 0.0, 1.0, "switch: WeChat groups", "founding document D3", "claim")

    def moves(self, size: Size) -> list[Move]:
        """Workers, patrol and visits grow with intensity; channels open as soon as there is a worker."""
        x = self.intensity
        if x <= 0.0 or self.workers_per_grid <= 0.0:
            return []
        moves = [
            Move("grid_workers", "shift", x * self.workers_per_grid),
            Move("patrol", "shift", self.patrol),
            Move("visits", "shift", self.visits),
            Move("data_entry", "shift", x * self.data_entry),
            Move("open_grid_worker", "raise", 1.0),
        ]
        return moves + ([Move("open_wechat", "raise", 1.0)] if self.wechat > 0.5 else [])

    def cost(self, size: Size, params) -> dict[str, float]:
        """Pay of the grid workers, by the subdistrict."""
        return {
            "subdistrict": self.intensity
            * self.workers_per_grid
            * size.grids
            * float(params["worker_year_pay"][0])
        }
