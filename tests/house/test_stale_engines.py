"""Stale engines: an edit that compiled code sees is what runs, and no other edit recompiles."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.numerics import jit
from tests.house.source_trees import ROOT, SIM, is_compiled, tree

# --- stale engines


@pytest.fixture
def copied(tmp_path) -> Path:
    """A copy of the package, to be edited."""
    shutil.copytree(SIM, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    return tmp_path


def edited(folder: Path, path: Path) -> str:
    """The hash of compiled sources if ``path`` were edited."""
    before = path.read_bytes()
    path.write_bytes(before + b"\n# edited\n")
    changed = jit.compiled_hash(folder)
    path.write_bytes(before)
    return changed


def compiled_files(folder: Path) -> list[Path]:
    """Files that define compiled functions."""
    return [
        p
        for p in sorted(folder.rglob("*.py"))
        if re.search(r"^@(rule|kernel)\b", p.read_text(encoding="utf-8"), flags=re.M)
    ]


def test_the_caches_name_is_that_of_what_is_compiled(copied):
    """The same sources have the same hash anywhere; an edit of any file that compiled code sees gives
    another.
    """
    folder = copied / "sim"
    whole, compiled = jit.compiled_hash(folder), compiled_files(folder)
    assert whole == jit.compiled_hash(SIM) and len(compiled) > 18
    for path in [*compiled, folder / "vocabulary.py", folder / "levers.py", folder / "numerics" / "jit.py"]:
        assert edited(folder, path) != whole, f"an edit of {path.name} would meet yesterday's engine"


def test_nobody_recompiles_for_an_edit_that_compiled_code_cannot_see(copied):
    """An edit of engine, recorder, scenario, metrics or a lever-only policy leaves the compiled engine
    warm.
    """
    folder = copied / "sim"
    whole = jit.compiled_hash(folder)
    for name in (
        "engine",
        "metrics/readings",
        "scenario",
        "config/yaml_file",
        "world/laws",
        "precompile",
        "metrics/disputes",
        "policies/smart_platform",
    ):
        assert edited(folder, folder / f"{name}.py") == whole, f"an edit of {name}.py recompiles for nothing"


def test_compiled_functions_see_only_modules_that_the_hash_follows():
    """Inside compiled functions no name is used that came by ``from sim import module`` (the hash follows
    ``from sim.x import``).
    """
    for path in SIM.rglob("*.py"):
        modules = {
            a.asname or a.name
            for n in tree(path).body
            if isinstance(n, ast.ImportFrom) and n.module == "sim"
            for a in n.names
        }
        for f in tree(path).body:
            if is_compiled(f):
                assert modules & {n.id for n in ast.walk(f) if isinstance(n, ast.Name)} == set(), (
                    f"{path.name}: {f.name}"
                )


def test_an_edited_rule_is_what_runs(copied):
    """A compiled caller in another file meets the edited rule at once, and the old one again when the
    edit is undone.
    """
    (copied / "sim" / "tiny.py").write_text(
        "from sim.numerics.jit import kernel\nfrom sim.mechanisms.workforce import tie_after_contact\n\n\n"
        "@kernel\ndef twice(x):\n"
        "    return tie_after_contact(tie_after_contact(x, 0.5), 0.5)\n",
        encoding="utf-8",
    )
    rule = copied / "sim" / "mechanisms" / "workforce.py"
    original = rule.read_text(encoding="utf-8")
    env = os.environ | {
        "COGOV_CACHE": str(copied / "cache"),
        "PYTHONPATH": str(copied),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def told() -> float:
        code = "from sim.tiny import twice; print(twice(0.0))"
        return float(
            subprocess.run(
                [sys.executable, "-c", code], cwd=copied, env=env, capture_output=True, text=True, check=True
            ).stdout
        )

    assert told() == 0.75
    rule.write_text(
        original.replace("return tie + gain * (1.0 - tie)", "return tie + 0.1 * gain * (1.0 - tie)"),
        encoding="utf-8",
    )
    assert told() == pytest.approx(0.0975)
    rule.write_text(original, encoding="utf-8")
    assert told() == 0.75
    assert len(list((copied / "cache" / "cogov").iterdir())) == 2
