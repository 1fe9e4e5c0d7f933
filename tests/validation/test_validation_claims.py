"""Claims of the founding documents: places and systems load, verdicts have known answers, the page is
safe and bilingual.
"""

from __future__ import annotations

import ast
import csv
import json
import math
import re
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from experiments import cli
from experiments.validation import Request, arithmetic, claims, claims_file, shown
from experiments.validation.pages import page
from experiments.validation.systems import ConfigError, System, available_systems, load_all, place_numbers
from sim import policies
from sim.config.catalog import LANGUAGES, catalog, set_language
from sim.scenario import Scenario, places

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = ROOT / "configs" / "systems"
GRID = (SYSTEMS / "hongshan_grid.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def language_as_it_was():
    yield
    set_language(None)


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


# -- verdicts --------------------------------------------------------------------------------------
def a_system(tests: list[dict], **more) -> dict:
    claim = {
        "name": "c",
        "said": {"en": "said", "zh": "所称"},
        "tests": tests,
        "need": "all",
        "beside": [],
        "figures": {},
        "cannot": [],
        "values": {},
        "note": None,
        "imposed": False,
    } | more
    return {
        "name": "s",
        "number": 1,
        "document": "D1",
        "title": {"en": "S", "zh": "系"},
        "summary": {"en": "s", "zh": "述"},
        "place": "p",
        "place_numbers": {"residents": 100.0},
        "policies": [{"policy": "x"}],
        "sources": {},
        "claims": [claim],
    }


def arms(system: str = "s", baseline: dict | None = None, **outcomes) -> dict:
    made = {system: {name: np.array(values, float) for name, values in outcomes.items()}}
    return made | {"baseline": {name: np.array(values, float) for name, values in (baseline or {}).items()}}


def verdict(test: dict, runs: dict, **more) -> claims.Judged:
    return claims.judge(a_system([test], **more), runs)[0]


AROUND = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])


@pytest.mark.parametrize(
    "centre, bounds, expected, outcome",
    [
        (0.95, {"at_least": 0.9}, "reproduced", "met"),
        (0.80, {"at_least": 0.9}, "not_reproduced", "missed"),
        (0.90, {"at_least": 0.9}, "not_reproduced", "crosses"),
        (0.50, {"at_least": 0.4, "at_most": 0.6}, "reproduced", "met"),
        (0.70, {"at_least": 0.4, "at_most": 0.6}, "not_reproduced", "missed"),
        (0.60, {"at_most": 0.6}, "not_reproduced", "crosses"),
        (0.30, {}, "reproduced", "met"),
    ],
)
def test_a_level_counts_only_with_its_whole_interval(centre, bounds, expected, outcome):
    judged = verdict({"judge": "level", "measure": "m", **bounds}, arms(m=centre + AROUND))
    assert (judged.verdict, judged.first.outcome) == (expected, outcome)
    assert judged.first.estimate.mean == pytest.approx(centre)
    assert judged.first.estimate.low < centre < judged.first.estimate.high


def test_a_change_is_paired_by_seed_and_none_is_no_rise():
    luck = np.array([1.0, 5.0, 9.0, 2.0, 7.0])
    steady = verdict(
        {"judge": "change", "measure": "m", "at_least": 0}, arms(m=luck + 0.5 + AROUND, baseline={"m": luck})
    )
    assert steady.verdict == "reproduced" and steady.first.estimate.mean == pytest.approx(0.5)
    same = verdict({"judge": "change", "measure": "m", "at_least": 0}, arms(m=luck, baseline={"m": luck}))
    assert same.verdict == "not_reproduced"
    fell = verdict(
        {"judge": "change", "measure": "m", "at_most": 0}, arms(m=luck - 0.5 + AROUND, baseline={"m": luck})
    )
    assert fell.verdict == "reproduced"
    assert "a fall" in fell.reason["en"] and "下降" in fell.reason["zh"]


@pytest.mark.parametrize(
    "size, marked, expected, outcome",
    [
        (0.5, False, "reproduced", "met"),
        (0.5, True, "reproduced", "met"),
        (0.1, False, "reproduced", "slight"),
        (0.1, True, "not_reproduced", "small"),
    ],
)
def test_a_marked_change_must_be_noticeable_any_other_only_has_its_sign(size, marked, expected, outcome):
    test = {
        "judge": "change",
        "measure": "m",
        "at_least": 0,
        "smallest": 0.3,
        "marked": marked,
        "unit": "share",
    }
    judged = verdict(test, arms(m=1.0 + size + AROUND, baseline={"m": [1.0] * 5}))
    assert (judged.verdict, judged.first.outcome) == (expected, outcome)
    assert ("30.0 percentage points" in judged.reason["en"]) is (outcome != "met")


def test_sizes_simulated_enter_where_a_figure_is_of_a_whole_community():
    system = a_system(
        [
            {
                "judge": "level",
                "measure": "m * place.residents / sim.residents",
                "at_least": 10,
                "unit": {"en": "", "zh": ""},
            }
        ]
    )
    system["sim_numbers"] = {"residents": 50.0, "communities": 1.0}
    judged = claims.judge(system, arms(m=[6.0] * 4))[0]
    assert judged.verdict == "reproduced" and judged.first.estimate.mean == 12.0


def test_relative_change_and_one_of_several_suffices():
    slow, more = (
        {"judge": "relative", "measure": "days", "at_most": "1 / (1 + gain) - 1"},
        {"judge": "relative", "measure": "solved", "at_least": "gain"},
    )
    figure = {
        "gain": {"value": 0.2, "unit": "share", "status": "claim", "source": "D1", "en": "g", "zh": "g"}
    }
    runs = arms(days=[9.0] * 4, solved=[13.0] * 4, baseline={"days": [10.0] * 4, "solved": [10.0] * 4})
    assert claims.judge(a_system([slow, more], need="any", figures=figure), runs)[0].verdict == "reproduced"
    assert (
        claims.judge(a_system([slow, more], need="all", figures=figure), runs)[0].verdict == "not_reproduced"
    )
    assert (
        verdict(slow, arms(days=[8.3] * 4, baseline={"days": [10.0] * 4}), figures=figure).verdict
        == "reproduced"
    )


def test_nothing_measured_nothing_reproduced():
    assert verdict({"judge": "none", "label": {"en": "green", "zh": "绿化"}}, {}).verdict == "not_reproduced"
    silent = verdict({"judge": "level", "measure": "m", "at_least": 0}, arms(m=[math.nan] * 5))
    assert silent.verdict == "not_reproduced" and silent.first.outcome == "nothing"
    few = verdict({"judge": "level", "measure": "m", "at_least": 0.5}, arms(m=[0.6, 0.7]))
    assert (
        few.verdict == "reproduced"
        and "too few for an interval" in few.reason["en"]
        and math.isnan(few.first.estimate.low)
    )
    failed = verdict(
        {"judge": "level", "measure": "m", "at_least": 0.5}, arms(m=[0.6, math.nan, 0.7, 0.65, 0.66])
    )
    assert failed.first.estimate.n == 4


def test_arithmetic_comes_before_simulation_and_shows_it_beside():
    figures = {
        name: {"value": value, "unit": "n", "status": "claim", "source": "D", "en": name, "zh": name}
        for name, value in (("people", 1000), ("hall", 50))
    }
    judged = verdict(
        {"judge": "level", "measure": "m", "at_least": 0.5},
        arms(m=0.9 + AROUND),
        figures=figures,
        values={"twice": "2 * people"},
        cannot=[
            {
                "value": "people",
                "at_most": "hall",
                "why": {"en": "{people} in {bound}, {twice}", "zh": "{people}，{bound}，{twice}"},
            }
        ],
    )
    assert judged.verdict == "cannot"
    assert (
        judged.reason["en"].startswith("1,000 in 50, 2,000")
        and "90.0%" not in judged.reason["en"]
        and "0.900 (95% interval" in judged.reason["en"]
    )


@pytest.mark.parametrize(
    "value, unit, shown_en",
    [
        (0.9512, "share", "95.1%"),
        (0.0, "share", "0.0%"),
        (1234.5, {"en": "CNY", "zh": "元"}, "1,234 CNY"),
        (4.0, {"en": "", "zh": ""}, "4"),
        (0.01234, {"en": "d", "zh": "天"}, "0.0123 d"),
        (math.nan, "share", "—"),
    ],
)
def test_values_as_shown(value, unit, shown_en):
    assert shown.shown(value, unit, "en") == shown_en


# -- page and table --------------------------------------------------------------------------------
EVIL = '<script>alert("x")</script>'


def results_of(system: dict, runs: dict) -> claims.ClaimResults:
    lines = tuple(claims.judge(system, runs))
    return claims.ClaimResults(
        lines, {"systems": [system], "seeds": [1, 2, 3, 4, 5], "residents": 500}, {"p": (500, 0)}
    )


def test_page_escapes_what_files_say_and_holds_both_languages(tmp_path):
    system = a_system(
        [
            {
                "judge": "level",
                "measure": "m",
                "at_least": 0.5,
                "label": {"en": EVIL, "zh": EVIL},
                "unit": "share",
            }
        ],
        said={"en": EVIL, "zh": EVIL},
        note={"en": EVIL.replace("{", ""), "zh": EVIL},
        beside=["event_satisfaction"],
    )
    system["title"] = {"en": EVIL, "zh": EVIL}
    results = results_of(system, arms(m=0.9 + AROUND, event_satisfaction=0.8 + AROUND))
    html = page.render([(claims.section(results, "zh"), claims.section(results, "en"))], "en")
    assert EVIL not in html and "&lt;script&gt;alert" in html
    for lang in LANGUAGES:
        for key in (
            "validation.title",
            "report.disclaimer",
            "claims.verdict.reproduced",
            "claims.column.verdict",
        ):
            assert catalog()[key][lang] in html
    assert len(re.findall(r'<h2 id="claims-(?:zh|en)"', html)) == 2 and 'data-lang="en"' in html
    assert not re.search(r"""(?:src|href)\s*=(?!"#)|url\(|@import|https?://""", html), (
        "self-contained: it works offline"
    )


def test_csv_opens_in_excel_and_says_it_in_both_languages(tmp_path):
    results = results_of(
        a_system([{"judge": "level", "measure": "m", "at_least": 0.5}]), arms(m=0.9 + AROUND)
    )
    path = claims_file.write_csv(results, tmp_path / "claims.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    row = next(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert (row["verdict"], row["verdict_zh"]) == ("reproduced", "得到再现") and float(
        row["simulated"]
    ) == pytest.approx(0.9)


def test_the_judging_part_reads_results_only():
    """Nothing of the simulator but its words: claims can be judged again from a folder alone."""
    for name in ("arithmetic", "claims", "pages/claims", "pages/page", "shown"):
        source = ast.parse((ROOT / "experiments" / "validation" / f"{name}.py").read_text(encoding="utf-8"))
        froms = [n.module for n in ast.walk(source) if isinstance(n, ast.ImportFrom) and n.module]
        names = [a.name for n in ast.walk(source) if isinstance(n, ast.Import) for a in n.names]
        assert {m for m in (*froms, *names) if m.split(".")[0] == "sim"} <= {"sim.config.catalog"}, name


def test_a_page_needs_no_other_part(tmp_path):
    """A folder without claims or patterns gives a page without sections, and no error."""
    assert page.sections(tmp_path) == []


# -- the whole way ---------------------------------------------------------------------------------
def test_validate_from_the_command_to_the_page_and_again(tmp_path, capsys):
    words = [
        "validate",
        "--only",
        "claims",
        "--systems",
        "3,6",
        "--residents",
        "500",
        "--seeds",
        "2",
        "--workers",
        "1",
        "--out",
        str(tmp_path / "v"),
        "--lang",
        "en",
    ]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "6 runs to do, 0 already there" in said
    first = (tmp_path / "v" / "claims.csv").read_bytes()
    rows = list(csv.DictReader(first.decode("utf-8-sig").splitlines()))
    assert {row["system"] for row in rows} == {"hongshan_grid", "hongshan_council"} and len(rows) == 5
    assert {row["verdict"] for row in rows} <= set(claims.VERDICTS)
    spec = json.loads((tmp_path / "v" / "systems.json").read_text(encoding="utf-8"))
    assert spec["residents"] == 500 and [s["number"] for s in spec["systems"]] == [3, 6]
    assert (tmp_path / "v" / "validation.html").stat().st_size > 20_000
    assert cli.main(words) == 0
    assert "0 runs to do, 6 already there" in capsys.readouterr().out
    assert (tmp_path / "v" / "claims.csv").read_bytes() == first


def test_a_system_whose_policy_is_missing_stops_before_anything_is_written(tmp_path, capsys):
    wrong = tmp_path / "mine.yaml"
    wrong.write_text(GRID.replace("policy: grid_management", "policy: grid_managment"), encoding="utf-8")
    assert (
        cli.main(
            [
                "validate",
                "--only",
                "claims",
                "--systems",
                str(wrong),
                "--out",
                str(tmp_path / "v"),
                "--lang",
                "zh",
            ]
        )
        == cli.BAD_INPUT
    )
    assert "是否想写 'grid_management'" in capsys.readouterr().err and not (tmp_path / "v").exists()


def test_default_sizes_never_enlarge_a_place():
    from experiments.validation.runs.claims import studies

    request = Request(Path("x"), (1, 2), 50_000)
    fake = SimpleNamespace(
        place="hongshan_road", arms=lambda: {"hongshan_grid": ({"policy": "grid_management"},)}
    )
    study = studies([fake], request)[0]
    assert study.place().residents == 12_000 and list(study.arms) == ["baseline", "hongshan_grid"]


def test_a_system_is_run_by_its_name(capsys):
    assert (
        cli.main(
            ["run", "hongshan_grid", "--residents", "500", "--days", "30", "--burn-in", "10", "--lang", "en"]
        )
        == 0
    )
    assert "Hongshan Road: grid management: 500 residents" in capsys.readouterr().out
    assert cli.main(["run", "hongshan_grid", "--policy", "grid_management", "--lang", "en"]) == cli.BAD_INPUT
    assert "stands twice" in capsys.readouterr().err


def test_systems_and_the_places_of_their_rows_are_listed(capsys):
    assert cli.main(["list", "systems", "--lang", "zh"]) == 0
    assert len([line for line in capsys.readouterr().out.splitlines() if re.match(r"\s+\d+ ", line)]) == 22
    assert cli.main(["list", "places", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"hongshan_road .*systems: 2–7", said) and len(re.findall(r"systems: ", said)) == 17


def test_the_example_of_the_guide_is_a_system(tmp_path):
    for name in ("validate.md", "validate.zh.md"):
        block = re.search(
            r"```yaml\n(.*?)```", (ROOT / "docs" / "how-to" / name).read_text(encoding="utf-8"), re.S
        )[1]
        (tmp_path / "my_system.yaml").write_text(block, encoding="utf-8")
        assert System.load(tmp_path / "my_system.yaml").claims[0].name == "demands"
