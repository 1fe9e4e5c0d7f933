"""Resident council (居民议事会): residents put voiced matters on an agenda, vote, and choose root fixes.

A council only reallocates the maintenance budget that staff would otherwise spend. Four ways of
coming together: open doors, by lot (sortition), deputies of the buildings (delegates), online. Can fail by
capture (those who come and speak up decide), low quorum, fatigue, and works nobody helps with;
delegates by high attendance of few people, online by leaving out those without digital skill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.property_company import buy_root_fix, root_price
from sim.calendar import Regular
from sim.levers import Move
from sim.mechanisms.meetings import OPEN_DOORS, SELECTIONS, assemble
from sim.numerics.draws import decision
from sim.numerics.fixed_point import MIND
from sim.policies.base import Policy, Size, parameter

D_HELP = decision("co-production")
HALF_LIFE = 180.0  # days for which having been represented is remembered


class Council:
    """The institution: meets on its dates, remembers who was there, tires."""

    def __init__(self, policy: ResidentCouncil, start: int) -> None:
        self.policy, self.dates = policy, Regular.yearly(start, policy.meetings)
        self.fatigue: dict[int, float] = {}

    def next_day(self, day: int) -> int | None:
        """Meetings every 365 / n days from the start (the first after one interval)."""
        return self.dates.next_day(day)

    def begin(self, world) -> None:
        """The first meeting is called."""
        world.communities["next_meeting"] = self.dates.next_day(self.dates.start)

    def act(self, world, day: int, seed: int) -> None:
        """One meeting of each community's council."""
        for c in range(len(world.communities)):
            self._meet(world, c, day, seed)
            world.communities["next_meeting"][c] = day + self.dates.every

    def end(self, world) -> None:
        """The council is dissolved: no meeting is ahead."""
        world.communities["next_meeting"] = -1

    def _meet(self, world, c: int, day: int, seed: int) -> None:
        p, community = self.policy, world.communities[c]
        weight = np.zeros(int(community["buildings"]))
        fatigue = self.fatigue.get(c, 0.0)
        present, invited, voices = assemble(
            world,
            c,
            day,
            seed,
            SELECTIONS[p.selection],
            p.invited / max(int(community["residents"]), 1),
            max(1, round(p.deputies)),
            p.weights(),
            fatigue,
            weight,
        )
        t = world.tally[0]
        t["council_meetings"] += 1
        t["council_attended"] += present
        t["council_invited"] += invited
        t["citizen_hours"] += (p.online_hours if p.selection == "online" else p.hours) * present
        mean_voice = self._mean_voice(world, community)
        t["council_voice_gap"] += voices - present * mean_voice
        first, last = community["first_building"], community["first_building"] + community["buildings"]
        seats = world.buildings[first:last]
        seats["voice"] *= 0.5 ** (self.dates.every / HALF_LIFE)
        seats["voice"] = np.where(weight > 0, 1.0, seats["voice"])
        done = 0
        if present >= p.quorum:
            t["council_quorum"] += 1
            done = self._decide(world, c, weight, day, seed)
        # tired by meetings, more by meetings without result; rested by time
        self.fatigue[c] = 0.8 * fatigue + p.fatigue * (1.0 if done == 0 else 0.5) * p.meetings / 12.0

    @staticmethod
    def _mean_voice(world, community) -> float:
        first = int(community["first_resident"])
        return (
            float(world.residents.rec["voice"][first : first + int(community["residents"])].mean()) / 4096.0
        )

    def _decide(self, world, c: int, weight: np.ndarray, day: int, seed: int) -> int:
        """Agenda by voiced matters, approval by those present; buy while money and helpers last."""
        community = world.communities[c]
        first, last = (
            int(community["first_building"]),
            int(community["first_building"] + community["buildings"]),
        )
        buildings = world.buildings[first:last]
        voiced = buildings["kind_claims"] * (1.0 - buildings["root"])
        affected = np.sqrt(np.minimum(world.kinds["exposed"][None, :], buildings["size"][:, None]))
        agenda = voiced * affected
        # each building's own people approve its own matters, the loud more
        support = agenda * weight[:, None]
        order = np.argsort(-support.ravel(), kind="stable")
        need = (
            world.kinds["share"]
            * (buildings["frailty"] * buildings["size"])[:, None]
            * (1.0 - buildings["root"])
        )
        chosen = []
        for index in order[:50]:
            b, kind = int(index // support.shape[1]), int(index % support.shape[1])
            price = root_price(world, kind)
            if support.ravel()[index] <= 0.0 or price > community["fund"]:
                break
            if self._helped(world, first + b, day, seed):
                community["fund"] -= price
                buy_root_fix(world, first + b, kind)
                chosen.append(int(index))
        self._judge(world, need, chosen)
        return len(chosen)

    def _helped(self, world, b: int, day: int, seed: int) -> bool:
        """Co-production (Ostrom 1996): enough residents of the building must lend a hand."""
        first, size = int(world.buildings["first"][b]), int(world.buildings["size"][b])
        willing = (
            world.residents.belonging[first : first + size] / MIND
            > 0.5 + world.residents.rec["threshold"][first : first + size] / 32768.0 - 0.25
        )
        return float(willing.mean()) >= self.policy.coproduction if size else False

    @staticmethod
    def _judge(world, need: np.ndarray, chosen: list[int]) -> None:
        """Capture: problems that the chosen projects prevent,
        against the best that as many could have prevented.
        """
        if not chosen:
            return
        best = np.sort(need.ravel())[::-1][: len(chosen)].sum()
        t = world.tally[0]
        t["council_capture_n"] += len(chosen)
        t["council_capture"] += len(chosen) * (1.0 - need.ravel()[chosen].sum() / max(float(best), 1e-9))


@dataclass(frozen=True)
class ResidentCouncil(Policy):
    """A council with open doors or drawn by lot, deciding on root fixes from the common budget."""

    name: ClassVar[str] = "resident_council"
    meetings: float = parameter(
        6.0, 1.0, 24.0, "meetings a year", "4 (1.3-12) per community; Hongshan claims 30 in all", "claim"
    )
    selection: str = parameter(
        "open",
        0,
        0,
        "who is invited",
        "open doors, by lot, deputies of buildings (Suzhou, Yuzhong), online (Huzhou)",
        "guess",
        tuple(SELECTIONS),
    )
    invited: float = parameter(60.0, 10.0, 300.0, "residents drawn by lot per meeting", "guess", "guess")
    quorum: float = parameter(20.0, 0.0, 200.0, "residents present", "guess", "guess")
    base: float = parameter(
        -6.0, -8.0, -2.0, "logit of coming", "yearly attendance .05 (.01-.15) over six meetings", "guess"
    )
    voice: float = parameter(0.8, 0.0, 2.0, "logit per sd of voice", "guess: the vocal come", "guess")
    belonging: float = parameter(
        2.0, 0.0, 4.0, "logit per unit of belonging", "insiders take part more (odds ratio > 1.3)", "guess"
    )
    elderly: float = parameter(
        0.5,
        -1.0,
        2.0,
        "logit of the elderly",
        "guess; turnout in committee elections rises with age",
        "guess",
    )
    migrant: float = parameter(
        -0.7, -2.0, 1.0, "logit of migrants", "guess: fewer ties to the place", "guess"
    )
    owner: float = parameter(0.3, -1.0, 2.0, "logit of owners", "guess: a stake in the building", "guess")
    answer: float = parameter(
        0.4,
        -2.0,
        3.0,
        "logit of coming when drawn by lot",
        "guess: six in ten of those asked by name",
        "guess",
    )
    loudness: float = parameter(
        0.5, 0.0, 2.0, "weight per sd of voice", "guess: the loud are heard more", "guess"
    )
    coproduction: float = parameter(
        0.3, 0.0, 0.8, "share of residents who must help", "Ostrom 1996; guess", "guess"
    )
    fatigue: float = parameter(0.3, 0.0, 1.0, "logit a meeting at 12 a year", "guess", "guess")
    hours: float = parameter(2.0, 0.5, 4.0, "h per attendance", "guess", "guess")
    deputies: float = parameter(1.0, 1.0, 5.0, "deputies per building", "guess", "guess")
    deputy: float = parameter(
        2.2,
        0.0,
        4.0,
        "logit of a deputy's coming",
        "Suzhou: participation of 90% or more (claim), which 1.28 meetings a year make delegates' attendance",
        "claim",
    )
    online: float = parameter(
        -4.0, -8.0, 0.0, "logit of taking part online", "guess: a tap is cheaper than an evening", "guess"
    )
    digital: float = parameter(
        3.0,
        0.0,
        6.0,
        "logit of taking part online per unit of digital skill",
        "guess; .46 of older users manage alone",
        "guess",
    )
    online_hours: float = parameter(0.1, 0.01, 1.0, "h per participation online", "guess", "guess")
    price: float = parameter(1.0, 0.0, 10.0, "CNY per resident-year", "design brief", "guess")

    def weights(self) -> np.ndarray:
        """What the compiled meeting needs, in its order."""
        names = "base voice belonging elderly migrant owner loudness answer deputy online digital"
        return np.array([getattr(self, name) for name in names.split()])

    def moves(self, size: Size) -> list[Move]:
        """A channel before meetings, a voice for those represented; staff no longer choose root fixes."""
        if self.intensity <= 0.0:
            return []
        return [
            Move("open_council", "raise", 1.0),
            Move("council_voice", "shift", self.intensity),
            Move("staff_choose", "scale", 0.0),
        ]

    def institution(self, day: int) -> Council | None:
        """The council itself."""
        return Council(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """Rooms, minutes and a secretary, by the subdistrict."""
        return {"subdistrict": self.intensity * self.price * size.residents}

    @staticmethod
    def compile(world, seed: int) -> None:
        """Compile the meeting (warm-up)."""
        weight = np.zeros(int(world.communities["buildings"][0]))
        assemble(world, 0, 0, seed, OPEN_DOORS, 0.01, 1, ResidentCouncil().weights(), 0.0, weight)
