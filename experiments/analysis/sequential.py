"""Sequential stopping: seeds are added until the paired difference is known to within a bound.

The interval's half-width is looked at after a pilot and after every batch, and seeds are added until it is
below the bound. Looking until an interval is narrow favours moments at which the spread happens to be
underestimated (Chow and Robbins 1965: right only as the bound shrinks), the more so for skewed differences,
whose mean and spread go together. Three things keep the coverage between 93% and 97% at nominal 95%:

1. The interval of paired.py, adjusted for skewness by Willink (2005) as the one that Skart stops on
   (Tafazzoli, Wilson, Lada and Steiger 2011).
2. Few looks: every batch adds at least a quarter and at most doubles, planned from the half-width so far
   (accelerated sequential sampling, Hall 1983).
3. The quantile is taken at LEVEL .965, not .95: the allowance for looking, found by simulation, not derived.

benchmarks/sequential_coverage.py measures the result for normal, heavy-tailed and skewed differences. A
confidence sequence (Waudby-Smith et al. 2021) would hold for any number of looks but covers far above 97%
where one stops and takes several times the seeds; simulation needs neither. Nothing here looks at whether
zero is inside: who stops on "significance" finds it too often.

References: Chow, Robbins, Ann. Math. Stat. 36:457. Hall, Ann. Stat. 11:1088 (1983). Willink, Commun. Stat.
Theory Methods 34:753 (2005). Tafazzoli et al., INFORMS J. Comput. 23:298 (2011). Waudby-Smith et al. arXiv
2103.06476.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.analysis import paired

LEVEL = 0.965  # of Student's quantile, for intervals that cover 95% when stopped on their width
LEAST, MOST = 10, 200  # seeds, unless asked otherwise
GROWTH, DOUBLING = 1.25, 2.0  # a batch brings the seeds to between these multiples
ALIKE = 30  # seeds without any difference: then fewer than one in ten has one (95%; the rule of three)


def interval(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) per column of ``differences`` (pairs, columns): the project's interval of a mean, with the
    allowance for looking.
    """
    return paired.interval(differences, LEVEL)


@dataclass(frozen=True)
class Look:
    """What one look at the seeds so far says of one arm and outcome, in the outcome's unit."""

    outcome: str
    arm: str
    n: int
    difference: float
    low: float
    high: float
    bound: float

    @property
    def half_width(self) -> float:
        """Half the interval's length; inf where there is no interval."""
        width = (self.high - self.low) / 2
        return width if math.isfinite(width) else math.inf

    @property
    def reached(self) -> bool:
        """The difference is known to within the bound."""
        return self.half_width <= self.bound


def look(values: Mapping[str, np.ndarray], baseline: str, bounds: Mapping[str, float]) -> list[Look]:
    """One ``Look`` per outcome and arm. ``values``: arm -> (seeds, outcomes) in the order of ``bounds``.

    An outcome that an arm or the baseline never has cannot be waited for and is left out. Rare events may
    leave the first seeds without any difference: where the outcome itself varies, equal differences count as
    known only from ``ALIKE`` seeds on.
    """
    found = []
    for arm, own in values.items():
        if arm == baseline:
            continue
        differences = own - values[baseline]
        low, high = interval(differences)
        n = np.isfinite(differences).sum(axis=0)
        chance = (low == high) & (_spread(own) + _spread(values[baseline]) > 0) & (n < ALIKE)
        low, high = (np.where(chance, np.nan, end) for end in (low, high))
        for place, (outcome, bound) in enumerate(bounds.items()):
            if n[place]:
                mean = float(differences[np.isfinite(differences[:, place]), place].mean())
                found.append(
                    Look(outcome, arm, int(n[place]), mean, float(low[place]), float(high[place]), bound)
                )
    return found


def _spread(values: np.ndarray) -> np.ndarray:
    """Largest less smallest value per column, NaN left out."""
    return np.fmax.reduce(values, axis=0) - np.fmin.reduce(values, axis=0)


def done(looks: Sequence[Look]) -> bool:
    """Every arm's difference is known to within its bound."""
    return all(one.reached for one in looks)


def next_count(seeds: int, looks: Sequence[Look], most: int = MOST) -> int:
    """Seeds to have at the next look: what the half-widths so far call for, within the batch's limits and
    ``most``.
    """
    ratio = max((one.half_width / one.bound for one in looks), default=0.0)
    wanted = seeds * min(ratio, 100.0) ** 2
    return min(math.ceil(max(min(wanted, DOUBLING * seeds), GROWTH * seeds)), most)


def running(differences: np.ndarray) -> np.ndarray:
    """(3, seeds): mean, low and high of the first 1, 2, ... pairs of one outcome; NaN where there are too
    few.

    ``differences`` (seeds,). Works in blocks of prefixes, so that memory grows with the seeds and not with
    their square.
    """
    d = np.asarray(differences, dtype=float)
    step = max(1, paired.BLOCK // max(len(d), 1))
    blocks = []
    for start in range(0, len(d), step):
        ends = np.arange(start, min(start + step, len(d)))
        prefixes = np.where(np.arange(ends[-1] + 1)[:, None] <= ends, d[: ends[-1] + 1, None], np.nan)
        low, high = interval(prefixes)
        count = np.isfinite(prefixes).sum(axis=0)
        with np.errstate(invalid="ignore"):
            mean = np.nansum(prefixes, axis=0) / np.where(count > 0, count, np.nan)
        blocks.append(np.stack([mean, low, high]))
    return np.concatenate(blocks, axis=1) if blocks else np.empty((3, 0))
