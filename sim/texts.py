"""All words that users read, in English and Chinese, from configs/catalog/*.yaml."""
from __future__ import annotations

import difflib
import locale
import os
import shlex
import string
from functools import lru_cache
from pathlib import Path

from sim.paths import config_dir

LANGUAGES = ("en", "zh")
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


def read_yaml(path: Path):
    """A YAML file as plain objects, by the C parser where there is one."""
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


def text(key: str, lang: str | None = None, **values) -> str:
    """The text of a key in a language, with ``{name}`` filled from values (``{name!q}``: quoted, in commands to copy)."""
    try:
        entry = catalog()[key]
    except KeyError:
        near = difflib.get_close_matches(key, catalog(), n=1)
        raise KeyError(f"no text {key!r} in configs/catalog" + (f"; did you mean {near[0]!r}?" if near else "")) from None
    template = str(entry[lang or language()])
    if "!q}" in template:
        return _Commands().format(template, **values)
    return template.format(**values) if values else template


class _Commands(string.Formatter):
    """``{folder!q}`` in a command is quoted as a shell needs it."""

    def convert_field(self, value: object, conversion: str | None) -> object:
        return shlex.quote(str(value)) if conversion == "q" else super().convert_field(value, conversion)
