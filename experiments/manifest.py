"""What a results folder says of itself: the question, its parameters, and what computed the answer."""
from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from experiments import specs

PACKAGES = ("numpy", "numba", "pyarrow", "pydantic", "scipy", "pandas")


def describe(study, design: str, engine: str = specs.ENGINE) -> dict:
    """The manifest of a study: JSON-ready. What decides numbers comes first."""
    scenario = study.place()
    return {
        "study": study.name,
        "design": design,
        "scenario_hash": scenario.hash,
        "days": scenario.days,
        "burn_in_days": scenario.burn_in_days,
        "population_seed": study.population_seed,
        "model_version": specs.model_version(engine),
        "engine": engine,
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
        "versions": _versions(),
        "machine": machine_class(),
        "git_commit": git_commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _outcomes() -> dict:
    """Unit, direction, family and definition of every metric, so that results can be read without the simulator."""
    from sim import metrics

    return {name: {"unit": info.unit, "better": info.better, "family": info.family, "definition": info.definition}
            for name, info in metrics.registry().items()}


def _parameters(overrides: Mapping[str, float]) -> list[dict]:
    """Every scalar parameter in force, with its range, status and source."""
    from sim import schema

    return [{
        "name": p.name, "symbol": p.symbol, "value": overrides.get(p.name, p.value), "default": p.value, "low": p.low, "high": p.high,
        "unit": p.unit, "status": p.status, "source": p.source, "rule": p.rule, "en": p.en, "zh": p.zh,
    } for p in schema.registry().values()]


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
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return {"system": platform.system(), "architecture": platform.machine(), "processor": model or "?", "byte_order": sys.byteorder}


def git_commit() -> str | None:
    """The commit of the checkout that this package runs from, if it is one."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
