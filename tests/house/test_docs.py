"""The documentation: every Python block runs, both languages agree, generated pages are not stale, nothing of
any one machine is in it.

docs/how-to/mesa.md is run by test_mesa.py.
"""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
from pathlib import Path

import generate
import pytest
import results_pages

from experiments import cli
from sim import __version__
from sim.config.catalog import set_language

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
COMMAND = re.compile(r"<!-- command: (\w+) -->\n```bash\n(.*?)```", re.DOTALL)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SETUP = [
    "python3 -m venv .venv",
    ". .venv/bin/activate",
    "pip install --quiet -r requirements.txt",
    "pip install --quiet --no-deps -e .",
]
GUIDES = [
    path
    for path in [READMES[0], *sorted((ROOT / "docs").rglob("*.md"))]
    if path.name != "mesa.md" and "```python" in path.read_text(encoding="utf-8")
]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def committed() -> list[Path]:
    """Text files under version control, or all that might be, where there is no git."""
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = (
        done.stdout.split("\n")
        if done.returncode == 0
        else [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")]
    )
    kinds = {
        ".md",
        ".py",
        ".yaml",
        ".toml",
        ".txt",
        ".cff",
        ".json",
        ".svg",
        ".j2",
        ".js",
        ".css",
        ".csv",
        "",
    }
    hidden = {".venv", ".git", "results", ".ci-cache"}
    return [
        ROOT / n
        for n in names
        if n and (ROOT / n).is_file() and Path(n).suffix in kinds and not hidden & set(Path(n).parts)
    ]


@pytest.mark.parametrize("path", READMES, ids=lambda p: p.name)
def test_readme_has_its_two_commands(path):
    found = COMMAND.findall(read(path))
    assert [name for name, _ in found] == ["main", "test"]
    commands = {name: body.strip().splitlines() for name, body in found}
    assert commands["main"] == [
        *SETUP,
        "cogov compare configs/studies/three_policies.yaml --out results/three_policies",
    ]
    assert commands["test"] == [*SETUP, "python -m pytest -n 2"]
    assert [kind for kind, _ in BLOCK.findall(read(path))].count("bash") == 2


def test_readmes_agree():
    english, chinese = (read(path) for path in READMES)
    assert BLOCK.findall(english) == BLOCK.findall(chinese)
    headings = [
        [len(h) for h in re.findall(r"^(#+) ", re.sub(BLOCK, "", words), re.MULTILINE)]
        for words in (english, chinese)
    ]
    assert headings[0] == headings[1]
    links = [
        [re.sub(r"(\.zh|\.en)?\.(md|svg)$", r".\2", x) for x in re.findall(r"\]\(([^)#]+)", words)][1:]
        for words in (english, chinese)
    ]
    assert sorted(links[0]) == sorted(links[1])


def test_the_readme_fits_on_two_screens():
    """About 90 lines, one diagram, one figure, three surprises; wide tables stand in docs/results.md."""
    for path in READMES:
        words = read(path)
        assert len(words.splitlines()) <= 95 and words.count("![") == 2, path.name
        block = re.search(r"<!-- results: begin -->(.*?)<!-- results: end -->", words, re.DOTALL)[1]
        assert block.count("\n- ") == 3 and "\n|" not in block


def test_result_pages_agree():
    for name, lines in (("results", 10), ("performance", 6)):
        tables = [
            re.search(rf"<!-- {name}: begin -->(.*?)<!-- {name}: end -->", read(page), re.DOTALL)[1]
            for page in results_pages.PAGES.values()
        ]
        assert tables[0].count("\n|") == tables[1].count("\n|") > lines
        assert tables[0].count("\n- ") == tables[1].count("\n- ")


def test_the_survey_index_is_never_called_a_rate_in_chinese():
    for path in [READMES[1], *(ROOT / "docs").rglob("*.zh.md")]:
        words = read(path)
        assert "满意率" not in words.replace("回访办件满意率", ""), path
    assert "模拟满意度指数" in read(READMES[1]) and "机制比较，非预测" in read(READMES[1])


@pytest.mark.parametrize(
    "path", [*READMES, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CHANGELOG.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)]+)\)", re.sub(BLOCK, "", read(path))):
        if "://" not in target:
            assert (path.parent / target.split("#")[0]).exists(), f"{path.name}: {target}"


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    from sim import metrics, policies

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COGOV_LANG", "en")
    yield tmp_path
    policies._OWN.pop("repair_crew", None)
    metrics.base.REGISTERED.pop("quarrelsome_claims", None)
    set_language(None)


@pytest.mark.parametrize("path", GUIDES, ids=lambda p: p.name)
def test_blocks_run_in_their_order(path, empty_folder, capsys):
    """Python as it stands; a YAML block that begins with a file's name is saved under it; cogov's
    commands are run.
    """
    space: dict = {"__name__": "guide"}
    for kind, body in BLOCK.findall(read(path)):
        if kind == "python":
            exec(compile(body, path.name, "exec", dont_inherit=True), space)
        elif kind == "yaml" and body.startswith("# "):
            (empty_folder / body.split("\n", 1)[0][2:].strip()).write_text(body, encoding="utf-8")
        elif kind == "bash" and path not in READMES:
            for line in body.strip().splitlines():
                words = shlex.split(line)
                assert words[0] == "cogov"
                extra = ["--workers", "1"] if words[1] == "compare" else []
                assert cli.main([*words[1:], *extra]) == 0
        elif kind == "r":
            held = csv.DictReader(
                (empty_folder / "results/my_study/comparison.csv").open(encoding="utf-8-sig")
            ).fieldnames
            assert set(re.search(r"select = c\((.*?)\)", body)[1].split(", ")) <= set(held)
    said = capsys.readouterr().out
    assert said.strip() or path.name != "own-place.md"


def test_reference_pages_are_not_stale():
    assert not generate.missing(), "configs/catalog lacks these texts (see configs/catalog/reference.yaml)"
    assert not generate.stale(), "run: python docs/generate.py"


def test_order_of_a_day_page_is_the_codes_own():
    from sim.day import ORDER

    assert generate.order() == ORDER
    assert generate.LAST_OF_COMMUNITY in dict(ORDER)


ROW = "{:9} {:77} {:>8} {}".format
BENCHMARK = "\n".join(
    [
        ROW("day", "a resident's day at a stock of 0.19", "17.900", "ns   bar 20: met"),
        ROW("day", "a + .2 b: a resident's day at a stock of .2", "18.300", "ns   bar 20: met"),
        ROW("big", "200,000 residents, a year (stock 0.19)", "1.612", "s CPU   bar 1.5: NOT MET"),
        ROW("big", "of these, matters", "12.000", "B"),
        "other words that are no row",
    ]
)


def test_benchmark_lines_become_rows_in_both_languages():
    rows = results_pages.measured(BENCHMARK)
    assert [(row["key"], float(row["value"]), row["unit"], row["bar"]) for row in rows] == [
        ("day", 17.9, "ns", "20"),
        ("day", 18.3, "ns", "20"),
        ("big", 1.612, "s CPU", "1.5"),
        ("big", 12.0, "B", None),
    ]
    for lang in ("en", "zh"):
        block = results_pages.performance_block(rows, lang)
        assert "18.3" in block and "1.6" in block and "17.9" not in block and block.count("\n") == 3


@pytest.mark.parametrize("lang, words", [("en", "Dispute rate"), ("zh", "矛盾纠纷发生率")])
def test_figure_stands_alone(lang, words):
    import xml.etree.ElementTree as tree

    svg = read(ROOT / "docs" / "images" / f"three_policies.{lang}.svg")
    tree.fromstring(svg)
    assert words in svg and "tspan" not in svg and not re.search(r"href=\"(?!#)|url\((?!#)|@import|src=", svg)
    assert bool(re.search("[\u4e00-\u9fff]", svg)) == (lang == "zh")


def test_nothing_of_one_machine_or_registry_is_committed():
    hosts = "|".join(
        [
            "py" + r"pi\.org",
            "python" + r"hosted\.org",
            "anaconda" + r"\.(?:org|com)",
            "conda-" + "forge",
            "cran" + r"\.r-",
            "npm" + r"js\.",
        ]
    )
    places = "|".join(f"/{name}/" for name in ("home", "root", "work", "tmp", "Users", "opt", "var"))
    pattern = re.compile(rf"(?i:{hosts})|(?<![\w.}}*~])(?:{places})\w")
    allowed = {"made_up_results.py", "test_docs.py"}
    for path in committed():
        if path.name not in allowed:
            found = pattern.search(read(path))
            assert not found, f"{path.relative_to(ROOT)}: {found[0]}"


def test_versions_agree():
    version = re.search(r"^version: (\S+)", read(ROOT / "CITATION.cff"), re.MULTILINE)[1]
    project = re.search(r'^version = "(.+)"', read(ROOT / "pyproject.toml"), re.MULTILINE)[1]
    assert version == project == __version__
    assert f"## {version}" in read(ROOT / "CHANGELOG.md")
