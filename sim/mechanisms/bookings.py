"""Bookings on a platform: who of the adopters books, and which open needs of theirs a service meets.

A booked service ends a welfare need that nobody was asked to deal with: the condition goes away
(FADED), without claim or record. Needs already claimed stay with the committee.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.matters import key_of, owner_of
from sim.mechanisms.problems import resident_key
from sim.mechanisms.records import finish, release
from sim.numerics.draws import decision, poisson, uniform
from sim.numerics.jit import kernel
from sim.vocabulary import ADOPTED, FADED, LATENT, LUMPED, NAMED, WELFARE

D_BOOK = decision("booking")
D_FITS = decision("service fits")


@kernel
def book(c, day, seed, rate, residents, buildings, communities, booked):
    """Bookings of one round:
    Poisson(``rate``) for each adopter into ``booked`` (uint8); returns their sum.
    """
    community = communities[c]
    total = 0
    for b in range(community.first_building, community.first_building + community.buildings):
        first = buildings[b].first
        for i in range(first, first + buildings[b].size):
            n = 0
            if residents.rec[i].flags & ADOPTED:
                n = poisson(rate, uniform(seed, D_BOOK, resident_key(b, first, i), day, 0))
            booked[i - community.first_resident] = min(n, 255)
            total += n
    return total


@kernel
def meet_needs(world, c, day, seed, chance, booked):
    """Unclaimed welfare needs whose owner booked this round end with ``chance``; returns how many."""
    communities, matters = world.communities, world.matters
    community = communities[c]
    base = c * (len(matters.rec) // len(communities))
    met = 0
    for row in range(base, base + community.used):
        matter = matters.rec[row]
        if matter.kind != WELFARE or (
            matter.stage != LATENT and matter.stage != NAMED and matter.stage != LUMPED
        ):
            continue
        if (
            booked[owner_of(matters, world.buildings, row) - community.first_resident] > 0
            and uniform(seed, D_FITS, key_of(matters, row), day, 0) < chance
        ):
            if finish(world, row, FADED, int(world.kinds[WELFARE].pool)):
                met += 1
    release(world, c)  # the rows of this community go back to its own list
    return met


def served_share(bookings: float, capacity: float) -> float:
    """Share of bookings that find a free resource: min(1, capacity / bookings), 0-1."""
    return 1.0 if bookings <= capacity else max(0.0, capacity) / bookings


def round_of_bookings(world, c: int, day: int, seed: int, rate: float, capacity: float, fits: float) -> None:
    """One round:
    ``rate`` bookings an adopter, ``capacity`` services, of which a share ``fits`` meets a need.
    """
    booked = np.zeros(int(world.communities["residents"][c]), np.uint8)
    wanted = book(c, day, seed, rate, world.residents, world.buildings, world.communities, booked)
    served = served_share(wanted, capacity)
    t = world.tally[0]
    t["bookings_wanted"] += wanted
    t["bookings"] += wanted * served
    t["bookings_welfare"] += meet_needs(world, c, day, seed, fits * served, booked)
