"""Organised help, on paper and in fact: registers, turn-outs, sessions, conferences, professionals."""

from __future__ import annotations

from sim.metrics.base import metric
from sim.metrics.readings import ratio


@metric("share", "")
def registered_members(r):
    """Party members registered with the community (双报到)
    / Party members who live there, mean over the window's days.
    """
    return ratio(r.mean("registered_members"), float(r.world.communities["party_members"].sum()))


@metric("share", "high")
def active_members(r):
    """Party members active under zones / Party members who live there, mean over the window's days."""
    return ratio(r.mean("active_members"), float(r.world.communities["party_members"].sum()))


@metric("share", "")
def study_attendance(r):
    """Attendances at study sessions / members expected; NaN without sessions. Attendance, not governance."""
    return ratio(r.delta("study_attended"), r.delta("study_expected"))


@metric("share", "")
def registered_volunteers(r):
    """Residents registered for mutual aid / residents, mean over the window's days."""
    return r.mean("registered_volunteers") / r.residents


@metric("per registered volunteer and year", "high")
def turnouts_each(r):
    """Turn-outs for mutual aid / registered volunteer-years; NaN where nobody is registered."""
    return ratio(365.0 * r.delta("turnouts"), r.mean("registered_volunteers") * r.days)


@metric("per 1,000 residents and year", "")
def volunteer_hours(r):
    """Useful case hours of volunteers (active members in working zones, mutual aid, enterprises' people)."""
    return r.per_year("hours_volunteer")


@metric("per 1,000 residents and year", "")
def specialist_hours(r):
    """Hours of mediation done by bought professionals."""
    return r.per_year("hours_specialist")


@metric("per community", "")
def contract_workers(r):
    """Social workers under contract, mean over the window's workdays."""
    return 1.4 * ratio(r.delta("organisation_workers_days"), r.days * r.size.communities)


@metric("per year", "")
def conferences(r):
    """Joint conferences held by the subdistrict in a year."""
    return ratio(365.0 * r.delta("conferences"), r.days)


@metric("per 1,000 residents and year", "")
def conference_cases(r):
    """Hard level-2 cases that joint conferences took up."""
    return r.per_year("conference_cases")


@metric("per community and year", "")
def governance_meetings(r):
    """Meetings of governance committees."""
    return ratio(365.0 * r.delta("governance_meetings"), r.days * r.size.communities)


@metric("CNY per resident-year", "")
def shared_resources(r):
    """Money that enterprises gave through governance committees."""
    return r.per_year("shared_resources", 1.0)


@metric("CNY per resident-year", "low")
def shared_captured(r):
    """Of that money, what those at the table kept for their own buildings."""
    return r.per_year("shared_captured", 1.0)
