"""Residents: conditions are named, and their owners decide what to do about them.

How they choose is choice.py, what becomes of it direct_talk.py and claims.py, the slow drift of attitudes
weekly_round.py (all in mechanisms). The dispute pagoda: Felstiner, Abel & Sarat 1980; Michelson 2007.
"""

from __future__ import annotations

from sim.mechanisms.choice import choose, deciding_hazard, naming_hazard
from sim.mechanisms.claims import claim
from sim.mechanisms.direct_talk import talk
from sim.mechanisms.matters import case_of, owner_of, set_stage, severity_now, sort_todo
from sim.numerics.jit import kernel
from sim.vocabulary import (
    CLAIMED,
    COLD,
    EXITED,
    LATENT,
    LUMPED,
    NAMED,
    OPEN,
    SEEN,
    SLOT_DECIDE,
    TODO,
    USED,
    WAS_NAMED,
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


@kernel
def name(world, c, day):
    """Phase: latent conditions are named; cold conflicts and those who had given up come back."""
    matters, work, tally = world.matters, world.work, world.tally
    p = world.params[0]
    for n in range(work.count[SLOT_DECIDE], work.count[SLOT_DECIDE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        stage = matters.rec[row].stage
        if stage == LATENT:
            work.rec[j].slot = USED
            if work.rec[j].value < naming_hazard(
                p.naming_rate, severity_now(matters, row, world.params, day)
            ):
                set_stage(matters, row, NAMED, tally)
                matters.rec[row].flags |= WAS_NAMED
                tally[0].named += 1.0
        elif stage == COLD:
            work.rec[j].slot = USED
            if work.rec[j].value < p.cold_rate:
                come_back(matters, row, tally)
        elif (
            stage == EXITED and world.residents.rec[owner_of(matters, world.buildings, row)].exit_until <= day
        ):
            work.rec[j].slot = USED
            come_back(matters, row, tally)


@kernel
def come_back(matters, row, tally):
    """A conflict gone cold is taken up again: waited for where a record is still open, else named."""
    set_stage(matters, row, CLAIMED if case_of(matters, row).record == OPEN else NAMED, tally)


@kernel
def decide(world, c, day, seed):
    """Phase: owners of named and lumped conditions lump, talk to the counterparty, or claim."""
    matters, work = world.matters, world.work
    p = world.params[0]
    work.count[TODO] = 0
    for n in range(work.count[SLOT_DECIDE], work.count[SLOT_DECIDE + 1]):
        j = work.rec[n].pick
        row = work.rec[j].row
        matter = matters.rec[row]
        if work.rec[j].slot == USED or (matter.stage != NAMED and matter.stage != LUMPED):
            continue
        work.rec[j].slot = USED
        if case_of(matters, row).pause_until > day:  # after a failed talk nothing is decided for a while
            continue
        rate = p.decide_named if matter.stage == NAMED else p.decide_lumped
        if work.rec[j].value < deciding_hazard(rate, severity_now(matters, row, world.params, day)):
            work.rec[work.count[TODO]].todo = row
            work.count[TODO] += 1
    sort_todo(matters, work)
    look_at_owners(world.residents, world.buildings, matters, work)
    for j in range(work.count[TODO]):
        row = work.rec[j].todo
        if matters.rec[row].stage != NAMED and matters.rec[row].stage != LUMPED:
            continue  # listed twice today and already gone its way
        s = severity_now(matters, row, world.params, day)
        what = choose(world, c, day, seed, row, s)
        if what == -1:
            talk(world, c, day, seed, row, s)
        elif what >= 0:
            claim(world, c, day, seed, row, what)
        elif matters.rec[row].stage == NAMED:
            set_stage(matters, row, LUMPED, world.tally)


@kernel
def look_at_owners(residents, buildings, matters, work):
    """Have memory fetch what today's decisions will read, all at once (see problems.arrive)."""
    seen = 0
    for j in range(work.count[TODO]):
        matter = matters.rec[work.rec[j].todo]
        i = buildings[matter.building].first + matter.seat
        seen += (
            residents.rec[i].digital
            + residents.trust[i]
            + residents.belonging[i]
            + residents.efficacy[i, 0]
            + matters.cases[matter.case].records
        )
    work.count[SEEN] = seen
