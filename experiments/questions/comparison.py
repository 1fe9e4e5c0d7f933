"""A study: which arms to compare, on which place, with which seeds.

``Study.load("three_policies")`` reads configs/studies; a path works too. Policies and their settings
are held to what the policies declare, so a typo in an arm is an error with line and nearest name.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from sim import metrics, policies
from sim.config import registry
from sim.config.config_file import (
    Key,
    Source,
    available,
    check_label,
    check_name,
    find,
    in_memory,
    read,
    validate,
)
from sim.config.errors import UserError
from sim.config.numbers import is_number
from sim.scenario import (
    ConfigError,
    Number,
    Problem,
    Scenario,
    Strict,
    Whole,
    Words,
    bounded,
    check_overrides,
)

__all__ = [
    "ConfigError",
    "Problem",
    "Study",
    "check_arms",
    "check_outcomes",
    "check_policies",
    "check_runs",
    "scenario_schema",
    "studies",
    "study_schema",
]
MOST_SEEDS = 100_000
LAST_SEED = 2**31 - 1
MOST_RUNS = 1_000_000  # a list of so many runs takes about a gigabyte
check_policies = policies.check
Setting = Number | str


class Study(Strict):
    """A comparison: every arm runs with every seed; the first arm is the baseline.

    ``arms`` maps a name to a list of policies, each ``{policy: name, setting: value, ...}``.
    """

    name: str
    title: Words
    summary: Words
    scenario: str = "hongshan_road"
    residents: int | None = bounded(100, 50_000_000, "persons", "technical", default=None)
    parameters: dict[str, Number] = {}
    kinds: dict[str, dict[str, Number]] = {}
    arms: dict[str, tuple[dict[str, Setting], ...]]
    labels: dict[str, Words] = {}
    seeds: Whole | tuple[Whole, ...] = 30
    population_seed: Whole | Literal["per_seed"] = "per_seed"
    burn_in_days: int | None = bounded(0, 3_650, "days", "technical", default=None)
    days: int | None = bounded(1, 7_300, "days", "technical", default=None)
    smallest_effect: dict[str, Number] = {}
    outcomes: tuple[str, ...] = Field(default=())

    @classmethod
    def load(cls, name_or_path: str | Path) -> Study:
        """A study by name or path; ConfigError lists every problem of the file at once."""
        path = find(name_or_path, "studies", "config.no_study")
        source = read(path)
        if isinstance(source.data, dict) and "design" in source.data:
            source.add(("design",), "config.is_plan", design=source.data["design"])
            raise ConfigError(source.problems[-1:])
        resolve_place(source, path)
        return cls._finish(source)

    @classmethod
    def from_dict(cls, data: Mapping) -> Study:
        """A study from plain data, checked as a file is."""
        return cls._finish(in_memory(dict(data)))

    @classmethod
    def _finish(cls, source: Source) -> Study:
        study = validate(cls, source)
        data = source.data if isinstance(source.data, dict) else {}
        check_name(source, ("name",), data.get("name"))
        check_overrides(source, data.get("parameters"), data.get("kinds"))
        _check_seeds(source, data.get("seeds"))
        check_seed(source, ("population_seed",), data.get("population_seed"))
        place = check_place(source, data.get("scenario", "hongshan_road"))
        days = data.get("days") or (place.days if place else None)
        days = days if isinstance(days, int) and is_number(days) else None
        check_arms(source, data.get("arms"), data.get("labels"), days)
        if isinstance(data.get("arms"), dict) and len(data["arms"]) < 2:
            source.add(("arms",), "config.no_arms" if not data["arms"] else "config.one_arm")
        _check_effects(source, data.get("smallest_effect"), days)
        check_outcomes(source, data.get("outcomes"), days)
        if study is not None:
            if not source.problems:
                check_runs(source, ("seeds",), len(study.arms) * study.seed_count)
            if place is not None and study.residents is not None and not source.problems:
                place.scaled(study.residents).check(source)
        source.raise_problems()
        assert study is not None  # or there was a problem
        return study

    @property
    def seed_count(self) -> int:
        """Number of run seeds."""
        return self.seeds if isinstance(self.seeds, int) else len(self.seeds)

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
        values = {
            **self.parameters,
            **{f"{k}.{c}": v for k, row in self.kinds.items() for c, v in row.items()},
        }
        times = {"burn_in_days": self.burn_in_days, "days": self.days}
        changed = scenario.with_parameters(values) if values else scenario
        return changed.model_copy(update={k: v for k, v in times.items() if v is not None})

    def tasks(self) -> list:
        """One ``experiments.tasks.SeedTask`` per seed with all arms."""
        from experiments.designs import compare

        return compare.tasks(self)

    def manifest(self) -> dict:
        """What a results folder of this comparison says of itself."""
        from experiments.store.manifest import describe

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
    """Names of the comparisons that come with cogov (files that ask for another design are plans, see
    ``experiments.questions.plan``).
    """
    from sim.config.catalog import read_yaml
    from sim.config.paths import config_dir

    return [
        name
        for name in available("studies")
        if "design" not in (read_yaml(config_dir() / "studies" / f"{name}.yaml") or {})
    ]


def resolve_place(source: Source, path: Path) -> None:
    """A path to a place is meant relative to the study's file."""
    place = source.data.get("scenario") if isinstance(source.data, dict) else None
    if isinstance(place, str) and place.endswith((".yaml", ".yml")) and not Path(place).is_absolute():
        beside = Path(path).parent / place
        try:
            there = beside.is_file()
        except (OSError, ValueError):  # a name that no file can have: said when the place is read
            return
        if there:
            source.data["scenario"] = str(beside)


def check_place(source: Source, place: object) -> Scenario | None:
    """The place that a file names, or None with what is wrong noted: at the name, or in the place's own
    file.
    """
    if not isinstance(place, str):
        return None
    try:
        return Scenario.load(place)
    except ConfigError as error:
        for problem in error.problems:
            if problem.line:
                source.problems.append(problem)
            else:  # the place's file as a whole
                source.add(("scenario",), problem.message_key, **problem.values)
    return None


def check_seed(source: Source, path: Key, seed: object) -> None:
    """Note a seed outside its range."""
    if is_number(seed) and not 0 <= seed <= LAST_SEED:
        source.add_range(path, seed, 0, LAST_SEED, "seed")


def _check_seeds(source: Source, seeds: object) -> None:
    if is_number(seeds) and not 1 <= seeds <= MOST_SEEDS:
        source.add_range(("seeds",), seeds, 1, MOST_SEEDS, "seeds")
    elif isinstance(seeds, (list, tuple)):
        if not 0 < len(seeds) <= MOST_SEEDS:
            source.add(("seeds",), "config.length", count=len(seeds), low=1, high=f"{MOST_SEEDS:,}")
        first: dict[object, int] = {}
        for i, seed in enumerate(seeds[:MOST_SEEDS]):
            check_seed(source, ("seeds", i), seed)
            if is_number(seed) and first.setdefault(seed, i) != i:
                source.add(("seeds", i), "config.twice", first=source.line(("seeds", first[seed])))


def check_runs(source: Source, path: Key, runs: int) -> None:
    """Note more runs than can be listed, before a list of them is made."""
    if runs > MOST_RUNS:
        source.add(path, "config.too_many_runs", runs=runs, most=f"{MOST_RUNS:,}")


def check_arms(source: Source, arms: object, labels: object, days: int | None, at: str = "arms") -> None:
    """Note what is wrong in arms: their names, their policies, labels of none, two arms that are one."""
    if not isinstance(arms, Mapping):
        return
    bundles: dict[tuple[str, ...], str] = {}
    for arm, entries in arms.items():
        check_label(source, (at, str(arm)), str(arm))
        check_policies(source, (at, str(arm)), entries, days)
        try:
            first = bundles.setdefault(policies.same(entries), str(arm))
        except (UserError, TypeError, ValueError):
            continue  # noted already
        if first != arm:
            source.add((at, str(arm)), "config.same_arm", first=first)
    shown: dict[tuple[str, object], str] = {}
    for arm, words in (labels if isinstance(labels, Mapping) else {}).items():
        if arm not in arms:
            source.add_unknown(("labels", str(arm)), arm, arms)
        for lang, label in words.items() if isinstance(words, Mapping) else ():
            if isinstance(label, str) and shown.setdefault((lang, label), str(arm)) != arm:
                place = ("labels", str(arm), str(lang))
                source.add(place, "config.same_label", first=shown[lang, label], label=label)


def check_outcomes(source: Source, outcomes: object, days: int | None) -> None:
    """Note outcomes that no metric measures, and years (``name@y3``) that the run does not have."""
    names = list(outcomes) if isinstance(outcomes, (list, tuple)) else []
    first: dict[str, int] = {}
    for i, name in enumerate(names):
        if isinstance(name, str):
            check_outcome(source, ("outcomes", i), name, days)
            if first.setdefault(name, i) != i:
                source.add(("outcomes", i), "config.twice", first=source.line(("outcomes", first[name])))


def check_outcome(source: Source, path: Key, name: str, days: int | None) -> None:
    """Note one outcome that no metric measures, or a year that the run does not have."""
    stem, mark, year = name.partition("@")
    if stem not in metrics.registry():
        source.add_choice(path, name, metrics.registry())
    elif mark:
        years = (days or 0) // 365
        number = int(year[1:]) if year[:1] == "y" and year[1:].isdecimal() and len(year) < 6 else 0
        if number < 1 or str(number) != year[1:] or (days is not None and number > years):
            source.add(path, "config.no_year", name=name, stem=stem, years=years, days=days)


def _check_effects(source: Source, effects: object, days: int | None) -> None:
    for name, value in (effects if isinstance(effects, Mapping) else {}).items():
        check_outcome(source, ("smallest_effect", str(name)), str(name), days)
        if is_number(value) and -math.inf < value < 0:
            source.add_range(
                ("smallest_effect", str(name)),
                value,
                0,
                "∞",
                metrics.registry()[name].unit if name in metrics.registry() else "",
            )


def _described(model: type[BaseModel], title: str) -> dict:
    """JSON Schema of a model with the meaning of each field, in both languages."""
    from sim.config.catalog import has, text

    result = model.model_json_schema()
    result["$schema"], result["title"] = "https://json-schema.org/draft/2020-12/schema", title
    for name, entry in result["properties"].items():
        if has(f"field.{name}"):
            entry["description"] = f"{text(f'field.{name}', 'en')} / {text(f'field.{name}', 'zh')}"
    result["properties"]["parameters"] = _overrides_schema(
        registry.registry(), result["properties"]["parameters"]
    )
    row = _overrides_schema(registry.kind_columns(), {})
    kinds = result["properties"]["kinds"]
    result["properties"]["kinds"] = {
        "type": "object",
        "description": kinds.get("description", ""),
        "additionalProperties": False,
        "properties": dict.fromkeys(registry.KINDS, row),
    }
    return result


def _overrides_schema(entries: Mapping[str, Any], old: Mapping[str, Any]) -> dict:
    return {
        "type": "object",
        "additionalProperties": False,
        "description": old.get("description", ""),
        "properties": {
            name: {
                "type": "number",
                "minimum": e.low,
                "maximum": e.high,
                "description": f"{e.en} [{e.unit}] ({e.status}: {e.source}) / {e.zh}",
            }
            for name, e in entries.items()
        },
    }


def scenario_schema() -> dict:
    """JSON Schema of a place's file, for editors that check YAML while it is written."""
    return _described(Scenario, "cogov place")


def study_schema() -> dict:
    """JSON Schema of a study's file."""
    return _described(Study, "cogov study")
