"""Values with their units and bounds as the claims table says them, one language at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping

from experiments.html.numbers import MISSING, declared, percent, points, significant
from sim.config.catalog import text

Unit = str | Mapping[str, str]  # "share", "points", or words in each language


def shown(value: float, unit: Unit, lang: str, bare: bool = False, exact: bool = False) -> str:
    """A value with its unit: "share" in per cent, "points" (a change of a share) in percentage points, else
    in words.

    ``bare``: without words, a per cent sign stays. ``exact``: as declared, not rounded to three digits.
    """
    if not math.isfinite(value):
        return MISSING
    if isinstance(unit, str):
        if unit == "share":
            return percent(value)
        return points(value) if bare else text("claims.points", lang, value=points(value))
    plain = declared(value) if exact else significant(value)
    return plain if bare or not unit[lang] else text("claims.with_unit", lang, value=plain, unit=unit[lang])


def bound_words(at_least: float, at_most: float, unit: Unit, lang: str, change: bool = False) -> str:
    """What is asked for: at least, at most, between, a rise, a fall."""
    low, high = math.isfinite(at_least), math.isfinite(at_most)
    if change and low and at_least == 0.0 and not high:
        return text("claims.bound.rise", lang)
    if change and high and at_most == 0.0 and not low:
        return text("claims.bound.fall", lang)
    if low and high:
        return text(
            "claims.bound.between",
            lang,
            low=shown(at_least, unit, lang, bare=True),
            high=shown(at_most, unit, lang),
        )
    if low:
        return text("claims.bound.at_least", lang, value=shown(at_least, unit, lang))
    return (
        text("claims.bound.at_most", lang, value=shown(at_most, unit, lang))
        if high
        else text("claims.bound.any", lang)
    )
