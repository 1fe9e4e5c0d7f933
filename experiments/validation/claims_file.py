"""The claims table as a file: one row per claim, with both languages."""

from __future__ import annotations

import math
from pathlib import Path

from experiments.store import csv_file
from experiments.validation.claims import ClaimResults, Judged
from sim.config.catalog import LANGUAGES, text


def write_csv(results: ClaimResults, path: Path) -> Path:
    """claims.csv, one row per claim, with both languages; opens in Excel."""
    return csv_file.write_records(path, map(_row, results.lines))


def _row(line: Judged) -> dict:
    first, e = line.first, line.first.estimate
    blank = {
        name: "" if not math.isfinite(v) else v
        for name, v in (
            ("simulated", e.mean),
            ("low", e.low),
            ("high", e.high),
            ("at_least", first.at_least),
            ("at_most", first.at_most),
        )
    }
    unit = {
        lang: text("claims.unit.share", lang) if isinstance(first.unit, str) else first.unit[lang]
        for lang in LANGUAGES
    }
    beside = "; ".join(
        f"{name} {b.mean:.4g}" + (f" ({b.low:.4g} to {b.high:.4g})" if math.isfinite(b.low) else "")
        for name, b in line.beside.items()
    )
    return {
        "number": line.system["number"],
        "system": line.system["name"],
        "place": line.system["place"],
        "document": line.system["document"],
        "claim": line.claim["name"],
        "claim_en": line.claim["said"]["en"],
        "claim_zh": line.claim["said"]["zh"],
        "label_en": first.label["en"],
        "label_zh": first.label["zh"],
        "measure": first.test.get("measure", ""),
        "judge": first.test["judge"],
        **blank,
        "unit_en": unit["en"],
        "unit_zh": unit["zh"],
        "seeds": e.n,
        "traditional": first.without.mean if math.isfinite(first.without.mean) and not first.given else "",
        "imposed": bool(line.claim.get("imposed")),
        "verdict": line.verdict,
        "verdict_en": text(f"claims.verdict.{line.verdict}", "en"),
        "verdict_zh": text(f"claims.verdict.{line.verdict}", "zh"),
        "reason_en": line.reason["en"],
        "reason_zh": line.reason["zh"],
        "beside": beside,
        "other_tests": "; ".join(
            f"{t.label['en']} {t.estimate.mean:.4g} ({t.outcome})" for t in line.tested if t is not first
        ),
    }
