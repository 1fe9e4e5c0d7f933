"""Main effects and interactions of a 2^k factorial over policies, paired by seed.

The main effect of A is the mean difference with A less without A over all settings of the others. The
interaction of A and B is a difference of differences: A's effect with B less A's effect without B, so that
a negative one on a good outcome says that together they give less than their sum (and on to higher orders).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from experiments.analysis import paired
from experiments.analysis.verdicts import EQUIVALENCE_LEVEL, verdict

HIGHEST_ORDER = 3


@dataclass(frozen=True)
class Effect:
    """One effect on one outcome; ``policies`` has one name for a main effect, two or more for an
    interaction.
    """

    outcome: str
    policies: tuple[str, ...]
    order: int
    n: int
    value: float
    low: float
    high: float
    verdict: str


def signs(policies: Sequence[str], arms: Sequence[str], chosen: Sequence[str]) -> np.ndarray:
    """(arms,) weights of the contrast of ``chosen``: +-1, over the 2^(k-m) settings of the other policies."""
    on = np.array([[p in arm.split("+") for p in chosen] for arm in arms])
    return np.where(on, 1.0, -1.0).prod(axis=1) / 2 ** (len(policies) - len(chosen))


def effects(
    values: np.ndarray,
    policies: Sequence[str],
    arms: Sequence[str],
    outcomes: Sequence[str],
    better: Sequence[str] | None = None,
    highest: int = HIGHEST_ORDER,
    smallest: Sequence[float] | None = None,
) -> list[Effect]:
    """All effects up to an order, with intervals over seeds. ``values`` (seeds, arms, outcomes), arms named
    a+b+c.

    ``better`` ("low", "high", "") and ``smallest`` (the smallest effect that matters, NaN for none) by
    outcome.
    """
    if sorted(map(_set, arms)) != sorted(
        _set("+".join(c)) for n in range(len(policies) + 1) for c in combinations(policies, n)
    ):
        raise ValueError("not every combination of the policies is there, each once")
    found = []
    for order in range(1, min(highest, len(policies)) + 1):
        for chosen in combinations(policies, order):
            contrast = _contrast(values, signs(policies, arms, chosen))
            low, high = paired.interval(contrast)
            near = np.transpose(paired.interval(contrast, EQUIVALENCE_LEVEL))
            count, mean = np.isfinite(contrast).sum(axis=0), np.nanmean(contrast, axis=0)
            for o, outcome in enumerate(outcomes):
                way, least = (
                    better[o] if better and order == 1 else "",
                    smallest[o] if smallest is not None else np.nan,
                )
                found.append(
                    Effect(
                        outcome,
                        chosen,
                        order,
                        int(count[o]),
                        float(mean[o]),
                        float(low[o]),
                        float(high[o]),
                        verdict(low[o], high[o], way, least, tuple(near[o])),
                    )
                )
    return found


def _contrast(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(seeds, outcomes) weighted sums over arms; what is only the rounding of such a sum is exactly 0."""
    found = np.einsum("sao,a->so", values, weights)
    rounding = 8 * np.finfo(float).eps * np.einsum("sao,a->so", np.abs(values), np.abs(weights))
    return np.where(np.abs(found) <= rounding, 0.0, found)


def _set(arm: str) -> tuple[str, ...]:
    return tuple(sorted(part for part in arm.split("+") if part and part != "none"))
