"""Social organisations (社会组织): contracted social workers, home visits, and mutual-aid groups (邻里守望).

Social workers carry cases and call on households with elderly people or migrants; neighbours are asked to
register for mutual aid, and some of the registered turn out. Can fail by report writing (a contract must
be accounted for), by paper registers (most of the registered stay at home), and by the contract's end:
hours go, and with the people the ties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.volunteer import muster, pledge
from sim.calendar import WORKDAYS, Regular
from sim.levers import Move
from sim.mechanisms.workforce import contact, ties_now
from sim.numerics.draws import decision, exp, uniform
from sim.policies.base import REFERENCE, Policy, Size, parameter
from sim.vocabulary import ELDERLY, MIGRANT, NO

D_CALL = decision("social worker's call")
ROUND = 30  # days between rounds of visits and of the groups
GROUPS = np.int64(3)  # the occasion, told apart from Party rounds in the draws
NOBODY = np.int64(0)  # no flag needed, none set
LN2 = 0.6931471805599453
STEP = 255.0  # ties are kept in 1/255


class Contract:
    """The institution: a round of visits and of the groups every month; it knows which ties are its own."""

    def __init__(self, policy: SocialOrganisations, start: int) -> None:
        self.policy, self.dates = policy, Regular(start, ROUND)
        self.standing = self.ties = None  # uint8 by resident; ties by household that social workers made, 0-1
        self.homes: list[np.ndarray] = []  # households with elderly people or migrants, by community
        self.day = start
        self.registered: dict[int, int] = {}
        self.pledged: dict[int, float] = {}

    def next_day(self, day: int) -> int | None:
        """Every month from the start, the first after one month."""
        return self.dates.next_day(day)

    def begin(self, world) -> None:
        """Who is on the list for visits; nobody is known yet."""
        self.standing = np.zeros(len(world.residents.rec), np.uint8)
        self.ties = np.zeros(len(world.households))
        sought = (world.residents.rec["flags"] & int(ELDERLY | MIGRANT)) > 0
        for community in world.communities:
            rows = slice(
                int(community["first_resident"]), int(community["first_resident"] + community["residents"])
            )
            local = world.residents.rec["household"][rows][sought[rows]]
            self.homes.append(int(community["first_household"]) + np.unique(local.astype("i8")))

    def act(self, world, day: int, seed: int) -> None:
        """Visits and groups of the month."""
        self._age(world, day)
        for c in range(len(world.communities)):
            self._visit(world, c, day, seed)
            self._groups(world, c, day, seed)

    def _age(self, world, day: int) -> None:
        self.ties *= exp(-LN2 * (day - self.day) / float(world.params["tie_half_life"][0]))
        self.day = day

    def _visit(self, world, c: int, day: int, seed: int) -> None:
        p, homes = self.policy, self.homes[c]
        n = int(
            p.intensity
            * p.workers
            * p.visits
            * ROUND
            * WORKDAYS
            / 365.0
            * float(world.communities["residents"][c])
            / REFERENCE
        )
        n = n if len(homes) else 0
        for v in range(n):
            h = int(homes[int(uniform(seed, D_CALL, c, day, v) * len(homes))])
            contact(world.households, world.params, h, NO, day)  # brings the tie up to date, too
            after, gain = world.households["tie_committee"][h] / STEP, float(world.params["tie_gain"][0])
            # the part of it that this call made
            self.ties[h] += max(0.0, after - (after - gain) / (1.0 - gain))
        world.tally["visits"] += n

    def _groups(self, world, c: int, day: int, seed: int) -> None:
        p = self.policy
        w = np.array(
            [p.intensity * p.join, 1.0, p.lapse, 0.0, 0.0, p.turnout, p.turnout_belonging, p.turnout_voice]
        )
        registered, _, out = muster(
            c,
            day,
            seed,
            GROUPS,
            NOBODY,
            NOBODY,
            w,
            world.residents,
            world.buildings,
            world.communities,
            self.standing,
        )
        hours = p.hours * out
        self.pledged[c] = pledge(
            world, c, self.pledged.get(c, 0.0), p.efficiency * hours / (ROUND * WORKDAYS / 365.0)
        )
        t = world.tally[0]
        t["registered_volunteers"] += registered - self.registered.get(c, 0)
        t["turnouts"] += out
        t["citizen_hours"] += (
            1.0 - p.efficiency
        ) * hours  # the rest counts as volunteers' hours when it is given
        self.registered[c] = registered

    def end(self, world) -> None:
        """The contract ends: groups have no organiser, and ties with social workers go with them."""
        day, homes = int(world.state[0]), world.households
        self._age(world, day)
        for h in np.flatnonzero(self.ties):
            committee, grid = ties_now(homes, world.params, int(h), 1.0, day)
            homes[h] = day, round(max(0.0, committee - self.ties[h]) * STEP), round(grid * STEP)
        for c, hours in self.pledged.items():
            pledge(world, c, hours, 0.0)
        world.tally["registered_volunteers"] -= sum(self.registered.values())


@dataclass(frozen=True)
class SocialOrganisations(Policy):
    """A contract with social organisations; ``end_day`` is the contract's end."""

    name: ClassVar[str] = "social_organisations"
    workers: float = parameter(
        3.0,
        0.0,
        12.0,
        "social workers per 12,000 residents",
        "design brief: 3 workers for 330,000 a year",
        "guess",
    )
    reports: float = parameter(
        0.2, 0.0, 0.8, "share of their case hours", "guess: a contract is accounted for in reports"
    )
    visits: float = parameter(1.0, 0.0, 6.0, "home visits per social worker and workday", "guess")
    join: float = parameter(
        0.01,
        0.0,
        0.1,
        "1/month at belonging .5",
        "guess; with lapses about a fifth is registered in the end (.10-.22)",
    )
    lapse: float = parameter(0.04, 0.0, 0.5, "1/month", "guess")
    turnout: float = parameter(
        -2.2,
        -5.0,
        1.0,
        "logit a month",
        "1.3 turn-outs a year each (.7-3; stored excerpts), so their level is imposed",
        "empirical",
    )
    turnout_belonging: float = parameter(
        2.0, 0.0, 4.0, "logit per unit of belonging", "insiders take part more (odds ratio > 1.3); guess"
    )
    turnout_voice: float = parameter(0.3, 0.0, 2.0, "logit per sd of voice", "guess")
    hours: float = parameter(2.0, 0.5, 6.0, "h per turn-out", "guess")
    efficiency: float = parameter(
        0.3, 0.0, 1.0, "of a worker's hour", "guess: neighbours watch and help, they do not handle files"
    )
    price: float = parameter(
        110000.0,
        80000.0,
        140000.0,
        "CNY per social worker and year",
        "facts: 80,000-140,000 (from memory)",
        "guess",
    )

    def moves(self, size: Size) -> list[Move]:
        """The contract in units of the standing three workers per community; what reports take."""
        x, standing = self.intensity, 3.0
        if x <= 0.0:
            return []
        contract = x * self.workers / standing * size.residents / REFERENCE / size.communities
        return [Move("contract", "shift", contract), Move("contract_reports", "raise", self.reports)]

    def institution(self, day: int) -> Contract | None:
        """The contract's own work."""
        return Contract(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """The contract, by the subdistrict; volunteers' hours are counted as residents' time."""
        return {"subdistrict": self.intensity * self.workers * self.price * size.residents / REFERENCE}
