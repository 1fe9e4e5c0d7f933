"""Output on the screen: sentences from the catalog, aligned tables, numbers."""

from __future__ import annotations

import math
import shlex
import unicodedata
from collections.abc import Sequence

from sim.config.catalog import has, language, text


def say(key: str, **values) -> None:
    """Print a sentence of the catalog."""
    print(text(key, **values), flush=True)


def next_steps(*commands: str) -> None:
    """Print what to run next, one command a line."""
    say("cli.next")
    for command in commands:
        print(f"  {command}")


def command(*words: object) -> str:
    """A command to copy into a shell: ``cogov`` and its words, quoted where one holds a space or a bracket.

    Every command in a message is made here, or by ``!q`` in a text of the catalog.
    """
    return shlex.join(["cogov", *map(str, words)])


def same_command(args, **changes: object) -> str:
    """The command that ``args`` (of ``experiments.cli``) came from, its defaults left out.

    ``changes`` sets arguments by their names, None leaves one out. ``--fresh`` is never repeated: it would
    set aside what was just done.
    """
    words: list[str] = []
    for action in args.parser._actions:
        value = changes.get(action.dest, getattr(args, action.dest, None))
        if action.dest in ("lang", "fresh", "help") or value is None or value == action.default:
            continue
        if not action.option_strings:
            words += [_spelled(one) for one in (value if isinstance(value, list) else [value])]
        elif action.nargs == 0:
            words.append(action.option_strings[0])
        else:
            repeated = isinstance(action.default, list)
            words += [
                word
                for one in (value if repeated else [value])
                for word in (action.option_strings[0], _spelled(one))
            ]
    return command(args.verb, *words)


def _spelled(value: object) -> str:
    """A parsed argument as it is typed: seeds, a shard, bounds by outcome, or plain words."""
    if isinstance(value, dict):
        return ",".join(f"{name}={bound:g}" for name, bound in value.items())
    if isinstance(value, list):
        return str(len(value)) if value == list(range(1, len(value) + 1)) else ",".join(map(str, value))
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)


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
