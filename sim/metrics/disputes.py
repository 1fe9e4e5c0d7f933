"""Disputes, petitions and withheld fees."""

from __future__ import annotations

from sim.metrics.base import metric
from sim.metrics.readings import ratio


@metric("per 1,000 residents and year", "low")
def dispute_rate(r):
    """1000 * 365 * first entries into dispute / person-days."""
    return r.per_year("disputes")


@metric("per 1,000 residents and year", "")
def petition_rate(r):
    """1000 * 365 * petitions / person-days.
    Petitions follow failed mediation: fewer can mean that nobody mediated.
    """
    return r.per_year("petitions")


@metric("per 1,000 residents", "low")
def disputes_open(r):
    """1000 * disputes neither settled nor failed / residents, mean over the window's days."""
    return 1000.0 * r.mean("in_dispute") / r.residents


@metric("share", "low")
def withholding_share(r):
    """Households withholding property fees / all households, mean over the window's days."""
    return r.mean("withheld")


@metric("share", "high")
def dispute_resolution_share(r):
    """Disputes settled by mediation or ended by repair / all disputes that ended
    (化解率; not the dispute rate).
    """
    return ratio(r.delta("dispute_settled") + r.delta("dispute_fixed"), r.delta("dispute_end"))


@metric("share", "")
def court_share(r):
    """Conditions that went to court / all named conditions that ended."""
    return ratio(
        r.delta("end_court"), r.delta("end_lumped") + r.delta("end_bilateral") + r.delta("end_third")
    )
