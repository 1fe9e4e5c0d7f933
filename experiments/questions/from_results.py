"""Arrays for analyses from a results folder and its plan; a row that is not the design's is refused.

Every run carries its row number and its factors' values (columns ``row`` and ``x_*``). They are held against
the plan's own points before any index is computed: shuffled, foreign or missing rows give no numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.designs.factors import Factor, Point
from experiments.questions.plan import Plan
from experiments.questions.to_tasks import LABEL, run_seed
from experiments.store import csv_file
from experiments.store.folder import Store
from experiments.tasks import FACTOR, ROW
from sim.config.errors import UserError

SEPARATOR = ": "  # "arm: outcome", a paired difference from the baseline


@dataclass(frozen=True)
class DesignResults:
    """``values`` (points, replicates, arms, outcomes) in the design's order; arms[0] is the baseline."""

    points: list[Point]
    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    values: np.ndarray

    def without_failed(self, block: int) -> tuple[DesignResults, np.ndarray]:
        """Without every block of rows that holds a failed run, and which rows were kept; UserError if
        fewer than two blocks are left.
        """
        rows = len(self.points)
        whole = np.isfinite(self.values).all(axis=(1, 2, 3))
        block = block if rows % block == 0 else 1
        kept = np.repeat(whole.reshape(-1, block).all(axis=1), block)
        if kept.sum() < 2 * block:
            raise UserError("sensitivity.nothing_left", rows=rows)
        return DesignResults(
            [p for p, k in zip(self.points, kept) if k], self.arms, self.outcomes, self.values[kept]
        ), kept

    def targets(self) -> tuple[tuple[str, ...], np.ndarray]:
        """What indices are computed of: (names, values (points, replicates, names)).

        One arm: its outcomes. Several: each arm's paired difference from the baseline, on the row's own
        seeds.
        """
        if len(self.arms) == 1:
            return self.outcomes, self.values[:, :, 0]
        gaps = self.values[:, :, 1:] - self.values[:, :, :1]
        names = tuple(f"{arm}{SEPARATOR}{outcome}" for arm in self.arms[1:] for outcome in self.outcomes)
        return names, gaps.reshape(*gaps.shape[:2], -1)


def read_results(store: Store, plan: Plan, holes: bool = False) -> DesignResults:
    """All runs of a plan, each at its place; UserError names the first that is missing, failed or foreign.

    With ``holes`` runs that failed leave NaN behind; runs that were never done are an error all the same.
    """
    points, arms, outcomes = plan.points(), tuple(plan.all_arms), tuple(plan.outcomes)
    factors = plan.factors
    extra = [FACTOR + LABEL] if plan.alternatives else []
    names = [ROW, "arm", "seed", "status", *(FACTOR + f.name for f in factors), *extra, *outcomes]
    table = store.runs(names)
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in names}
    place = {p.row: i for i, p in enumerate(points)}
    at = np.array([place.get(int(row), -1) for row in columns[ROW]])
    held = at >= 0
    _same_rows(columns, at, held, points, factors)
    shared = plan.replicate_seeds == "shared" or plan.design == "factorial"
    replicate = columns["seed"] - 1 if shared else (columns["seed"] >> 32) - 1
    arm = np.array([arms.index(a) if a in arms else -1 for a in columns["arm"]])
    good = held & (arm >= 0) & (columns["status"] == "ok") & (replicate >= 0) & (replicate < plan.replicates)
    if not shared:
        good &= columns["seed"] == np.array(
            [run_seed(int(row), int(r) + 1, False) for row, r in zip(columns[ROW], replicate)]
        )
    values = np.full((len(points), plan.replicates, len(arms), len(outcomes)), np.nan)
    there = np.zeros(values.shape[:3], dtype=bool)
    there[at[good], replicate[good], arm[good]] = True
    if holes:
        failed = (
            held & (arm >= 0) & (columns["status"] != "ok") & (replicate >= 0) & (replicate < plan.replicates)
        )
        there[at[failed], replicate[failed], arm[failed]] = True
    for o, outcome in enumerate(outcomes):
        values[at[good], replicate[good], arm[good], o] = columns[outcome][good].astype(float)
    if not there.all():
        first = np.argwhere(~there)[0]
        raise UserError(
            "sensitivity.missing_rows",
            missing=int((~there).sum()),
            asked=there.size,
            row=points[first[0]].row,
            arm=arms[first[2]],
        )
    return DesignResults(points, arms, outcomes, values)


def _same_rows(
    columns, at: np.ndarray, held: np.ndarray, points: Sequence[Point], factors: Sequence[Factor]
) -> None:
    """Every run's own factor values are those of its row."""
    for factor in factors:
        there = columns[FACTOR + factor.name][held]
        asked = np.array([p.values[factor.name] for p in points], dtype=there.dtype)[at[held]]
        wrong = (
            there != asked
            if there.dtype == object
            else ~np.isclose(there.astype(float), asked.astype(float), rtol=1e-12, atol=0)
        )
        if wrong.any():
            i = int(np.flatnonzero(wrong)[0])
            raise UserError(
                "sensitivity.foreign_row",
                row=int(columns[ROW][held][i]),
                factor=factor.name,
                there=there[i],
                asked=asked[i],
            )


def write_design(plan: Plan, points: Sequence[Point], path: Path) -> Path:
    """design.csv: row, key, alternative and every factor's value; what anybody needs to analyse the
    results elsewhere.
    """
    names = [f.name for f in plan.factors]
    rows = [[p.row, p.key, p.label, *(p.values[n] for n in names)] for p in points]
    return write_table(["row", "key", "alternative", *names], rows, path)


def write_table(head: Sequence[str], rows: Sequence[Sequence], path: Path) -> Path:
    """A CSV that Excel opens in any language; listed with its hash, so that the page can verify it."""
    return csv_file.write(path, head, rows)
