"""Merged data (数据融合): records of police, civil affairs and urban management in one base.

Grid+ is this with grid management.

Whose case it is is known at once, so level 2 is faster and returns less; repeated claims are recognised
and intake is sorted. Can fail by forms (everybody keeps the base filled) and by over-detection: what
other departments' records show is opened as work for desks that were full already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.levers import Move
from sim.policies.base import Policy, Size, parameter


@dataclass(frozen=True)
class MergedData(Policy):
    """The data half of Grid+ (网格+): departments see one record of people, places and events."""

    name: ClassVar[str] = "merged_data"
    returns: float = parameter(
        0.25,
        -0.2,
        0.7,
        "share of returns that fall away",
        "guess: returns for want of competence; no estimate found",
    )
    delay: float = parameter(
        0.1, -0.2, 0.5, "share of level 2's delay that falls away", "guess; Hangzhou claims efficiency +20%"
    )
    triage: float = parameter(0.2, 0.0, 1.0, "share of intake sorted by machine", "guess")
    merging: float = parameter(
        0.2, 0.0, 0.7, "added to the probability of merging a co-claim", "guess; a platform's is higher"
    )
    detection: float = parameter(
        0.0003, 0.0, 0.002, "1/day on a fully visible condition", "guess: less than a platform's sensors"
    )
    data_entry: float = parameter(
        0.3, 0.0, 1.0, "share of pressure turned into forms", "guess: as much as a grid's own"
    )
    price: float = parameter(
        10.0,
        0.0,
        60.0,
        "CNY per resident-year",
        "guess: shared data base, 300,000 over 5 years and upkeep per 12,000",
    )

    def moves(self, size: Size) -> list[Move]:
        """All grow with intensity."""
        x = self.intensity
        if x <= 0.0:
            return []
        return [
            Move("return_scale", "scale", 1.0 - x * self.returns),
            Move("level2_delay_scale", "scale", 1.0 - x * self.delay),
            Move("triage", "shift", x * self.triage),
            Move("merge_gain", "shift", x * self.merging),
            Move("sensor_rate", "shift", x * self.detection),
            Move("data_entry", "shift", x * self.data_entry),
        ]

    def cost(self, size: Size, params) -> dict[str, float]:
        """Data base and upkeep, by the subdistrict."""
        return {"subdistrict": self.intensity * self.price * size.residents}
