"""The claims table as HTML, one language at a time; everything from files is escaped by the template."""

from __future__ import annotations

import math

from experiments.html.environment import render
from experiments.html.numbers import MISSING, declared, fixed, significant
from experiments.html.words import phrase
from experiments.validation.shown import shown
from sim.config.catalog import text

CHIPS = {"reproduced": ("better", "✓"), "not_reproduced": ("", "✗"), "cannot": ("worse", "!")}


def table(results, lang: str) -> str:
    """The whole section: what was found, the table, and what went in."""
    lines = [_line(line, lang) for line in results.lines]
    return render(
        "claims.html.j2",
        lang,
        t=lambda key, **values: text(key, lang, **values),
        lines=lines,
        lead=_lead(results, lang),
        runs=_runs(results, lang),
        counts=[
            (verdict, *CHIPS[verdict], text(f"claims.verdict.{verdict}", lang), results.count(verdict))
            for verdict in CHIPS
        ],
        systems=[_system(system, lang) for system in results.spec["systems"]],
    )


def _lead(results, lang: str) -> str:
    """How many of each verdict, and how many of the reproduced ones say little."""
    good = [line for line in results.lines if line.verdict == "reproduced"]
    imposed = sum(bool(line.claim.get("imposed")) for line in good)
    slight = sum(line.first.outcome == "slight" and not line.claim.get("imposed") for line in good)
    return text(
        "claims.lead",
        lang,
        claims=len(results.lines),
        systems=len(results.spec["systems"]),
        imposed=imposed,
        slight=slight,
        **{v: results.count(v) for v in CHIPS},
    )


def _runs(results, lang: str) -> list[str]:
    sizes = [size for size, _ in results.runs.values()]
    failed = sum(count for _, count in results.runs.values())
    values = {"seeds": len(results.spec["seeds"]), "places": len(sizes), "low": fixed(min(sizes), 0)}
    told = [
        text("claims.runs.one", lang, **values)
        if min(sizes) == max(sizes)
        else text("claims.runs", lang, high=fixed(max(sizes), 0), **values)
    ]
    if results.spec.get("residents"):
        told.append(text("claims.runs.scaled", lang))
    if failed:
        told.append(text("claims.runs.failed", lang, failed=failed))
    return told


def _line(line, lang: str) -> dict:
    first = line.first
    e, css = first.estimate, CHIPS[line.verdict]
    known = math.isfinite(e.mean) and first.test["judge"] != "none"
    return {
        "number": line.system["number"],
        "title": line.system["title"][lang],
        "document": line.system["document"],
        "said": line.claim["said"][lang],
        "label": first.label[lang],
        "imposed": bool(line.claim.get("imposed")),
        "value": shown(e.mean, first.unit, lang) if known else MISSING,
        "interval": _interval(e, first.unit, lang),
        "verdict": line.verdict,
        "chip": css[0],
        "mark": css[1],
        "word": text(f"claims.verdict.{line.verdict}", lang),
        "reason": line.reason[lang],
        "others": [_other(t, lang) for t in line.tested if t is not first and math.isfinite(t.estimate.mean)],
        "without": shown(first.without.mean, first.unit, lang, bare=True)
        if math.isfinite(first.without.mean) and not first.given
        else "",
        "size": fixed(line.system["sim_numbers"]["residents"], 0) if "sim_numbers" in line.system else "",
        "beside": [_beside(name, b, line.units.get(name, ""), lang) for name, b in line.beside.items()],
    }


def _beside(name: str, e, unit: str, lang: str) -> dict:
    unit = "share" if unit == "share" else {"en": "", "zh": ""}
    return {
        "label": phrase(f"outcome.{name}.label", name)[lang],
        "value": shown(e.mean, unit, lang),
        "interval": _interval(e, unit, lang),
    }


def _other(tested, lang: str) -> dict:
    return {
        "label": tested.label[lang],
        "value": shown(tested.estimate.mean, tested.unit, lang),
        "interval": _interval(tested.estimate, tested.unit, lang),
    }


def _interval(e, unit, lang: str) -> str:
    """Low and high, or nothing where there is no interval or no width in it."""
    low, high = shown(e.low, unit, lang, bare=True), shown(e.high, unit, lang, bare=True)
    return text("claims.range", lang, low=low, high=high) if math.isfinite(e.low) and low != high else ""


def _system(system, lang: str) -> dict:
    """What a system consists of: its policies with the settings given, and every figure with its status."""
    policies = []
    for policy in system["policies"]:
        settings = [
            (
                key,
                declared(value) if isinstance(value, (int, float)) else value,
                system["sources"].get(f"{policy['policy']}.{key}"),
            )
            for key, value in policy.items()
            if key != "policy"
        ]
        policies.append((phrase(f"policy.{policy['policy']}.label", policy["policy"])[lang], settings))
    figures = [
        (
            f[lang],
            shown(f["value"], "share", lang) if f["unit"] == "share" else significant(f["value"]),
            f["status"],
            f["source"],
        )
        for claim in system["claims"]
        for f in claim["figures"].values()
    ]
    return {
        "number": system["number"],
        "title": system["title"][lang],
        "summary": system["summary"][lang],
        "place": system["place"],
        "residents": fixed(system["place_numbers"]["residents"], 0),
        "policies": policies,
        "figures": list(dict.fromkeys(figures)),
    }
