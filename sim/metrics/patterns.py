"""Measures that the pattern table and the studies of phenomena need beside the other families."""

from __future__ import annotations

import numpy as np

from sim.metrics.base import FIX, metric
from sim.metrics.readings import ratio
from sim.vocabulary import COLD, COURT, DISPUTE, EXITED, KINDS, PARTY


@metric("days", "low")
def fix_days_mean(r):
    """Mean time from first claim to the condition fixed (durations of 511 days and more count 511)."""
    waits = r.times[FIX].sum(axis=0)
    return ratio(float((np.arange(len(waits)) * waits).sum()), float(waits.sum()))


@metric("per 1,000 residents and year", "")
def first_claims_rate(r):
    """Claims about a condition nobody had claimed yet:
    all claims less those made again and those added by others.
    """
    return r.per_year("claims") - r.per_year("reclaims") - r.per_year("coclaims")


@metric("per 1,000 residents and year", "low")
def repeat_claims_rate(r):
    """Failure demand: claims made again, or by others, about a condition already claimed."""
    return r.per_year("reclaims") + r.per_year("coclaims")


@metric("per 1,000 residents and year", "")
def mediation_rate(r):
    """Mediations held."""
    return r.per_year("mediations")


@metric("per 1,000 residents and year", "low")
def paper_rate(r):
    """Records closed on paper."""
    return r.per_year("records_paper")


@metric("ratio", "")
def complaint_dispersion(r):
    """Squared variation of claims over buildings beyond chance, (variance - mean) / mean^2;
    0 if only chance told them apart (whole window only).
    """
    if not r.whole:
        return float("nan")
    claims = (r.world.buildings["claims"] - r.claims).astype(float)
    mean = claims.mean()
    return float((claims.var(ddof=1) - mean) / mean**2) if mean > 0.0 and len(claims) > 1 else float("nan")


@metric("share", "")
def dispute_neighbour_share(r):
    """Conflicts between neighbours (noise) / disputes neither settled nor ended by repair,
    at the run's end (whole window only); NaN where none is.
    """
    stage = r.world.matters.rec["stage"]
    disputed = np.isin(stage, (DISPUTE, COURT, EXITED, COLD))
    if not (r.whole and disputed.any()):
        return float("nan")
    return float((r.world.matters.rec["kind"][disputed] == KINDS.index("noise")).mean())


def _odds_ratio(active: np.ndarray, group: np.ndarray) -> float:
    """Odds of acting in the group / among the others, half a case added to each count (Haldane 1956)."""
    a, b = (active & group).sum() + 0.5, (~active & group).sum() + 0.5
    c, d = (active & ~group).sum() + 0.5, (~active & ~group).sum() + 0.5
    return float(a * d / (b * c)) if group.any() and (~group).any() else float("nan")


@metric("odds ratio", "")
def odds_party(r):
    """Odds of having acted in the last full year: Party members against others (insiders)."""
    return _odds_ratio(r.acts > 0, (r.world.residents.rec["flags"] & PARTY) > 0)


@metric("odds ratio", "")
def odds_neighbours(r):
    """Odds of having acted in the last full year:
    those with more neighbour ties than the median against the others.
    """
    ties = r.world.residents.near_n.astype(int) + r.world.residents.far_n
    return _odds_ratio(r.acts > 0, ties > np.median(ties))
