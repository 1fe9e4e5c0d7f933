"""Direct election of the residents' committee (居委会直选): one resident, one vote, every few years.

It acts through procedural voice of those who voted (they are treated as people with a say where a closing
event is judged) and through accountability (fewer cases closed on paper); it adds no hours. Can fail by
an invalid election (fewer than half vote), by a mandate of the old and of Party members, and because
voice without results counts for little where trust is low: about zero effect is expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.levers import Move
from sim.mechanisms.elections import accountability, by_building, count_ballot, mandate_voice, share, vote
from sim.mechanisms.participation import WEIGHTS
from sim.numerics.draws import decision
from sim.policies.base import Policy, Size, parameter

D_VOTE = decision("committee election")
SURVEY = (
    "Shanghai survey of 6,581 (stored excerpt): 18-29 .138, 50-59 .557, 70-79 .777; Party .651, others .484"
)


class CommitteeElection:
    """The institution: votes on its dates; an invalid vote is repeated after some months."""

    def __init__(self, policy: DirectElection, start: int) -> None:
        self.policy, self.start = policy, start
        self.due: list[int] = []

    def next_day(self, day: int) -> int | None:
        """The next date on which any community votes."""
        return min((d for d in self.due if d >= day), default=None)

    def begin(self, world) -> None:
        """The first vote is called, after time to register electors."""
        self.due = [self.start + max(1, int(self.policy.delay))] * len(world.communities)

    def act(self, world, day: int, seed: int) -> None:
        """Vote where it is due."""
        for c, due in enumerate(self.due):
            if due == day:
                valid = self._vote(world, c, day, seed)
                self.due[c] = day + (round(365.0 * self.policy.term) if valid else int(self.policy.repeat))

    def end(self, world) -> None:
        """The committee is appointed again: no mandate."""
        world.buildings["mandate"] = 0.0
        world.communities["accountable"] = 0.0

    def _vote(self, world, c: int, day: int, seed: int) -> bool:
        p, t = self.policy, world.tally[0]
        electors, voters = vote(world, c, day, seed, D_VOTE, p.weights(), registered=p.registered)
        count_ballot(world, c, electors, voters)
        turnout = share(voters.sum(), electors.sum())
        valid = bool(electors.any()) and turnout >= p.quorum
        t["elections"] += 1
        t["elections_valid"] += valid
        t["citizen_hours"] += p.hours * voters.sum()
        first = int(world.communities["first_building"][c])
        shares = [share(v, n) for v, n in zip(by_building(world, c, voters), by_building(world, c, electors))]
        voices = [p.intensity * mandate_voice(p.voice_gain, valid, x) for x in shares]
        world.buildings["mandate"][first : first + len(voices)] = voices
        world.communities["accountable"][c] = p.intensity * accountability(p.accountable, valid, turnout)
        return valid


@dataclass(frozen=True)
class DirectElection(Policy):
    """Residents elect their committee; turnout is an outcome."""

    name: ClassVar[str] = "direct_election"
    term: float = parameter(
        5.0,
        3.0,
        5.0,
        "years",
        "organic law of residents' committees: five years since 2018 (from memory)",
        "empirical",
    )
    delay: float = parameter(60.0, 1.0, 180.0, "days to the first vote", "guess", "guess")
    repeat: float = parameter(180.0, 30.0, 365.0, "days to a repeated vote", "guess", "guess")
    quorum: float = parameter(
        0.5,
        0.0,
        0.8,
        "share of electors",
        "more than half of the electors must vote (electoral practice, from memory)",
        "empirical",
    )
    registered: float = parameter(
        0.2,
        0.0,
        1.0,
        "share of migrants on the roll",
        "organic law: after a year's residence, on application (from memory); share a guess",
        "guess",
    )
    base: float = parameter(
        -0.1, -2.0, 2.0, "logit of voting", f"imposed: adults near .5; {SURVEY}", "empirical"
    )
    young: float = parameter(-1.75, -3.0, 0.0, "logit of the young", f"imposed: {SURVEY}", "empirical")
    elderly: float = parameter(1.1, 0.0, 2.0, "logit of the elderly", f"imposed: {SURVEY}", "empirical")
    party: float = parameter(0.7, 0.0, 1.5, "logit of Party members", f"imposed: {SURVEY}", "empirical")
    migrant: float = parameter(
        -0.8, -2.0, 1.0, "logit of migrants on the roll", "guess: fewer ties to the place", "guess"
    )
    owner: float = parameter(0.2, -1.0, 2.0, "logit of owners", "guess: a stake in the place", "guess")
    belonging: float = parameter(
        1.5, 0.0, 4.0, "logit per unit of belonging", "insiders take part more (odds ratio > 1.3)", "guess"
    )
    ties: float = parameter(
        0.4,
        0.0,
        1.5,
        "logit per ten neighbour ties",
        "those who know neighbours vote more (odds ratio > 1.3); the order of estates follows",
        "guess",
    )
    voice_gain: float = parameter(
        0.5, 0.0, 1.0, "voice per unit of turnout", "guess: half of what sitting in a council gives", "guess"
    )
    accountable: float = parameter(
        0.3, 0.0, 1.0, "share of paper closures forgone at full turnout", "guess", "guess"
    )
    hours: float = parameter(0.5, 0.1, 2.0, "h per vote", "guess", "guess")
    price: float = parameter(
        8.0, 0.0, 40.0, "CNY per resident and election", "guess: lists, booths, staff", "guess"
    )

    def weights(self) -> np.ndarray:
        """Weights of the vote, in the order of attendance.WEIGHTS."""
        return np.array([getattr(self, name, 0.0) for name in WEIGHTS])

    def moves(self, size: Size) -> list[Move]:
        """None: it adds no capacity."""
        return []

    def institution(self, day: int) -> CommitteeElection | None:
        """The election and the mandate that it gives."""
        return CommitteeElection(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """One election a term, by the subdistrict; repeated votes are not budgeted."""
        return {"subdistrict": self.intensity * self.price * size.residents / self.term}
