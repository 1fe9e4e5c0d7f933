"""Verdicts on a difference: what its interval allows one to say, and how small is too small to matter.

The one place where intervals become words: comparison, factorial, phenomena and pages all ask here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

BETTER, WORSE, HIGHER, LOWER, SAME, UNCLEAR, NONE = (
    "better",
    "worse",
    "higher",
    "lower",
    "same",
    "unclear",
    "none",
)
YES, NO = "yes", "no"
EQUIVALENCE_LEVEL = 0.90  # two one-sided tests at 5% (Schuirmann 1987)
SHARE_UNITS = ("share", "fraction", "proportion", "probability", "0-1")
LOAD = "workload_"  # demanded over available hours: a ratio that is read as a share
OF_A_SHARE, OF_A_RATIO, OF_POINTS, OF_THE_LEVEL = 0.01, 0.05, 1.0, 0.01


def stem(outcome: str) -> str:
    """The metric of an outcome of one year: 'dispute_rate@y1' -> 'dispute_rate'."""
    return outcome.partition("@")[0]


def smallest_effect(
    outcome: str, of_study: Mapping[str, float], unit: str = "", level: float = math.nan
) -> float:
    """The smallest change of an outcome that matters, in its own unit: the study's, else one that goes with
    the unit.

    Without a word from the study: 1 percentage point of a share, .05 of a ratio, 1 point of an index, else a
    hundredth of ``level``, the baseline's mean. NaN where there is neither (a baseline at zero).
    """
    own = of_study.get(stem(outcome), math.nan)
    if own > 0:
        return float(own)
    if unit.split(" ")[0].rstrip(",;") in SHARE_UNITS or outcome.startswith(LOAD):
        return OF_A_SHARE
    if unit.endswith("ratio"):
        return OF_A_RATIO
    if "point" in unit or unit.startswith(("index", "%", "percentage")):
        return OF_POINTS
    size = OF_THE_LEVEL * abs(level)
    return size if size > 0 and math.isfinite(size) else math.nan


def verdict(
    low: float, high: float, better: str, smallest: float = math.nan, near: tuple[float, float] | None = None
) -> str:
    """What an interval of a difference allows one to say.

    same: no difference that matters, that is within the smallest effect of interest on both sides, or exactly
    none; whether or not the interval leaves out zero. better, worse (or higher, lower where no direction is
    good): the interval leaves out zero. unclear: anything else. none: no interval. "Within" is judged by
    ``near``, the 90% interval of the equivalence test; without it by the interval itself.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return NONE
    if low == high == 0 or within(near or (low, high), smallest):
        return SAME
    if low <= 0 <= high:
        return UNCLEAR
    if better not in ("low", "high"):
        return HIGHER if low > 0 else LOWER
    return BETTER if (low > 0) == (better == "high") else WORSE


def within(interval: tuple[float, float], smallest: float) -> bool:
    """Whether an interval lies within +-``smallest``; of a 90% interval that is two one-sided tests at 5%.
    Never for NaN.
    """
    return -smallest < interval[0] and interval[1] < smallest


def equivalence(low: float, high: float, near: tuple[float, float], smallest: float) -> str:
    """yes: the 90% interval ``near`` lies within +-smallest (two one-sided tests at 5%). no: the 95% interval
    lies beyond it.

    unclear: neither. '' where the study set no smallest effect of interest, or there is no interval.
    """
    if not smallest > 0 or not all(map(math.isfinite, (low, high, *near))):
        return ""
    if within(near, smallest):
        return YES
    return NO if low > smallest or high < -smallest else UNCLEAR
