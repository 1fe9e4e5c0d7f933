"""Culture events (文化活动): fairs, choirs, festivals, with community workers present.

Those who come belong more, B += .02 (1 - B), and meet the workers. Publicity brings more people at
first and fades. Can fail by reaching the already active again and again, by publicity that is gone
after some months, and because belonging drifts back when nothing follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from sim.calendar import Regular
from sim.levers import Move
from sim.mechanisms.participation import WEIGHTS, Reached, ask, count_joined, meet
from sim.numerics.draws import decision
from sim.policies.base import Policy, Size, parameter

D_EVENT = decision("culture event")


def publicity_left(publicity: float, half_life: float, days: float) -> float:
    """Logit that publicity still adds after ``days``: publicity * 2**(-days / half life)."""
    return publicity * 0.5 ** (days / half_life)


class Calendar:
    """The institution: events on their dates."""

    def __init__(self, policy: CultureEvents, start: int) -> None:
        self.policy, self.start = policy, start
        self.dates = Regular.yearly(start, policy.intensity * policy.events)
        self.reached = Reached()

    def next_day(self, day: int) -> int | None:
        """Events at equal intervals from the start."""
        return self.dates.next_day(day)

    def act(self, world, day: int, seed: int) -> None:
        """One event in each community."""
        p, t = self.policy, world.tally[0]
        drawn = replace(p, base=p.base + publicity_left(p.publicity, p.half_life, day - self.start))
        for c in range(len(world.communities)):
            eager = ask(world, c, day, seed, D_EVENT, drawn.weights())
            came = eager > 1.0
            count_joined(world, c, eager >= 0.0, came)
            meet(
                c,
                day,
                p.belonging_gain,
                0.0,
                0.0,
                True,
                came.astype(np.uint8),
                world.params,
                world.residents,
                world.households,
                world.communities,
            )
            t["culture_events"] += 1
            t["culture_attended"] += came.sum()
            t["culture_reached"] += self.reached.add(c, came, day - self.start - 1)
            t["citizen_hours"] += p.hours * came.sum()


@dataclass(frozen=True)
class CultureEvents(Policy):
    """Events that residents may come to."""

    name: ClassVar[str] = "culture_events"
    events: float = parameter(12.0, 2.0, 52.0, "events a year and community", "guess: one a month", "guess")
    base: float = parameter(
        -5.2,
        -8.0,
        -1.0,
        "logit of coming",
        "guess: less than one in a hundred; residents' yearly attendance .05 (.01-.15)",
        "guess",
    )
    young: float = parameter(-0.5, -2.0, 1.0, "logit of the young", "guess", "guess")
    elderly: float = parameter(
        0.6, -1.0, 2.0, "logit of the elderly", "guess: the retired have time", "guess"
    )
    party: float = parameter(
        0.4, 0.0, 1.5, "logit of Party members", "insiders take part more (odds ratio > 1.3)", "guess"
    )
    migrant: float = parameter(
        -0.5, -2.0, 1.0, "logit of migrants", "guess: fewer ties to the place", "guess"
    )
    belonging: float = parameter(
        2.5, 0.0, 5.0, "logit per unit of belonging", "insiders take part more (odds ratio > 1.3)", "guess"
    )
    voice: float = parameter(
        0.8, 0.0, 2.0, "logit per sd of voice", "guess: it is the same people who come", "guess"
    )
    ties: float = parameter(
        0.5,
        0.0,
        1.5,
        "logit per ten neighbour ties",
        "those who know neighbours take part more (odds ratio > 1.3)",
        "guess",
    )
    publicity: float = parameter(
        0.8, 0.0, 2.0, "logit added at the start", "guess: publicity doubles attendance", "guess"
    )
    half_life: float = parameter(
        60.0, 7.0, 365.0, "days", "guess; publicity gains fade (facts: at least half is gone)", "guess"
    )
    belonging_gain: float = parameter(
        0.02, 0.0, 0.1, "share of the way to 1 an event", "design brief: .02 (1 - B) an event", "guess"
    )
    hours: float = parameter(2.0, 0.5, 6.0, "h per attendance", "guess", "guess")
    price: float = parameter(
        1.0, 0.0, 10.0, "CNY per resident and event", "guess: stage, material, publicity", "guess"
    )

    def weights(self) -> np.ndarray:
        """Weights of coming, in the order of attendance.WEIGHTS."""
        return np.array([getattr(self, name, 0.0) for name in WEIGHTS])

    def moves(self, size: Size) -> list[Move]:
        """None: it reaches those who come."""
        return []

    def institution(self, day: int) -> Calendar | None:
        """The calendar of events."""
        return Calendar(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """Events, full or empty, by the subdistrict."""
        return {"subdistrict": self.intensity * self.events * self.price * size.residents}
