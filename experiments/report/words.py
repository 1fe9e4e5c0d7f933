"""Text in both languages at once: one HTML file carries both, and a style rule shows one of them."""
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sim.texts import has, text

LANGUAGES = ("zh", "en")
_OPEN, _CLOSE = "\ue000", "\ue001"  # private-use marks: a value's place while the template is escaped


def escape(value: object) -> str:
    """HTML-escaped `value`; objects that know their own HTML (`__html__`) answer for themselves."""
    if hasattr(value, "__html__"):
        return value.__html__()
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


@dataclass(frozen=True)
class Words:
    """One phrase in both languages, already safe as HTML."""

    zh: str
    en: str

    def __html__(self) -> str:
        if self.zh == self.en:
            return self.en
        return f'<span lang="zh-CN">{self.zh}</span><span lang="en">{self.en}</span>'

    def svg(self) -> str:
        """The phrase as two SVG `<tspan>`s, numbers without their HTML marks."""
        zh, en = _without_tags(self.zh), _without_tags(self.en)
        return en if zh == en else f'<tspan lang="zh-CN">{zh}</tspan><tspan lang="en">{en}</tspan>'

    def plain(self, lang: str) -> str:
        """The phrase in one language without marks."""
        return _without_tags(getattr(self, lang))


def _without_tags(html: str) -> str:
    import re

    return re.sub(r"<[^>]*>", "", html)


@dataclass(frozen=True)
class Number:
    """A number as shown, with the table's own value kept beside it (`<data value=...>`)."""

    raw: float
    shown: str

    def __html__(self) -> str:
        return f'<data value="{self.raw:.10g}">{self.shown}</data>' if math.isfinite(self.raw) else self.shown


def plain_words(value: object) -> Words:
    """The same text in both languages (a name, a number)."""
    if isinstance(value, Words):
        return value
    html = escape(value)
    return Words(html, html)


def words(key: str, **values: object) -> Words:
    """Catalog entry `key` in both languages; values may be Words, Numbers or plain."""
    marks = {name: f"{_OPEN}{i}{_CLOSE}" for i, name in enumerate(values)}
    sides = {}
    for lang in LANGUAGES:
        html = escape(text(key, lang, **marks))
        for i, value in enumerate(values.values()):
            inner = getattr(value, lang) if isinstance(value, Words) else escape(value)
            html = html.replace(f"{_OPEN}{i}{_CLOSE}", inner)
        sides[lang] = html
    return Words(**sides)


def words_or(key: str, fallback: object, **values: object) -> Words:
    """`words(key)`, or `fallback` in both languages where the catalog has no such key (a user's own arm or metric)."""
    return words(key, **values) if has(key) else plain_words(fallback)


def breakable(name: str) -> Words:
    """A technical name that may break after its joints, so that a long one does not stretch a table."""
    html = escape(name).replace("_", "_<wbr>").replace("+", "+<wbr>")
    return Words(html, html)


def from_mapping(value: object, fallback: object = "") -> Words:
    """`{en: ..., zh: ...}` as found in a study or scenario; a plain string serves both languages."""
    if isinstance(value, dict) and value:
        first = next(iter(value.values()))
        return Words(escape(value.get("zh", first)), escape(value.get("en", first)))
    return plain_words(value if value else fallback)


def joined(items: Iterable[object], separator: str = "report.list.comma") -> Words:
    """Phrases joined as each language joins a list."""
    parts = [plain_words(item) for item in items]
    return Words(text(separator, "zh").join(p.zh for p in parts), text(separator, "en").join(p.en for p in parts))


def some(items: Iterable[object], at_most: int = 4, separator: str = "report.list.comma") -> Words:
    """Phrases as a list; of a long one the first few and how many there are in all."""
    parts = list(items)
    if len(parts) <= at_most:
        return joined(parts, separator)
    return words("report.list.some", items=joined(parts[: at_most - 1], separator), count=len(parts), more=len(parts) - at_most + 1)


def sentences(items: Iterable[Words]) -> Words:
    """Whole sentences set behind each other: a blank between them in English, none in Chinese."""
    parts = list(items)
    return Words("".join(p.zh for p in parts), " ".join(p.en for p in parts))
