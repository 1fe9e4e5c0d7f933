"""Elections among residents: who votes, whether it counts, and what a mandate is worth (model rule 20).

That turnout rises with age and with Party membership is imposed by weights taken from a survey; that
old estates vote more than commodity estates follows from neighbour ties and from who lives there.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.participation import ask, groups, rows
from sim.vocabulary import NO


def share(part: float, whole: float) -> float:
    """part / whole, 0 where there is nobody."""
    return float(part) / float(whole) if whole > 0 else 0.0


def mandate_voice(weight: float, valid: bool, turnout: float) -> float:
    """Voice in procedures of a building's people through a committee of their own vote:
    w * turnout, 0-1 (Tyler 1990).

    Nothing where the election was not valid.
    """
    return min(1.0, weight * turnout) if valid else 0.0


def accountability(strength: float, valid: bool, turnout: float) -> float:
    """Share of paper closures that an elected committee forgoes: strength * turnout, 0-1 (model rule 9)."""
    return min(1.0, strength * turnout) if valid else 0.0


def captured(weight: float, seats_voice: float, owners_voice: float) -> float:
    """Share of a committee's work that serves its own:
    w * (mean voice of seats - of owners), clipped to 0-1.
    """
    return min(1.0, max(0.0, weight * (seats_voice - owners_voice)))


def conflict_chance(base: float, slope: float, overload: float) -> float:
    """Chance a quarter that committee and company fall out: base * (1 + slope (overload - 1)+), 0-1."""
    return min(1.0, base * (1.0 + slope * max(0.0, overload - 1.0)))


def oversight(gain: float, loss: float, capture: float, in_conflict: bool) -> float:
    """Share added to the company's useful hours (or fees) where a committee sits:
    gain (1 - capture), -loss in conflict.
    """
    return -loss if in_conflict else gain * (1.0 - capture)


def vote(
    world, c: int, day: int, seed: int, what, weights: np.ndarray, need=NO, roll=True, registered: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """(electors, voters) of a ballot, booleans over the community's residents;
    each vote is an act of participation.

    ``roll``: who may be on the electoral roll (a boolean over residents);
    ``registered``: share of migrants who are.
    """
    eager = ask(world, c, day, seed, what, weights, need, registered)
    electors, voters = (eager >= 0.0) & roll, (eager > 1.0) & roll
    acts = world.residents.rec["acts"][rows(world, c)]
    world.residents.rec["acts"][rows(world, c)] = np.where(voters & (acts < 255), acts + 1, acts)
    return electors, voters


def count_ballot(world, c: int, electors: np.ndarray, voters: np.ndarray) -> None:
    """Tally electors and voters, in all and by group."""
    t = world.tally[0]
    t["electors"] += electors.sum()
    t["voters"] += voters.sum()
    for name, who in groups(world, c).items():
        t[f"electors_{name}"] += (electors & who).sum()
        t[f"voters_{name}"] += (voters & who).sum()


def by_building(world, c: int, who: np.ndarray) -> np.ndarray:
    """Count of residents marked in ``who``, by building of the community."""
    first = int(world.communities["first_building"][c])
    return np.bincount(
        world.residents.rec["building"][rows(world, c)][who].astype(int) - first,
        minlength=int(world.communities["buildings"][c]),
    )
