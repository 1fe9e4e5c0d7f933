"""Contracts of the extension points: every policy, agent kind, metric and lever, found as the program finds
them.

A newcomer's file is tested here before its author has written a test.
"""

from __future__ import annotations

import importlib
import math
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from sandbox import SMALL, differ, nudge, run

from sim import metrics, policies
from sim.config.catalog import LANGUAGES, catalog
from sim.config.registry import STATUSES, params_record
from sim.engine import Engine
from sim.levers import BY_NAME, LEVERS, LeverError, Move, check
from sim.metrics.base import MetricInfo, quantile
from sim.policies.base import Policy, PolicyError, Size
from sim.world import tables as tables_of

SIM = Path(__file__).resolve().parents[2] / "sim"
CJK = re.compile(r"[\u4e00-\u9fff]")
POLICIES = sorted(p.stem for p in (SIM / "policies").glob("[a-z]*.py") if p.stem != "base")
AGENTS = sorted(p.stem for p in (SIM / "agents").glob("[a-z]*.py"))
METRICS = sorted(metrics.registry())
SIZE = Size(12_000.0, 12.0, 1.0)
PAYERS = {"subdistrict", "property", "fund", "residents"}


def spoken(key: str) -> None:
    """The catalog has the key, in both languages, the Chinese one in Chinese or a plain symbol."""
    entry = catalog().get(key)
    assert entry is not None, f"configs/catalog lacks {key}"
    for lang in LANGUAGES:
        assert str(entry[lang]).strip(), f"{key}: {lang}"
    assert CJK.search(entry["zh"]) or len(entry["zh"]) < 12, key
    assert not CJK.search(entry["en"]), key


def corners(cls):
    """The policy at its defaults, and with each parameter at each end of its range (or each choice)."""
    yield cls()
    for f in fields(cls):
        meta = f.metadata
        for value in meta["choices"] or (meta["low"], meta["high"]):
            yield replace(cls(), **{f.name: value})


# --- policies


@pytest.mark.parametrize("name", POLICIES)
class TestPolicy:
    """What every policy file promises."""

    def test_is_found_under_its_files_name(self, name):
        cls = policies.get(name)
        assert (
            issubclass(cls, Policy)
            and cls.name == name
            and cls.__module__ == f"sim.policies.{name}"
            and name in policies.names()
        )

    def test_says_what_it_is_and_how_it_can_fail(self, name):
        """Module and class have docstrings; every method of its own too."""
        cls = policies.get(name)
        assert len(importlib.import_module(cls.__module__).__doc__ or "") > 40 and len(cls.__doc__ or "") > 15
        assert all(getattr(cls, m).__doc__ for m in ("moves", "institution", "cost", "canonical"))

    def test_declares_its_parameters(self, name):
        """Each with default within its range, unit, source and one of the registry's statuses."""
        for f in fields(policies.get(name)):
            meta = f.metadata
            assert meta["unit"].strip() and meta["source"].strip() and meta["status"] in STATUSES, f.name
            if meta["choices"]:
                assert f.default in meta["choices"]
            else:
                assert meta["low"] < meta["high"] and meta["low"] <= f.default <= meta["high"], f.name
                assert isinstance(f.default, float), f"{f.name}: 1 and 1.0 would be two policies"

    def test_has_a_name_in_both_languages(self, name):
        spoken(f"policy.{name}.label")
        spoken(f"policy.{name}.summary")

    def test_moves_levers_that_somebody_reads(self, name):
        """At every corner of its ranges: known levers, finite amounts, a known way."""
        for policy in corners(policies.get(name)):
            for move in policy.moves(SIZE):
                check(move, name)
                assert math.isfinite(move.amount)

    def test_intensity_zero_is_nothing(self, name):
        """No move, no institution, no cost."""
        nothing = policies.get(name)(intensity=0.0)
        assert nothing.moves(SIZE) == [] and nothing.institution(0) is None
        assert sum(nothing.cost(SIZE, params_record()).values()) == 0.0

    def test_costs_are_finite_and_never_negative(self, name):
        """At every corner, paid by known payers; half the intensity never costs more."""
        cls = policies.get(name)
        for policy in corners(cls):
            cost = policy.cost(SIZE, params_record())
            assert set(cost) <= PAYERS and all(math.isfinite(v) and v >= 0.0 for v in cost.values())
        half, whole = (sum(cls(intensity=x).cost(SIZE, params_record()).values()) for x in (0.5, 1.0))
        assert half <= whole

    def test_is_named_by_its_values_alone(self, name):
        """canonical() is stable, tells any two settings apart, and holds every parameter."""
        cls = policies.get(name)
        texts = [p.canonical() for p in corners(cls)]
        assert policies.load(name).canonical() == cls().canonical() == texts[0]
        different = {tuple(getattr(p, f.name) for f in fields(cls)) for p in corners(cls)}
        assert len(set(texts)) == len(different)
        assert all(f"{f.name}=" in texts[0] for f in fields(cls)) and texts[0].startswith(f"{name}(")

    def test_refuses_values_out_of_range_and_unknown_parameters(self, name):
        """The message names the parameter, its range and where the range comes from."""
        for f in fields(policies.get(name)):
            bad = "nonsense" if f.metadata["choices"] else f.metadata["high"] + 1.0
            with pytest.raises(PolicyError, match=f"{name}.{f.name}"):
                policies.load({"policy": name, f.name: bad})
        with pytest.raises(PolicyError, match=r"\.qqq: unknown.*intensity"):
            policies.load({"policy": name, "qqq": 1.0})

    def test_does_not_move_an_agents_own_columns_by_moves(self, name):
        """moves() and cost() are pure: twice the same, and no state is kept."""
        policy = policies.get(name)()
        assert policy.moves(SIZE) == policy.moves(SIZE) and policy.cost(SIZE, params_record()) == policy.cost(
            SIZE, params_record()
        )

    def test_runs_at_its_corners(self, name):
        """40 days of 600 residents at every corner break no law."""
        from sim.world.laws import laws_broken

        for policy in corners(policies.get(name)):
            assert laws_broken(run([policy], 40, residents=600).world) == [], policy.canonical()


def test_unknown_policy_names_the_nearest():
    with pytest.raises(PolicyError, match="did you mean 'grid_management'"):
        policies.load("grid_managment")


def test_a_policy_of_ones_own_is_known_by_its_name(monkeypatch):
    """register() makes a class loadable by name; its parameters are held to what it declares."""
    monkeypatch.setattr(policies, "_OWN", {})
    own = type(nudge("own", patrol=0.1))
    policies.register(own)
    assert "test_own" in policies.names() and isinstance(
        policies.load({"policy": "test_own", "intensity": 0.5}), own
    )
    with pytest.raises(PolicyError):
        policies.load({"policy": "test_own", "intensity": 7.0})


# --- agents


@pytest.fixture(scope="module")
def tables():
    """Names of all columns of the world's tables."""
    w = Engine(SMALL.scaled(600)).world
    found = set(w.residents._fields)
    for table in (
        w.residents.rec,
        w.households,
        w.buildings,
        w.grids,
        w.communities,
        w.workers,
        w.matters.rec,
        w.matters.cases,
    ):
        found |= set(table.dtype.names)
    return found


@pytest.mark.parametrize("name", AGENTS)
class TestAgentKind:
    """What every agent file promises."""

    def test_says_who_it_is(self, name):
        module = importlib.import_module(f"sim.agents.{name}")
        assert module.LABEL == name and len(module.__doc__) > 60

    def test_reads_known_levers(self, name):
        assert set(importlib.import_module(f"sim.agents.{name}").READS) <= set(BY_NAME)

    def test_its_columns_exist(self, name, tables):
        assert set(importlib.import_module(f"sim.agents.{name}").COLUMNS) <= tables

    def test_has_rules_or_phases(self, name):
        """At least one documented compiled function of its own."""
        module = importlib.import_module(f"sim.agents.{name}")
        own = [
            f
            for f in vars(module).values()
            if hasattr(f, "py_func") and f.py_func.__module__ == module.__name__
        ]
        assert own and all(f.py_func.__doc__ for f in own if not f.py_func.__name__.startswith("_"))


# --- levers

READ = re.compile(r"(?:levers\[\w+\]|\blever)\.(\w+)|levers\[\"(\w+)\"\]\[|levers\[f\"(\w+)")


def read_levers() -> set[str]:
    """Levers named in the sources as ``levers[c].x``, ``lever.x`` or ``world.levers["x"][c]``."""
    found = set()
    for path in SIM.rglob("*.py"):
        if path.name not in ("levers.py",):
            for groups in READ.findall(path.read_text(encoding="utf-8")):
                found |= {g for g in groups if g}
    return found | {name for name in BY_NAME if name.startswith("open_")}  # world.set_levers: one per channel


@pytest.mark.parametrize("lever", LEVERS, ids=lambda x: x.name)
def test_lever_is_documented_bounded_and_read(lever):
    """Base within range, unit and reader named, and some code does read it."""
    assert lever.unit.strip() and lever.low <= lever.base <= lever.high and lever.low < lever.high
    assert (SIM / "agents" / f"{lever.reader}.py").exists() or (
        SIM / "mechanisms" / f"{lever.reader}.py"
    ).exists(), lever.reader
    assert lever.name in read_levers()
    spoken(f"lever.{lever.name}")


def test_every_lever_is_declared_by_an_agent_kind():
    """READS of the agent files cover all levers, so that each has a file to look in; none names a lever
    twice.
    """
    declared = [importlib.import_module(f"sim.agents.{name}").READS for name in AGENTS]
    assert set(BY_NAME) == {x for reads in declared for x in reads}
    assert all(len(set(reads)) == len(reads) for reads in declared)


def test_a_lever_nobody_has_is_refused_with_the_list():
    with pytest.raises(LeverError, match="did you mean 'triage'.*problem_scale"):
        check(Move("triagee", "shift", 1.0), "mine")


def test_neutral_moves_are_nothing():
    """Every lever, moved by nothing (scale 1, shift 0), leaves the world as it is, bit for bit."""
    base = run((), 60, residents=600)
    for lever in LEVERS:
        arm = run([nudge("one", **{lever.name: ("scale", 1.0)})], 60, residents=600)
        assert differ(base, arm) == [], lever.name


# --- metrics


@pytest.fixture(scope="module")
def measured():
    """Outcomes of a year of baseline and of a bundle after 100 days, and of a day."""
    base, bundle = (
        run((), 100).mark().advance(365),
        run(["grid_management", "resident_council", "smart_platform"], 100).mark().advance(365),
    )
    return base.outcomes(), bundle.outcomes(), run((), 1).mark().advance(1).outcomes()


@pytest.mark.parametrize("name", METRICS)
class TestMetric:
    """What every metric promises."""

    def test_is_defined(self, name):
        info = metrics.registry()[name]
        assert isinstance(info, MetricInfo) and info.unit.strip() and len(info.definition) > 15
        assert info.better in ("low", "high", "") and (SIM / "metrics" / f"{info.family}.py").exists()

    def test_has_words_in_both_languages(self, name):
        for part in ("label", "unit", "definition"):
            spoken(f"outcome.{name}.{part}")

    def test_is_a_number_or_nan(self, name, measured):
        """Finite on a baseline year; finite or NaN on a bundle and on a single day; never infinite."""
        base, bundle, day = measured
        assert isinstance(base[name], float) and not math.isinf(base[name])
        assert not math.isinf(bundle[name]) and not math.isinf(day[name])
        assert f"{name}@y1" in base

    def test_keeps_its_units_range(self, name, measured):
        """Shares and 0-1 levels lie in 0-1, indices in 0-100, rates and times are not negative."""
        unit = metrics.registry()[name].unit
        for value in (m[name] for m in measured if not math.isnan(m[name])):
            if unit in ("share", "0-1"):
                assert -1e-9 <= value <= 1.0 + 1e-9, name
            elif unit == "index 0-100":
                assert 0.0 <= value <= 100.0
            elif unit.startswith(("per ", "CNY")) or unit in ("ratio",):
                assert value >= 0.0


NOT_WITHOUT = {
    "council_attendance",
    "council_capture",
    "council_voice_gap",
    "app_fix_gap_days",  # no council, no app,
    "study_attendance",
    "turnouts_each",
}  # no sessions, no register


def test_only_what_a_baseline_lacks_is_nan_there(measured):
    base = {k for k, v in measured[0].items() if math.isnan(v) and "@" not in k}
    assert {
        k for k in base if metrics.registry()[k].family != "civic"
    } == NOT_WITHOUT  # civic: see test_civic.py


def test_few_metrics_stay_undefined_in_a_bundle(measured):
    """A metric that is never a number measures nothing: with all institutions at work only these may lack
    their events.
    """
    undefined = {
        n for n in METRICS if math.isnan(measured[1][n]) and metrics.registry()[n].family != "civic"
    }  # see test_civic.py
    assert undefined <= {"council_capture", "app_fix_gap_days", "study_attendance", "turnouts_each"}


def test_quantiles_of_histograms():
    """Interpolated within the day: of durations 0, 1, ..., 9 once each the median is 5, the 90th
    percentile 9; none of none.
    """
    ten = np.ones(10, int)
    assert (
        quantile(ten, 0.5) == 5.0
        and quantile(ten, 0.9) == pytest.approx(9.0)
        and math.isnan(quantile(np.zeros(9, int), 0.5))
    )
    assert quantile(np.array([0, 0, 4]), 0.5) == 2.5


def test_series_and_grids_are_as_long_as_the_window_and_agree_with_the_outcomes():
    """Daily columns sum to what the outcomes say; grids sum to the whole."""
    engine = run(["grid_management"], 100).mark().advance(200)
    out, series, grids = engine.outcomes(), engine.series(), engine.grid_table()
    assert {len(c) for c in series.values()} == {200} and {len(c) for c in grids.values()} == {
        len(engine.world.grids)
    }
    per = 1000.0 * 365.0 / (200 * 2000)
    for column, name in (("disputes", "dispute_rate"), ("problems", "problem_rate")):
        assert series[column].sum() * per == pytest.approx(out[name]) == grids[column].sum() * per
    assert series["claims"].sum() == grids["claims"].sum() and series["fixed"].sum() == grids["fixed"].sum()
    assert np.nanmean(series["burnout"]) == pytest.approx(out["burnout"])


def test_worlds_tables_are_what_they_say():
    """Fixed dtypes: the names that other files index by exist once each."""
    for table in (
        tables_of.BUILDING,
        tables_of.GRID,
        tables_of.COMMUNITY,
        tables_of.WORKER,
        tables_of.MATTER,
        tables_of.CASE,
        tables_of.TALLY,
    ):
        assert len(set(table.names)) == len(table.names)
    assert tuple(tables_of.TALLY.names) == tables_of.TALLY_FIELDS
