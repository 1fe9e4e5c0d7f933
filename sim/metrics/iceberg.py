"""The iceberg: what is open, what is voiced, and how far grievances climb (Michelson 2007)."""

from __future__ import annotations

import numpy as np

from sim.metrics.base import metric
from sim.metrics.readings import FIELD, ratio


@metric("share", "")
def unvoiced_share(r):
    """Open conditions never claimed / all open conditions, over the window's days."""
    block = r.world.series[r.start + 1 : r.end + 1]
    return ratio(float(block[:, FIELD["unvoiced"]].sum()), float(block[:, FIELD["open"]].sum()))


@metric("per resident", "low")
def open_stock(r):
    """Open conditions per resident, mean over the window's days."""
    return r.mean("open") / r.residents


@metric("per 1,000 residents and year", "low")
def problem_rate(r):
    """Conditions that arose."""
    return r.per_year("created")


@metric("severity per resident", "low")
def load(r):
    """Severity of open conditions per resident (the X of the feedback), mean over the window."""
    return ratio(r.delta("load"), r.delta("heard_n"))


def _funnel(r, rung: str) -> float:
    return ratio(
        r.delta(f"end_{rung}"), r.delta("end_lumped") + r.delta("end_bilateral") + r.delta("end_third")
    )


@metric("share", "")
def funnel_lumped(r):
    """Named conditions that ended without talk, claim or dispute / named conditions that ended."""
    return _funnel(r, "lumped")


@metric("share", "")
def funnel_bilateral(r):
    """Named conditions whose highest rung was direct talk / named conditions that ended."""
    return _funnel(r, "bilateral")


@metric("share", "")
def funnel_third(r):
    """Named conditions brought to a third party (claim, dispute) / named conditions that ended."""
    return _funnel(r, "third")


@metric("share", "")
def complaint_tail(r):
    """Share of claims that came from the 11% of buildings with most claims (whole window only)."""
    if not r.whole:
        return float("nan")
    claims = np.sort(r.world.buildings["claims"] - r.claims)[::-1]
    top = max(1, round(0.11 * len(claims)))
    return ratio(float(claims[:top].sum()), float(claims.sum()))
