"""Community college (社区学院): courses for residents on rules, meetings and speaking up.

Those who come belong a little more after each session and, at a course's end, speak up better; nobody
else is touched. Can fail by reaching the already active (belonging and age decide who comes), by its
small size (a hundred attendances a course), and by voices trained for meetings that do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.calendar import Regular
from sim.levers import Move
from sim.mechanisms.participation import (
    WEIGHTS,
    Reached,
    ask,
    compile_attendance,
    count_joined,
    keenest,
    meet,
)
from sim.numerics.draws import decision
from sim.policies.base import Policy, Size, parameter

D_COURSE = decision("course")


class College:
    """The institution: courses on their dates; a course's sessions are held within its day of record."""

    def __init__(self, policy: CommunityCollege, start: int) -> None:
        self.policy, self.start = policy, start
        self.dates = Regular.yearly(start, policy.intensity * policy.courses)
        self.reached = Reached()

    def next_day(self, day: int) -> int | None:
        """Courses at equal intervals from the start."""
        return self.dates.next_day(day)

    def act(self, world, day: int, seed: int) -> None:
        """One course in each community, its places by size."""
        for c in range(len(world.communities)):
            self._course(world, c, day, seed)

    def _course(self, world, c: int, day: int, seed: int) -> None:
        p, t = self.policy, world.tally[0]
        eager = ask(world, c, day, seed, D_COURSE, p.weights())
        places = round(p.places * float(world.communities["residents"][c]) / 12_000.0)
        came = keenest(eager, places)
        count_joined(world, c, eager >= 0.0, came)
        sessions = max(1, round(p.sessions))
        for n in range(sessions):
            last = n == sessions - 1  # what is learnt shows at the end
            meet(
                c,
                day,
                p.belonging_gain,
                p.voice_gain if last else 0.0,
                p.voice_ceiling,
                False,
                came.astype(np.uint8),
                world.params,
                world.residents,
                world.households,
                world.communities,
            )
        t["courses"] += 1
        t["course_attended"] += sessions * came.sum()
        t["course_reached"] += self.reached.add(c, came, day - self.start - 1)
        t["citizen_hours"] += p.hours * sessions * came.sum()


@dataclass(frozen=True)
class CommunityCollege(Policy):
    """Courses that teach taking part."""

    name: ClassVar[str] = "community_college"
    courses: float = parameter(
        2.0,
        1.0,
        24.0,
        "courses a year and community",
        "Pudong: 500 courses, 50,000 attendances, about .9% of residents (claim)",
        "claim",
    )
    places: float = parameter(
        25.0,
        5.0,
        400.0,
        "places a course per 12,000 residents",
        "Pudong: 100 attendances a course (claim), over four sessions",
        "claim",
    )
    sessions: float = parameter(4.0, 1.0, 20.0, "sessions a course", "guess", "guess")
    base: float = parameter(-4.5, -8.0, -1.0, "logit of wanting to come", "guess: one in a hundred", "guess")
    young: float = parameter(-0.8, -2.0, 1.0, "logit of the young", "guess: courses are held by day", "guess")
    elderly: float = parameter(
        0.8, -1.0, 2.0, "logit of the elderly", "guess: the retired have time", "guess"
    )
    party: float = parameter(
        0.4, 0.0, 1.5, "logit of Party members", "insiders take part more (odds ratio > 1.3)", "guess"
    )
    migrant: float = parameter(
        -0.7, -2.0, 1.0, "logit of migrants", "guess: fewer ties to the place", "guess"
    )
    belonging: float = parameter(
        2.0, 0.0, 4.0, "logit per unit of belonging", "insiders take part more (odds ratio > 1.3)", "guess"
    )
    voice: float = parameter(
        0.4, 0.0, 2.0, "logit per sd of voice", "guess: the vocal want to learn more", "guess"
    )
    ties: float = parameter(
        0.4,
        0.0,
        1.5,
        "logit per ten neighbour ties",
        "those who know neighbours take part more (odds ratio > 1.3)",
        "guess",
    )
    belonging_gain: float = parameter(
        0.02, 0.0, 0.1, "share of the way to 1 a session", "design brief: .02 (1 - B) an event", "guess"
    )
    voice_gain: float = parameter(0.3, 0.0, 1.0, "share of the way to the ceiling a course", "guess", "guess")
    voice_ceiling: float = parameter(
        1.0, 0.0, 2.0, "sd of voice", "guess: a course makes nobody a leader", "guess"
    )
    hours: float = parameter(2.0, 0.5, 4.0, "h per session", "guess", "guess")
    price: float = parameter(
        120.0, 0.0, 600.0, "CNY per place and session", "guess: teacher, room, material", "guess"
    )

    def weights(self) -> np.ndarray:
        """Weights of wanting to come, in the order of attendance.WEIGHTS."""
        return np.array([getattr(self, name, 0.0) for name in WEIGHTS])

    def moves(self, size: Size) -> list[Move]:
        """None: it reaches those who come."""
        return []

    def institution(self, day: int) -> College | None:
        """The college."""
        return College(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """Courses, filled or not, by the subdistrict."""
        places = self.places * size.residents / 12_000.0
        return {
            "subdistrict": self.intensity * self.courses * max(1, round(self.sessions)) * places * self.price
        }

    @staticmethod
    def compile(world, seed: int) -> None:
        """Compile who comes and what it does (warm-up); elections, events and funds use the same."""
        compile_attendance(world, seed)
