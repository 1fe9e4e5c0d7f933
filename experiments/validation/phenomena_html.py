"""The studies of phenomena as HTML, one language at a time; everything from files is escaped by the template."""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.validation import judge as rules
from experiments.validation.figures import Panel, Row, figure
from experiments.validation.judge import short
from experiments.validation.phenomena_text import OFF, ON, outcome_unit, paragraph, unit_of
from sim.texts import has, text

HERE = Path(__file__).parent
CHIPS = {rules.SHOWN: ("better", "✓"), rules.NOT_SHOWN: ("worse", "✗"), rules.GONE: ("better", "✓"), rules.REMAINS: ("worse", "✗"),
         rules.REVERSED: ("", "↔"), rules.UNDECIDED: ("", "?"), rules.NOT_ASKED: ("", "–")}


def _environment():
    import jinja2

    return jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True,
                              undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def section(results: Sequence, lang: str) -> str:
    """The summary table, then every phenomenon with its paragraph, figure and numbers."""
    def t(key: str, **values) -> str:
        return text(f"phenomena.{key}", lang, **values)

    counts = {verdict: sum(r.verdict == verdict for r in results) for verdict in (rules.SHOWN, rules.NOT_SHOWN)}
    gone = sum(r.verdict == rules.SHOWN and r.off_verdict == rules.GONE for r in results)
    return _environment().get_template("phenomena.html.j2").render(
        t=t, lead=t("lead", count=len(results), shown=counts[rules.SHOWN], not_shown=counts[rules.NOT_SHOWN], gone=gone),
        items=[_item(result, lang) for result in results])


def _item(result, lang: str) -> dict:
    spec = result.spec
    return {
        "number": spec["number"], "name": spec["name"], "title": spec["title"][lang], "claim": spec["claim"][lang], "off": spec["without"]["label"][lang],
        "verdict": _chip(result.verdict, lang), "off_verdict": _off_chip(result, lang), "paragraph": paragraph(result, lang),
        "figure": _figure(result, lang), "lines": [_line(result, line, lang) for line in result.lines],
        "run": text("phenomena.run", lang, seeds=result.seeds, residents=f"{result.residents:,}", days=spec["days"], burn=spec["burn_in_days"]),
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
        "label": line.spec["label"][lang], "unit": unit_of(line, lang), "sign": text(f"phenomena.sign.{line.spec['sign']}", lang),
        "on": short(line.on.mean), "on_interval": line.on.interval, "off": short(line.off.mean), "off_interval": line.off.interval,
        "smallest": short(line.smallest), "verdict": _chip(line.verdict, lang), "why": why, "off_verdict": _chip(line.off_verdict, lang),
        "power": _percent(rules.power_to_show(line.on, line.smallest)), "power_off": _percent(rules.power_of_equivalence(line.off, line.smallest)),
        "needed": line.spec["needed"],
    }


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if math.isfinite(share) else "–"


def _figure(result, lang: str) -> dict:
    """Left: the chosen outcome in every cell. Right: the contrasts. Filled: mechanism on; hollow: off."""
    spec = result.spec["figure"]
    outcome, chosen = spec["outcome"], spec["cells"] or list(result.spec["cells"])
    title = text(f"outcome.{outcome.partition('@')[0]}.label", lang)
    rows = tuple(Row(result.spec["cells"][cell]["label"][lang], *(rules.estimate(result.values[mode][cell][outcome]) for mode in (ON, OFF))) for cell in chosen)
    levels = Panel(rows, outcome_unit(outcome, lang))
    contrasts = [Panel((Row(line.spec["label"][lang], line.on, line.off),), unit_of(line, lang), line.smallest) for line in result.lines]
    name = result.spec["name"]
    if "@y" in outcome:
        title = text("report.year_of", lang, outcome=title, year=outcome.partition("@y")[2])
    return {"levels_title": title, "levels": figure(f"{name}-levels-{lang}", [levels], title),
            "contrasts": figure(f"{name}-contrasts-{lang}", contrasts, result.spec["claim"][lang])}


def page(sections: Mapping[str, str], lang: str) -> str:
    """The whole page as text; ``sections``: HTML by language."""
    from markupsafe import Markup

    shared = HERE.parent / "report" / "templates"
    style = "".join((folder / name).read_text(encoding="utf-8") for folder, name in ((shared, "style.css"), (HERE / "templates", "phenomena.css")))
    return _environment().get_template("phenomena_page.html.j2").render(
        lang=lang, t=lambda key, side: text(key, side) if has(key) else key, sections={side: Markup(html) for side, html in sections.items()},
        style=Markup(style), script=Markup((shared / "script.js").read_text(encoding="utf-8")))
