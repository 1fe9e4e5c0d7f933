"""Satisfaction three ways: a simulated survey, callers-back, and what it rests on."""

from __future__ import annotations

from sim.metrics.base import LAST, metric
from sim.metrics.readings import ratio


def _sum(r, name: str, start: int, end: int) -> float:
    return sum(r.delta(f"{name}{g}", start, end) for g in range(4))


@metric("index 0-100", "high")
def satisfaction_index(r):
    """100 * mean over residents of clip(S + u, 0, 1), weekly rounds of the window's last 91 days."""
    start = r.last(LAST)
    return 100.0 * ratio(_sum(r, "index_sum", start, r.end), _sum(r, "index_n", start, r.end))


@metric("share", "high")
def share_satisfied(r):
    """Expected share answering 4 or 5 on a simulated 5-point item (cut .6, noise .08), last 91 days."""
    start = r.last(LAST)
    return ratio(r.delta("item_sum", start), _sum(r, "index_n", start, r.end))


@metric("share", "high")
def event_satisfaction(r):
    """Closed claims whose owner perceived quality P >= .6 / all closed claims
    (fixed, eased, settled or on paper): what a hotline's call-back reports.
    """
    return ratio(r.delta("event_satisfied"), r.delta("event_n"))


@metric("0-1", "high")
def trust(r):
    """Mean trust of residents, weekly rounds of the last 91 days."""
    return ratio(r.delta("heard_trust", r.last(LAST)), r.delta("heard_n", r.last(LAST)))


@metric("0-1", "high")
def belonging(r):
    """Mean belonging of residents, weekly rounds of the last 91 days."""
    return ratio(r.delta("heard_belonging", r.last(LAST)), r.delta("heard_n", r.last(LAST)))


@metric("0-1", "")
def expectation(r):
    """Mean expectation of residents, weekly rounds of the last 91 days."""
    return ratio(r.delta("heard_expectation", r.last(LAST)), r.delta("heard_n", r.last(LAST)))


@metric("0-1", "high")
def selfhelp(r):
    """Mean self-help skill of buildings, weighted by residents, last 91 days."""
    return ratio(r.delta("selfhelp", r.last(LAST)), r.delta("heard_n", r.last(LAST)))
