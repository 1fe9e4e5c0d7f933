"""The manifest of a results folder: the question, its parameters, and what computed the answer."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from experiments import tasks
from experiments.store import kept
from experiments.store.kept import StoreError

if TYPE_CHECKING:
    from sim.scenario import Scenario, Words

FILE = "manifest.json"
IDENTITY = ("study", "days", "burn_in_days", "population_seed", "scenario_hash", "model_version")
FURTHER = ("factors", "record")  # identity too, of the designs that have them
PACKAGES = ("numpy", "numba", "llvmlite", "pyarrow", "pydantic", "scipy", "pandas")


class Described(Protocol):
    """What a manifest says of a question; a ``Study`` is one."""

    @property
    def name(self) -> str: ...
    @property
    def population_seed(self) -> int | str: ...
    @property
    def arms(self) -> Mapping[str, Sequence[Mapping]]: ...
    @property
    def baseline(self) -> str: ...
    @property
    def seed_list(self) -> list[int]: ...
    @property
    def title(self) -> Words: ...
    @property
    def summary(self) -> Words: ...
    @property
    def labels(self) -> Mapping[str, Words]: ...
    @property
    def smallest_effect(self) -> Mapping[str, float]: ...
    @property
    def outcomes(self) -> Sequence[str]: ...
    def place(self) -> Scenario: ...


def describe(study: Described, design: str, engine: str = tasks.ENGINE) -> dict:
    """The manifest of a study: JSON-ready. What decides numbers comes first."""
    scenario = study.place()
    return {
        "study": study.name,
        "design": design,
        "scenario_hash": scenario.hash,
        "days": scenario.days,
        "burn_in_days": scenario.burn_in_days,
        "population_seed": study.population_seed,
        **computed_by(engine),
        "arms": {arm: [dict(policy) for policy in policies] for arm, policies in study.arms.items()},
        "baseline": study.baseline,
        "seeds": study.seed_list,
        "title": study.title.model_dump(),
        "summary": study.summary.model_dump(),
        "labels": {arm: words.model_dump() for arm, words in study.labels.items()},
        "smallest_effect": dict(study.smallest_effect),
        "shown": list(study.outcomes),
        "outcomes": _outcomes(),
        "parameters": _parameters(scenario.parameters),
        "scenario": scenario.to_dict(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def computed_by(engine: str = tasks.ENGINE) -> dict:
    """What computes: the model, and the environment beside it."""
    return {
        "model_version": tasks.model_version(engine),
        "engine": engine,
        "versions": _versions(),
        "machine": machine_class(),
        "git_commit": git_commit(),
    }


def write(folder: Path, document: Mapping) -> Path:
    """Write a folder's manifest; it begins with a hash of itself."""
    return kept.write_sealed(folder / FILE, document)


def read(folder: Path, study: bool = True) -> dict:
    """A folder's manifest, verified: every byte, and (``study``) that each entry is what readers take it for.

    StoreError says what is not.
    """
    return read_file(folder / FILE, study)


def read_file(path: Path, study: bool = True) -> dict:
    """The same by the file's own name."""
    try:
        found = kept.read_sealed(path)
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError("store.no_manifest", folder=path.parent) from None
    except OSError as error:
        raise StoreError("store.bad_manifest", path=path, error=error.strerror or error) from None
    if study:
        _check(found, path)
    return found


def is_ours(folder: Path) -> bool:
    """Whether a folder's manifest is one of ours, of any version."""
    try:
        read(folder, study=False)
    except StoreError:
        return is_old(folder)
    return True


def is_old(folder: Path) -> bool:
    """Whether a manifest that carries no hash is one of ours all the same."""
    try:
        found = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return (
        isinstance(found, dict)
        and "arms" in found
        and ("model_version" in found or found.get("design") == "table")
    )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _policies(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(policy, dict) for policy in value)


def _arms(value: object) -> bool:
    return isinstance(value, dict) and all(_policies(policies) for policies in value.values())


def _by_arm(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(entry, dict) for entry in value.values())


_NEEDED = {
    "study": lambda v: isinstance(v, str),
    "days": _whole,
    "burn_in_days": _whole,
    "scenario_hash": lambda v: isinstance(v, str),
    "population_seed": lambda v: isinstance(v, str) or _whole(v),
    "model_version": lambda v: isinstance(v, str),
    "arms": lambda v: _arms(v) and len(v) > 0,
    "seeds": lambda v: isinstance(v, list) and len(v) > 0 and all(map(_whole, v)),
}
_ALLOWED = {
    "known_arms": _arms,
    "engine": lambda v: isinstance(v, str),
    "record": lambda v: isinstance(v, list),
    "outcomes": lambda v: isinstance(v, dict) and all(isinstance(entry, dict) for entry in v.values()),
    "smallest_effect": lambda v: isinstance(v, dict),
    "labels": lambda v: isinstance(v, dict),
    "shown": lambda v: isinstance(v, list),
    "parameters": lambda v: isinstance(v, list),
    "scenario": lambda v: isinstance(v, dict),
    "shard_runs": _whole,
    "plan": lambda v: isinstance(v, dict),
    "versions": lambda v: isinstance(v, dict),
    "values": _by_arm,
    "places": _by_arm,
}


def _check(found: Mapping, path: Path) -> None:
    """StoreError that names the first entry which is missing or of another kind."""
    for name, good in {**_NEEDED, **_ALLOWED}.items():
        if name in found and good(found[name]) or name not in found and name not in _NEEDED:
            continue
        raise StoreError(
            "store.bad_entry",
            path=path,
            name=name,
            value=json.dumps(found.get(name), ensure_ascii=False)[:60],
        )


def _outcomes() -> dict:
    """Unit, direction, family and definition of every metric, so that results can be read without the
    simulator.
    """
    from sim import metrics

    return {
        name: {"unit": info.unit, "better": info.better, "family": info.family, "definition": info.definition}
        for name, info in metrics.registry().items()
    }


def _parameters(overrides: Mapping[str, float]) -> list[dict]:
    """Every scalar parameter in force, with its range, status and source."""
    from sim.config import registry

    return [
        {
            "name": p.name,
            "symbol": p.symbol,
            "value": overrides.get(p.name, p.value),
            "default": p.value,
            "low": p.low,
            "high": p.high,
            "unit": p.unit,
            "status": p.status,
            "source": p.source,
            "rule": p.rule,
            "en": p.en,
            "zh": p.zh,
        }
        for p in registry.registry().values()
    ]


def _versions() -> dict[str, str]:
    from sim import __version__

    found = {"cogov": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine_class() -> dict[str, str]:
    """What kind of machine computed this (never which one): bits may differ between classes."""
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        model = next(
            (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model
        )
    except OSError:
        pass
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": model or "?",
        "byte_order": sys.byteorder,
    }


def git_commit() -> str | None:
    """The commit of the checkout that this package runs from, if it is one."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
