"""Institutions of residents: elections, owners' committees, funds, courses, events, bookings, sensors."""

from __future__ import annotations

from sim.metrics.base import metric
from sim.metrics.readings import ratio


def _turnout(r, group: str = "") -> float:
    return ratio(r.delta(f"voters{group}"), r.delta(f"electors{group}"))


def _odds(part: float, whole: float) -> float:
    return part / (whole - part) if whole > part else float("nan")


def _odds_ratio(r, came: str, asked: str, group: str) -> float:
    """Odds of coming within a group / odds of all others; NaN where a side has nobody."""
    inside, invited = r.delta(f"{came}_{group}"), r.delta(f"{asked}_{group}")
    others = _odds(r.delta(came) - inside, r.delta(asked) - invited)
    return _odds(inside, invited) / others if others > 0.0 else float("nan")


def _per_community(r, name: str) -> float:
    return ratio(365.0 * r.delta(name), r.days * r.size.communities)


def _reach(r, name: str) -> float:
    return min(1.0, ratio(365.0 * r.delta(name), r.days * r.residents)) if r.days else float("nan")


@metric("share", "")
def turnout(r):
    """Voters / electors on the roll, direct elections of the residents' committee; NaN without any."""
    return _turnout(r)


@metric("share", "")
def turnout_young(r):
    """Turnout of young adults (imposed by a weight)."""
    return _turnout(r, "_young")


@metric("share", "")
def turnout_adult(r):
    """Turnout of adults between young and elderly (imposed by a weight)."""
    return _turnout(r, "_adult")


@metric("share", "")
def turnout_elderly(r):
    """Turnout of the elderly (imposed by a weight)."""
    return _turnout(r, "_elderly")


@metric("share", "")
def turnout_party(r):
    """Turnout of Party members (imposed by a weight)."""
    return _turnout(r, "_party")


@metric("share", "")
def turnout_others(r):
    """Turnout of electors who are not Party members."""
    return ratio(r.delta("voters") - r.delta("voters_party"), r.delta("electors") - r.delta("electors_party"))


@metric("share", "")
def turnout_old(r):
    """Turnout in old estates (follows from ties and age)."""
    return _turnout(r, "_old")


@metric("share", "")
def turnout_renewal(r):
    """Turnout in renewal estates (follows from ties and age)."""
    return _turnout(r, "_renewal")


@metric("share", "")
def turnout_commodity(r):
    """Turnout in commodity estates (follows from ties and age)."""
    return _turnout(r, "_commodity")


@metric("ratio", "")
def voting_odds_party(r):
    """Odds of voting of Party members / of others."""
    return _odds_ratio(r, "voters", "electors", "party")


@metric("ratio", "")
def voting_odds_tied(r):
    """Odds of voting of residents with the median number of neighbour ties or more / of others."""
    return _odds_ratio(r, "voters", "electors", "tied")


@metric("ratio", "low")
def joining_odds_party(r):
    """Odds of coming to a course or event of Party members / of others."""
    return _odds_ratio(r, "joined", "asked", "party")


@metric("ratio", "low")
def joining_odds_tied(r):
    """Odds of coming to a course or event of residents with the median number of ties or more / of others."""
    return _odds_ratio(r, "joined", "asked", "tied")


@metric("sd of voice", "low")
def joining_voice_gap(r):
    """Mean voice of those who came to courses and events minus that of those asked; NaN without any."""
    return r.delta("joined_voice_gap") / r.delta("joined") if r.delta("joined") > 0 else float("nan")


@metric("share", "high")
def election_valid_share(r):
    """Direct elections that reached their quorum / all held."""
    return ratio(r.delta("elections_valid"), r.delta("elections"))


@metric("share", "")
def owner_turnout(r):
    """Owners who voted / owners called, owners' assemblies."""
    return ratio(r.delta("owner_voters"), r.delta("owner_electors"))


@metric("share", "high")
def owners_committee_share(r):
    """Owner-days with an owners' committee in place / owner-days since the policy began."""
    return ratio(r.delta("owner_days_seated"), r.delta("owner_days"))


@metric("share", "low")
def owners_conflict_share(r):
    """Owner-days in conflict with the property company / owner-days with a committee."""
    return ratio(r.delta("owner_days_conflict"), r.delta("owner_days_seated"))


@metric("share", "low")
def owners_capture(r):
    """Mean share of an owners' committee's work that serves its own members, at election."""
    return ratio(r.delta("owner_capture"), r.delta("owner_seats"))


@metric("per community and year", "")
def fund_projects(r):
    """Projects that the micro-governance fund paid, per community and year."""
    return _per_community(r, "fund_projects")


@metric("residents per project", "")
def fund_beneficiaries(r):
    """Residents of the buildings of a fund's project, per project."""
    return ratio(r.delta("fund_beneficiaries"), r.delta("fund_projects"))


@metric("share", "low")
def fund_unspent_share(r):
    """1 - money spent on projects / money allotted in the window."""
    return (
        1.0 - min(1.0, ratio(r.delta("fund_spent"), r.delta("fund_allotted")))
        if r.delta("fund_allotted") > 0
        else float("nan")
    )


@metric("share", "low")
def fund_refused_share(r):
    """Projects refused because too few would help / projects that money and need allowed."""
    return ratio(r.delta("fund_refused"), r.delta("fund_refused") + r.delta("fund_projects"))


@metric("share", "low")
def fund_missed_need(r):
    """1 - problems prevented per building where a project was done / where and what would have prevented
    most.
    """
    return ratio(r.delta("fund_capture"), r.delta("fund_capture_n"))


@metric("attendances per course", "")
def course_attendance(r):
    """Attendances (persons times sessions) per course."""
    return ratio(r.delta("course_attended"), r.delta("courses"))


@metric("share", "")
def course_reach(r):
    """Residents who came to at least one course in a year (a year of the college) / residents."""
    return _reach(r, "course_reached")


@metric("share", "")
def event_reach(r):
    """Residents who came to at least one culture event in a year (a year of the calendar) / residents."""
    return _reach(r, "culture_reached")


@metric("attendances per event", "")
def event_attendance(r):
    """Residents at a culture event, mean."""
    return ratio(r.delta("culture_attended"), r.delta("culture_events"))


@metric("share", "")
def council_reach(r):
    """Attendances at council meetings / (meetings * residents of a community):
    what share of residents a meeting has.
    """
    return ratio(r.delta("council_attended") * r.size.communities, r.delta("council_meetings") * r.residents)


@metric("per resident and year", "")
def bookings_rate(r):
    """Bookings of services that found a resource, per resident and year."""
    return r.per_year("bookings", 1.0)


@metric("per 1,000 residents and year", "high")
def bookings_welfare_rate(r):
    """Welfare needs that nobody had claimed and a booked service met."""
    return r.per_year("bookings_welfare")


@metric("per 1,000 residents and year", "")
def sensor_events_rate(r):
    """Events that sensors report; they are not demands of residents."""
    return r.per_year("sensor_events")


@metric("h per 1,000 residents and year", "low")
def alarm_hours_rate(r):
    """Committee hours spent on false alarms."""
    return r.per_year("hours_alarm")


@metric("share", "low")
def alarms_ignored_share(r):
    """False alarms that nobody looked at / false alarms."""
    return ratio(r.delta("sensor_ignored"), r.delta("sensor_false"))
