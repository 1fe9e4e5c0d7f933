"""Owners' committee (业主委员会): owners of an estate elect one; it watches over the property company.

One compound per community and estate type. A sitting committee makes property hours go further and fees
easier to collect. Can fail by low turnout (no quorum, no committee: most compounds have none), by
capture (the vocal are elected and serve their own), and by conflict with an overloaded company: then
it withholds fees, and the company works less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.calendar import Regular
from sim.levers import Move
from sim.mechanisms.elections import captured, conflict_chance, oversight, share, vote
from sim.mechanisms.participation import VOICE, WEIGHTS, ask, rows
from sim.numerics.draws import decision, normal, uniform
from sim.policies.base import Policy, Size, parameter
from sim.vocabulary import ESTATES, OWNER, PROPERTY

D_VOTE = decision("owners' assembly")
D_STAND = decision("standing for the owners' committee")
D_ORGANISER = decision("organisers of an owners' committee")
D_QUARREL = decision("quarrel with the property company")


class OwnersAssembly:
    """The institution: quarterly; elects where no committee sits, oversees where one does."""

    def __init__(self, policy: OwnersCommittee, start: int) -> None:
        self.policy, self.start = policy, start
        self.dates = Regular.yearly(start, 4.0)
        self.seats: dict[
            tuple[int, int], tuple[int, float]
        ] = {}  # compound -> (last day of the term, capture)
        self.quarrel: dict[tuple[int, int], int] = {}  # compound -> day on which the conflict ends
        self.retry: dict[tuple[int, int], int] = {}  # compound -> not before this day

    def next_day(self, day: int) -> int | None:
        """Quarterly from the start."""
        return self.dates.next_day(day)

    def act(self, world, day: int, seed: int) -> None:
        """A quarter of every compound, then what it adds up to for the community's company."""
        for c in range(len(world.communities)):
            estate = world.buildings["estate"][world.residents.rec["building"][rows(world, c)]]
            owners = (world.residents.rec["flags"][rows(world, c)] & OWNER) > 0
            hours = fees = 0.0
            for e in range(len(ESTATES)):
                mine = owners & (estate == e)
                part = share(mine.sum(), owners.sum())
                if part > 0.0:
                    gained = self._quarter(world, c, e, mine, part, day, seed)
                    hours, fees = hours + part * gained[0], fees + part * gained[1]
            world.communities["oversight"][c] = self.policy.intensity * hours
            world.communities["fee_gain"][c] = self.policy.intensity * fees

    def end(self, world) -> None:
        """No committee sits any more."""
        world.communities["oversight"] = 0.0
        world.communities["fee_gain"] = 0.0

    def _quarter(
        self, world, c: int, e: int, mine: np.ndarray, part: float, day: int, seed: int
    ) -> tuple[float, float]:
        """Share added to the company's hours, and to fees collected, by this compound's committee."""
        p, t, who = self.policy, world.tally[0], (c, e)
        t["owner_days"] += part * self.dates.every
        if self.seats.get(who, (day, 0.0))[0] <= day:
            self.seats.pop(who, None)
            if self.retry.get(who, 0) <= day:
                self._elect(world, c, e, mine, day, seed)
        if who not in self.seats:
            return 0.0, 0.0
        capture = self.seats[who][1]
        chance = conflict_chance(
            p.conflict, p.conflict_slope, float(world.communities["overload"][c][PROPERTY])
        )
        if uniform(seed, D_QUARREL, c * len(ESTATES) + e, day, 0) < chance:
            self.quarrel[who] = day + int(p.conflict_days)
        quarrel = self.quarrel.get(who, -1) > day
        t["owner_days_seated"] += part * self.dates.every
        t["owner_days_conflict"] += part * self.dates.every * quarrel
        t["citizen_hours"] += p.seats * p.seat_hours / 4.0
        return oversight(p.gain, p.loss, capture, quarrel), oversight(
            p.fees, p.fees_withheld, capture, quarrel
        )

    def _elect(self, world, c: int, e: int, mine: np.ndarray, day: int, seed: int) -> None:
        """An owners' assembly: valid with a quorum of the compound's owners;
        the most vocal who stand are seated.
        """
        p, t = self.policy, world.tally[0]
        weights = p.weights()
        # has somebody who rings at doors, or not
        weights[0] += p.spread * normal(uniform(seed, D_ORGANISER, c * len(ESTATES) + e, 0, 0))
        electors, voters = vote(world, c, day, seed, D_VOTE, weights, OWNER, mine)
        turnout = share(voters.sum(), electors.sum())
        valid = bool(electors.any()) and turnout >= p.quorum
        t["owner_elections"] += 1
        t["owner_electors"] += electors.sum()
        t["owner_voters"] += voters.sum()
        t["citizen_hours"] += p.hours * voters.sum()
        stand = ask(world, c, day, seed, D_STAND, p.standing(), OWNER) > 1.0
        voice = world.residents.rec["voice"][rows(world, c)] / VOICE
        candidates = np.sort(voice[stand & mine])[::-1][: int(p.seats)]
        if not valid or len(candidates) < p.seats:
            self.retry[c, e] = day + int(p.repeat)
            return
        t["owner_elections_valid"] += 1
        capture = captured(p.capture, float(candidates.mean()), float(voice[mine].mean()))
        t["owner_seats"] += 1
        t["owner_capture"] += capture
        self.seats[c, e] = (day + round(365.0 * p.term), capture)


@dataclass(frozen=True)
class OwnersCommittee(Policy):
    """Owners elect a committee of their estate, which oversees the property company."""

    name: ClassVar[str] = "owners_committee"
    quorum: float = parameter(
        0.5,
        0.0,
        0.8,
        "share of owners",
        "Civil Code art. 278: two thirds must take part; "
        "counting silence as assent lowers it in practice (from memory)",
        "guess",
    )
    term: float = parameter(4.0, 1.0, 5.0, "years", "3-5 years (property regulations, from memory)", "guess")
    repeat: float = parameter(365.0, 90.0, 1500.0, "days to a new attempt", "guess", "guess")
    seats: float = parameter(7.0, 3.0, 15.0, "members", "5-11 members (regulations, from memory)", "guess")
    base: float = parameter(
        -0.4,
        -3.0,
        2.0,
        "logit of an owner's vote",
        "guess: fewer than in committee elections; coverage .12-.90, central .30",
        "guess",
    )
    spread: float = parameter(
        0.5,
        0.0,
        1.5,
        "sd of the logit between compounds",
        "guess: some have organisers, others none",
        "guess",
    )
    young: float = parameter(
        -1.0,
        -3.0,
        0.0,
        "logit of the young",
        "imposed: turnout rises with age, by less than in committee elections; guess",
        "guess",
    )
    elderly: float = parameter(
        0.6,
        0.0,
        2.0,
        "logit of the elderly",
        "imposed: turnout rises with age, by less than in committee elections; guess",
        "guess",
    )
    party: float = parameter(
        0.4, 0.0, 1.5, "logit of Party members", "guess: less than in committee elections", "guess"
    )
    belonging: float = parameter(
        1.5, 0.0, 4.0, "logit per unit of belonging", "insiders take part more (odds ratio > 1.3)", "guess"
    )
    voice: float = parameter(0.2, 0.0, 2.0, "logit per sd of voice", "guess", "guess")
    ties: float = parameter(
        0.4,
        0.0,
        1.5,
        "logit per ten neighbour ties",
        "those who know neighbours vote more (odds ratio > 1.3)",
        "guess",
    )
    stand: float = parameter(
        -4.0, -6.0, -1.0, "logit of standing for a seat", "guess: one owner in fifty", "guess"
    )
    stand_voice: float = parameter(
        1.0, 0.0, 2.0, "logit of standing per sd of voice", "guess: the vocal stand", "guess"
    )
    capture: float = parameter(
        0.2, 0.0, 1.0, "share captured per sd of voice", "guess: the vocal serve their own", "guess"
    )
    gain: float = parameter(
        0.15, 0.0, 0.5, "share of property hours added", "guess: work is checked", "guess"
    )
    fees: float = parameter(
        0.05,
        0.0,
        0.15,
        "share of fees due, added",
        "guess: fees are paid more willingly where accounts are shown",
        "guess",
    )
    conflict: float = parameter(0.05, 0.0, 0.5, "1/quarter", "guess: a conflict in five years", "guess")
    conflict_slope: float = parameter(3.0, 0.0, 10.0, "per unit of overload above 1", "guess", "guess")
    conflict_days: float = parameter(180.0, 30.0, 730.0, "days", "guess", "guess")
    loss: float = parameter(0.2, 0.0, 0.5, "share of property hours lost in conflict", "guess", "guess")
    fees_withheld: float = parameter(
        0.15, 0.0, 0.5, "share of fees due, withheld in conflict", "guess", "guess"
    )
    hours: float = parameter(0.5, 0.1, 2.0, "h per vote", "guess", "guess")
    seat_hours: float = parameter(60.0, 0.0, 300.0, "h per member-year", "guess", "guess")
    price: float = parameter(
        1.5,
        0.0,
        10.0,
        "CNY per resident-year",
        "guess: votes, accounts, a secretary; from property fees",
        "guess",
    )

    def weights(self) -> np.ndarray:
        """Weights of the vote, in the order of attendance.WEIGHTS."""
        own = {"migrant", "owner", "digital"}  # only owners are asked
        return np.array([0.0 if name in own else getattr(self, name) for name in WEIGHTS])

    def standing(self) -> np.ndarray:
        """Weights of standing for a seat."""
        mine = {"base": self.stand, "voice": self.stand_voice, "belonging": self.belonging}
        return np.array([mine.get(name, 0.0) for name in WEIGHTS])

    def moves(self, size: Size) -> list[Move]:
        """None: what it adds depends on who votes."""
        return []

    def institution(self, day: int) -> OwnersAssembly | None:
        """Assemblies and committees."""
        return OwnersAssembly(self, day) if self.intensity > 0.0 else None

    @staticmethod
    def compile(world, seed: int) -> None:
        """Compile single draws as Python makes them (warm-up)."""
        normal(uniform(seed, D_ORGANISER, 0, 0, 0))

    def cost(self, size: Size, params) -> dict[str, float]:
        """Votes and accounts, from property fees."""
        return {"property": self.intensity * self.price * size.residents}
