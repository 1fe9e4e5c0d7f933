"""Participation of residents, and what attendance does to those who come.

One logit for elections, courses, events, proposals: age, Party membership, stake, belonging, voice,
neighbour ties and digital skill, with weights that each policy declares. Coming is the residents' own
act; a gain of belonging at an event is the documented contact by which institutions reach it.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.problems import resident_key
from sim.mechanisms.workforce import contact
from sim.numerics.draws import decision, logistic, uniform
from sim.numerics.fixed_point import decoded, encoded
from sim.numerics.jit import kernel, rule
from sim.vocabulary import ELDERLY, MIGRANT, NO, OWNER, PARTY, YOUNG
from sim.world.people import VOICE

WEIGHTS = ("base", "young", "elderly", "party", "migrant", "owner", "belonging", "voice", "ties", "digital")
D_ROLL = decision("migrant on the roll")


@rule
def participation(base, stake, w_belonging, belonging, w_voice, voice, w_ties, ties, w_digital, digital):
    """Probability of taking part (model rules 19, 20), 0-1;
    ``stake`` sums the weights of the groups one is in.

    sigma(base + stake + w_B (B - .5) + w_v v + w_t (ties - 10) / 10 + w_d (d - .5)).
    """
    engaged = w_belonging * (belonging - 0.5) + w_voice * voice
    return logistic(base + stake + engaged + w_ties * (ties - 10.0) / 10.0 + w_digital * (digital - 0.5))


@kernel
def take_part(c, day, seed, what, w, need, registered, residents, buildings, communities, eager):
    """Fill ``eager`` (residents of community ``c``): -1 not asked, above 1 comes, the more the keener.

    ``need``: flags that one must have (NO: everybody); ``registered``: share of migrants on the roll (a
    fixed draw each). Who has given up on institutions is not reached.
    """
    community = communities[c]
    for b in range(community.first_building, community.first_building + community.buildings):
        first = buildings[b].first
        for i in range(first, first + buildings[b].size):
            person = residents.rec[i]
            flags = person.flags
            k = i - community.first_resident
            eager[k] = -1.0
            if flags & need != need or person.exit_until > day:
                continue
            if (
                flags & MIGRANT
                and registered < 1.0
                and uniform(seed, D_ROLL, resident_key(b, first, i), 0, 0) >= registered
            ):
                continue
            stake = w[1] if flags & YOUNG else (w[2] if flags & ELDERLY else 0.0)
            stake += (
                (w[3] if flags & PARTY else 0.0)
                + (w[4] if flags & MIGRANT else 0.0)
                + (w[5] if flags & OWNER else 0.0)
            )
            ties = float(residents.near_n[i] + residents.far_n[i])
            chance = participation(
                w[0],
                stake,
                w[6],
                decoded(residents.belonging[i]),
                w[7],
                person.voice / 4096.0,
                w[8],
                ties,
                w[9],
                person.digital / 65535.0,
            )
            eager[k] = chance / max(uniform(seed, what, resident_key(b, first, i), day, 0), 1e-9)


@rule
def belonging_after(belonging, gain):
    """Belonging after an event that one attended: B + .02 (1 - B) (model table of policies), 0-1."""
    return belonging + gain * (1.0 - belonging)


@rule
def voice_after(voice, gain, ceiling):
    """Voice after a course: v + gain (ceiling - v) where below the ceiling, sd;
    the vocal learn nothing new.
    """
    return voice + gain * max(0.0, ceiling - voice)


@kernel
def acted(residents, i):
    """Count an act of participation (saturates at 255 a year)."""
    if residents.rec[i].acts < 255:
        residents.rec[i].acts += 1


@kernel
def meet(c, day, gain, voice_gain, ceiling, staffed, came, params, residents, households, communities):
    """Those who ``came`` (uint8 over residents of community ``c``)
    belong more, speak up better, meet staff.
    """
    community = communities[c]
    for k in range(community.residents):
        if came[k]:
            i = community.first_resident + k
            residents.belonging[i] = encoded(belonging_after(decoded(residents.belonging[i]), gain))
            if voice_gain > 0.0:
                voice = voice_after(residents.rec[i].voice / 4096.0, voice_gain, ceiling)
                residents.rec[i].voice = np.int16(voice * 4096.0 + (0.5 if voice >= 0.0 else -0.5))
            if staffed:
                contact(households, params, community.first_household + residents.rec[i].household, NO, day)
            acted(residents, i)


def rows(world, c: int) -> slice:
    """Rows of the residents of a community."""
    first = int(world.communities["first_resident"][c])
    return slice(first, first + int(world.communities["residents"][c]))


def ask(
    world, c: int, day: int, seed: int, what, weights: np.ndarray, need=NO, registered: float = 1.0
) -> np.ndarray:
    """Eagerness of every resident of a community (float64): -1 not asked, above 1 comes."""
    eager = np.empty(int(world.communities["residents"][c]))
    take_part(
        c,
        day,
        seed,
        what,
        weights,
        need,
        registered,
        world.residents,
        world.buildings,
        world.communities,
        eager,
    )
    return eager


def keenest(eager: np.ndarray, places: int) -> np.ndarray:
    """Who of those who would come gets one of ``places``: a boolean over residents (ties by row)."""
    came = eager > 1.0
    if int(came.sum()) > places:
        order = np.argsort(-eager, kind="stable")[:places]
        came = np.zeros_like(came)
        came[order] = True
    return came


def groups(world, c: int) -> dict[str, np.ndarray]:
    """Boolean over a community's residents by name:
    age groups, Party, ties at or above the median, estates.
    """
    here = rows(world, c)
    flags = world.residents.rec["flags"][here].astype(int)
    ties = world.residents.near_n[here].astype(int) + world.residents.far_n[here]
    estate = world.buildings["estate"][world.residents.rec["building"][here]]
    young, elderly = (flags & YOUNG) > 0, (flags & ELDERLY) > 0
    return {
        "young": young,
        "adult": ~young & ~elderly,
        "elderly": elderly,
        "party": (flags & PARTY) > 0,
        "tied": ties >= np.median(ties) if len(ties) else ties > 0,
        "old": estate == 0,
        "renewal": estate == 1,
        "commodity": estate == 2,
    }


def count_joined(world, c: int, asked: np.ndarray, came: np.ndarray) -> None:
    """Tally who was asked to courses and events and who came, for the odds of insiders."""
    t, who = world.tally[0], groups(world, c)
    voice = world.residents.rec["voice"][rows(world, c)] / VOICE
    t["joined"] += came.sum()
    t["asked"] += asked.sum()
    for name in ("party", "tied"):
        t[f"joined_{name}"] += (came & who[name]).sum()
        t[f"asked_{name}"] += (asked & who[name]).sum()
    t["joined_voice_gap"] += voice[came].sum() - came.sum() * (voice[asked].mean() if asked.any() else 0.0)


def compile_attendance(world, seed: int) -> None:
    """Compile both kernels (warm-up); nobody comes."""
    n = int(world.communities["residents"][0])
    take_part(
        0,
        0,
        seed,
        np.uint64(1),
        np.zeros(len(WEIGHTS)),
        NO,
        1.0,
        world.residents,
        world.buildings,
        world.communities,
        np.empty(n),
    )
    meet(
        0,
        0,
        0.0,
        0.0,
        0.0,
        False,
        np.zeros(n, np.uint8),
        world.params,
        world.residents,
        world.households,
        world.communities,
    )


class Reached:
    """Who has been reached at least once in the institution's current year, by community."""

    def __init__(self) -> None:
        self.year, self.seen = -1, {}

    def add(self, c: int, came: np.ndarray, days: int) -> int:
        """Newly reached residents; ``days`` since the institution began."""
        if days // 365 != self.year:
            self.year, self.seen = days // 365, {}
        before = self.seen.get(c, np.zeros(len(came), bool))
        self.seen[c] = before | came
        return int((came & ~before).sum())
