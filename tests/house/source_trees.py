"""Sources of the house as syntax trees: modules by name, and what they import."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIM, EXPERIMENTS = ROOT / "sim", ROOT / "experiments"
DOORS = {  # package -> the only modules that may import it anywhere (lazily too)
    "mesa": {"sim.mesa_model.views", "sim.mesa_model.agent_set", "sim.mesa_model.community"},
    "numba": {"sim.numerics.jit"},
    "llvmlite": set(),
}
SOURCES = sorted(
    [
        *SIM.rglob("*.py"),
        *EXPERIMENTS.rglob("*.py"),
        *(ROOT / "benchmarks").rglob("*.py"),
        *(ROOT / "docs").glob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
    ]
)


def name_of(path: Path) -> str:
    """Dotted name of a source file (a package's own name for its __init__)."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


MODULES = {name_of(p): p for p in [*SIM.rglob("*.py"), *EXPERIMENTS.rglob("*.py")]}


def is_compiled(node: ast.AST) -> bool:
    """Whether a definition stands under @rule, @kernel or @builder, with arguments or without."""
    marks = [d.func if isinstance(d, ast.Call) else d for d in getattr(node, "decorator_list", [])]
    return any(isinstance(mark, ast.Name) and mark.id in ("rule", "kernel", "builder") for mark in marks)


def _targets(node) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{a.name}" for a in node.names]
        return [x if x in MODULES else node.module for x in inner]
    return []


def imports(path: Path, lazy: bool = True) -> set[str]:
    """Modules that a file imports; without ``lazy`` only those imported when it is itself imported."""
    found, todo = set(), list(tree(path).body)
    while todo:
        node = todo.pop()
        if not lazy and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue  # never run
        found.update(_targets(node))
        if lazy or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            todo += list(ast.iter_child_nodes(node))
    return found
