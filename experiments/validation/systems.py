"""Systems of the founding documents: configs/systems/*.yaml, one file for each of the 22 rows of the facts.

A system is a place, the policies that the document names with their settings, and the document's claims.
Every figure says whether it is a claim, read in a source or a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from experiments.questions.comparison import check_policies
from experiments.validation import arithmetic
from sim.config.catalog import nearest
from sim.config.config_file import (
    ConfigError,
    Source,
    available,
    check_label,
    check_name,
    find,
    read,
    validate,
)
from sim.scenario import Number, Provenance, Scenario, Strict, Words, bounded

__all__ = ["Claim", "ConfigError", "System", "Test", "available_systems", "load_all"]

ARM_OF_BASELINE = "baseline"


class Figure(Strict):
    """A number of the document, or one needed to judge it, with where it comes from."""

    value: Number
    unit: str
    status: Literal["empirical", "claim", "guess"]
    source: str
    en: str
    zh: str


class Test(Strict):
    """One comparison of a simulated value with a bound. Bounds are numbers or arithmetic over figures.

    judge: level (of the system), change (system - baseline), relative (system / baseline - 1), none (nothing
    in the model measures it). ``smallest``: the smallest change worth noticing; a ``marked`` change
    ("significantly") must reach it, any other must only have the sign. ``unit`` "share" is shown in per cent,
    "points" in percentage points; without it the metric's own unit.
    """

    judge: Literal["level", "change", "relative", "none"]
    measure: str = ""
    at_least: Number | str | None = None
    at_most: Number | str | None = None
    smallest: Number | None = None
    marked: bool = False
    label: Words | None = None
    unit: Words | Literal["share", "points"] | None = None


class Impossible(Strict):
    """Arithmetic over figures: beyond the bound the claim cannot be what it says, whatever is simulated."""

    value: str
    at_least: Number | str | None = None
    at_most: Number | str | None = None
    why: Words


class Claim(Strict):
    """What a document says, and how it is judged. ``imposed``: the simulated figure is a setting, not an
    outcome.

    ``values`` are named steps of its arithmetic and blanks of its sentences; ``beside`` are metrics shown
    with it.
    """

    name: str
    said: Words
    tests: tuple[Test, ...] = Field(min_length=1)
    need: Literal["all", "any"] = "all"
    beside: tuple[str, ...] = ()
    figures: dict[str, Figure] = {}
    cannot: tuple[Impossible, ...] = ()
    values: dict[str, str] = {}
    note: Words | None = None
    imposed: bool = False


class System(Strict):
    """One row of the facts."""

    name: str
    number: int = bounded(1, 22, "row of the facts", "technical")
    document: Literal["D0", "D1", "D2", "D3"]
    title: Words
    summary: Words
    place: str
    policies: tuple[dict[str, Number | str], ...] = Field(min_length=1)
    sources: dict[str, Provenance] = {}
    variants: dict[str, tuple[dict[str, Number | str], ...]] = {}
    claims: tuple[Claim, ...] = Field(min_length=1)

    @classmethod
    def load(cls, name_or_path: str | Path) -> System:
        """A system by name or path; ConfigError lists every problem of the file at once."""
        source = read(find(name_or_path, "systems", "config.no_system"))
        system = validate(cls, source)
        data = source.data if isinstance(source.data, dict) else {}
        check_name(source, ("name",), data.get("name"))
        check_name(source, ("place",), data.get("place"))  # results lie in folders named by it
        check_policies(source, ("policies",), data.get("policies"))
        for name, entries in data["variants"].items() if isinstance(data.get("variants"), dict) else ():
            check_label(source, ("variants", str(name)), str(name))
            check_policies(source, ("variants", str(name)), entries)
        if system is not None:
            system._check(source)
        source.raise_problems()
        return system

    def _check(self, source: Source) -> None:
        try:
            Scenario.load(self.place)
        except ConfigError as error:
            source.problems.extend(error.problems)
            return
        settings = [f"{p.get('policy')}.{key}" for p in self.policies for key in p if key != "policy"]
        for name in self.sources:
            if name not in settings:
                source.add_unknown(("sources", name), name, settings)
        for i, claim in enumerate(self.claims):
            self._check_claim(source, ("claims", i), claim)

    def _check_claim(self, source: Source, at: tuple, claim: Claim) -> None:
        metrics, numbers = (
            list(_metrics()),
            [
                *claim.figures,
                *(f"place.{name}" for name in place_numbers(self.place)),
                "sim.residents",
                "sim.communities",
            ],
        )
        simulated = [*metrics, *(f"{arm}.{m}" for arm in (ARM_OF_BASELINE, *self.variants) for m in metrics)]
        for name, expression in claim.values.items():  # each may use those above it
            if _check_names(source, (*at, "values", name), expression, simulated + numbers) and set(
                arithmetic.names(expression)
            ) <= set(numbers):
                numbers.append(name)  # arithmetic of the document's own figures
            simulated.append(name)
        for i, test in enumerate(claim.tests):
            here = (*at, "tests", i)
            if test.judge != "none":
                _check_names(source, (*here, "measure"), test.measure, simulated + numbers)
            elif test.label is None:
                source.add((*here, "label"), "config.missing")
            for bound in ("at_least", "at_most"):
                _check_names(source, (*here, bound), getattr(test, bound), numbers)
        for i, cannot in enumerate(claim.cannot):
            for part in ("value", "at_least", "at_most"):
                _check_names(source, (*at, "cannot", i, part), getattr(cannot, part), numbers)
        for i, name in enumerate(claim.beside):
            _check_names(source, (*at, "beside", i), name, metrics)
        _check_blanks(source, at, claim)

    def arms(self) -> dict[str, tuple[Mapping, ...]]:
        """Arms of this system: itself by its name, its variants as ``name.variant``."""
        return {
            self.name: self.policies,
            **{f"{self.name}.{v}": policies for v, policies in self.variants.items()},
        }


def _check_names(source: Source, at: tuple, expression: str | float | None, known: list[str]) -> bool:
    """Note what is no arithmetic, and names that are not known; True if all is well."""
    try:
        used = arithmetic.names(expression) if expression is not None else []
    except arithmetic.NotArithmetic as error:
        source.add(at, "config.arithmetic", part=str(error))
        return False
    wrong = [name for name in used if name not in known]
    for name in wrong:
        near = nearest(name, known)
        source.add(at, "config.name_near" if near else "config.name", name=name, near=near or "-")
    return not wrong


def _check_blanks(source: Source, at: tuple, claim: Claim) -> None:
    """Blanks of a sentence are values or figures, the same in both languages."""
    known = [*claim.values, *claim.figures, "value", "bound"]
    for part, words in [
        (("note",), claim.note),
        *((("cannot", i, "why"), c.why) for i, c in enumerate(claim.cannot)),
    ]:
        for lang in ("en", "zh") if words is not None else ():
            check_blanks(source, (*at, *part, lang), getattr(words, lang), known)


def check_blanks(source: Source, at: tuple, words: str, known: list[str]) -> None:
    """Note blanks ``{name}`` of a sentence that nothing fills, and braces that are no blanks."""
    from string import Formatter

    try:
        blanks = [blank for _, blank, _, _ in Formatter().parse(words) if blank is not None]
    except ValueError as error:
        source.add(at, "config.braces", why=error)
        return
    for blank in blanks:
        root = blank.replace("[", ".").partition(".")[0]
        if root not in known:
            source.add_unknown(at, root, known)


def _metrics() -> tuple[str, ...]:
    from sim import metrics

    return tuple(metrics.registry())


@cache
def place_numbers(place: str) -> dict[str, float]:
    """Numbers of a place at its true size, as ``place.<name>`` of a claim's arithmetic."""
    scenario = Scenario.load(place)
    plain = {
        name: float(value) for name, value in scenario.to_dict().items() if isinstance(value, (int, float))
    }
    return {
        **plain,
        "residents": float(scenario.residents),
        "buildings": float(scenario.buildings * scenario.communities),
    }


def available_systems() -> dict[str, int]:
    """Names of the systems that come with cogov and the numbers of their rows, in the order of these."""
    from sim.config.catalog import read_yaml
    from sim.config.paths import config_dir

    numbers = {
        name: int((read_yaml(config_dir() / "systems" / f"{name}.yaml") or {}).get("number", 0))
        for name in available("systems")
    }
    return dict(sorted(numbers.items(), key=lambda item: item[1]))


def load_all(chosen: tuple[str, ...] = ()) -> list[System]:
    """The systems chosen by name or number (all without a choice), in the order of their numbers.

    Problems of all files are raised together.
    """
    numbers = {str(number): name for name, number in available_systems().items()}
    systems, problems = [], []
    for wish in dict.fromkeys(numbers.get(wish, wish) for wish in chosen or numbers):
        try:
            systems.append(System.load(wish))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return sorted(systems, key=lambda system: system.number)
