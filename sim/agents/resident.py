"""Residents: whether, when and where a problem is brought (their minds' slow drift is in mind.py).

Naming, blaming, claiming (Felstiner, Abel & Sarat 1980); exit, voice and loyalty (Hirschman
1970); the dispute pagoda (Michelson 2007).
"""

from __future__ import annotations

import math

import numpy as np

from sim.mechanisms.evaluation import EFFICACY, evaluate
from sim.mechanisms.matters import (
    case_of,
    dequeue,
    enqueue_level1,
    finish,
    heat_at,
    key_of,
    open_record,
    owner_of,
    quantise,
    set_stage,
    set_vday,
    severity_now,
    sort_todo,
    take_case,
)
from sim.mechanisms.problems import count_group, job_of, own_work
from sim.mechanisms.workforce import ties_now
from sim.numerics.draws import decision, exp, log, logistic, uniform
from sim.numerics.fixed_point import felt, kept
from sim.numerics.jit import kernel, rule
from sim.vocabulary import (
    ADOPTED,
    APP,
    CLAIMED,
    COLD,
    COUNCIL,
    DIRECT,
    EXITED,
    GRID_WORKER,
    LATENT,
    LEVEL1_QUEUE,
    LUMPED,
    NAMED,
    NO,
    OPEN,
    OUT_OF_SCOPE,
    PARTY_MEMBER,
    SEEN,
    SETTLED,
    SLOT_COCLAIM,
    SLOT_DECIDE,
    TODO,
    USED,
    WAS_DIRECT,
    WAS_NAMED,
    WECHAT,
    YES,
)

LABEL = "resident"
READS = (
    "open_counter",
    "open_hotline",
    "open_grid_worker",
    "open_party_member",
    "open_wechat",
    "open_app",
    "open_council",
    "merge_gain",
    "app_priority",
    "status_info",
    "app_launch",
    "app_merit",
    "app_booking",
    "council_voice",
    "problem_scale",
)
COLUMNS = (
    "building",
    "household",
    "flags",
    "digital",
    "voice",
    "disposition",
    "threshold",
    "openness",
    "satisfaction",
    "expectation",
    "trust",
    "belonging",
    "efficacy",
    "next_problem",
    "problems",
    "exit_until",
    "acts",
    "withhold",
)
D_CHOICE = decision("channel choice")
D_TALK = decision("direct talk")
D_SCOPE = decision("out of scope")
D_MERGE = decision("co-claim merged")
D_COCLAIMER = decision("co-claimant")


@rule
def naming_hazard(rate, severity):
    """Rate at which a latent condition is named as a problem: .04 s**1.5, 1/day (model rule 2)."""
    return rate * severity * math.sqrt(severity)


@rule
def deciding_hazard(rate, severity):
    """Rate at which the owner decides what to do: .12 s once named, .02 s once lumped, 1/day (model rule
    3).
    """
    return rate * severity


@rule
def direct_utility(constant, w_belonging, belonging, w_severity, severity, w_selfhelp, selfhelp):
    """Utility of talking to the counterparty: -.7 + 1.4 (B - .5) + .8 s + .8 (C_b - .5) (model rule 3)."""
    return constant + w_belonging * (belonging - 0.5) + w_severity * severity + w_selfhelp * (selfhelp - 0.5)


@rule
def formal_utility(
    constant, w_severity, severity, w_efficacy, efficacy, w_voice, voice, w_trust, trust, cost
):
    """Utility of a formal channel: -4.9 + 2.6 s + 1.5 (eff - .5) + .6 v + .8 (T - .5) - cost (model rule
    3).
    """
    return (
        constant
        + w_severity * severity
        + w_efficacy * (efficacy - 0.5)
        + w_voice * voice
        + w_trust * (trust - 0.5)
        - cost
    )


@rule
def channel_cost(base, slope, tie, digital):
    """Effort of a channel: flat (slope 0), base (1 - tie) (slope 1) or base (1 - digital) (slope 2)
    (model rule 3).
    """
    if slope == 1.0:
        return base * (1.0 - tie)
    if slope == 2.0:
        return base * (1.0 - digital)
    return base


@rule
def nest_weight(total, dissimilarity):
    """exp of the formal nest's inclusive value: (sum of exp(V / lambda)) ** lambda (nested logit,
    McFadden 1978).
    """
    if total <= 0.0:
        return 0.0
    return exp(dissimilarity * log(total))


@rule
def talk_success(
    constant, w_belonging, belonging, w_severity, severity, w_kind, conflict, w_selfhelp, selfhelp
):
    """Probability that neighbours settle it themselves (model rule 4), 0-1."""
    return logistic(
        constant
        + w_belonging * (belonging - 0.5)
        - w_severity * severity
        + w_kind * (1.0 - conflict)
        + w_selfhelp * (selfhelp - 0.5)
    )


@kernel
def name(c, day, params, residents, buildings, m, work, tally):
    """Phase: latent conditions are named; cold conflicts and those who had given up come back."""
    p = params[0]
    for n in range(work.count[SLOT_DECIDE], work.count[SLOT_DECIDE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        stage = m.rec[row].stage
        if stage == LATENT:
            work.rec[j].slot = USED
            if work.rec[j].value < naming_hazard(p.naming_rate, severity_now(m, row, params, day)):
                set_stage(m, row, NAMED, tally)
                m.rec[row].flags |= WAS_NAMED
                tally[0].named += 1.0
        elif stage == COLD:
            work.rec[j].slot = USED
            if work.rec[j].value < p.cold_rate:
                come_back(m, row, tally)
        elif stage == EXITED and residents.rec[owner_of(m, buildings, row)].exit_until <= day:
            work.rec[j].slot = USED
            come_back(m, row, tally)


@kernel
def come_back(m, row, tally):
    """A conflict gone cold is taken up again: waited for where a record is still open, else named."""
    set_stage(m, row, CLAIMED if case_of(m, row).record == OPEN else NAMED, tally)


@kernel
def channel_weight(
    k, c, day, params, channels, levers, residents, households, buildings, grids, communities, m, row, s
):
    """exp(V / lambda) of formal channel ``k`` for a matter's owner (model rule 3); 0 where it cannot be
    used.
    """
    p = params[0]
    i, building = owner_of(m, buildings, row), buildings[m.rec[row].building]
    person = residents.rec[i]
    if communities[c].opened[k] != 1 or person.exit_until > day:
        return 0.0
    if k == APP and person.flags & ADOPTED == 0:
        return 0.0
    if k == COUNCIL and not 0 <= communities[c].next_meeting - day <= p.council_window:
        return 0.0
    tie = 0.0
    if channels[k].cost_slope == 1.0:
        if k == PARTY_MEMBER:
            tie = min(1.0, building.zone)
        else:
            h = communities[c].first_household + person.household
            with_committee, with_grid = ties_now(households, params, h, grids[building.grid].present, day)
            tie = with_grid if k == GRID_WORKER else with_committee
    cost = channel_cost(channels[k].cost_base, channels[k].cost_slope, tie, person.digital / 65535.0)
    v = formal_utility(
        p.formal_constant,
        p.formal_severity,
        s,
        p.formal_efficacy,
        residents.efficacy[i, k] / EFFICACY,
        p.formal_voice,
        person.voice / 4096.0,
        p.formal_trust,
        felt(residents.trust[i]),
        cost,
    )
    return exp(v / p.dissimilarity)


@kernel
def choose(
    c,
    day,
    seed,
    params,
    kinds,
    channels,
    levers,
    residents,
    households,
    buildings,
    grids,
    communities,
    m,
    row,
    s,
):
    """One nested-logit decision of an owner: -2 lump, -1 direct talk, else the channel's code."""
    p = params[0]
    r = m.rec[row]
    total = 0.0
    for k in range(len(channels)):
        total += channel_weight(
            k,
            c,
            day,
            params,
            channels,
            levers,
            residents,
            households,
            buildings,
            grids,
            communities,
            m,
            row,
            s,
        )
    nest = nest_weight(total, p.dissimilarity)
    talk = 0.0
    if kinds[r.kind].direct > 0.0:
        belonging = felt(residents.belonging[owner_of(m, buildings, row)])
        talk = exp(
            direct_utility(
                p.direct_constant,
                p.direct_belonging,
                belonging,
                p.direct_severity,
                s,
                p.direct_selfhelp,
                buildings[r.building].selfhelp,
            )
        )
    u = uniform(seed, D_CHOICE, key_of(m, row), 0, r.ticks) * (1.0 + talk + nest)
    if u < 1.0:
        return np.int64(-2)
    if u < 1.0 + talk:
        return -1
    u = (u - 1.0 - talk) / nest * total
    for k in range(len(channels)):
        u -= channel_weight(
            k,
            c,
            day,
            params,
            channels,
            levers,
            residents,
            households,
            buildings,
            grids,
            communities,
            m,
            row,
            s,
        )
        if u < 0.0:
            return k
    return 0


@kernel
def decide(
    c,
    day,
    seed,
    params,
    kinds,
    channels,
    levers,
    residents,
    households,
    buildings,
    grids,
    communities,
    m,
    work,
    tally,
    cohorts,
):
    """Phase: owners of named and lumped conditions lump, talk to the counterparty, or claim."""
    p = params[0]
    work.count[TODO] = 0
    for n in range(work.count[SLOT_DECIDE], work.count[SLOT_DECIDE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        r = m.rec[row]
        if work.rec[j].slot == USED or (r.stage != NAMED and r.stage != LUMPED):
            continue
        work.rec[j].slot = USED
        if case_of(m, row).pause_until > day:  # after a failed talk nothing is decided for a while
            continue
        rate = p.decide_named if r.stage == NAMED else p.decide_lumped
        if work.rec[j].value < deciding_hazard(rate, severity_now(m, row, params, day)):
            work.rec[work.count[TODO]].todo = row
            work.count[TODO] += 1
    sort_todo(m, work)
    look_at_owners(residents, buildings, m, work)
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        if m.rec[row].stage != NAMED and m.rec[row].stage != LUMPED:
            continue  # listed twice today and already gone its way
        s = severity_now(m, row, params, day)
        what = choose(
            c,
            day,
            seed,
            params,
            kinds,
            channels,
            levers,
            residents,
            households,
            buildings,
            grids,
            communities,
            m,
            row,
            s,
        )
        if what == -1:
            talk(
                c,
                day,
                seed,
                params,
                kinds,
                residents,
                buildings,
                grids,
                communities,
                m,
                work,
                row,
                s,
                tally,
                cohorts,
            )
        elif what >= 0:
            claim(
                c,
                day,
                seed,
                params,
                kinds,
                channels,
                levers,
                residents,
                households,
                buildings,
                grids,
                communities,
                m,
                row,
                what,
                tally,
                cohorts,
            )
        elif m.rec[row].stage == NAMED:
            set_stage(m, row, LUMPED, tally)


@kernel
def look_at_owners(residents, buildings, m, work):
    """Have memory fetch what today's decisions will read, all at once (see problems.arrive)."""
    seen = 0
    for j in range(work.count[TODO]):
        r = m.rec[work.rec[j].todo]
        i = buildings[r.building].first + r.seat
        seen += (
            residents.rec[i].digital
            + residents.trust[i]
            + residents.belonging[i]
            + residents.efficacy[i, 0]
            + m.cases[r.case].records
        )
    work.count[SEEN] = seen


@kernel
def talk(
    c, day, seed, params, kinds, residents, buildings, grids, communities, m, work, row, s, tally, cohorts
):
    """Direct talk with the counterparty: settled, or named again and hotter (model rule 4)."""
    p = params[0]
    r = m.rec[row]
    i, building, kind = owner_of(m, buildings, row), buildings[r.building], kinds[r.kind]
    set_stage(m, row, DIRECT, tally)
    r.flags |= WAS_DIRECT | WAS_NAMED
    acted(residents, i)
    tally[0].direct += 1.0
    building.state_share -= p.selfhelp_memory * building.state_share
    belonging = felt(residents.belonging[i])
    chance = talk_success(
        p.talk_constant,
        p.talk_belonging,
        belonging,
        p.talk_severity,
        s,
        p.talk_kindness,
        kind.conflict,
        p.talk_selfhelp,
        building.selfhelp,
    )
    if uniform(seed, D_TALK, key_of(m, row), 0, r.ticks) < chance:
        residents.belonging[i] = kept(belonging + p.talk_gain * (1.0 - belonging))
        tally[0].direct_settled += 1.0
        finish(m, work, buildings, grids, communities, row, SETTLED, int(kind.pool), tally, cohorts)
    else:
        residents.belonging[i] = kept(belonging - p.talk_loss * belonging)
        q = take_case(m, communities, c, row, tally)
        q.heat = min(p.heat_cap, heat_at(q.heat, p.heat_half_life, day - q.heat_day) + p.talk_heat)
        q.heat_day = day
        q.pause_until = day + int(p.pause_days)
        set_stage(m, row, NAMED, tally)


@kernel
def acted(residents, i):
    """Count an act of participation (saturates at 255 a year)."""
    if residents.rec[i].acts < 255:
        residents.rec[i].acts += 1


@kernel
def claim(
    c,
    day,
    seed,
    params,
    kinds,
    channels,
    levers,
    residents,
    households,
    buildings,
    grids,
    communities,
    m,
    row,
    channel,
    tally,
    cohorts,
):
    """A formal claim: answered as out of scope, or recorded and queued at level 1.

    Its first day is never reset.
    """
    p = params[0]
    r = m.rec[row]
    q = take_case(m, communities, c, row, tally)
    i, b, k = owner_of(m, buildings, row), np.int64(r.building), np.int64(r.kind)
    g = buildings[b].grid
    pool = int(kinds[k].pool)
    t = tally[0]
    if q.first_claim < 0:
        q.first_claim = day
        t.unvoiced -= 1.0
    else:
        t.reclaims += 1.0
    q.claims += 1
    q.channel = channel
    r.flags |= WAS_NAMED
    t.claims += 1.0
    if channel == APP:
        t.app_claims += 1.0
    if channel == APP or channel == WECHAT:
        t.web_claims += 1.0
    count_group(tally, residents.rec[i].flags, NO)
    acted(residents, i)
    grids[g].claims += 1.0
    buildings[b].claims += 1
    buildings[b].kind_claims[k] += 1.0
    if uniform(seed, D_SCOPE, key_of(m, row), 0, q.claims) < p.out_of_scope:
        t.out_of_scope += 1.0
        q.record = OUT_OF_SCOPE
        if r.stage == NAMED:
            set_stage(m, row, LUMPED, tally)
        evaluate(
            row,
            p.outcome_none,
            NO,
            pool,
            params,
            levers,
            c,
            residents,
            households,
            buildings,
            grids,
            communities,
            m,
            day,
            seed,
            tally,
        )
        return
    t.dispatched += 1.0
    if q.records == 0:
        t.contact_due += 1.0
    if q.work <= 0.0:  # claimed for the first time, or again after a partial fix: a new job of the same kind
        q.work = own_work(kinds, k, seed, key_of(m, row), job_of(q.records))
    q.work = quantise(q.work + channels[channel].face * p.transcription_hours)
    set_stage(m, row, CLAIMED, tally)
    open_record(m, row, YES, day, tally, cohorts)
    ahead = levers[c].app_priority if channel == APP else 0.0
    set_vday(m, row, params, min(1.0, max(0.0, p.kpi + levers[c].kpi)), ahead, day)
    enqueue_level1(m, grids, communities, row, pool, c, g)


@kernel
def coclaim(
    c, day, seed, params, kinds, channels, levers, residents, buildings, grids, communities, m, work, tally
):
    """Phase: others exposed to an open, claimed condition claim it too; merged, or more work and a louder
    matter.
    """
    p = params[0]
    for n in range(work.count[SLOT_COCLAIM], work.count[SLOT_COCLAIM + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        r = m.rec[row]
        if case_of(m, row).record != OPEN or case_of(m, row).first_claim < 0:
            continue
        q = case_of(m, row)
        if work.rec[j].value >= p.coclaim_rate * severity_now(m, row, params, day) * (r.exposed - 1):
            continue
        b = r.building
        building = buildings[b]
        i = building.first + int(uniform(seed, D_COCLAIMER, key_of(m, row), 0, r.ticks) * building.size)
        by_app = residents.rec[i].flags & ADOPTED and levers[c].open_app > 0.5
        t = tally[0]
        t.claims += 1.0
        t.coclaims += 1.0
        if by_app:
            t.app_claims += 1.0
            t.web_claims += 1.0
        q.claims += 1
        count_group(tally, residents.rec[i].flags, NO)
        acted(residents, i)
        grids[building.grid].claims += 1.0
        building.claims += 1
        extra = 0.0 if by_app else p.transcription_hours
        if uniform(seed, D_MERGE, key_of(m, row), 0, r.ticks) < min(
            1.0, p.merge_probability + levers[c].merge_gain
        ):
            t.merged += 1.0
        else:
            t.dispatched += 1.0
            extra += p.unmerged_work * kinds[r.kind].work
        if q.place == LEVEL1_QUEUE:
            requeue(c, day, params, kinds, levers, grids, communities, m, row, quantise(extra), building.grid)


@kernel
def requeue(c, day, params, kinds, levers, grids, communities, m, row, extra, g):
    """A matter in level 1's queue gets more work and is heard louder: it moves up."""
    p = params[0]
    q = case_of(m, row)
    pool = int(kinds[m.rec[row].kind].pool)
    arriving = q.work
    dequeue(m, grids, communities, row, pool, c, g)
    q.work += extra
    ahead = levers[c].app_priority if q.channel == APP else 0.0
    set_vday(m, row, params, min(1.0, max(0.0, p.kpi + levers[c].kpi)), ahead, day)
    enqueue_level1(m, grids, communities, row, pool, c, g)
    communities[c].arriving[pool] -= arriving  # only the extra hours are new
    if pool == 0:
        grids[g].arriving -= arriving
