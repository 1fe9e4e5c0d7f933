"""Gains and losses by group: elderly and migrants beside the others."""

from __future__ import annotations

from sim.metrics.base import FIX, LAST, metric, quantile
from sim.metrics.readings import ratio

# equity groups: elderly + 2 * migrant
ELDERLY, MIGRANT = (1, 3), (2, 3)


def _rest(group):
    return tuple(g for g in range(4) if g not in group)


def _share(r, name: str, group) -> float:
    return ratio(sum(r.delta(f"{name}{g}") for g in group), sum(r.delta(f"{name}{g}") for g in range(4)))


def _index(r, group) -> float:
    start = r.last(LAST)
    return 100.0 * ratio(
        sum(r.delta(f"index_sum{g}", start) for g in group), sum(r.delta(f"index_n{g}", start) for g in group)
    )


def _time_ratio(r, group) -> float:
    (a, b), (c, d) = group, _rest(group)
    times = r.times[FIX]
    ours, theirs = quantile(times[a] + times[b], 0.5), quantile(times[c] + times[d], 0.5)
    return ratio(ours, theirs)


@metric("index points", "low")
def satisfaction_gap_elderly(r):
    """Satisfaction index of the others minus that of the elderly."""
    return _index(r, _rest(ELDERLY)) - _index(r, ELDERLY)


@metric("index points", "low")
def satisfaction_gap_migrant(r):
    """Satisfaction index of locals minus that of migrants."""
    return _index(r, _rest(MIGRANT)) - _index(r, MIGRANT)


@metric("ratio", "")
def claim_ratio_elderly(r):
    """Elderly residents' share of claims / their share of problems (1: voiced as often as others')."""
    return ratio(_share(r, "claims", ELDERLY), _share(r, "problems", ELDERLY))


@metric("ratio", "")
def claim_ratio_migrant(r):
    """Migrants' share of claims / their share of problems."""
    return ratio(_share(r, "claims", MIGRANT), _share(r, "problems", MIGRANT))


@metric("ratio", "low")
def fix_time_ratio_elderly(r):
    """Median time from claim to fixed of the elderly / of the others."""
    return _time_ratio(r, ELDERLY)


@metric("ratio", "low")
def fix_time_ratio_migrant(r):
    """Median time from claim to fixed of migrants / of locals."""
    return _time_ratio(r, MIGRANT)


@metric("days", "low")
def app_fix_gap_days(r):
    """Mean time from claim to fixed by other channels minus by app
    (digital divide); NaN without app claims.
    """
    by_app = ratio(r.delta("app_fix_days"), r.delta("app_fix_n"))
    return ratio(r.delta("other_fix_days"), r.delta("other_fix_n")) - by_app
