"""Party members (党员): present everywhere; active hours only under zones.

Baseline has its 1,180 members and no zones: the lever is zero, and zero is exactly off. A zone
works where two or more active members live in a building, hence convexity in density. Under
branches (双报到) registering is one thing and being ready for work another: who is registered on
paper is the institution's list, who is ready carries the flag READY.
"""

from __future__ import annotations

from sim.mechanisms.matters import quantise
from sim.mechanisms.problems import resident_key
from sim.numerics.draws import decision, uniform
from sim.numerics.jit import kernel, rule
from sim.vocabulary import ACTIVE, COMMITTEE, PARTY, READY

LABEL = "party_member"
READS = ("party_active", "party_mandate", "open_party_member", "party_branches", "party_call")
COLUMNS = ("flags",)
D_ACTIVE = decision("active member")


@rule
def zone_hours(members, hours_year, efficiency, fatigue):
    """Useful hours per workday of active members in working zones (model rule 21). Unit: h."""
    return members * hours_year * efficiency * (1.0 - fatigue) / 261.0


@rule
def fatigue_after(fatigue, mandate, rate):
    """Weekly fatigue of mandated hours: + rate * mandate * (1 - fatigue);
    recovers as fast without (model rule 21).
    """
    return min(1.0, max(0.0, fatigue + rate * mandate * (1.0 - fatigue) - rate * (1.0 - mandate) * fatigue))


@rule
def willing_share(active, call):
    """Share of members willing to give hours: the active share,
    more under an emergency's call; none without zones (rule 21).
    """
    return min(1.0, active + call) if active > 0.0 else 0.0


@rule
def registering(voluntary, drive, mandate):
    """Probability a month that an unregistered member registers:
    own accord, and the drive as far as it is mandated. 1/month.
    """
    return min(1.0, voluntary + drive * mandate)


@rule
def session_logit(base, by_mandate, mandate, by_fatigue, fatigue):
    """Logit of coming to a study session:
    mandates fill the room, fatigue empties it. Attendance, not governance.
    """
    return base + by_mandate * mandate - by_fatigue * fatigue


@kernel
def form_zones(world, c, day, seed):
    """Phase (weekly): who is active, and in which buildings two or more of them make a zone work."""
    levers, residents, buildings = world.levers, world.residents, world.buildings
    community = world.communities[c]
    share = willing_share(levers[c].party_active, levers[c].party_call)
    branches = levers[c].party_branches > 0.5
    if day % 7 != 0 or (share <= 0.0 and community.active_members == 0.0):
        return
    p = world.params[0]
    in_zones = 0
    everybody = 0
    for b in range(community.first_building, community.first_building + community.buildings):
        active = 0
        for i in range(buildings[b].first, buildings[b].first + buildings[b].size):
            if residents.rec[i].flags & PARTY:
                ready = residents.rec[i].flags & READY != 0 or not branches
                if ready and uniform(seed, D_ACTIVE, resident_key(b, buildings[b].first, i), 0, 0) < share:
                    residents.rec[i].flags |= ACTIVE
                    active += 1
                else:
                    residents.rec[i].flags &= 255 - ACTIVE
        buildings[b].zone = active if active >= p.party_zone_members else 0
        in_zones += buildings[b].zone
        everybody += active
    community.zone_share = in_zones
    world.tally[0].active_members += everybody - community.active_members
    community.active_members = everybody
    community.party_fatigue = fatigue_after(community.party_fatigue, levers[c].party_mandate, p.party_fatigue)


@kernel
def volunteer(world, c):
    """Phase (workdays): zone hours join the committee's."""
    p = world.params[0]
    community = world.communities[c]
    if community.zone_share <= 0.0:
        return
    hours = quantise(
        zone_hours(community.zone_share, p.party_hours, p.party_efficiency, community.party_fatigue)
    )
    community.hours[COMMITTEE] += hours
    community.available[COMMITTEE] += hours
    world.tally[0].avail_committee += hours
    world.tally[0].hours_volunteer += hours
