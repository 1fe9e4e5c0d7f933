"""An emergency (突发疫情等): not a reform but a shock, to be given a ``start_day`` and an ``end_day``.

Part of the hours of committee and grid workers is diverted to it, and people have more to ask. Where
there are Party zones, more of their ready members are called up. What it leaves behind (backlog, burnout,
lost workers, trust) is the model's own; whether things come back afterwards is the question that it is
for. Nothing in it to fail: it is the failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.levers import Move
from sim.policies.base import Policy, Size, parameter


@dataclass(frozen=True)
class Emergency(Policy):
    """A share of staff hours gone, enquiries multiplied, members called up."""

    name: ClassVar[str] = "emergency"
    diverted: float = parameter(
        0.5, 0.0, 0.95, "share of case hours", "guess: door-keeping, deliveries and lists in an epidemic"
    )
    enquiries: float = parameter(3.0, 1.0, 15.0, "factor on enquiries", "guess: rules, passes and supplies")
    call: float = parameter(
        0.3,
        0.0,
        0.9,
        "added to the active share",
        "founding document D3 claims mobilisation; the size is a guess",
        "claim",
    )

    def moves(self, size: Size) -> list[Move]:
        """Hours, enquiries and the call (which is heard only where zones are)."""
        x = self.intensity
        if x <= 0.0:
            return []
        return [
            Move("diverted", "shift", x * self.diverted),
            Move("enquiry_scale", "shift", x * (self.enquiries - 1.0)),
            Move("party_call", "shift", x * self.call),
        ]
