"""validation.html: one self-contained page, both languages in the one file, a section for every part that has results.

A part's file offers ``read(folder)`` and ``section(results, lang)``; the page knows nothing else of it.
"""
from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from experiments.kept import write_own
from experiments.validation import PARTS, reader
from experiments.validation.shown import said

NAME = "validation.html"
HERE = Path(__file__).parent


def sections(folder: Path) -> list[tuple[str, str]]:
    """(Chinese, English) HTML of every part that finds results of its own in the folder."""
    found = []
    for part in PARTS:
        module = reader(part)
        results = module.read(folder) if module else None
        if results is not None:
            found.append((module.section(results, "zh"), module.section(results, "en")))
    return found


def render(parts: list[tuple[str, str]], lang: str) -> str:
    """The whole page as text; ``parts`` are HTML already, both languages of each."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    shared = HERE.parent / "report" / "templates"
    style = (shared / "style.css").read_text(encoding="utf-8") + (HERE / "templates" / "validation.css").read_text(encoding="utf-8")
    return environment.get_template("page.html.j2").render(
        lang=lang, t=said, sections=[(Markup(zh), Markup(en)) for zh, en in parts], style=Markup(style),
        script=Markup((shared / "script.js").read_text(encoding="utf-8")), version=_version())


def write(folder: Path, lang: str) -> Path:
    """Write validation.html into a folder of ``cogov validate``; ``lang`` is shown first."""
    return write_own(Path(folder) / NAME, render(sections(Path(folder)), lang))


def _version() -> str:
    try:
        return version("cogov")
    except PackageNotFoundError:
        return ""
