"""Micro-governance fund (社区微治理 / 社区基金): residents propose small projects and help, a fund pays.

A project is a root fix of one kind in neighbouring buildings. Money that is not spent by the year's end
goes back. Can fail by money left over (nobody proposes, nobody helps, a project costs more than there
is), by capture (the loud decide where), and by crowding out self-help where a contractor does all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.agents.property_company import fix_root, root_price
from sim.calendar import Regular
from sim.levers import Move
from sim.mechanisms.participation import VOICE, WEIGHTS, ask, rows
from sim.numerics.draws import decision
from sim.numerics.fixed_point import MIND
from sim.policies.base import Policy, Size, parameter

D_PROPOSE = decision("project proposal")


def help_share(belonging: np.ndarray, threshold: np.ndarray) -> float:
    """Share of residents willing to lend a hand: B > .25 + theta (Granovetter 1978; Ostrom 1996), 0-1."""
    return float((belonging > 0.25 + threshold).mean()) if len(belonging) else 0.0


def crowding(state_share: float, weight: float, helped: float) -> float:
    """Share of what the state fixes in a building after a project:
    moves by ``weight`` towards 1 - helped (rule 4).
    """
    return state_share + weight * (1.0 - helped - state_share)


class Fund:
    """The institution: a round of proposals on each date, one budget a year."""

    def __init__(self, policy: MicroFund, start: int) -> None:
        self.policy, self.start = policy, start
        self.dates = Regular.yearly(start, policy.rounds)
        self.year = -1
        self.money: dict[int, float] = {}

    def next_day(self, day: int) -> int | None:
        """Rounds at equal intervals from the start."""
        return self.dates.next_day(day)

    def act(self, world, day: int, seed: int) -> None:
        """A new year's money (what was left goes back), then a round in each community."""
        year = (day - self.start - 1) // 365
        for c in range(len(world.communities)):
            if year != self.year:
                world.tally["fund_unspent"] += self.money.get(c, 0.0)
                self.money[c] = (
                    self.policy.intensity * self.policy.budget * float(world.communities["residents"][c])
                )
                world.tally["fund_allotted"] += self.money[c]
            self._round(world, c, day, seed)
        self.year = year

    def end(self, world) -> None:
        """What is left goes back."""
        world.tally["fund_unspent"] += sum(self.money.values())
        self.money = {}

    def _round(self, world, c: int, day: int, seed: int) -> None:
        """Proposals ranked by the weight of those who make them;
        paid while money, a need and hands are there.
        """
        p, t = self.policy, world.tally[0]
        first, n = int(world.communities["first_building"][c]), int(world.communities["buildings"][c])
        proposes = ask(world, c, day, seed, D_PROPOSE, p.weights()) > 1.0
        t["fund_proposals"] += proposes.sum()
        t["citizen_hours"] += p.hours * proposes.sum()
        here = rows(world, c)
        acts = world.residents.rec["acts"][here]
        world.residents.rec["acts"][here] = np.where(proposes & (acts < 255), acts + 1, acts)
        voice = world.residents.rec["voice"][here][proposes] / VOICE
        home = world.residents.rec["building"][here][proposes].astype(int) - first
        loud = np.bincount(home, 1.0 + p.loudness * np.maximum(0.0, voice), n)
        taken = np.zeros(n, bool)  # a building has one project a round
        for b in np.argsort(-loud, kind="stable"):
            if loud[b] > 0.0 and not taken[b]:
                self._project(world, c, int(b), taken)

    def _project(self, world, c: int, b: int, taken: np.ndarray) -> None:
        """What was claimed most in the proposer's building,
        done in it and its neighbours up to the beneficiaries meant.
        """
        p, t, first = self.policy, world.tally[0], int(world.communities["first_building"][c])
        kind = int(np.argmax(self._voiced(world, first + b)))
        price = root_price(world, kind)
        block = self._block(world, c, b, taken, int(self.money[c] // price) if price > 0.0 else len(taken))
        if self._voiced(world, first + b)[kind] <= 0.0 or not block:
            return
        helped = [self._helped(world, first + k) for k in block]
        if float(np.mean(helped)) < p.coproduction:
            t["fund_refused"] += 1
            return
        self._judge(world, c, b, kind)
        for k, hands in zip(block, helped):
            taken[k] = True
            self.money[c] -= price
            t["fund_spent"] += price
            fix_root(world, first + k, kind)
            size = float(world.buildings["size"][first + k])
            t["fund_beneficiaries"] += size
            t["citizen_hours"] += p.work_hours * hands * size
            world.buildings["state_share"][first + k] = crowding(
                float(world.buildings["state_share"][first + k]), p.crowding, hands
            )
        t["fund_projects"] += 1

    def _block(self, world, c: int, b: int, taken: np.ndarray, most: int) -> list[int]:
        """The building and the next ones not taken,
        until enough residents live in them; never more than can be paid.
        """
        size = world.buildings["size"][int(world.communities["first_building"][c]) :]
        chosen, people = [], 0.0
        for k in range(b, min(len(taken), b + 20)):
            if people >= self.policy.beneficiaries or len(chosen) >= most:
                break
            if not taken[k]:
                chosen.append(k)
                people += float(size[k])
        return chosen

    @staticmethod
    def _voiced(world, b: int) -> np.ndarray:
        return world.buildings["kind_claims"][b] * (1.0 - world.buildings["root"][b])

    @staticmethod
    def _helped(world, b: int) -> float:
        here = slice(
            int(world.buildings["first"][b]), int(world.buildings["first"][b] + world.buildings["size"][b])
        )
        return help_share(
            world.residents.belonging[here] / MIND, world.residents.rec["threshold"][here] / 32768.0
        )

    @staticmethod
    def _judge(world, c: int, b: int, kind: int) -> None:
        """Missed need: problems that a fix prevents where it is done,
        against the best place and kind for it.
        """
        here = slice(
            int(world.communities["first_building"][c]),
            int(world.communities["first_building"][c] + world.communities["buildings"][c]),
        )
        at = world.buildings[here]
        need = world.kinds["share"] * (at["frailty"] * at["size"])[:, None] * (1.0 - at["root"])
        world.tally["fund_capture_n"] += 1
        world.tally["fund_capture"] += 1.0 - float(need[b, kind]) / max(float(need.max()), 1e-9)


@dataclass(frozen=True)
class MicroFund(Policy):
    """A fund for small works that residents propose and help with."""

    name: ClassVar[str] = "micro_fund"
    budget: float = parameter(
        25.0,
        0.0,
        457.0,
        "CNY per resident-year",
        "200,000-930,000 a community (stored excerpt), 12,000 residents; 457: Beijing's special fund (claim)",
        "guess",
    )
    rounds: float = parameter(2.0, 1.0, 12.0, "rounds a year", "guess", "guess")
    beneficiaries: float = parameter(
        500.0,
        50.0,
        2000.0,
        "residents a project",
        "Hangzhou Xihu: 200 projects, 100,000 beneficiaries (claim)",
        "claim",
    )
    base: float = parameter(
        -6.0, -8.0, -2.0, "logit of proposing in a round", "guess: one in four hundred", "guess"
    )
    belonging: float = parameter(
        2.0, 0.0, 4.0, "logit per unit of belonging", "insiders take part more (odds ratio > 1.3)", "guess"
    )
    voice: float = parameter(0.8, 0.0, 2.0, "logit per sd of voice", "guess: the vocal propose", "guess")
    owner: float = parameter(0.3, -1.0, 2.0, "logit of owners", "guess: a stake in the building", "guess")
    loudness: float = parameter(
        0.5, 0.0, 2.0, "weight per sd of voice", "guess: the loud are heard more", "guess"
    )
    coproduction: float = parameter(
        0.3, 0.0, 0.8, "share of residents who must help", "Ostrom 1996; guess", "guess"
    )
    crowding: float = parameter(
        0.1, 0.0, 0.5, "share of the way a project", "guess: ten times one repair by the state", "guess"
    )
    hours: float = parameter(4.0, 0.5, 20.0, "h per proposal", "guess", "guess")
    work_hours: float = parameter(1.0, 0.0, 8.0, "h per helper and project", "guess", "guess")

    def weights(self) -> np.ndarray:
        """Weights of proposing, in the order of attendance.WEIGHTS."""
        return np.array([getattr(self, name, 0.0) for name in WEIGHTS])

    def moves(self, size: Size) -> list[Move]:
        """None: the maintenance budget stays with whoever has it."""
        return []

    def institution(self, day: int) -> Fund | None:
        """The fund and its rounds."""
        return Fund(self, day) if self.intensity > 0.0 and self.budget > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """The whole allotment, spent or not."""
        return {"fund": self.intensity * self.budget * size.residents}
