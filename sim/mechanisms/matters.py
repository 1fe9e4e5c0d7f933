"""Conditions and their cases: identity, severity, anger, stage, and the rows that hold them.

Two state machines, never mixed: the *condition* (open, fixed, faded, settled: seen in the stage) and the
*record* (what the books say; records.py). Clocks (onset, first claim) are written once. Every change of stage
passes through ``set_stage``, which counts any step that the table of legal transitions does not know.
"""

from __future__ import annotations

import numpy as np

from sim.numerics.draws import exp
from sim.numerics.jit import kernel, rule
from sim.vocabulary import LATENT, NO_CHANNEL, NO_RECORD, NOWHERE, PAST, TODO, legal_table

HOUR_STEPS = 1024.0
LEGAL = legal_table()


@rule
def quantise(hours):
    """Hours on the grid of 2**-10 h, on which sums are exact. Unit: h."""
    return np.floor(hours * HOUR_STEPS + 0.5) / HOUR_STEPS


@rule
def severity_at(severity, growth, days):
    """Logistic growth s' = growth * s * (1 - s), in closed form. Unit: 0-1; growth 1/day (model rule 1)."""
    if severity >= 1.0:
        return 1.0
    return severity / (severity + (1.0 - severity) * exp(-growth * days))


@rule
def heat_at(heat, half_life, days):
    """Anger left of ``heat`` after ``days``: heat * 2**(-days / half_life) (model rule 13)."""
    if heat <= 0.0 or days <= 0:
        return heat
    return heat * exp(-0.6931471805599453 * days / half_life)


@kernel
def key_of(matters, row):
    """A matter's identity in draws: its owner's key and the number of the owner's candidate problem."""
    matter = matters.rec[row]
    owner = (np.uint64(matter.building) << np.uint64(16)) | np.uint64(matter.seat)
    # candidates of before day 0 are numbered apart
    past = np.uint64(1 << 19) if matter.flags & PAST else np.uint64(0)
    return (owner << np.uint64(20)) | past | np.uint64(matter.number)


@kernel
def owner_of(matters, buildings, row):
    """Row of the resident who owns a matter."""
    matter = matters.rec[row]
    return np.int64(buildings[matter.building].first + matter.seat)


@kernel
def case_of(matters, row):
    """The case of a matter, or the empty case."""
    return matters.cases[matters.rec[row].case]


@kernel
def take_case(matters, communities, c, row, tally):
    """The case of a matter, to be written; a new one where it had none (none left is counted as lost)."""
    matter = matters.rec[row]
    if matter.case > 0:
        return matters.cases[matter.case]
    community = communities[c]
    if community.case_top <= 0:
        tally[0].lost += 1.0
        return matters.cases[0]
    community.case_top -= 1
    k = community.case_head
    if k > 0:
        community.case_head = matters.cases[k].next
    else:
        community.case_used += 1
        k = c * ((len(matters.cases) - 1) // len(communities)) + community.case_used
    case = matters.cases[k]
    case.row = row
    case.prev = case.next = -1
    case.work = case.heat = case.vday = 0.0
    case.claims = case.records = 0
    case.onset = case.heat_day = matter.severity_day
    case.first_claim = case.opened = case.pause_until = -1
    case.record = NO_RECORD
    case.place = NOWHERE
    case.channel = NO_CHANNEL
    matters.due[k] = -1
    matter.case = k
    return case


@kernel
def severity_now(matters, row, params, day):
    """Severity of a matter today (0-1)."""
    matter = matters.rec[row]
    return severity_at(matter.severity, params[0].severity_growth, day - matter.severity_day)


@kernel
def set_stage(matters, row, stage, tally):
    """Move a matter to ``stage``; an illegal step is counted and still refused."""
    matter = matters.rec[row]
    if LEGAL[matter.stage, stage] == 0:
        tally[0].illegal += 1.0
        return False
    matter.stage = stage
    matters.tick[row] = -1.0  # stale: the clock of the new stage is wound up tomorrow
    return True


@kernel
def allocate(matters, communities, c, tally):
    """A free row of community ``c`` in stage LATENT, or -1 (counted as lost; the reserve forbids it)."""
    community = communities[c]
    if community.free_top <= 0:
        tally[0].lost += 1.0
        return -1
    community.free_top -= 1
    row = community.free_head
    if row >= 0:
        community.free_head = matters.rec[row].case
    else:
        row = c * (len(matters.rec) // len(communities)) + community.used
        community.used += 1
    matters.rec[row].case = 0
    set_stage(matters, row, LATENT, tally)
    return row


@kernel
def sort_todo(matters, work):
    """Order today's accepted rows by their matter's key, so that row numbers decide nothing."""
    for i in range(1, work.count[TODO]):
        row = work.rec[i].todo
        key = key_of(matters, row)
        j = i - 1
        while j >= 0 and key_of(matters, work.rec[j].todo) > key:
            work.rec[j + 1].todo = work.rec[j].todo
            j -= 1
        work.rec[j + 1].todo = row
