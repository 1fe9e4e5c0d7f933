"""Origin of a page's numbers: the command that repeats them, and how to cite them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.html.words import Words, words

SHORT = 8  # letters of a version's hash that a citation needs


@dataclass(frozen=True)
class Identity:
    """The command (empty where the results do not tell it) and the citation."""

    command: str
    cite: Words | None


def identity(manifest: Mapping, title: Words) -> Identity:
    """The repeat command and the citation of a results folder's manifest."""
    versions = manifest.get("versions") or {}
    created = str(manifest.get("created", ""))[:10]
    seeds = manifest.get("seeds") or []
    if not created or not manifest.get("model_version"):
        return Identity(str(manifest.get("command", "")), None)
    said = words(
        "page.cite.text" if seeds else "page.cite.design",
        title=title,
        version=versions.get("cogov", "?"),
        created=created,
        year=created[:4],
        model=str(manifest["model_version"])[:SHORT],
        seeds=len(seeds),
    )
    return Identity(str(manifest.get("command", "")), said)
