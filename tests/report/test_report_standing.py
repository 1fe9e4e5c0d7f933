"""The report's sections on how firm findings are, whether the seeds suffice, and what remains after an
arrangement ends.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.analysis import comparison
from experiments.html.numbers import odds, p_value
from experiments.report.comparison import firmness, horizon, stability
from experiments.report.comparison.data import Paired, Results, read
from experiments.report.comparison.page import render
from experiments.report.comparison.verdicts import findings
from sim.config.catalog import catalog
from tests.made_up_results import Page, results_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return results_folder(tmp_path_factory.mktemp("standing") / "study", seeds=16, days=20)


@pytest.fixture(scope="module")
def results(folder) -> Results:
    return read(folder)


def test_every_number_of_the_table_is_the_comparisons(results):
    (panel, *others) = firmness.panels(results)
    assert (
        panel.name == "dispute_rate"
        and panel.print
        and {p.name for p in others} == set(comparison.MAIN) - {"dispute_rate"}
    )
    for row in panel.rows:
        told = results.comparison["dispute_rate", row.finding.arm]
        assert row.stands == (told.p_holm < 0.05) and row.strict == p_value(told.p_holm)
        low, high = (float(end.replace("−", "-")) for end in row.together.en.split(" to "))
        assert low == pytest.approx(told.low_simultaneous, abs=0.06) and high == pytest.approx(
            told.high_simultaneous, abs=0.06
        )
    grid = next(row for row in panel.rows if row.finding.arm == "grid_management")
    assert (grid.seeds_better, grid.first, grid.stands) == (
        "100%",
        "100%",
        True,
    ) and panel.baseline_first == "0%"
    assert "beyond the smallest effect" in grid.equivalent.en


def test_page_one_says_it_in_a_mayors_words(results):
    """What stands and who comes first are on page one; p-values, Holm and bootstrap are not."""
    html = render(results, "en")
    start, end = html.index('<section id="page-one">'), html.index('<section id="detail">')
    page = Page(html[start:end])
    family = [found.paired for name in comparison.MAIN for found in findings(results, name) if found.clear]
    kept = sum(pair.p_holm < 0.05 for pair in family)
    assert 0 < kept == len(family)
    assert f"all {kept} clear changes in the 5 outcomes of that table (costs aside) stand" in page.text("en")
    weak = {
        key: replace(pair, p_holm=0.2) if pair in family[:1] else pair
        for key, pair in results.comparison.items()
    }
    some = firmness.together(replace(results, comparison=weak, memo={}), list(comparison.MAIN))
    assert f"{kept - 1} of the {kept} clear changes in the 5 outcomes" in some.en
    assert "Grid management would almost certainly come first" in page.text(
        "en"
    ) and "几乎肯定仍是网格化管理" in page.text("zh-CN")
    for word in ("p-value", "Holm", "bootstrap", "q-value", "p 值", "自助", "Cohen"):
        assert word not in page.text("en") and word not in page.text("zh-CN"), word
    whole = Page(html)
    assert (
        "Strict p" in whole.text("en")
        and "从严 p" in whole.text("zh-CN")
        and "Would more play-throughs change the answer?" in whole.text("en")
    )


def test_too_few_seeds_are_not_judged_together(tmp_path):
    few = read(results_folder(tmp_path / "few", seeds=5, days=20))
    assert "cannot be judged together" in firmness.together(few, list(few.values)).en


@pytest.mark.parametrize(
    "share, said",
    [(1.0, "100%"), (0.999, "> 99%"), (0.004, "< 1%"), (0.0, "0%"), (0.655, "66%"), (math.nan, "—")],
)
def test_shares_are_neither_never_nor_always_unless_they_are(share, said):
    assert odds(share) == said


def test_the_front_with_its_probability(results):
    row = results.comparison["dispute_rate", "grid_management"]
    beaten = {key: replace(value, p_pareto=0.0) for key, value in results.comparison.items()}
    assert row.p_pareto == 1.0 and "Grid management in 100%" in firmness.front(results).en
    assert firmness.front(replace(results, comparison=beaten)) is None


def test_precision_is_told_as_reached_or_short(folder, tmp_path):
    results = read(folder)
    for bound, words in ((9.0, "was known to within"), (0.001, "was to be known to within")):
        asked = replace(results, manifest={**results.manifest, "precision": {"dispute_rate": bound}}, memo={})
        (said,) = firmness.precision(asked)
        assert words in said.en and "16" in said.en
        assert 'data-panel="dispute_rate"' in render(asked, "zh")
    assert firmness.precision(results) == []


def test_stability_shows_every_arm_on_one_scale(results):
    panels = stability.panels(results)
    assert [panel.name for panel in panels] == ["dispute_rate", "satisfaction_index"]
    assert all(len(panel.figures) == len(results.others) for panel in panels)
    run = stability._running(results, "grid_management", "dispute_rate")
    told = results.comparison["dispute_rate", "grid_management"]
    assert run[:, -1] == pytest.approx([told.difference, told.low_sequential, told.high_sequential])


def yearly(days: int, effects: dict[str, tuple[float, ...]], arms: dict) -> Results:
    """Results whose disputes differ from the baseline by a known amount in each year."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.05, size=(len(arms), 20))
    values = {"dispute_rate": 8 + noise}
    table = {}
    for year in range(1, days // 365 + 1):
        change = np.array([0.0, *(effects[arm][year - 1] for arm in list(arms)[1:])])
        values[f"dispute_rate@y{year}"] = 8 + noise + change[:, None]
        for place, arm in enumerate(list(arms)[1:], 1):
            d = change[place]
            verdict = "unclear" if abs(d) < 0.1 else "better" if d < 0 else "worse"
            table[f"dispute_rate@y{year}", arm] = Paired(d, d - 0.1, d + 0.1, 8 + d, 8.0, 20, verdict=verdict)
    manifest = {
        "arms": arms,
        "baseline": "baseline",
        "days": days,
        "outcomes": {"dispute_rate": {"unit": "per 1,000 residents and year", "better": "low"}},
    }
    return Results(Path(), manifest, tuple(arms), tuple(range(20)), values, (), 1000, days, table)


ENDING = {
    "baseline": [],
    "stays": [{"policy": "a"}],
    "ends": [{"policy": "a", "end_day": 730}],
    "half": [{"policy": "a", "end_day": 700}, {"policy": "b"}],
    "late": [{"policy": "a", "end_day": 1000}],
}


def test_years_one_two_five_and_the_last_are_shown():
    flat = dict.fromkeys(ENDING, (-1.0,) * 7)
    shown = [
        re.findall(r"year (\d)", label.en)[0] for label, _ in horizon.years(yearly(7 * 365, flat, ENDING))
    ]
    assert shown == ["1", "2", "5", "7"]
    assert (
        len(horizon.years(yearly(2 * 365, flat, ENDING))) == 2
        and horizon.years(yearly(365, flat, ENDING)) == []
    )


@pytest.mark.parametrize(
    "after, said",
    [(-0.5, "about 50%"), (0.0, "no longer be shown"), (0.6, "turned round"), (-1.4, "and more")],
)
def test_what_is_left_after_an_arrangement_ends(after, said):
    effects = dict.fromkeys(ENDING, (-1.0, -1.0, after, after, after))
    rows = horizon.withdrawals(yearly(5 * 365, effects, ENDING))
    ends, late = (next(row for row in rows if row.ended == day) for day in (730, 1000))
    assert len(rows) == 2, "an arm of which a part stays has not ended"
    assert said in ends.said.en and (ends.before.shown.name, ends.after.shown.name) == (
        "dispute_rate@y2",
        "dispute_rate@y3",
    )
    assert (late.before.shown.name, late.after.shown.name) == ("dispute_rate@y2", "dispute_rate@y4"), (
        "full years only"
    )


def test_nothing_is_said_without_a_full_year_on_both_sides():
    arms = {"baseline": [], "ends": [{"policy": "a", "end_day": 200}]}
    (row,) = horizon.withdrawals(yearly(730, {"ends": (-1.0, -1.0)}, arms))
    assert row.before is None and "cannot be said" in row.said.en


def test_texts_put_together_at_run_time_are_in_the_catalog():
    known = catalog()
    for key in [
        *(f"report.standing.equivalent.{word}" for word in ("yes", "no", "unclear")),
        "report.precision.reached",
        "report.precision.short",
        *(
            f"report.withdrawal.{word}"
            for word in ("unknown", "none", "late", "gone", "reversed", "grown", "left")
        ),
    ]:
        assert known[key]["en"] and known[key]["zh"], key


def test_a_policy_that_ends_in_a_comparison_is_told_in_its_report(tmp_path):
    """The whole way at the size of a few buildings: an arm ends after a year, and nothing of it is in
    force in the second.
    """
    from experiments import cli

    study = tmp_path / "ends.yaml"
    study.write_text(
        """
name: ends
title: {en: Ends, zh: 结束}
summary: {en: x, zh: x}
scenario: small_community
residents: 360
burn_in_days: 20
days: 800
seeds: 3
arms:
  baseline: []
  grid_management: [{policy: grid_management, end_day: 365}]
""",
        encoding="utf-8",
    )
    assert (
        cli.main(
            [
                "compare",
                str(study),
                "--out",
                str(tmp_path / "out"),
                "--workers",
                "1",
                "--quiet",
                "--lang",
                "en",
            ]
        )
        == 0
    )
    found = read(tmp_path / "out")
    assert {row.ended for row in horizon.withdrawals(found)} == {365}
    cost = found.paired("grid_management", "cost_budget").difference
    assert cost == pytest.approx(65_000 / 360 * 365 / 800), "paid for while in force only"
    assert "After an arrangement ends" in Page(
        (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    ).text("en")
    assert (
        json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["arms"][
            "grid_management"
        ][0]["end_day"]
        == 365
    )
