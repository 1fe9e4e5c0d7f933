"""Costs of the arrangements, and of a dispute avoided, beside the same money spent on staff."""

from __future__ import annotations

import math
from dataclasses import dataclass

from experiments.html.numbers import MISSING, Number, fixed, leading
from experiments.html.words import Words, plain_words, some, words
from experiments.report.comparison.data import Results
from experiments.report.comparison.outcomes import COST, PRIMARY
from experiments.report.comparison.verdicts import (
    BETTER,
    CLEAR,
    SAME,
    WORSE,
    Finding,
    findings,
    judge,
    smallest_effect,
)

PAYERS = ("cost_subdistrict", "cost_property", "cost_fund", "cost_residents")
PER = 1000.0  # the dispute rate is per 1,000 residents a year, cost per resident-year


@dataclass(frozen=True)
class CostRow:
    """One arm's money: extra budget a resident-year and a year in all, and CNY per dispute avoided in
    words.
    """

    arm: str
    cost: Finding
    disputes: Finding
    yearly: Words
    ratio: float  # CNY per dispute avoided; NaN where there is none to speak of
    said: Words
    payers: list[Finding]


def cost_rows(results: Results) -> list[CostRow]:
    """One row per arm beside the baseline; nothing where cost or disputes were not measured."""
    if COST not in results.values or PRIMARY not in results.values:
        return []
    payers = {name: findings(results, name) for name in PAYERS if name in results.values}
    rows = []
    for i, (cost, disputes) in enumerate(zip(findings(results, COST), findings(results, PRIMARY))):
        ratio, said = _effectiveness(cost, disputes)
        total = cost.paired.difference * results.residents
        rows.append(
            CostRow(
                cost.arm, cost, disputes, _yearly(total), ratio, said, [found[i] for found in payers.values()]
            )
        )
    return rows


def payer_names(results: Results) -> list[str]:
    """The payers measured, in the order of the rows' `payers`."""
    return [name for name in PAYERS if name in results.values]


def _yearly(total: float) -> Words:
    if not math.isfinite(total):
        return plain_words(MISSING)
    wan, thousand = (
        fixed(total / 10_000, 1 if abs(total) < 1e6 else 0, signed=True),
        fixed(total / 1000, 0, signed=True),
    )
    return words("report.money.yearly", amount=Words(zh=wan, en=thousand))


def _effectiveness(cost: Finding, disputes: Finding) -> tuple[float, Words]:
    """CNY per dispute avoided with the range that the disputes' interval gives, or why there is none."""
    extra, p = cost.paired.difference, disputes.paired
    if not (math.isfinite(extra) and math.isfinite(p.difference)):
        return math.nan, words("report.money.no_data")
    if disputes.verdict == WORSE:
        return math.nan, words("report.money.worse" if extra > 0 else "report.money.cheaper_worse")
    if disputes.verdict != BETTER:
        return math.nan, words("report.money.unclear")
    if extra <= 0:
        return math.nan, words("report.money.cheaper_better")
    ratio, low, high = (PER * extra / -end for end in (p.difference, p.low, p.high))
    return ratio, words(
        "report.money.ratio", ratio=Number(ratio, leading(ratio)), low=leading(low), high=leading(high)
    )


def cost_sentences(results: Results) -> list[Words]:
    """Cheapest dispute avoided; each arm beside the same money spent on staff."""
    rows = cost_rows(results)
    if not rows:
        return [words("report.money.not_measured")] if results.others else []
    if not any(r.disputes.paired.has_interval for r in rows):
        return [words("report.money.no_interval")]
    priced = sorted((r for r in rows if math.isfinite(r.ratio)), key=lambda r: r.ratio)
    free = [r for r in rows if r.disputes.verdict == BETTER and r.cost.paired.difference <= 0]
    said = []
    if free:
        said.append(words("report.money.free", arms=some(results.label(r.arm) for r in free)))
    if priced:
        said.append(words("report.money.cheapest", arm=results.label(priced[0].arm), said=priced[0].said))
    elif not free:
        said.append(words("report.money.nobody"))
    return said + _beside_staff(results, rows)


def _beside_staff(results: Results, rows: list[CostRow]) -> list[Words]:
    rival = results.comparator
    if rival is None:
        return [words("report.money.no_comparator")]
    money = {row.arm: row.cost.paired.difference for row in rows}
    shown = results.outcome(PRIMARY)
    said = []
    for row in rows:
        if row.arm == rival or not math.isfinite(row.disputes.paired.difference):
            continue
        contrast = results.contrast(row.arm, rival, PRIMARY)
        verdict = judge(contrast, shown, smallest_effect(results, PRIMARY))
        key = verdict if verdict in (*CLEAR, SAME) else "unclear"
        extra = row.cost.paired.difference - money[rival]
        said.append(
            words(
                f"report.money.beside.{key}",
                arm=results.label(row.arm),
                money=_less_or_more(extra, money[rival]),
            )
        )
    return (
        [
            words(
                "report.money.beside",
                rival=results.label(rival),
                items=some(said, 6, "report.list.semicolon"),
            )
        ]
        if said
        else []
    )


def _less_or_more(extra: float, base: float) -> Words:
    if abs(extra) <= 0.05 * abs(base):
        return words("report.money.as_much")
    return words(
        "report.money.more" if extra > 0 else "report.money.less",
        amount=fixed(abs(extra), 0 if abs(extra) >= 10 else 1),
    )
