"""Made-up results for the tests of pages: an overloaded comparison, a design, a phenomenon."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from experiments.report.data import Results, read
from experiments.validation import phenomena, trials_phenomena
from sim.paths import config_dir
from tests.test_report import results_folder

EVIL = '<script>alert("x")</script>'


def overloaded(folder: Path, **options) -> Results:
    """A made-up study with a parameter that its overload hangs on, and a share of cases found by patrol."""
    results = read(results_folder(folder, **options))
    entry = {
        "name": "property_share",
        "status": "guess",
        "value": 0.15,
        "default": 0.15,
        "low": 0.08,
        "high": 0.25,
        "unit": "share",
        "source": "guess",
        "en": "Share of property staff's hours left for cases",
        "zh": "物业人员可用于办件的工时比例",
    }
    manifest = {
        **results.manifest,
        "parameters": [*results.manifest["parameters"], entry],
        "command": "cogov compare made_up --seeds 6",
    }
    return replace(
        results,
        manifest=manifest,
        values={**results.values, "detected_share": np.full((len(results.arms), len(results.seeds)), 0.275)},
        memo={},
    )


def design_folder(folder: Path, state: str = "converged", replicates: int = 3) -> Path:
    """A results folder of a design with one analysis of two outcomes, ranks, and a factorial's effects."""
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(_design_manifest(replicates)), encoding="utf-8")
    for name, rows in _design_tables(state).items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def _design_manifest(replicates: int) -> dict:
    plan = {"replicates": replicates, "replicate_seeds": "shared", "settings": {"n": 8}, "sample_seed": 1}
    kpi = {"name": "kpi", "en": "Target pressure (0 to 1)", "zh": "考核压力（0 至 1）"}
    return {
        "design": "morris",
        "study": "made_up",
        "title": {"en": "T", "zh": "题"},
        "summary": {"en": "S", "zh": "述"},
        "plan": plan,
        "seeds": [],
        "factors": [{"name": "kpi"}],
        "parameters": [kpi],
        "labels": {"arm": {"en": EVIL, "zh": EVIL}},
        "scenario": {"name": "place"},
        "model_version": "beefcafe00",
        "created": "2024-02-29T00:00:00+00:00",
        "command": "cogov sensitivity made_up",
    }


def _design_tables(state: str) -> dict[str, list[dict]]:
    asked = (("dispute_rate", state), ("satisfaction_index", "converged"))
    convergence = [
        {
            "analysis": "morris",
            "outcome": name,
            "state": s,
            "rows": 40,
            "noise_share": 0.4,
            "widest": 0.1,
            "floor": 0.02,
            "replicates": 3,
        }
        for name, s in asked
    ]
    indices = [
        {
            "analysis": "morris",
            "outcome": o,
            "factor": f,
            "other": "",
            "index": i,
            "value": v,
            "low": v - 0.1,
            "high": v + 0.1,
            "half_width": 0.1,
        }
        for o, _ in asked
        for f, v in (("kpi", 0.75), ("$a$_~0~", 0.31))
        for i in ("mu_star", "sigma")
    ]
    effects = [
        {"outcome": "dispute_rate", "policies": p, "order": n, "value": 0.5, "low": 0.2, "high": 0.8}
        for p, n in (("arm", 1), ("arm+b", 2))
    ]
    ranks = [
        {"outcome": "dispute_rate", "alternative": "", "arm": a, "place": k, "probability": 0.5}
        for a in ("arm", "b")
        for k in (1, 2)
    ]
    against = [
        {
            "outcome": "dispute_rate",
            "alternative": "",
            "arm": "arm",
            "better": 0.7,
            "low": 0.6,
            "high": 0.8,
            "worse": 0.2,
            "median": -1.25,
            "q05": -3.0,
            "q95": 0.5,
            "agreement": 0.9,
            "worlds": 40,
        }
    ]
    return {
        "convergence": convergence,
        "indices": indices,
        "effects": effects,
        "ranks": ranks,
        "against": against,
    }


def a_phenomenon(n: int, mean: float = 1.0):
    """(spec, judged result) of the first study of the configs on made-up values."""
    study = trials_phenomena.Phenomenon.load(config_dir() / trials_phenomena.FOLDER / "knee.yaml")
    spec = study.model_dump(mode="json")
    rng = np.random.default_rng(4)
    outcomes = {name for c in spec["contrasts"].values() for name in c["outcomes"]} | {
        spec["figure"]["outcome"]
    }
    values = {
        mode: {
            cell: {name: mean * i + rng.normal(size=n) for name in outcomes}
            for i, cell in enumerate(spec["cells"])
        }
        for mode in ("on", "off")
    }
    lines_, verdict, off = phenomena.judge(spec, values)
    return phenomena.Result(
        spec,
        lines_,
        verdict,
        off,
        {m: phenomena.means(b) for m, b in values.items()},
        values,
        n,
        spec["residents"],
    )
