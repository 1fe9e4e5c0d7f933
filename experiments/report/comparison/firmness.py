"""Firmness of the findings: all arms and outcomes judged together, first place, the front of cost and
disputes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.html.numbers import MISSING, fixed, odds, p_value, percent, significant
from experiments.html.words import Words, joined, plain_words, with_unit, words
from experiments.report.comparison import effects
from experiments.report.comparison.data import Results
from experiments.report.comparison.outcomes import COST, PRIMARY
from experiments.report.comparison.verdicts import CLEAR, Finding, findings

STRICT = 0.05


@dataclass(frozen=True)
class Standing:
    """One arm on one outcome: its interval among all arms, how often it wins, and what stands under
    stricter judgement.
    """

    finding: Finding
    together: Words  # interval that holds for all arms at once
    seeds_better: str
    first: str
    equivalent: Words
    effect: str
    strict: str
    screen: str
    stands: bool


@dataclass(frozen=True)
class Panel:
    """All arms on one outcome."""

    name: str
    label: Words
    rows: list[Standing]
    baseline_first: str
    print: bool


def panels(results: Results) -> list[Panel]:
    """One panel per outcome of the family judged together, the primary outcome first."""
    found = []
    for name in sorted(family(results), key=lambda name: name != PRIMARY):
        rows = [_standing(finding) for finding in findings(results, name)]
        if any(row.finding.paired.has_interval for row in rows):
            base = results.comparison.get((name, results.baseline))
            found.append(
                Panel(
                    name,
                    results.outcome(name).label,
                    rows,
                    odds(base.p_best if base else math.nan),
                    name == PRIMARY,
                )
            )
    return found


def family(results: Results) -> list[str]:
    """The outcomes that the table judges as one family (those with a Holm p-value), in its order."""
    return list(
        dict.fromkeys(name for (name, _), row in results.comparison.items() if math.isfinite(row.p_holm))
    )


def _standing(finding: Finding) -> Standing:
    p, scale = finding.paired, finding.shown.scale
    low, high = (
        fixed(end * scale, finding.digits, signed=True) for end in (p.low_simultaneous, p.high_simultaneous)
    )
    together = (
        words("report.interval", low=low, high=high)
        if math.isfinite(p.low_simultaneous)
        else words("report.no_interval")
    )
    equivalent = words(f"report.standing.equivalent.{p.equivalent}") if p.equivalent else plain_words(MISSING)
    better = odds(p.share_better) if finding.shown.better else MISSING
    return Standing(
        finding,
        together,
        better,
        odds(p.p_best),
        equivalent,
        fixed(p.effect_size, 1, signed=True),
        p_value(p.p_holm),
        p_value(p.q_bh),
        p.p_holm < STRICT,
    )


def together(results: Results, shown: Sequence[str]) -> Words | None:
    """Plain words: of the clear findings in `shown` (costs aside: they are sums, not tests), how many
    stand when all are judged together.
    """
    names = [name for name in family(results) if name in shown and not results.outcome(name).money]
    judged = [f for name in names for f in findings(results, name) if math.isfinite(f.paired.p_holm)]
    clear = [f for f in judged if f.verdict in CLEAR]
    if not clear:
        return None
    fewest = min(f.paired.n for f in judged)
    if len(judged) * 2.0 ** (1 - fewest) >= STRICT:  # even seeds that all agree could not pass
        return words("report.standing.too_few", clear=len(clear), seeds=fewest)
    kept = sum(f.paired.p_holm < STRICT for f in clear)
    return words(
        "report.standing.all" if kept == len(clear) else "report.standing.some",
        clear=len(clear),
        kept=kept,
        outcomes=len(names),
    )


def first_place(results: Results) -> Words | None:
    """Plain words: how firmly first place on the primary outcome is held."""
    if PRIMARY not in results.values:
        return None
    rows = [
        (row.p_best, arm)
        for (name, arm), row in results.comparison.items()
        if name == PRIMARY and math.isfinite(row.p_best)
    ]
    if len(rows) < 2:
        return None
    share, arm = max(rows)
    key = "report.standing.first" if share < 0.995 else "report.standing.first_always"
    return words(key, outcome=results.outcome(PRIMARY).label, arm=results.label(arm), share=percent(share, 0))


def front(results: Results) -> Words | None:
    """Who stays unbeaten on cost and disputes together, and how often over redrawn seeds."""
    if COST not in results.values or PRIMARY not in results.values:
        return None
    kept = effects.front(results)
    rows = [(arm, results.comparison.get((PRIMARY, arm))) for arm in kept]
    said = [
        words("report.standing.front_item", arm=results.label(arm), percent=odds(row.p_pareto))
        for arm, row in rows
        if row is not None and row.p_pareto > 0
    ]
    if not said:
        return words("report.standing.front_none") if results.others and not kept else None
    return words("report.standing.front", items=joined(said, "report.list.semicolon"))


def precision(results: Results) -> list[Words]:
    """What --precision asked for and what was reached, outcome by outcome; nothing where it was not used."""
    asked: dict = results.manifest.get("precision") or {}
    said = []
    for name, bound in asked.items():
        widths = [
            ((f.paired.high_sequential - f.paired.low_sequential) / 2, f) for f in findings(results, name)
        ]
        known = [(width, f) for width, f in widths if math.isfinite(width)]
        if known:
            said.append(_precision(results, name, bound, known))
    return said


def _precision(results: Results, name: str, bound: float, known: Sequence[tuple[float, Finding]]) -> Words:
    shown = results.outcome(name)
    width, widest = max(known, key=lambda pair: pair[0])
    as_said = [with_unit(significant(value * shown.scale), shown.change_unit) for value in (bound, width)]
    key = "reached" if width <= bound else "short"
    return words(
        f"report.precision.{key}",
        outcome=shown.label,
        bound=as_said[0],
        width=as_said[1],
        seeds=len(results.seeds),
        arm=widest.label,
    )
