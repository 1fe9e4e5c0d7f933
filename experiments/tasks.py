"""Tasks, said small: frozen, picklable specs without live objects, and their names.

All arms of one seed share their past: a ``SeedTask`` is simulated once through the burn-in and
every ``Branch`` (arm) goes on from that snapshot. A run's name is a hash of all that decides its
numbers, so the same name means the same bytes on any executor, resumed or straight through.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sim.config.model_version import Sources

if TYPE_CHECKING:
    from sim.scenario import Scenario

ENGINE = "sim.engine"
COMPUTED_BY = (
    "sim.engine.Engine",
    "experiments.running.worker.run_task",
    "experiments.tasks.Branch",
)  # what is reached from here
HEAD = (
    "run_id",
    "arm",
    "seed",
    "population_seed",
    "status",
    "error",
    "residents",
    "days",
)  # a run's row, before its outcomes
ROW, FACTOR = (
    "row",
    "x_",
)  # of designs with a table of points: its row's number, and x_<factor> for each of its factors
RECORDS = ("series", "grids")  # what may be kept of a run beside its row
NS_PER_RESIDENT_DAY = 30.0  # a first guess for previews and chunk sizes; the ETA measures
SECONDS_PER_RUN = 0.0015  # what a run costs before its first day and after its last
CHUNK_SECONDS = 1.5
LEAST_CHUNKS = 8  # enough pieces for a few workers to share, whatever their number


@dataclass(frozen=True, slots=True)
class Branch:
    """One arm of one seed: a label, its policies (see ``bundle``), and the run's name."""

    arm: str
    policies: tuple[str, ...]
    run_id: str

    def policy_dicts(self) -> list[dict]:
        return [json.loads(policy) for policy in self.policies]


@dataclass(frozen=True, slots=True)
class SeedTask:
    """One seed: burn-in once (days), then each branch for ``days`` days. ``scenario`` is JSON.

    In a design with a table of points a task is one point with one seed. The scenario's text stays the
    study's own, shared by all points; ``values`` overrides it (see
    ``experiments.running.worker.overridden``), and ``columns`` (``row``, ``x_<factor>``) stand in the run's
    row of runs/. ``record`` names what is kept beside it.
    """

    scenario: str
    scenario_hash: str
    population_seed: int
    run_seed: int
    burn_in_days: int
    days: int
    residents: int
    branches: tuple[Branch, ...]
    engine: str = ENGINE
    values: tuple[tuple[str, float], ...] = ()
    columns: tuple[tuple[str, float | int | str], ...] = ()
    record: tuple[str, ...] = RECORDS

    @property
    def resident_days(self) -> int:
        """Simulated resident-days of this task, the shared burn-in counted once."""
        return self.residents * (self.burn_in_days + self.days * len(self.branches))

    @property
    def seconds(self) -> float:
        """Expected seconds on one core, before anything was measured."""
        return self.resident_days * NS_PER_RESIDENT_DAY * 1e-9 + SECONDS_PER_RUN * (1 + len(self.branches))

    def only(self, keep: Iterable[Branch]) -> SeedTask:
        return replace(self, branches=tuple(keep))


@dataclass(frozen=True, slots=True)
class Base:
    """What all tasks of a study share; made once, then ``task`` for every seed or point."""

    scenario: str
    scenario_hash: str
    burn_in_days: int
    days: int
    residents: int
    version: str
    engine: str = ENGINE

    @classmethod
    def of(cls, scenario: Scenario, engine: str = ENGINE) -> Base:
        """From a ``sim.scenario.Scenario``."""
        return cls(
            scenario_text(scenario),
            scenario.hash,
            scenario.burn_in_days,
            scenario.days,
            scenario.residents,
            model_version(engine),
            engine,
        )

    def task(
        self,
        arms: Mapping[str, tuple[str, ...]],
        population_seed: int,
        run_seed: int,
        *,
        row: int | None = None,
        values: Mapping[str, float] | None = None,
        factors: Mapping[str, float | int | str] | None = None,
        record: Sequence[str] = RECORDS,
    ) -> SeedTask:
        """One task: ``arms`` maps labels to bundled policies (``bundle``).

        Args:
            row: the point's number in the design's table, from 0; it must not change when the design is
                extended.
            values: scenario overrides of this point: parameters, ``kind.column``, numbers of the place.
            factors: what the design varies, as columns ``x_<name>``: overrides and settings of policies
                alike.
            record: of series and grids, what to keep; a large design keeps neither.
        """
        name = digest(self.scenario_hash, dict(values)) if values else self.scenario_hash
        branches = tuple(
            Branch(
                arm,
                policies,
                run_id(name, policies, population_seed, run_seed, self.burn_in_days, self.days, self.version),
            )
            for arm, policies in arms.items()
        )
        columns = (
            ()
            if row is None
            else ((ROW, int(row)), *((FACTOR + key, value) for key, value in (factors or {}).items()))
        )
        return SeedTask(
            self.scenario,
            name,
            population_seed,
            run_seed,
            self.burn_in_days,
            self.days,
            self.residents,
            branches,
            self.engine,
            tuple(sorted((values or {}).items())),
            columns,
            tuple(record),
        )


def scenario_text(scenario: Scenario) -> str:
    """A scenario as it travels to workers."""
    return json.dumps(scenario.to_dict(), sort_keys=True, ensure_ascii=False)


def outcome_names(columns: Iterable[str]) -> list[str]:
    """Of the columns of runs/, those that are outcomes."""
    return [name for name in columns if name not in HEAD and name != ROW and not name.startswith(FACTOR)]


def canonical(value: object) -> str:
    """JSON with sorted keys and every number a float, so that 1 and 1.0 name the same run."""
    return json.dumps(_floats(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _floats(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _floats(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_floats(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def bundle(policies: Sequence[Mapping]) -> tuple[str, ...]:
    """Policies as JSON in a fixed order: they combine in any order, so order is not part of a name."""
    ordered = sorted((dict(policy) for policy in policies), key=canonical)
    return tuple(json.dumps(policy, sort_keys=True, ensure_ascii=False) for policy in ordered)


def digest(*parts: object, size: int = 10) -> str:
    """Hex digest of ``parts`` in canonical form."""
    return hashlib.blake2b(canonical(parts).encode(), digest_size=size).hexdigest()


def run_id(
    scenario_hash: str,
    policies: tuple[str, ...],
    population_seed: int,
    run_seed: int,
    burn_in_days: int,
    days: int,
    model_version: str,
) -> str:
    """The name of a run: everything that decides its bytes, and nothing else (no arm label)."""
    bundled = [json.loads(policy) for policy in policies]
    own = own_sources([policy.get("policy", "") for policy in bundled])
    return digest(
        scenario_hash,
        bundled,
        population_seed,
        run_seed,
        burn_in_days,
        days,
        model_version,
        *([own] if own else []),
    )


def own_sources(chosen: Iterable[str]) -> dict[str, str]:
    """Code of users' own that decides a run: of these policies those of their own, and every metric of
    their own.
    """
    policies, metrics = (
        sys.modules.get("sim.policies"),
        sys.modules.get("sim.metrics"),
    )  # who has some has loaded these
    found = (
        {f"policy {name}": code for name, code in policies.own_sources(chosen).items()} if policies else {}
    )
    return found | (
        {f"metric {name}": code for name, code in metrics.own_sources().items()} if metrics else {}
    )


def model_version(engine: str = ENGINE) -> str:
    """Hash of what the model is, beside a run's scenario: what its sources say, and the registry's values."""
    if engine != ENGINE:
        return f"{engine}-{getattr(import_module(engine), 'VERSION', '0')}"
    from sim.config import registry

    values = {name: parameter.value for name, parameter in registry.registry().items()}
    return digest(_sources(), values, registry.kinds_table(), registry.channels_table())


@lru_cache(maxsize=1)
def _sources() -> str:
    """As they were when this process first asked: what it has loaded does not change under an edit."""
    here = Path(__file__).resolve().parent
    return Sources({"sim": here.parent / "sim", "experiments": here}).digest(COMPUTED_BY)


def in_chunks(tasks: Sequence[SeedTask], seconds: float = CHUNK_SECONDS) -> list[tuple[SeedTask, ...]]:
    """Cut tasks into pieces of about ``seconds`` each, in order; the cut does not depend on workers."""
    costs = [task.seconds for task in tasks]
    enough = min(seconds, sum(costs) / LEAST_CHUNKS)
    chunks, start, filled = [], 0, 0.0
    for i, cost in enumerate(costs):
        filled += cost
        if filled > enough * (1.0 - 1e-9) or i == len(tasks) - 1:
            chunks.append(tuple(tasks[start : i + 1]))
            start, filled = i + 1, 0.0
    return chunks


def shard(tasks: Sequence[SeedTask], part: int, of: int) -> list[SeedTask]:
    """Every ``of``-th task from the ``part``-th on (from 1): stable when tasks are added at the end."""
    return list(tasks[part - 1 :: of])
