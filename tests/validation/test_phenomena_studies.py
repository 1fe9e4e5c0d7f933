"""The studies of phenomena: files load, verdict rules on synthetic pairs with known answers, one tiny run
from end to end.
"""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

from experiments.validation import judge, phenomena
from experiments.validation.runs import cells
from experiments.validation.runs import phenomena as trials_phenomena
from sim.config.catalog import LANGUAGES
from sim.config.config_file import ConfigError
from sim.config.paths import config_dir

EVERY = sorted((config_dir() / trials_phenomena.FOLDER).glob("*.yaml"))
FILES = [path for path in EVERY if not trials_phenomena.lacking(path)]
CJK = re.compile(r"[\u4e00-\u9fff]")


def pairs(mean, sd=1.0, n=20, seed=1):
    """n values with exactly that mean and spread."""
    x = np.random.default_rng(seed).normal(size=n)
    return mean + sd * (x - x.mean()) / x.std(ddof=1)


# --- files


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
class TestFile:
    """What every study promises."""

    def test_loads_and_stands_under_its_name(self, path):
        study = trials_phenomena.Phenomenon.load(path)
        assert study.name == path.stem and 1 <= study.number <= 15 and 1_000 <= study.residents <= 4_000

    def test_states_signs_and_smallest_effects_beforehand(self, path):
        study = trials_phenomena.Phenomenon.load(path)
        assert any(c.needed and c.sign != "flat" for c in study.contrasts.values())
        assert any(c.vanishes and c.needed for c in study.contrasts.values())

    def test_the_off_switch_changes_something_in_every_cell_or_says_which(self, path):
        """With the mechanism off no cell is what it was, except cells without the policy that carries it."""
        study = trials_phenomena.Phenomenon.load(path)
        plan = study.plan([1])
        changed = [arm for arm in plan.arms if arm.startswith("off.")]
        assert changed and all(not study.cells[label.split(".")[1]].policies for label in plan.same)

    def test_speaks_both_languages_with_the_same_numbers(self, path):
        study = trials_phenomena.Phenomenon.load(path)
        for words in (
            study.title,
            study.claim,
            study.theory,
            study.shown,
            study.not_shown,
            study.gone,
            study.remains,
            study.without.label,
        ):
            if words is not None:
                assert CJK.search(words.zh) and not CJK.search(words.en)
                assert sorted(re.findall(r"{[^}]*}", words.en)) == sorted(re.findall(r"{[^}]*}", words.zh))

    def test_every_text_can_be_filled_whatever_the_verdict(self, path):
        """No template names a number that the study does not measure."""
        study = trials_phenomena.Phenomenon.load(path)
        spec = study.model_dump(mode="json")
        outcomes = {name: np.arange(20.0) for name in _outcomes()}
        values = {mode: dict.fromkeys(study.cells, outcomes) for mode in ("on", "off")}
        lines, *_ = phenomena.judge(spec, values)
        means = {mode: {cell: dict.fromkeys(outcomes, 1.0) for cell in study.cells} for mode in ("on", "off")}
        for verdict in (judge.SHOWN, judge.NOT_SHOWN):
            for off in (judge.GONE, judge.REMAINS, judge.REVERSED, judge.UNDECIDED, judge.NOT_ASKED):
                result = phenomena.Result(spec, lines, verdict, off, means, values, 20, 1000)
                for lang in LANGUAGES:
                    told = phenomena.paragraph(result, lang)
                    assert "{" not in told and (
                        spec["not_shown"] is None or verdict == judge.SHOWN or len(told) > 60
                    )


def _outcomes():
    from sim import metrics

    return [f"{name}{year}" for name in metrics.registry() for year in ("", "@y1", "@y2", "@y3")]


def test_all_fourteen_of_the_brief_have_a_study():
    from sim.config.catalog import read_yaml

    assert {read_yaml(path)["number"] for path in EVERY} == set(range(1, 16))
    assert [s.name for s in trials_phenomena.load_all()] == [
        name for name in trials_phenomena.names() if name in {p.stem for p in FILES}
    ]


def test_a_typo_is_an_error_with_its_line(tmp_path):
    broken = FILES[0].read_text(encoding="utf-8").replace("outcomes: {", "outcomes: {nonsense_rate: 1, ", 1)
    path = tmp_path / "broken.yaml"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken.yaml:\d+: contrasts.*nonsense_rate"):
        trials_phenomena.Phenomenon.load(path)


# --- verdict rules


def test_shown_needs_the_stated_side_and_twenty_pairs():
    up = judge.estimate(pairs(1.0))
    assert judge.judge_on(up, "up", 0.1) == (judge.SHOWN, "")
    assert judge.judge_on(up, "down", 0.1) == (judge.NOT_SHOWN, judge.OPPOSITE)
    assert judge.judge_on(judge.estimate(pairs(1.0, n=19)), "up", 0.1) == (judge.NOT_SHOWN, judge.FEW)
    assert judge.judge_on(judge.estimate(pairs(0.1)), "up", 0.2) == (judge.NOT_SHOWN, judge.UNCLEAR)
    assert judge.judge_on(judge.estimate(pairs(0.0, sd=0.1)), "up", 0.2) == (judge.NOT_SHOWN, judge.ABSENT)


def test_flat_is_an_equivalence_claim():
    assert judge.judge_on(judge.estimate(pairs(0.0, sd=0.1)), "flat", 0.2)[0] == judge.SHOWN
    assert judge.judge_on(judge.estimate(pairs(0.0, sd=1.0)), "flat", 0.2) == (judge.NOT_SHOWN, judge.UNCLEAR)
    assert judge.judge_on(judge.estimate(pairs(1.0, sd=1.0)), "flat", 0.2) == (
        judge.NOT_SHOWN,
        judge.OPPOSITE,
    )


def test_gone_is_equivalence_and_not_the_lack_of_significance():
    """The same zero mean: gone where the spread is small, undecided where it is not."""
    assert judge.judge_off(judge.estimate(pairs(0.0, sd=0.3)), "up", 0.5) == judge.GONE
    assert judge.judge_off(judge.estimate(pairs(0.0, sd=3.0)), "up", 0.5) == judge.UNDECIDED
    assert judge.judge_off(judge.estimate(pairs(1.0, sd=0.3)), "up", 0.5) == judge.REMAINS
    assert judge.judge_off(judge.estimate(pairs(-1.0, sd=0.3)), "up", 0.5) == judge.REVERSED
    assert (
        judge.judge_off(judge.estimate(pairs(0.2, sd=0.1)), "up", 0.5) == judge.GONE
    )  # sure, but smaller than anybody cares for
    assert judge.judge_off(judge.estimate(np.zeros(20)), "up", 0.5) == judge.GONE


def test_two_one_sided_tests_agree_with_student():
    """The bootstrap's 90% interval decides as the textbook's two t-tests do, away from the edge."""
    from scipy import stats

    for mean, sd, smallest in ((0.0, 0.5, 0.4), (0.1, 0.5, 0.2), (0.3, 0.4, 0.6), (0.0, 1.0, 0.2)):
        v = pairs(mean, sd)
        p = max(
            stats.ttest_1samp(v, -smallest, alternative="greater").pvalue,
            stats.ttest_1samp(v, smallest, alternative="less").pvalue,
        )
        assert judge.inside(judge.estimate(v), smallest) == (p < 0.05)


def test_power_is_what_simulation_says():
    """Normal approximations against 400 synthetic studies of 20 pairs."""
    rng = np.random.default_rng(3)
    found = judge.estimate(pairs(0.0, sd=1.0))
    draws = rng.normal(size=(400, 20))
    means, errors = draws.mean(axis=1), draws.std(axis=1, ddof=1) / np.sqrt(20)
    shown = ((means + 0.6) / errors > 2.093).mean()
    gone = ((means + 1.729 * errors < 0.6) & (means - 1.729 * errors > -0.6)).mean()
    assert abs(judge.power_to_show(found, 0.6) - shown) < 0.08
    assert abs(judge.power_of_equivalence(found, 0.6) - gone) < 0.10
    assert judge.power_to_show(judge.estimate(np.zeros(20)), 0.6) == 1.0


def test_a_study_is_shown_only_if_every_needed_contrast_is():
    def spec(**needed):
        side = {
            "label": {"en": "x", "zh": "甲"},
            "outcomes": {"y": 1.0},
            "sign": "up",
            "smallest": 0.5,
            "unit": None,
            "factor": 1.0,
            "vanishes": True,
            "needed": True,
            "minus": 0.0,
        }
        return {
            "contrasts": {
                "one": {**side, "cells": {"a": 1.0, "b": -1.0}},
                "two": {**side, "cells": {"b": 1.0, "a": -1.0}, **needed},
            }
        }

    base = pairs(0.0, seed=2)
    on = {"a": {"y": base + pairs(2.0)}, "b": {"y": base}}
    off = {"a": {"y": base + pairs(0.0, 0.1)}, "b": {"y": base}}
    lines, verdict, gone = phenomena.judge(spec(), {"on": on, "off": off})
    assert verdict == judge.NOT_SHOWN and [line.verdict for line in lines] == [judge.SHOWN, judge.NOT_SHOWN]
    lines, verdict, gone = phenomena.judge(spec(needed=False), {"on": on, "off": off})
    assert (verdict, gone) == (judge.SHOWN, judge.GONE)
    assert (
        lines[0].off_verdict == judge.GONE and lines[1].off_verdict == judge.NOT_ASKED
    )  # what was not there cannot be gone
    assert lines[0].made.mean == pytest.approx(2.0, abs=1e-9)
    assert phenomena.judge(spec(needed=False), {"on": on, "off": on})[2] == judge.REMAINS


# --- end to end


def test_a_tiny_study_from_file_to_page_resumes_and_needs_twenty_pairs(tmp_path):
    """Three seeds of 500 residents: runs once, is judged from its folder, is not run again; too few pairs
    to show anything.
    """
    from experiments import launch

    study = trials_phenomena.Phenomenon.load(FILES[0].parent / "complaint_tail.yaml").model_copy(
        update={"residents": 500, "burn_in_days": 30, "days": 60}
    )
    ran, how = [], launch.Options(workers=1, quiet=True)
    for _ in range(2):
        jobs = launch.prepare([(study.plan((1, 2, 3)), tmp_path / study.name)], how)
        ran.append(sum(len(task.branches) for task in jobs[0].missing))
        assert launch.carry_out(jobs, how, "")
        trials_phenomena.write_spec(study, tmp_path / study.name)
    assert ran == [2 * 3, 0]
    results = phenomena.read(tmp_path)
    assert [r.spec["name"] for r in results] == ["complaint_tail"] and results[0].failed == 0
    assert results[0].verdict == judge.NOT_SHOWN and {line.why for line in results[0].lines} == {judge.FEW}
    with phenomena.write_csv(results, tmp_path / "t.csv").open(encoding="utf-8-sig") as table:
        rows = list(csv.DictReader(table))
    assert [row["contrast"] for row in rows] == list(study.contrasts) and float(rows[0]["on_mean"]) > float(
        rows[0]["off_mean"]
    )
    page = phenomena.write_page(results, tmp_path, "en").read_text(encoding="utf-8")
    assert page.count("<svg") == 4 and "{" not in re.sub(
        r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL
    )
    assert all(f'lang="{lang}"' in page for lang in ("en", "zh-CN"))


def test_cells_that_are_the_same_run_once():
    """Where off only changes a policy's setting, the cells without that policy are not run again."""
    study = trials_phenomena.Phenomenon.load(FILES[0].parent / "digital_divide.yaml")
    plan = study.plan([1, 2])
    assert plan.same == {"off.tight": "on.tight"}
    tasks = plan.tasks()
    assert len(tasks) == 2 and all(len(task.branches) == 3 and task.record == () for task in tasks)


def test_a_cell_is_its_set_then_its_own_then_the_mechanism():
    off = cells.Off(
        label={"en": "off", "zh": "关"},
        parameters={"kpi": 0.9},
        kinds={"work": 0.1},
        policies={"smart_platform": {"launch": 0.0}},
    )
    study = cells.Cells(
        parameters={"kpi": 0.1, "feedback": 0.2},
        sets={"s": {"kpi": 0.3}},
        cells={
            "c": {
                "label": {"en": "c", "zh": "丙"},
                "set": "s",
                "parameters": {"feedback": 0.4},
                "policies": [{"policy": "smart_platform"}],
            }
        },
    )
    plan = cells.plan("x", "phenomena", study.cells["c"].label, study, {"off": off}, [1])
    on, without = dict(plan.arms["on.c"].values), dict(plan.arms["off.c"].values)
    assert on == {"kpi": 0.3, "feedback": 0.4} and without["kpi"] == 0.9 and without["noise.work"] == 0.1
    assert plan.arms["off.c"].policies == ({"policy": "smart_platform", "launch": 0.0},)
