"""The world's tables: one record type per kind of row, what is counted, and the world that holds them.

Types depend on nothing: every column always exists, for any place and any policies. Rows are
ordered community > grid > building > household > resident, so a building's residents are
neighbours in memory. Matters live in one segment per community with a free list of its own.

Hours are multiples of 2**-10 h, so that sums of hours are exact in any order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim import vocabulary

BUILDING = np.dtype(
    [
        ("first", "i8"),
        ("size", "i8"),
        ("grid", "i8"),
        ("community", "i8"),
        ("frailty", "f8"),
        ("load28", "f8"),
        ("selfhelp", "f8"),
        ("estate", "i8"),
        ("first_household", "i8"),
        ("first_near", "i8"),
        ("first_far", "i8"),
        ("state_share", "f8"),
        ("load", "f8"),
        ("ambient", "f8"),
        ("voice", "f8"),
        ("exposure", "f8"),
        ("exposure_p", "f8"),
        ("welfare_norm", "f8"),
        ("contagion", "i8"),
        ("week0", "i8"),
        ("week1", "i8"),
        ("week2", "i8"),
        ("week3", "i8"),
        ("in_dispute", "i8"),
        ("grievance", "i8"),
        ("grievance_key", "u8"),
        ("withheld", "i8"),
        ("launched", "i8"),
        ("claims", "i8"),
        ("problems", "i8"),
        ("sum_load", "i8"),
        ("sum_ambient", "i8"),
        ("zone", "i8"),
        ("mandate", "f8"),  # voice in procedures through an elected committee
        ("root", "f4", (8,)),  # share of arrivals of each kind that root fixes took away
        ("kind_claims", "f4", (8,)),  # claims by kind, decaying over a year: what staff remember
        ("heard", "f4", (7, 2)),  # hearsay of the week by channel: weight, weight * outcome
    ]
)
GRID = np.dtype(
    [
        ("community", "i8"),
        ("first_building", "i8"),
        ("buildings", "i8"),
        ("first_household", "i8"),
        ("households", "i8"),
        ("residents", "i8"),
        ("head", "i8", (2,)),
        ("tail", "i8", (2,)),
        ("hours", "f8"),
        ("backlog", "f8"),
        ("arriving", "f8"),
        ("available", "f8"),
        ("problems", "f8"),
        ("claims", "f8"),
        ("disputes", "f8"),
        ("fixed", "f8"),
        ("index_sum", "f8"),
        ("index_n", "f8"),
        ("present", "f8"),
        ("burnout", "f8"),
    ]
)
COMMUNITY = np.dtype(
    [
        ("first_grid", "i8"),
        ("grids", "i8"),
        ("first_building", "i8"),
        ("buildings", "i8"),
        ("first_resident", "i8"),
        ("residents", "i8"),
        ("first_household", "i8"),
        ("households", "i8"),
        ("first_worker", "i8"),
        ("workers", "i8"),
        ("free_top", "i8"),
        ("free_head", "i8"),
        ("used", "i8"),
        ("case_top", "i8"),
        ("case_head", "i8"),
        ("case_used", "i8"),
        ("reserve", "i8"),
        ("head2", "i8"),
        ("tail2", "i8"),
        ("next_meeting", "i8"),
        ("committee_staff", "f8"),
        ("property_staff", "f8"),
        ("committee_slots", "i8"),
        ("arriving", "f8", (3,)),
        ("available", "f8", (3,)),
        ("arriving28", "f8", (3,)),
        ("available28", "f8", (3,)),
        ("backlog", "f8", (3,)),
        ("overload", "f8", (3,)),
        ("hours", "f8", (3,)),
        ("debt", "f8"),
        ("queued", "f8", (3,)),
        ("burnout", "f8", (3,)),
        ("present", "f8", (3,)),
        ("fee_rate", "f8"),
        ("withheld", "i8"),
        ("adopters", "i8"),
        ("party_members", "i8"),
        ("party_fatigue", "f8"),
        ("zone_share", "f8"),
        ("fund", "f8"),
        ("opened", "u1", (7,)),
        ("active_members", "f8"),
        ("pledged", "f8"),  # pledged: volunteers' h per workday, set by institutions on their dates
        ("accountable", "f8"),
        ("oversight", "f8"),
        ("fee_gain", "f8"),  # shares: paper forgone, property hours and fees added
    ]
)
WORKER = np.dtype(
    [
        ("community", "i8"),
        ("grid", "i8"),
        ("pool", "i8"),
        ("slot", "i8"),
        ("hired", "i8"),
        ("vacant_until", "i8"),
        ("fte", "f8"),
        ("burnout", "f8"),
        ("skill", "f8"),
    ]
)
MATTER = np.dtype(
    [  # what every condition has; owner: the resident on seat ``seat`` of the building
        ("case", "i4"),
        ("severity", "f4"),
        ("building", "u2"),
        ("seat", "u2"),
        ("number", "u2"),
        ("flags", "u2"),
        ("ticks", "u2"),
        ("severity_day", "i2"),
        ("kind", "u1"),
        ("stage", "u1"),
        ("exposed", "u1"),
    ]
)
CASE = np.dtype(
    [  # what only those have that were talked about, claimed, found or fought over: about a quarter
        ("row", "i4"),
        ("prev", "i4"),
        ("next", "i4"),
        ("work", "f4"),
        ("heat", "f4"),
        ("vday", "f4"),
        ("claims", "u2"),
        ("records", "u2"),
        ("onset", "i2"),
        ("first_claim", "i2"),
        ("opened", "i2"),
        ("pause_until", "i2"),
        ("heat_day", "i2"),
        ("record", "u1"),
        ("place", "u1"),
        ("channel", "u1"),
    ]
)
NO_CASE = {
    "row": -1,
    "prev": -1,
    "next": -1,
    "first_claim": -1,
    "opened": -1,
    "pause_until": -1,
    "channel": int(vocabulary.NO_CHANNEL),
}

# Cumulative counts and sums since day 0; a window's value is a difference of two days.
TALLY_FIELDS = tuple(
    """
    created fixed faded settled open unvoiced illegal lost named claims dispatched reclaims coclaims
    merged out_of_scope enquiries detected direct direct_settled app_claims web_claims
    records_opened records_closed records_fixed records_paper records_partial disputes disputes_all
    dispute_end dispute_settled dispute_fixed mediations petitions courts exits colds collectives
    in_dispute level2_in level2_done level2_returned end_lumped end_bilateral end_third end_court
    event_n event_satisfied event_p on_time contacted contact_due app_fix_n app_fix_days other_fix_n
    other_fix_days fixed_partial hours_committee hours_property hours_level2 avail_committee
    avail_property avail_level2 demand_committee demand_property demand_level2 backlog_committee
    backlog_property backlog_level2 hours_grid avail_grid hours_admin hours_paid hours_volunteer
    hours_mediation hours_enquiry overload overload_property overload_level2 burnout
    burnout_property burnout_grid turnover worker_days person_days adopters withheld visits
    root_fixes maintenance_spent fund_spent council_meetings council_attended council_invited
    council_quorum council_voice_gap council_capture council_capture_n citizen_hours
    organisation_workers_days selfhelp heard_trust heard_belonging heard_expectation heard_n load
    index_sum0 index_sum1 index_sum2 index_sum3 index_n0 index_n1 index_n2 index_n3 item_sum
    problems0 problems1 problems2 problems3 claims0 claims1 claims2 claims3 registered_members
    active_members study_expected study_attended registered_volunteers turnouts hours_specialist
    conferences conference_cases governance_meetings shared_resources shared_captured
    elections elections_valid electors voters electors_young electors_adult electors_elderly
    electors_party electors_tied electors_old electors_renewal electors_commodity voters_young
    voters_adult voters_elderly voters_party voters_tied voters_old voters_renewal voters_commodity
    owner_elections owner_elections_valid owner_electors owner_voters owner_days owner_days_seated
    owner_days_conflict owner_seats owner_capture fund_allotted fund_unspent fund_proposals
    fund_refused fund_projects fund_beneficiaries fund_capture fund_capture_n courses
    course_attended course_reached culture_events culture_attended culture_reached asked asked_party
    asked_tied joined joined_party joined_tied joined_voice_gap bookings bookings_wanted
    bookings_welfare sensor_events sensor_false sensor_ignored hours_alarm
    """.split()
)
TALLY = np.dtype([(name, "f8") for name in TALLY_FIELDS])
COHORT_FIELDS = ("opened", "closed", "fixed")  # records by the day they were opened
TIMES = ("contact", "fix", "onset_fix")  # histograms of days, per equity group
TIME_BINS = 512


TRAITS = np.dtype(
    [
        ("building", "u2"),
        ("household", "u2"),
        ("digital", "u2"),
        ("voice", "i2"),
        ("disposition", "i2"),
        ("threshold", "i2"),
        ("exit_until", "i2"),
        ("flags", "u1"),
        ("openness", "u1"),
        ("acts", "u1"),
        ("withhold", "u1"),
    ]
)
HOUSEHOLD = np.dtype([("tie_day", "u2"), ("tie_committee", "u1"), ("tie_grid", "u1")])  # ties in 1/255


class Residents(NamedTuple):
    """One row per resident; ``rec`` holds traits (scales: population.py),
    columns what is read weekly or daily.
    """

    rec: np.ndarray  # TRAITS; acts: since the last mark; withhold: 0 pays, 1 + weeks content
    satisfaction: np.ndarray  # uint16 (sim/numerics/fixed_point.py), like the next three
    expectation: np.ndarray
    trust: np.ndarray
    belonging: np.ndarray
    efficacy: np.ndarray  # (R, 7) uint16
    next_problem: np.ndarray  # float32, day of the next candidate
    problems: np.ndarray  # uint16, candidates so far
    near_n: np.ndarray  # ties: see sim/world/ties.py
    far_n: np.ndarray
    tie_near: np.ndarray
    tie_far: np.ndarray


class Matters(NamedTuple):
    """One row per condition, and one case for those that have come to something.

    ``rec.case`` of a live row is its case; 0 is everybody's empty case, which is read and never
    written. Of a free row it is the next free row (-1: those from ``used`` on). Cases without a row
    are linked alike by ``next``. ``tick`` and ``due`` are scanned daily.
    """

    rec: np.ndarray
    tick: np.ndarray  # float32, next tick of the row's clock
    weekday: np.ndarray  # uint8, the building's weekday; 255 in a free row
    cases: np.ndarray  # CASE; queues link case numbers
    due: np.ndarray  # int16, by case: day on which something scheduled happens; -1 none


WORK = np.dtype([("row", "i8"), ("value", "f8"), ("todo", "i8"), ("slot", "i8"), ("pick", "i8")])


class Work(NamedTuple):
    """Scratch of one community-day: the clock's candidates, what was accepted of them, what ended."""

    rec: np.ndarray  # what does not fit waits a day; one in twenty conditions has a candidate
    ended: np.ndarray  # int32, rows
    # int64: where each slot's candidates start, their number, those accepted, those ended, a sum of what was
    # looked at
    count: np.ndarray  # type: ignore[assignment]  # a column of ours, not tuple.count


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

    def __reduce__(self) -> tuple:  # of pickles and of copies, deep ones too
        return whole_world, ({name: value for name, value in self._asdict().items() if name != "flat"},)


def whole_world(tables: dict) -> World:
    """A world from all its tables but ``flat``, which is the tally's own memory: copied by itself it
    would stand still.
    """
    return World(**tables, flat=tables["tally"].view("f8").reshape(-1))
