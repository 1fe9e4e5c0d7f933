"""The worker: one chunk of seed tasks in, columns out. Never imports Mesa.

A run that fails becomes a row with its traceback; the other arms and seeds of the chunk go on.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module

import numpy as np

from experiments.tasks import HEAD, Branch, SeedTask
from sim.config.errors import BadValue

OK, FAILED = "ok", "failed"


@dataclass
class RunResult:
    """One run: its row (identity, status, outcomes), its daily series and its table of grids."""

    branch: Branch
    task: SeedTask
    status: str
    error: str = ""
    residents: int = 0
    outcomes: dict[str, float] = field(default_factory=dict)
    series: dict[str, np.ndarray] = field(default_factory=dict)
    grids: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Frames:
    """The results of a chunk as columns, one dict per dataset; ``rows`` is (run_id, arm, status) per run."""

    rows: tuple[tuple[str, str, str], ...]
    runs: dict[str, np.ndarray | list]
    series: dict[str, np.ndarray | list]
    grids: dict[str, np.ndarray | list]


@lru_cache(maxsize=4)
def _scenario(text: str):
    """Validated once per study and process, not once per run."""
    from sim.scenario import Scenario

    return Scenario.from_dict(json.loads(text))


def build(task: SeedTask):
    """(Engine class, scenario) of a task; an engine module of its own may read the scenario its own way."""
    module = import_module(task.engine)
    read = getattr(module, "read_scenario", None)
    if read:
        return module.Engine, read({**json.loads(task.scenario), **dict(task.values)})
    return module.Engine, overridden(_scenario(task.scenario), dict(task.values))


def overridden(scenario, values: Mapping[str, float]):
    """A scenario with other numbers: parameters by name, ``kind.column``, and the place's own
    (``committee_workers``, ``owner_share.old``).

    A name that nobody knows is an error; ranges are the design's to check, once, not a worker's.
    """
    if not values:
        return scenario
    own = {
        name: value for name, value in values.items() if name.partition(".")[0] in type(scenario).model_fields
    }
    rest = {name: value for name, value in values.items() if name not in own}
    changed = scenario.with_parameters(rest) if rest else scenario
    for name, value in own.items():
        head, _, tail = name.partition(".")
        old = getattr(changed, head)
        if tail and tail not in type(old).model_fields:
            raise BadValue("scenario.no_field", name=name)
        new = old.model_copy(update={tail: float(value)}) if tail else type(old)(value)
        changed = changed.model_copy(update={head: new})
    return changed


def run_task(task: SeedTask) -> list[RunResult]:
    """Simulate the shared past of a seed once, then every arm from its snapshot; the last arm goes on
    where the past ended.
    """
    try:
        engine_class, scenario = build(task)
        engine = engine_class(scenario, population_seed=task.population_seed, run_seed=task.run_seed)
        engine.advance(task.burn_in_days)
        engine.mark()
        goes_on = hasattr(
            engine, "set_policies"
        )  # saves the copies of one arm: bit for bit what its branch would be
        snapshot = engine.snapshot() if len(task.branches) > goes_on else None
    except Exception:
        error = traceback.format_exc()
        return [failed(task, branch, error) for branch in task.branches]
    last = len(task.branches) - 1
    return [
        _run_branch(engine if goes_on and i == last else None, engine_class, snapshot, task, branch)
        for i, branch in enumerate(task.branches)
    ]


def _run_branch(engine, engine_class, snapshot, task: SeedTask, branch: Branch) -> RunResult:
    try:
        if engine is None:
            engine = engine_class.branch(snapshot, branch.policy_dicts())
        else:
            engine.set_policies(branch.policy_dicts())
        engine.advance(task.days)
        grids = engine.grid_table()
        return RunResult(
            branch,
            task,
            OK,
            residents=int(np.sum(grids["residents"])),
            outcomes=engine.outcomes(),
            series=engine.series() if "series" in task.record else {},
            grids=grids if "grids" in task.record else {},
        )
    except Exception:
        return failed(task, branch, traceback.format_exc())


def failed(task: SeedTask, branch: Branch, error: str) -> RunResult:
    return RunResult(branch, task, FAILED, error=error)


def run_chunk(tasks: tuple[SeedTask, ...]) -> Frames:
    """The function sent to executors: run a chunk and put its results into columns."""
    return frames([result for task in tasks for result in run_task(task)])


def frames(results: list[RunResult]) -> Frames:
    """Columns of several runs; outcomes f8, daily and grid values f4 (their integers i4)."""
    good = [result for result in results if result.status == OK]
    return Frames(
        tuple((r.branch.run_id, r.branch.arm, r.status) for r in results),
        _runs(results),
        _stack([r for r in good if r.series], "series"),
        _stack([r for r in good if r.grids], "grids"),
    )


def _runs(results: list[RunResult]) -> dict:
    values = {
        "run_id": lambda r: r.branch.run_id,
        "arm": lambda r: r.branch.arm,
        "seed": lambda r: r.task.run_seed,
        "population_seed": lambda r: r.task.population_seed,
        "status": lambda r: r.status,
        "error": lambda r: r.error,
        "residents": lambda r: r.residents,
        "days": lambda r: r.task.days,
    }
    columns: dict = {name: [values[name](r) for r in results] for name in HEAD}
    for name, _ in results[0].task.columns if results else ():  # the same names in every task of a design
        columns[name] = [dict(r.task.columns)[name] for r in results]
    names = dict.fromkeys(name for r in results for name in r.outcomes)
    for name in names:
        columns[name] = np.array([r.outcomes.get(name, np.nan) for r in results], dtype=np.float64)
    return columns


def _stack(results: list[RunResult], dataset: str) -> dict:
    if not results:
        return {}
    tables = [getattr(result, dataset) for result in results]
    lengths = [len(next(iter(table.values()))) for table in tables]
    columns: dict = {
        "run_id": [r.branch.run_id for r, n in zip(results, lengths) for _ in range(n)],
        "arm": [r.branch.arm for r, n in zip(results, lengths) for _ in range(n)],
        "seed": np.repeat(np.array([r.task.run_seed for r in results], dtype=np.int64), lengths),
    }
    for name in tables[0]:
        column = np.concatenate([np.asarray(table[name]) for table in tables])
        columns[name] = column.astype(np.int32 if column.dtype.kind in "iub" else np.float32, copy=False)
    return columns
