"""Verdicts on paired differences, from their intervals and the smallest effect of interest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from experiments.analysis.verdicts import BETTER, HIGHER, LOWER, NONE, SAME, UNCLEAR, WORSE, stem, verdict
from experiments.html.numbers import digits_for, fixed, number, places
from experiments.html.words import Words, about_zero, plain_words, with_unit, words
from experiments.report.comparison.data import Paired, Results
from experiments.report.comparison.outcomes import Outcome

SMALL = "small"  # how tables of earlier versions call a clear difference within the smallest effect: SAME
CLEAR = (BETTER, WORSE, HIGHER, LOWER)
SYMBOLS = {BETTER: "✓", WORSE: "✕", HIGHER: "↑", LOWER: "↓", SAME: "≈", UNCLEAR: "?", NONE: "–"}


@dataclass(frozen=True)
class Finding:
    """One arm, one outcome: the paired difference, what may be said of it, and how it is shown."""

    arm: str
    label: Words
    shown: Outcome
    paired: Paired
    verdict: str
    digits: int
    smallest: float = math.nan  # smallest effect of interest, outcome's own unit; NaN: none was set

    @property
    def symbol(self) -> str:
        return "" if self._spending else SYMBOLS[self.verdict]

    @property
    def word(self) -> Words:
        return words(f"report.verdict.{'money.' if self._spending else ''}{self.verdict}")

    @property
    def _spending(self) -> bool:
        """Spending more is no failure and spending less no success: it has words of its own."""
        return self.shown.money and self.verdict in (BETTER, WORSE)

    @property
    def known(self) -> bool:
        """There is a difference to show."""
        return math.isfinite(self.paired.difference)

    @property
    def clear(self) -> bool:
        return self.verdict in CLEAR

    @property
    def difference(self) -> Words:
        """The change with its sign; 'about 0' where it does not matter (money is counted, not judged)."""
        if self.verdict == SAME and not self.shown.money:
            return about_zero(self.paired.difference)
        return plain_words(number(self.paired.difference, self._digits, self.shown.scale, signed=True))

    @property
    def low(self) -> Words:
        return plain_words(number(self.paired.low, self._digits, self.shown.scale, signed=True))

    @property
    def high(self) -> Words:
        return plain_words(number(self.paired.high, self._digits, self.shown.scale, signed=True))

    @property
    def _digits(self) -> int:
        p, scale = self.paired, self.shown.scale
        return (
            digits_for(p.low * scale, p.high * scale, self.digits)
            if self.verdict in (*CLEAR, SAME)
            else self.digits
        )

    @property
    def level(self) -> Words:
        return with_unit(number(self.paired.mean, self.digits, self.shown.scale), self.shown.unit)

    @property
    def level_bare(self) -> Words:
        """The level without its unit, but for a per cent sign."""
        unit = self.shown.unit if self.shown.unit.en == "%" else plain_words("")
        return with_unit(number(self.paired.mean, self.digits, self.shown.scale), unit)

    @property
    def interval(self) -> Words:
        """'-1.2 to -0.4'; that there is none; one number where it has no width."""
        p = self.paired
        if not p.has_interval:
            return words("report.no_interval")
        if p.low == p.high:
            return words("report.exact")
        if self.low.plain("en") == self.high.plain("en") == fixed(0.0, self._digits):
            return words("report.within", bound=fixed(10.0**-self._digits, self._digits))
        return words("report.interval", low=self.low, high=self.high)

    @property
    def share_of_baseline(self) -> Words:
        """The change in per cent of the baseline's level, for rates and amounts; else nothing."""
        p = self.paired
        if not (
            self.shown.relative
            and math.isfinite(p.baseline)
            and p.baseline > 0
            and math.isfinite(p.difference)
        ):
            return plain_words("")
        change = 100 * p.difference / p.baseline
        if self.verdict == SAME or abs(change) < 0.05:
            return words("report.relative.level")
        amount = fixed(abs(change), 0 if abs(change) >= 10 else 1)
        return words("report.relative.above" if change > 0 else "report.relative.below", percent=amount)

    def sentence(self) -> Words:
        """'<arm> down by 1.2 (95% interval 0.4 to 2.0)', signs turned into words where the direction is
        clear.
        """
        p, scale, d = self.paired, self.shown.scale, self._digits
        if self.verdict == NONE or not math.isfinite(p.difference):
            return words("report.said.none", arm=self.label)
        if self.verdict == SAME and p.difference == 0:
            return words("report.said.same", arm=self.label)
        if not self.clear:
            return words("report.said.unclear", arm=self.label, low=self.low, high=self.high)
        ends = sorted((abs(p.low), abs(p.high)))
        amount = with_unit(number(abs(p.difference), d, scale), self.shown.change_unit)
        key = "report.said.down" if p.difference < 0 else "report.said.up"
        if p.low == p.high:
            return words(key + "_exact", arm=self.label, amount=amount)
        return words(
            key, arm=self.label, amount=amount, low=fixed(ends[0] * scale, d), high=fixed(ends[1] * scale, d)
        )


def judge(paired: Paired, shown: Outcome, smallest: float = math.nan) -> str:
    """The table's own verdict, or the same rule where the difference comes from elsewhere."""
    told = paired.verdict or verdict(
        paired.low, paired.high, shown.better, smallest if smallest > 0 else shown.slight
    )
    return SAME if told == SMALL else told


def smallest_effect(results: Results, name: str) -> float:
    """The smallest effect of interest set for an outcome (its own unit), NaN where none was set."""
    return float((results.manifest.get("smallest_effect") or {}).get(stem(name), math.nan))


def findings(results: Results, name: str) -> list[Finding]:
    """All arms beside the baseline for one outcome, with a common number of decimals."""
    if name not in results.memo:
        results.memo[name] = _findings(results, name)
    return results.memo[name]


def _findings(results: Results, name: str) -> list[Finding]:
    shown = results.outcome(name)
    smallest = smallest_effect(results, name)
    rows = [(arm, results.paired(arm, name)) for arm in results.others]
    widths = [(p.high - p.low) / 2 * shown.scale for _, p in rows]
    sizes = [v * shown.scale for _, p in rows for v in (p.difference, p.baseline)] or [
        results.mean(results.baseline, name) * shown.scale
    ]
    digits = min(places(widths, sizes), 1) if shown.money else places(widths, sizes)
    return [
        Finding(arm, results.label(arm), shown, p, judge(p, shown, smallest), digits, smallest)
        for arm, p in rows
    ]


def level(results: Results, arm: str, name: str) -> Words:
    """An arm's mean for an outcome, with its unit."""
    shown = results.outcome(name)
    found = findings(results, name)
    digits = found[0].digits if found else places([], [results.mean(arm, name) * shown.scale])
    return with_unit(number(results.mean(arm, name), digits, shown.scale), shown.unit)
