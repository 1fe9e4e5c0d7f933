"""The command: quick to answer, clear when it refuses, and nothing half-written."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import cli, console
from sim.config.catalog import LANGUAGES, catalog

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")
ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "numpy",
    "pandas",
    "numba",
    "scipy",
    "pyarrow",
    "pydantic",
    "mesa",
    "rich",
    "matplotlib",
    "seaborn",
    "jinja2",
}


def cogov(*words: str, lang: str = "en") -> int:
    try:
        return cli.main([*words, "--lang", lang])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize("words", [["--help"], ["compare", "--help"], ["--version"], ["list", "places"]])
def test_help_imports_nothing_heavy(words):
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from experiments.cli import main
try:
    main({words!r})
except SystemExit:
    pass
print("HEAVY", sorted({HEAVY!r} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.rstrip().endswith("HEAVY []"), done.stdout[-300:] + done.stderr


@pytest.mark.parametrize("lang, word", [("en", "usage: cogov"), ("zh", "用法：cogov")])
def test_help_in_both_languages_names_every_verb(capsys, lang, word):
    assert cogov("--help", lang=lang) == 0
    said = capsys.readouterr().out
    assert said.startswith(word) and all(
        verb in said for verb in ("compare", "run", "list", "report", "export", "replay", "warm")
    )


@pytest.mark.parametrize(
    "words, said",
    [
        (["compare", "three_polcies"], "did you mean 'three_policies'?"),
        (["compare"], "missing: STUDY"),
        (["compare", "three_policies", "--seeds", "0"], "'0' is not a whole number above 0"),
        (["compare", "three_policies", "--residents", "5"], "command line: residents: 5 is outside 100 to"),
        (["run", "small_comunity"], "did you mean 'small_community'?"),
        (["run", "small_community", "--policy", "grid_management:0.5"], "'0.5' is not key=value"),
        (["report", "nowhere"], "nowhere is not a results folder (no manifest.json)"),
        (["export", "nowhere"], "nowhere is not a results folder (no manifest.json)"),
        (["replay", "nowhere", "abc"], "nowhere is not a results folder (no manifest.json)"),
        (["list", "place"], "'place' is unknown; choose from"),
        (["cmpare"], "'cmpare' is unknown"),
    ],
)
def test_bad_input_ends_with_2_says_what_and_writes_nothing(capsys, tmp_path, words, said):
    assert cogov(*words) == cli.BAD_INPUT
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_bad_study_file_names_line_and_nearest_key_in_both_languages(capsys, tmp_path):
    study = (ROOT / "configs" / "studies" / "three_policies.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(study.replace("burn_in_days:", "burn_in_day:"), encoding="utf-8")
    line = 1 + study[: study.index("burn_in_days:")].count("\n")
    for lang, words in (("en", "did you mean 'burn_in_days'?"), ("zh", "是否想写 'burn_in_days'")):
        assert cogov("compare", "mine.yaml", lang=lang) == cli.BAD_INPUT
        said = capsys.readouterr().err
        assert f"mine.yaml:{line}" in said and words in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["places", "studies", "designs", "parameters"])
def test_list(capsys, kind, lang):
    assert cogov("list", kind, lang=lang) == 0
    said = capsys.readouterr().out
    assert {
        "places": "small_community",
        "studies": "three_policies",
        "designs": "compare",
        "parameters": "dispute_hazard",
    }[kind] in said


def test_policy_on_the_command_line():
    from experiments.commands.run import policy

    assert policy("grid_management") == {"policy": "grid_management"}
    assert policy("x:a=0.5, b=3,c=true,d=sortition") == {
        "policy": "x",
        "a": 0.5,
        "b": 3,
        "c": True,
        "d": "sortition",
    }


def test_seeds_on_the_command_line():
    from experiments.commands._options import seeds

    assert seeds("3") == [1, 2, 3] and seeds("8,5,8") == [8, 5]


def test_table_aligns_chinese_by_its_width(capsys):
    console.table([("纠纷", "1"), ("ab", "22")], right=(1,))
    assert capsys.readouterr().out.splitlines() == ["  纠纷   1", "  ab    22"]


@pytest.mark.parametrize(
    "value, shown",
    [
        (float("nan"), "–"),
        (0.0, "0.00"),
        (8.2549, "8.25"),
        (61.27, "61.3"),
        (12345.6, "12,346"),
        (0.01234, "0.0123"),
    ],
)
def test_numbers_as_shown(value, shown):
    assert console.number(value) == shown


def keys_in_code() -> set[str]:
    """Every literal key that the experiment layer's code passes to text, say, UserError and their like."""
    found = set()
    for path in [
        p for p in (ROOT / "experiments").rglob("*.py") if not {"report", "html", "validation"} & set(p.parts)
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[a-z]+(\.[a-z_0-9]+)+", node.value)
            ):
                found.add(node.value)
    return found


def test_catalog_has_every_key_of_the_code_in_both_languages_with_the_same_places():
    prefixes = (
        "cli.",
        "argparse.",
        "compare.",
        "run.",
        "list.",
        "report.",
        "export.",
        "replay.",
        "warm.",
        "store.",
        "runner.",
        "progress.",
    )
    wanted = {key for key in keys_in_code() if key.startswith(prefixes)} - {"report.html"}
    assert len(wanted) > 60
    for key in wanted:
        assert key in catalog(), key
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(catalog()[key][lang]) if name}
            for lang in LANGUAGES
        ]
        assert fields[0] == fields[1], key
