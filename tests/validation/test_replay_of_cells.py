"""Replay of runs whose arm has parameters and a place of its own, as phenomena and patterns have them."""

from __future__ import annotations

import json

import pytest
import yaml

from experiments import cli
from experiments.store import manifest
from experiments.store.folder import Store

TITLE = {"en": "Two places", "zh": "两处"}
STUDY = {
    "number": 99,
    "name": "two_places",
    "title": TITLE,
    "claim": TITLE,
    "theory": TITLE,
    "shown": TITLE,
    "scenario": "hongshan_road",
    "residents": 400,
    "burn_in_days": 10,
    "days": 30,
    "parameters": {"naming_rate": 0.02},
    "cells": {
        "here": {"label": TITLE},
        "rough": {"label": TITLE, "parameters": {"problem_rate": 8.0}},
        "aged": {"label": TITLE, "place": {"elderly_share": 0.5, "young_share": 0.1}},
        "grid": {"label": TITLE, "policies": [{"policy": "grid_management", "intensity": 0.5}]},
    },
    "contrasts": {
        "more": {
            "label": TITLE,
            "outcomes": {"dispute_rate": 1.0},
            "cells": {"rough": 1.0, "here": -1.0},
            "sign": "up",
            "smallest": 0.1,
        }
    },
    "without": {"label": TITLE, "kinds": {"conflict": 0.0}},
    "figure": {"outcome": "dispute_rate"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("cells")
    study = here / "two_places.yaml"
    study.write_text(yaml.safe_dump(STUDY, allow_unicode=True, sort_keys=False), encoding="utf-8")
    words = ["phenomena", str(study), "--seeds", "2", "--out", str(here / "r"), "--no-report", "--quiet"]
    assert cli.main([*words, "--lang", "en"]) == 0
    return here / "r" / "two_places"


def _runs(folder) -> dict[str, str]:
    store = Store(folder)
    store.load()
    table = store.runs(["run_id", "arm", "seed"]).to_pylist()
    return {row["arm"]: row["run_id"] for row in table if row["seed"] == 2}


def test_every_arm_is_repeated_with_its_own_values_and_place(folder, capsys):
    """To the last bit, whatever the arm overrides: parameters, tables of kinds, the place, policies."""
    runs = _runs(folder)
    assert len(runs) == 8 and len({arm.partition(".")[0] for arm in runs}) == 2
    for arm, name in runs.items():
        assert cli.main(["replay", str(folder), name, "--lang", "en"]) == 0, arm
        assert "same to the last bit" in capsys.readouterr().out, arm


@pytest.mark.parametrize(("entry", "arm"), [("values", "on.rough"), ("places", "on.aged")])
def test_what_cannot_be_rebuilt_is_refused_and_not_run_as_something_else(folder, entry, arm, capsys):
    document, name = manifest.read(folder), _runs(folder)[arm]
    manifest.write(folder, {key: value for key, value in document.items() if key != entry})
    try:
        assert cli.main(["replay", str(folder), name, "--lang", "en"]) == cli.BAD_INPUT
        said = capsys.readouterr()
        assert "cannot be repeated" in said.err and arm in said.err and "Outcome" not in said.out
    finally:
        manifest.write(folder, document)


def test_the_manifest_says_the_place_of_every_arm(folder):
    document = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert document["places"]["on.here"] == {} and document["places"]["on.aged"]["elderly_share"] == 0.5
