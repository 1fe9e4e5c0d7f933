"""Runs for the pattern table: one set of cells with one parameter set, as it is and with each mechanism
off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from experiments import launch
from experiments.console import say
from experiments.store.kept import write_document
from experiments.validation import DONE, FAILED, STOPPED, Request, patterns
from experiments.validation.arithmetic import NotArithmetic
from experiments.validation.arithmetic import names as names_in
from experiments.validation.runs import cells
from sim.config.config_file import check_name, read, validate
from sim.config.paths import config_dir
from sim.scenario import Number, Strict, Whole, Words

FOLDER = "patterns"
SEEDS = 10  # at most, unless all is asked for: a seed is run once per mechanism, 16 times


class Measure(Strict):
    """A number per seed, as arithmetic over ``cell.outcome`` (``_y1``: of the first year), and the bounds
    that the fact sets.
    """

    label: Words
    of: str
    low: Number | None = None
    high: Number | None = None
    factor: Number = 1.0  # to the unit shown
    unit: Words
    judged: bool = True  # else it stands beside


class Pattern(Strict):
    """One stylised fact of the brief's table."""

    id: str
    order: Whole
    grade: Literal["A", "B", "C"]
    part: Literal["fit", "test"]
    title: Words
    fact: Words
    check: Words
    measures: dict[str, Measure] = {}
    imposed: Words | None = None
    missing: Words | None = None  # why it, or a part of it, is not measured
    source: str


class Mechanisms(Strict):
    """Mechanisms that can be switched off, by name."""

    mechanisms: dict[str, cells.Off]


def load_patterns(folder: Path | None = None) -> list[Pattern]:
    """Every row of the table, in the brief's order."""
    found = []
    for path in sorted((folder or config_dir() / FOLDER).glob("[a-z]*.yaml")):
        source = read(path)
        pattern = validate(Pattern, source)
        if pattern is not None:
            _check(source, pattern)
        source.raise_problems()
        found.append(pattern)
    return sorted(found, key=lambda p: p.order)


def _check(source, pattern: Pattern) -> None:
    known = load_cells(all_of_them=True).cells
    check_name(source, ("id",), pattern.id)
    for name, measure in pattern.measures.items():
        try:
            used = names_in(measure.of)
        except NotArithmetic as error:
            source.add(("measures", name, "of"), "config.arithmetic", part=str(error))
            continue
        for word in used:
            if word.partition(".")[0] not in known:
                source.add_unknown(("measures", name, "of"), word.partition(".")[0], known)


def load_cells(all_of_them: bool = False, path: Path | None = None) -> cells.Cells:
    """The table's cells; those whose policies this version lacks are left out unless ``all_of_them``."""
    source = read(path or config_dir() / FOLDER / "_cells.yaml")
    found = validate(cells.Cells, source)
    source.raise_problems()
    if all_of_them:
        return found
    kept = found.model_copy(
        update={"cells": {name: cell for name, cell in found.cells.items() if not lacking(cell)}}
    )
    kept.check(source, load_mechanisms())
    source.raise_problems()
    return kept


def lacking(cell: cells.Cell) -> list[str]:
    """Policies of a cell that this version does not have."""
    from sim import policies

    return [str(p["policy"]) for p in cell.policies if p["policy"] not in policies.names()]


def load_mechanisms(path: Path | None = None) -> dict[str, cells.Off]:
    """name -> what switches it off."""
    source = read(path or config_dir() / FOLDER / "_mechanisms.yaml")
    found = validate(Mechanisms, source)
    source.raise_problems()
    return found.mechanisms


def run(request: Request) -> int:
    """Run what is missing, judge, write patterns.csv and ablation.csv; an exit code.

    A shard is not judged.
    """
    used, mechanisms = load_cells(), load_mechanisms()
    if request.residents and request.residents < used.residents:
        used = used.model_copy(update={"residents": request.residents})
    seeds = request.seeds if request.residents is None else request.seeds[:SEEDS]
    planned = cells.plan("patterns", "patterns", Words(en="Patterns", zh="规律"), used, mechanisms, seeds)
    folder = request.folder / patterns.FOLDER
    jobs = launch.prepare([(planned, folder)], request.launch, command=request.command)

    def opening(cost) -> None:
        say(
            "patterns.preview",
            cells=len(used.cells),
            mechanisms=len(mechanisms),
            seeds=len(seeds),
            runs=cost.runs,
            there=cost.there,
        )

    if not launch.carry_out(jobs, request.launch, request.again, opening):
        return STOPPED
    if request.launch.shard:
        return DONE
    write_document(folder / patterns.SPEC, spec(used, mechanisms))
    results = patterns.read(request.folder)
    table, ablation = patterns.write_csv(results, request.folder)
    say(
        "patterns.done",
        table=table,
        ablation=ablation,
        **{verdict: results.count(verdict) for verdict in patterns.VERDICTS},
    )
    return FAILED if results.failed else DONE


def spec(used: cells.Cells, mechanisms: dict[str, cells.Off]) -> dict:
    """What the judging part needs, as plain data."""
    every = load_cells(all_of_them=True).cells
    return {
        "patterns": [pattern.model_dump(mode="json") for pattern in load_patterns()],
        "cells": used.model_dump(mode="json"),
        "lacking": {name: lacking(cell) for name, cell in every.items() if name not in used.cells},
        "mechanisms": {name: off.model_dump(mode="json") for name, off in mechanisms.items()},
    }
