"""Sensitivity analysis of any table of inputs and outputs, with the guards that its libraries lack.

One NaN, a shuffled row, a lone seed, an unseeded bootstrap: each gives wrong indices without a word
elsewhere, and an error or a stated seed here. Reads results only; knows nothing of the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module

import numpy as np

from experiments.analysis.paired import in_unit
from experiments.analysis.sensitivity_slides import levels
from experiments.designs.factors import Factor, group_names
from sim.config.errors import UserError

SEED = 20240229  # of every bootstrap here; never 0, which SALib takes for "no seed"
RESAMPLES = 300
LEVEL_Z = 1.959963984540054
WIDE = 0.05  # a half-width above this is no answer yet; indices closer than this may swap ranks
HOMES = {
    "ofat": "sensitivity_screen",
    "morris": "sensitivity_screen",
    "profile": "sensitivity_screen",
    "sobol": "sensitivity_sobol",
    "efast": "sensitivity_spectrum",
    "rbd_fast": "sensitivity_spectrum",
    "delta": "sensitivity_given",
    "pawn": "sensitivity_given",
    "hdmr": "sensitivity_given",
}
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
IN_UNITS = (
    "swing",
    "level",
    "mu_star",
    "mu",
    "sigma",
    "rms",
)  # indices in the outcome's own unit; all others are shares
# correlation of two inputs above which neither's own share is known, or 4.5 standard errors of it in few rows
RELATED = 0.3
GIVEN = ("rbd_fast", "delta", "pawn", "hdmr")  # what reads any sample, if only its inputs are independent


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


def analyse(sample: Sample, analyses: Sequence[str], settings: Mapping | None = None) -> Findings:
    """Run each analysis over all outcomes of a sample, after the guards; SensitivityError where a table
    cannot be analysed so.

    Outcomes are analysed in a unit of their own, so that no index depends on whether they count in billions.
    """
    guard(sample)
    chosen = dict(settings or {})
    for name in analyses:
        suits(sample, name, chosen)
    scaled, unit = in_unit(sample.values.reshape(-1, len(sample.outcomes)))
    bare = replace(sample, values=scaled.reshape(sample.values.shape))
    found = Findings()
    for name in analyses:
        module = import_module(f"experiments.analysis.{HOMES[name]}")
        found.add(
            _in_own_units(getattr(module, name)(bare, chosen), dict(zip(sample.outcomes, unit.tolist())))
        )
    return found


def _in_own_units(found: Findings, unit: Mapping[str, float]) -> Findings:
    """What has the outcome's unit, given back in it."""

    def index(i: Index) -> Index:
        u = unit[i.outcome]
        return (
            replace(i, value=i.value * u, half_width=i.half_width * u, raw=i.raw * u)
            if i.index in IN_UNITS
            else i
        )

    return Findings(
        [index(i) for i in found.indices],
        [
            replace(v, floor=v.floor * unit[v.outcome]) if MAIN[v.analysis] in IN_UNITS else v
            for v in found.verdicts
        ],
        [
            replace(t, value=t.value * unit[t.outcome]) if MAIN[t.analysis] in IN_UNITS else t
            for t in found.traces
        ],
    )


def least_rows(analysis: str, factors: Sequence[Factor], settings: Mapping) -> int:
    """The fewest rows of which an analysis says anything; below it chance alone gives indices near 1."""
    groups = len(group_names(factors))
    block = {
        "morris": groups + 1,
        "sobol": (2 if settings.get("second_order") else 1) * groups + 2,
        "efast": len(factors),
    }
    return LEAST[analysis] * block.get(analysis, 1)


def suits(sample: Sample, analysis: str, settings: Mapping) -> None:
    """Refuse a table that has too few rows for an analysis, or inputs that it cannot read."""
    least = least_rows(analysis, sample.factors, settings)
    if len(sample.unit) < least:
        raise SensitivityError("sensitivity.too_few", analysis=analysis, rows=len(sample.unit), least=least)
    if analysis in GIVEN and len(sample.factors) > 1:
        _independent(sample, analysis)
    if analysis == "hdmr":  # its splines have seven terms; on fewer values they give any number at all
        few = [f.name for j, f in enumerate(sample.factors) if levels(sample.unit[:, j], f) is not None]
        if few:
            raise SensitivityError("sensitivity.few_values", analysis=analysis, name=few[0])


def _independent(sample: Sample, analysis: str) -> None:
    """Refuse inputs that move together or one at a time: what one of them does is then not to be told from
    such rows.
    """
    rows = len(sample.unit)
    order = [
        f for f in range(len(sample.factors)) if len(sample.factors[f].choices) < 3
    ]  # those with an order at all
    if len(order) > 1:
        related = np.abs(np.corrcoef(sample.unit[:, order], rowvar=False)) - np.eye(len(order))
        j, k = np.unravel_index(related.argmax(), related.shape)
        if related[j, k] > max(RELATED, 4.5 / np.sqrt(rows)):
            raise SensitivityError(
                "sensitivity.related",
                analysis=analysis,
                first=sample.factors[order[j]].name,
                second=sample.factors[order[k]].name,
                correlation=f"{related[j, k]:.2f}",
            )
    usual = np.array(
        [
            values[counts.argmax()]
            for values, counts in (np.unique(column, return_counts=True) for column in sample.unit.T)
        ]
    )
    if ((np.abs(sample.unit - usual) > 1e-9).sum(axis=1) <= 1).all():
        raise SensitivityError("sensitivity.one_at_a_time", analysis=analysis)


def guard(sample: Sample) -> None:
    """Refuse what would give indices that look right and are wrong."""
    bad = ~np.isfinite(sample.values)
    if bad.any():
        row, _, column = np.argwhere(bad)[0]
        raise SensitivityError(
            "sensitivity.nan",
            count=int(bad.any(axis=(1, 2)).sum()),
            outcome=sample.outcomes[column],
            row=int(row),
        )
    if not np.isfinite(sample.unit).all():
        raise SensitivityError("sensitivity.nan_input", row=int(np.argwhere(~np.isfinite(sample.unit))[0][0]))
    if sample.noisy and sample.replicates < 2:
        raise SensitivityError("sensitivity.one_seed")
    still = np.flatnonzero(np.ptp(sample.unit, axis=0) == 0) if len(sample.unit) > 1 else []
    if len(still):
        raise SensitivityError("sensitivity.constant_input", name=sample.factors[still[0]].name)


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
