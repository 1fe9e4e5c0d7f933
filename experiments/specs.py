"""What to run, said small: frozen, picklable specs without live objects, and their names.

All arms of one seed share their past: a ``SeedTask`` is simulated once through the burn-in and
every ``Branch`` (arm) goes on from that snapshot. A run's name is a hash of all that decides its
numbers, so the same name means the same bytes on any executor, resumed or straight through.
"""
from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

ENGINE = "sim.engine"
HEAD = ("run_id", "arm", "seed", "population_seed", "status", "error", "residents", "days")  # a run's row, before its outcomes
NS_PER_RESIDENT_DAY = 30.0  # a first guess for previews and chunk sizes; the ETA measures
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
    """One seed: burn-in once (days), then each branch for ``days`` days. ``scenario`` is JSON."""

    scenario: str
    scenario_hash: str
    population_seed: int
    run_seed: int
    burn_in_days: int
    days: int
    residents: int
    branches: tuple[Branch, ...]
    engine: str = ENGINE

    @property
    def resident_days(self) -> int:
        """Simulated resident-days of this task, the shared burn-in counted once."""
        return self.residents * (self.burn_in_days + self.days * len(self.branches))

    def only(self, keep: Iterable[Branch]) -> SeedTask:
        return replace(self, branches=tuple(keep))


def canonical(value) -> str:
    """JSON with sorted keys and every number a float, so that 1 and 1.0 name the same run."""
    return json.dumps(_floats(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _floats(value):
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


def digest(*parts, size: int = 10) -> str:
    """Hex digest of ``parts`` in canonical form."""
    return hashlib.blake2b(canonical(parts).encode(), digest_size=size).hexdigest()


def run_id(scenario_hash: str, policies: tuple[str, ...], population_seed: int, run_seed: int,
           burn_in_days: int, days: int, model_version: str) -> str:
    """The name of a run: everything that decides its bytes, and nothing else (no arm label)."""
    bundled = [json.loads(policy) for policy in policies]
    return digest(scenario_hash, bundled, population_seed, run_seed, burn_in_days, days, model_version)


def model_version(engine: str = ENGINE) -> str:
    """Hash of what computes a run beside its scenario: the engine's sources and the registry's values."""
    from importlib import import_module

    if engine != ENGINE:
        return f"{engine}-{getattr(import_module(engine), 'VERSION', '0')}"
    schema = import_module("sim.schema")
    values = {name: parameter.value for name, parameter in schema.registry().items()}
    return digest(_sources(), values, schema.kinds_table(), schema.channels_table())


@lru_cache(maxsize=1)
def _sources() -> str:
    """As they were when this process first asked: what it has loaded does not change under an edit."""
    from sim.jit import sources_hash

    return sources_hash()


def in_chunks(tasks: Sequence[SeedTask], seconds: float = CHUNK_SECONDS) -> list[tuple[SeedTask, ...]]:
    """Cut tasks into pieces of about ``seconds`` each, in order; the cut does not depend on workers."""
    if not tasks:
        return []
    each = sum(task.resident_days for task in tasks) / len(tasks) * NS_PER_RESIDENT_DAY * 1e-9
    size = max(1, min(int(seconds / max(each, 1e-6)), -(-len(tasks) // LEAST_CHUNKS)))
    return [tuple(tasks[start:start + size]) for start in range(0, len(tasks), size)]
