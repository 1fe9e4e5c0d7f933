"""Runs for the studies of phenomena: each file of configs/studies/phenomena with its mechanism on and
off, on paired seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from experiments.store.kept import write_document
from experiments.validation import phenomena
from experiments.validation.runs import cells
from experiments.validation.systems import check_blanks
from sim.config.config_file import Source, check_name, find, read, validate
from sim.config.paths import config_dir
from sim.scenario import Number, Strict, Whole, Words

FOLDER = "studies/phenomena"


class Contrast(Strict):
    """One number per seed: cells times outcomes, each with its weight, less a constant.

    ``sign`` was stated before any run. ``smallest``: below this a difference is nobody's concern.
    ``vanishes``: whether it must be gone with the mechanism off. ``needed``: the phenomenon is shown only if
    this is.
    """

    label: Words
    outcomes: dict[str, Number]
    cells: dict[str, Number]
    minus: Number = 0.0
    sign: Literal["up", "down", "flat"]
    smallest: float = Field(gt=0, strict=True)
    unit: Words | None = None
    factor: Number = 1.0
    vanishes: bool = True
    needed: bool = True


class Figure(Strict):
    """What the figure shows of every cell."""

    outcome: str
    cells: tuple[str, ...] = ()


class Phenomenon(cells.Cells):
    """A study of one phenomenon; texts with {numbers} are filled with what was measured."""

    number: Whole
    name: str
    title: Words
    claim: Words
    contrasts: dict[str, Contrast]
    without: cells.Off
    figure: Figure
    theory: Words
    shown: Words
    not_shown: Words | None = None
    gone: Words | None = None
    remains: Words | None = None

    @classmethod
    def load(cls, path: Path) -> Phenomenon:
        """A file, checked: names of cells, outcomes, parameters, policies and their settings."""
        source = read(path)
        found = validate(cls, source)
        if found is not None:
            check_name(source, ("name",), found.name)
            found.check(source, {"without": found.without})
            found.check_contrasts(source)
        source.raise_problems()
        return found

    def check_contrasts(self, source: Source) -> None:
        """Note cells and outcomes that do not exist."""
        from experiments.questions.comparison import check_outcome

        for name, contrast in self.contrasts.items():
            for cell in contrast.cells:
                if cell not in self.cells:
                    source.add_unknown(("contrasts", name, "cells", cell), cell, self.cells)
            for outcome in contrast.outcomes:
                check_outcome(source, ("contrasts", name, "outcomes", outcome), outcome, self.days)
        check_outcome(source, ("figure", "outcome"), self.figure.outcome, self.days)
        for cell in self.figure.cells:
            if cell not in self.cells:
                source.add_unknown(("figure", "cells"), cell, self.cells)
        known = [*self.contrasts, "cell", "off", "seeds"]
        for part in ("shown", "not_shown", "gone", "remains"):
            for lang in ("en", "zh") if getattr(self, part) is not None else ():
                check_blanks(source, (part, lang), getattr(getattr(self, part), lang), known)

    def plan(self, seeds: Sequence[int]) -> cells.CellPlan:
        """Every cell with the mechanism on and off."""
        return cells.plan(self.name, "phenomena", self.title, self, {phenomena.OFF: self.without}, seeds)


def names() -> list[str]:
    """Phenomena that come with cogov, by their number."""
    return [path.stem for path in sorted((config_dir() / FOLDER).glob("*.yaml"), key=_number)]


def _number(path: Path) -> tuple[int, str]:
    from sim.config.catalog import read_yaml

    data = read_yaml(path)
    number = data.get("number") if isinstance(data, dict) else None
    return (number if isinstance(number, int) else 10**6, path.stem)


def lacking(path: Path) -> list[str]:
    """Policies that a study's cells name and this version does not have."""
    from sim import policies
    from sim.config.catalog import read_yaml

    data = read_yaml(path)
    cells_of = data.get("cells") if isinstance(data, dict) else None
    found = [
        p.get("policy") for cell in (cells_of or {}).values() for p in (cell or {}).get("policies") or ()
    ]
    return [name for name in dict.fromkeys(found) if name not in policies.names()]


def load_all(chosen: Sequence[str] = ()) -> list[Phenomenon]:
    """Those chosen by name or path; none: all whose policies there are.

    An unknown name is an error with the nearest.
    """
    there = [name for name in names() if not lacking(config_dir() / FOLDER / f"{name}.yaml")]
    return [Phenomenon.load(find(name, FOLDER, "config.unknown")) for name in chosen or there]


def write_spec(study: Phenomenon, folder: Path) -> None:
    """Leave the study beside its runs, so that it can be judged from the folder alone."""
    write_document(folder / phenomena.SPEC, study.model_dump(mode="json"))
