"""Types: public signatures say what goes in and what comes out, where mypy looks."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TYPED = ("sim/config", "sim/world", "experiments/questions", "experiments/store")
COMPILED = {"rule", "kernel", "builder"}  # numba finds their types itself


def functions(tree: ast.Module) -> list[tuple[ast.FunctionDef, bool]]:
    """Public functions and methods of a file, and whether each has a ``self`` or ``cls``."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found += [(f, True) for f in node.body if isinstance(f, ast.FunctionDef)]
        elif isinstance(node, ast.FunctionDef):
            found.append((node, False))
    return [(f, inside) for f, inside in found if not f.name.startswith("_") or f.name == "__init__"]


def bare(function: ast.FunctionDef, inside: bool) -> list[str]:
    """What of a signature has no annotation."""
    a = function.args
    names = [*a.posonlyargs, *a.args, *a.kwonlyargs, *(x for x in (a.vararg, a.kwarg) if x)]
    missing = [x.arg for x in names if x.annotation is None and not (inside and x.arg in ("self", "cls"))]
    return missing + (["return"] if function.returns is None and function.name != "__init__" else [])


@pytest.mark.parametrize("folder", TYPED)
def test_public_signatures_are_annotated(folder):
    """Arguments and returns, of everything that is not compiled and begins without an underscore."""
    found = {}
    for path in sorted((ROOT / folder).glob("*.py")):
        for function, inside in functions(ast.parse(path.read_text(encoding="utf-8"))):
            if not {getattr(d, "id", "") for d in function.decorator_list} & COMPILED:
                found |= {f"{path.name}: {function.name}": m for m in [bare(function, inside)] if m}
    assert found == {}


def test_mypy_looks_where_signatures_are_annotated():
    """The folders named here are among those that mypy checks."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(TYPED) <= set(config["tool"]["mypy"]["files"])
