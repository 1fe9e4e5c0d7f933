"""What every page shares: one formatter, one base, figures with names, both languages, reached by keyboard; and sentences that hold."""
from __future__ import annotations

import csv
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.html import numbers
from experiments.html.canvas import Canvas, drawn
from experiments.html.environment import ROOT, environment
from experiments.html.words import Words, lines, plain_words, words
from experiments.report import assumptions, design_figures, effects, indicators, money, standing, summary
from experiments.report.build import render
from experiments.report.data import Paired, Results, read
from experiments.report.design_data import read as read_design
from experiments.report.design_page import render as render_design
from experiments.report.verdicts import findings
from experiments.validation import judge, page, phenomena, trials_phenomena
from sim.paths import config_dir
from sim.texts import LANGUAGES, catalog
from tests.test_report import URL, Page, results_folder

EVIL = '<script>alert("x")</script>'
PAGES = ("report.html.j2", "design.html.j2", "validation.html.j2", "phenomena_page.html.j2")


# --- numbers

@pytest.mark.parametrize("said, expected", [
    (numbers.fixed(-0.0004, 1), "0.0"), (numbers.fixed(-1234.56, 1), "−1,234.6"), (numbers.fixed(0.04, 1, signed=True), "0.0"),
    (numbers.fixed(math.nan, 1), "—"), (numbers.significant(9.996), "10.0"), (numbers.significant(1234.5), "1,234"),
    (numbers.significant(0.01234), "0.0123"), (numbers.significant(4.0), "4"), (numbers.significant(-1e-9), "0"), (numbers.significant(-0.00032), "−0.000320"),
    (numbers.declared(1e-5), "0.00001"), (numbers.declared(1e9), "1,000,000,000"), (numbers.declared(-0.0), "0"), (numbers.declared(-0.25), "−0.25"),
    (numbers.percent(0.9512), "95.1%"), (numbers.percent(0.0003), "0.03%"), (numbers.percent(0.26, 0, signed=True), "+26%"), (numbers.percent(math.nan), "—"),
    (numbers.points(-0.0004), "−0.04"), (numbers.odds(0.999), "> 99%"), (numbers.odds(0.004), "< 1%"), (numbers.odds(0.0), "0%"),
    (numbers.p_value(0.0002), "< 0.001"), (numbers.p_value(0.34), "0.34"), (numbers.leading(46612.1), "47,000"), (numbers.leading(0.0123), "0.012"),
    (numbers.with_half(0.4812, 0.061), "0.48 ± 0.06"), (numbers.with_half(0.5, math.nan), "0.500"), (numbers.factor(math.inf), "∞"),
    (numbers.in_cell(0.48), ".48"), (numbers.in_cell(0.999), "1.0"), (numbers.in_cell(0.004), ""), (numbers.in_cell(math.nan), "")])
def test_numbers_are_shown_with_honest_digits(said, expected):
    assert said == expected


def shown_every_way(value: float) -> list[str]:
    """A number by every function that shows one."""
    return [numbers.fixed(value, 0), numbers.fixed(value, 3, signed=True), numbers.significant(value), numbers.significant(value, 1, signed=True),
            numbers.declared(value), numbers.percent(value), numbers.percent(value, 0, signed=True), numbers.points(value),
            numbers.with_half(value, 0.3), numbers.with_half(value, abs(value) / 7), numbers.number(value, 2, 100.0).shown]


def test_no_number_has_a_hyphen_an_exponent_or_a_minus_before_nothing():
    rng = np.random.default_rng(8)
    values = [*(sign * 10.0**power for power in rng.uniform(-12, 12, 4000) for sign in (-1, 1)), 0.0, -0.0, 5e-324, -5e-324, math.inf, -math.inf]
    for value in values:
        for said in shown_every_way(float(value)):
            assert "-" not in said and "e" not in said and "nan" not in said and "inf" not in said, (value, said)
            first = said.split(" ")[0]
            assert not re.fullmatch(r"[−+]0*(\.0*)?%?", first), (value, said)


def test_three_significant_digits_can_be_read_back():
    rng = np.random.default_rng(9)
    for value in (sign * 10.0**power for power in rng.uniform(-4, 9, 4000) for sign in (-1, 1)):
        back = float(numbers.significant(value).replace("−", "-").replace(",", ""))
        assert back == pytest.approx(value, rel=0.0051)


def test_an_interval_and_its_value_have_the_same_decimals():
    assert numbers.alike(0.5, 2.0, 1.0) == numbers.alike(-0.667, 2.0, 0.333) == 1
    found = judge.estimate([0.5, 1.0, 1.5, 1.0])
    assert {len(part.partition(".")[2]) for part in (found.shown, *found.interval.split(" … "))} == {1}


def test_pages_show_numbers_by_the_one_formatter():
    """No format of a page's own: coordinates in a figure are not numbers that are read."""
    own = re.compile(r"\{[^{}]*:[+,]*(?:\.\d)?[fg%]\}|:,\}")
    files = [*ROOT.glob("report/*.py"), *ROOT.glob("validation/*_html.py"), ROOT / "validation/shown.py", ROOT / "validation/phenomena_text.py",
             *(ROOT.parent / "docs" / f"{name}.py" for name in ("validation_pages", "what_decides"))]
    for path in files:
        assert not own.search(path.read_text(encoding="utf-8")), (path.name, own.search(path.read_text(encoding="utf-8")))


# --- one base, one environment, one style

def test_every_page_extends_the_base():
    source = {path.name: path.read_text(encoding="utf-8") for path in ROOT.rglob("templates/*.j2")}
    assert set(PAGES) <= set(source)
    for name, text in source.items():
        assert ("{% extends 'base.html.j2' %}" in text) == (name in PAGES), name
        assert ("<html" in text) == (name == "base.html.j2") and ("<style>" in text) == (name == "base.html.j2"), name
    assert len(list(ROOT.rglob("templates/*.css"))) == len(list(ROOT.rglob("templates/*.js"))) == 1


def test_there_is_one_environment_and_it_escapes():
    users = [path.name for path in ROOT.rglob("*.py") if re.search(r"\bjinja2\b", path.read_text(encoding="utf-8")) and path.name != "environment.py"]
    assert users == [] and environment() is environment() and environment().autoescape is True
    for path in ROOT.rglob("templates/*.j2"):
        safe = re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}", path.read_text(encoding="utf-8"))
        assert all(".figure." in use for use in safe), (path.name, safe)


# --- the pages themselves

def overloaded(folder: Path, **options) -> Results:
    """A made-up study with a parameter that its overload hangs on, and a share of cases found by patrol."""
    results = read(results_folder(folder, **options))
    entry = {"name": "property_share", "status": "guess", "value": 0.15, "default": 0.15, "low": 0.08, "high": 0.25, "unit": "share", "source": "guess",
             "en": "Share of property staff's hours left for cases", "zh": "物业人员可用于办件的工时比例"}
    manifest = {**results.manifest, "parameters": [*results.manifest["parameters"], entry], "command": "cogov compare made_up --seeds 6"}
    return replace(results, manifest=manifest, values={**results.values, "detected_share": np.full((len(results.arms), len(results.seeds)), 0.275)}, memo={})


def design_folder(folder: Path, state: str = "converged", replicates: int = 3) -> Path:
    """A results folder of a design with one analysis of two outcomes, ranks, and a factorial's effects."""
    folder.mkdir()
    plan = {"replicates": replicates, "replicate_seeds": "shared", "settings": {"n": 8}, "sample_seed": 1}
    manifest = {"design": "morris", "study": "made_up", "title": {"en": "T", "zh": "题"}, "summary": {"en": "S", "zh": "述"}, "plan": plan, "seeds": [], "factors": [{"name": "kpi"}],
                "parameters": [{"name": "kpi", "en": "Target pressure (0 to 1)", "zh": "考核压力（0 至 1）"}], "labels": {"arm": {"en": EVIL, "zh": EVIL}},
                "scenario": {"name": "place"}, "model_version": "beefcafe00", "created": "2024-02-29T00:00:00+00:00", "command": "cogov sensitivity made_up"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    tables = {
        "convergence": [{"analysis": "morris", "outcome": name, "state": s, "rows": 40, "noise_share": 0.4, "widest": 0.1, "floor": 0.02, "replicates": 3}
                        for name, s in (("dispute_rate", state), ("satisfaction_index", "converged"))],
        "indices": [{"analysis": "morris", "outcome": o, "factor": f, "other": "", "index": i, "value": v, "low": v - 0.1, "high": v + 0.1, "half_width": 0.1}
                    for o in ("dispute_rate", "satisfaction_index") for f, v in (("kpi", 0.75), ("$a$_~0~", 0.31)) for i in ("mu_star", "sigma")],
        "effects": [{"outcome": "dispute_rate", "policies": p, "order": n, "value": 0.5, "low": 0.2, "high": 0.8} for p, n in (("arm", 1), ("arm+b", 2))],
        "ranks": [{"outcome": "dispute_rate", "alternative": "", "arm": a, "place": k, "probability": 0.5} for a in ("arm", "b") for k in (1, 2)],
        "against": [{"outcome": "dispute_rate", "alternative": "", "arm": "arm", "better": 0.7, "low": 0.6, "high": 0.8, "worse": 0.2, "median": -1.25,
                     "q05": -3.0, "q95": 0.5, "agreement": 0.9, "worlds": 40}]}
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def a_phenomenon(n: int, mean: float = 1.0):
    """(spec, judged result) of the first study of the configs on made-up values."""
    study = trials_phenomena.Phenomenon.load(config_dir() / trials_phenomena.FOLDER / "knee.yaml")
    spec = study.model_dump(mode="json")
    rng = np.random.default_rng(4)
    outcomes = {name for c in spec["contrasts"].values() for name in c["outcomes"]} | {spec["figure"]["outcome"]}
    values = {mode: {cell: {name: mean * i + rng.normal(size=n) for name in outcomes} for i, cell in enumerate(spec["cells"])} for mode in ("on", "off")}
    lines_, verdict, off = phenomena.judge(spec, values)
    return phenomena.Result(spec, lines_, verdict, off, {m: phenomena.means(b) for m, b in values.items()}, values, n, spec["residents"])


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, str]:
    """Every kind of page, by name."""
    root = tmp_path_factory.mktemp("pages")
    result = a_phenomenon(4)
    manifest = {"seeds": [1, 2, 3, 4], "model_version": "beefcafe00", "created": "2024-02-29", "command": "cogov phenomena knee --seeds 4"}
    from experiments.validation.phenomena_html import page as phenomena_page

    return {"report": render(overloaded(root / "report"), "zh"), "design": render_design(read_design(design_folder(root / "design")), "en"),
            "validation": page.render([("<h2>甲</h2>", "<h2>A</h2>")], "en", manifest),
            "phenomena": phenomena_page({side: phenomena.section([result], side) for side in LANGUAGES}, "zh", manifest)}


@pytest.fixture(params=["report", "design", "validation", "phenomena"])
def html(request, made) -> str:
    return made[request.param]


def test_every_figure_has_a_name_in_both_languages(html):
    for tag in re.findall(r"<svg[^>]*>", html):
        assert 'role="img"' in tag
        for attribute in ("aria-label", "data-label-zh", "data-label-en"):
            assert re.search(rf'{attribute}="[^"]*\w[^"]*"', tag), tag
    first = re.search(r"<svg[^>]*>", html)
    if first and '<html lang="zh-CN"' in html:
        assert re.search(r'aria-label="([^"]*)"', first[0])[1] == re.search(r'data-label-zh="([^"]*)"', first[0])[1]


def test_pages_are_reached_by_keyboard_and_ear(html):
    assert len(re.findall("<button[^>]*aria-pressed=", html)) == 2 and 'class="skip" href="#main"' in html and '<main id="main">' in html
    for tag in re.findall(r'<div class="[^"]*\bscroll\b[^>]*>', html):
        assert 'tabindex="0"' in tag and 'role="region"' in tag and re.search(r'aria-label="[^"]+"', tag), tag
    for head in re.findall(r"<thead>.*?</thead>", html, re.DOTALL):
        assert all("scope=" in tag for tag in re.findall(r"<th[ >][^>]*>?", head)), head
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    assert "sessionStorage" in html and not URL.search(html)


def test_pages_say_how_to_repeat_and_cite_them(made):
    for name, command in (("report", "cogov compare made_up --seeds 6"), ("design", "cogov sensitivity made_up"), ("phenomena", "cogov phenomena knee --seeds 4")):
        assert f'<code class="command">{command}</code>' in made[name]
    for name in ("report", "design", "phenomena"):
        assert "The cogov developers (2024)." in Page(made[name]).text("en") and "cogov 开发者（2024）" in Page(made[name]).text("zh-CN")


def test_the_report_lists_its_contents(made):
    contents = re.search(r'<nav class="contents".*?</nav>', made["report"], re.DOTALL)[0]
    assert contents.count("<a href=") > 15 and "目录" in contents


def test_what_folders_say_is_escaped_in_text_attributes_and_figures(made):
    assert EVIL not in made["design"] and "&lt;script&gt;alert" in made["design"]
    assert EVIL not in made["report"] and "mix <b>" not in made["report"]
    canvas = Canvas("evil", 200, 100, plain_words(EVIL + '" onload="x'))
    canvas.say(10, 10, "$x$ ~0~ <b>")
    svg = drawn(canvas.svg(), "zh")
    assert "<b>" not in svg and "<script" not in svg and ' onload="x' not in svg and "$x$ ~0~ &lt;b&gt;" in svg
    assert "$a$_~0~" in Page(made["design"]).text("en")


def test_words_keep_values_of_numbers_and_escape_the_rest():
    said = words("report.interval", low=numbers.number(0.5, 1), high="<b>")
    assert said.en == '<data value="0.5">0.5</data> to &lt;b&gt;' and said.plain("en") == "0.5 to <b>"
    assert [line.plain("en") for line in lines(Words("甲", "one two three four"), 60, 10)] == ["one two", "three four"]
    assert lines(Words("一二三四五六七八九十甲乙", "x"), 50, 10)[-1].plain("zh").endswith("…")


# --- sentences that hold

def test_no_page_extrapolates_a_tipping_point(made, tmp_path):
    """The load and what it hangs on are said; what capacity would suffice is left to runs."""
    told = [check.said for check in assumptions.checks(overloaded(tmp_path / "x"))]
    (capacity,) = [said for said in told if said.en.startswith("Capacity")]
    assert "the load of the property company reaches 12" in capacity.plain("en") and "property_share" in capacity.en and "须推演得知" in capacity.zh
    for html in made.values():
        for phrase in ("would keep up only", "beyond the range set", "才跟得上", "超出设定范围"):
            assert phrase not in html
    assert not any("keep up only" in entry["en"] for entry in catalog().values())


def one_outcome(difference: float, baseline: float = 1.0, verdict: str = "better", half: float = 0.01, **more) -> Results:
    pair = Paired(difference, difference - half, difference + half, baseline + difference, baseline, 20, verdict=verdict)
    manifest = {"arms": {"baseline": [], "a": []}, "outcomes": {"dispute_rate": {"unit": "per 1,000 residents and year", "better": "low"}}, **more}
    return Results(Path(), manifest, ("baseline", "a"), tuple(range(20)), {"dispute_rate": np.ones((2, 20))}, (), 1000, 365, {("dispute_rate", "a"): pair})


@pytest.mark.parametrize("difference, verdict, zh, en", [
    (0.26, "worse", "比基线高 26%", "26% above the baseline"), (-0.052, "better", "比基线低 5.2%", "5.2% below the baseline"),
    (0.0, "same", "与基线持平", "level with the baseline"), (0.0003, "unclear", "与基线持平", "level with the baseline")])
def test_a_change_beside_the_baseline_is_said_as_more_or_less(difference, verdict, zh, en):
    (found,) = findings(one_outcome(difference, verdict=verdict), "dispute_rate")
    assert (found.share_of_baseline.zh, found.share_of_baseline.en) == (zh, en)


@pytest.mark.parametrize("verdict", ["same", "small"])
def test_a_difference_that_does_not_matter_is_about_0_whatever_its_sign(verdict):
    (found,) = findings(one_outcome(0.02, verdict=verdict), "dispute_rate")
    assert (found.difference.plain("en"), found.difference.plain("zh"), found.symbol) == ("about 0", "约 0", "≈")
    assert found.word.en == "no difference that matters" and not found.clear and 'value="0.02"' in found.difference.en


def test_an_interval_that_shows_as_zero_says_how_narrow_it_is():
    (found,) = findings(one_outcome(0.0, verdict="same", half=1e-7), "dispute_rate")
    assert found.interval.en.startswith("within ±0.0")


def test_the_range_of_changes_names_who_is_better_and_worse(tmp_path):
    said = summary.lead(read(results_folder(tmp_path / "s", seeds=16, days=20)))
    line = next(s for s in said if s.en.startswith("Audited resolution"))
    assert "clearly worse: Grid management" in line.plain("en") and "明确变差：网格化管理" in line.plain("zh")
    assert not re.search(r"clear losses: \d", line.en)


def test_costs_are_no_tests_and_counts_are_those_of_the_table(tmp_path):
    results = read(results_folder(tmp_path / "s", seeds=16, days=20))
    said = " ".join(s.en for s in summary.certainty(results))
    assert "The table of changes makes 15 comparisons (costs aside)" in said, "five outcomes, three arms"
    costly = replace(results, comparison={key: replace(row, p_holm=0.001) if key[0] == "cost_budget" else row for key, row in results.comparison.items()}, memo={})
    assert standing.together(costly, summary.headline(costly)) == standing.together(results, summary.headline(results))


def cost_and_disputes(change: float, verdict: str) -> Results:
    rows = {("cost_budget", "a"): Paired(65.0, 65.0, 65.0, 65.0, 0.0, 20, verdict="worse"),
            ("dispute_rate", "a"): Paired(change, change - 0.1, change + 0.1, 8.0, 8.0, 20, verdict=verdict, p_pareto=0.55)}
    manifest = {"arms": {"baseline": [], "a": []}, "outcomes": {"dispute_rate": {"unit": "x", "better": "low"}, "cost_budget": {"unit": "CNY", "better": "low"}}}
    values = {name: np.ones((2, 20)) for name in ("dispute_rate", "cost_budget")}
    return Results(Path(), manifest, ("baseline", "a"), tuple(range(20)), values, (), 1000, 365, rows)


def test_money_without_fewer_disputes_is_beaten_by_the_baseline():
    """-0.006 disputes for CNY 65 is no place on the front; a fall that matters is."""
    for verdict in ("same", "unclear"):
        assert effects.front(cost_and_disputes(-0.006, verdict)) == []
        assert "Nobody is better" in standing.front(cost_and_disputes(-0.006, verdict)).en
    assert effects.front(cost_and_disputes(-1.0, "better")) == ["a"] and "55%" in standing.front(cost_and_disputes(-1.0, "better")).en


def test_staff_for_the_same_money_respects_the_smallest_effect(tmp_path):
    results = read(results_folder(tmp_path / "s", seeds=16, days=20))
    wide = replace(results, manifest={**results.manifest, "smallest_effect": {"dispute_rate": 50.0}}, memo={})
    assert "makes no difference that matters" in money.cost_sentences(wide)[-1].en


def test_the_case_loop_says_what_it_leaves_out(tmp_path):
    label, definition, cells = indicators.case_loop(overloaded(tmp_path / "s"))[-1]
    assert label.zh == "不在内：巡查与感知" and {cell.en for cell in cells} == {"27.5%"}
    denominators = {row: catalog()[f"report.indicator.{row}.denominator"] for row in ("resolved", "verified")}
    assert all("Residents' claims" in d["en"] and "居民诉求" in d["zh"] for d in denominators.values())


# --- designs and phenomena

def test_columns_without_an_index_are_drawn_empty(tmp_path):
    sure, noise = (read_design(design_folder(tmp_path / state, state)) for state in ("converged", "noise"))
    full, empty = design_figures.heat(sure, "morris"), design_figures.heat(noise, "morris")
    assert full.count(">1.0<") == 2 and empty.count(">1.0<") == 1 and empty.count(">—<") == 2
    assert "only chance, no index" in empty and "仅见随机性，无指数" in empty
    text = Page(render_design(noise, "en")).text("en")
    assert "no index is given" in text and text.count("0.75 ± 0.10") < Page(render_design(sure, "en")).text("en").count("0.75 ± 0.10")


def test_chinese_rows_carry_what_a_factor_means(tmp_path):
    design = read_design(design_folder(tmp_path / "d"))
    assert design.short("kpi") == Words("考核压力", "kpi") and design.factor("kpi").zh == "考核压力（0 至 1）"
    assert ">考核压力</tspan>" in design_figures.bars(design, "morris", "dispute_rate", "0")
    assert design.factor("smart_platform.intensity").zh.startswith("智慧平台：")


@pytest.mark.parametrize("replicates, warned", [(3, True), (10, False)])
def test_intervals_of_few_seeds_are_warned_of_in_every_design(tmp_path, replicates, warned):
    html = render_design(read_design(design_folder(tmp_path / "d", replicates=replicates)), "en")
    assert ("played through only 3 times" in Page(html).text("en")) == warned


def test_too_few_seeds_is_a_state_of_its_own_and_not_a_failure():
    few, enough = a_phenomenon(4), a_phenomenon(20, mean=0.0)
    for lang, words_, lead in (("en", "too few seeds", "For 1 of 1 phenomena there were too few play-throughs"), ("zh", "推演次数太少", "推演次数太少，不能判断")):
        html = phenomena.section([few], lang)
        assert words_ in html and lead in html and 'class="chip worse"' not in html
        assert catalog()["phenomena.verdict.not_shown"][lang] not in re.sub(r'<p class="note">.*?</p>|<p class="lead">.*?</p>', "", html)
    assert "does not show it" not in phenomena.section([few], "en") and enough.verdict == judge.NOT_SHOWN
    assert 'class="chip worse"' in phenomena.section([enough], "en")


def test_no_two_studies_have_one_number():
    found = [trials_phenomena.Phenomenon.load(path).number for path in (config_dir() / trials_phenomena.FOLDER).glob("*.yaml")
             if not trials_phenomena.lacking(path)]
    assert len(found) == len(set(found)) > 10


def test_one_chinese_term_for_one_thing():
    keys = [key for key in catalog() if key.startswith(("report.", "page.", "phenomena.", "claims.", "validation."))]
    for key in keys:
        for wrong in ("忙不过来", "数字好看", "分不出高下", "敢说", "热身", "基准", "核查", "说不清"):
            assert wrong not in catalog()[key]["zh"], (key, wrong)
        assert not re.search("(?<!治理)(?:安排|方案)", catalog()[key]["zh"]), key
