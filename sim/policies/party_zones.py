"""Party-led zones (党建引领、党员责任区): three tiers, registers, study sessions, zones in buildings.

Serving members register with the community (双报到): a mandate fills the register within a year. Being ready
for regular work takes longer and not everybody's hours follow: only willing members who are ready count
as active, and a zone works where two of them live in a building (model rule 21). Some who are active
alone hold a pioneer post (先锋岗) instead. They are a channel for claims, lend hours, and lend their credit
to mediation. Study sessions are attended, and that is all they are: attendance costs hours and governs
nothing. Can fail by thin density, by mandated hours (the register grows, fatigue grows, zones fade), and
by staff hours spent on organising. No causal estimate was found: what is claimed is the model's own
mechanics only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.community_worker import owe
from sim.agents.party_member import registering, session_logit, zone_hours
from sim.agents.volunteer import muster, pledge
from sim.calendar import Regular
from sim.levers import Move
from sim.policies.base import REFERENCE, Policy, Size, parameter
from sim.vocabulary import ACTIVE, PARTY, READY

ROUND = 30  # days between rounds of the register
ROUNDS, SESSIONS, BEGINNING = np.int64(0), np.int64(1), np.int64(2)  # occasions, told apart in the draws
NEVER = -700.0  # a logit of never


class Branches:
    """The institution: monthly rounds of the register, and study sessions on their dates."""

    def __init__(self, policy: PartyZones, start: int) -> None:
        self.policy, self.start = policy, start
        self.rounds = Regular(start, ROUND, first=0)
        self.sessions = Regular.yearly(start, policy.sessions) if policy.sessions > 0.0 else None
        self.standing = None  # uint8 by resident: not registered, registered, ready
        self.registered: dict[int, int] = {}
        self.pledged: dict[int, float] = {}

    def next_day(self, day: int) -> int | None:
        """The first round is on the day it starts; the first session one interval later."""
        dates = [self.rounds, self.sessions] if self.sessions else [self.rounds]
        return min(each.next_day(day) for each in dates)

    def begin(self, world) -> None:
        """An empty register."""
        self.standing = np.zeros(len(world.residents.rec), np.uint8)

    def act(self, world, day: int, seed: int) -> None:
        """A round, a session, or both."""
        p = self.policy
        for c, community in enumerate(world.communities):
            fatigue = float(community["party_fatigue"])
            if self.rounds.falls_on(day):
                self._round(world, c, day, seed, fatigue)
                self._posts(world, c, fatigue)
            if self.sessions and self.sessions.falls_on(day):
                self._session(world, c, day, seed, fatigue)
                owe(world, c, p.intensity * p.staff_hours * float(community["residents"]) / REFERENCE)

    def _round(self, world, c: int, day: int, seed: int, fatigue: float) -> None:
        p = self.policy
        join = registering(p.voluntary, p.drive, p.intensity * p.mandate)
        stop = min(1.0, p.stop * (1.0 + p.tiring * fatigue))
        w = np.array([join, 0.0, 0.0, p.ready, stop, NEVER, 0.0, 0.0])
        occasion = ROUNDS
        if day == self.start:  # those who had registered before anybody asked
            w[:5], occasion = (p.before, 0.0, 0.0, 0.0, 0.0), BEGINNING
        registered, _, _ = muster(
            c,
            day,
            seed,
            occasion,
            PARTY,
            READY,
            w,
            world.residents,
            world.buildings,
            world.communities,
            self.standing,
        )
        world.tally["registered_members"] += registered - self.registered.get(c, 0)
        self.registered[c] = registered

    def _posts(self, world, c: int, fatigue: float) -> None:
        """Members active alone in their building hold posts while there are any;
        given hours that do not count as useful are counted, too.
        """
        p, community = world.params[0], world.communities[c]
        first = int(community["first_resident"])
        rec = world.residents.rec[first : first + int(community["residents"])]
        alone = ((rec["flags"] & int(ACTIVE)) > 0) & (world.buildings["zone"][rec["building"]] == 0)
        held = min(
            float(alone.sum()),
            self.policy.intensity * self.policy.posts * float(community["residents"]) / REFERENCE,
        )
        hours, useful = float(p["party_hours"]), float(p["party_efficiency"]) * (1.0 - fatigue)
        self.pledged[c] = pledge(
            world, c, self.pledged.get(c, 0.0), zone_hours(held, hours, float(p["party_efficiency"]), fatigue)
        )
        world.tally["citizen_hours"] += (
            (held + float(community["zone_share"])) * hours * (1.0 - useful) * ROUND / 365.0
        )

    def _session(self, world, c: int, day: int, seed: int, fatigue: float) -> None:
        p = self.policy
        w = np.array(
            [
                0.0,
                0.0,
                0.0,
                0.0,
                0.0,
                session_logit(p.attend, p.attend_mandate, p.intensity * p.mandate, p.attend_fatigue, fatigue),
                0.0,
                0.0,
            ]
        )
        expected, _, came = muster(
            c,
            day,
            seed,
            SESSIONS,
            PARTY,
            READY,
            w,
            world.residents,
            world.buildings,
            world.communities,
            self.standing,
        )
        t = world.tally[0]
        t["study_expected"] += expected
        t["study_attended"] += came
        t["citizen_hours"] += p.session_hours * came

    def end(self, world) -> None:
        """The register is closed, and nobody is on call any more."""
        world.residents.rec["flags"] &= np.uint8(255 - READY)
        world.tally["registered_members"] -= sum(self.registered.values())
        for c, hours in self.pledged.items():
            pledge(world, c, hours, 0.0)


@dataclass(frozen=True)
class PartyZones(Policy):
    """Registers, zones, posts and sessions under the community's Party committee."""

    name: ClassVar[str] = "party_zones"
    active: float = parameter(
        0.15,
        0.05,
        0.3,
        "share of members willing to give regular hours",
        "guess; active share .10 (.05-.25) once registered and ready",
    )
    mandate: float = parameter(0.5, 0.0, 1.0, "share of members' hours that is mandated", "guess")
    before: float = parameter(
        0.12, 0.0, 0.5, "share registered before the drive", "pattern mandate_coverage: 12% at first", "claim"
    )
    voluntary: float = parameter(0.01, 0.0, 0.1, "1/month", "guess: registering of one's own accord")
    drive: float = parameter(
        0.33,
        0.0,
        1.0,
        "1/month at full mandate",
        "pattern mandate_coverage: 12 to 90% in a year at mandate .5, so imposed",
        "claim",
    )
    ready: float = parameter(
        0.08, 0.0, 0.5, "1/month", "guess: about a year from registering to regular work"
    )
    stop: float = parameter(0.05, 0.0, 0.5, "1/month", "guess")
    tiring: float = parameter(3.0, 0.0, 10.0, "times as many stop at full fatigue", "guess")
    posts: float = parameter(
        10.0,
        0.0,
        60.0,
        "pioneer posts per 12,000 residents",
        "founding document D3 names posts; their number is a guess",
        "guess",
    )
    sessions: float = parameter(
        24.0, 0.0, 52.0, "study sessions a year", "founding document D3: 2 a month", "claim"
    )
    attend: float = parameter(1.5, -2.0, 4.0, "logit of attending", "guess: without a mandate four in five")
    attend_mandate: float = parameter(
        3.0, 0.0, 6.0, "logit at full mandate", "guess; D3 claims attendance of 95% or more"
    )
    attend_fatigue: float = parameter(1.0, 0.0, 4.0, "logit at full fatigue", "guess")
    session_hours: float = parameter(1.5, 0.5, 4.0, "h per attendance", "guess")
    staff_hours: float = parameter(
        2.0, 0.0, 20.0, "case hours of staff a session per 12,000 residents", "guess: rooms, papers, minutes"
    )
    coordination: float = parameter(
        0.1,
        -0.2,
        0.4,
        "share of level 2's delay that falls away",
        "guess: three tiers under one committee; no estimate, 0 and below in range",
    )
    price: float = parameter(
        4.0, 0.0, 30.0, "CNY per resident-year", "guess: organisers, posts and materials"
    )

    def moves(self, size: Size) -> list[Move]:
        """Zones, the mandate, members as a channel; departments coordinated through the tiers."""
        x = self.intensity
        if x <= 0.0:
            return []
        return [
            Move("party_active", "shift", x * self.active),
            Move("party_mandate", "shift", x * self.mandate),
            Move("party_branches", "raise", 1.0),
            Move("open_party_member", "raise", 1.0),
            Move("level2_delay_scale", "scale", 1.0 - x * self.coordination),
        ]

    def institution(self, day: int) -> Branches | None:
        """The branches' register and sessions."""
        return Branches(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """Organisers and materials, by the subdistrict; members' own hours are counted as residents' time."""
        return {"subdistrict": self.intensity * self.price * size.residents}

    @staticmethod
    def compile(world, seed: int) -> None:
        """Compile a round of the register (warm-up); the world's own flags are put back."""
        flags = world.residents.rec["flags"].copy()
        nobody = np.zeros(len(flags), np.uint8)
        muster(
            0,
            0,
            seed,
            ROUNDS,
            PARTY,
            READY,
            np.zeros(8),
            world.residents,
            world.buildings,
            world.communities,
            nobody,
        )
        world.residents.rec["flags"] = flags
