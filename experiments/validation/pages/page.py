"""The page validation.html: self-contained, both languages, a section for every part that has results.

A part's file offers ``read(folder)`` and ``section(results, lang)``; the page knows nothing else of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from experiments.console import command
from experiments.html.environment import page
from experiments.html.identity import identity
from experiments.html.words import Markup, words
from experiments.store import kept
from experiments.store import manifest as manifests
from experiments.store.kept import write_own
from experiments.validation import PARTS, reader

NAME = "validation.html"


def sections(folder: Path) -> list[tuple[str, str]]:
    """(Chinese, English) HTML of every part that finds results of its own in the folder."""
    found = []
    for part in PARTS:
        module = reader(part)
        results = module.read(folder) if module else None
        if results is not None:
            found.append((module.section(results, "zh"), module.section(results, "en")))
    return found


def render(parts: list[tuple[str, str]], lang: str, manifest: Mapping | None = None) -> str:
    """The whole page as text; ``parts``: HTML in both languages; ``manifest``: what to repeat and cite."""
    title = words("validation.title")
    return page(
        "validation.html.j2",
        lang,
        title=title,
        sections=[(Markup(zh), Markup(en)) for zh, en in parts],
        identity=identity(manifest or {}, title),
        version=_version(),
    )


def write(folder: Path, lang: str) -> Path:
    """Write validation.html into a folder of ``cogov validate``; ``lang`` is shown first."""
    folder = Path(folder)
    first = min(folder.rglob("manifest.json"), default=None)
    manifest = {
        "command": _command(folder),
        **(manifests.read_file(first) if first else {}),
    }
    return write_own(folder / NAME, render(sections(folder), lang, manifest))


def _command(folder: Path) -> str:
    """The command that repeats the claims of a folder; nothing where it holds none."""
    path = folder / "systems.json"
    if not kept.expected(path):
        return ""
    spec = kept.read_document(path)
    systems = ",".join(str(system["number"]) for system in spec["systems"])
    size = ("--residents", spec["residents"]) if spec.get("residents") else ("--full",)
    return command("validate", "--systems", systems, "--seeds", ",".join(map(str, spec["seeds"])), *size)


def _version() -> str:
    try:
        return version("cogov")
    except PackageNotFoundError:
        return ""
