"""What users read on the screen: sentences from the catalog, aligned tables, one kind of error."""
from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from sim.texts import has, language, text


def say(key: str, **values) -> None:
    """Print a sentence of the catalog."""
    print(text(key, **values), flush=True)


def next_steps(*commands: str) -> None:
    """Print what to run next, one command a line."""
    say("cli.next")
    for command in commands:
        print(f"  {command}")


def label(prefix: str, name: str, part: str = "label", fallback: str | None = None) -> str:
    """The catalog's word for ``prefix.name``; a user's own thing is shown by its own name."""
    key = f"{prefix}.{name}.{part}"
    return text(key) if has(key) else (name.replace("_", " ") if fallback is None else fallback)


def in_language(texts: object, fallback: str = "") -> str:
    """The side of ``{en: ..., zh: ...}`` in the language in force; a plain string serves both."""
    if hasattr(texts, "model_dump"):
        texts = texts.model_dump()
    if isinstance(texts, dict):
        return str(texts.get(language()) or texts.get("en") or fallback)
    return str(texts or fallback)


def width(word: str) -> int:
    """Columns a word takes in a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in word)


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print rows in aligned columns, those in ``right`` flushed right; the last column runs free."""
    if not rows:
        return
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = []
        for i, word in enumerate(row):
            blank = " " * (widths[i] - width(word))
            cells.append(blank + word if i in right else word if i == len(row) - 1 else word + blank)
        print("  " + "  ".join(cells).rstrip())


def number(value: float) -> str:
    """Three significant digits, thousands set apart, a dash for what was not measured."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    digits = 2 if size < 1e-9 else min(max(2 - math.floor(math.log10(size)), 0), 6)
    return f"{value:.{digits}f}"


def megabytes(count: float) -> str:
    """Bytes as a person says them."""
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
