"""Systems of the founding documents: files load with their places, and arithmetic finds figures that cannot
be.
"""

from __future__ import annotations

import math
import re
from dataclasses import fields

import pytest

from experiments.validation import arithmetic, claims
from experiments.validation.systems import ConfigError, System, available_systems, load_all, place_numbers
from sim import policies
from sim.config.catalog import LANGUAGES
from sim.scenario import Scenario, places
from tests.validation.made_up_system import GRID, ROOT, SYSTEMS, arms

pytestmark = pytest.mark.usefixtures("language_as_it_was")


def ready(name: str) -> bool:
    """Whether every policy that a system names, and every way of calling a council, is in this version."""
    words = (SYSTEMS / f"{name}.yaml").read_text(encoding="utf-8")
    choices = next(
        f.metadata["choices"] for f in fields(policies.get("resident_council")) if f.name == "selection"
    )
    return set(re.findall(r"policy: (\w+)", words)) <= set(policies.names()) and set(
        re.findall(r"selection: (\w+)", words)
    ) <= set(choices)


# -- places and systems ----------------------------------------------------------------------------
def test_all_22_rows_have_a_system_and_a_place():
    rows = available_systems()
    assert list(rows.values()) == list(range(1, 23))
    for name in rows:
        words = (SYSTEMS / f"{name}.yaml").read_text(encoding="utf-8")
        assert (
            re.search(rf"^name: {name}$", words, re.M)
            and re.search(r"^place: (\w+)$", words, re.M).group(1) in places()
        )


@pytest.mark.parametrize("name", available_systems())
def test_every_system_loads(name):
    if not ready(name):
        pytest.skip("a policy of it is not in this version")
    system = System.load(name)
    assert system.name == name and system.claims
    assert set(system.arms()) >= {name}


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            re.search(r"^place: (\w+)$", p.read_text(encoding="utf-8"), re.M).group(1)
            for p in SYSTEMS.glob("*.yaml")
        }
        - {"hongshan_road"}
    ),
)
def test_every_figure_of_a_place_has_its_source(name):
    place = Scenario.load(name)
    technical = {"name", "title", "summary", "season", "parameters", "kinds", "population_scale", "sources"}
    assert set(place.sources) >= set(Scenario.model_fields) - technical
    assert all(p.source.strip() for p in place.sources.values())


def test_sizes_that_the_documents_give():
    assert (
        Scenario.load("wanshou_road").residents == 200_000 and Scenario.load("wanshou_road").communities > 1
    )
    assert Scenario.load("hongshan_road").residents == 12_000
    assert Scenario.load("shanghai_team").committee_workers == pytest.approx(30.0)
    assert Scenario.load("suzhou").residents / Scenario.load("suzhou").communities == pytest.approx(
        12_748_262 / 2347, rel=0.001
    )
    for name in places():
        assert (
            10.0
            <= Scenario.load(name).committee_workers
            / (Scenario.load(name).residents / Scenario.load(name).communities)
            * 10_000
            <= 25.0
        ), name


def test_no_text_calls_a_simulated_figure_a_rate_of_the_satisfied():
    """The brief's word rule, in systems, places and this catalog."""
    for path in [
        *SYSTEMS.glob("*.yaml"),
        *(ROOT / "configs" / "places").glob("*.yaml"),
        ROOT / "configs" / "catalog" / "validation.yaml",
    ]:
        assert "满意率" not in path.read_text(encoding="utf-8"), path.name


def broken(tmp_path, old: str, new: str):
    assert old in GRID
    path = tmp_path / "mine.yaml"
    path.write_text(GRID.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        System.load(path)
    return caught.value.show("en"), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("policy: grid_management", "policy: grid_managment", "did you mean 'grid_management'?"),
        ("policy: grid_management", "policy: no_policy_yet", "'no_policy_yet' is none of: baseline"),
        ("wechat: 1.0", "wechat: 2.0", "2.0 is outside 0.0 to 1.0"),
        ("measure: share_satisfied", "measure: share_satisfyed", "did you mean 'share_satisfied'?"),
        (
            "solved / place.residents / years_low\n    beside",
            "__import__('os')\n    beside",
            "is not arithmetic",
        ),
        ("judge: change", "judge: chance", "did you mean 'change'?"),
        ("place: hongshan_road", "place: hongshan_rode", "did you mean 'hongshan_road'?"),
        ("{solved} demands of", "{solvd} demands of", "did you mean 'solved'?"),
    ],
)
def test_a_slip_in_a_system_is_an_error_with_its_line(tmp_path, old, new, said):
    told, words = broken(tmp_path, old, new)
    assert said in told
    if "place" not in new:
        line = 1 + words[: words.index(new)].count("\n")
        assert re.search(rf"mine\.yaml:({'|'.join(str(line + i) for i in range(-8, 3))}):", told)


def test_systems_are_chosen_by_number_or_name_and_errors_come_together():
    chosen = load_all(("6", "hongshan_grid", "3"))
    assert [system.number for system in chosen] == [3, 6]
    with pytest.raises(ConfigError) as caught:
        load_all(("hongshan_gird", "23"))
    assert "hongshan_grid" in caught.value.show("en") and "23" in caught.value.show("en")


# -- arithmetic ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words, value",
    [
        ("1 + 2 * 3", 7.0),
        ("-(a - b) / 4", 0.5),
        ("a ** 2", 1.0),
        ("max(a, b) + min(a, b)", 4.0),
        ("exp(0) * x.y", 5.0),
        ("a / 0", math.inf),
    ],
)
def test_arithmetic(words, value):
    assert arithmetic.evaluate(words, {"a": 1.0, "b": 3.0, "x.y": 5.0}.__getitem__) == value


@pytest.mark.parametrize(
    "words",
    [
        "f(1)",
        "a if b else c",
        "[1]",
        "a.b.c",
        "'a'",
        "a; b",
        "lambda: 1",
        "exp(a, b, c, d)",
        "a = 1",
        "True",
        "a[0]",
    ],
)
def test_what_is_no_arithmetic_is_refused(words):
    with pytest.raises(arithmetic.NotArithmetic):
        arithmetic.evaluate(words, lambda name: 1.0)


def test_suzhou_by_hand():
    """2,347 committees and 3,000 meetings are 1.28 a year; nine tenths of residents would be thousands at
    each meeting.
    """
    claim = next(c for c in read("suzhou_councils")["claims"] if c["name"] == "participation")
    values = claims.Values({"name": "suzhou_councils", "place_numbers": {}}, claim, {})
    assert values.mean("each") == pytest.approx(1.278, abs=0.001)
    assert values.mean("crowd") == pytest.approx(0.9 * 12_748_262 / 3000)


@pytest.mark.parametrize(
    "name, claim, low, high",
    [  # the derived ranges of the facts
        ("hongshan_grid", "demands_solved", 50.0, 125.0),
        ("jianghan_grid_plus", "events", 49.0, 122.0),
    ],
)
def test_derived_rates_are_those_of_the_facts(name, claim, low, high):
    system = read(name)
    values = claims.Values(
        {"name": name, "place_numbers": place_numbers(system["place"])},
        next(c for c in system["claims"] if c["name"] == claim),
        {},
    )
    assert values.mean("low") == pytest.approx(low, rel=0.01) and values.mean("high") == pytest.approx(
        high, rel=0.01
    )


@pytest.mark.parametrize(
    "name, claim, wrong",
    [
        ("suzhou_councils", "participation", True),
        ("changning_platform", "events", True),
        ("hongshan_zones", "sorting", True),
        ("guangzhou_conference", "efficiency", True),
    ],
)
def test_figures_that_cannot_be_are_found_by_arithmetic_alone(name, claim, wrong):
    system = read(name)
    one = next(c for c in system["claims"] if c["name"] == claim)
    judged = claims.judge({**system, "claims": [one], "place_numbers": place_numbers(system["place"])}, {})[0]
    assert (judged.verdict == claims.IMPOSSIBLE) is wrong
    for lang in LANGUAGES:
        assert "{" not in judged.reason[lang] and "nan" not in judged.reason[lang]


def test_the_same_figures_made_possible_are_not_called_impossible():
    """The verdict follows the figures: a thousand times the meetings, and 90% is judged by simulation
    again.
    """
    system = read("suzhou_councils")
    one = next(c for c in system["claims"] if c["name"] == "participation")
    one["figures"]["meetings"]["value"] *= 1000
    judged = claims.judge(
        {**system, "claims": [one], "place_numbers": {}}, arms("suzhou_councils", council_reach=[0.95] * 5)
    )[0]
    assert judged.verdict == claims.REPRODUCED


def read(name: str) -> dict:
    from sim.config.catalog import read_yaml

    return read_yaml(SYSTEMS / f"{name}.yaml")
