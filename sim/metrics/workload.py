"""Hours demanded and available, burnout, turnover."""

from __future__ import annotations

import numpy as np

from sim.metrics.base import metric
from sim.metrics.readings import ratio


def _workload(r, pool: str) -> float:
    growth = r.delta(f"demand_{pool}")
    return ratio(growth, r.delta(f"avail_{pool}"))


@metric("ratio", "low")
def workload_committee(r):
    """Hours of work that arrived for committee and grid workers / their case hours."""
    return _workload(r, "committee")


@metric("ratio", "low")
def workload_property(r):
    """Hours of work that arrived for the property company / its case hours."""
    return _workload(r, "property")


@metric("ratio", "low")
def workload_level2(r):
    """Cases referred to level 2 / cases that it can take up."""
    return _workload(r, "level2")


@metric("ratio", "low")
def workload_grid_p95(r):
    """95th percentile over grids of committee hours arrived / hours available to the grid
    (whole window only).
    """
    if not r.whole:
        return float("nan")
    g = r.world.grids
    with np.errstate(invalid="ignore", divide="ignore"):
        load = (g["arriving"] - r.grids["arriving"]) / (g["available"] - r.grids["available"])
    load = load[~np.isnan(load)]
    return float(np.percentile(load, 95)) if np.isfinite(load).any() else float("nan")


@metric("0-1", "low")
def burnout(r):
    """Mean burnout of community workers over the window's days."""
    return r.mean("burnout")


@metric("0-1", "low")
def burnout_grid(r):
    """Mean burnout of grid workers over the window's days (0 where there are none)."""
    return r.mean("burnout_grid")


@metric("0-1", "low")
def burnout_property(r):
    """Mean burnout of the property company's staff over the window's days."""
    return r.mean("burnout_property")


@metric("ratio", "low")
def overload_property(r):
    """The property company's overload: half 28-day load, half backlog; mean over the window."""
    return r.mean("overload_property")


@metric("ratio", "low")
def overload_level2(r):
    """The level-2 desk's overload: half 28-day load, half backlog; mean over the window."""
    return r.mean("overload_level2")


@metric("per worker and year", "low")
def turnover_rate(r):
    """Workers who left / worker-years of posts."""
    return ratio(365.0 * r.delta("turnover"), r.delta("worker_days"))


@metric("share", "low")
def admin_share(r):
    """Paid hours not available for cases / paid hours."""
    return ratio(r.delta("hours_admin"), r.delta("hours_paid"))


@metric("ratio", "low")
def overload(r):
    """Committee's overload: half 28-day load, half backlog in units of 15 days; mean over the window."""
    return r.mean("overload")
