"""Governance committee (社区治理委员会): enterprises and volunteers at the committee's table.

Enterprises promise money and their people's hours for the quarter; not every promise is kept. Money goes
to the maintenance fund, which staff or a council spend as they would anyway. Can fail by staff hours
beyond the gain, by promises not kept, and by capture: part of the money goes to the buildings of those at
the table before anybody else is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.community_worker import owe
from sim.agents.property_company import buy_root_fix, root_price
from sim.agents.volunteer import pledge
from sim.calendar import WORKDAYS, Regular
from sim.levers import Move
from sim.numerics.draws import decision, uniform
from sim.policies.base import REFERENCE, Policy, Size, parameter
from sim.vocabulary import OWNER, PARTY

D_PROMISE = decision("promise kept")
D_SEAT = decision("seat at the table")


class Committee:
    """The institution: meets on its dates; promises are counted, hours pledged, insiders' works bought."""

    def __init__(self, policy: GovernanceCommittee, start: int) -> None:
        self.policy, self.dates = policy, Regular.yearly(start, policy.meetings)
        self.pledged: dict[int, float] = {}
        self.purse: dict[int, float] = {}  # CNY that those at the table keep for their own buildings

    def next_day(self, day: int) -> int | None:
        """Meetings every 365 / n days from the start, the first after one interval."""
        return self.dates.next_day(day)

    def act(self, world, day: int, seed: int) -> None:
        """One meeting in each community."""
        p = self.policy
        for c, community in enumerate(world.communities):
            size = float(community["residents"]) / REFERENCE
            kept = self._promises(c, day, seed, size)
            money = p.intensity * p.money / p.meetings * kept
            hours = p.intensity * p.hours / p.meetings * kept
            self.pledged[c] = pledge(
                world,
                c,
                self.pledged.get(c, 0.0),
                p.efficiency * hours / (self.dates.every * WORKDAYS / 365.0),
            )
            own = p.capture * money
            community["fund"] += money - own
            self.purse[c] = self.purse.get(c, 0.0) + own
            self._works(world, c, day, seed)
            owe(world, c, p.intensity * p.staff_hours * size)
            t = world.tally[0]
            t["governance_meetings"] += 1
            t["shared_resources"] += money
            t["shared_captured"] += own
            t["citizen_hours"] += (
                p.intensity * p.seats * p.meeting_hours * size + (1.0 - p.efficiency) * hours
            )

    def _promises(self, c: int, day: int, seed: int, size: float) -> float:
        """Enterprises that keep their promise this time (a share of one where the place is small)."""
        n = self.policy.enterprises * size
        kept = sum(
            uniform(seed, D_PROMISE, c * 1000 + e, day, 0) < self.policy.keeping for e in range(int(n))
        )
        return kept + (n - int(n)) * self.policy.keeping

    def _works(self, world, c: int, day: int, seed: int) -> None:
        """Those at the table sit there by membership and ownership;
        one of them has the works that the purse can pay.
        """
        first, n = int(world.communities["first_building"][c]), int(world.communities["buildings"][c])
        start = int(world.communities["first_resident"][c])
        flags = world.residents.rec["flags"][start : start + int(world.communities["residents"][c])]
        inside = ((flags & int(PARTY)) > 0).astype(int) + ((flags & int(OWNER)) > 0)
        weight = np.cumsum(np.add.reduceat(inside, world.buildings["first"][first : first + n] - start))
        if weight[-1] == 0:
            return
        b = first + int(np.searchsorted(weight, uniform(seed, D_SEAT, c, day, 0) * weight[-1], side="right"))
        claims = world.buildings["kind_claims"][b] * (1.0 - world.buildings["root"][b])
        kind = int(np.argmax(claims))
        price = root_price(world, kind)
        if price <= self.purse[c]:
            self.purse[c] -= price
            buy_root_fix(world, b, kind)

    def end(self, world) -> None:
        """Dissolved: hours are pledged no more, and what the purse still holds goes to the common fund."""
        for c, hours in self.pledged.items():
            pledge(world, c, hours, 0.0)
        for c, money in self.purse.items():
            world.communities["fund"][c] += money


@dataclass(frozen=True)
class GovernanceCommittee(Policy):
    """Shared resources of enterprises and volunteers (Chengdu; Wanshou Road)."""

    name: ClassVar[str] = "governance_committee"
    meetings: float = parameter(6.0, 1.0, 24.0, "meetings a year", "guess")
    enterprises: float = parameter(
        10.0, 0.0, 100.0, "enterprises per 12,000 residents", "founding documents name none", "guess"
    )
    keeping: float = parameter(0.6, 0.0, 1.0, "share of promises kept", "guess")
    money: float = parameter(3000.0, 0.0, 50000.0, "CNY promised per enterprise and year", "guess")
    hours: float = parameter(60.0, 0.0, 500.0, "h promised per enterprise and year", "guess")
    efficiency: float = parameter(0.5, 0.0, 1.0, "of a worker's hour", "guess: as Party members' hours")
    capture: float = parameter(0.3, 0.0, 1.0, "share of the money kept by those at the table", "guess")
    learning: float = parameter(
        0.05,
        -0.2,
        0.3,
        "share of returns that fall away",
        "guess: who is responsible is known sooner; no estimate found",
    )
    seats: float = parameter(15.0, 0.0, 60.0, "residents at the table per 12,000", "guess")
    meeting_hours: float = parameter(2.0, 0.5, 6.0, "h per attendance", "guess")
    staff_hours: float = parameter(
        8.0, 0.0, 60.0, "case hours of staff a meeting per 12,000 residents", "guess"
    )
    price: float = parameter(0.5, 0.0, 10.0, "CNY per resident-year", "guess: rooms and minutes")

    def moves(self, size: Size) -> list[Move]:
        """Shared learning; the rest it does on its dates."""
        return (
            [Move("return_scale", "scale", 1.0 - self.intensity * self.learning)]
            if self.intensity > 0.0
            else []
        )

    def institution(self, day: int) -> Committee | None:
        """The committee."""
        return Committee(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """Rooms by the subdistrict; what enterprises are expected to give is booked as a fund's.
        Hours count as residents' time.
        """
        given = self.money * self.enterprises * self.keeping * size.residents / REFERENCE
        return {"subdistrict": self.intensity * self.price * size.residents, "fund": self.intensity * given}
