"""Data of the report: the results folder of a study, read once into plain arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from experiments.html.words import Words, breakable, from_mapping, words_or
from experiments.report.comparison.outcomes import Outcome, describe
from experiments.store import csv_file, kept
from experiments.store.folder import Store, StoreError

HEAD = ("run_id", "arm", "seed", "population_seed", "status", "error", "residents", "days")
WEEK = 7
SMOOTHED_WEEKS = 4  # rates and levels are shown as means over 28 days
MOST_TILES = 400
BAND = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Paired:
    """One arm against the baseline for one outcome, as comparison.csv has it (outcome's own unit)."""

    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    mean: float = math.nan
    baseline: float = math.nan
    n: int = 0
    p_value: float = math.nan
    correlation: float = math.nan
    variance_factor: float = math.nan
    verdict: str = ""
    effect_size: float = math.nan
    share_better: float = math.nan
    equivalent: str = ""
    p_holm: float = math.nan
    q_bh: float = math.nan
    low_simultaneous: float = math.nan
    high_simultaneous: float = math.nan
    low_sequential: float = math.nan
    high_sequential: float = math.nan
    p_best: float = math.nan
    p_pareto: float = math.nan

    @property
    def has_interval(self) -> bool:
        return math.isfinite(self.difference) and math.isfinite(self.low) and math.isfinite(self.high)


_MORE = (
    "p_value",
    "correlation",
    "variance_factor",
    "effect_size",
    "share_better",
    "p_holm",
    "q_bh",
    "low_simultaneous",
    "high_simultaneous",
    "low_sequential",
    "high_sequential",
    "p_best",
    "p_pareto",
)


@dataclass(frozen=True)
class Results:
    """A study's results. `values[outcome]` has shape (arms, seeds), NaN where a run failed."""

    folder: Path
    manifest: Mapping
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    values: Mapping[str, np.ndarray]
    failed: tuple[Mapping, ...]
    residents: int
    days: int
    comparison: Mapping[tuple[str, str], Paired] = field(default_factory=dict)
    _outcomes: dict[str, Outcome] = field(default_factory=dict)
    _labels: dict[str, Words] = field(default_factory=dict)
    memo: dict[str, list] = field(default_factory=dict)  # what verdicts.py has worked out, by outcome

    @cached_property
    def baseline(self) -> str:
        """The arm that the study compares with; else the one called so; else one without policies; else
        the first.
        """
        empty = [arm for arm in self.arms if not self.manifest["arms"].get(arm)]
        wished = [arm for arm in (self.manifest.get("baseline"), "baseline", *empty) if arm in self.arms]
        return (wished or list(self.arms))[0]

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(arm for arm in self.arms if arm != self.baseline)

    @cached_property
    def comparator(self) -> str | None:
        """The arm that spends the same money on staff alone, where there is one."""
        for arm in self.others:
            names = [
                p.get("policy", "") if isinstance(p, Mapping) else str(p)
                for p in self.manifest["arms"].get(arm) or ()
            ]
            if arm == "equal_cost_staff" or names == ["equal_cost_staff"]:
                return arm
        return None

    def label(self, arm: str) -> Words:
        """An arm's name: the study's own, else the policy's, else as it is written."""
        if arm not in self._labels:
            own = (self.manifest.get("labels") or {}).get(arm)
            self._labels[arm] = from_mapping(own) if own else words_or(f"policy.{arm}.label", breakable(arm))
        return self._labels[arm]

    def outcome(self, name: str) -> Outcome:
        """How an outcome is shown."""
        if name not in self._outcomes:
            self._outcomes[name] = describe(
                name, (self.manifest.get("outcomes") or {}).get(name.partition("@")[0], {})
            )
        return self._outcomes[name]

    def runs_of(self, arm: str, outcome: str) -> np.ndarray:
        """Values per seed (NaN: failed or not measured)."""
        return (
            self.values[outcome][self.arms.index(arm)]
            if outcome in self.values
            else np.full(len(self.seeds), np.nan)
        )

    def mean(self, arm: str, outcome: str) -> float:
        good = self.runs_of(arm, outcome)
        good = good[np.isfinite(good)]
        return float(good.mean()) if good.size else math.nan

    def paired(self, arm: str, outcome: str) -> Paired:
        """The row of comparison.csv, or the plain difference of means without an interval."""
        found = self.comparison.get((outcome, arm))
        if found is not None:
            return found
        both = self.runs_of(arm, outcome) - self.runs_of(self.baseline, outcome)
        both = both[np.isfinite(both)]
        difference = float(both.mean()) if both.size else math.nan
        return Paired(
            difference, mean=self.mean(arm, outcome), baseline=self.mean(self.baseline, outcome), n=both.size
        )

    def contrast(self, arm: str, rival: str, outcome: str) -> Paired:
        """`arm` minus `rival`, paired by seed, with the interval that the comparison table uses."""
        from experiments.analysis.paired import compare

        found = compare(self.runs_of(arm, outcome)[:, None], self.runs_of(rival, outcome)[:, None])
        return Paired(
            *(
                float(getattr(found, name)[0])
                for name in ("difference", "low", "high", "mean", "baseline_mean")
            ),
            n=int(found.n[0]),
        )

    def completed(self, arm: str) -> int:
        """Runs of an arm that ended well."""
        return len(self.seeds) - sum(row["arm"] == arm for row in self.failed)


def read(folder: Path) -> Results:
    """Read runs/, manifest.json and comparison.csv of a results folder."""
    store = Store(folder)
    manifest = store.load()
    table = store.runs()
    arms = tuple(manifest["arms"])
    seeds = tuple(int(seed) for seed in manifest["seeds"])
    columns = {name: table[name].to_pylist() for name in HEAD}
    ok = [status == "ok" for status in columns["status"]]
    place = np.array(
        [(arms.index(a), seeds.index(int(s))) for a, s in zip(columns["arm"], columns["seed"])], dtype=int
    ).reshape(-1, 2)
    values = {}
    for name in table.column_names:
        if name in HEAD:
            continue
        grid = np.full((len(arms), len(seeds)), np.nan)
        grid[place[:, 0], place[:, 1]] = np.where(
            ok, table[name].to_numpy(zero_copy_only=False).astype(float), np.nan
        )
        values[name] = grid
    failed = tuple({name: columns[name][i] for name in HEAD} for i, good in enumerate(ok) if not good)
    sizes = [(columns["residents"][i], columns["days"][i]) for i, good in enumerate(ok) if good] or [
        (0, manifest.get("days", 0))
    ]
    return Results(
        Path(folder),
        manifest,
        arms,
        seeds,
        values,
        failed,
        int(sizes[0][0]),
        int(sizes[0][1]),
        _comparison(Path(folder) / "comparison.csv"),
    )


def _comparison(path: Path) -> dict[tuple[str, str], Paired]:
    if not kept.expected(path):
        return {}
    rows = csv_file.read(path)
    return {
        (row["outcome"], row["arm"]): Paired(
            *(_number(row.get(name)) for name in ("difference", "low", "high", "mean", "baseline_mean")),
            n=int(_number(row.get("n")) if math.isfinite(_number(row.get("n"))) else 0),
            verdict=row.get("verdict") or "",
            equivalent=row.get("equivalent") or "",
            **{name: _number(row.get(name)) for name in _MORE},
        )
        for row in rows
    }


def _number(text: str | None) -> float:
    try:
        return float(text) if text else math.nan
    except ValueError:
        return math.nan


@dataclass(frozen=True)
class Bands:
    """28-day means by week: `quantiles[column]` has shape (arms, 3, weeks): 10%, median, 90% over seeds."""

    weeks: np.ndarray
    quantiles: Mapping[str, np.ndarray]
    months: Mapping[
        str, np.ndarray
    ]  # column -> (arms, 2): means of the 30 days before the last 30, and of the last 30


def bands(results: Results, columns: tuple[str, ...]) -> Bands | None:
    """Daily series reduced to weekly bands per arm; None where the folder has no series."""
    try:
        table = Store(results.folder)
        table.load()
        table = table.series()
    except StoreError as error:
        if error.key != "store.empty":
            raise
        return None
    codes = table["arm"].combine_chunks().dictionary_encode()
    arm = np.array([results.arms.index(name) for name in codes.dictionary.to_pylist()], dtype=int)[
        codes.indices.to_numpy()
    ]
    seed, day = table["seed"].to_numpy(), table["day"].to_numpy()
    cut = np.flatnonzero((np.diff(arm) != 0) | (np.diff(seed) != 0) | (np.diff(day) < 0)) + 1
    starts, ends = np.r_[0, cut], np.r_[cut, table.num_rows]
    length = int((ends - starts).min()) if table.num_rows else 0
    weeks = length // WEEK
    if weeks < SMOOTHED_WEEKS + 1:
        return None
    of_run = arm[starts]
    quantiles, months = {}, {}
    for name in columns:
        if name not in table.column_names:
            continue
        column = table[name].to_numpy().astype(float)
        daily = np.stack([column[a : a + length] for a in starts])
        quantiles[name] = _arm_quantiles(_weekly(daily, weeks), of_run, len(results.arms))
        months[name] = _last_months(daily, of_run, len(results.arms))
    first = SMOOTHED_WEEKS  # the first full 28 days end here
    return Bands(np.arange(first, weeks + 1) * WEEK, quantiles, months)


def _weekly(daily: np.ndarray, weeks: int) -> np.ndarray:
    """(runs, days) -> 28-day trailing means at the end of each week; a day without a value counts for
    nothing.
    """
    blocks = daily[:, : weeks * WEEK].reshape(len(daily), weeks, WEEK)
    total = np.cumsum(np.nansum(blocks, axis=2), axis=1)
    count = np.cumsum(np.isfinite(blocks).sum(axis=2), axis=1)
    total, count = (np.concatenate([np.zeros((len(x), 1)), x], axis=1) for x in (total, count))
    spans = count[:, SMOOTHED_WEEKS:] - count[:, :-SMOOTHED_WEEKS]
    sums = total[:, SMOOTHED_WEEKS:] - total[:, :-SMOOTHED_WEEKS]
    return np.where(spans > 0, sums / np.maximum(spans, 1), np.nan)


def _arm_quantiles(weekly: np.ndarray, of_run: np.ndarray, arms: int) -> np.ndarray:
    out = np.full((arms, len(BAND), weekly.shape[1]), np.nan)
    for arm in range(arms):
        rows = weekly[of_run == arm]
        if len(rows):
            seen = np.isfinite(rows).any(axis=0)
            if seen.any():
                quantile = (
                    np.quantile if np.isfinite(rows[:, seen]).all() else np.nanquantile
                )  # the latter is far slower
                out[arm][:, seen] = quantile(rows[:, seen], BAND, axis=0)
    return out


def _last_months(daily: np.ndarray, of_run: np.ndarray, arms: int) -> np.ndarray:
    out = np.full((arms, 2), np.nan)
    if daily.shape[1] < 60:
        return out
    for arm in range(arms):
        rows = daily[of_run == arm]
        if len(rows):
            out[arm] = rows[:, -60:-30].mean(), rows[:, -30:].mean()
    return out


def grid_means(results: Results) -> dict[str, np.ndarray] | None:
    """Grid table averaged over seeds: `grid` (tiles,), `residents` and measures (arms, tiles).

    A city has too many grids to look at: beyond MOST_TILES a tile is a community, the mean of its grids.
    """
    try:
        store = Store(results.folder)
        store.load()
        table = store.grids()
    except StoreError as error:
        if error.key != "store.empty":
            raise
        return None
    if not table.num_rows:
        return None
    names = table["arm"].to_pylist()
    arm = np.array([results.arms.index(name) for name in names])
    grid = table["grid"].to_numpy()
    if np.unique(grid).size > MOST_TILES:
        grid = table["community"].to_numpy()
    ids = np.unique(grid)
    where = arm * ids.size + np.searchsorted(ids, grid)
    count = np.bincount(where, minlength=len(results.arms) * ids.size).reshape(len(results.arms), -1)
    out: dict[str, np.ndarray] = {"grid": ids}
    for name in table.column_names:
        if name in ("run_id", "arm", "seed", "grid"):
            continue
        total = np.bincount(where, table[name].to_numpy().astype(float), minlength=count.size).reshape(
            count.shape
        )
        out[name] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return out
