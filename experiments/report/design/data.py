"""Data of a design's page: the tables of its results folder, read once."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from experiments.html.words import Words, breakable, from_mapping, words, words_or
from experiments.store import csv_file, kept, manifest
from sim.config.catalog import has

_ASIDE = re.compile("[（；(;]")
SEPARATOR = ": "
MAIN = {
    "ofat": "swing",
    "morris": "mu_star",
    "sobol": "ST",
    "efast": "ST",
    "rbd_fast": "S1",
    "delta": "delta",
    "pawn": "pawn",
    "hdmr": "ST",
    "profile": "swing",
}
SHARES = ("sobol", "efast", "rbd_fast", "hdmr")  # their indices are shares of a variance
TABLES = ("indices", "convergence", "ranks_against_n", "ranks", "against", "effects")


@dataclass(frozen=True)
class Row:
    """One line of a table, its numbers read; attributes are the table's columns."""

    cells: dict

    def __getattr__(self, name: str):
        try:
            return self.cells[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass
class Design:
    """A results folder of ``cogov sweep`` or ``cogov sensitivity``: manifest and tables (an absent table
    is empty).
    """

    folder: Path
    manifest: dict
    tables: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.manifest.get("design", "")

    @cached_property
    def analyses(self) -> list[str]:
        return list(dict.fromkeys(v.analysis for v in self.tables["convergence"]))

    @cached_property
    def targets(self) -> list[str]:
        """What indices were computed of: outcomes, or 'arm: outcome'."""
        return list(dict.fromkeys(v.outcome for v in self.tables["convergence"]))

    def verdict(self, analysis: str, target: str) -> Row:
        return next(v for v in self.tables["convergence"] if (v.analysis, v.outcome) == (analysis, target))

    def indices(self, analysis: str, target: str, index: str | None = None) -> list[Row]:
        """Rows of one index (the analysis's main one unless named), the largest first; those without a
        number last.
        """
        wish = index or MAIN[analysis]
        found = [
            i
            for i in self._by_target.get((analysis, target), ())
            if i.index == wish and (not i.other or wish == "S2")
        ]
        return sorted(found, key=lambda i: (math.isnan(i.value), -abs(i.value)))

    @cached_property
    def _by_target(self) -> dict:
        found: dict = {}
        for i in self.tables["indices"]:
            found.setdefault((i.analysis, i.outcome), []).append(i)
        return found

    def traces(self, analysis: str, target: str) -> dict[str, list[tuple[float, float]]]:
        """Factor -> (rows, main index) by growing rows."""
        found: dict[str, list] = {}
        for t in self.tables["ranks_against_n"]:
            if (t.analysis, t.outcome) == (analysis, target):
                found.setdefault(t.factor, []).append((t.rows, t.value))
        return {k: sorted(v) for k, v in found.items()}

    def label(self, target: str) -> Words:
        """An outcome's words, with the arm where it is an arm's effect."""
        arm, there, outcome = target.rpartition(SEPARATOR)
        shown = self.outcome(outcome)
        return words("design.effect", arm=self.arm(arm), outcome=shown) if there else shown

    def outcome(self, name: str) -> Words:
        stem, _, year = name.partition("@")
        shown = words_or(f"outcome.{stem}.label", stem)
        return words("design.year", outcome=shown, year=year) if year else shown

    def arm(self, name: str) -> Words:
        given = self.manifest.get("labels", {}).get(name)
        if given:
            return from_mapping(given)
        parts = (
            [words_or(f"policy.{p}.label", p.replace("_", " ")) for p in name.split("+")]
            if name not in ("none", "base")
            else [words("design.none")]
        )
        return Words(" + ".join(p.zh for p in parts), " + ".join(p.en for p in parts))

    def alternative(self, name: str) -> Words:
        if not name:
            return words("design.as_it_stands")
        given = (self.manifest.get("plan") or {}).get("alternatives", {}).get(name, {})
        return from_mapping(given.get("label"), name)

    @cached_property
    def meanings(self) -> dict[str, Words]:
        """Factor -> what it means, from the registry's words in the manifest."""
        return {
            p["name"]: from_mapping({"en": p.get("en", ""), "zh": p.get("zh", "")})
            for p in self.manifest.get("parameters", ())
        }

    def factor(self, name: str) -> Words:
        """A factor in words: a parameter's meaning, a policy's setting, a structure; its code name where
        there are none.
        """
        if name in self.meanings and self.meanings[name].en:
            return self.meanings[name]
        policy, dot, setting = name.partition(".")
        if dot and has(f"policy.{policy}.label"):
            return words(
                "design.factor.setting",
                policy=words(f"policy.{policy}.label"),
                setting=words_or(f"policy.{policy}.parameter.{setting}", setting.replace("_", " ")),
            )
        return words_or(f"policy.{name}.label", breakable(name))

    def short(self, name: str) -> Words:
        """A factor as figures and sentences name it: its code name in English; in Chinese its meaning
        without what stands in brackets.
        """
        meaning = self.factor(name).zh
        return Words(
            _ASIDE.split(meaning)[0] if meaning != breakable(name).zh else meaning, breakable(name).en
        )


def read(folder: Path) -> Design:
    """The folder's manifest and tables, verified; UserError where there is nothing to show."""
    return Design(
        folder, manifest.read(folder, study=False), {name: _table(folder / f"{name}.csv") for name in TABLES}
    )


def _table(path: Path) -> list[Row]:
    if not kept.expected(path):
        return []
    return [Row({k: _cell(k, v) for k, v in row.items()}) for row in csv_file.read(path)]


WORDS = (
    "analysis",
    "outcome",
    "factor",
    "other",
    "index",
    "state",
    "alternative",
    "arm",
    "policies",
    "verdict",
)


def _cell(name: str, word: str):
    if name in WORDS:
        return word
    return float(word) if word else math.nan


def best(rows: Sequence[Row], count: int) -> list[Row]:
    """The first ``count`` rows that have a number."""
    return [r for r in rows if math.isfinite(r.value)][:count]
