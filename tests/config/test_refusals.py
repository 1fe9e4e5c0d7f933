"""Refusals: what could not mean anything is refused in a sentence of ours, before anything is written."""

from __future__ import annotations

import pickle
import time

import pytest

from experiments import cli
from experiments.questions.comparison import Study
from experiments.questions.plan import Plan
from sim import policies
from sim.config import registry
from sim.config.errors import BadType, BadValue, ConfigError, NoAttribute, NoKey, PolicyError, UserError
from sim.config.paths import config_dir
from sim.engine import Engine
from sim.levers import LeverError, Move, check
from sim.scenario import Scenario
from tests.config.tiny_study import GRID, PLAN, TINY, keys, refused, study_file

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


# -- meaning ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change, key",
    [
        ({"smallest_effect": {"dispute_rate": -1}}, "config.range"),
        ({"arms": {"baseline": []}}, "config.one_arm"),
        ({"arms": {}}, "config.no_arms"),
        ({"arms": {"a": [], "b": [GRID], "c": [GRID | {"intensity": 1.0}]}}, "config.same_arm"),
        ({"arms": {"a": [], "b": [{"policy": "baseline"}]}}, "config.same_arm"),
        (
            {"labels": {"baseline": {"en": "x", "zh": "y"}, "grid": {"en": "x", "zh": "z"}}},
            "config.same_label",
        ),
        ({"arms": {"a": [], "b": [GRID, GRID | {"intensity": 0.5}]}}, "config.policy_twice"),
        ({"outcomes": ["dispute_rate@y99"]}, "config.no_year"),
        ({"outcomes": ["dispute_rate@y2"]}, "config.no_year"),
        ({"outcomes": ["dispute_rate@"]}, "config.no_year"),
        ({"outcomes": ["dispute_rate"] * 2}, "config.twice"),
        ({"smallest_effect": {"dispute_rate@y9": 1.0}}, "config.no_year"),
        (
            {"seeds": 100_000, "arms": {f"a{i}": [GRID | {"intensity": i / 50}] for i in range(11)}},
            "config.too_many_runs",
        ),
        ({"seeds": 99999999999999999999}, "config.range"),
        ({"seeds": [2**63]}, "config.range"),
        ({"population_seed": -1}, "config.range"),
        ({"arms": {" a": [], "b": [GRID]}}, "config.label_pattern"),
        ({"arms": {"a": [], "b\nc": [GRID]}}, "config.label_pattern"),
        ({"residents": 50_000_000, "scenario": "hongshan_road"}, "config.place_too_large"),
    ],
)
def test_what_could_not_mean_anything_is_refused(tmp_path, change, key):
    assert keys(refused(Study.load, study_file(tmp_path, **change))) == [key]


def test_the_first_full_year_of_a_run_is_an_outcome(tmp_path):
    assert Study.load(study_file(tmp_path, outcomes=["dispute_rate@y1"])).outcomes == ("dispute_rate@y1",)


def test_one_policy_twice_is_refused_by_study_and_engine_alike():
    with pytest.raises(PolicyError, match="stands twice"):
        Engine("small_community", ["grid_management", GRID | {"intensity": 0.5}])


def test_a_design_too_large_for_any_list_is_refused_at_once():
    began = time.perf_counter()
    for change in (
        {"uncertainties": "all", "settings": {"trajectories": 100_000}},
        {
            "design": "sweep",
            "settings": {"levels": 1001},
            "uncertainties": {"kpi": None, "coclaim_rate": None, "turnover_rate": None},
        },
        {"uncertainties": {"kpi": None}, "replicates": 100_000},
    ):
        assert keys(refused(Plan.from_dict, PLAN | change)) in (
            ["config.too_many_cells"],
            ["config.too_many_runs"],
        )
    assert time.perf_counter() - began < 2.0


# -- names ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "../../escaped",
        "/abs",
        "..",
        ".",
        "",
        ".hidden",
        "a/b",
        "a\\b",
        "x" * 81,
        "\u540d" * 61,
        "a b",
        "-x",
        "a\n",
        "x.",
        "\u202ea",
    ],
)
@pytest.mark.parametrize(
    "load, data",
    [
        (Study.from_dict, TINY),
        (Plan.from_dict, PLAN | {"uncertainties": {"kpi": None}}),
        (Scenario.from_dict, Scenario.load("small_community").to_dict()),
    ],
    ids=["study", "plan", "place"],
)
def test_no_name_leaves_its_folder(load, data, name):
    assert keys(refused(load, data | {"name": name})) == ["config.name_pattern"]


@pytest.mark.parametrize(
    "name", ["three_policies", "\u6d2a\u5c71\u8def-2", "v1.2", "\u00c9tude", "x" * 80, "7"]
)
def test_letters_of_any_script_make_a_name(name):
    assert Study.from_dict(TINY | {"name": name}).name == name


# -- errors -----------------------------------------------------------------------------------------
def test_all_errors_a_user_can_mend_have_one_root_and_speak_both_languages():
    """Each door's own: what Python expects it to be, one root, two languages, the same after a process
    boundary.
    """
    from sim.mesa_model.community import CommunityModel

    model = CommunityModel("small_community", residents=300, seed=1)
    doors = [
        (lambda: Scenario.load("smal_community"), ConfigError),
        (lambda: policies.load("grid_managment"), PolicyError),
        (lambda: check(Move("patrl", "shift", 1.0), "x"), LeverError),
        (lambda: check(Move("patrol", "push", 1.0), "x"), LeverError),
        (lambda: registry.params_record({"namming_rate": 1.0}), NoKey),
        (lambda: CommunityModel(seed="a"), BadType),
        (lambda: CommunityModel(seed=1, rng=2), BadValue),
        (lambda: model.run(-1), BadValue),
        (lambda: model.scenario, NoAttribute),
        (lambda: setattr(next(iter(model.agents)), "trust", 1.0), NoAttribute),
        (lambda: next(iter(model.agents)).trsut, NoAttribute),
        (lambda: Scenario.load("small_community").scaled(0), BadValue),
    ]
    for act, kind in doors:
        with pytest.raises(kind) as caught:
            act()
        error = caught.value
        assert isinstance(error, UserError) and error.show("en") != error.show("zh")
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_messages_are_bounded(tmp_path):
    long = "z" * 400_000
    error = refused(
        Study.load,
        study_file(
            tmp_path, outcomes=[long], scenario=long, arms={"b": [], long: [{"policy": long, long: long}]}
        ),
    )
    assert len(error.show("en")) < 3_000
    many = refused(Study.load, study_file(tmp_path, outcomes=[f"none{i}" for i in range(500)]))
    assert len(many.show("en").splitlines()) == 21 and "480 more problems" in many.show("en")


def test_there_is_one_did_you_mean():
    """Only sim/config/catalog.py asks difflib."""
    from pathlib import Path

    root = config_dir().parent
    users = [
        p.relative_to(root).as_posix()
        for folder in ("sim", "experiments")
        for p in Path(root / folder).rglob("*.py")
        if "difflib" in p.read_text(encoding="utf-8")
    ]
    assert users == ["sim/config/catalog.py"]


# -- the command line -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    [
        ["compare", "three_policies", "--seeds", "99999999999999999999"],
        ["compare", "three_policies", "--seeds", "9999999999"],
        ["compare", "three_policies", "--seeds", str(2**63)],
        ["compare", "three_policies", "--seeds", "1,99999999999"],
        ["compare", "three_policies", "--workers", "1e3"],
        ["compare", "three_policies", "--workers", "99999999"],
        ["compare", "three_policies", "--shard", "1/99999999999"],
        ["compare", "three_policies", "--shard", "\u00b2/3"],
        ["run", "small_community", "--policy", "grid_management:policy="],
        ["run", "small_community", "--policy", "grid_management:intensity=1,intensity=0"],
        ["run", "small_community", "--policy", "grid_management:intensity=true"],
        ["run", "small_community", "--policy", "grid_management:end_day=-50"],
        ["run", "small_community", "--policy", ":intensity=1"],
        ["run", "small_community", "--seed", "1_0"],
        ["sweep", "ranks", "--n", "9999999999"],
        ["compare", "three_policies", "--precision", "dispute_rate=1_0"],
        ["phenomena", "/no/such.yaml"],
        ["sensitivity", "--from", "/bin/ls", "--inputs", "a=0:1", "--outputs", "y"],
    ],
)
def test_limits_are_checked_before_anything_is_written(tmp_path, capsys, words):
    began = time.perf_counter()
    try:
        code = cli.main([*words, "--lang", "en"])
    except SystemExit as end:
        code = end.code
    assert code == cli.BAD_INPUT and not list(tmp_path.iterdir()) and time.perf_counter() - began < 10.0
    said = capsys.readouterr().err
    assert said.startswith("Error: ") and len(said.splitlines()) <= 2 and len(said) < 1_000
