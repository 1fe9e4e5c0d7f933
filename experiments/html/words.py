"""Text in both languages at once: one HTML file carries both, and a style rule shows one of them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from sim.config.catalog import LANGUAGES, has, text

__all__ = [
    "Markup",
    "Words",
    "about_zero",
    "breakable",
    "escape",
    "from_mapping",
    "joined",
    "lines",
    "phrase",
    "plain_words",
    "sentences",
    "some",
    "with_unit",
    "words",
    "words_or",
]
_TAG = re.compile(r"<[^>]*>")
_SIGNS = "\u2e80-\u9fff\uff00-\uffef"  # Chinese characters and full-width marks: a line may end behind each
_PIECE = re.compile(rf"[{_SIGNS}][，。、；：）]?|[^\s{_SIGNS}_+]*[_+]|[^\s{_SIGNS}_+]+|\s+")
_WIDE = re.compile(f"[{_SIGNS}]")


@dataclass(frozen=True)
class Words:
    """One phrase in both languages, already safe as HTML."""

    zh: str
    en: str

    def __html__(self) -> Markup:
        if self.zh == self.en:
            return Markup(self.en)
        return Markup(f'<span lang="zh-CN">{self.zh}</span><span lang="en">{self.en}</span>')

    def svg(self) -> str:
        """The phrase as two SVG `<tspan>`s, numbers without their HTML marks."""
        zh, en = (str(escape(self.plain(lang))) for lang in ("zh", "en"))
        return en if zh == en else f'<tspan lang="zh-CN">{zh}</tspan><tspan lang="en">{en}</tspan>'

    def plain(self, lang: str) -> str:
        """The phrase in one language as plain text: no marks, no entities. It is escaped where it is put."""
        return html.unescape(_TAG.sub("", getattr(self, lang)))


def plain_words(value: object) -> Words:
    """The same text in both languages (a name, a number)."""
    if isinstance(value, Words):
        return value
    safe = str(escape(value))
    return Words(safe, safe)


def words(key: str, **values: object) -> Words:
    """Catalog entry `key` in both languages; values may be Words, Numbers or plain, and are escaped."""
    sides = {}
    for lang in LANGUAGES:
        template = Markup(escape(text(key, lang)))
        inner = {name: Markup(getattr(v, lang)) if isinstance(v, Words) else v for name, v in values.items()}
        sides[lang] = str(template.format(**inner)) if values else str(template)
    return Words(**sides)


def words_or(key: str, fallback: object, **values: object) -> Words:
    """`words(key)`, or `fallback` in both languages where the catalog has no such key (a user's own arm)."""
    return words(key, **values) if has(key) else plain_words(fallback)


def phrase(key: str, fallback: str = "") -> dict[str, str]:
    """A catalog entry as plain text by language; `fallback` in both where there is none (a user's metric)."""
    return {lang: text(key, lang) if has(key) else fallback.replace("_", " ") for lang in LANGUAGES}


def about_zero(raw: float) -> Words:
    """A difference that does not matter: 'about 0', the table's own value kept beside it."""
    said = words("number.about_zero")
    return Words(*(f'<data value="{raw:.10g}">{side}</data>' for side in (said.zh, said.en)))


def with_unit(shown: object, unit: Words) -> Words:
    """`shown` and its unit behind it; a per cent sign follows without a blank, a dash has no unit."""
    from experiments.html.numbers import MISSING

    value = plain_words(shown)
    if value.en == MISSING:
        return value
    return Words(
        *(
            text_ + ("" if side.startswith("%") or not side else " ") + side
            for text_, side in ((value.zh, unit.zh), (value.en, unit.en))
        )
    )


def breakable(name: str) -> Words:
    """A technical name that may break after its joints, so that a long one does not stretch a table."""
    safe = str(escape(name)).replace("_", "_<wbr>").replace("+", "+<wbr>")
    return Words(safe, safe)


def from_mapping(value: object, fallback: object = "") -> Words:
    """`{en: ..., zh: ...}` as found in a study or scenario; a plain string serves both languages."""
    if isinstance(value, Mapping) and value:
        first = next(iter(value.values()))
        return Words(*(str(escape(value.get(lang) or first)) for lang in ("zh", "en")))
    return plain_words(value if value else fallback)


def joined(items: Iterable[object], separator: str = "report.list.comma") -> Words:
    """Phrases joined as each language joins a list."""
    parts = [plain_words(item) for item in items]
    return Words(
        text(separator, "zh").join(p.zh for p in parts), text(separator, "en").join(p.en for p in parts)
    )


def some(items: Iterable[object], at_most: int = 4, separator: str = "report.list.comma") -> Words:
    """Phrases as a list; of a long one the first few and how many there are in all."""
    parts = list(items)
    if len(parts) <= at_most:
        return joined(parts, separator)
    first = joined(parts[: at_most - 1], separator)
    return words("report.list.some", items=first, count=len(parts), more=len(parts) - at_most + 1)


def sentences(items: Iterable[Words]) -> Words:
    """Whole sentences set behind each other: a blank between them in English, none in Chinese."""
    parts = list(items)
    return Words("".join(p.zh for p in parts), " ".join(p.en for p in parts))


def lines(said: Words, width: float, size: float, at_most: int = 2) -> list[Words]:
    """A phrase broken into lines of about `width` px of type of `size` px, each language by itself."""
    sides = [_broken(said.plain(lang), width / size, at_most) for lang in ("zh", "en")]
    count = max(map(len, sides))
    zh, en = (side + [""] * (count - len(side)) for side in sides)
    return [Words(str(escape(z)), str(escape(e))) for z, e in zip(zh, en)]


def _broken(said: str, room: float, at_most: int) -> list[str]:
    """Lines no wider than `room` ems: broken between words, after `_` and `+`, and between Chinese signs."""
    pieces = _PIECE.findall(said)
    found = [""]
    for piece in pieces:
        if found[-1] and _ems(found[-1] + piece.rstrip()) > room:
            found.append("")
        found[-1] += piece if found[-1] else piece.lstrip()
    found = [line.rstrip() for line in found if line.strip()] or [""]
    if len(found) > at_most:
        found = [*found[: at_most - 1], found[at_most - 1] + "…"]
    return [_cut(line, room) for line in found]


def _cut(line: str, room: float) -> str:
    """A line without break points that is wider than its room loses its end."""
    while _ems(line) > room + 1 and len(line) > 2:
        line = line.removesuffix("…")[:-1] + "…"
    return line


def _ems(said: str) -> float:
    """Width of a text in ems: about .56 a Latin letter, 1 a Chinese sign."""
    return sum(1.0 if _WIDE.match(sign) else 0.56 for sign in said)
