"""Made-up results for the tests of pages: an overloaded comparison, a design, a phenomenon."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from experiments.report.comparison.data import Results, read
from experiments.store import csv_file, kept
from experiments.validation import phenomena
from experiments.validation.runs import phenomena as trials_phenomena
from sim.config.paths import config_dir
from tests.made_up_results import results_folder

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
    kept.write_sealed(folder / "manifest.json", _design_manifest(replicates))
    for name, rows in _design_tables(state).items():
        csv_file.write_records(folder / f"{name}.csv", rows)
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
    sized = (("kpi", 0.75), ("$a$_~0~", 0.31))
    head = "analysis outcome factor other index value low high half_width"
    indices = [
        ("morris", o, f, "", i, v, v - 0.1, v + 0.1, 0.1)
        for o, _ in asked
        for f, v in sized
        for i in ("mu_star", "sigma")
    ]
    return {
        "convergence": _rows(
            "analysis outcome state rows noise_share widest floor replicates",
            [("morris", o, s, 40, 0.4, 0.1, 0.02, 3) for o, s in asked],
        ),
        "indices": _rows(head, indices),
        "effects": _rows(
            "outcome policies order value low high",
            [("dispute_rate", p, n, 0.5, 0.2, 0.8) for p, n in (("arm", 1), ("arm+b", 2))],
        ),
        "ranks": _rows(
            "outcome alternative arm place probability",
            [("dispute_rate", "", a, k, 0.5) for a in ("arm", "b") for k in (1, 2)],
        ),
        "against": _rows(
            "outcome alternative arm better low high worse median q05 q95 agreement worlds",
            [("dispute_rate", "", "arm", 0.7, 0.6, 0.8, 0.2, -1.25, -3.0, 0.5, 0.9, 40)],
        ),
    }


def _rows(head: str, rows: list[tuple]) -> list[dict]:
    return [dict(zip(head.split(), row, strict=True)) for row in rows]


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
