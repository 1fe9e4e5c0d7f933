"""The studies of phenomena, judged from their results folders: shown or not, and gone or not with the
mechanism off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.console import command
from experiments.store import csv_file, kept
from experiments.store import manifest as manifests
from experiments.validation import judge as rules
from experiments.validation.judge import Estimate
from experiments.validation.pages.phenomena_text import OFF, ON, paragraph, unit_of
from experiments.validation.values import Block, means, read_values
from sim.config.catalog import LANGUAGES

SPEC, TABLE, PAGE = "phenomenon.json", "phenomena.csv", "phenomena.html"

__all__ = [
    "OFF",
    "ON",
    "PAGE",
    "SPEC",
    "TABLE",
    "Line",
    "Result",
    "judge",
    "paragraph",
    "read",
    "read_one",
    "section",
    "write_csv",
    "write_page",
]


@dataclass(frozen=True)
class Line:
    """One contrast: with the mechanism, without it, and what the mechanism makes (the paired difference
    of both).
    """

    name: str
    spec: Mapping
    on: Estimate
    off: Estimate
    made: Estimate
    verdict: str
    why: str
    off_verdict: str

    @property
    def smallest(self) -> float:
        """The smallest effect of interest, in the unit shown."""
        return abs(self.spec["factor"]) * self.spec["smallest"]


@dataclass(frozen=True)
class Result:
    """A phenomenon: its verdicts, every contrast, and the mean of every cell (mode -> cell -> outcome)."""

    spec: Mapping
    lines: tuple[Line, ...]
    verdict: str
    off_verdict: str
    cells: Mapping[str, Mapping[str, Mapping[str, float]]]
    values: Mapping[str, Block]
    seeds: int
    residents: int
    failed: int = 0


def judge(
    spec: Mapping, values: Mapping[str, Block], least: int = rules.LEAST_SEEDS
) -> tuple[tuple[Line, ...], str, str]:
    """(contrasts, SHOWN or NOT_SHOWN, GONE, REMAINS, REVERSED, UNDECIDED or NOT_ASKED) of a study.

    Shown needs every contrast that is ``needed``; gone needs every shown contrast that is asked to vanish.
    """
    lines = tuple(_line(name, contrast, values, least) for name, contrast in spec["contrasts"].items())
    verdict = (
        rules.SHOWN
        if all(line.verdict == rules.SHOWN for line in lines if line.spec["needed"])
        else rules.NOT_SHOWN
    )
    asked = [
        line.off_verdict for line in lines if line.off_verdict != rules.NOT_ASKED and line.spec["needed"]
    ]
    if not asked:
        return lines, verdict, rules.NOT_ASKED
    worst = next(
        (word for word in (rules.REMAINS, rules.REVERSED, rules.UNDECIDED) if word in asked), rules.GONE
    )
    return lines, verdict, worst


def _line(name: str, contrast: Mapping, values: Mapping[str, Block], least: int) -> Line:
    factor, sides = contrast["factor"], {}
    for mode in (ON, OFF):
        sides[mode] = factor * (
            rules.linear(values[mode], contrast["cells"], contrast["outcomes"]) - contrast.get("minus", 0.0)
        )
    on, off, made = (rules.estimate(v) for v in (sides[ON], sides[OFF], sides[ON] - sides[OFF]))
    smallest = abs(factor) * contrast["smallest"]
    verdict, why = rules.judge_on(on, contrast["sign"], smallest, least)
    # what was not there with the mechanism cannot be gone without it
    asked = contrast["vanishes"] and verdict == rules.SHOWN and contrast["sign"] != rules.FLAT
    return Line(
        name,
        contrast,
        on,
        off,
        made,
        verdict,
        why,
        rules.judge_off(off, contrast["sign"], smallest, least) if asked else rules.NOT_ASKED,
    )


# -- the folder -------------------------------------------------------------------------------------
def read_one(folder: Path, least: int = rules.LEAST_SEEDS) -> Result | None:
    """Judge one study's folder; None where there is none."""
    path = Path(folder) / SPEC
    if not kept.expected(path):
        return None
    spec = kept.read_document(path)
    manifest, values, failed = read_values(Path(folder))
    lines, verdict, off = judge(spec, values, least)
    return Result(
        spec,
        lines,
        verdict,
        off,
        {mode: means(block) for mode, block in values.items()},
        values,
        len(manifest["seeds"]),
        spec["residents"],
        failed,
    )


def read(folder: Path) -> list[Result] | None:
    """Every study in a folder of ``cogov phenomena``, by number; None where there is none."""
    found = [read_one(path.parent) for path in Path(folder).glob(f"*/{SPEC}")]
    return (
        sorted((r for r in found if r is not None), key=lambda r: (r.spec["number"], r.spec["name"])) or None
    )


def write_csv(results: Sequence[Result], path: Path) -> Path:
    """phenomena.csv, one row per contrast; opens in Excel."""
    return csv_file.write_records(path, [row for result in results for row in _rows(result)])


def _rows(result: Result) -> list[dict]:
    rows = []
    for line in result.lines:
        row: dict = {
            "number": result.spec["number"],
            "phenomenon": result.spec["name"],
            "title_en": result.spec["title"]["en"],
            "title_zh": result.spec["title"]["zh"],
            "verdict": result.verdict,
            "off_verdict": result.off_verdict,
            "contrast": line.name,
            "contrast_en": line.spec["label"]["en"],
            "contrast_zh": line.spec["label"]["zh"],
            "needed": line.spec["needed"],
            "sign_stated": line.spec["sign"],
            "unit": unit_of(line, "en"),
            "smallest_effect": line.smallest,
            "pairs": line.on.n,
            "contrast_verdict": line.verdict,
            "why_not": line.why,
            "contrast_off_verdict": line.off_verdict,
        }
        for mode, found in (("on", line.on), ("off", line.off), ("made", line.made)):
            row |= {
                f"{mode}_{name}": _cell(getattr(found, name))
                for name in ("mean", "sd", "low", "high", "low90", "high90", "p_value")
            }
        row["power_to_show"] = _cell(rules.power_to_show(line.on, line.smallest))
        row["power_of_equivalence"] = _cell(rules.power_of_equivalence(line.off, line.smallest))
        rows.append(row)
    return rows


def _cell(value: float):
    return "" if not math.isfinite(value) else value


def section(results: Sequence[Result], lang: str) -> str:
    """All phenomena as HTML in one language."""
    from experiments.validation.pages.phenomena import section as html

    return html(results, lang)


def write_page(results: Sequence[Result], folder: Path, lang: str) -> Path:
    """phenomena.html: one self-contained page, both languages; ``lang`` is shown first."""
    from experiments.store.kept import write_own
    from experiments.validation.pages.phenomena import page

    first = min(Path(folder).glob("*/manifest.json"), default=None)
    manifest = manifests.read_file(first) if first else {}
    seeds = manifest.get("seeds") or []
    again = command("phenomena", *(r.spec["name"] for r in results), "--seeds", ",".join(map(str, seeds)))
    return write_own(
        Path(folder) / PAGE,
        page({side: section(results, side) for side in LANGUAGES}, lang, {"command": again, **manifest}),
    )
