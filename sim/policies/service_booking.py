"""Service booking (服务预约与资源匹配): an app to look up, book and sign up; no claims are made by it.

Adopters book; what they look up they do not ask at the desk; a booked service may meet a welfare need
that nobody had claimed. Can fail by the digital divide (those who need most adopt least), by resources
that run out, and by use that stays far from the numbers of enrolment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.calendar import Regular
from sim.levers import Move
from sim.mechanisms.bookings import book, meet_needs, round_of_bookings
from sim.policies.base import Policy, Size, parameter

ROUNDS = 13.0  # rounds a year: every four weeks (a round looks at every adopter)


class Bookings:
    """The institution: four weeks' bookings against four weeks' resources."""

    def __init__(self, policy: ServiceBooking, start: int) -> None:
        self.policy, self.dates = policy, Regular.yearly(start, ROUNDS)

    def next_day(self, day: int) -> int | None:
        """Every four weeks from the start."""
        return self.dates.next_day(day)

    def act(self, world, day: int, seed: int) -> None:
        """One round in each community; resources by its size."""
        p = self.policy
        for c in range(len(world.communities)):
            on_offer = (
                p.intensity
                * p.resources
                * p.uses
                / ROUNDS
                * float(world.communities["residents"][c])
                / 12_000.0
            )
            round_of_bookings(world, c, day, seed, p.rate / ROUNDS, on_offer, p.fits)


@dataclass(frozen=True)
class ServiceBooking(Policy):
    """Bookings of services and facilities, matched to what is on offer."""

    name: ClassVar[str] = "service_booking"
    rate: float = parameter(
        8.0,
        0.0,
        30.0,
        "bookings per adopter and year",
        "Hongshan: 4.2 uses per resident in total (claim), over 2-5 years, adopters .1-.3",
        "guess",
    )
    resources: float = parameter(
        100.0,
        0.0,
        400.0,
        "services on offer per 12,000 residents",
        "Hongshan: over 100 resources (claim)",
        "claim",
    )
    uses: float = parameter(250.0, 10.0, 2000.0, "uses per service and year", "guess: one a workday", "guess")
    fits: float = parameter(
        0.1, 0.0, 0.5, "chance that who booked in a round has an open need met", "guess", "guess"
    )
    relief: float = parameter(0.3, 0.0, 0.8, "share of an adopter's enquiries", "guess", "guess")
    launch: float = parameter(
        0.10, 0.0, 0.3, "share enrolled by the launch drive", "Bass model, design brief", "guess"
    )
    merit: float = parameter(
        0.3, 0.01, 2.0, "logit of usefulness", "guess: bookings are a reason to enrol", "guess"
    )
    price: float = parameter(
        6.0, 0.0, 50.0, "CNY per resident-year", "guess: a quarter of the smart platform", "guess"
    )

    def moves(self, size: Size) -> list[Move]:
        """The app can be had; those who have it ask less at the desk."""
        x = self.intensity
        if x <= 0.0:
            return []
        return [
            Move("app_booking", "shift", x * self.merit),
            Move("app_launch", "shift", x * self.launch),
            Move("desk_relief", "shift", x * self.relief),
        ]

    def institution(self, day: int) -> Bookings | None:
        """The rounds."""
        return Bookings(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """Licence and running, by the subdistrict; services are paid by those who offer them."""
        return {"subdistrict": self.intensity * self.price * size.residents}

    @staticmethod
    def compile(world, seed: int) -> None:
        """Compile the round (warm-up); nobody books."""
        booked = np.zeros(int(world.communities["residents"][0]), np.uint8)
        book(0, 0, seed, 0.0, world.residents, world.buildings, world.communities, booked)
        meet_needs(world, 0, 0, seed, 0.0, booked)
