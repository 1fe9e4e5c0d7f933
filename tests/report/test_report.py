"""The report: says what the tables say, in both languages, offline, whatever the study."""

from __future__ import annotations

import csv
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import experiments.report
from experiments.analysis import comparison
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
from experiments.running.worker import Frames
from experiments.store.folder import Store
from sim.config.catalog import catalog

ARMS = {
    "baseline": [],
    "grid_management": [{"policy": "grid_management"}],
    "mix <b>&": [{"policy": "a"}, {"policy": "b"}],
    "equal_cost_staff": [{"policy": "equal_cost_staff"}],
}
# outcome -> (unit, better, baseline level, effect in each arm beside the baseline, noise)
OUTCOMES = {
    "dispute_rate": ("per 1,000 residents and year", "low", 8.3, (-1.4, 0.0, 0.9), 0.2),
    "satisfaction_index": ("index 0-100", "high", 63.0, (0.4, 0.0, -2.0), 0.1),
    "event_satisfaction": ("share", "high", 0.88, (0.03, 0.0, 0.0), 0.004),
    "reported_resolution": ("share", "high", 0.93, (0.04, 0.0, 0.0), 0.004),
    "audited_resolution": ("share", "high", 0.74, (-0.05, 0.0, 0.0), 0.004),
    "formalism_gap": ("percentage points", "low", 19.0, (9.0, 0.0, 0.0), 0.4),
    "cost_budget": ("CNY per resident-year", "low", 0.0, (65.0, 1.0, 65.0), 0.0),
    "contacts_rate": ("per 1,000 residents and year", "", 400.0, (30.0, 0.0, 0.0), 3.0),
    "demand_rate": ("per 1,000 residents and year", "", 130.0, (9.0, 0.0, 0.0), 2.0),
    "desk_share": ("share", "", 0.6, (0.0, 0.0, 0.0), 0.01),
    "workload_property": ("ratio", "low", 0.7, (0.5, 0.0, 0.0), 0.02),
    "satisfaction_gap_elderly": ("index points", "low", 1.2, (2.0, 0.0, 0.0), 0.05),
    "claim_ratio_migrant": ("ratio", "", 0.9, (-0.2, 0.0, 0.0), 0.01),
    "my_own_metric": ("widgets", "high", 5.0, (1.0, 0.0, 0.0), 0.1),
}
SERIES = ("disputes", "claims", "satisfaction_index", "open", "backlog_property")
URL = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}|url\((?!#)|@import|\bsrc=", re.IGNORECASE)


def results_folder(
    folder: Path, arms=ARMS, seeds: int = 6, failed=(), missing=(), days: int = 140, grids: int = 3
) -> Path:
    """A results folder as `cogov compare` leaves it, from made-up numbers."""
    rng = np.random.default_rng(5)
    names = list(arms)
    rows, columns = (
        [],
        {
            k: []
            for k in (
                "run_id",
                "arm",
                "seed",
                "population_seed",
                "status",
                "error",
                "residents",
                "days",
                *OUTCOMES,
            )
        },
    )
    series = {k: [] for k in ("run_id", "arm", "seed", "day", *SERIES)}
    tiles = {
        k: []
        for k in ("run_id", "arm", "seed", "grid", "community", "residents", "disputes", "satisfaction_index")
    }
    for seed in range(1, seeds + 1):
        luck = {name: rng.normal() for name in OUTCOMES}
        for place, arm in enumerate(names):
            bad = (arm, seed) in failed
            run = {
                "run_id": f"{place:02d}{seed:04d}",
                "arm": arm,
                "seed": seed,
                "population_seed": 1,
                "status": "failed" if bad else "ok",
                "error": "Traceback\nValueError: broken <i>here</i>" if bad else "",
                "residents": 0 if bad else 12_000,
                "days": days,
            }
            rows.append((run["run_id"], arm, run["status"]))
            for name, (_, _, level, effects, noise) in OUTCOMES.items():
                effect = effects[(place - 1) % len(effects)] if place else 0.0
                value = level + effect + noise * (luck[name] + 0.3 * rng.normal())
                run[name] = math.nan if bad or name in missing else value
            for name, column in columns.items():
                column.append(run[name])
            if bad:
                continue
            for name, values in {"day": range(days), **{s: rng.random(days) * 9 for s in SERIES}}.items():
                series[name].extend(values)
            for name, values in {
                "grid": range(grids),
                "community": [0] * grids,
                "residents": [1000] * grids,
                "disputes": rng.random(grids) * 9,
                "satisfaction_index": 60 + rng.random(grids),
            }.items():
                tiles[name].extend(values)
            for table, length in ((series, days), (tiles, grids)):
                for name in ("run_id", "arm", "seed"):
                    table[name].extend([run[name]] * length)
    store = Store(folder)
    store.open(manifest(arms, seeds, days))
    store.write(Frames(tuple(rows), columns, series if series["day"] else {}, tiles if tiles["grid"] else {}))
    write_comparison(store, seeds)
    return folder


def manifest(arms, seeds: int, days: int) -> dict:
    entry = {
        "value": 0.2,
        "default": 0.1,
        "low": 0.0,
        "high": 1.0,
        "unit": "1",
        "source": "guess",
        "en": "target pressure",
        "zh": "考核压力",
    }
    return {
        "study": "made_up",
        "design": "compare",
        "scenario_hash": "cafe",
        "days": days,
        "burn_in_days": 365,
        "population_seed": "per_seed",
        "model_version": "beef",
        "engine": "x",
        "arms": arms,
        "baseline": "baseline",
        "seeds": list(range(1, seeds + 1)),
        "title": {"en": "Made-up study", "zh": "虚构的研究"},
        "labels": {},
        "smallest_effect": {"dispute_rate": 0.5},
        "shown": ["dispute_rate"],
        "outcomes": {
            name: {"unit": o[0], "better": o[1], "family": "", "definition": f"what {name} is"}
            for name, o in OUTCOMES.items()
        },
        "parameters": [
            {"name": "kpi", "status": "guess", **entry},
            {"name": "rate", "status": "empirical", **entry},
        ],
        "scenario": {"name": "place", "title": {"en": "A place", "zh": "某地"}},
        "versions": {"cogov": "9.9"},
        "machine": {"system": "Linux"},
        "git_commit": None,
        "created": "2024-02-29T00:00:00+00:00",
    }


def write_comparison(store: Store, seeds: int) -> None:
    table = store.runs()
    runs = {name: table[name].to_pylist() for name in table.column_names}
    better = {name: o[1] for name, o in OUTCOMES.items()}
    rows = comparison.compare(
        runs,
        comparison.Question(
            list(store.manifest["arms"]),
            "baseline",
            range(1, seeds + 1),
            list(OUTCOMES),
            better,
            store.manifest["smallest_effect"],
        ),
    )
    comparison.write_csv(rows, store.folder / "comparison.csv")


class Page(HTMLParser):
    """Collects the text of each language, and the numbers of the table of changes."""

    def __init__(self, html: str):
        super().__init__()
        self.stack: list[tuple[str, dict]] = []
        self.words = {"zh-CN": [], "en": []}
        self.changes: dict[tuple[str, str], list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "link", "path", "use", "rect"):
            self.stack.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if any(tag in ("style", "script") for tag, _ in self.stack):
            return
        langs = [a["lang"] for tag, a in self.stack if "lang" in a and tag != "html"]
        for lang in langs[-1:] or ("zh-CN", "en"):
            self.words[lang].append(data)
        for _, a in self.stack:
            if "data-outcome" in a and self.stack[-1][0] == "data":
                self.changes[a["data-outcome"], a["data-arm"]] = [data, self.stack[-1][1]["value"]]

    def text(self, lang: str) -> str:
        return re.sub(r"\s+", " ", "".join(self.words[lang]))


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
