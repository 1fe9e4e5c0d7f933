"""Outcomes as shown to readers: name, unit, definition, direction, and how many digits are honest."""
from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from experiments.analysis.verdicts import smallest_effect
from experiments.report.words import Number, Words, escape, words, words_or

PRIMARY = "dispute_rate"
SURVEY, EVENT, REPORTED, AUDITED = "satisfaction_index", "event_satisfaction", "reported_resolution", "audited_resolution"
COST = "cost_budget"
HEADLINE = (PRIMARY, SURVEY, EVENT, REPORTED, AUDITED, COST)
MISSING = "—"
LOAD = "workload_"  # demanded over available hours: shown in per cent of what is available
SHARE_UNITS = ("share", "fraction", "proportion", "probability")


@dataclass(frozen=True)
class Outcome:
    """How one outcome is shown. `scale` turns the table's value into the shown one (shares: percent)."""

    name: str
    label: Words
    unit: Words
    change_unit: Words
    definition: Words
    better: str  # "low", "high" or "" where more is neither
    scale: float = 1.0
    money: bool = False
    slight: float = math.nan  # absolute change below which a clear difference is called slight, table's unit
    relative: bool = False  # a rate or amount whose change is also told in per cent of the baseline

    def good(self, difference: float) -> int:
        """+1 if a change of this sign is an improvement, -1 if it is a loss, 0 if neither."""
        sign = (difference > 0) - (difference < 0)
        return {"high": sign, "low": -sign}.get(self.better, 0)


def describe(name: str, info: Mapping[str, str]) -> Outcome:
    """The outcome `name`; `info` holds unit, better and definition as the manifest lists them.

    A user's own metric, which the catalog does not know, is shown by its own name, unit and docstring.
    """
    stem, _, year = name.partition("@y")
    unit_text = info.get("unit", "")
    share = unit_text.split(" ")[0].rstrip(",;") in SHARE_UNITS or stem.startswith(LOAD)
    percent = unit_text.startswith(("%", "percentage"))
    label = words_or(f"outcome.{stem}.label", stem.replace("_", " "))
    if year:
        label = words("report.year_of", outcome=label, year=year)
    unit = words("report.unit.percent") if share else words_or(f"outcome.{stem}.unit", unit_text)
    change = words("report.unit.points") if share or percent else unit
    definition = words_or(f"outcome.{stem}.definition", info.get("definition", ""))
    money = "CNY" in unit_text
    slight = smallest_effect(stem, {}, unit_text)
    return Outcome(name, label, unit, change, definition, info.get("better", ""), 100.0 if share else 1.0, money, slight,
                   relative=money or unit_text.startswith(("per ", "day", "h ", "hours")))


def with_unit(shown: object, unit: Words) -> Words:
    """`shown` and its unit behind it; a per cent sign follows without a blank."""
    text = escape(shown)
    if text == MISSING:
        return Words(text, text)
    return Words(*(text + ("" if side.startswith("%") or not side else " ") + side for side in (unit.zh, unit.en)))


def places(half_widths: Iterable[float], sizes: Iterable[float]) -> int:
    """Decimals such that half an interval shows one or two digits, and a number about three in all."""
    widths = sorted(w for w in half_widths if math.isfinite(w) and w > 0)
    largest = max((abs(s) for s in sizes if math.isfinite(s)), default=0.0)
    three = 2 - math.floor(math.log10(largest)) if largest > 0 else 1
    wanted = -math.floor(math.log10(widths[len(widths) // 2] / 2)) if widths else three
    return min(max(min(wanted, three), 0), 4)


def fixed(value: float, digits: int, signed: bool = False) -> str:
    """A number with a true minus, thousands separated; never '-0.0'. 'NaN' shows as a dash."""
    if not math.isfinite(value):
        return MISSING
    rounded = round(value, digits) + 0.0
    text = f"{abs(rounded):,.{digits}f}"
    return ("−" if rounded < 0 else "+" if signed and rounded > 0 else "") + text


def number(value: float, digits: int, scale: float = 1.0, signed: bool = False) -> Number:
    """`value` (table's unit) as shown: scaled, rounded, with the raw value kept beside it."""
    return Number(value, fixed(value * scale, digits, signed))


def digits_for(lo: float, hi: float, digits: int) -> int:
    """One decimal more where rounding would show an end of a clear interval as zero though it is not."""
    return digits + any(end != 0 and round(end, digits) == 0 for end in (lo, hi) if math.isfinite(end))

