"""A study: which arms to compare, on which place, with which seeds.

``Study.load("three_policies")`` reads configs/studies; a path works too. Policies and their settings
are held to what the policies declare, so a typo in an arm is an error with line and nearest name.
"""
from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from sim import schema
from sim.configfile import Source, available, find, in_memory, read, validate
from sim.scenario import ConfigError, Problem, Scenario, Strict, Words, bounded, check_overrides

__all__ = ["ConfigError", "Problem", "Study", "scenario_schema", "studies", "study_schema"]

TIMING = {  # settings that every policy takes, in days since the comparison starts
    "start_day": (-3_650.0, 7_300.0, "days"),
    "end_day": (-3_650.0, 7_300.0, "days"),
}


class Study(Strict):
    """A comparison: every arm runs with every seed; the first arm is the baseline.

    ``arms`` maps a name to a list of policies, each ``{policy: name, setting: value, ...}``.
    """

    name: str
    title: Words
    summary: Words
    scenario: str = "hongshan_road"
    residents: int | None = bounded(100, 50_000_000, "persons", "technical", default=None)
    parameters: dict[str, float] = {}
    kinds: dict[str, dict[str, float]] = {}
    arms: dict[str, tuple[dict[str, float | str], ...]]
    labels: dict[str, Words] = {}
    seeds: int | tuple[int, ...] = 30
    population_seed: int | Literal["per_seed"] = "per_seed"
    burn_in_days: int | None = bounded(0, 3_650, "days", "technical", default=None)
    days: int | None = bounded(1, 7_300, "days", "technical", default=None)
    smallest_effect: dict[str, float] = {}
    outcomes: tuple[str, ...] = Field(default=())

    @classmethod
    def load(cls, name_or_path: str | Path) -> Study:
        """A study by name or path; ConfigError lists every problem of the file at once."""
        path = find(name_or_path, "studies", "config.no_study")
        source = read(path)
        if isinstance(source.data, dict) and "design" in source.data:
            source.add(("design",), "config.is_plan", design=source.data["design"])
            raise ConfigError(source.problems[-1:])
        _resolve_place(source, path)
        return cls._finish(source)

    @classmethod
    def from_dict(cls, data: Mapping) -> Study:
        """A study from plain data, checked as a file is."""
        return cls._finish(in_memory(dict(data)))

    @classmethod
    def _finish(cls, source: Source) -> Study:
        study = validate(cls, source)
        data = source.data if isinstance(source.data, dict) else {}
        check_overrides(source, data.get("parameters"), data.get("kinds"))
        _check_arms(source, data.get("arms"))
        _check_outcomes(source, data)
        _check_seeds(source, data.get("seeds"))
        if isinstance(data.get("scenario", ""), str):
            _check_place(source, data.get("scenario") or "hongshan_road")
        if study is not None:
            for name in study.labels:
                if name not in study.arms:
                    source.add_unknown(("labels", name), name, study.arms)
        source.raise_problems()
        return study

    @property
    def seed_list(self) -> list[int]:
        """Run seeds: 1 to n, or the list given."""
        return list(range(1, self.seeds + 1)) if isinstance(self.seeds, int) else list(self.seeds)

    @property
    def baseline(self) -> str:
        """The first arm."""
        return next(iter(self.arms))

    def population_seed_of(self, run_seed: int) -> int:
        """The population seed that goes with a run seed."""
        return run_seed if self.population_seed == "per_seed" else self.population_seed

    def label(self, arm: str, lang: str) -> str:
        """The name of an arm in a language (its key where the study gives none)."""
        words = self.labels.get(arm)
        return getattr(words, lang) if words else arm.replace("_", " ")

    def place(self) -> Scenario:
        """The scenario, scaled and with this study's parameters and lengths of time."""
        scenario = Scenario.load(self.scenario)
        if self.residents is not None:
            scenario = scenario.scaled(self.residents)
        values = {**self.parameters, **{f"{k}.{c}": v for k, row in self.kinds.items() for c, v in row.items()}}
        times = {"burn_in_days": self.burn_in_days, "days": self.days}
        changed = scenario.with_parameters(values) if values else scenario
        return changed.model_copy(update={k: v for k, v in times.items() if v is not None})

    def tasks(self) -> list:
        """One ``experiments.specs.SeedTask`` per seed with all arms."""
        from experiments.designs import compare

        return compare.tasks(self)

    def manifest(self) -> dict:
        """What a results folder of this comparison says of itself."""
        from experiments.manifest import describe

        return describe(self, "compare")

    @property
    def hash(self) -> str:
        """Hex digest of all that decides a number (titles and labels left out)."""
        content = {k: v for k, v in self.to_dict().items() if k not in ("title", "summary", "labels")}
        return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=10).hexdigest()

    def to_dict(self) -> dict:
        """Plain data that ``from_dict`` and JSON take."""
        return self.model_dump(mode="json")


def studies() -> list[str]:
    """Names of the comparisons that come with cogov (files that ask for another design are plans, see ``experiments.plan``)."""
    from sim.paths import config_dir
    from sim.texts import read_yaml

    return [name for name in available("studies") if "design" not in (read_yaml(config_dir() / "studies" / f"{name}.yaml") or {})]


def _resolve_place(source: Source, path: Path) -> None:
    """A path to a place is meant relative to the study's file."""
    place = source.data.get("scenario") if isinstance(source.data, dict) else None
    if isinstance(place, str) and place.endswith((".yaml", ".yml")) and not Path(place).is_absolute():
        beside = Path(path).parent / place
        if beside.is_file():
            source.data["scenario"] = str(beside)


def _check_place(source: Source, place: str) -> None:
    try:
        Scenario.load(place)
    except ConfigError as error:
        if error.problems[0].message_key in ("config.unknown_near", "config.no_place") and error.problems[0].path == place:
            source.add(("scenario",), error.problems[0].message_key, **error.problems[0].values)
        elif error.problems[0].message_key == "config.no_file":
            source.add(("scenario",), "config.no_file")
        else:
            source.problems.extend(error.problems)


def _check_seeds(source: Source, seeds: object) -> None:
    if isinstance(seeds, bool) or (isinstance(seeds, int) and not 1 <= seeds <= 100_000):
        source.add(("seeds",), "config.range", value=seeds, low=1, high=100_000, unit="seeds", source="technical")
    elif isinstance(seeds, list):
        if not seeds:
            source.add(("seeds",), "config.length", count=0, low=1, high="…")
        for i, seed in enumerate(seeds):
            if isinstance(seed, int) and seed < 0:
                source.add(("seeds", i), "config.range", value=seed, low=0, high="2**31", unit="seed", source="technical")
            elif seed in seeds[:i]:
                source.add(("seeds", i), "config.twice", first=source.line(("seeds", seeds.index(seed))))


def _policies():
    """The policies module, or None while there is none (it needs no more than names and get)."""
    try:
        from sim import policies

        return policies if policies.names() else None
    except (ImportError, AttributeError):
        return None


def _check_arms(source: Source, arms: object) -> None:
    if not isinstance(arms, dict):
        return
    if not arms:
        source.add(("arms",), "config.no_arms")
    for arm, entries in arms.items():
        check_policies(source, ("arms", str(arm)), entries)


def check_policies(source: Source, at: tuple, entries: object) -> None:
    """Note unknown policies, unknown settings and settings out of range in a list of policies."""
    known = _policies()
    seen: set[str] = set()
    for i, entry in enumerate(entries if isinstance(entries, (list, tuple)) else ()):
        if not isinstance(entry, dict):
            continue
        name = entry.get("policy")
        if name is None:
            source.add((*at, i), "config.policy_missing")
            near = schema.nearest("policy", entry)
            if near:
                source.add_unknown((*at, i, near), near, ["policy"])
            continue
        if name in seen:
            source.add((*at, i, "policy"), "config.policy_twice", policy=name)
        seen.add(name)
        if known is None:
            continue
        if name not in known.names():
            _unknown_choice(source, (*at, i, "policy"), str(name), list(known.names()))
        else:
            _check_settings(source, (*at, i), entry, known.get(name))


def _unknown_choice(source: Source, path: tuple, name: str, known: list[str]) -> None:
    near = schema.nearest(name, known)
    if near:
        source.add(path, "config.choice_near", value=name, near=near)
    else:
        source.add(path, "config.choice", value=name, known=", ".join(known))


def _check_settings(source: Source, at: tuple, entry: dict, policy) -> None:
    fields = {f.name: f for f in dataclasses.fields(policy)}
    for key, value in entry.items():
        if key == "policy":
            continue
        path = (*at, str(key))
        if key in fields:
            meta = fields[key].metadata
            low, high, unit = meta.get("low"), meta.get("high"), meta.get("unit", "")
            origin = meta.get("source", "guess")
            choices = meta.get("choices") or None
        elif key in TIMING:
            (low, high, unit), origin, choices = TIMING[key], "technical", None
        else:
            source.add_unknown(path, str(key), [*fields, *TIMING])
            continue
        if choices is not None:
            if value not in choices:
                _unknown_choice(source, path, str(value), [str(c) for c in choices])
        elif low is not None and not isinstance(value, (int, float)):
            source.add(path, "config.type", value=repr(value), expected="@config.number")
        elif low is not None and not low <= value <= high:
            source.add(path, "config.range", value=value, low=low, high=high, unit=unit, source=origin)


def _check_outcomes(source: Source, data: dict) -> None:
    """Note outcomes that no metric measures (nothing to hold them to while there are no metrics)."""
    try:
        from sim import metrics

        known = list(metrics.registry())
    except (ImportError, AttributeError):
        return
    for field, names in (("smallest_effect", data.get("smallest_effect")), ("outcomes", data.get("outcomes"))):
        keys = names if isinstance(names, dict) else {i: n for i, n in enumerate(names)} if isinstance(names, list) else {}
        for key, value in keys.items():
            name = str(key) if field == "smallest_effect" else str(value)
            if name.split("@")[0] not in known:
                _unknown_choice(source, (field, key), name, known)


def _described(model, title: str) -> dict:
    """JSON Schema of a model with the meaning of each field, in both languages."""
    from sim.texts import has, text

    result = model.model_json_schema()
    result["$schema"], result["title"] = "https://json-schema.org/draft/2020-12/schema", title
    for name, entry in result["properties"].items():
        if has(f"field.{name}"):
            entry["description"] = f"{text(f'field.{name}', 'en')} / {text(f'field.{name}', 'zh')}"
    result["properties"]["parameters"] = _overrides_schema(schema.registry(), result["properties"]["parameters"])
    row = _overrides_schema(schema.kind_columns(), {})
    kinds = result["properties"]["kinds"]
    result["properties"]["kinds"] = {
        "type": "object", "description": kinds.get("description", ""), "additionalProperties": False,
        "properties": {kind: row for kind in schema.KINDS},
    }
    return result


def _overrides_schema(entries: Mapping, old: Mapping) -> dict:
    return {
        "type": "object", "additionalProperties": False, "description": old.get("description", ""),
        "properties": {
            name: {"type": "number", "minimum": e.low, "maximum": e.high,
                   "description": f"{e.en} [{e.unit}] ({e.status}: {e.source}) / {e.zh}"}
            for name, e in entries.items()
        },
    }


def scenario_schema() -> dict:
    """JSON Schema of a place's file, for editors that check YAML while it is written."""
    return _described(Scenario, "cogov place")


def study_schema() -> dict:
    """JSON Schema of a study's file."""
    return _described(Study, "cogov study")
