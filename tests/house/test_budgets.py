"""Budgets of the sources: heights, widths, arguments, docstrings."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.house.source_trees import MODULES, ROOT, SOURCES, tree

# A module's docstring says what the module is ("Paired comparison of ..."): not one of these before the noun.
NO_NOUNS = {"What", "Who", "How", "Where", "Which", "From", "Whether", "Writing", "Reading"}


def test_files_and_functions_keep_their_budget():
    """At most 400 lines a file and 60 a function, everywhere."""
    over = []
    for path in SOURCES:
        name, lines = path.relative_to(ROOT), len(path.read_text(encoding="utf-8").splitlines())
        over += [f"{name}: {lines} lines"] * (lines > 400)
        over += [
            f"{name}: {node.name} {node.end_lineno - node.lineno + 1} lines"
            for node in ast.walk(tree(path))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and node.end_lineno - node.lineno >= 60
        ]
    assert not over, "\n".join(over)


def test_no_line_of_code_is_wider_than_110_columns():
    pytest.importorskip("ruff")
    wide = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "E501", "--output-format", "concise"]
        + ["--config", "line-length = 110", "sim", "experiments", "benchmarks", "docs", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert wide.returncode == 0, wide.stdout + wide.stderr


def test_module_docstrings_begin_with_a_noun_phrase():
    wrong = [
        f"{path.relative_to(ROOT)}: {text.split(chr(10))[0]}"
        for path in SOURCES
        if (text := ast.get_docstring(tree(path))) and text.split()[0].rstrip(",:;.?") in NO_NOUNS
    ]
    assert not wrong, "\n".join(wrong)


def test_every_public_thing_of_the_model_is_documented():
    """Modules, classes and functions of sim/ without a leading underscore have a docstring (methods of
    protocols' kind too).
    """
    for module, path in MODULES.items():
        if module.startswith("sim"):
            nodes = [tree(path)] + [
                n
                for n in tree(path).body
                if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and not n.name.startswith("_")
            ]
            missing = [getattr(n, "name", module) for n in nodes if not ast.get_docstring(n)]
            assert missing == [], module


def test_no_function_of_the_model_takes_a_dozen_arguments():
    """Tables travel together (the world, a population's columns): what is left as an argument can be read
    in one line.
    """
    for module, path in MODULES.items():
        if module.startswith("sim"):
            wide = [
                f.name
                for f in ast.walk(tree(path))
                if isinstance(f, ast.FunctionDef) and len(f.args.args) >= 12
            ]
            assert wide == [], module
