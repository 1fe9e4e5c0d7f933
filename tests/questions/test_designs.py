"""Designs by discovery, their plans and the runs they ask for: counts, growth, levers apart from
uncertainties, errors with a line.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from experiments import designs
from experiments.cli import main
from experiments.designs import spread
from experiments.designs.factors import CATEGORICAL, INTEGER, LEVER, Factor, group_names, points
from experiments.questions import to_tasks
from experiments.questions.comparison import Study
from experiments.questions.from_results import DesignResults, read_results
from experiments.questions.plan import Plan, plan_schema
from experiments.store.folder import Store
from sim.config.config_file import ConfigError
from sim.config.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
PLANNED = designs.for_plans()
FACTORS = (
    Factor("a", low=2.0, high=4.0, default=3.0),
    Factor("b", kind=INTEGER, low=1, high=4, default=2),
    Factor("c", kind=CATEGORICAL, choices=("x", "y", "z"), default="y"),
)
SMALL = {"n": 24, "trajectories": 4, "levels": 4, "curves": 2, "alternative_n": 8}
TINY = {
    "name": "tiny",
    "title": {"en": "t", "zh": "t"},
    "summary": {"en": "t", "zh": "t"},
    "design": "sobol",
    "settings": {"n": 4},
    "scenario": "small_community",
    "residents": 300,
    "uncertainties": {"dispute_hazard": None, "split_queues": {}, "noise.work": {"low": 1, "high": 2}},
    "levers": {"grid_management.intensity": {"low": 0.2}},
    "arms": {"baseline": [], "grid": [{"policy": "grid_management", "patrol": 0.1}]},
    "replicates": 2,
    "burn_in_days": 10,
    "days": 20,
}


def settings(name: str) -> dict:
    """Small settings of a design; n of eFAST and of a given sample as they must be."""
    module = designs.get(name)
    small = SMALL | {"efast": {"n": 65}, "given_sample": {"n": 64}}.get(name, {})
    return {k: small[k] if k in small else s.default for k, s in module.SETTINGS.items()}


@pytest.mark.parametrize("name", PLANNED)
def test_every_design_keeps_its_contract(name):
    """Rows in the unit cube, as many as counted, the same twice, every factor moved; a verb, analyses and
    words in both languages.
    """
    from sim.config.catalog import has

    module, chosen = designs.get(name), settings(name)
    unit = module.rows(FACTORS, chosen, 1)
    assert unit.shape == (module.count(FACTORS, chosen), 3)
    assert np.isfinite(unit).all() and unit.min() >= 0.0 and unit.max() <= 1.0
    assert np.array_equal(unit, module.rows(FACTORS, chosen, 1))
    if name != "factorial":
        assert (np.ptp(unit, axis=0) > 0).all()
    if name not in ("factorial", "ofat", "sweep"):
        assert not np.array_equal(unit, module.rows(FACTORS, chosen, 2)), "its seed draws another sample"
    assert module.VERB in ("sweep", "sensitivity") and module.ANALYSES and module.__doc__
    assert has(f"design.{name}.label")


@pytest.mark.parametrize("name", [n for n in PLANNED if designs.get(n).GROWS])
def test_a_doubled_design_keeps_every_row(name):
    """Doubling what grows only adds rows at the end: nothing that was run is run again."""
    module, chosen = designs.get(name), settings(name)
    if name == "sweep":
        chosen["sampler"] = "lhs"
    first = module.rows(FACTORS, chosen, 1)
    more = module.rows(FACTORS, chosen | {module.GROWS: 2 * chosen[module.GROWS]}, 1)
    assert len(more) == 2 * len(first) and np.array_equal(more[: len(first)], first)


@pytest.mark.parametrize("n", [1, 7, 24, 48])
def test_latin_hypercubes_are_latin_at_every_size(n):
    """One point in each of n slices of every dimension."""
    found = spread.lhs(n, 5, 3)
    for column in found.T:
        assert sorted((column * n).astype(int)) == list(range(n))


@pytest.mark.parametrize("name", [n for n in PLANNED if designs.get(n).GROUPS])
def test_groups_move_together_and_cost_one(name):
    """Two factors in one group count once."""
    factors = tuple(Factor(n, group="g" if n in "ab" else "") for n in "abc")
    module, chosen = designs.get(name), settings(name)
    assert group_names(factors) == ["g", "c"]
    assert (
        len(module.rows(factors, chosen, 1)) == module.count(factors, chosen) < module.count(FACTORS, chosen)
    )


def test_factors_are_typed():
    """Values of their own type within their range; encode and decode agree; slices are even."""
    u = np.linspace(0, 1, 1201)[:-1]
    a, b, c = (f.decode(u) for f in FACTORS)
    assert a.min() == 2.0 and a.max() < 4.0
    assert set(b) == {1, 2, 3, 4} and all(isinstance(v, (int, np.integer)) for v in b)
    assert np.bincount(b)[1:].tolist() == [300] * 4 and set(c) == {"x", "y", "z"}
    assert b[-1] == FACTORS[1].decode(np.array([1.0]))[0] == 4
    for f, values in zip(FACTORS, ((2.0, 2.5, 4.0), (1, 3, 4), ("x", "z"))):
        for value in values:
            assert f.decode(np.array([f.encode(value)]))[0] == value


def test_keys_name_row_and_values():
    """Another row, another value, another alternative: another key."""
    unit = np.array([[0.1, 0.1, 0.1], [0.1, 0.1, 0.1], [0.2, 0.1, 0.1]])
    keys = [p.key for p in points(FACTORS, unit)] + [
        p.key for p in points(FACTORS, unit[:1], ["rival"], [{"kpi": 0.0}])
    ]
    assert len(set(keys)) == 4
    assert keys[0] == points(FACTORS, unit)[0].key


def test_levers_and_uncertainties_go_their_ways():
    """Uncertainties override parameters; levers move the policy in every arm that has it, and leave its
    other settings alone.
    """
    plan = Plan.from_dict(TINY)
    assert [f.role for f in plan.factors].count(LEVER) == 1
    tasks = to_tasks.tasks(plan)
    assert len(tasks) == plan.rows * 2 == 48 and plan.runs == 96
    for task, point in zip(tasks[::2], plan.points()):
        values = dict(task.values)
        assert (
            set(values) == {"dispute_hazard", "split_queues", "noise.work"}
            and values["noise.work"] == point.values["noise.work"]
        )
        grid = task.branches[1].policy_dicts()[0]
        assert grid == {
            "policy": "grid_management",
            "patrol": 0.1,
            "intensity": point.values["grid_management.intensity"],
        }
        assert task.branches[0].policies == () and dict(task.columns)["row"] == point.row


def test_rows_have_seeds_of_their_own_or_share_them():
    """Independent: no seed twice, arms of a row share theirs, growth changes none.

    Shared: the same in all rows.
    """
    plan = Plan.from_dict(TINY)
    seeds = [t.run_seed for t in to_tasks.tasks(plan)]
    assert len(set(seeds)) == len(seeds)
    grown = {
        (dict(t.columns)["row"], t.run_seed): t.branches[1].run_id
        for t in to_tasks.tasks(Plan.from_dict(TINY | {"settings": {"n": 8}, "replicates": 3}))
    }
    assert all(
        grown[dict(t.columns)["row"], t.run_seed] == t.branches[1].run_id for t in to_tasks.tasks(plan)
    )
    assert {t.run_seed for t in to_tasks.tasks(Plan.from_dict(TINY | {"replicate_seeds": "shared"}))} == {
        1,
        2,
    }


def test_a_factorial_has_every_bundle_once():
    """2^k arms of one past per seed."""
    data = {k: v for k, v in TINY.items() if k not in ("settings", "uncertainties", "levers", "arms")}
    plan = Plan.from_dict(
        data
        | {
            "design": "factorial",
            "policies": [{"policy": "grid_management"}, {"policy": "smart_platform"}],
            "replicates": 3,
        }
    )
    assert list(plan.all_arms) == [
        "none",
        "grid_management",
        "smart_platform",
        "grid_management+smart_platform",
    ]
    tasks = to_tasks.tasks(plan)
    assert [t.run_seed for t in tasks] == [1, 2, 3] and all(len(t.branches) == 4 for t in tasks)


def test_alternatives_repeat_rows_and_keep_their_numbers():
    """A rival structure's rows are the design's first rows with its parameters; growing n moves none of
    them.
    """
    rival = {"one_cause": {"label": {"en": "a", "zh": "b"}, "parameters": {"disconfirmation": 0.0}}}
    data = TINY | {
        "design": "priors",
        "settings": {"n": 8, "alternative_n": 4},
        "uncertainties": "all",
        "alternatives": rival,
        "levers": {},
    }
    plan = Plan.from_dict(data)
    found = plan.points()
    assert len(found) == plan.rows == 12 and len({p.row for p in found}) == 12
    for own, other in zip(found, found[8:]):
        assert own.values == other.values and other.label == "one_cause" and other.row < 0
        assert to_tasks.values_at(plan.factors, other)["disconfirmation"] == 0.0
    more = {p.key for p in Plan.from_dict(data | {"settings": {"n": 16, "alternative_n": 8}}).points()}
    assert {p.key for p in found} < more


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"design": "sobl"}, "did you mean 'sobol'"),
        ({"uncertanties": {}}, "did you mean 'uncertainties'"),
        ({"settings": {"m": 3}}, "n, second_order"),
        ({"settings": {"n": 2.5}}, "whole number"),
        ({"settings": {"n": 1}}, "4 to"),
        ({"levers": {"grid_management.intensty": {}}}, "grid_management.intensity"),
        ({"levers": {"dispute_hazard": {}}}, "uncertainties"),
        ({"uncertainties": {"dispute_hazrd": {}}}, "dispute_hazard"),
        ({"uncertainties": {"dispute_hazard": {"low": 0.0}}}, "0.0002 to 0.001"),
        ({"uncertainties": {"kpi": {"low": 0.5, "high": 0.5}}}, "nothing would vary"),
        ({"groups": {"g": ["dispute_hazrd"]}}, "dispute_hazard"),
        ({"groups": {"g": ["split_queues"], "h": ["split_queues"]}}, "already belongs"),
        ({"groups": {"g": ["split_queues"]}, "design": "efast", "settings": {}}, "cannot group"),
        ({"replicates": 1}, "at least 2"),
        ({"uncertainties": {}, "levers": {}}, "nothing varies"),
        ({"outcomes": ["dispute_rat"]}, "dispute_rate"),
        ({"policies": [], "design": "factorial", "settings": {}}, "policies"),
        ({"uncertainties": {"kpi": {"lo": 0.1}}}, "did you mean 'low'"),
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else "",
)
def test_a_plan_that_cannot_be_says_where(tmp_path, change, says):
    """File, line, path and the nearest key that would do."""
    path = tmp_path / "plan.yaml"
    path.write_text("\n".join(f"{k}: {json.dumps(v)}" for k, v in (TINY | change).items()), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Plan.load(path)
    shown = caught.value.show("en")
    line = [
        i
        for i, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if text.startswith(next(iter(change)))
    ][0]
    assert says in shown and f"plan.yaml:{line}: " in shown
    assert caught.value.show("zh") != shown


def test_shipped_plans_load_and_comparisons_know_them():
    """Every study file that asks for a design is a plan; `Study.load` says so instead of calling its keys
    unknown.
    """
    from sim.config.catalog import read_yaml

    plans = [
        p.stem
        for p in sorted((ROOT / "configs" / "studies").glob("*.yaml"))
        if "design" in (read_yaml(p) or {})
    ]
    assert {"what_decides", "ranks", "bundles"} <= set(plans)
    for name in plans:
        assert Plan.load(name).runs > 0
    with pytest.raises(ConfigError, match="cogov s"):
        Study.load("what_decides")


@pytest.mark.parametrize("page", ["sensitivity.md", "sensitivity.zh.md"])
def test_the_guides_plan_loads(page):
    """The study file of the how-to page is a valid plan of the size that the page says."""
    import yaml

    words = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    plan = Plan.from_dict(yaml.safe_load(words.split("```yaml")[1].split("```")[0]))
    assert plan.rows == 256 * (3 + 2) and plan.runs == plan.rows * 2 * 5, (
        "three things that move: one alone, a group of two, a lever"
    )


def test_the_schema_names_every_key_and_design():
    found = plan_schema()
    assert (
        set(found["properties"]) == set(Plan.model_fields)
        and found["properties"]["design"]["enum"] == PLANNED
    )
    assert found["additionalProperties"] is False
    assert all("description" in entry for entry in found["properties"].values())


def test_a_sensitivity_run_grows_without_repeating(tmp_path, capsys):
    """Doubling n and adding a seed run only what is missing; results stand at their rows; a foreign row
    is refused.
    """
    path, out = tmp_path / "tiny.yaml", tmp_path / "out"
    path.write_text(json.dumps(TINY), encoding="utf-8")
    assert (
        main(["sensitivity", str(path), "--out", str(out), "--workers", "1", "--no-report", "--lang", "en"])
        == 0
    )
    assert "96 runs to do, 0 already there" in capsys.readouterr().out
    assert (
        main(
            [
                "sensitivity",
                str(path),
                "--out",
                str(out),
                "--workers",
                "1",
                "--no-report",
                "--lang",
                "en",
                "--n",
                "8",
                "--replicates",
                "3",
            ]
        )
        == 0
    )
    assert "192 runs to do, 96 already there" in capsys.readouterr().out
    store = Store(out)
    store.load()
    plan = Plan.from_dict(TINY | {"settings": {"n": 8}, "replicates": 3})
    found = read_results(store, plan)
    again = to_tasks.tasks(plan)[7 * 3 + 2]  # row 7, third seed
    from experiments.running.worker import run_task

    assert run_task(again)[1].outcomes["satisfaction_index"] == found.values[7, 2, 1, 1]
    with pytest.raises(Exception, match="row 0"):
        read_results(store, Plan.from_dict(TINY | {"sample_seed": 2}))
    with pytest.raises(Exception, match="missing"):
        read_results(store, Plan.from_dict(TINY | {"settings": {"n": 16}, "replicates": 3}))


def test_failed_rows_take_their_block_with_them():
    """A NaN in one row leaves out that base row's whole block and nothing else; with all blocks hit
    nothing is said.
    """
    plan = Plan.from_dict(TINY)
    found = DesignResults(
        plan.points(), ("baseline", "grid"), ("dispute_rate",), np.ones((plan.rows, 2, 2, 1))
    )
    found.values[8, 1, 0, 0] = np.nan
    left, kept = found.without_failed(plan.module.block(plan.factors, plan.all_settings))
    assert np.flatnonzero(~kept).tolist() == list(range(6, 12)) and [p.row for p in left.points][:7] == [
        0,
        1,
        2,
        3,
        4,
        5,
        12,
    ]
    found.values[::6] = np.nan
    with pytest.raises(UserError, match="nothing"):
        found.without_failed(6)


def test_the_wrong_verb_names_the_right_one(tmp_path, capsys):
    path = tmp_path / "tiny.yaml"
    path.write_text(json.dumps(TINY), encoding="utf-8")
    assert main(["sweep", str(path), "--lang", "en"]) == 2
    assert "cogov sensitivity" in capsys.readouterr().err
