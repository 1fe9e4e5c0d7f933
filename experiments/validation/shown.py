"""Numbers and sentences as the validation page shows them, one language at a time."""
from __future__ import annotations

import math
from collections.abc import Mapping

from sim.texts import LANGUAGES, has, text

__all__ = ["LANGUAGES", "both", "bound_words", "number", "said", "shown"]


def said(key: str, lang: str, **values) -> str:
    """A sentence of the catalog in a language."""
    return text(key, lang, **values)


def both(key: str, fallback: str = "") -> dict[str, str]:
    """A catalog entry in both languages; ``fallback`` in both where there is none (a user's own metric)."""
    return {lang: text(key, lang) if has(key) else fallback.replace("_", " ") for lang in LANGUAGES}


def number(value: float) -> str:
    """Whole numbers as they are, others with three significant digits; thousands set apart, a true minus sign."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1000 or abs(value - round(value)) < 1e-9:
        return _minus(f"{value + 0.0:,.0f}")
    digits = min(max(2 - math.floor(math.log10(size)), 0), 6)
    return _minus(f"{value:.{digits}f}")


def shown(value: float, unit: str | Mapping[str, str], lang: str, bare: bool = False, exact: bool = False) -> str:
    """A value with its unit: "share" in per cent, "points" (a change of a share) in percentage points, else in words.

    ``bare``: without words, a per cent sign stays. ``exact``: as declared, not rounded to three digits.
    """
    if not math.isfinite(value):
        return "–"
    if isinstance(unit, str):
        percent = 100.0 * value
        plain = _minus("0.0" if abs(percent) < 1e-6 else f"{percent:,.1f}" if abs(percent) >= 0.1 else f"{percent:.1g}")
        return plain + "%" if unit == "share" else plain if bare else text("claims.points", lang, value=plain)
    plain = _minus(f"{value:g}") if exact else number(value)
    return plain if bare or not unit[lang] else text("claims.with_unit", lang, value=plain, unit=unit[lang])


def _minus(digits: str) -> str:
    return digits.replace("-", "−")


def bound_words(at_least: float, at_most: float, unit, lang: str, change: bool = False) -> str:
    """What is asked for: at least, at most, between, a rise, a fall."""
    low, high = math.isfinite(at_least), math.isfinite(at_most)
    if change and low and at_least == 0.0 and not high:
        return text("claims.bound.rise", lang)
    if change and high and at_most == 0.0 and not low:
        return text("claims.bound.fall", lang)
    if low and high:
        return text("claims.bound.between", lang, low=shown(at_least, unit, lang, bare=True), high=shown(at_most, unit, lang))
    if low:
        return text("claims.bound.at_least", lang, value=shown(at_least, unit, lang))
    return text("claims.bound.at_most", lang, value=shown(at_most, unit, lang)) if high else text("claims.bound.any", lang)
