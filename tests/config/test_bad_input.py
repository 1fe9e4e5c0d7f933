"""Bad input: whatever a file or a line holds, the answer is a sentence of ours, the same in every door,
in bounded time.
"""

from __future__ import annotations

import json
import os
import pickle
import time
import warnings

import pytest

from experiments import cli
from experiments.questions import given_table
from experiments.questions.comparison import Study
from experiments.questions.plan import Plan
from sim import policies
from sim.config import numbers, registry
from sim.config.catalog import set_language
from sim.config.errors import (
    BadType,
    BadValue,
    ConfigError,
    NoAttribute,
    NoKey,
    Notice,
    PolicyError,
    UserError,
)
from sim.config.paths import config_dir
from sim.engine import Engine
from sim.levers import LeverError, Move, check
from sim.scenario import Scenario

THREE = (config_dir() / "studies" / "three_policies.yaml").read_text(encoding="utf-8")
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


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    set_language(None)


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


# -- files ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_study_in_another_encoding_is_read_and_said(tmp_path, encoding):
    (tmp_path / "mine.yaml").write_bytes(THREE.encode(encoding))
    with pytest.warns(Notice, match=encoding.upper()[:6]):
        assert Study.load(tmp_path / "mine.yaml") == Study.load("three_policies")


def test_the_command_says_in_one_line_which_encoding_it_read(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_bytes(THREE.replace("burn_in_days:", "burn_in_day:").encode("gb18030"))
    assert cli.main(["compare", "mine.yaml", "--lang", "en"]) == cli.BAD_INPUT
    said = capsys.readouterr().err.splitlines()
    assert (
        said[0].startswith("Note: mine.yaml is not UTF-8 and was read as GB18030")
        and "did you mean 'burn_in_days'" in said[1]
    )
    assert len(said) == 2


@pytest.mark.parametrize(
    "content, key",
    [
        (b"name: \xff\xfe\xfa\x80\n", "config.encoding"),
        (b"name: a\0b\n", "config.yaml"),
        (b'name: "a\\0b"\n', "config.character"),
        (b'name: "\\ud800"\n', "config.yaml"),
        (b"a: !!int abc\n", "config.tag"),
        (b"a: !!python/object/apply:os.getcwd []\n", "config.tag"),
        (b"deep: " + b"[" * 3000 + b"]" * 3000, "config.deep"),
        (b"a: &a [*a]\n", "config.alias_inside"),
        (b"a: *b\n", "config.no_anchor"),
        (b"? [a]\n: 1\n", "config.key"),
        (b"a: 1\n---\nb: 2\n", "config.documents"),
        (b"m: [" + b"1," * 30_000 + b"1]", "config.too_many"),
        (b"x: " + b"y" * 1_000_001, "config.too_large"),
        (b"<<: [1]\n", "config.merge"),
        (b"- a\n", "config.type"),
        (b"'': 1\n", "config.key"),
    ],
)
def test_what_is_no_configuration_is_named_within_two_seconds(tmp_path, content, key):
    (tmp_path / "mine.yaml").write_bytes(content)
    began = time.perf_counter()
    assert key in keys(refused(Study.load, tmp_path / "mine.yaml"))
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("bomb", ["aliases", "merges"])
def test_bombs_are_refused_before_they_grow(tmp_path, bomb):
    from benchmarks import config_slips as fuzz

    (tmp_path / "mine.yaml").write_text(fuzz.BOMB if bomb == "aliases" else fuzz.MERGES, encoding="utf-8")
    began = time.perf_counter()
    assert "config.too_many" in keys(refused(Study.load, tmp_path / "mine.yaml"))
    assert time.perf_counter() - began < 2.0


def test_aliases_and_merges_of_a_sane_size_mean_what_yaml_says(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "name: m\ntitle: &t {en: t, zh: t}\nsummary: *t\nscenario: small_community\nseeds: 2\narms:\n  baseline: []\n"
        "  a: [&g {policy: grid_management, intensity: 0.5}]\n  b: [{<<: *g, intensity: 0.25}]\n",
        encoding="utf-8",
    )
    study = Study.load(tmp_path / "mine.yaml")
    assert study.arms["a"][0]["intensity"] == 0.5 and study.arms["b"][0] == {
        "policy": "grid_management",
        "intensity": 0.25,
    }
    assert study.summary == study.title


def test_what_is_no_file_is_said(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    for name, key in (
        ("folder.yaml", "config.is_folder"),
        ("pipe.yaml", "config.no_regular_file"),
        ("none.yaml", "config.no_file"),
        (f"{'x' * 300}.yaml", "config.unreadable"),
        ("a\0b.yaml", "config.unreadable"),
        ("y" * 400_000, "config.no_study"),
    ):
        assert keys(refused(Study.load, name)) == [key], name[:40]


def test_a_value_may_begin_with_an_at_sign(tmp_path):
    error = refused(Study.load, study_file(tmp_path, scenario="@config.number", outcomes=["@y1"], days="@"))
    assert len(error.problems) == 3 and "'@'" in error.show("en")


# -- numbers ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "word, value",
    [
        ("30", 30),
        ("-3", -3),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5e-1", 0.5),
        ("1E3", 1000.0),
        ("010", 10),
        ("1.", 1.0),
    ],
)
def test_a_number_is_read_alike_in_a_file_and_on_the_command_line(tmp_path, word, value):
    from experiments.commands.run import policy
    from sim.config.yaml_file import scalar

    found = numbers.read_number(word), scalar(word), policy(f"x:a={word}")["a"]
    assert found == (value,) * 3 and {type(f) for f in found} == {type(value)}


@pytest.mark.parametrize(
    "word",
    [
        "1_0",
        "0x10",
        "0o7",
        "1:30",
        "\u0663",
        "\u00b2",
        "1e",
        "--1",
        "1 0",
        "2024-01-01",
        "one",
        "infinity",
        "nan",
    ],
)
def test_other_spellings_are_no_numbers_anywhere(word):
    from experiments.commands._options import positive
    from experiments.commands.run import policy
    from sim.config.yaml_file import scalar

    assert numbers.read_number(word) is None and scalar(word) == word and policy(f"x:a={word}")["a"] == word
    with pytest.raises(Exception, match="whole number"):
        positive(word)


@pytest.mark.parametrize(
    "change, path",
    [
        ({"arms": {"baseline": [], "a": [GRID | {"intensity": True}]}}, "arms.a.0.intensity"),
        ({"arms": {"baseline": [], "a": [GRID | {"start_day": False}]}}, "arms.a.0.start_day"),
        ({"seeds": "6"}, "seeds"),
        ({"seeds": [True, 2]}, "seeds.0"),
        ({"seeds": True}, "seeds"),
        ({"days": "400"}, "days"),
        ({"days": True}, "days"),
        ({"parameters": {"kpi": True}}, "parameters.kpi"),
        ({"parameters": {"kpi": "0.1"}}, "parameters.kpi"),
        ({"smallest_effect": {"dispute_rate": True}}, "smallest_effect.dispute_rate"),
        ({"population_seed": True}, "population_seed"),
        ({"arms": {"baseline": [], "a": [GRID | {"intensity": "5e-1"}]}}, "arms.a.0.intensity"),
    ],
)
def test_a_truth_value_or_a_text_is_no_number(tmp_path, change, path):
    error = refused(Study.load, study_file(tmp_path, **change))
    assert [p.path for p in error.problems] == [path]
    assert error.problems[0].line == 1 + list(TINY | change).index(path.split(".")[0])


@pytest.mark.parametrize(
    "spec",
    [
        GRID | {"intensity": True},
        GRID | {"intensity": "1"},
        GRID | {"intensity": float("nan")},
        {"policy": ["x"]},
        {},
    ],
)
def test_the_engine_takes_no_more_than_a_file(spec):
    with pytest.raises(PolicyError):
        policies.term(spec)


# -- days -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "days, key",
    [
        ({"end_day": 182.5}, "config.whole_days"),
        ({"start_day": 182.5}, "config.whole_days"),
        ({"start_day": 30, "end_day": 10}, "config.ends_before_it_begins"),
        ({"start_day": 30, "end_day": 30}, "config.ends_before_it_begins"),
        ({"end_day": -50}, "config.range"),
        ({"start_day": -1}, "config.range"),
    ],
)
def test_days_are_whole_and_in_order_in_every_door(tmp_path, days, key):
    """The file, the plan, the command line and the engine refuse the same days in the same words."""
    spec = GRID | days
    said = refused(policies.term, spec).problems[0]
    assert said.message_key == key
    from_file = refused(Study.load, study_file(tmp_path, arms={"baseline": [], "a": [spec]})).problems[0]
    assert from_file.message("en") == said.message("en") and from_file.message("zh") == said.message("zh")
    assert (
        refused(
            Plan.from_dict, PLAN | {"uncertainties": {"kpi": None}, "arms": {"baseline": [], "a": [spec]}}
        )
        .problems[0]
        .message_key
        == key
    )
    with pytest.raises(PolicyError):
        Engine("small_community", [spec])


def test_a_policy_that_would_begin_after_the_run_is_refused_and_one_that_outlasts_it_is_not(tmp_path):
    assert keys(
        refused(Study.load, study_file(tmp_path, arms={"b": [], "a": [GRID | {"start_day": 400}]}))
    ) == ["config.never_in_force"]
    assert (
        Study.load(
            study_file(tmp_path, arms={"b": [], "a": [GRID | {"start_day": 399, "end_day": 1000}]})
        ).days
        == 400
    )


def test_whole_days_reach_the_engine_as_integers():
    policy, start, end = policies.term(GRID | {"start_day": 5.0, "end_day": 10})
    assert (start, end, type(start), type(end)) == (5, 10, int, int) and policy.name == "grid_management"


def test_a_lever_over_a_day_is_an_integer_factor():
    given = PLAN | {
        "design": "sweep",
        "settings": {"levels": 3},
        "levers": {"grid_management.start_day": {"low": 0, "high": 300}},
    }
    plan = Plan.from_dict(given)
    assert plan.factors[0].kind == "integer" and {
        type(p.values["grid_management.start_day"]) for p in plan.points()
    } == {int}
    for change, key in (
        ({"low": 0.5, "high": 300}, "config.whole_days"),
        ({"low": 0, "high": 300, "kind": "real"}, "config.choice"),
    ):
        assert key in keys(refused(Plan.from_dict, given | {"levers": {"grid_management.start_day": change}}))


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


# -- tables -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding, mark", [("gb18030", ","), ("utf-16", "\t"), ("utf-8-sig", ";")])
def test_a_table_from_a_spreadsheet_is_read_whatever_its_encoding(tmp_path, encoding, mark):
    rows = [("\u7532", "b", "y"), ("1", "0.5", "2e-1"), ("0", "1", "3")]
    (tmp_path / "t.csv").write_bytes("\r\n".join(mark.join(row) for row in rows).encode(encoding))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        assert given_table.read(tmp_path / "t.csv") == {
            "\u7532": ["1", "0"],
            "b": ["0.5", "1"],
            "y": ["2e-1", "3"],
        }


# -- the fuzzers, a few of each ---------------------------------------------------------------------
def test_a_hundred_damaged_files_have_a_hundred_clear_answers(tmp_path):
    from benchmarks import fuzz_configs as fuzz

    kinds = fuzz.classes()
    assert len(kinds) == 10
    (tmp_path / "x").mkdir()
    for i, (name, done, content) in enumerate(fuzz.damaged(kinds, 100, seed=20)):
        (tmp_path / "x" / "file.yaml").write_bytes(content)
        told = fuzz.answer(kinds[name].load, tmp_path / "x" / "file.yaml")
        assert told.good, f"{i} {name} {done}: {told}"


def test_thirty_odd_command_lines_have_thirty_clear_answers():
    from benchmarks import fuzz_commands as fuzz

    for words in fuzz.lines(39, seed=20):
        told = fuzz.answer(words)
        assert told.verdict in ("done", "would run", "refused"), f"{words}: {told}"


def test_the_fuzzers_know_a_bad_answer(tmp_path):
    """A traceback, an endless message and a folder left behind are told from a clear answer."""
    from benchmarks import fuzz_commands, fuzz_configs

    def fails(path):
        raise KeyError(path)

    def talks(path):
        raise UserError("config.other", detail=fuzz_configs.Path(path / ("x/" * 1_500)))

    assert (
        fuzz_configs.answer(fails, tmp_path).verdict == "traceback"
        and not fuzz_configs.answer(talks, tmp_path).good
    )
    assert (
        fuzz_commands.judged(2, "Error: x", {"results"}) == "left something behind"
        and fuzz_commands.judged(2, "", set()) == "exit code 2"
    )
