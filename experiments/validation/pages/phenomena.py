"""The studies of phenomena as HTML, one language at a time; everything from files is escaped by the
template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.html import environment as base
from experiments.html.identity import identity
from experiments.html.numbers import declared, fixed, odds
from experiments.html.words import Markup, words
from experiments.validation import judge as rules
from experiments.validation.pages.figures import Panel, Row, figure
from experiments.validation.pages.phenomena_text import (
    OFF,
    ON,
    outcome_unit,
    paragraph,
    told,
    told_of,
    unit_of,
)
from sim.config.catalog import text

CHIPS = {
    rules.FEW: ("", "…"),
    rules.SHOWN: ("better", "✓"),
    rules.NOT_SHOWN: ("worse", "✗"),
    rules.GONE: ("better", "✓"),
    rules.REMAINS: ("worse", "✗"),
    rules.REVERSED: ("", "↔"),
    rules.UNDECIDED: ("", "?"),
    rules.NOT_ASKED: ("", "–"),
}


def section(results: Sequence, lang: str) -> str:
    """The summary table, then every phenomenon with its paragraph, figure and numbers."""

    def t(key: str, **values) -> str:
        return text(f"phenomena.{key}", lang, **values)

    counts = {
        verdict: sum(told(r) == verdict for r in results)
        for verdict in (rules.SHOWN, rules.NOT_SHOWN, rules.FEW)
    }
    gone = sum(r.verdict == rules.SHOWN and r.off_verdict == rules.GONE for r in results)
    lead = [t("lead.few", count=len(results), few=counts[rules.FEW])] if counts[rules.FEW] else []
    if counts[rules.FEW] < len(results):
        lead.append(
            t(
                "lead",
                count=len(results),
                shown=counts[rules.SHOWN],
                not_shown=counts[rules.NOT_SHOWN],
                gone=gone,
            )
        )
    return base.render(
        "phenomena.html.j2",
        lang,
        t=t,
        lead=("" if lang == "zh" else " ").join(lead),
        items=[_item(result, lang) for result in results],
    )


def _item(result, lang: str) -> dict:
    spec = result.spec
    return {
        "number": spec["number"],
        "name": spec["name"],
        "title": spec["title"][lang],
        "claim": spec["claim"][lang],
        "off": spec["without"]["label"][lang],
        "verdict": _chip(told(result), lang),
        "off_verdict": _off_chip(result, lang),
        "paragraph": paragraph(result, lang),
        "figure": _figure(result, lang),
        "lines": [_line(result, line, lang) for line in result.lines],
        "run": text(
            "phenomena.run",
            lang,
            seeds=result.seeds,
            residents=fixed(result.residents, 0),
            days=spec["days"],
            burn=spec["burn_in_days"],
        ),
        "failed": text("phenomena.failed", lang, failed=result.failed) if result.failed else "",
    }


def _chip(verdict: str, lang: str) -> dict:
    css, mark = CHIPS[verdict]
    return {"css": css, "mark": mark, "word": text(f"phenomena.verdict.{verdict}", lang)}


def _off_chip(result, lang: str) -> dict:
    """Of a phenomenon that is not shown only parts can be gone: said without colour."""
    chip = _chip(result.off_verdict, lang)
    if result.verdict == rules.SHOWN or result.off_verdict == rules.NOT_ASKED:
        return chip
    return {**chip, "css": "", "word": text("phenomena.partly", lang, verdict=chip["word"])}


def _line(result, line, lang: str) -> dict:
    why = text(f"phenomena.why.{line.why}", lang) if line.why else ""
    return {
        "label": line.spec["label"][lang],
        "unit": unit_of(line, lang),
        "sign": text(f"phenomena.sign.{line.spec['sign']}", lang),
        "on": line.on.shown,
        "on_interval": line.on.interval,
        "off": line.off.shown,
        "off_interval": line.off.interval,
        "smallest": declared(line.smallest),
        "verdict": _chip(told_of(line.verdict, [line.why]), lang),
        "why": why,
        "off_verdict": _chip(line.off_verdict, lang),
        "power": odds(rules.power_to_show(line.on, line.smallest)),
        "power_off": odds(rules.power_of_equivalence(line.off, line.smallest)),
        "needed": line.spec["needed"],
    }


def _figure(result, lang: str) -> dict:
    """Left: the chosen outcome in every cell. Right: the contrasts. Filled: mechanism on; hollow: off."""
    spec = result.spec["figure"]
    outcome, chosen = spec["outcome"], spec["cells"] or list(result.spec["cells"])
    title = text(f"outcome.{outcome.partition('@')[0]}.label", lang)
    rows = tuple(
        Row(
            result.spec["cells"][cell]["label"][lang],
            *(rules.estimate(result.values[mode][cell][outcome]) for mode in (ON, OFF)),
        )
        for cell in chosen
    )
    levels = Panel(rows, outcome_unit(outcome, lang))
    contrasts = [
        Panel((Row(line.spec["label"][lang], line.on, line.off),), unit_of(line, lang), line.smallest)
        for line in result.lines
    ]
    name = result.spec["name"]
    if "@y" in outcome:
        title = text("report.year_of", lang, outcome=title, year=outcome.partition("@y")[2])
    return {
        "levels_title": title,
        "levels": figure(f"{name}-levels-{lang}", [levels], title),
        "contrasts": figure(f"{name}-contrasts-{lang}", contrasts, result.spec["claim"][lang]),
    }


def page(sections: Mapping[str, str], lang: str, manifest: Mapping) -> str:
    """The whole page as text; ``sections``: HTML by language; ``manifest``: what identifies the results."""
    title = words("phenomena.title")
    return base.page(
        "phenomena_page.html.j2",
        lang,
        title=title,
        sections={side: Markup(html) for side, html in sections.items()},
        identity=identity(manifest, title),
        version=(manifest.get("versions") or {}).get("cogov", ""),
    )
