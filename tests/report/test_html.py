"""The shared parts of all pages: one formatter, one base and environment, words that break and escape."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from experiments.html import numbers
from experiments.html.canvas import Canvas
from experiments.html.environment import ROOT, environment
from experiments.html.words import Words, lines, words
from experiments.validation import judge

PAGES = ("report.html.j2", "design.html.j2", "validation.html.j2", "phenomena_page.html.j2")


# --- numbers


@pytest.mark.parametrize(
    "said, expected",
    [
        (numbers.fixed(-0.0004, 1), "0.0"),
        (numbers.fixed(-1234.56, 1), "−1,234.6"),
        (numbers.fixed(0.04, 1, signed=True), "0.0"),
        (numbers.fixed(math.nan, 1), "—"),
        (numbers.significant(9.996), "10.0"),
        (numbers.significant(1234.5), "1,234"),
        (numbers.significant(0.01234), "0.0123"),
        (numbers.significant(4.0), "4"),
        (numbers.significant(-1e-9), "0"),
        (numbers.significant(-0.00032), "−0.000320"),
        (numbers.declared(1e-5), "0.00001"),
        (numbers.declared(1e9), "1,000,000,000"),
        (numbers.declared(-0.0), "0"),
        (numbers.declared(-0.25), "−0.25"),
        (numbers.percent(0.9512), "95.1%"),
        (numbers.percent(0.0003), "0.03%"),
        (numbers.percent(0.26, 0, signed=True), "+26%"),
        (numbers.percent(math.nan), "—"),
        (numbers.points(-0.0004), "−0.04"),
        (numbers.odds(0.999), "> 99%"),
        (numbers.odds(0.004), "< 1%"),
        (numbers.odds(0.0), "0%"),
        (numbers.p_value(0.0002), "< 0.001"),
        (numbers.p_value(0.34), "0.34"),
        (numbers.leading(46612.1), "47,000"),
        (numbers.leading(0.0123), "0.012"),
        (numbers.with_half(0.4812, 0.061), "0.48 ± 0.06"),
        (numbers.with_half(0.5, math.nan), "0.500"),
        (numbers.factor(math.inf), "∞"),
        (numbers.in_cell(0.48), ".48"),
        (numbers.in_cell(0.999), "1.0"),
        (numbers.in_cell(0.004), ""),
        (numbers.in_cell(math.nan), ""),
    ],
)
def test_numbers_are_shown_with_honest_digits(said, expected):
    assert said == expected


def shown_every_way(value: float) -> list[str]:
    """A number by every function that shows one."""
    return [
        numbers.fixed(value, 0),
        numbers.fixed(value, 3, signed=True),
        numbers.significant(value),
        numbers.significant(value, 1, signed=True),
        numbers.declared(value),
        numbers.percent(value),
        numbers.percent(value, 0, signed=True),
        numbers.points(value),
        numbers.with_half(value, 0.3),
        numbers.with_half(value, abs(value) / 7),
        numbers.number(value, 2, 100.0).shown,
    ]


def test_no_number_has_a_hyphen_an_exponent_or_a_minus_before_nothing():
    rng = np.random.default_rng(8)
    values = [
        *(sign * 10.0**power for power in rng.uniform(-12, 12, 4000) for sign in (-1, 1)),
        0.0,
        -0.0,
        5e-324,
        -5e-324,
        math.inf,
        -math.inf,
    ]
    for value in values:
        for said in shown_every_way(float(value)):
            assert "-" not in said and "e" not in said and "nan" not in said and "inf" not in said, (
                value,
                said,
            )
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
    files = [
        *ROOT.glob("report/*/*.py"),
        *(p for p in ROOT.glob("validation/pages/*.py") if p.name != "figures.py"),
        ROOT / "validation/shown.py",
        *(ROOT.parent / "docs" / f"{name}.py" for name in ("validation_pages", "what_decides")),
    ]
    for path in files:
        assert not own.search(path.read_text(encoding="utf-8")), (
            path.name,
            own.search(path.read_text(encoding="utf-8")),
        )


# --- one base, one environment, one style


def test_every_page_extends_the_base():
    source = {path.name: path.read_text(encoding="utf-8") for path in ROOT.rglob("templates/*.j2")}
    assert set(PAGES) <= set(source)
    for name, text in source.items():
        assert ("{% extends 'base.html.j2' %}" in text) == (name in PAGES), name
        assert ("<html" in text) == (name == "base.html.j2") and ("<style>" in text) == (
            name == "base.html.j2"
        ), name
    assert len(list(ROOT.rglob("templates/*.css"))) == len(list(ROOT.rglob("templates/*.js"))) == 1


def test_there_is_one_environment_and_it_escapes():
    users = [
        path.name
        for path in ROOT.rglob("*.py")
        if re.search(r"\bjinja2\b", path.read_text(encoding="utf-8")) and path.name != "environment.py"
    ]
    assert users == [] and environment() is environment() and environment().autoescape is True
    for path in ROOT.rglob("templates/*.j2"):
        safe = re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}", path.read_text(encoding="utf-8"))
        assert all(".figure." in use for use in safe), (path.name, safe)


def test_words_keep_values_of_numbers_and_escape_the_rest():
    said = words("report.interval", low=numbers.number(0.5, 1), high="<b>")
    assert said.en == '<data value="0.5">0.5</data> to &lt;b&gt;' and said.plain("en") == "0.5 to <b>"
    assert [line.plain("en") for line in lines(Words("甲", "one two three four"), 60, 10)] == [
        "one two",
        "three four",
    ]
    assert lines(Words("一二三四五六七八九十甲乙", "x"), 50, 10)[-1].plain("zh").endswith("…")


@pytest.mark.parametrize(
    "name", [Words("增员", "Equal spending on staff"), Words("网格化管理与居民议事会", "Both")]
)
def test_a_name_of_one_line_stands_on_its_row_though_the_other_language_needs_two(name):
    canvas = Canvas("c", 200, 100, words("report.disclaimer"))
    canvas.rows([name], 90, 0, 0, 0)
    heights = {
        lang: [
            float(y)
            for y, said in re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>(.*?)</text>', canvas.svg())
            if re.search(rf'lang="{lang}">[^<]', said)
        ]
        for lang in ("zh-CN", "en")
    }
    assert sorted(map(len, heights.values())) == [1, 2]
    assert len({round(sum(found) / len(found), 1) for found in heights.values()}) == 1


def test_cards_of_claims_are_blocks_on_a_phone_and_lists_in_columns_begin_at_one_height():
    """A chip in a flex box grows as tall as the text beside it; a first item's margin shifts its column."""
    style = (ROOT / "html" / "templates" / "style.css").read_text(encoding="utf-8")
    assert ".cards.verdicts td { display: block;" in style
    for name in re.findall(r"^(\S+) (?:ol|ul)? ?\{[^}]*columns: [23]", style, re.MULTILINE):
        if name != ".facts":
            assert re.search(rf"^(?:.*\}} )?{re.escape(name)} li \{{[^}}]*margin: 0;", style, re.MULTILINE), (
                name
            )
