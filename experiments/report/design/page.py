"""The page of a design: its results folder in, one self-contained sensitivity.html out, in both languages."""

from __future__ import annotations

import math
from pathlib import Path

from experiments.html.environment import page
from experiments.html.identity import identity
from experiments.html.numbers import MISSING, alike, declared, fixed, percent, significant, with_half
from experiments.html.words import Words, from_mapping, joined, plain_words, sentences, words, words_or
from experiments.report.comparison.summary import FEW_SEEDS
from experiments.report.design import figures
from experiments.report.design.data import MAIN, SHARES, Design, Row, best, read
from experiments.store.kept import write_own

LEADING, TABLE_ROWS = 3, 30
RELATIVE = ("morris", "ofat", "profile")
PAGE = "sensitivity.html"


def write_page(folder: Path | str, lang: str | None = None) -> Path:
    """Write sensitivity.html into a results folder and return its path; ``lang`` is shown first."""
    from sim.config.catalog import language

    return write_own(Path(folder) / PAGE, render(read(Path(folder)), lang or language()))


def render(design: Design, lang: str) -> str:
    """The whole page as text."""
    m = design.manifest
    title = from_mapping(m.get("title"), m.get("study") or design.folder.name)
    return page(
        "design.html.j2",
        lang,
        title=title,
        summary=from_mapping(m.get("summary")),
        identity=identity(m, title),
        design=words_or(f"design.{design.name}.label", words("design.table")),
        answers=answers(design),
        heats=_heats(design),
        panels=_panels(design),
        method=_method(design),
        ranks=_ranks(design),
        effects=_effects(design),
        facts=_facts(design),
        few=few_seeds(design),
        version=(m.get("versions") or {}).get("cogov", ""),
    )


def few_seeds(design: Design) -> Words | None:
    """The warning that a comparison of so few play-throughs has too, where intervals rest on seeds."""
    seeds = int((design.manifest.get("plan") or {}).get("replicates") or 0)
    return (
        words("report.sure.few", seeds=seeds) if design.tables["effects"] and 0 < seeds < FEW_SEEDS else None
    )


# -- sentences ------------------------------------------------------------------------------------


def answers(design: Design) -> list[tuple[Words, Words, str]]:
    """(what is asked about, answer in a sentence or two, state) for every target, by its first analysis."""
    if not design.analyses:
        return []
    return [
        (design.label(t), answer(design, design.analyses[0], t), design.verdict(design.analyses[0], t).state)
        for t in design.targets
    ]


def answer(design: Design, analysis: str, target: str) -> Words:
    """What decides a target, how sure that is, and how much of a single run is chance."""
    verdict = design.verdict(analysis, target)
    share = percent(verdict.noise_share, 0)
    if verdict.state == "noise":
        return words("design.answer.noise", noise=share)
    top = best(design.indices(analysis, target), LEADING)
    listed = joined(
        words("design.answer.factor", factor=design.short(r.factor), value=with_half(r.value, r.half_width))
        for r in top
    )
    said = [
        words(
            f"design.answer.{'share' if analysis in SHARES and analysis != 'rbd_fast' else analysis}",
            factors=listed,
        )
    ]
    if math.isfinite(verdict.floor) and verdict.floor > 0:
        rows = [r for r in design.indices(analysis, target) if math.isfinite(r.value)]
        above = sum(
            r.value - (r.half_width if math.isfinite(r.half_width) else 0.0) > verdict.floor for r in rows
        )
        key = "design.answer.floor" if above else "design.answer.floor_none"
        said.append(words(key, above=above, of=len(rows), floor=significant(verdict.floor)))
    relative = analysis in RELATIVE  # their half-widths are told against the largest index
    widest = percent(verdict.widest, 0) if relative else significant(verdict.widest)
    said.append(words(f"design.state.{verdict.state}{'.relative' if relative else ''}", widest=widest))
    if verdict.replicates > 1:
        said.append(words("design.answer.chance", noise=share))
    return sentences(said)


# -- parts ----------------------------------------------------------------------------------------


def _heats(design: Design) -> list[tuple[Words, str]]:
    found = [(words(f"design.analysis.{a}"), figures.heat(design, a)) for a in design.analyses]
    return [(label, figure) for label, figure in found if figure]


def _panels(design: Design) -> list[dict]:
    """One panel per target: figures of every analysis and a table of its indices."""
    panels = []
    for place, target in enumerate(design.targets):
        drawn = []
        sure = [
            a for a in design.analyses if design.verdict(a, target).state != figures.NOISE
        ]  # of the others no index is given
        for analysis in sure:
            name = f"{analysis}-{place}"
            shown = [
                ("bars", figures.bars(design, analysis, target, name)),
                ("trace", figures.against_n(design, analysis, target, name)),
            ]
            if analysis == "morris":
                shown.insert(1, ("plane", figures.plane(design, target, name)))
            drawn += [
                (words(f"design.figure.{kind}", analysis=words(f"design.analysis.{analysis}")), figure)
                for kind, figure in shown
                if figure
            ]
        panels.append(
            {
                "name": f"t{place}",
                "label": design.label(target),
                "figures": drawn,
                "print": place < 2,
                "tables": [_table(design, analysis, target) for analysis in sure],
                "said": [answer(design, analysis, target) for analysis in design.analyses],
            }
        )
    return panels


def _table(design: Design, analysis: str, target: str) -> dict:
    """All indices of the leading factors side by side."""
    rows = design.indices(analysis, target)
    kinds = list(
        dict.fromkeys(
            i.index
            for i in design.tables["indices"]
            if i.analysis == analysis and i.index not in ("S2", "level")
        )
    )
    kinds.sort(key=lambda k: k != MAIN[analysis])
    by = {k: {r.factor: r for r in design.indices(analysis, target, k)} for k in kinds}
    cells = [
        (r.factor, design.factor(r.factor), [_cell(by[k].get(r.factor)) for k in kinds])
        for r in rows[:TABLE_ROWS]
    ]
    return {
        "label": words(f"design.analysis.{analysis}"),
        "kinds": [words(f"design.index.{k}") for k in kinds],
        "rows": cells,
        "more": max(len(rows) - TABLE_ROWS, 0),
    }


def _cell(row: Row | None) -> str:
    if row is None or not math.isfinite(row.value):
        return MISSING
    return with_half(row.value, row.half_width)


def _ranks(design: Design) -> list[dict]:
    """One panel per outcome and structure: bars of places, and every arm against the baseline."""
    seen = list(dict.fromkeys((r.outcome, r.alternative) for r in design.tables["ranks"]))
    panels = []
    for place, (outcome, alternative) in enumerate(seen):
        rows = [a for a in design.tables["against"] if (a.outcome, a.alternative) == (outcome, alternative)]
        panels.append(
            {
                "name": f"r{place}",
                "print": place < 4,
                "label": words(
                    "design.rank.panel",
                    outcome=design.outcome(outcome),
                    structure=design.alternative(alternative),
                ),
                "figure": figures.rank_bars(design, outcome, alternative, str(place)),
                "said": [_against(design, a) for a in rows],
                "rows": [
                    (
                        design.arm(a.arm),
                        f"{percent(a.better, 0)} ({fixed(100 * a.low, 0)}–{fixed(100 * a.high, 0)})",
                        percent(a.worse, 0),
                        _range(a),
                        percent(a.agreement, 0),
                    )
                    for a in rows
                ],
            }
        )
    return panels


def _range(row: Row) -> str:
    """'median (5% … 95%)' over worlds."""
    digits = alike(row.q05, row.q95, row.median)
    return f"{fixed(row.median, digits)} ({fixed(row.q05, digits)} … {fixed(row.q95, digits)})"


def _against(design: Design, row: Row) -> Words:
    """An arm against the baseline in words: sure, likely, open, unlikely."""
    key = (
        "sure" if row.low > 0.95 else "likely" if row.low > 0.5 else "unlikely" if row.high < 0.5 else "open"
    )
    if row.better + row.worse < 0.5:
        key = "idle"
    return words(
        f"design.rank.{key}",
        arm=design.arm(row.arm),
        share=percent(row.better, 0),
        low=fixed(100 * row.low, 0),
        high=percent(row.high, 0),
        worlds=fixed(row.worlds, 0),
        worse=percent(row.worse, 0),
        same=percent(1 - row.better - row.worse, 0),
    )


def _effects(design: Design) -> list[dict]:
    """One panel per outcome of a factorial."""
    outcomes = list(dict.fromkeys(r.outcome for r in design.tables["effects"]))
    return [
        {
            "name": f"e{i}",
            "print": i < 4,
            "label": design.outcome(o),
            "figure": figures.effects(design, o, str(i)),
            "said": [
                _interaction(design, r)
                for r in design.tables["effects"]
                if r.outcome == o and r.order == 2 and math.isfinite(r.value)
            ],
        }
        for i, o in enumerate(outcomes)
    ]


def _interaction(design: Design, row: Row) -> Words:
    """What a pair gives beyond its sum, in words."""
    pair = design.arm(row.policies)
    key = "more" if row.low > 0 else "less" if row.high < 0 else "sum"
    digits = alike(row.low, row.high, row.value)
    return words(
        f"design.interaction.{key}",
        pair=pair,
        **{name: fixed(getattr(row, name), digits) for name in ("value", "low", "high")},
    )


def _method(design: Design) -> list[str]:
    """Which remarks on method hold for this design."""
    return [
        *(["noise", "interval"] if design.analyses else []),
        *(["ranks"] if design.tables["ranks"] else []),
        *(["effects"] if design.tables["effects"] else []),
        *(["limits"] if design.manifest.get("factors") else []),
    ]


def _seeds_of(design: Design) -> Words:
    """Whether rows share their seeds."""
    which = (
        "shared" if design.name == "factorial" else str(design.manifest["plan"].get("replicate_seeds", ""))
    )
    return words_or(f"design.seeds.{which}", which)


def _facts(design: Design) -> list[tuple[Words, Words]]:
    """(what, value) pairs that identify the results."""
    m, plan = design.manifest, design.manifest.get("plan") or {}
    factors, rows = m.get("factors") or [], next(iter(design.tables["convergence"]), None)
    seeds = words("design.seeds_count", count=plan["replicates"], how=_seeds_of(design)) if plan else ""
    settings = ", ".join(
        f"{k} = {declared(v) if isinstance(v, float) else v}" for k, v in (plan.get("settings") or {}).items()
    )
    found = [
        ("factors", len(factors) or ""),
        ("rows", fixed(rows.rows, 0) if rows else ""),
        ("seeds", seeds),
        ("settings", settings),
        ("residents", f"{(m.get('scenario') or {}).get('name', '')}" if plan else ""),
        ("days", f"{m.get('burn_in_days')} + {m.get('days')}" if plan else ""),
        ("sample_seed", plan.get("sample_seed", "")),
        ("model", m.get("model_version", "")),
        ("commit", m.get("git_commit") or ""),
        ("created", m.get("created", "")),
    ]
    return [
        (words(f"design.fact.{key}"), plain_words(value)) for key, value in found if value not in ("", None)
    ]
