"""Page one in words: what was compared, what came out, how sure. Every sentence follows from the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from experiments.html.numbers import fixed
from experiments.html.words import Words, from_mapping, joined, plain_words, sentences, some, with_unit, words
from experiments.report.comparison import firmness
from experiments.report.comparison.data import Results
from experiments.report.comparison.outcomes import AUDITED, EVENT, HEADLINE, PRIMARY, REPORTED, SURVEY
from experiments.report.comparison.verdicts import (
    BETTER,
    CLEAR,
    NONE,
    SAME,
    UNCLEAR,
    WORSE,
    Finding,
    findings,
    judge,
    level,
)

FEW_SEEDS = 10
DRIFT = 0.05
GAP = "formalism_gap"
OFTEN_ASKED = (
    "demand_rate",
    "fix_days_p90",
    "participation_share",
    "trust",
    "workload_level2",
    "cost_social",
)
TOLD = (BETTER, WORSE, "higher", "lower", SAME, UNCLEAR, NONE)
POOLS = ("workload_committee", "workload_property", "workload_level2")
FULL = 1.0  # demanded over available hours


def headline(results: Results) -> list[str]:
    """The outcomes of page one: disputes, the three accounts and cost, as far as measured; else what the
    study shows.
    """
    return [name for name in HEADLINE if name in results.values] or detailed(results)[:6]


def detailed(results: Results) -> list[str]:
    """The outcomes shown one by one: page one's, the study's own choice, and others that are often asked
    for.
    """
    wish = [*HEADLINE, *(results.manifest.get("shown") or ()), *OFTEN_ASKED]
    return [name for name in dict.fromkeys(wish) if name in results.values] or sorted(
        n for n in results.values if "@" not in n
    )[:12]


def title(results: Results) -> Words:
    """The study's title."""
    return from_mapping(
        results.manifest.get("title"),
        str(results.manifest.get("study") or results.folder.name).replace("_", " "),
    )


def duration(days: int) -> Words:
    """Days as years where they are whole years."""
    if days == 365:
        return words("report.year")
    return (
        words("report.years", years=days // 365)
        if days and days % 365 == 0
        else words("report.days", days=days)
    )


def compared(results: Results) -> Words:
    """What was compared, in one paragraph."""
    scenario = results.manifest.get("scenario") or {}
    place = from_mapping(scenario.get("title"), scenario.get("name", ""))
    common = {
        "place": place,
        "residents": fixed(results.residents, 0),
        "seeds": len(results.seeds),
        "years": duration(results.days),
        "baseline": results.label(results.baseline),
    }
    if not results.others:
        return words("report.compared_single", **common)
    said = words(
        "report.compared",
        count=len(results.others),
        arms=joined(map(results.label, results.others)),
        **common,
    )
    shared = results.manifest.get("population_seed") != "per_seed"
    return sentences([said, words("report.compared_population" if shared else "report.compared_populations")])


def lead(results: Results) -> list[Words]:
    """The first sentences: who moves the primary outcome most, whether the runner-up is told apart, who
    makes it worse.
    """
    name = PRIMARY if PRIMARY in results.values else headline(results)[0]
    found = findings(results, name)
    if not found:
        return []
    label = results.outcome(name).label
    if all(f.verdict == NONE for f in found):
        return [words("report.lead.no_interval", outcome=label)]
    ordered = ranked(found)
    best = next((f for f in ordered if f.verdict == BETTER), None)
    said = [_best_line(best) if best else words("report.lead.nobody", outcome=label)]
    if best and len(ordered) > 1:
        said.append(_runner_up(results, ordered[0], ordered[1]))
    worse = [f for f in found if f.verdict == WORSE]
    if worse:
        said.append(
            words("report.lead.worse", changes=joined((f.sentence() for f in worse), "report.list.semicolon"))
        )
    ranges = [
        _range(results, other) for other in (SURVEY, AUDITED) if other in results.values and other != name
    ]
    return [sentences(said), *(r for r in (*ranges, accounts(results), bottleneck(results)) if r)]


def _best_line(best: Finding) -> Words:
    share = best.share_of_baseline
    relative = words("report.brackets", inside=share) if share.en else plain_words("")
    return words("report.lead.best", outcome=best.shown.label, change=best.sentence(), relative=relative)


def _range(results: Results, name: str) -> Words | None:
    """Lowest and highest change of an outcome over the arms, and which arms are clearly better or worse."""
    found = [f for f in findings(results, name) if f.known]
    if not found:
        return None
    ends = sorted(found, key=lambda f: f.paired.difference)
    sides = [
        words(f"report.lead.range.{which}", arms=some(f.label for f in found if f.verdict == which))
        for which in (BETTER, WORSE)
        if any(f.verdict == which for f in found)
    ]
    values = {
        "outcome": results.outcome(name).label,
        "low": ends[0].difference,
        "high": with_unit(ends[-1].difference, results.outcome(name).change_unit),
    }
    return (
        words("report.lead.range", sides=joined(sides, "report.list.semicolon"), **values)
        if sides
        else words("report.lead.range_none", **values)
    )


def bottleneck(results: Results) -> Words | None:
    """Which hands cannot keep up: pools asked for more hours than they have, arm by arm."""
    said = []
    for arm in results.arms:
        over = [
            words(
                "report.bottleneck.pool",
                pool=words(f"report.bottleneck.{pool}"),
                percent=fixed(100 * results.mean(arm, pool), 0),
            )
            for pool in POOLS
            if results.mean(arm, pool) > FULL
        ]
        if over:
            said.append(words("report.bottleneck.arm", arm=results.label(arm), pools=joined(over)))
    if said:
        return words("report.bottleneck", arms=some(said, separator="report.list.semicolon"))
    return words("report.bottleneck.none") if any(pool in results.values for pool in POOLS) else None


def ranked(found: Sequence[Finding]) -> list[Finding]:
    """Arms with a difference, best first by the point estimate (outcomes without a direction: as they
    stand).
    """
    there = [f for f in found if math.isfinite(f.paired.difference)]
    sign = {"low": 1, "high": -1}.get(there[0].shown.better, 0) if there else 0
    return sorted(there, key=lambda f: sign * f.paired.difference)


def _runner_up(results: Results, best: Finding, second: Finding) -> Words:
    return words(
        "report.lead.apart" if apart(results, best, second) else "report.lead.not_apart",
        best=best.label,
        second=second.label,
    )


def apart(results: Results, best: Finding, second: Finding) -> bool:
    """Is the first told apart from the runner-up, paired by seed?"""
    return judge(results.contrast(best.arm, second.arm, best.shown.name), best.shown, best.smallest) in CLEAR


def accounts(results: Results) -> Words:
    """Do the survey, the called-back cases and the audit tell the same story? Names the arms where they
    do not.
    """
    told = {
        name: {f.arm: f for f in findings(results, name)}
        for name in (SURVEY, EVENT, REPORTED, AUDITED, GAP)
        if name in results.values
    }
    if REPORTED not in told or AUDITED not in told or all(f.verdict == NONE for f in told[AUDITED].values()):
        return words("report.accounts.none")
    flattering, wider = [], []
    for arm in results.others:
        verdict = {name: found[arm].verdict for name, found in told.items()}
        unconfirmed = verdict[AUDITED] not in (BETTER, NONE) or verdict.get(SURVEY) == WORSE
        if BETTER in (verdict.get(EVENT), verdict[REPORTED]) and unconfirmed:
            flattering.append(arm)
        elif verdict.get(GAP) == WORSE:
            wider.append(arm)
    said = []
    if flattering:
        said.append(words("report.accounts.differ", arms=some(map(results.label, flattering))))
    if wider:
        said.append(
            words(
                "report.accounts.wider",
                arms=some(
                    words(
                        "report.accounts.wider_by", arm=results.label(arm), points=told[GAP][arm].difference
                    )
                    for arm in wider
                ),
            )
        )
    return sentences(said) if said else words("report.accounts.agree")


def outcome_line(results: Results, name: str) -> Words:
    """One outcome over all arms: who improved, worsened, who cannot be told."""
    found = findings(results, name)
    clauses = []
    for verdict in TOLD:
        arms = [f for f in found if f.verdict == verdict]
        if arms:
            clauses.append(
                words(
                    f"report.line.{verdict}",
                    items=some((f.sentence() for f in arms), 6, "report.list.semicolon"),
                )
            )
    return words(
        "report.line",
        outcome=results.outcome(name).label,
        level=level(results, results.baseline, name),
        clauses=joined(clauses, "report.list.stop"),
    )


def certainty(results: Results) -> list[Words]:
    """How sure: seeds, what the intervals cover, false alarms to expect, how often the best is best,
    parameters, failures.
    """
    if not results.others:
        return [_parameters(results)]
    said = [sentences([_seeds(results), *firmness.precision(results)]), words("report.sure.covers")]
    names = [name for name in headline(results) if not results.outcome(name).money]
    shown = sum(f.paired.has_interval for name in names for f in findings(results, name))
    if shown >= 10:
        many = words("report.sure.many", count=shown, alarms=fixed(0.05 * shown, 1 if shown < 60 else 0))
        strict = firmness.together(results, names)
        said.append(sentences([many, strict]) if strict else many)
    said.append(_parameters(results))
    drifting = drift(results)
    if drifting:
        said.append(words("report.sure.drift", items=joined(drifting)))
    if results.failed:
        arms = dict.fromkeys(row["arm"] for row in results.failed)
        said.append(
            words(
                "report.sure.failed", count=len(results.failed), arms=some(results.label(arm) for arm in arms)
            )
        )
    return said


def _seeds(results: Results) -> Words:
    fewest = min(results.completed(arm) for arm in results.arms)
    if fewest < 3:
        return words("report.sure.no_interval", seeds=fewest)
    key = "report.sure.few" if fewest < FEW_SEEDS else "report.sure.seeds"
    return words(key, seeds=fewest)


def often_best(results: Results, name: str) -> tuple[str, int, int] | None:
    """(arm, times, seeds): the arm most often best over complete seeds, baseline among the candidates;
    needs 3 seeds.
    """
    better = results.outcome(name).better
    if name not in results.values or better not in ("low", "high") or not results.others:
        return None
    there = np.isfinite(results.values[name])
    arms = [i for i in range(len(results.arms)) if there[i].any()]
    complete = there[arms].all(axis=0)
    if complete.sum() < 3 or len(arms) < 2:
        return None
    table = results.values[name][arms][:, complete]
    winners = np.argmin(table if better == "low" else -table, axis=0)
    counts = np.bincount(winners, minlength=len(arms))
    return results.arms[arms[int(counts.argmax())]], int(counts.max()), int(complete.sum())


def drift(results: Results) -> list[Words]:
    """What still moves in the baseline itself from its first to its last year: more than DRIFT of its
    level.
    """
    moved = []
    for name in (PRIMARY, "demand_rate", SURVEY):
        years = sorted(int(n.partition("@y")[2]) for n in results.values if n.startswith(f"{name}@y"))
        first, last = (
            results.mean(results.baseline, f"{name}@y{years[i]}") if len(years) > 1 else math.nan
            for i in (0, -1)
        )
        change = last / first - 1 if first > 0 else math.nan
        if abs(change) > DRIFT:  # NaN is not
            moved.append(
                words(
                    "report.sure.drift_item",
                    outcome=results.outcome(name).label,
                    percent=fixed(100 * change, 0, signed=True),
                )
            )
    return moved


def status_counts(results: Results) -> dict[str, int]:
    """How many parameters in force are empirical, claims, guesses, fitted."""
    counts: dict[str, int] = {}
    for entry in parameters(results):
        counts[entry["status"]] = counts.get(entry["status"], 0) + 1
    return counts


def parameters(results: Results) -> list[dict]:
    """Parameters in force as the manifest lists them, by name."""
    return sorted(results.manifest.get("parameters") or [], key=lambda row: row["name"])


def _parameters(results: Results) -> Words:
    counts = status_counts(results)
    total = sum(counts.values())
    if not total:
        return words("report.sure.no_parameters")
    listed = joined(
        words(f"report.status.counted.{status}", count=counts[status])
        for status in ("empirical", "claim", "guess", "fitted")
        if counts.get(status)
    )
    return words("report.sure.parameters", total=total, listed=listed)
