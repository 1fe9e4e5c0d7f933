"""The catalog of all words that users read, in English and Chinese, from configs/catalog/*.yaml."""

from __future__ import annotations

import difflib
import locale
import os
import shlex
import string
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.config.paths import config_dir

LANGUAGES = ("en", "zh")
LONGEST = 80  # characters of a value that a message shows
MOST = 20  # names that a message lists
_chosen: str | None = None


def set_language(lang: str | None) -> None:
    """Choose the language of messages for this process (None: by environment and locale)."""
    global _chosen
    if lang is not None and lang not in LANGUAGES:
        raise ValueError(f"language {lang!r}: use one of {', '.join(LANGUAGES)}")
    _chosen = lang


def chosen_language() -> str | None:
    """What ``set_language`` was last given."""
    return _chosen


def language() -> str:
    """The language in force: chosen, else ``COGOV_LANG``, else the locale's, else English."""
    if _chosen:
        return _chosen
    wish = os.environ.get("COGOV_LANG") or _locale()
    return "zh" if wish.lower().startswith("zh") else "en"


def _locale() -> str:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(variable):
            return os.environ[variable]
    return locale.getlocale()[0] or "en"


def read_yaml(path: Path) -> Any:
    """A YAML file of the package itself as plain objects, by the C parser where there is one (a user's:
    ``sim.config.yaml_file``).
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


@lru_cache(maxsize=1)
def catalog() -> dict[str, dict[str, str]]:
    """Every key with its texts; the same key in two files is an error."""
    merged: dict[str, dict[str, str]] = {}
    for path in sorted((config_dir() / "catalog").glob("*.yaml")):
        for key, entry in (read_yaml(path) or {}).items():
            if key in merged:
                raise ValueError(f"{path.name}: key {key!r} is already in another catalog file")
            merged[key] = entry
    return merged


def has(key: str) -> bool:
    """Whether the catalog knows a key."""
    return key in catalog()


def text(key: str, lang: str | None = None, **values: object) -> str:
    """The text of a key in a language, with ``{name}`` filled from values (``{name!q}``: quoted, in
    commands to copy).
    """
    try:
        entry = catalog()[key]
    except KeyError:
        near = nearest(key, catalog())
        raise KeyError(
            f"no text {key!r} in configs/catalog" + (f"; did you mean {near!r}?" if near else "")
        ) from None
    template = str(entry[lang or language()])
    if "!q}" in template:
        return _Commands().format(template, **values)
    return template.format(**values) if values else template


def nearest(name: object, known: Iterable[object]) -> str:
    """The known name most like ``name``, or '' if none is near: the one "did you mean" of the house."""
    near = difflib.get_close_matches(str(name)[:LONGEST], [str(k) for k in known], n=1, cutoff=0.6)
    return near[0] if near else ""


def shortened(value: object, longest: int = LONGEST) -> str:
    """A value as one line of at most ``longest`` characters; what cannot be printed is left as a dot."""
    words = str(value)
    if len(words) > longest:
        words = words[: longest - 1] + "…"
    return words if words.isprintable() else "".join(c if c.isprintable() else "·" for c in words)


def listed(names: Iterable[object], most: int = MOST) -> Listed:
    """Names in a row, the first ``most`` of them and the number of those left out."""
    every = [shortened(name) for name in names]
    more = f", … (+{len(every) - most})" if len(every) > most else ""
    return Listed(", ".join(every[:most]) + more or "-")


class Listed(str):
    """A row of names that is short enough already."""


class _Commands(string.Formatter):
    """``{folder!q}`` in a command is quoted as a shell needs it."""

    def convert_field(self, value: object, conversion: str | None) -> object:
        return shlex.quote(str(value)) if conversion == "q" else super().convert_field(value, conversion)
