"""Verdict rules for phenomena and patterns: paired values in, a word and its numbers out. Reads results only.

A contrast is one number per seed. *Shown*: its 95% interval leaves out zero on the side stated beforehand,
over at least 20 paired seeds. *Gone* (mechanism off): two one-sided tests at 5%, that is a 90% interval
within the smallest effect of interest. Everything else is said as what it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from experiments.analysis import paired, verdicts
from experiments.html.numbers import alike, fixed, significant

LEAST_SEEDS = 20
UP, DOWN, FLAT = "up", "down", "flat"
SHOWN, NOT_SHOWN = "shown", "not_shown"
OPPOSITE, ABSENT, UNCLEAR, FEW = "opposite", "absent", "unclear", "few_seeds"  # why a contrast is not shown
GONE, REMAINS, REVERSED, UNDECIDED, NOT_ASKED = "gone", "remains", "reversed", "undecided", "not_asked"
REPRODUCED, IMPOSED, FAILED, NOT_MEASURED = "reproduced", "imposed", "failed", "not_measured"
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Estimate:
    """Mean of one number per seed with its 95% (low, high) and 90% (low90, high90) intervals
    (analysis/paired.py), in its own unit.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float
    low90: float
    high90: float
    p_value: float

    @property
    def points(self) -> float:
        """The mean times 100: a share in percentage points."""
        return 100.0 * self.mean

    @property
    def interval(self) -> str:
        """The 95% interval as written in tables."""
        digits = alike(self.low, self.high, self.mean)
        return f"{fixed(self.low, digits)} … {fixed(self.high, digits)}"

    @property
    def shown(self) -> str:
        """The mean as written beside its interval."""
        return (
            fixed(self.mean, alike(self.low, self.high, self.mean))
            if math.isfinite(self.low)
            else significant(self.mean)
        )

    def scaled(self, factor: float) -> Estimate:
        """The same in another unit."""
        return replace(
            self,
            **{
                name: factor * getattr(self, name)
                for name in ("mean", "sd", "low", "high", "low90", "high90")
            },
        )


def estimate(values: Sequence[float]) -> Estimate:
    """One value per seed; seeds without a value (NaN) are left out."""
    v = np.asarray(values, dtype=float)
    v = v[np.isfinite(v)]
    if len(v) < paired.LEAST_PAIRS:
        return Estimate(len(v), float(v.mean()) if len(v) else math.nan, *([math.nan] * 6))
    column = v[:, None]
    ends = [float(end[0]) for level in (0.95, 0.90) for end in paired.interval(column, level)]
    sd = float(v.std(ddof=1)) if np.ptp(v) > 0 else 0.0
    return Estimate(len(v), float(v.mean()), sd, *ends, float(paired.permutation_p(column)[0]))


def inside(found: Estimate, smallest: float) -> bool:
    """Two one-sided tests at 5%: the 90% interval lies within the smallest effect of interest on both
    sides.
    """
    return verdicts.within((found.low90, found.high90), smallest)


def side(found: Estimate) -> str:
    """UP or DOWN where the 95% interval leaves out zero, else an empty word."""
    if not math.isfinite(found.low):
        return ""
    return UP if found.low > 0 else DOWN if found.high < 0 else ""


def judge_on(found: Estimate, sign: str, smallest: float, least: int = LEAST_SEEDS) -> tuple[str, str]:
    """(SHOWN or NOT_SHOWN, why not) of a contrast whose ``sign`` was stated beforehand."""
    if found.n < least:
        return NOT_SHOWN, FEW
    if sign == FLAT:
        return (SHOWN, "") if inside(found, smallest) else (NOT_SHOWN, OPPOSITE if side(found) else UNCLEAR)
    if side(found) == sign:
        return SHOWN, ""
    return NOT_SHOWN, OPPOSITE if side(found) else ABSENT if inside(found, smallest) else UNCLEAR


def judge_off(found: Estimate, sign: str, smallest: float, least: int = LEAST_SEEDS) -> str:
    """With the mechanism off: GONE (equivalence), else REMAINS or REVERSED where the 95% interval leaves
    out zero, else UNDECIDED.
    """
    if found.n < least:
        return UNDECIDED
    if inside(found, smallest):
        return GONE
    return UNDECIDED if not side(found) else REMAINS if side(found) == sign else REVERSED


def power_to_show(found: Estimate, effect: float) -> float:
    """Chance that an effect of that size would be shown with this many pairs and this spread (normal
    approximation, 5% two-sided).
    """
    if found.n < paired.LEAST_PAIRS or found.sd == 0.0:
        return 1.0 if found.sd == 0.0 else math.nan
    z = abs(effect) * math.sqrt(found.n) / found.sd
    return 1.0 - _NORMAL.cdf(_NORMAL.inv_cdf(0.975) - z)


def power_of_equivalence(found: Estimate, smallest: float) -> float:
    """Chance that a true zero would be found within ``smallest`` with this many pairs and this spread
    (normal approximation).
    """
    if found.n < paired.LEAST_PAIRS or found.sd == 0.0:
        return 1.0 if found.sd == 0.0 else math.nan
    z = smallest * math.sqrt(found.n) / found.sd
    return max(0.0, 2.0 * _NORMAL.cdf(z - _NORMAL.inv_cdf(0.95)) - 1.0)


Values = Mapping[str, Mapping[str, np.ndarray]]  # cell -> outcome -> one value per seed


def linear(values: Values, cells: Mapping[str, float], outcomes: Mapping[str, float]) -> np.ndarray:
    """Sum over cells and outcomes of weight * weight * value, one number per seed."""
    parts = [
        wc * wo * np.asarray(values[cell][outcome], dtype=float)
        for cell, wc in cells.items()
        for outcome, wo in outcomes.items()
    ]
    return np.sum(parts, axis=0)


def judge_bounds(found: Estimate, low: float, high: float, imposed: bool = False) -> str:
    """A pattern with bounds: reproduced (or imposed) where the whole 95% interval lies within them, else
    failed.

    A mean within the bounds whose interval reaches out of them is failed too: it was not established.
    """
    if not math.isfinite(found.low):
        return NOT_MEASURED
    held = low <= found.low and found.high <= high
    return (IMPOSED if imposed else REPRODUCED) if held else FAILED
