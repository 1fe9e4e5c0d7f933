"""The order of a day, and the compiled loop that runs days.

``ORDER`` is the one list: documentation prints it, a test holds the code below to it. On their
dates institutions act first, in Python, on yesterday's close (engine.py); then this.
"""

from __future__ import annotations

import numpy as np

from sim.agents.community_worker import close_on_paper, enquiries, mediate, open_day, serve_committee
from sim.agents.grid_worker import detect, serve_own_grid, visit
from sim.agents.level2_desk import answer, share_overload, take_cases
from sim.agents.party_member import form_zones, volunteer
from sim.agents.property_company import collect_fees, serve_property
from sim.agents.resident import coclaim, decide, name
from sim.agents.social_organisation import work_contract
from sim.agents.volunteer import give_hours
from sim.mechanisms.disputes import cascade, erupt
from sim.mechanisms.hazards import clock
from sim.mechanisms.matters import release
from sim.mechanisms.problems import arrive, fade, load
from sim.mechanisms.service import is_workday, pressure
from sim.mechanisms.weekly_round import week
from sim.mechanisms.workforce import staffing, wear
from sim.numerics.jit import kernel

DONE, GROW = 0, 1

# phase, when
ORDER = (
    ("staffing", "daily"),
    ("form_zones", "weekly"),
    ("arrive", "daily"),
    ("clock", "daily"),
    ("load", "weekly, by building"),
    ("fade", "daily"),
    ("name", "daily"),
    ("decide", "daily"),
    ("coclaim", "daily"),
    ("detect", "daily"),
    ("open_day", "workdays"),
    ("volunteer", "workdays"),
    ("give_hours", "workdays"),
    ("work_contract", "workdays"),
    ("enquiries", "workdays"),
    ("visit", "workdays"),
    ("serve_own_grid", "workdays"),
    ("serve_committee", "workdays"),
    ("serve_property", "workdays"),
    ("answer", "daily"),
    ("close_on_paper", "daily"),
    ("erupt", "daily"),
    ("cascade", "weekly, by building"),
    ("mediate", "workdays"),
    ("collect_fees", "daily"),
    ("week", "weekly, by building"),
    ("pressure", "daily"),
    ("wear", "daily"),
    ("release", "daily"),
    ("take_cases", "workdays"),
    ("share_overload", "daily"),
    ("observe", "daily"),
)


@kernel
def problems_of_day(w, c, day, seed):
    """Conditions arise, fade, are named and brought; patrol finds others."""
    staffing(c, day, w.params, w.levers, w.grids, w.communities, w.workers)
    form_zones(c, day, seed, w.params, w.levers, w.residents, w.buildings, w.communities, w.tally)
    arrive(
        c,
        day,
        seed,
        w.params,
        w.kinds,
        w.levers,
        w.season,
        w.residents,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
        w.severity0,
    )
    clock(c, day, seed, w.params, w.kinds, w.buildings, w.communities, w.matters, w.work)
    load(c, day, w.params, w.buildings, w.communities, w.matters)
    fade(
        c, day, w.params, w.kinds, w.buildings, w.grids, w.communities, w.matters, w.work, w.tally, w.cohorts
    )
    name(c, day, w.params, w.residents, w.buildings, w.matters, w.work, w.tally)
    decide(
        c,
        day,
        seed,
        w.params,
        w.kinds,
        w.channels,
        w.levers,
        w.residents,
        w.households,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
        w.cohorts,
    )
    coclaim(
        c,
        day,
        seed,
        w.params,
        w.kinds,
        w.channels,
        w.levers,
        w.residents,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
    )
    detect(
        c,
        day,
        seed,
        w.params,
        w.kinds,
        w.levers,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
        w.cohorts,
    )


@kernel
def service_of_day(w, c, day, seed):
    """Hours of the day, and what they are spent on."""
    open_day(c, w.params, w.levers, w.communities, w.workers, w.grids, day, w.tally)
    volunteer(c, w.params, w.communities, w.tally)
    give_hours(c, w.communities, w.tally)
    work_contract(c, w.params, w.levers, w.communities, w.tally)
    enquiries(c, day, seed, w.params, w.levers, w.communities, w.grids, w.tally)
    visit(c, day, seed, w.params, w.levers, w.households, w.grids, w.communities, w.tally)
    serve_own_grid(
        c,
        day,
        seed,
        w.params,
        w.levers,
        w.residents,
        w.households,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
        w.cohorts,
        w.times,
    )
    serve_committee(
        c,
        day,
        seed,
        w.params,
        w.levers,
        w.residents,
        w.households,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
        w.cohorts,
        w.times,
    )
    serve_property(
        c,
        day,
        seed,
        w.params,
        w.levers,
        w.residents,
        w.households,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
        w.cohorts,
        w.times,
    )


@kernel
def consequences_of_day(w, c, day, seed):
    """Answers, paper closures, disputes and mediation; then the slow life of minds and workers."""
    answer(
        c,
        day,
        seed,
        w.params,
        w.kinds,
        w.levers,
        w.residents,
        w.households,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
        w.cohorts,
        w.times,
    )
    close_on_paper(
        c,
        day,
        seed,
        w.params,
        w.kinds,
        w.levers,
        w.residents,
        w.households,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
        w.cohorts,
    )
    erupt(
        c,
        day,
        w.params,
        w.kinds,
        w.residents,
        w.buildings,
        w.grids,
        w.communities,
        w.matters,
        w.work,
        w.tally,
    )
    cascade(c, day, seed, w.params, w.residents, w.buildings, w.communities, w.matters)
    if is_workday(day):
        mediate(
            c,
            day,
            seed,
            w.params,
            w.kinds,
            w.levers,
            w.residents,
            w.households,
            w.buildings,
            w.grids,
            w.communities,
            w.matters,
            w.work,
            w.tally,
            w.cohorts,
        )
    collect_fees(c, w.params, w.communities)
    week(
        c,
        day,
        seed,
        w.params,
        w.levers,
        w.satisfied,
        w.residents,
        w.buildings,
        w.grids,
        w.communities,
        w.work,
        w.tally,
    )
    pressure(c, w.params, w.communities, w.tally)
    wear(c, day, seed, w.params, w.households, w.grids, w.communities, w.workers, w.tally)
    release(w.matters, w.work, w.communities, c, w.tally)


@kernel
def observe(day, communities, grids, tally, flat, series):
    """Phase: today's levels, and the day's row of the record."""
    t = tally[0]
    t.backlog_committee = t.backlog_property = t.backlog_level2 = 0.0
    t.overload = t.burnout = t.burnout_grid = t.adopters = t.withheld = 0.0
    t.overload_property = t.overload_level2 = t.burnout_property = 0.0
    residents, households, present = 0.0, 0.0, 0.0
    for c in range(len(communities)):
        community = communities[c]
        n = community.residents
        residents += n
        households += community.households
        t.backlog_committee += community.backlog[0]
        t.backlog_property += community.backlog[1]
        t.backlog_level2 += community.backlog[2]
        t.overload += n * community.overload[0]
        t.burnout += n * community.burnout[0]
        t.overload_property += n * community.overload[1]
        t.overload_level2 += n * community.overload[2]
        t.burnout_property += n * community.burnout[1]
        t.adopters += community.adopters
        t.withheld += community.withheld
        present += community.present[2]
        t.burnout_grid += community.present[2] * community.burnout[2]
    t.person_days += residents
    t.overload /= residents
    t.burnout /= residents
    t.overload_property /= residents
    t.overload_level2 /= residents
    t.burnout_property /= residents
    t.adopters /= residents
    t.withheld /= max(households, 1.0)
    if present > 0.0:
        t.burnout_grid /= present
    for f in range(len(flat)):
        series[day + 1, f] = flat[f]


@kernel
def has_room(w):
    """Whether every community has its reserve of free rows, and a free case for each that may need one
    today.
    """
    rows = len(w.matters.rec) // len(w.communities)
    limit = np.float32(w.state[0] + 1)
    for c in range(len(w.communities)):
        community = w.communities[c]
        if community.free_top < community.reserve:
            return False
        ticking = community.reserve // 8  # newcomers whose clock strikes on their first day
        for row in range(c * rows, c * rows + community.used):
            ticking += 1 if w.matters.tick[row] < limit else 0
        if community.case_top < ticking:
            return False
    return True


@kernel
def advance(w, until, seed):
    """Run whole days up to ``until`` (exclusive); DONE, or GROW when a pool must be doubled first."""
    while w.state[0] < until:
        if not has_room(w):
            return GROW
        day = w.state[0]
        for c in range(len(w.communities)):
            problems_of_day(w, c, day, seed)
            if is_workday(day):
                service_of_day(w, c, day, seed)
            consequences_of_day(w, c, day, seed)
        if is_workday(day):
            take_cases(
                day,
                seed,
                w.params,
                w.kinds,
                w.levers,
                w.residents,
                w.buildings,
                w.grids,
                w.communities,
                w.matters,
                w.tally,
                w.times,
                w.credit,
            )
        share_overload(w.params, w.communities)
        observe(day, w.communities, w.grids, w.tally, w.flat, w.series)
        w.state[0] = day + 1
    return DONE
