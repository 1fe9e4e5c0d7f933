"""Effects at years 1, 2 and 5, and what is left of an effect after an arrangement ends."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.html.numbers import percent
from experiments.html.words import Words, words
from experiments.report.comparison.data import Results
from experiments.report.comparison.outcomes import AUDITED, PRIMARY, SURVEY
from experiments.report.comparison.verdicts import CLEAR, Finding, findings

YEARS = (1, 2, 5)
FOLLOWED = (PRIMARY, SURVEY, AUDITED)
YEAR = 365


def years(results: Results) -> list[tuple[Words, list[Finding]]]:
    """(outcome and year, findings) for disputes, the survey and the audit at years 1, 2, 5 and the last;
    nothing for a single year.
    """
    there = sorted(
        {
            int(name.partition("@y")[2])
            for name in results.values
            if name.startswith(tuple(f"{stem}@y" for stem in FOLLOWED))
        }
    )
    if len(there) < 2 or not results.others:
        return []
    shown = [year for year in there if year in YEARS or year == there[-1]]
    names = [f"{stem}@y{year}" for stem in FOLLOWED for year in shown]
    return [
        (results.outcome(name).label, findings(results, name)) for name in names if name in results.values
    ]


@dataclass(frozen=True)
class Withdrawal:
    """One ended arm on one outcome: the last full year in force and the first full year after."""

    label: Words
    outcome: Words
    ended: int  # day since the comparison began
    before: Finding | None
    after: Finding | None
    said: Words


def end_day(policies) -> int | None:
    """The day on which the last policy of an arm ends; None where one of them stays for good."""
    ends = [policy.get("end_day") for policy in policies or ()]
    return int(max(ends)) if ends and all(end is not None for end in ends) else None


def withdrawals(results: Results) -> list[Withdrawal]:
    """Every ended arm on every outcome followed."""
    rows = []
    for arm in results.others:
        ended = end_day(results.manifest["arms"].get(arm))
        if ended is None or ended >= results.days:
            continue
        before, after = ended // YEAR, -(-ended // YEAR) + 1
        for stem in FOLLOWED:
            if stem in results.values:
                pair = (_year(results, arm, stem, before), _year(results, arm, stem, after))
                rows.append(
                    Withdrawal(results.label(arm), results.outcome(stem).label, ended, *pair, _said(*pair))
                )
    return rows


def _year(results: Results, arm: str, stem: str, year: int) -> Finding | None:
    name = f"{stem}@y{year}"
    if name not in results.values:
        return None
    return next(f for f in findings(results, name) if f.arm == arm)


def _said(before: Finding | None, after: Finding | None) -> Words:
    """What may be said of the effect afterwards, from the two intervals."""
    if before is None or after is None or not (before.paired.has_interval and after.paired.has_interval):
        return words("report.withdrawal.unknown")
    if before.verdict not in CLEAR:
        return words("report.withdrawal.none" if after.verdict not in CLEAR else "report.withdrawal.late")
    if after.verdict not in CLEAR:
        return words("report.withdrawal.gone")
    share = after.paired.difference / before.paired.difference
    if share < 0:
        return words("report.withdrawal.reversed")
    if share > 1:
        return words("report.withdrawal.grown")
    return words("report.withdrawal.left", share=percent(share, 0))
