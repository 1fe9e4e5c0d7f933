"""Samples, indices and verdicts of sensitivity analyses, and the statistics that all analyses share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from experiments.designs.factors import Factor
from sim.config.errors import UserError

SEED = 20240229  # of every bootstrap here; never 0, which SALib takes for "no seed"
RESAMPLES = 300
LEVEL_Z = 1.959963984540054
WIDE = 0.05  # a half-width above this is no answer yet; indices closer than this may swap ranks
MAIN = {
    "ofat": "swing",
    "morris": "mu_star",
    "sobol": "ST",
    "efast": "ST",
    "rbd_fast": "S1",
    "delta": "delta",
    "pawn": "pawn",
    "hdmr": "ST",
    "profile": "swing",
}  # the index by which factors are ranked
LEAST = {
    "ofat": 2,
    "morris": 2,
    "sobol": 4,
    "efast": 65,
    "rbd_fast": 64,
    "delta": 50,
    "pawn": 50,
    "hdmr": 300,
    "profile": 2,
}
# indices in the outcome's own unit; all others are shares
IN_UNITS = ("swing", "level", "mu_star", "mu", "sigma", "rms")


class SensitivityError(UserError):
    """A table that cannot be analysed as asked; says what to do."""


@dataclass(frozen=True)
class Sample:
    """Inputs in the unit cube and outputs with their replicates, rows in the design's order.

    ``unit`` (rows, factors); ``values`` (rows, replicates, outcomes). ``shared``: replicate r has the
    same run seed in every row, so that noise is correlated between rows. ``noisy`` False: a function
    without chance, one value a row.
    """

    factors: tuple[Factor, ...]
    unit: np.ndarray
    outcomes: tuple[str, ...]
    values: np.ndarray
    shared: bool = False
    noisy: bool = True

    @property
    def replicates(self) -> int:
        return self.values.shape[1]

    @property
    def means(self) -> np.ndarray:
        """(rows, outcomes): means over replicates."""
        return self.values.mean(axis=1)

    def variance_of_means(self) -> np.ndarray:
        """(rows, outcomes): what replicate noise adds to the variance of each row's mean; 0 for a function
        without noise.

        Independent seeds: the within-row variance over R. Shared seeds: the row x seed interaction over R
        (what a seed does to all rows alike moves no difference between rows).
        """
        if self.replicates < 2:
            return np.zeros(self.means.shape)
        rest = self.values - self.values.mean(axis=1, keepdims=True)
        rows = len(self.values)
        if self.shared:
            rest = rest - rest.mean(axis=0, keepdims=True)
        loss = rows / (rows - 1) if self.shared and rows > 1 else 1.0
        return (rest**2).sum(axis=1) * loss / (self.replicates - 1) / self.replicates


@dataclass(frozen=True)
class Index:
    """One number about one factor (or group) and outcome; ``raw`` is before the noise correction,
    ``other`` S2's second factor.
    """

    analysis: str
    outcome: str
    factor: str
    index: str
    value: float
    half_width: float = np.nan
    raw: float = np.nan
    other: str = ""

    @property
    def low(self) -> float:
        return self.value - self.half_width

    @property
    def high(self) -> float:
        return self.value + self.half_width


@dataclass(frozen=True)
class Verdict:
    """Whether an outcome's indices may be used.

    ``state``: converged, wide, unstable or noise (no signal above it).
    """

    analysis: str
    outcome: str
    state: str
    widest: float
    noise_share: float
    rows: int
    replicates: int
    floor: float = np.nan  # the index that chance alone would show, where an analysis knows it


@dataclass(frozen=True)
class Trace:
    """The main index of a factor from the first ``rows`` rows: ranks against N."""

    analysis: str
    outcome: str
    factor: str
    rows: int
    value: float


@dataclass
class Findings:
    """All that analyses say of a sample."""

    indices: list[Index] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        self.indices += other.indices
        self.verdicts += other.verdicts
        self.traces += other.traces

    def of(self, outcome: str, index: str, analysis: str | None = None) -> dict[str, Index]:
        """Factor -> Index of one kind for one outcome."""
        return {
            i.factor: i
            for i in self.indices
            if i.outcome == outcome and i.index == index and not i.other and analysis in (None, i.analysis)
        }


def noise_share(variance_of_row_means: np.ndarray, noise_of_means: np.ndarray, replicates: int) -> np.ndarray:
    """Share of a single run's variance that is chance: s2 / (s2 + V - s2 / R), per outcome."""
    single = noise_of_means * replicates
    signal = np.maximum(variance_of_row_means - noise_of_means, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(single + signal > 0, single / (single + signal), 0.0)


def clear_signal(variance: np.ndarray, noise: np.ndarray, rows: int, replicates: int) -> np.ndarray:
    """(outcomes,) whether V - e stands above its own error (normal theory); shares of a variance that
    does not are no numbers.
    """
    error = np.sqrt(2.0 * variance**2 / max(rows - 1, 1) + 2.0 * noise**2 / max(rows * (replicates - 1), 1))
    return np.where(noise > 0, variance - noise > LEVEL_Z * error, variance > 0)


def reach(units: int) -> float:
    """Half-width in bootstrap standard deviations of a mean over so few units: Student's quantile, and what
    the bootstrap's variance lacks.
    """
    from scipy.special import stdtrit

    return float(stdtrit(units - 1, 0.975) * np.sqrt(units / (units - 1))) if units > 1 else np.nan


def bootstrap_weights(units: int, resamples: int = RESAMPLES) -> np.ndarray:
    """(resamples, units) shares of each unit in each bootstrap resample; a fixed stated seed."""
    return np.random.default_rng(SEED).multinomial(units, np.full(units, 1.0 / units), size=resamples) / units


def stable(now: np.ndarray, before: np.ndarray, room: float = WIDE) -> np.ndarray:
    """(outcomes,) whether every pair of factors further apart than ``room`` stood in the same order with half
    the rows.

    ``now``, ``before``: (factors, outcomes).
    """
    apart = now[:, None] - now[None]
    earlier = before[:, None] - before[None]
    return ~((np.abs(apart) > room) & (np.sign(apart) != np.sign(earlier))).any(axis=(0, 1))


def judge(
    sample: Sample,
    analysis: str,
    now: np.ndarray,
    half: np.ndarray,
    before: np.ndarray,
    share: np.ndarray,
    signal: np.ndarray,
    room: float | np.ndarray = WIDE,
    floor: np.ndarray | None = None,
) -> list[Verdict]:
    """A verdict per outcome: noise where there is no signal, wide, unstable, or converged.

    ``now``, ``half``, ``before`` (factors, outcomes); ``signal`` (outcomes,) whether anything stands above
    chance.
    """
    found = []
    for o, outcome in enumerate(sample.outcomes):
        widest = float(np.nanmax(half[:, o])) if np.isfinite(half[:, o]).any() else np.nan
        limit = float(np.broadcast_to(room, (len(sample.outcomes),))[o])
        calm = signal[o] and bool(stable(now[:, o : o + 1], before[:, o : o + 1], limit)[0])
        state = (
            "noise"
            if not signal[o]
            else "wide"
            if not widest < limit
            else "converged"
            if calm
            else "unstable"
        )
        found.append(
            Verdict(
                analysis,
                outcome,
                state,
                widest,
                float(share[o]),
                len(sample.values),
                sample.replicates,
                np.nan if floor is None else float(floor[o]),
            )
        )
    return found


def fractions(count: int, least: int = 4) -> list[int]:
    """Sizes at which an index is told again: an eighth, a quarter, a half and all of ``count``."""
    return sorted({count // d for d in (8, 4, 2, 1) if count // d >= least} | {count})


def indices(
    sample: Sample, analysis: str, index: str, names: Sequence[str], value: np.ndarray, half=None, raw=None
) -> list[Index]:
    """Index objects from arrays (factors, outcomes)."""
    gap = np.full(value.shape, np.nan)
    half, raw = gap if half is None else half, value if raw is None else raw
    return [
        Index(analysis, outcome, name, index, float(value[j, o]), float(half[j, o]), float(raw[j, o]))
        for o, outcome in enumerate(sample.outcomes)
        for j, name in enumerate(names)
    ]


def traces(
    sample: Sample, analysis: str, names: Sequence[str], steps: Mapping[int, np.ndarray]
) -> list[Trace]:
    """Trace objects from rows -> (factors, outcomes)."""
    return [
        Trace(analysis, outcome, name, rows, float(value[j, o]))
        for rows, value in steps.items()
        for o, outcome in enumerate(sample.outcomes)
        for j, name in enumerate(names)
    ]
