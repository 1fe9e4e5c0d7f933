"""The page of a comparison: a results folder in, one self-contained report.html out, in both languages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from experiments.html.environment import page
from experiments.html.identity import identity
from experiments.html.words import Words, with_unit, words
from experiments.report.comparison import (
    assumptions,
    effects,
    fairness,
    firmness,
    horizon,
    indicators,
    levels,
    methods,
    money,
    over_time,
    stability,
    summary,
)
from experiments.report.comparison.data import Bands, Results, bands, grid_means, read
from experiments.report.comparison.verdicts import findings, level
from experiments.store.kept import write_own

ARMS_A_TABLE = 6  # more arms beside the baseline are shown in several tables, so that paper holds them


def write_report(out_dir: Path | str, lang: str | None = None) -> Path:
    """Write report.html into a results folder and return its path.

    `lang` ('en' or 'zh') is the language shown first; None takes the language in force. The folder is
    the only source: runs/, series/, grids/, manifest.json, comparison.csv.
    """
    from sim.config.catalog import language

    results = read(Path(out_dir))
    html = render(results, lang or language())
    return write_own(Path(out_dir) / "report.html", html)


def render(results: Results, lang: str) -> str:
    """The whole page as text."""
    series, title = bands(results, over_time.SERIES), summary.title(results)
    return page(
        "report.html.j2",
        lang,
        results=results,
        title=title,
        identity=identity(results.manifest, title),
        version=(results.manifest.get("versions") or {}).get("cogov", ""),
        page=_page_one(results, series),
        figures=_figures(results, series),
        methods=_methods(results),
    )


def _page_one(results: Results, series: Bands | None) -> dict:
    names = summary.headline(results)
    told = [n for n in names if not results.outcome(n).money]
    return {
        "compared": summary.compared(results),
        "arms": methods.arms(results),
        "lead": summary.lead(results),
        "changes": [
            (results.outcome(n), level(results, results.baseline, n), findings(results, n)) for n in names
        ],
        "lines": [summary.outcome_line(results, n) for n in told] if results.others else [],
        "sure": summary.certainty(results),
        "costs": money.cost_rows(results),
        "payers": money.payer_names(results),
        "cost_said": money.cost_sentences(results),
        "equity": fairness.equity_rows(results),
        "equity_columns": fairness.columns(results),
        "equity_said": fairness.equity_sentences(results),
        "checks": assumptions.checks(results),
        "watched": assumptions.watched(results),
        "left_out": _left_out(),
        "indicators": indicators.rows(results),
        "chunks": chunks(results.others),
        "trends": indicators.trends(results, series),
        "loop": indicators.case_loop(results),
        "years": horizon.years(results),
        "withdrawals": horizon.withdrawals(results),
        "levels_only": _levels_only(results),
    }


def _left_out() -> list[Words]:
    listed = words("report.left_out.items")
    return [Words(zh, en) for zh, en in zip(listed.zh.split("|"), listed.en.split("|"), strict=True)]


def _levels_only(results: Results) -> list[tuple[Words, Words]]:
    """Without another arm there are only levels."""
    return (
        []
        if results.others
        else [
            (results.outcome(n).label, level(results, results.baseline, n)) for n in summary.detailed(results)
        ]
    )


def chunks(arms: Sequence[str]) -> list[range]:
    """Places of the arms that share a table: all of them, or even parts of at most ARMS_A_TABLE."""
    parts = -(-len(arms) // ARMS_A_TABLE) or 1
    size = -(-len(arms) // parts) or 1
    return [range(start, min(start + size, len(arms))) for start in range(0, max(len(arms), 1), size)]


def _figures(results: Results, series: Bands | None) -> dict:
    return {
        "forests": _forests(results),
        "triple": levels.accounts(results),
        "pareto": effects.pareto(results) if results.others and money.cost_rows(results) else "",
        "front": firmness.front(results),
        "stability": stability.panels(results),
        "bands": _bands(results, series),
        "levels": _level_figures(results),
        "maps": _maps(results),
    }


def _forests(results: Results) -> list[dict]:
    """One panel per outcome: figure, table, definition; page one's outcomes are also printed."""
    panels = []
    for name in summary.detailed(results) if results.others else ():
        found = findings(results, name)
        smallest = found[0].smallest * found[0].shown.scale
        panels.append(
            {
                "name": name,
                "shown": results.outcome(name),
                "found": found,
                "figure": effects.forest(found),
                "baseline": level(results, results.baseline, name),
                "print": name in summary.headline(results),
                "label": results.outcome(name).label,
                "smallest": with_unit(methods.plain(smallest), found[0].shown.change_unit)
                if math.isfinite(smallest)
                else None,
            }
        )
    return panels


def _bands(results: Results, series: Bands | None) -> list[dict]:
    arms = results.others or (results.baseline,)
    return [
        {
            "name": column,
            "label": over_time.series_label(column),
            "print": place < 2,
            "figures": [(results.label(arm), over_time.band(column, arm, results, series)) for arm in arms],
        }
        for place, column in enumerate(over_time.series_shown(results, series))
    ]


def _level_figures(results: Results) -> list[tuple[Words, list[tuple[Words, str]]]]:
    """Equity, workload and times: (heading, [(title, figure)]), empty figures left out."""
    found = []
    for heading, asked in (
        (words("report.figure.equity"), _equity_asked()),
        (words("report.figure.load_and_times"), _load_asked()),
    ):
        figures = [
            (title, levels.dots(name, results, marks, title, axis, reference))
            for title, name, marks, axis, reference in asked
        ]
        figures = [(title, figure) for title, figure in figures if figure]
        if figures:
            found.append((heading, figures))
    return found


def _equity_asked() -> list[tuple]:
    """(title, name, marks, axis, reference) of the figures on the elderly and migrants."""
    parity = words("report.figure.parity")
    return [
        (
            words("report.equity.satisfaction_gap"),
            "gap",
            levels.groups("satisfaction_gap"),
            words("report.figure.gap_axis"),
            0.0,
        ),
        (words("report.equity.claim_ratio"), "voice", levels.groups("claim_ratio"), parity, 1.0),
        (words("report.equity.fix_time_ratio"), "wait", levels.groups("fix_time_ratio"), parity, 1.0),
    ]


def _load_asked() -> list[tuple]:
    """(title, name, marks, axis, reference) of the figures on workload and waiting times."""
    days = words("report.figure.days_axis")
    times = [
        (words(f"report.figure.{key}"), key, levels.times(stem), days, None)
        for key, stem in (("contact", "contact_days"), ("fix", "fix_days"))
    ]
    return [
        (
            words("report.figure.workload"),
            "load",
            levels.workload(),
            words("report.figure.workload_axis"),
            100.0,
        ),
        *times,
    ]


def _maps(results: Results) -> dict | None:
    grids = grid_means(results)
    if grids is None:
        return None
    panels = []
    for measure in over_time.MEASURES:
        if measure in grids:
            values = over_time.tile_values(measure, grids, results)
            low, high = over_time.limits(values)
            panels.append(
                {
                    "name": measure,
                    "label": words(f"report.tiles.{measure}"),
                    "print": measure == "disputes",
                    "ends": over_time.ends(low, high),
                    "figures": [
                        (results.label(arm), over_time.tiles(measure, arm, values, results, (low, high)))
                        for arm in results.arms
                    ],
                }
            )
    return {"panels": panels, "gradient": over_time.scale_bar()}


def _methods(results: Results) -> dict:
    return {
        "facts": methods.facts(results),
        "place": methods.place_rows(results),
        "pairing": methods.pairing(results),
        "standing": firmness.panels(results),
        "failures": methods.failures(results),
        "parameters": methods.parameter_rows(results),
        "counts": summary.status_counts(results),
        "definitions": methods.definitions(results),
        "everything": methods.everything(results),
        "statuses": methods.STATUSES,
    }
