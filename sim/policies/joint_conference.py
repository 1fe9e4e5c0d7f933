"""Joint conference (联席会议): departments meet on dates and decide on the hardest level-2 cases.

The oldest cases that wait at level 2 get an answer within days; where departments agree, the case is not
returned. Can fail where hours exceed the gain: preparing costs case hours of the staff, whether or not a
hard case is waiting. No causal estimate was found for conferences; what this one does is what its cases
gain and what its hours cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.agents.community_worker import owe
from sim.agents.level2_desk import hard_cases, take_up
from sim.calendar import WORKDAYS, Regular
from sim.levers import Move
from sim.mechanisms.matters import key_of
from sim.numerics.draws import decision, uniform
from sim.policies.base import REFERENCE, Policy, Size, parameter

D_AGREE = decision("departments agree")


class Conference:
    """The institution: meets every 365 / n days on the oldest hard cases of the whole subdistrict."""

    def __init__(self, policy: JointConference, start: int) -> None:
        self.policy, self.dates = policy, Regular.yearly(start, policy.meetings)
        self.room = 0.0  # cases that it may still take up, carried over where a share of one is left

    def next_day(self, day: int) -> int | None:
        """Meetings every 365 / n days from the start, the first after one interval."""
        return self.dates.next_day(day)

    def act(self, world, day: int, seed: int) -> None:
        """Take up the oldest hard cases; staff of each community owe the hours of preparation."""
        p, size = self.policy, float(world.communities["residents"].sum()) / REFERENCE
        self.room = self.room % 1.0 + p.intensity * p.cases * size  # a place that nobody needed is gone
        rows = hard_cases(world, day, p.waited)[: int(self.room)]
        for row in rows:
            key = key_of(world.matters, int(row))
            take_up(world, int(row), day, p.days, uniform(seed, D_AGREE, key, day, 0) < p.agreement)
        self.room -= len(rows)
        for c, community in enumerate(world.communities):
            owe(world, c, p.intensity * p.preparation * float(community["residents"]) / REFERENCE)
        world.tally["conferences"] += 1.0
        world.tally["conference_cases"] += len(rows)


@dataclass(frozen=True)
class JointConference(Policy):
    """Departments and staff at one table, a few hard cases a meeting."""

    name: ClassVar[str] = "joint_conference"
    meetings: float = parameter(
        6.0, 1.0, 52.0, "meetings a year", "Guangzhou claims over 20 since 2019", "claim"
    )
    cases: float = parameter(
        5.0,
        0.0,
        30.0,
        "cases a meeting per 12,000 residents",
        "Guangzhou claims over 100 problems in over 20 meetings",
        "claim",
    )
    waited: float = parameter(
        15.0, 0.0, 60.0, "days since the claim from which a case is hard", "guess: the usual legal limit"
    )
    days: float = parameter(
        5.0, 1.0, 20.0, "days to an answer", "guess: the low end of multi-department times is 3 (.. 20)"
    )
    agreement: float = parameter(
        0.7, 0.0, 1.0, "share of cases on which departments agree", "guess; no estimate found"
    )
    preparation: float = parameter(
        12.0,
        0.0,
        60.0,
        "case hours of staff a meeting per 12,000 residents",
        "guess: two workers, files and minutes",
    )
    departments: float = parameter(
        30.0, 0.0, 200.0, "h of departments a meeting per 12,000 residents", "guess: ten people, three hours"
    )

    def moves(self, size: Size) -> list[Move]:
        """None: it acts on its dates."""
        return []

    def institution(self, day: int) -> Conference | None:
        """The conference."""
        return Conference(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """Departments' hours at a worker's price, by the subdistrict;
        the staff's own hours are lost cases, not money.
        """
        hour = float(params["worker_year_pay"][0]) / WORKDAYS / float(params["workday_hours"][0])
        return {
            "subdistrict": self.intensity
            * self.meetings
            * self.departments
            * hour
            * size.residents
            / REFERENCE
        }
