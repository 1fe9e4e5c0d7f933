"""Probability of each arm's rank over all priors, and under each rival structure of the model.

One sample of the priors is one world; its arms share seeds, so that chance moves them together. A rank's
probability is the share of worlds in which an arm takes it: over what is not known, not over what will
happen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.analysis.sensitivity_base import LEVEL_Z

AS_IT_STANDS = ""


@dataclass(frozen=True)
class Rank:
    """Probability that an arm takes a place (1 is best) for an outcome, with a Wilson interval over
    worlds.
    """

    alternative: str
    outcome: str
    arm: str
    place: int
    probability: float
    low: float
    high: float


@dataclass(frozen=True)
class Against:
    """An arm against the baseline over worlds: probability of being better (interval: Wilson) and worse,
    and quantiles of the paired difference.
    """

    alternative: str
    outcome: str
    arm: str
    worlds: int
    better: float
    worse: float
    low: float
    high: float
    median: float
    q05: float
    q95: float
    agreement: (
        float  # share of worlds in which both halves of the seeds agree on better or not; NaN for one seed
    )


def wilson(share: np.ndarray | float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """95% Wilson interval of a share of ``count``."""
    z2 = LEVEL_Z**2 / count
    centre = (np.asarray(share) + z2 / 2) / (1 + z2)
    half = (
        LEVEL_Z * np.sqrt(np.asarray(share) * (1 - np.asarray(share)) / count + z2 / (4 * count)) / (1 + z2)
    )
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def places(values: np.ndarray, better: str) -> np.ndarray:
    """(worlds, arms, places) how much of each place an arm takes in each world; arms that tie share their
    places evenly.

    ``values`` (worlds, arms); ``better`` "low" or "high".
    """
    goodness = -values if better == "low" else values
    ahead = (goodness[:, None, :] > goodness[:, :, None]).sum(axis=2)
    level = (goodness[:, None, :] == goodness[:, :, None]).sum(axis=2)
    place = np.arange(values.shape[1])
    inside = (place >= ahead[..., None]) & (place < (ahead + level)[..., None])
    return inside / level[..., None]


def rank(
    values: np.ndarray,
    arms: Sequence[str],
    outcomes: Sequence[str],
    better: Mapping[str, str],
    alternatives: Sequence[str],
) -> tuple[list[Rank], list[Against]]:
    """Ranks and comparisons for every outcome with a better direction.

    ``values`` (worlds, replicates, arms, outcomes), arms[0] the baseline; ``alternatives`` (worlds,) names
    the structure of each world, '' for the model as it stands.
    """
    labels = np.array(alternatives)
    ranks, against = [], []
    for name in dict.fromkeys(alternatives):
        there = values[labels == name]
        for o, outcome in enumerate(outcomes):
            way = better.get(outcome.partition("@")[0], "")
            if way in ("low", "high"):
                ranks += _ranks(there[..., o].mean(axis=1), arms, way, name, outcome)
                against += [
                    _against(there[..., o], a, arms[a], way, name, outcome) for a in range(1, len(arms))
                ]
    return ranks, against


def _ranks(means: np.ndarray, arms: Sequence[str], way: str, name: str, outcome: str) -> list[Rank]:
    share = places(means, way).mean(axis=0)
    low, high = wilson(share, len(means))
    return [
        Rank(name, outcome, arm, p + 1, float(share[a, p]), float(low[a, p]), float(high[a, p]))
        for a, arm in enumerate(arms)
        for p in range(len(arms))
    ]


def _against(values: np.ndarray, a: int, arm: str, way: str, name: str, outcome: str) -> Against:
    """``values`` (worlds, replicates, arms)."""
    gap = values[:, :, a] - values[:, :, 0]
    good = -1.0 if way == "low" else 1.0
    better = float(((good * gap.mean(axis=1)) > 0).mean())
    worse = float(((good * gap.mean(axis=1)) < 0).mean())
    low, high = wilson(better, len(gap))
    q05, median, q95 = np.quantile(gap.mean(axis=1), (0.05, 0.5, 0.95))
    agreement = np.nan
    if gap.shape[1] > 1:
        halves = [np.sign(gap[:, start::2].mean(axis=1)) for start in (0, 1)]
        agreement = float((halves[0] == halves[1]).mean())
    return Against(
        name,
        outcome,
        arm,
        len(gap),
        better,
        worse,
        float(low),
        float(high),
        float(median),
        float(q05),
        float(q95),
        agreement,
    )
