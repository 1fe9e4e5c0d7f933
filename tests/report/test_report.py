"""The report: says what the tables say, in both languages, offline, whatever the study."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest

import experiments.report
from experiments.html.canvas import Canvas
from experiments.html.numbers import fixed, places
from experiments.html.words import words
from experiments.report.comparison.assumptions import WATCHED
from experiments.report.comparison.data import Paired, Results, read
from experiments.report.comparison.fairness import MEASURES
from experiments.report.comparison.indicators import INDICATORS
from experiments.report.comparison.outcomes import describe
from experiments.report.comparison.over_time import MEASURES as TILES
from experiments.report.comparison.over_time import SERIES as SHOWN
from experiments.report.comparison.page import render, write_report
from experiments.report.comparison.summary import POOLS, drift
from experiments.report.comparison.verdicts import findings, judge
from sim.config.catalog import catalog
from tests.made_up_results import OUTCOMES, URL, Page, results_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return results_folder(tmp_path_factory.mktemp("report") / "study")


@pytest.fixture(scope="module")
def html(folder) -> str:
    path = write_report(folder, "zh")
    assert path == folder / "report.html"
    return path.read_text(encoding="utf-8")


def test_numbers_are_those_of_the_comparison_table(folder, html):
    with (folder / "comparison.csv").open(encoding="utf-8-sig", newline="") as lines:
        table = {(row["outcome"], row["arm"]): row for row in csv.DictReader(lines)}
    changes = Page(html).changes
    assert len(changes) == 6 * 3
    for (outcome, arm), (shown, raw) in changes.items():
        difference = float(table[outcome, arm]["difference"])
        assert float(raw) == pytest.approx(difference, rel=1e-8)
        if shown == "about 0":
            unset = float(table[outcome, arm]["high"]) < 0.01 * (
                100 if OUTCOMES[outcome][0].startswith("index") else 1
            )
            assert table[outcome, arm]["verdict"] in ("same", "small") or unset
        if shown == "about 0":
            continue
        scale = 100 if OUTCOMES[outcome][0] == "share" else 1
        digits = len(shown.partition(".")[2])
        assert float(shown.replace("−", "-").replace("+", "").replace(",", "")) == pytest.approx(
            difference * scale, abs=0.5001 * 10**-digits
        )


def test_both_languages_say_the_same_things(html):
    page = Page(html)
    zh, en = page.text("zh-CN"), page.text("en")
    for lang, text in (("zh", zh), ("en", en)):
        assert catalog()["report.disclaimer"][lang] in text
        assert catalog()["report.section.left_out"][lang] in text
        assert catalog()["outcome.dispute_rate.label"][lang] in text
    assert len(re.findall("[\u4e00-\u9fff]", zh)) > 2000
    assert html.count('<span lang="zh-CN">') == html.count('<span lang="en">')
    assert html.count('<tspan lang="zh-CN">') == html.count('<tspan lang="en">') > 20


def test_catalog_entries_have_the_same_placeholders():
    for key, entry in catalog().items():
        if key.startswith(("report.", "outcome.", "policy.")):
            assert entry["en"].strip() and entry["zh"].strip(), key
            assert set(re.findall(r"{(\w+)}", entry["en"])) == set(re.findall(r"{(\w+)}", entry["zh"])), key


def test_every_text_asked_for_is_in_the_catalog():
    """Literal keys of the report's sources, and the families that are put together from verdicts, groups
    and states.
    """
    folder = Path(experiments.report.__file__).parent
    source = "".join(
        path.read_text(encoding="utf-8") for path in [*folder.rglob("*.py"), *folder.glob("templates/*")]
    )
    asked = set(re.findall(r"""\bt?(?:words(?:_or)?)?\(["'](report\.[\w.]+)["'][,)]""", source))
    verdicts = ("better", "worse", "higher", "lower")
    asked |= {f"report.verdict.{v}" for v in verdicts} | {
        "report.verdict.money.better",
        "report.verdict.money.worse",
    }
    asked |= {
        f"report.{family}.{v}"
        for family in ("verdict", "line")
        for v in (*verdicts, "same", "unclear", "none")
    }
    asked |= {f"report.said.{v}" for v in ("down", "up", "down_exact", "up_exact", "unclear", "same", "none")}
    asked |= {f"report.equity.{m}.{side}" for m in MEASURES for side in ("gain", "loss")} | {
        f"report.equity.{s}" for s in ("gain", "loss", "small", "even")
    }
    asked |= {f"report.money.beside.{v}" for v in (*verdicts, "same", "unclear")} | {
        f"report.bottleneck.{pool}" for pool in POOLS
    }
    asked |= {
        f"report.assumption.{s}"
        for s in (
            "changes",
            "holds",
            "untested",
            "nothing",
            "year_same",
            "year_differs",
            "luck_holds",
            "luck_changes",
        )
    }
    asked |= {f"report.assumption.why.{name}" for name in WATCHED} | {
        f"report.indicator.{i.key}.label" for i in INDICATORS
    }
    asked |= {f"report.series.{name}" for name in SHOWN} | {f"report.tiles.{name}" for name in TILES}
    missing = asked - set(catalog()) - {"report.html.j2"}
    assert len(asked) > 200 and not missing


def test_self_contained_and_printable(html):
    assert not URL.search(html), URL.search(html)
    assert "@page" in html and "table-header-group" in html
    assert not re.search(r"/home/|/root/|/tmp/|/work/", html)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "ids of figures collide"
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', html)) <= set(ids)


def test_every_arm_and_headline_outcome_is_there(html):
    page = Page(html)
    for lang, names in (
        ("zh-CN", ("网格化管理", "同等经费增员", "矛盾纠纷发生率", "模拟满意度指数", "核实解决率")),
        (
            "en",
            (
                "Grid management",
                "Dispute rate",
                "Simulated satisfaction index",
                "Audited resolution",
                "my own metric",
            ),
        ),
    ):
        for name in (*names, "mix <b>&"):
            assert name in page.text(lang), name
    assert "mix <b>&" not in html, "names are escaped"


def test_the_survey_index_is_never_called_a_rate():
    for key in (
        "outcome.satisfaction_index.label",
        "outcome.satisfaction_index.definition",
        "report.series.satisfaction_index",
        "report.tiles.satisfaction_index",
        "outcome.share_satisfied.label",
    ):
        assert "满意率" not in catalog()[key]["zh"]
    assert "模拟满意度指数" in catalog()["outcome.satisfaction_index.label"]["zh"]


def test_disclaimer_in_header_footer_and_on_every_sheet(html):
    header, footer = html.partition("</header>")[0], html.rpartition("<footer>")[2]
    sheet = re.search(r'class="every-page".*?</div>', html, re.DOTALL)[0]
    for part in (header, footer, sheet):
        assert "机制比较，非预测" in part and "Illustration, not forecast" in part


def test_sentences_follow_the_numbers(html):
    """Grid management: fewer disputes, better books, worse audit, property overloaded, elderly lose."""
    text = Page(html).text("en")
    lead = re.search("Dispute rate, largest improvement: (.*?) down by 1", text)
    assert lead[1] == "Grid management"
    assert "Worse: Equal spending on staff up by 0" in text
    assert re.search("The accounts disagree.*?under Grid management, but", text)
    assert "Grid management: property company 12" in text
    assert "Elderly: the satisfaction gap widens under Grid management." in text
    assert "Migrants: their voice shrinks under Grid management." in text
    assert re.search(r"cheapest per dispute is Grid management: about CNY 4\d,000", text)


CASES = {  # what is odd about the study -> (options of its folder, what the report must say of it)
    "failed": (
        {"failed": [("grid_management", 2), *(("mix <b>&", seed) for seed in range(1, 7))], "days": 20},
        "Failed runs: 7 (Grid management, mix <b>&)",
    ),
    "missing": ({"missing": ("dispute_rate", "event_satisfaction"), "days": 20}, "no data"),
    "one_seed": ({"seeds": 1, "days": 20}, "No interval can be given"),
    "one_arm": ({"arms": {"baseline": []}}, "nothing to compare it with"),
    "no_comparator": (
        {"arms": {"baseline": [], "a+b+c": [{"policy": "a"}]}, "days": 20},
        "no comparator that spends the same money",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_renders_whatever_the_study(tmp_path, case):
    options, expected = CASES[case]
    html = render(read(results_folder(tmp_path / case, **options)), "en")
    text = Page(html).text("en")
    assert "Illustration, not forecast" in text and not re.search(r"\bnan\b|None\b|undefined|Words\(", text)
    assert expected in text
    if case == "failed":
        assert "ValueError: broken <i>here</i>" in text and "cogov replay failed" in text
    if case in ("one_seed", "one_arm"):
        assert not re.search('class="(?:chip )?(?:better|worse)', html)


def test_verdicts_are_those_of_the_table_and_small_effects_do_not_matter():
    share = describe("on_time_share", {"unit": "share", "better": "high"})
    assert judge(Paired(0.1, 0.05, 0.15), share) == "better"
    assert judge(Paired(-0.1, -0.15, -0.05), share) == "worse"
    assert judge(Paired(0.1, -0.05, 0.15), share) == "unclear"
    assert (
        judge(Paired(0.1, 0.05, 0.15), share, smallest=0.2)
        == judge(Paired(0.1, 0.05, 0.15, verdict="small"), share)
        == "same"
    )
    assert judge(Paired(0.1), share) == "none"
    results = Results(
        Path(),
        {
            "arms": {"baseline": [], "a": []},
            "outcomes": {"on_time_share": {"unit": "share", "better": "high"}},
        },
        ("baseline", "a"),
        (1, 2, 3),
        {},
        (),
        1,
        1,
        {("on_time_share", "a"): Paired(0.004, 0.002, 0.006)},
    )
    (found,) = findings(results, "on_time_share")
    assert (found.verdict, found.difference.plain("en"), found.word.en) == (
        "same",
        "about 0",
        "no difference that matters",
    )


def test_a_figure_keeps_the_digits_of_its_labels():
    canvas = Canvas("digits", 200, 100, words("report.disclaimer"))
    ax = canvas.axes(30, 30, 5, 5)
    ax.plot([1.0, 1.125], [0, 1])
    ax.set_xticks([1.0, 1.125])
    canvas.say(10, 90, words("report.disclaimer"))
    svg = canvas.svg()
    assert ">1.125<" in svg and "机制比较，非预测" in svg and not re.search(r'="[^"]*\d\.\d{3}', svg)


def test_a_baseline_that_still_moves_is_told():
    def results(last):
        values = {
            "dispute_rate": np.full((1, 3), 8.0),
            "dispute_rate@y1": np.full((1, 3), 8.0),
            "dispute_rate@y2": np.full((1, 3), last),
        }
        return Results(Path(), {"arms": {"baseline": []}}, ("baseline",), (1, 2, 3), values, (), 1, 1)

    assert [item.en for item in drift(results(8.8))] == ["Dispute rate +10%"]
    assert drift(results(8.1)) == []


def test_digits_are_honest():
    assert fixed(-0.0004, 1) == "0.0" and fixed(-1234.56, 1) == "−1,234.6" and fixed(math.nan, 1) == "—"
    assert places([0.5], [8.0]) == 1 and places([0.004], [64.0]) == 1 and places([12.0], [400.0]) == 0
    assert places([], [0.5]) == 3 and places([], []) == 1
