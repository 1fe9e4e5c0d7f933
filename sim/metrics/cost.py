"""Costs, and who bears them.

Only what a policy adds; staff and budgets of the baseline are common to all arms.
"""

from __future__ import annotations

from sim.metrics.base import metric
from sim.metrics.readings import ratio

PAYERS = ("subdistrict", "property", "fund", "residents")


def _yearly(r, payer: str) -> float:
    """CNY per resident-year that policies cost a payer,
    for the share of the window that they were in force.
    """
    total = 0.0
    for term in r.terms:
        share = ratio(term.days(r.start, r.end), r.days)
        total += share * term.policy.cost(r.size, r.world.params).get(payer, 0.0)
    return ratio(total, r.residents)


def _citizens(r) -> float:
    p = r.world.params[0]
    hours = r.delta("hours_volunteer") + r.delta("citizen_hours")
    return ratio(365.0 * float(p["volunteer_hour_price"]) * hours, r.delta("person_days"))


@metric("CNY per resident-year", "low")
def cost_budget(r):
    """Money that policies add to budgets: subdistrict,
    property fees and fund (volunteers' time not counted).
    """
    return sum(_yearly(r, payer) for payer in PAYERS[:3])


@metric("CNY per resident-year", "low")
def cost_social(r):
    """Budget cost plus residents' and volunteers' time at 20 CNY an hour."""
    return cost_budget(r) + _yearly(r, "residents") + _citizens(r)


@metric("CNY per resident-year", "")
def cost_subdistrict(r):
    """Paid by the subdistrict."""
    return _yearly(r, "subdistrict")


@metric("CNY per resident-year", "")
def cost_property(r):
    """Paid from property fees."""
    return _yearly(r, "property")


@metric("CNY per resident-year", "")
def cost_fund(r):
    """Paid from a fund."""
    return _yearly(r, "fund")


@metric("CNY per resident-year", "")
def cost_residents(r):
    """Residents' and volunteers' time at 20 CNY an hour."""
    return _yearly(r, "residents") + _citizens(r)
