"""The world: every table of the model, built and grown in this one place.

Its type never depends on the scenario or the policies: every column always exists. Rows are
ordered community > grid > building > household > resident, so a building's residents are
neighbours in memory. Matters live in one segment per community with a free list of its own.

Hours are multiples of 2**-10 h, so that sums of hours are exact in any order.
"""
from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim import codes, levers
from sim.draws import exp

DAYS_MAX = 29_000  # days are kept in 16 bits inside a matter
GRID_SLOTS = 2  # workers a grid can hold (facts: up to 1.64 full-time)
SEVERITY_STEPS = 512

BUILDING = np.dtype([
    ("community", "i8"), ("grid", "i8"), ("estate", "i8"), ("first", "i8"), ("size", "i8"), ("first_household", "i8"),
    ("frailty", "f8"), ("selfhelp", "f8"), ("state_share", "f8"), ("load", "f8"), ("load28", "f8"), ("ambient", "f8"),
    ("voice", "f8"), ("exposure", "f8"), ("exposure_p", "f8"), ("welfare_norm", "f8"),
    ("contagion", "i8"), ("week0", "i8"), ("week1", "i8"), ("week2", "i8"), ("week3", "i8"), ("in_dispute", "i8"),
    ("grievance", "i8"), ("grievance_key", "u8"), ("withheld", "i8"), ("launched", "i8"), ("claims", "i8"), ("problems", "i8"),
    ("sum_load", "i8"), ("sum_ambient", "i8"), ("zone", "i8"),
    ("mandate", "f8"),  # voice in procedures through an elected committee
    ("root", "f4", (8,)),  # share of arrivals of each kind that root fixes took away
    ("kind_claims", "f4", (8,)),  # claims by kind, decaying over a year: what staff remember
    ("heard", "f4", (7, 2)),  # hearsay of the week by channel: weight, weight * outcome
])
GRID = np.dtype([
    ("community", "i8"), ("first_building", "i8"), ("buildings", "i8"), ("first_household", "i8"), ("households", "i8"),
    ("residents", "i8"), ("head", "i8", (2,)), ("tail", "i8", (2,)), ("hours", "f8"),
    ("backlog", "f8"), ("arriving", "f8"), ("available", "f8"), ("problems", "f8"), ("claims", "f8"), ("disputes", "f8"),
    ("fixed", "f8"), ("index_sum", "f8"), ("index_n", "f8"), ("present", "f8"), ("burnout", "f8"),
])
COMMUNITY = np.dtype([
    ("first_grid", "i8"), ("grids", "i8"), ("first_building", "i8"), ("buildings", "i8"), ("first_resident", "i8"),
    ("residents", "i8"), ("first_household", "i8"), ("households", "i8"), ("first_worker", "i8"), ("workers", "i8"),
    ("free_top", "i8"), ("used", "i8"), ("reserve", "i8"), ("head2", "i8"), ("tail2", "i8"), ("next_meeting", "i8"),
    ("committee_staff", "f8"), ("property_staff", "f8"), ("committee_slots", "i8"),
    ("arriving", "f8", (3,)), ("available", "f8", (3,)), ("arriving28", "f8", (3,)), ("available28", "f8", (3,)),
    ("backlog", "f8", (3,)), ("overload", "f8", (3,)), ("hours", "f8", (3,)), ("debt", "f8"), ("queued", "f8", (3,)),
    ("burnout", "f8", (3,)), ("present", "f8", (3,)), ("fee_rate", "f8"), ("withheld", "i8"), ("adopters", "i8"),
    ("party_members", "i8"), ("party_fatigue", "f8"), ("zone_share", "f8"), ("fund", "f8"), ("opened", "u1", (7,)),
    ("accountable", "f8"), ("oversight", "f8"), ("fee_gain", "f8"),  # shares: paper forgone, property hours and fees added
])
WORKER = np.dtype([
    ("community", "i8"), ("grid", "i8"), ("pool", "i8"), ("slot", "i8"), ("hired", "i8"), ("vacant_until", "i8"),
    ("fte", "f8"), ("burnout", "f8"), ("skill", "f8"),
])
MATTER = np.dtype([
    ("key", "u8"), ("owner", "i4"), ("prev", "i4"), ("next", "i4"), ("severity", "f4"), ("work", "f4"), ("heat", "f4"),
    ("vday", "f4"), ("building", "u2"), ("flags", "u2"), ("ticks", "u2"), ("claims", "u2"), ("records", "u2"),
    ("onset", "i2"), ("first_claim", "i2"), ("opened", "i2"), ("severity_day", "i2"), ("pause_until", "i2"), ("heat_day", "i2"),
    ("kind", "u1"), ("stage", "u1"), ("record", "u1"), ("place", "u1"), ("channel", "u1"), ("exposed", "u1"),
])

# Cumulative counts and sums since day 0; a window's value is a difference of two days.
TALLY_FIELDS = (
    "created", "fixed", "faded", "settled", "open", "unvoiced", "illegal", "lost", "named", "claims", "dispatched", "reclaims",
    "coclaims", "merged", "out_of_scope", "enquiries", "detected", "direct", "direct_settled", "app_claims", "web_claims",
    "records_opened", "records_closed", "records_fixed", "records_paper", "records_partial", "disputes", "disputes_all", "dispute_end",
    "dispute_settled", "dispute_fixed", "mediations", "petitions", "courts", "exits", "colds", "collectives", "in_dispute",
    "level2_in", "level2_done", "level2_returned", "end_lumped", "end_bilateral", "end_third", "end_court",
    "event_n", "event_satisfied", "event_p", "on_time", "contacted", "contact_due",
    "app_fix_n", "app_fix_days", "other_fix_n", "other_fix_days", "fixed_partial",
    "hours_committee", "hours_property", "hours_level2", "avail_committee", "avail_property", "avail_level2",
    "demand_committee", "demand_property", "demand_level2", "backlog_committee", "backlog_property", "backlog_level2",
    "hours_grid", "avail_grid", "hours_admin", "hours_paid", "hours_volunteer", "hours_mediation", "hours_enquiry",
    "overload", "overload_property", "overload_level2", "burnout", "burnout_property", "burnout_grid", "turnover", "worker_days", "person_days",
    "adopters", "withheld", "visits", "root_fixes", "maintenance_spent", "fund_spent", "council_meetings", "council_attended", "council_invited",
    "council_quorum", "council_voice_gap", "council_capture", "council_capture_n", "citizen_hours", "organisation_workers_days",
    "selfhelp", "heard_trust", "heard_belonging", "heard_expectation", "heard_n", "load",
    "index_sum0", "index_sum1", "index_sum2", "index_sum3", "index_n0", "index_n1", "index_n2", "index_n3",
    "item_sum", "problems0", "problems1", "problems2", "problems3", "claims0", "claims1", "claims2", "claims3",
    # civic
    "elections", "elections_valid", "electors", "voters", "electors_young", "electors_adult", "electors_elderly", "electors_party",
    "electors_tied", "electors_old", "electors_renewal", "electors_commodity", "voters_young", "voters_adult", "voters_elderly",
    "voters_party", "voters_tied", "voters_old", "voters_renewal", "voters_commodity",
    "owner_elections", "owner_elections_valid", "owner_electors", "owner_voters", "owner_days", "owner_days_seated", "owner_days_conflict",
    "owner_seats", "owner_capture",
    "fund_allotted", "fund_unspent", "fund_proposals", "fund_refused", "fund_projects", "fund_beneficiaries", "fund_capture", "fund_capture_n",
    "courses", "course_attended", "course_reached", "culture_events", "culture_attended", "culture_reached",
    "asked", "asked_party", "asked_tied", "joined", "joined_party", "joined_tied", "joined_voice_gap",
    "bookings", "bookings_wanted", "bookings_welfare", "sensor_events", "sensor_false", "sensor_ignored", "hours_alarm",
)
TALLY = np.dtype([(name, "f8") for name in TALLY_FIELDS])
COHORT_FIELDS = ("opened", "closed", "fixed")  # records by the day they were opened
TIMES = ("contact", "fix", "onset_fix")  # histograms of days, per equity group
TIME_BINS = 512


TRAITS = np.dtype([
    ("building", "u2"), ("household", "u2"), ("digital", "u2"), ("voice", "i2"), ("disposition", "i2"), ("threshold", "i2"),
    ("exit_until", "i2"), ("flags", "u1"), ("openness", "u1"), ("acts", "u1"), ("withhold", "u1"),
])
HOUSEHOLD = np.dtype([("tie_day", "u2"), ("tie_committee", "u1"), ("tie_grid", "u1")])  # ties in 1/255


class Residents(NamedTuple):
    """One row per resident; ``rec`` holds traits (scales: population.py), columns what is read weekly or daily."""

    rec: np.ndarray  # TRAITS; acts: since the last mark; withhold: 0 pays, 1 + weeks content
    satisfaction: np.ndarray  # float32, like the next three
    expectation: np.ndarray
    trust: np.ndarray
    belonging: np.ndarray
    efficacy: np.ndarray  # (R, 7) uint16
    next_problem: np.ndarray  # float32, day of the next candidate
    problems: np.ndarray  # uint16, candidates so far
    tie_start: np.ndarray
    tie_to: np.ndarray


class Matters(NamedTuple):
    """One row per condition; ``tick`` and ``due`` are scanned daily, the rest is one record."""

    rec: np.ndarray
    tick: np.ndarray  # float32, next tick of the row's clock
    weekday: np.ndarray  # uint8, the building's weekday; 255 in a free row
    due: np.ndarray  # int16, day on which something scheduled happens; -1 none
    free: np.ndarray  # int32, free rows per segment, a stack


WORK = np.dtype([("row", "i8"), ("value", "f8"), ("todo", "i8"), ("ended", "i8"), ("slot", "i8")])


class Work(NamedTuple):
    """Scratch of one community-day: the clock's candidates, what was accepted of them, what ended."""

    rec: np.ndarray
    count: np.ndarray  # int64 [candidates, todo, ended]


class World(NamedTuple):
    """All tables; one world is one subdistrict with its level-2 desk."""

    params: np.ndarray
    kinds: np.ndarray
    channels: np.ndarray
    season: np.ndarray
    severity0: np.ndarray  # quantiles of the first severity
    satisfied: np.ndarray  # probability of answering 4 or 5, by index value in 1/1023
    levers: np.ndarray
    residents: Residents
    households: np.ndarray
    buildings: np.ndarray
    grids: np.ndarray
    communities: np.ndarray
    workers: np.ndarray
    matters: Matters
    work: Work
    tally: np.ndarray  # (1,) TALLY
    flat: np.ndarray  # the same memory as tally, as floats
    series: np.ndarray  # (days + 1, fields) tally at the end of each day
    cohorts: np.ndarray  # (days + 1, 3)
    times: np.ndarray  # (3, 4, 512)
    state: np.ndarray  # int64 [day, workday_index, status]
    credit: np.ndarray  # float64 [level-2 cases not yet used today]


@lru_cache(maxsize=8)
def severity_quantiles(shape_b: float) -> np.ndarray:
    """Quantiles of Beta(2, b) at the mid-points of 512 equal steps, by bisection.

    F(x) = 1 - (1 - x)**b * (1 + b x); our own exp and log keep the bits portable.
    """
    from sim.draws import log

    out = np.empty(SEVERITY_STEPS)
    for i in range(SEVERITY_STEPS):
        target, low, high = (i + 0.5) / SEVERITY_STEPS, 0.0, 1.0
        for _ in range(40):
            x = 0.5 * (low + high)
            value = 1.0 - exp(shape_b * log(1.0 - x)) * (1.0 + shape_b * x)
            low, high = (x, high) if value < target else (low, x)
        out[i] = 0.5 * (low + high)
    return out


@lru_cache(maxsize=8)
def satisfied_table(cut: float, noise: float) -> np.ndarray:
    """The survey rule at 1,024 values of 0-1 (a look-up is 20 times cheaper than an exponential)."""
    from sim.mind import satisfied_probability

    return np.array([satisfied_probability(i / 1023.0, cut, noise) for i in range(1024)])


def _residents(pop, n: int) -> Residents:
    rec = np.zeros(n, TRAITS)
    for name in ("building", "household", "flags", "digital", "voice", "disposition", "threshold", "openness"):
        rec[name] = getattr(pop, name)
    minds = {name: getattr(pop, name).copy() for name in ("satisfaction", "expectation", "trust", "belonging", "efficacy")}
    return Residents(rec=rec, **minds, next_problem=np.zeros(n, "f4"), problems=np.zeros(n, "u2"), tie_start=pop.tie_start, tie_to=pop.tie_to)


def _households(pop, params) -> np.ndarray:
    table = np.zeros(len(pop.household_building), HOUSEHOLD)
    table["tie_committee"] = round(params["tie_committee"][0] * 255)
    return table


def _buildings(pop, params) -> np.ndarray:
    table = np.zeros(len(pop.building_first), BUILDING)
    for name in ("community", "grid", "estate", "first", "size", "frailty", "first_household"):
        table[name] = getattr(pop, f"building_{name}")
    table["selfhelp"] = params["selfhelp_start"][0]
    table["state_share"] = params["state_share_start"][0]
    table["load28"] = params["baseline_stock"][0]
    table["grievance"] = -1
    elderly = np.add.reduceat((pop.flags & codes.ELDERLY) > 0, pop.building_first, dtype="f8")
    weight = params["welfare_elderly_weight"][0]
    table["welfare_norm"] = table["size"] / (table["size"] + (weight - 1.0) * elderly)
    return table


def _grids(pop) -> np.ndarray:
    table = np.zeros(len(pop.grid_residents), GRID)
    for name in ("community", "first_building", "buildings", "residents"):
        table[name] = getattr(pop, f"grid_{name}")
    ends = np.append(pop.building_first_household, len(pop.household_building))
    table["first_household"] = ends[table["first_building"]]
    table["households"] = ends[table["first_building"] + table["buildings"]] - table["first_household"]
    table["head"] = -1
    table["tail"] = -1
    return table


def _communities(pop, scenario, params) -> np.ndarray:
    table = np.zeros(len(pop.community_residents), COMMUNITY)
    for name in ("first_grid", "grids", "first_building", "buildings", "first_resident", "residents", "first_household", "households"):
        table[name] = getattr(pop, f"community_{name}")
    table["head2"] = table["tail2"] = -1
    table["next_meeting"] = -1
    table["committee_staff"], table["property_staff"] = scenario.committee_workers, scenario.property_workers
    table["committee_slots"] = int(np.ceil(scenario.committee_workers)) + int(np.ceil(table["residents"].max() / 100.0))
    table["fee_rate"] = params["normal_fee_rate"][0]
    rate = params["problem_rate"][0] / 365.0 * 3.0
    table["reserve"] = (table["residents"] * rate * 4.0).astype("i4") + 64
    party = np.add.reduceat((pop.flags & codes.PARTY) > 0, table["first_resident"], dtype="i4")
    table["party_members"] = party
    return table


def _workers(communities: np.ndarray, params) -> np.ndarray:
    rows = []
    for c, community in enumerate(communities):
        community["first_worker"] = len(rows)
        rows += [(c, -1, codes.COMMITTEE, s) for s in range(community["committee_slots"])]
        rows += [(c, -1, codes.PROPERTY, s) for s in range(int(np.ceil(community["property_staff"])))]
        rows += [(c, community["first_grid"] + g, codes.GRID_POOL, s) for g in range(community["grids"]) for s in range(GRID_SLOTS)]
        community["workers"] = len(rows) - community["first_worker"]
    table = np.zeros(len(rows), WORKER)
    for i, name in enumerate(("community", "grid", "pool", "slot")):
        table[name] = [row[i] for row in rows]
    table["skill"] = 1.0
    base = np.where(table["pool"] == codes.COMMITTEE, communities["committee_staff"][table["community"]], 0.0)
    base = np.where(table["pool"] == codes.PROPERTY, communities["property_staff"][table["community"]], base)
    table["fte"] = np.clip(base - table["slot"], 0.0, 1.0)
    table["hired"] = -DAYS_MAX
    return table


def _empty_matters(communities: int, capacity: int) -> Matters:
    n = communities * capacity
    rec = np.zeros(n, MATTER)
    rec["prev"] = rec["next"] = -1
    rows = np.arange(n, dtype="i4").reshape(communities, capacity)[:, ::-1]
    return Matters(rec, np.full(n, np.inf, "f4"), np.full(n, 255, "u1"), np.full(n, -1, "i2"), np.ascontiguousarray(rows).ravel())


def _scratch(capacity: int) -> Work:
    n = capacity + 1024
    return Work(np.zeros(n, WORK), np.zeros(3, "i8"))


def build(scenario, pop, params, kinds, channels, room: float = 1.0) -> World:
    """An empty world at day 0 from a validated scenario and a population (both left untouched).

    ``room`` scales the rows that each community has for conditions; they grow later as they must.
    """
    n = len(pop.flags)
    buildings = _buildings(pop, params)
    communities = _communities(pop, scenario, params)
    workers = _workers(communities, params)
    stock = room * params["problem_rate"][0] * 0.55  # conditions per resident: they live about half a year
    capacity = int(communities["residents"].max() * stock) + int(communities["reserve"].max()) + 64
    communities["free_top"] = capacity
    tally = np.zeros(1, TALLY)
    world = World(
        params=params, kinds=kinds, channels=channels, season=np.asarray(scenario.season, "f8"),
        severity0=severity_quantiles(float(params["severity_beta"][0])),
        satisfied=satisfied_table(float(params["survey_cut"][0]), float(params["survey_noise"][0])), levers=np.zeros(len(communities), levers.DTYPE),
        residents=_residents(pop, n), households=_households(pop, params), buildings=buildings, grids=_grids(pop),
        communities=communities, workers=workers, matters=_empty_matters(len(communities), capacity), work=_scratch(capacity),
        tally=tally, flat=tally.view("f8").reshape(-1), series=np.zeros((1, len(TALLY_FIELDS))),
        cohorts=np.zeros((1, len(COHORT_FIELDS)), "i4"), times=np.zeros((len(TIMES), 4, TIME_BINS), "i4"),
        state=np.zeros(3, "i8"), credit=np.zeros(1),
    )
    set_levers(world, levers.fold([]))
    return world


def set_levers(world: World, values: dict[str, float]) -> None:
    """Write folded lever values into every community."""
    for name, value in values.items():
        world.levers[name] = value
    for i, channel in enumerate(codes.CHANNELS):
        world.communities["opened"][:, i] = world.levers[f"open_{channel}"] > 0.5


def copy(world: World) -> World:
    """An independent copy; what is never written (population traits, ties, parameters) is shared."""
    shared = {"params", "kinds", "channels", "season", "severity0", "satisfied", "flat"}
    fixed = {"tie_start", "tie_to"}
    parts = {}
    for name, value in world._asdict().items():
        if isinstance(value, np.ndarray):
            parts[name] = value if name in shared else value.copy()
        else:
            parts[name] = type(value)(*[a if f in fixed else a.copy() for f, a in value._asdict().items()])
    parts["flat"] = parts["tally"].view("f8").reshape(-1)
    return World(**parts)


def grow_matters(world: World) -> World:
    """The same world with a quarter more matter rows per community; no value changes but row numbers."""
    c = len(world.communities)
    old = len(world.matters.rec) // c
    new = old + old // 4
    bigger = _empty_matters(c, new)

    def moved(rows):
        return np.where(rows >= 0, rows // old * new + rows % old, rows).astype("i4")

    for k in range(c):
        was, now = slice(k * old, (k + 1) * old), slice(k * new, k * new + old)
        for field in ("rec", "tick", "weekday", "due"):
            getattr(bigger, field)[now] = getattr(world.matters, field)[was]
        top = world.communities["free_top"][k]
        fresh = np.arange(k * new + new - 1, k * new + old - 1, -1, dtype="i4")
        kept = moved(world.matters.free[k * old: k * old + top])
        bigger.free[k * new: k * new + len(fresh) + top] = np.concatenate([fresh, kept])
        world.communities["free_top"][k] = top + len(fresh)
    for field in ("prev", "next"):
        bigger.rec[field] = moved(bigger.rec[field])
    for field in ("head", "tail"):
        world.grids[field] = moved(world.grids[field])
    for field in ("head2", "tail2"):
        world.communities[field] = moved(world.communities[field])
    world.buildings["grievance"] = moved(world.buildings["grievance"])
    return world._replace(matters=bigger, work=_scratch(new))


def grow_days(world: World, days: int) -> World:
    """The same world with room for the records of ``days`` days."""
    if days + 1 <= len(world.series):
        return world
    room = max(days + 1, len(world.series) + min(len(world.series) // 4, 256))  # day by day must not mean copy by copy
    series = np.zeros((room, world.series.shape[1]))
    cohorts = np.zeros((room, world.cohorts.shape[1]), "i4")
    series[: len(world.series)] = world.series
    cohorts[: len(world.cohorts)] = world.cohorts
    return world._replace(series=series, cohorts=cohorts)


def nbytes(world: World) -> int:
    """Bytes of all tables (shared ones counted too)."""
    total = 0
    for name, value in world._asdict().items():
        if name != "flat":
            total += value.nbytes if isinstance(value, np.ndarray) else sum(a.nbytes for a in value)
    return total
