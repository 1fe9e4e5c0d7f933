"""The one template environment: every folder of templates, everything escaped, both languages at hand."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from experiments.html.canvas import drawn
from experiments.html.words import Markup, Words, escape, plain_words, words, words_or

_HEADING = re.compile(r'<h([23])(?: class="[^"]*")? id="([^"]+)"(?: lang="([^"]+)")?>(.*?)</h\1>', re.DOTALL)
ROOT = Path(__file__).resolve().parent.parent  # templates lie beside the code that fills them


@cache
def environment():
    """jinja2 with autoescape, strict names, and the functions that every template may use.

    `t(key)` is a phrase in both languages, `t_or(key, fallback)` one that files may name as they like;
    `named(words)` gives the attributes of an accessible name; `drawn` is the filter for figures.
    """
    import jinja2

    folders = sorted(path for path in ROOT.rglob("templates") if path.is_dir())
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        t=words, t_or=words_or, named=jinja2.pass_context(lambda context, said: named(said, context["lang"]))
    )
    found.filters["drawn"] = jinja2.pass_context(lambda context, svg: Markup(drawn(svg, context["lang"])))
    return found


def render(template: str, lang: str, **values: object) -> str:
    """A part of a page as text; `lang` ('en' or 'zh') is the language shown first."""
    return environment().get_template(template).render(lang=lang, **values)


def page(template: str, lang: str, **values: object) -> str:
    """A whole page, one that extends base.html.j2; its contents are its headings that have an id."""
    html = render(template, lang, **values)
    headings = [
        (level, anchor, side or "", Markup(label)) for level, anchor, side, label in _HEADING.findall(html)
    ]
    contents = render("contents.html.j2", lang, headings=headings) if len(headings) > 2 else ""
    return html.replace("<!--contents-->", contents, 1)


def named(said: Words | str, lang: str) -> Markup:
    """`aria-label` in the language shown, and in both for the page's script."""
    said = plain_words(said)
    zh, en = (escape(said.plain(side)) for side in ("zh", "en"))
    return Markup(f'aria-label="{zh if lang == "zh" else en}" data-label-zh="{zh}" data-label-en="{en}"')
