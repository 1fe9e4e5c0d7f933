"""Smart platform (智慧平台): an app to claim by, merging of duplicates, triage, status, sensors.

Can fail by swamping tight capacity with claims that were too dear to make, by displacing those who
queue by phone behind those who tap, and by what sensors find that nobody asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.levers import Move
from sim.policies.base import Policy, Size, parameter


@dataclass(frozen=True)
class SmartPlatform(Policy):
    """An app, adopted as innovations are, with machine triage behind it."""

    name: ClassVar[str] = "smart_platform"
    launch: float = parameter(
        0.10, 0.0, 0.3, "share enrolled by the launch drive", "Bass model, design brief", "guess"
    )
    merging: float = parameter(
        0.55,
        0.0,
        0.7,
        "added to the probability of merging a co-claim",
        "design brief: .85 against .30",
        "guess",
    )
    triage: float = parameter(0.3, 0.0, 1.0, "share of intake sorted by machine", "guess", "guess")
    status: float = parameter(1.0, 0.0, 1.0, "status shown to those who claim by app", "design", "guess")
    priority_days: float = parameter(5.0, 0.0, 30.0, "days an app claim is triaged ahead", "guess", "guess")
    sensors: float = parameter(
        0.0005, 0.0, 0.002, "1/day on a fully visible condition", "guess: half of a patrol", "guess"
    )
    data_entry: float = parameter(0.1, 0.0, 1.0, "share of pressure turned into forms", "guess", "guess")
    price: float = parameter(
        23.0,
        0.0,
        100.0,
        "CNY per resident-year",
        "capital 800,000 over 5 years and running cost, per 12,000",
        "guess",
    )

    def moves(self, size: Size) -> list[Move]:
        """The app opens with any intensity; the rest grows with it."""
        x = self.intensity
        if x <= 0.0:
            return []
        return [
            Move("open_app", "raise", 1.0),
            Move("app_launch", "shift", x * self.launch),
            Move("merge_gain", "shift", x * self.merging),
            Move("triage", "shift", x * self.triage),
            Move("status_info", "shift", x * self.status),
            Move("app_priority", "shift", x * self.priority_days),
            Move("sensor_rate", "shift", x * self.sensors),
            Move("data_entry", "shift", x * self.data_entry),
        ]

    def cost(self, size: Size, params) -> dict[str, float]:
        """Licence, hardware and running, by the subdistrict."""
        return {"subdistrict": self.intensity * self.price * size.residents}
