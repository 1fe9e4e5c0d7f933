"""Codebook of exported columns: unit, definition and status, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.exports.stata import names
from experiments.store import csv_file
from experiments.tasks import FACTOR, HEAD, ROW
from sim.config.catalog import has, text
from sim.config.errors import UserError

YEARLY = "@"


@dataclass(frozen=True)
class Entry:
    """One column of one table, in one language."""

    table: str
    column: str
    stata: str
    label: str
    unit: str
    definition: str
    status: str


def entries(manifest: Mapping, tables: Mapping[str, Sequence[str]], lang: str) -> list[Entry]:
    """Entries for ``tables``: name -> columns."""
    found = []
    for table, columns in tables.items():
        called = names(columns)
        for column in columns:
            label, unit, definition, status = _words(manifest, table, column, lang)
            found.append(
                Entry(
                    table,
                    column,
                    called[column],
                    label,
                    unit,
                    definition,
                    text(f"codebook.status.{status}", lang),
                )
            )
    return found


def _words(manifest: Mapping, table: str, column: str, lang: str) -> tuple[str, str, str, str]:
    for key in (f"column.{table}.{column}", f"column.{column}"):
        if has(f"{key}.definition"):
            told = (
                "design"
                if column in ("arm", ROW, "days", "outcome")
                else "identity"
                if column in HEAD or column in ("day", "grid", "community")
                else "simulated"
            )
            return text(f"{key}.label", lang), _unit(key, lang), text(f"{key}.definition", lang), told
    if column.startswith(FACTOR):
        return _factor(manifest, column[len(FACTOR) :], lang)
    stem, _, year = column.partition(YEARLY)
    info, key = manifest.get("outcomes", {}).get(stem, {}), f"outcome.{stem}"
    label = text(f"{key}.label", lang) if has(f"{key}.label") else stem.replace("_", " ")
    unit = text(f"{key}.unit", lang) if has(f"{key}.unit") else info.get("unit", "")
    definition = text(f"{key}.definition", lang) if has(f"{key}.definition") else info.get("definition", "")
    if year:
        label, definition = (
            f"{label} ({year})",
            text("codebook.of_year", lang, definition=definition, year=year.lstrip("y")),
        )
    return label, unit, definition, "simulated"


def _unit(key: str, lang: str) -> str:
    return text(f"{key}.unit", lang) if has(f"{key}.unit") else ""


def _factor(manifest: Mapping, name: str, lang: str) -> tuple[str, str, str, str]:
    """A factor of the design: a parameter's own words where it is one."""
    known = {p["name"]: p for p in manifest.get("parameters", ())}
    p = known.get(name.partition(":")[2] or name, known.get(name))
    if p is None:
        return name, "", text("codebook.factor", lang, name=name), "design"
    return (
        p[lang],
        p["unit"],
        text(
            "codebook.parameter",
            lang,
            name=name,
            low=p["low"],
            high=p["high"],
            status=p["status"],
            source=p["source"],
        ),
        "design",
    )


def markdown(manifest: Mapping, found: Sequence[Entry], lang: str) -> str:
    """The codebook as a page."""
    title = (manifest.get("title") or {}).get(lang) or manifest["study"]
    lines = [f"# {text('codebook.title', lang, study=title)}", "", text("codebook.intro", lang), ""]
    for table in dict.fromkeys(entry.table for entry in found):
        lines += [
            f"## {table}",
            "",
            text(f"codebook.table.{table}", lang),
            "",
            "| "
            + " | ".join(
                text(f"codebook.head.{name}", lang)
                for name in ("column", "label", "unit", "definition", "status", "stata")
            )
            + " |",
            "|" + " --- |" * 6,
        ]
        for entry in found:
            if entry.table == table:
                cells = (
                    f"`{entry.column}`",
                    entry.label,
                    entry.unit,
                    entry.definition,
                    entry.status,
                    f"`{entry.stata}`",
                )
                lines.append(
                    "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
                )
        lines.append("")
    return "\n".join(lines)


HEAD_CSV = (
    "table",
    "column",
    "stata",
    *(f"{name}_{lang}" for lang in ("en", "zh") for name in ("label", "unit", "definition", "status")),
)


def rows(english: Sequence[Entry], chinese: Sequence[Entry]) -> list[list[str]]:
    """Both languages side by side, for programs; columns as in ``HEAD_CSV``."""
    return [
        [
            en.table,
            en.column,
            en.stata,
            *(getattr(e, name) for e in (en, zh) for name in ("label", "unit", "definition", "status")),
        ]
        for en, zh in zip(english, chinese)
    ]


def columns_there(path: Path) -> dict[str, list[str]]:
    """Table -> columns of a codebook.csv that is there already; nothing where it cannot serve."""
    found: dict[str, list[str]] = {}
    try:
        for row in csv_file.read(path):
            found.setdefault(row["table"], []).append(row["column"])
    except (UserError, KeyError):
        return {}
    return found
