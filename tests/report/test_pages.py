"""The pages as those meet them who read, hear, print, repeat and cite them."""

from __future__ import annotations

import re

import pytest

from experiments.html.canvas import Canvas, drawn
from experiments.html.words import plain_words
from experiments.report.comparison.page import render
from experiments.report.design.data import read as read_design
from experiments.report.design.page import render as render_design
from experiments.validation import phenomena
from experiments.validation.pages import page
from sim.config.catalog import LANGUAGES
from tests.made_up import EVIL, a_phenomenon, design_folder, overloaded
from tests.made_up_results import URL, Page


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, str]:
    """Every kind of page, by name."""
    root = tmp_path_factory.mktemp("pages")
    result = a_phenomenon(4)
    manifest = {
        "seeds": [1, 2, 3, 4],
        "model_version": "beefcafe00",
        "created": "2024-02-29",
        "command": "cogov phenomena knee --seeds 4",
    }
    from experiments.validation.pages.phenomena import page as phenomena_page

    return {
        "report": render(overloaded(root / "report"), "zh"),
        "design": render_design(read_design(design_folder(root / "design")), "en"),
        "validation": page.render([("<h2>甲</h2>", "<h2>A</h2>")], "en", manifest),
        "phenomena": phenomena_page(
            {side: phenomena.section([result], side) for side in LANGUAGES}, "zh", manifest
        ),
    }


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
        assert (
            re.search(r'aria-label="([^"]*)"', first[0])[1]
            == re.search(r'data-label-zh="([^"]*)"', first[0])[1]
        )


def test_pages_are_reached_by_keyboard_and_ear(html):
    assert (
        len(re.findall("<button[^>]*aria-pressed=", html)) == 2
        and 'class="skip" href="#main"' in html
        and '<main id="main">' in html
    )
    for tag in re.findall(r'<div class="[^"]*\bscroll\b[^>]*>', html):
        assert 'tabindex="0"' in tag and 'role="region"' in tag and re.search(r'aria-label="[^"]+"', tag), tag
    for head in re.findall(r"<thead>.*?</thead>", html, re.DOTALL):
        assert all("scope=" in tag for tag in re.findall(r"<th[ >][^>]*>?", head)), head
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    assert "sessionStorage" in html and not URL.search(html)


def test_pages_say_how_to_repeat_and_cite_them(made):
    for name, command in (
        ("report", "cogov compare made_up --seeds 6"),
        ("design", "cogov sensitivity made_up"),
        ("phenomena", "cogov phenomena knee --seeds 4"),
    ):
        assert f'<code class="command">{command}</code>' in made[name]
    for name in ("report", "design", "phenomena"):
        assert "The cogov developers (2024)." in Page(made[name]).text(
            "en"
        ) and "cogov 开发者（2024）" in Page(made[name]).text("zh-CN")


def test_the_report_lists_its_contents(made):
    contents = re.search(r'<nav class="contents".*?</nav>', made["report"], re.DOTALL)[0]
    assert contents.count("<a href=") > 15 and "目录" in contents


def test_what_folders_say_is_escaped_in_text_attributes_and_figures(made):
    assert EVIL not in made["design"] and "&lt;script&gt;alert" in made["design"]
    assert EVIL not in made["report"] and "mix <b>" not in made["report"]
    canvas = Canvas("evil", 200, 100, plain_words(EVIL + '" onload="x'))
    canvas.say(10, 10, "$x$ ~0~ <b>")
    svg = drawn(canvas.svg(), "zh")
    assert (
        "<b>" not in svg and "<script" not in svg and ' onload="x' not in svg and "$x$ ~0~ &lt;b&gt;" in svg
    )
    assert "$a$_~0~" in Page(made["design"]).text("en")
