"""Write docs/explanation/validation.md and .zh.md from results folders: claims, patterns, phenomena, as they
came out.

    cogov validate --out results/validation && cogov phenomena --out results/phenomena
    python docs/validation_pages.py results/validation results/phenomena

Every number on the page comes from those folders' tables; the tables say the reasons in both languages.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from itertools import groupby
from pathlib import Path

from experiments.html.numbers import MISSING, significant
from experiments.store import csv_file
from sim.config.catalog import LANGUAGES, has, text

TARGET = Path(__file__).resolve().parent / "explanation"
NAMES = {"en": "validation.md", "zh": "validation.zh.md"}


def say(key: str, lang: str, **values) -> str:
    return text(f"validation_docs.{key}", lang, **values)


def mark(word: str, lang: str) -> str:
    """A verdict's word; the table's own where the catalog has none."""
    return say(f"mark.{word}", lang) if has(f"validation_docs.mark.{word}") else word.replace("_", " ")


def rows_of(path: Path) -> list[dict]:
    """Rows of a table of a results folder."""
    return csv_file.read(path)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(
        [
            *lines,
            *(
                "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in row) + " |"
                for row in rows
            ),
        ]
    )


def number(value: str) -> str:
    """A figure of a table as every page shows numbers."""
    return significant(float(value)) if value else MISSING


def interval(row: dict, prefix: str = "") -> str:
    """Mean and 95% interval of a row."""
    mean, low, high = (row[f"{prefix}{name}"] for name in ("mean", "low", "high"))
    return f"{number(mean)} [{number(low)}, {number(high)}]" if mean else MISSING


def claims(rows: list[dict], lang: str) -> list[str]:
    """Section of the claims table."""
    count = Counter(row["verdict"] for row in rows)
    told = {
        "found": count["reproduced"],
        "missed": count["not_reproduced"],
        "impossible": sum(count.values()) - count["reproduced"] - count["not_reproduced"],
    }
    lines = []
    for row in rows:
        put_in = f" ({say('imposed', lang)})" if row["imposed"] == "True" else ""
        lines.append(
            [
                row["number"],
                f"`{row['system']}`",
                row[f"claim_{lang}"],
                row[f"verdict_{lang}"] + put_in,
                row[f"reason_{lang}"],
            ]
        )
    head = [say(f"head.{name}", lang) for name in ("row", "system", "claim", "verdict", "reason")]
    return ["## " + say("claims", lang, **told), say("claims_note", lang), table(head, lines)]


def bounds(measure: dict, lang: str) -> str:
    """The fact's bounds, in English with their unit."""
    ends = f"{number(measure['low_bound'])} … {number(measure['high_bound'])}"
    return f"{ends} {measure['unit']}".strip() if lang == "en" else ends


def patterns(rows: list[dict], ablation: list[dict], lang: str) -> list[str]:
    """Section of the pattern table, with the mechanisms that each needs."""
    lines, verdicts = [], []
    for name, group in groupby(rows, key=lambda row: row["pattern"]):
        measures = list(group)
        row = measures[0]
        verdicts.append(row["verdict"])
        told = [
            f"{m[f'label_{lang}']}: {interval(m)} ({bounds(m, lang)})"
            for m in measures
            if m["measure"] and m["mean"]
        ]
        needed = [r[f"mechanism_{lang}"] for r in ablation if r["pattern"] == name and r["needed"] == "True"]
        lines.append(
            [
                f"`{name}`",
                row["grade"],
                say(f"part.{row['part']}", lang),
                row[f"fact_{lang}"],
                mark(row["verdict"], lang),
                "; ".join(told) or MISSING,
                ", ".join(needed) or MISSING,
            ]
        )
    counts = ", ".join(f"{n} {mark(word, lang)}" for word, n in Counter(verdicts).most_common())
    head = [
        "",
        *(say(f"head.{name}", lang) for name in ("grade", "part", "fact", "verdict", "measured")),
        say("needs", lang),
    ]
    return ["## " + say("patterns", lang, counts=counts), say("patterns_note", lang), table(head, lines)]


def phenomena(rows: list[dict], lang: str) -> list[str]:
    """Section of the emergence studies: every needed contrast with and without its mechanism."""
    lines, verdicts = [], []
    for _, group in groupby(rows, key=lambda row: row["phenomenon"]):
        contrasts = list(group)
        verdicts.append(contrasts[0]["verdict"])
        for i, row in enumerate(contrasts):
            first = (
                [
                    row["number"],
                    row[f"title_{lang}"],
                    mark(row["verdict"], lang) + ", " + mark(row["off_verdict"], lang),
                ]
                if i == 0
                else ["", "", ""]
            )
            unit = f" {row['unit']}" if lang == "en" and row["unit"] else ""
            lines.append(
                [
                    *first,
                    f"{row[f'contrast_{lang}']} ({row['sign_stated']})",
                    interval(row, "on_") + unit,
                    interval(row, "off_"),
                ]
            )
    head = [
        say("head.row", lang),
        say("head.study", lang),
        say("head.verdict", lang),
        "",
        say("head.with", lang),
        say("head.without", lang),
    ]
    title = say("phenomena", lang, shown=sum(v == "shown" for v in verdicts), all=len(verdicts))
    return ["## " + title, say("phenomena_note", lang), table(head, lines)]


def made(folder: Path, lang: str) -> str:
    """How a folder's results came about: the command, the model's version, the seeds."""
    model, seeds = origin(folder)
    return say("made", lang, command="cogov phenomena", model=model, seeds=seeds)


def made_validation(folder: Path, lang: str) -> str:
    """The same of claims and patterns, which have each their own number of seeds."""
    (model, claimed), (other, known) = origin(folder / "places"), origin(folder / "patterns")
    if model != other:
        raise SystemExit(
            f"{folder}: claims of model version {model}, patterns of {other}; run both again with one version"
        )
    return say("made_validation", lang, model=model, claims=claimed, patterns=known)


def origin(folder: Path) -> tuple[str, int]:
    """Model version and number of seeds by the first manifest under a folder."""
    manifest = json.loads(min(folder.rglob("manifest.json")).read_text(encoding="utf-8"))
    return manifest["model_version"][:8], len(manifest["seeds"])


def page(validation: Path, emergence: Path, lang: str) -> str:
    """The whole page in one language."""
    parts = [f"# {say('title', lang)}", say("intro", lang), made_validation(validation, lang)]
    parts += claims(rows_of(validation / "claims.csv"), lang)
    parts += patterns(rows_of(validation / "patterns.csv"), rows_of(validation / "ablation.csv"), lang)
    return (
        "\n\n".join([*parts, *phenomena(rows_of(emergence / "phenomena.csv"), lang), made(emergence, lang)])
        + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("validation", type=Path)
    parser.add_argument("phenomena", type=Path)
    args = parser.parse_args()
    for lang in LANGUAGES:
        (TARGET / NAMES[lang]).write_text(page(args.validation, args.phenomena, lang), encoding="utf-8")


if __name__ == "__main__":
    main()
