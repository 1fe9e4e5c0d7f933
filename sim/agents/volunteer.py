"""Registers of people and what becomes of them: who signs up, who is ready, who turns out (志愿者登记与到场).

Being registered and turning out are two things, drawn apart: a drive fills the register fast, what
people then do follows their ties to the place and their voice. There is no register at baseline.
The register itself belongs to the institution that keeps it; hours pledged join the committee's.
"""

from __future__ import annotations

from sim.mechanisms.matters import quantise
from sim.mechanisms.problems import resident_key
from sim.numerics.draws import decision, logistic, uniform
from sim.numerics.fixed_point import decoded
from sim.numerics.jit import kernel, rule
from sim.vocabulary import COMMITTEE

LABEL = "volunteer"
READS = ()
COLUMNS = ("flags", "belonging", "voice")
D_REGISTER = decision("register")
D_READY = decision("ready")
D_TURNOUT = decision("turn out")
REGISTERED, PREPARED = 1, 2  # standing on an institution's register; 0 is not on it


@rule
def turnout(base, w_belonging, belonging, w_voice, voice):
    """Probability that one on the register turns out:
    a logit in belonging and voice (insiders take part more).
    """
    return logistic(base + w_belonging * (belonging - 0.5) + w_voice * voice)


@rule
def with_belonging(rate, belonging):
    """A rate of joining or getting ready, in proportion to belonging:
    rate * 2 B (the rate itself at B = .5).
    """
    return min(1.0, rate * 2.0 * belonging)


@kernel
def muster(c, day, seed, which, need, mark, w, residents, buildings, communities, standing):
    """One round of a register in community ``c``; returns (registered, ready, turned out), persons.

    Only residents with the flag ``need`` (0: everybody); who is ready carries ``mark`` (0: none);
    ``which`` tells registers and occasions apart in the draws. ``w``: join, join by belonging (0 or 1),
    lapse, get ready, stop (probabilities), turn-out's logit, per unit of belonging, per sd of voice.
    """
    community = communities[c]
    registered, ready, out = 0, 0, 0
    for b in range(community.first_building, community.first_building + community.buildings):
        first = buildings[b].first
        for i in range(first, first + buildings[b].size):
            if need != 0 and residents.rec[i].flags & need == 0:
                continue
            key = resident_key(b, first, i)
            belonging = decoded(residents.belonging[i])
            now = standing[i]
            if now == 0:
                chance = with_belonging(w[0], belonging) if w[1] > 0.5 else w[0]
                if uniform(seed, D_REGISTER, key, day, which) < chance:
                    now = REGISTERED
            elif now == REGISTERED:
                u = uniform(seed, D_READY, key, day, which)
                if u < w[2]:
                    now = 0
                elif u >= 1.0 - with_belonging(w[3], belonging):
                    now = PREPARED
            elif uniform(seed, D_READY, key, day, which) < w[4]:
                now = REGISTERED
            standing[i] = now
            if mark != 0:
                others = residents.rec[i].flags & (255 - mark)
                residents.rec[i].flags = others | mark if now == PREPARED else others
            if now != 0:
                registered += 1
                ready += 1 if now == PREPARED else 0
                if uniform(seed, D_TURNOUT, key, day, which) < turnout(
                    w[5], w[6], belonging, w[7], residents.rec[i].voice / 4096.0
                ):
                    out += 1
    return registered, ready, out


@kernel
def give_hours(world, c):
    """Phase (workdays): hours that volunteers have pledged join the committee's. Unit: h."""
    community = world.communities[c]
    if community.pledged <= 0.0:
        return
    community.hours[COMMITTEE] += community.pledged
    community.available[COMMITTEE] += community.pledged
    world.tally[0].avail_committee += community.pledged
    world.tally[0].hours_volunteer += community.pledged


def pledge(world, c: int, before: float, hours: float) -> float:
    """Replace what an institution had pledged in community ``c`` (h per workday) by ``hours``;
    returns what stands now.
    """
    now = float(quantise(max(0.0, hours)))
    world.communities["pledged"][c] += now - before
    return now
