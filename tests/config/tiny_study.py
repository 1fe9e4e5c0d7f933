"""A tiny study and a tiny plan to be spoilt, and the error that a spoilt one must give."""

from __future__ import annotations

import json

import pytest

from sim.config.errors import ConfigError, UserError

WORDS = {"title": {"en": "t", "zh": "t"}, "summary": {"en": "t", "zh": "t"}}
TINY = {
    "name": "tiny",
    **WORDS,
    "scenario": "small_community",
    "days": 400,
    "seeds": 2,
    "arms": {"baseline": [], "grid": [{"policy": "grid_management"}]},
}
PLAN = {
    "name": "tiny",
    **WORDS,
    "design": "morris",
    "scenario": "small_community",
    "days": 400,
    "replicates": 2,
    "arms": {"baseline": [], "grid": [{"policy": "grid_management"}]},
    "outcomes": ["dispute_rate"],
}
GRID = {"policy": "grid_management"}


def refused(load, *given) -> ConfigError:
    with pytest.raises(UserError) as caught:
        load(*given)
    shown = caught.value.show("en") + caught.value.show("zh")
    assert all(line.isprintable() and len(line) <= 1_000 for line in shown.splitlines())
    return caught.value


def study_file(folder, **changes):
    path = folder / "mine.yaml"
    path.write_text("\n".join(f"{k}: {json.dumps(v)}" for k, v in (TINY | changes).items()), encoding="utf-8")
    return path


def keys(error) -> list[str]:
    return [problem.message_key for problem in error.problems]
