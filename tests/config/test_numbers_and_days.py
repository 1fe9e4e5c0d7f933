"""Numbers, truth values, days and levers: the same text means the same in every door, or nothing in any."""

from __future__ import annotations

import pytest

from experiments.questions.comparison import Study
from experiments.questions.plan import Plan
from sim import policies
from sim.config import numbers
from sim.config.errors import PolicyError
from sim.engine import Engine
from tests.config.tiny_study import GRID, PLAN, TINY, keys, refused, study_file

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


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
