"""Contracts of every file of a kind, by discovery: a newcomer's file is tested before he writes a test."""
from __future__ import annotations

import math
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

import sim
from sim import levers, metrics, policies
from sim.engine import Engine
from sim.policies.base import Size
from sim.scenario import Scenario
from sim.texts import LANGUAGES, text
from sim.world import BUILDING, COMMUNITY, GRID, TRAITS, WORKER, Residents

HOME = Path(sim.__file__).parent
KINDS = sorted(p.stem for p in (HOME / "agents").glob("[a-z]*.py"))
NAMES = policies.names()
METRICS = metrics.registry()
SIZE = Size(12_000.0, 12.0, 1.0)


@pytest.fixture(scope="module")
def outcomes():
    """Outcomes of the baseline and of a bundle of everything, a small place, half a year."""
    start = Engine(Scenario.load("small_community").scaled(600), (), 1, 1).advance(60).mark().snapshot()
    return [Engine.branch(start, arm).advance(200).outcomes() for arm in ([], NAMES)]


@pytest.mark.parametrize("name", NAMES)
def test_policy(name):
    """Named like its file, documented, parameters with unit, range, source and status, texts in both languages."""
    cls = policies.get(name)
    assert cls.__module__ == f"sim.policies.{name}" and cls.__doc__ and import_module(cls.__module__).__doc__
    for f in fields(cls):
        meta = f.metadata
        assert meta["unit"] and meta["source"] and meta["status"] in ("empirical", "claim", "guess", "fitted"), f.name
        assert f.default in meta["choices"] if meta["choices"] else meta["low"] <= f.default <= meta["high"], f.name
    for lang in LANGUAGES:
        assert text(f"policy.{name}.label", lang) and text(f"policy.{name}.summary", lang)
    assert text(f"policy.{name}.label", "en") != text(f"policy.{name}.label", "zh")


@pytest.mark.parametrize("name", NAMES)
def test_policy_moves_and_costs(name):
    """It moves only levers that exist; at intensity 0 nothing, owns nothing, costs nothing; costs are finite and not negative."""
    on, off = policies.load(name), policies.load({"policy": name, "intensity": 0.0})
    for move in on.moves(SIZE):
        levers.check(move, name)
    assert off.moves(SIZE) == [] and off.institution(0) is None
    params = Engine(Scenario.load("small_community").scaled(240)).world.params
    for payer, cost in on.cost(SIZE, params).items():
        assert payer in ("subdistrict", "property", "fund", "residents") and math.isfinite(cost) and cost >= 0
    assert all(cost == 0 for cost in off.cost(SIZE, params).values())
    assert on.canonical() == policies.load(name).canonical() != off.canonical()


def test_a_lever_nobody_reads_is_refused():
    """The error names the policy, the nearest lever and all of them."""
    with pytest.raises(levers.LeverError, match="did you mean 'patrol'.*The levers are: problem_scale"):
        levers.check(levers.Move("patroll", "shift", 1.0), "mine")


@pytest.mark.parametrize("lever", levers.LEVERS, ids=lambda x: x.name)
def test_lever(lever):
    """It has a unit, a base within its range, and a reader whose source reads it."""
    assert lever.unit and lever.low <= lever.base <= lever.high
    if lever.name.startswith("open_"):
        return  # read through the community's column of open channels
    sources = "\n".join(p.read_text(encoding="utf-8") for p in HOME.rglob("*.py") if p.name != "levers.py" and "policies" not in p.parts)
    assert f".{lever.name}" in sources or f'levers["{lever.name}"]' in sources


@pytest.mark.parametrize("kind", KINDS)
def test_agent_kind(kind):
    """Its file names it, documents it, and declares columns and levers that exist."""
    module = import_module(f"sim.agents.{kind}")
    assert module.__doc__ and module.LABEL == kind
    assert set(module.READS) <= set(levers.BY_NAME)
    columns = set(Residents._fields) | {n for d in (TRAITS, WORKER, COMMUNITY, GRID, BUILDING) for n in d.names}
    assert set(module.COLUMNS) <= columns


@pytest.mark.parametrize("name", METRICS)
def test_metric(name, outcomes):
    """A unit, a definition, texts in both languages; finite or NaN on the baseline and on everything at once."""
    info = METRICS[name]
    assert info.unit and len(info.definition) > 15 and info.better in ("", "low", "high")
    for lang in LANGUAGES:
        for part in ("label", "unit", "definition"):
            assert text(f"outcome.{name}.{part}", lang)
    assert all(not math.isinf(o[name]) for o in outcomes)


def test_most_metrics_are_measured(outcomes):
    """A bundle of every policy leaves few outcomes undefined: a metric that is never a number measures nothing."""
    undefined = {n for n in METRICS if math.isnan(outcomes[1][n])}
    assert undefined <= {"council_capture", "app_fix_gap_days"}  # nothing bought, no app claim fixed, in so small a place
