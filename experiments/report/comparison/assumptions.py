"""Assumptions that would change the recommendation: those these results can test, and those they cannot."""

from __future__ import annotations

import math
from dataclasses import dataclass

from experiments.html.numbers import declared, percent
from experiments.html.words import Words, from_mapping, joined, plain_words, sentences, words
from experiments.report.comparison import firmness
from experiments.report.comparison.data import Results
from experiments.report.comparison.money import cost_rows
from experiments.report.comparison.outcomes import COST, PRIMARY
from experiments.report.comparison.summary import FULL, apart, headline, often_best, parameters, ranked
from experiments.report.comparison.verdicts import BETTER, findings

CHANGES, HOLDS, UNTESTED, NOTHING = "changes", "holds", "untested", "nothing"
# Guesses that decided the sign or size of effects when the rules were drawn up; each has its reason in the
# catalog.
WATCHED = (
    "patrol_rate",
    "overdue_from_detection",
    "ambient_load",
    "kpi",
    "disconfirmation",
    "dispute_hazard",
    "feedback",
    "committee_share",
    "property_share",
    "level2_cases",
    "heat_weight",
    "root_fix_effect",
)

# What a pool can do rests on one assumed share or number.
CAPACITY = {
    "workload_committee": "committee_share",
    "workload_property": "property_share",
    "workload_level2": "level2_cases",
}


@dataclass(frozen=True)
class Check:
    """One assumption: does another choice change which arm comes first?"""

    state: str
    said: Words


@dataclass(frozen=True)
class Watched:
    """A parameter not varied here: value, range, status and why it matters."""

    name: str
    value: Words
    status: str
    why: Words


def best_arm(results: Results, name: str) -> str | None:
    """The arm with the best point estimate among those that clearly improve an outcome."""
    return next((f.arm for f in ranked(findings(results, name)) if f.verdict == BETTER), None)


def checks(results: Results) -> list[Check]:
    """The checks that the results themselves allow."""
    if not results.others:
        return []
    found = [_goal(results), _year(results), _luck(results), _price(results), *_capacity(results)]
    return [check for check in found if check]


def _goal(results: Results) -> Check | None:
    """Does the first choice depend on which outcome counts?"""
    best = {
        name: best_arm(results, name)
        for name in headline(results)
        if name != COST and results.outcome(name).better
    }
    first = {name: arm for name, arm in best.items() if arm}
    if not first:
        return Check(NOTHING, words("report.assumption.goal_nobody"))
    listed = joined(
        (
            words("report.assumption.goal_item", outcome=results.outcome(n).label, arm=results.label(a))
            for n, a in first.items()
        ),
        "report.list.semicolon",
    )
    if len(set(first.values())) > 1:
        return Check(CHANGES, words("report.assumption.goal_differs", listed=listed))
    if len(first) == 1:
        return Check(HOLDS, words("report.assumption.goal_one", listed=listed))
    return Check(
        HOLDS,
        words(
            "report.assumption.goal_same",
            arm=results.label(next(iter(first.values()))),
            outcomes=joined(results.outcome(n).label for n in first),
        ),
    )


def _year(results: Results) -> Check | None:
    """Does the first choice of the primary outcome change from the first to the last year?"""
    years = sorted(int(name.partition("@y")[2]) for name in results.values if name.startswith(f"{PRIMARY}@y"))
    if len(years) < 2:
        return Check(UNTESTED, words("report.assumption.year_untested"))
    early, late = (best_arm(results, f"{PRIMARY}@y{year}") for year in (years[0], years[-1]))
    if not early and not late:
        return Check(NOTHING, words("report.assumption.year_nobody", first=years[0], last=years[-1]))
    none = words("report.assumption.nobody")
    values = {
        "first": years[0],
        "last": years[-1],
        "early": results.label(early) if early else none,
        "late": results.label(late) if late else none,
    }
    return Check(
        HOLDS if early == late else CHANGES,
        words(f"report.assumption.year_{'same' if early == late else 'differs'}", **values),
    )


def _luck(results: Results) -> Check | None:
    """How firmly first place is held: over redrawn seeds, or counted seed by seed where the table does
    not say.
    """
    found = often_best(results, PRIMARY)
    if not found:
        return Check(UNTESTED, words("report.assumption.luck_untested"))
    arm, times, seeds = found
    counted = words(
        "report.assumption.luck_counted",
        arm=results.label(arm),
        times=times,
        seeds=seeds,
        outcome=results.outcome(PRIMARY).label,
    )
    counted = firmness.first_place(results) or counted
    ordered = ranked(findings(results, PRIMARY))
    if len(ordered) < 2 or ordered[0].verdict != BETTER:
        return Check(NOTHING, counted)
    holds = apart(results, ordered[0], ordered[1])
    return Check(
        HOLDS if holds else CHANGES,
        sentences(
            [
                counted,
                words(
                    f"report.assumption.luck_{'holds' if holds else 'changes'}",
                    best=ordered[0].label,
                    second=ordered[1].label,
                ),
            ]
        ),
    )


def _price(results: Results) -> Check | None:
    """At what price the strongest arm would be as cheap per dispute avoided as the cheapest."""
    rows = {row.arm: row for row in cost_rows(results) if math.isfinite(row.ratio)}
    strongest = best_arm(results, PRIMARY)
    if not rows or strongest not in rows:
        return None
    cheapest = min(rows.values(), key=lambda row: row.ratio)
    if cheapest.arm == strongest:
        return Check(HOLDS, words("report.assumption.price_same", arm=results.label(strongest)))
    share = percent(cheapest.ratio / rows[strongest].ratio, 0)
    return Check(
        CHANGES,
        words(
            "report.assumption.price_differs",
            strongest=results.label(strongest),
            cheapest=results.label(cheapest.arm),
            share=share,
        ),
    )


def _capacity(results: Results) -> list[Check]:
    """For every pool that some arm asks too much of: its load, what that means, and the assumption it rests
    on.

    What capacity would suffice is not said: overload makes work of its own, so only runs can tell.
    """
    known = {row["name"]: row for row in parameters(results)}
    found = []
    for pool, name in CAPACITY.items():
        load, arm = max(
            (
                (results.mean(arm, pool), arm)
                for arm in results.arms
                if math.isfinite(results.mean(arm, pool))
            ),
            default=(0.0, ""),
        )
        row = known.get(name)
        if load > FULL and row:
            found.append(
                Check(
                    UNTESTED,
                    words(
                        "report.assumption.capacity",
                        arm=results.label(arm),
                        pool=words(f"report.bottleneck.{pool}"),
                        load=percent(load, 0),
                        meaning=from_mapping(row),
                        value=value_and_range(row),
                        parameter=name,
                    ),
                )
            )
    return found


def watched(results: Results) -> list[Watched]:
    """Parameters that these runs held at one value though the conclusion may turn on them."""
    known = {row["name"]: row for row in parameters(results)}
    rows = []
    for name in WATCHED:
        row = known.get(name)
        if row and row["status"] in ("guess", "fitted", "claim"):
            rows.append(
                Watched(name, value_and_range(row), row["status"], words(f"report.assumption.why.{name}"))
            )
    return rows


def value_and_range(row: dict) -> Words:
    """'0.15 (0 to 0.4)' of a parameter, its unit behind."""
    value = plain(row.get("value"))
    if row.get("low") is None or row.get("high") is None:
        return plain_words(value)
    return words("report.parameter_range", value=value, low=plain(row["low"]), high=plain(row["high"]))


def plain(value: object) -> str:
    """A parameter's value without needless digits."""
    return declared(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
