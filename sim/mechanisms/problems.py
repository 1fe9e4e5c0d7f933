"""Problems: conditions arise, grow, and fade.

Every resident owns a Poisson stream of candidates at a constant majorant rate, thinned
by season, kind, root fixes and the building's load, so an added resident or a policy leaves every
other stream alone.
"""

from __future__ import annotations

import numpy as np

from sim.calendar import round_start, weekday_of
from sim.mechanisms.matters import allocate, quantise, severity_now
from sim.mechanisms.records import finish
from sim.numerics.draws import decision, exponential, gamma2, uniform
from sim.numerics.jit import kernel, rule
from sim.vocabulary import (
    ELDERLY,
    FADED,
    LATENT,
    LUMPED,
    MIGRANT,
    NAMED,
    NEEDS_LEVEL2,
    PAST,
    SEEN,
    SLOT_FADE,
    WELFARE,
    YES,
)

D_GAP = decision("problem gap")
D_KIND = decision("problem kind")
D_ACCEPT = decision("problem accepted")
D_SEVERITY = decision("first severity")
D_WORK = decision("work")
D_LEVEL2 = decision("needs level 2")
BLOCK = 32  # residents looked at together for who is due
FIXED_POINT = 1048576.0  # 2**20: sums of severities as integers are the same in any order


@rule
def resident_key(building, first, row):
    """A resident's identity in draws: building and place in it (unmoved by newcomers elsewhere)."""
    return (np.uint64(building) << np.uint64(16)) | np.uint64(row - first)


@rule
def feedback_factor(load28, stock_cap, baseline, feedback):
    """Broken windows: 1 + phi * (X_b - X of the baseline), X_b capped (model rule 1). Unitless, >= 0."""
    return max(0.0, 1.0 + feedback * (min(load28, stock_cap) - baseline))


@rule
def fading_hazard(fading, severity):
    """Rate at which an unvoiced condition goes away by itself: f_k * (1 - s), 1/day (model rule 2)."""
    return fading * (1.0 - severity)


@kernel
def arrival_majorant(params, kinds, season):
    """Upper bound of arrivals relative to the mean rate of a resident in a building of frailty 1."""
    p = params[0]
    peak = 0.0
    for i in range(len(season)):
        peak = max(peak, season[i])
    weight = 1.0 + kinds[WELFARE].share * (p.welfare_elderly_weight - 1.0)
    return peak * weight * feedback_factor(p.stock_cap, p.stock_cap, p.baseline_stock, p.feedback)


@kernel
def next_gap(params, majorant, frailty, seed, key, n):
    """Days to a resident's next candidate problem; far beyond any horizon where frailty is nil."""
    rate = params[0].problem_rate / 365.0 * frailty * majorant
    if rate < 1e-9:
        return 1e9
    return exponential(uniform(seed, D_GAP, key, 0, n)) / rate


@kernel
def start_streams(params, kinds, season, residents, buildings, seed):
    """Set every resident's first candidate."""
    majorant = arrival_majorant(params, kinds, season)
    for b in range(len(buildings)):
        first = buildings[b].first
        for i in range(first, first + buildings[b].size):
            residents.next_problem[i] = next_gap(
                params, majorant, buildings[b].frailty, seed, resident_key(b, first, i), 0
            )


@kernel
def candidate_kind(kinds, elderly, weight, norm, u):
    """Kind met by a candidate, or -1:
    welfare falls on the elderly ``weight`` times as often (model: owner).
    """
    v = u * (1.0 + kinds[WELFARE].share * (weight - 1.0))
    for k in range(len(kinds)):
        v -= kinds[k].share * ((weight if elderly else 1.0) * norm if k == WELFARE else 1.0)
        if v < 0.0:
            return k
    return -1


@kernel
def own_work(kinds, k, seed, key, n):
    """Hours of a matter's n-th job: Gamma(2) with the kind's mean (h); 0 is the job it arose with."""
    return quantise(
        kinds[k].work * gamma2(uniform(seed, D_WORK, key, 0, n), uniform(seed, D_WORK, key, 1, n))
    )


@rule
def job_of(records):
    """Which of a matter's jobs is next: 0 is the one it arose with, then one for every record it had."""
    return 0 if records == 0 else records + 1


@kernel
def create(world, c, day, seed, key, k, i, b):
    """A new latent condition of kind ``k`` owned by resident ``i``; its row, or -1."""
    buildings, communities = world.buildings, world.communities
    matters, tally = world.matters, world.tally
    row = allocate(matters, communities, c, tally)
    if row < 0:
        return row
    matter = matters.rec[row]
    number = key & np.uint64(0xFFFFF)
    matter.building = b
    matter.seat = i - buildings[b].first
    matter.number = number & np.uint64(0xFFFF)
    matter.kind = k
    u = uniform(seed, D_SEVERITY, key, 0, 0)
    matter.severity = world.severity0[int(u * len(world.severity0))]
    matter.flags = NEEDS_LEVEL2 if uniform(seed, D_LEVEL2, key, 0, 0) < world.kinds[k].needs_level2 else 0
    if number >> np.uint64(19):
        matter.flags |= PAST
    matter.ticks = 0
    matter.severity_day = day
    matter.exposed = min(int(world.kinds[k].exposed), buildings[b].size)
    matters.weekday[row] = weekday_of(b, communities[c].first_building, communities[c].buildings)
    t = tally[0]
    t.created += 1.0
    t.open += 1.0
    t.unvoiced += 1.0
    count_group(tally, world.residents.rec[i].flags, YES)
    world.grids[buildings[b].grid].problems += 1.0
    buildings[b].problems += 1
    return row


@kernel
def count_group(tally, flags, problem):
    """Add one problem (or claim) to the equity group of its owner: elderly + 2 * migrant."""
    t = tally[0]
    group = (1 if flags & ELDERLY else 0) + (2 if flags & MIGRANT else 0)
    if problem:
        if group == 0:
            t.problems0 += 1.0
        elif group == 1:
            t.problems1 += 1.0
        elif group == 2:
            t.problems2 += 1.0
        else:
            t.problems3 += 1.0
    elif group == 0:
        t.claims0 += 1.0
    elif group == 1:
        t.claims1 += 1.0
    elif group == 2:
        t.claims2 += 1.0
    else:
        t.claims3 += 1.0


@kernel
def candidates(world, c, day, seed, i, now, bound, majorant, limit):
    """Today's candidate problems of one resident: thinned, or a new latent condition."""
    residents = world.residents
    p = world.params[0]
    weight = p.welfare_elderly_weight
    while residents.next_problem[i] < limit:
        b = np.int64(residents.rec[i].building)
        building = world.buildings[b]
        key = resident_key(b, building.first, i)
        n = residents.problems[i]
        residents.problems[i] = n + 1
        gap = next_gap(world.params, majorant, building.frailty, seed, key, n + 1)
        residents.next_problem[i] += max(gap, 1e-3)
        elderly = residents.rec[i].flags & ELDERLY
        k = candidate_kind(
            world.kinds, elderly, weight, building.welfare_norm, uniform(seed, D_KIND, key, 0, n)
        )
        if k < 0:
            continue
        rate = (
            now
            * (1.0 - world.buildings[b].root[k])
            * feedback_factor(building.load28, p.stock_cap, p.baseline_stock, p.feedback)
        )
        if uniform(seed, D_ACCEPT, key, 0, n) * bound < rate:
            matter_key = (key << np.uint64(20)) | np.uint64(n)
            create(world, c, day, seed, matter_key, k, i, b)


@kernel
def arrive(world, c, day, seed):
    """Phase: candidates due today become latent conditions, or are thinned away.

    Whoever is due is listed first and looked at together: memory answers many questions at once, but one
    after the other takes its time (in a subdistrict of 200,000 each costs as much as 300 operations).
    """
    season, residents, work = world.season, world.residents, world.work
    p = world.params[0]
    community = world.communities[c]
    majorant = arrival_majorant(world.params, world.kinds, season)
    now = season[(day % 365) * len(season) // 365] * world.levers[c].problem_scale
    weight = p.welfare_elderly_weight
    bound = majorant / (1.0 + world.kinds[WELFARE].share * (weight - 1.0))
    limit = np.float32(day + 1)
    last = community.first_resident + community.residents
    listed, seen, room = 0, 0, len(work.rec)
    for block in range(community.first_resident, last, BLOCK):
        due = 0
        for i in range(block, min(block + BLOCK, last)):  # vectorised: most blocks have nobody due
            due += 1 if residents.next_problem[i] < limit else 0
        if due == 0:
            continue
        for i in range(block, min(block + BLOCK, last)):
            if residents.next_problem[i] < limit and listed < room:  # no room: a candidate of tomorrow
                work.rec[listed].todo = i
                listed += 1
    for j in range(listed):
        i = work.rec[j].todo
        seen += residents.problems[i] + world.buildings[residents.rec[i].building].first
    work.count[SEEN] = seen
    for j in range(listed):
        candidates(world, c, day, seed, work.rec[j].todo, now, bound, majorant, limit)


@kernel
def load(world, c, day):
    """Phase: once a week each building sums the severity of its open conditions,
    per resident (model rules 1, 12).
    """
    buildings, matters = world.buildings, world.matters
    p = world.params[0]
    community = world.communities[c]
    today = day % 7
    first = round_start(community.first_building, community.buildings, today)
    last = round_start(community.first_building, community.buildings, today + 1)
    for b in range(first, last):
        buildings[b].sum_load = 0
        buildings[b].sum_ambient = 0
    capacity = len(matters.rec) // len(world.communities)
    for row in range(c * capacity, c * capacity + community.used):
        if matters.weekday[row] == today:
            matter = matters.rec[row]
            s = severity_now(matters, row, world.params, day)
            buildings[matter.building].sum_load += np.int64(s * FIXED_POINT)
            seen = min(float(matter.exposed), p.load_exposed_cap)
            buildings[matter.building].sum_ambient += np.int64(s * seen * FIXED_POINT)
    for b in range(first, last):
        building = buildings[b]
        scale = FIXED_POINT * building.size
        building.load = min(building.sum_load / scale, p.stock_cap)
        building.load28 += 0.25 * (building.load - building.load28)
        building.ambient = min(building.sum_ambient / scale, p.load_cap)


@kernel
def fade(world, c, day):
    """Phase: latent, named and lumped conditions may go away by themselves."""
    matters, work = world.matters, world.work
    for n in range(work.count[SLOT_FADE], work.count[SLOT_FADE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        matter = matters.rec[row]
        if matter.stage == LATENT or matter.stage == NAMED or matter.stage == LUMPED:
            kind = world.kinds[matter.kind]
            if work.rec[j].value < fading_hazard(kind.fading, severity_now(matters, row, world.params, day)):
                finish(world, row, FADED, int(kind.pool))
