"""Configuration files: what is right loads, what is wrong is named, all at once, in both languages."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from experiments.questions.comparison import Study, scenario_schema, studies, study_schema
from sim import policies
from sim.config.catalog import has
from sim.config.paths import config_dir
from sim.policies import Policy, parameter
from sim.scenario import ConfigError, Scenario, places

HONGSHAN = (config_dir() / "places" / "hongshan_road.yaml").read_text(encoding="utf-8")
THREE = (config_dir() / "studies" / "three_policies.yaml").read_text(encoding="utf-8")


def write(folder, content, *changes):
    for old, new in changes:
        assert old in content, old
        content = content.replace(old, new, 1)
    path = folder / "x.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def line_of(path, needle):
    return next(
        i for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if needle in line
    )


def problems(load, path):
    with pytest.raises(ConfigError) as caught:
        load(path)
    return caught.value


@pytest.mark.parametrize("name", places())
def test_every_place_loads_and_survives_a_round_trip(name):
    scenario = Scenario.load(name)
    assert Scenario.from_dict(scenario.to_dict()) == scenario
    assert scenario.name == name
    assert len(scenario.season) == 12


@pytest.mark.parametrize("name", studies())
def test_every_study_loads_and_survives_a_round_trip(name):
    study = Study.load(name)
    assert Study.from_dict(study.to_dict()) == study
    assert study.arms[study.baseline] == ()
    assert study.place().residents > 0


def test_hongshan_is_the_community_of_the_brief():
    s = Scenario.load("hongshan_road")
    assert (s.residents, s.grids, s.buildings, s.communities) == (12_000, 12, 100, 1)
    assert (s.elderly_share, s.migrant_share) == (0.30, 0.22)
    assert (s.committee_workers, s.desk_workers, s.property_workers, s.level2_cases) == (22, 2, 10, 3)


def test_a_typo_names_line_path_and_nearest_key(tmp_path):
    path = write(tmp_path, HONGSHAN, ("elderly_share:", "eldery_share:"))
    error = problems(Scenario.load, path)
    line = line_of(path, "eldery_share")
    assert f"x.yaml:{line}: eldery_share: unknown; did you mean 'elderly_share'?" in error.show("en")
    assert "是否想写 'elderly_share'" in error.show("zh")


def test_all_errors_at_once_in_line_order(tmp_path):
    path = write(
        tmp_path,
        HONGSHAN
        + "\nparameters:\n  problem_rat: 1\n  kpi: 3\n  naming_rate: fast\nkinds:\n  nois: {share: 1}\n",
        ("estate: renewal", "estate: renewl"),
        ("migrant_share: 0.22", "migrant_share: 1.22"),
        ("old: 15", "old: 150"),
        ("days: 730", "days: 3.5"),
    )
    error = problems(Scenario.load, path)
    assert [p.path for p in error.problems] == [
        "estates.1.estate",
        "migrant_share",
        "ties.old",
        "days",
        "parameters.problem_rat",
        "parameters.kpi",
        "parameters.naming_rate",
        "kinds.nois",
    ]
    lines = [p.line for p in error.problems]
    assert lines == sorted(lines)
    for problem, needle in zip(
        error.problems, ("renewl", "1.22", "150", "3.5", "problem_rat:", "kpi: 3", "fast", "nois:")
    ):
        assert problem.line == line_of(path, needle), needle


def test_out_of_range_says_range_unit_and_source(tmp_path):
    path = write(tmp_path, HONGSHAN + "\nparameters: {level2_delay: 90}\n")
    message = str(problems(Scenario.load, path).problems[0].message("en"))
    assert "90 is outside 4.0 to 20.0 day" in message and "official bulletins" in message


def test_a_key_given_twice_and_broken_yaml_are_errors(tmp_path):
    path = write(tmp_path, HONGSHAN + "\ngrids: 3\n")
    assert [(p.path, p.message_key) for p in problems(Scenario.load, path).problems] == [
        ("grids", "config.twice")
    ]
    path = write(tmp_path, "name: [a\nb: }\n")
    assert problems(Scenario.load, path).problems[0].message_key == "config.yaml"
    path = write(tmp_path, "- a\n")
    assert problems(Scenario.load, path).problems[0].message_key == "config.type"


def test_fields_that_contradict_each_other(tmp_path):
    path = write(
        tmp_path,
        HONGSHAN,
        ("young_share: 0.25", "young_share: 0.75"),
        ("desk_workers: 2", "desk_workers: 23"),
        ("residents_per_building: 120", "residents_per_building: 1200"),
    )
    found = {p.path for p in problems(Scenario.load, path).problems}
    assert found == {"young_share", "desk_workers", "residents_per_building"}
    path = write(tmp_path, HONGSHAN + "\nkinds: {noise: {share: 0.3}}\n")
    assert [p.message_key for p in problems(Scenario.load, path).problems] == ["config.kind_shares"]


def test_unknown_place_names_the_nearest_or_all():
    assert "did you mean 'hongshan_road'" in str(problems(Scenario.load, "hongshan_raod").show("en"))
    assert "small_community" in problems(Scenario.load, "zzz").show("en")
    assert problems(Scenario.load, "nowhere/x.yaml").problems[0].message_key == "config.no_file"


def test_an_error_survives_a_process_boundary():
    error = problems(Scenario.load, "zzz")
    assert pickle.loads(pickle.dumps(error)).show("zh") == error.show("zh")


@pytest.mark.parametrize("residents", [500, 2_000, 7_777, 120_000, 1_000_000])
def test_scaling_keeps_the_total_exact_and_staff_in_proportion(residents):
    base = Scenario.load("hongshan_road")
    s = base.scaled(residents)
    assert s.residents == residents
    assert s.buildings * s.residents_per_building <= 65_000
    staff = s.committee_workers * s.communities / residents
    assert staff == pytest.approx(base.committee_workers / base.residents)
    assert (s.elderly_share, s.ties, s.digital) == (base.elderly_share, base.ties, base.digital)


def test_population_scale_is_applied_on_loading(tmp_path):
    path = write(tmp_path, HONGSHAN + "\npopulation_scale: 0.25\n")
    s = Scenario.load(path)
    assert (s.residents, s.population_scale) == (3_000, 1.0)


def test_hash_follows_numbers_and_not_words(tmp_path):
    base = Scenario.load("hongshan_road")
    words = write(tmp_path, HONGSHAN, ('en: "Hongshan Road"', 'en: "Another title"'))
    assert Scenario.load(words).hash == base.hash
    assert base.with_parameters({"kpi": 0.3}).hash != base.hash
    assert base.with_parameters({"noise.work": 2.0}).hash != base.hash
    assert base.scaled(2_000).hash != base.hash


def test_extremes_pass_in_code_unless_checked():
    base = Scenario.load("hongshan_road")
    assert base.with_parameters({"problem_rate": 0.0}).parameters == {"problem_rate": 0.0}
    with pytest.raises(ConfigError):
        base.with_parameters({"problem_rate": 0.0}, check=True)
    with pytest.raises(ConfigError, match="problem_rate"):
        base.with_parameters({"problem_rte": 0.0})


@pytest.fixture
def grid_of_the_test(monkeypatch):
    """A policy of the test's own under a known name, so that its ranges stay."""

    @dataclasses.dataclass(frozen=True)
    class Grid(Policy):
        """Two settings, for the test."""

        workers: float = parameter(1.0, 0.0, 2.0, "workers/grid", "a guess of the test")
        name = "grid_management"

    monkeypatch.setattr(policies, "_OWN", {"grid_management": Grid})


def test_policies_of_a_study_are_held_to_what_they_declare(tmp_path, grid_of_the_test):
    arms = (
        "arms:\n  baseline: []\n"
        "  a:\n    - {policy: grid_management, intensty: 1}\n    - policy: grid_managment\n"
        "  b:\n    - policy: grid_management\n      workers: 7\n      start_day: 0\n    - {polcy: x}\n"
    )
    path = write(
        tmp_path,
        "name: t\ntitle: {en: t, zh: t}\nsummary: {en: t, zh: t}\nscenario: small_community\n" + arms,
    )
    error = problems(Study.load, path)
    assert [(p.line, p.path) for p in error.problems] == [
        (8, "arms.a.0.intensty"),
        (9, "arms.a.1.policy"),
        (12, "arms.b.0.workers"),
        (14, "arms.b.1"),
        (14, "arms.b.1.polcy"),
    ]
    shown = error.show("en")
    assert "x.yaml:8: arms.a.0.intensty: unknown; did you mean 'intensity'?" in shown
    assert "7 is outside 0.0 to 2.0 workers/grid (range: a guess of the test)" in shown


def test_a_study_with_wrong_place_seeds_and_labels(tmp_path):
    path = write(
        tmp_path,
        THREE,
        ("scenario: hongshan_road", "scenario: hongshan_raod"),
        ("seeds: 30", "seeds: [1, 2, 2, x]"),
        ("days: 730", "days: 0"),
    )
    error = problems(Study.load, path)
    assert {p.path for p in error.problems} == {"scenario", "seeds.2", "seeds.3", "days"}
    path = write(tmp_path, THREE, ("  all_three: {en:", "  all_thre: {en:"))
    assert [p.path for p in problems(Study.load, path).problems] == ["labels.all_thre"]


def test_seeds_and_place_of_a_study():
    study = Study.load("three_policies")
    assert study.seed_list == list(range(1, 31))
    assert study.population_seed_of(7) == 7
    small = study.model_copy(
        update={"residents": 2_000, "parameters": {"kpi": 0.5}, "days": 90, "population_seed": 3}
    )
    place = small.place()
    assert (place.residents, place.parameters, place.days) == (2_000, {"kpi": 0.5}, 90)
    assert small.population_seed_of(7) == 3
    assert list(study.arms) == [
        "baseline",
        "grid_management",
        "resident_council",
        "smart_platform",
        "all_three",
        "equal_cost_staff",
    ]


def test_json_schemas_describe_every_field_in_both_languages():
    for model, made in ((Scenario, scenario_schema()), (Study, study_schema())):
        for name in model.model_fields:
            assert has(f"field.{name}"), name
            assert "/" in made["properties"][name]["description"], name
        assert made["additionalProperties"] is False
        assert "naming_rate" in made["properties"]["parameters"]["properties"]
