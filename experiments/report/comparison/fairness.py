"""Gains and losses by group: the elderly and migrants beside everybody else."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.html.words import Words, joined, some, words
from experiments.report.comparison.data import Results
from experiments.report.comparison.verdicts import CLEAR, SAME, Finding, findings

GROUPS = ("elderly", "migrant")
# measure -> what a rise means for the group beside the others: -1 it loses, +1 it gains
MEASURES = {"satisfaction_gap": -1, "claim_ratio": 1, "fix_time_ratio": -1}


@dataclass(frozen=True)
class Share:
    """One group's change on one measure under one arm."""

    group: str
    measure: str
    finding: Finding

    @property
    def side(self) -> str:
        """gain or loss beside the others where the direction is clear; small; else even."""
        if self.finding.verdict not in CLEAR:
            return "small" if self.finding.verdict == SAME else "even"
        return "gain" if self.finding.paired.difference * MEASURES[self.measure] > 0 else "loss"


def columns(results: Results) -> list[tuple[str, str]]:
    """(group, measure) pairs that the runs hold."""
    return [(g, m) for g in GROUPS for m in MEASURES if f"{m}_{g}" in results.values]


def equity_rows(results: Results) -> list[tuple[str, list[Share]]]:
    """(arm, its shares in the order of `columns`)."""
    found = [(g, m, findings(results, f"{m}_{g}")) for g, m in columns(results)]
    return (
        [(arm, [Share(g, m, f[place]) for g, m, f in found]) for place, arm in enumerate(results.others)]
        if found
        else []
    )


def equity_sentences(results: Results) -> list[Words]:
    """One sentence per group: under which arms it gains or loses, measure by measure; or that nothing
    clear was seen.
    """
    rows = equity_rows(results)
    said = []
    for group in dict.fromkeys(g for g, _ in columns(results)):
        clauses = []
        for measure in MEASURES:
            for side in ("gain", "loss"):
                arms = [
                    arm
                    for arm, shares in rows
                    if any((s.group, s.measure, s.side) == (group, measure, side) for s in shares)
                ]
                if arms:
                    clauses.append(
                        words(f"report.equity.{measure}.{side}", arms=some(map(results.label, arms)))
                    )
        name = words(f"report.group.{group}")
        if not any(s.finding.paired.has_interval for _, shares in rows for s in shares if s.group == group):
            said.append(words("report.equity.no_interval", group=name))
            continue
        said.append(
            words("report.equity.said", group=name, clauses=joined(clauses, "report.list.semicolon"))
            if clauses
            else words("report.equity.nothing", group=name)
        )
    return [*said, words("report.equity.relative")] if rows else []
