"""Reported against true resolution: the books beside an audit."""

from __future__ import annotations

from sim.metrics.base import metric
from sim.metrics.readings import ratio

OLD = 15  # days a record must have had


def _cohort(r, column: int) -> float:
    return float(r.world.cohorts[r.start : max(r.start, r.end - OLD), column].sum())


@metric("share", "high")
def reported_resolution(r):
    """Claimed records closed by the run's end,
    paper included / claimed records opened at least 15 days before the window's end.
    """
    return ratio(_cohort(r, 1), _cohort(r, 0))


@metric("share", "high")
def audited_resolution(r):
    """Same denominator; closed with the condition gone (a fixed condition of this model does not reopen)."""
    return ratio(_cohort(r, 2), _cohort(r, 0))


@metric("percentage points", "low")
def formalism_gap(r):
    """Reported minus audited resolution."""
    return 100.0 * (reported_resolution(r) - audited_resolution(r))


@metric("share", "high")
def response_rate(r):
    """Claimed matters that somebody looked at for the first time / claims dispatched to level 1."""
    return ratio(min(r.delta("contacted"), r.delta("contact_due")), r.delta("contact_due"))


@metric("share", "high")
def on_time_share(r):
    """Closing events of claims within 7 days (15 where level 2 was needed) / all closing events of claims."""
    return ratio(r.delta("on_time"), r.delta("event_n"))


@metric("share", "")
def desk_share(r):
    """(Enquiries + out of scope) / all contacts (claims + enquiries)."""
    return ratio(r.delta("enquiries") + r.delta("out_of_scope"), r.delta("enquiries") + r.delta("claims"))


@metric("per 1,000 residents and year", "")
def demand_rate(r):
    """Claims dispatched (not answered at the desk, merged or detected)."""
    return r.per_year("dispatched")


@metric("per 1,000 residents and year", "")
def contacts_rate(r):
    """Claims and enquiries together."""
    return r.per_year("claims") + r.per_year("enquiries")


@metric("share", "")
def detected_share(r):
    """Records opened by patrol or sensor / all records opened."""
    return ratio(r.delta("detected"), r.delta("records_opened"))
