"""The order of a day, and the compiled loop that runs days.

``ORDER`` is the one list: documentation prints it, a test holds the code below to it. On their
dates institutions act first, in Python, on yesterday's close (engine.py); then this.
"""

from __future__ import annotations

import numpy as np

from sim.agents.community_worker import close_on_paper, enquiries, open_day, serve_committee
from sim.agents.grid_worker import detect, serve_own_grid, visit
from sim.agents.level2_desk import answer, share_overload, take_cases
from sim.agents.party_member import form_zones, volunteer
from sim.agents.property_company import collect_fees, serve_property
from sim.agents.resident import decide, name
from sim.agents.social_organisation import work_contract
from sim.agents.volunteer import give_hours
from sim.calendar import is_workday
from sim.mechanisms.claims import coclaim
from sim.mechanisms.disputes import cascade, erupt
from sim.mechanisms.hazards import clock
from sim.mechanisms.mediation import mediate
from sim.mechanisms.problems import arrive, fade, load
from sim.mechanisms.records import release
from sim.mechanisms.service import pressure
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
def problems_of_day(world, c, day, seed):
    """Conditions arise, fade, are named and brought; patrol finds others."""
    staffing(world, c, day)
    form_zones(world, c, day, seed)
    arrive(world, c, day, seed)
    clock(world, c, day, seed)
    load(world, c, day)
    fade(world, c, day)
    name(world, c, day)
    decide(world, c, day, seed)
    coclaim(world, c, day, seed)
    detect(world, c, day, seed)


@kernel
def service_of_day(world, c, day, seed):
    """Hours of the day, and what they are spent on."""
    open_day(world, c, day)
    volunteer(world, c)
    give_hours(world, c)
    work_contract(world, c)
    enquiries(world, c, day, seed)
    visit(world, c, day, seed)
    serve_own_grid(world, c, day, seed)
    serve_committee(world, c, day, seed)
    serve_property(world, c, day, seed)


@kernel
def consequences_of_day(world, c, day, seed):
    """Answers, paper closures, disputes and mediation; then the slow life of minds and workers."""
    answer(world, c, day, seed)
    close_on_paper(world, c, day, seed)
    erupt(world, c, day)
    cascade(world, c, day, seed)
    if is_workday(day):
        mediate(world, c, day, seed)
    collect_fees(world, c)
    week(world, c, day, seed)
    pressure(world, c)
    wear(world, c, day, seed)
    release(world, c)


@kernel
def observe(world, day):
    """Phase: today's levels, and the day's row of the record."""
    communities, flat = world.communities, world.flat
    t = world.tally[0]
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
        world.series[day + 1, f] = flat[f]


@kernel
def has_room(world):
    """Whether every community has its reserve of free rows,
    and a free case for each that may strike today.
    """
    rows = len(world.matters.rec) // len(world.communities)
    limit = np.float32(world.state[0] + 1)
    for c in range(len(world.communities)):
        community = world.communities[c]
        if community.free_top < community.reserve:
            return False
        ticking = community.reserve // 8  # newcomers whose clock strikes on their first day
        for row in range(c * rows, c * rows + community.used):
            ticking += 1 if world.matters.tick[row] < limit else 0
        if community.case_top < ticking:
            return False
    return True


@kernel
def advance(world, until, seed):
    """Run whole days up to ``until`` (exclusive); DONE, or GROW when a pool must be doubled first."""
    while world.state[0] < until:
        if not has_room(world):
            return GROW
        day = world.state[0]
        for c in range(len(world.communities)):
            problems_of_day(world, c, day, seed)
            if is_workday(day):
                service_of_day(world, c, day, seed)
            consequences_of_day(world, c, day, seed)
        if is_workday(day):
            take_cases(world, day, seed)
        share_overload(world)
        observe(world, day)
        world.state[0] = day + 1
    return DONE
