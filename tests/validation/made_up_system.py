"""A made-up system with one claim, made-up runs of it, and the verdict that they give."""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = ROOT / "configs" / "systems"
GRID = (SYSTEMS / "hongshan_grid.yaml").read_text(encoding="utf-8")


def a_system(tests: list[dict], **more) -> dict:
    claim = {
        "name": "c",
        "said": {"en": "said", "zh": "所称"},
        "tests": tests,
        "need": "all",
        "beside": [],
        "figures": {},
        "cannot": [],
        "values": {},
        "note": None,
        "imposed": False,
    } | more
    return {
        "name": "s",
        "number": 1,
        "document": "D1",
        "title": {"en": "S", "zh": "系"},
        "summary": {"en": "s", "zh": "述"},
        "place": "p",
        "place_numbers": {"residents": 100.0},
        "policies": [{"policy": "x"}],
        "sources": {},
        "claims": [claim],
    }


def arms(system: str = "s", baseline: dict | None = None, **outcomes) -> dict:
    made = {system: {name: np.array(values, float) for name, values in outcomes.items()}}
    return made | {"baseline": {name: np.array(values, float) for name, values in (baseline or {}).items()}}


AROUND = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])
