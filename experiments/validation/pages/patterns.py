"""The pattern table as HTML, one language at a time; everything from files is escaped by the template."""

from __future__ import annotations

import math

from experiments.html.environment import render
from experiments.html.numbers import MISSING, declared, fixed, significant
from experiments.validation.judge import FAILED, IMPOSED, NOT_MEASURED, REPRODUCED
from sim.config.catalog import text

CHIPS = {REPRODUCED: ("better", "✓"), IMPOSED: ("", "="), FAILED: ("worse", "✗"), NOT_MEASURED: ("", "–")}
PARTS = ("fit", "test")


def table(results, lang: str) -> str:
    """Fit set, test set, and which mechanism each pattern needs."""
    return render(
        "patterns.html.j2",
        lang,
        t=lambda key, **values: text(f"patterns.{key}", lang, **values),
        lead=_lead(results, lang),
        counts=[(*CHIPS[v], text(f"patterns.verdict.{v}", lang), results.count(v)) for v in CHIPS],
        parts=[
            (
                text(f"patterns.part.{part}", lang),
                [_line(line, lang) for line in results.lines if line.spec["part"] == part],
            )
            for part in PARTS
        ],
        mechanisms=[(off["label"][lang], name) for name, off in results.spec["mechanisms"].items()],
        matrix=_matrix(results, lang),
    )


def _lead(results, lang: str) -> str:
    counts = {verdict: results.count(verdict) for verdict in CHIPS}
    cells = results.spec["cells"]
    return text(
        "patterns.lead",
        lang,
        all=len(results.lines),
        seeds=results.seeds,
        residents=fixed(cells["residents"], 0),
        days=cells["days"],
        tested=results.count(REPRODUCED, "test"),
        **counts,
    )


def _line(line, lang: str) -> dict:
    css, mark = CHIPS[line.verdict]
    told = []
    if line.lacks and any(m.verdict == NOT_MEASURED and m.spec["judged"] for m in line.measures):
        told.append(text("patterns.lacks", lang, policies=", ".join(line.lacks)))
    elif line.spec["missing"]:
        told.append(line.spec["missing"][lang])
    if line.spec["imposed"]:
        told.append(line.spec["imposed"][lang])
    return {
        "title": line.spec["title"][lang],
        "grade": line.spec["grade"],
        "fact": line.spec["fact"][lang],
        "check": line.spec["check"][lang],
        "chip": css,
        "mark": mark,
        "word": text(f"patterns.verdict.{line.verdict}", lang),
        "told": told,
        "source": line.spec["source"],
        "measures": [_measure(m, lang) for m in line.measures],
    }


def _measure(m, lang: str) -> dict:
    low, high = math.isfinite(m.low), math.isfinite(m.high)
    key = "between" if low and high else "at_least" if low else "at_most" if high else "any"
    return {
        "label": m.spec["label"][lang],
        "value": m.found.shown,
        "interval": m.found.interval if math.isfinite(m.found.low) else "",
        "unit": m.spec["unit"][lang],
        "bound": text(f"patterns.bound.{key}", lang, low=declared(m.low), high=declared(m.high)),
        "held": "" if not m.spec["judged"] else CHIPS[m.verdict][1],
        "judged": m.spec["judged"],
    }


def _matrix(results, lang: str) -> list[dict]:
    """A row per pattern that holds: with which mechanism off it fails."""
    rows = []
    for line in results.lines:
        if line.verdict in (REPRODUCED, IMPOSED, FAILED):
            cells = []
            for name in results.spec["mechanisms"]:
                verdict, measures = line.without[name]
                kind = (
                    "lost"
                    if line.needs(name)
                    else "won"
                    if line.verdict == FAILED and verdict in (REPRODUCED, IMPOSED)
                    else "same"
                )
                first = next((m for m in measures if m.spec["judged"]), None)
                cells.append(
                    {
                        "kind": kind,
                        "mark": CHIPS[verdict][1],
                        "value": significant(first.found.mean) if first else MISSING,
                    }
                )
            first = next(m for m in line.measures if m.spec["judged"])
            rows.append(
                {
                    "title": line.spec["title"][lang],
                    "mark": CHIPS[line.verdict][1],
                    "value": significant(first.found.mean),
                    "cells": cells,
                }
            )
    return rows
