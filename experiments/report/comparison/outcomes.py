"""Outcomes as shown to readers: name, unit, definition, direction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from experiments.analysis.verdicts import smallest_effect
from experiments.html.words import Words, words, words_or

PRIMARY = "dispute_rate"
SURVEY, EVENT, REPORTED, AUDITED = (
    "satisfaction_index",
    "event_satisfaction",
    "reported_resolution",
    "audited_resolution",
)
COST = "cost_budget"
HEADLINE = (PRIMARY, SURVEY, EVENT, REPORTED, AUDITED, COST)
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
    slight: float = (
        math.nan
    )  # change that does not matter where the study set no smallest effect, table's unit
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
    return Outcome(
        name,
        label,
        unit,
        change,
        definition,
        info.get("better", ""),
        100.0 if share else 1.0,
        money,
        slight,
        relative=money or unit_text.startswith(("per ", "day", "h ", "hours")),
    )
