"""Types: public signatures say what goes in and what comes out, where mypy looks."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator

import pytest

from tests.house.source_trees import MODULES, ROOT, is_compiled, tree

TYPED = ("sim.config", "sim.world", "experiments.questions", "experiments.store")


def signatures(node: ast.Module | ast.ClassDef, within: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """(dotted name, definition) of public functions and of public classes' methods, ``__init__`` and its like
    among them; what is compiled has its types from numba, and its units stand in the docstring.
    """
    for child in node.body:
        public = not getattr(child, "name", "_").startswith("_")
        if isinstance(child, ast.ClassDef) and public:
            yield from signatures(child, f"{within}{child.name}.")
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and not is_compiled(child):
            if public or (within and child.name.startswith("__") and child.name.endswith("__")):
                yield within + child.name, child


def unsaid(function: ast.FunctionDef, method: bool = False) -> list[str]:
    """Arguments of a signature without annotation, and ``return``; a method's own object needs none, nor
    does what ``__init__`` returns.
    """
    a = function.args
    named = [*a.posonlyargs, *a.args]
    static = any(getattr(d, "id", "") == "staticmethod" for d in function.decorator_list)
    named = named[1:] if method and not static else named
    rest = [x for x in (a.vararg, *a.kwonlyargs, a.kwarg) if x is not None]
    silent = function.returns is None and function.name != "__init__"
    return [x.arg for x in [*named, *rest] if x.annotation is None] + ["return"] * silent


@pytest.mark.parametrize("room", TYPED)
def test_public_signatures_are_annotated(room):
    missing = [
        f"{module}.{name}: {', '.join(lacks)}"
        for module, path in MODULES.items()
        if module == room or module.startswith(room + ".")
        for name, function in signatures(tree(path))
        if (lacks := unsaid(function, method="." in name))
    ]
    assert not missing, "\n".join(missing)


def test_what_a_signature_leaves_unsaid_is_seen():
    source = """
def whole(a: int, /, b: str = "", *rest: int, c: int, **more: int) -> None: ...
def bare(a, /, b, *rest, c, **more): ...
def _private(a): ...
@kernel
def compiled(a): ...
@builder()
def built(a): ...
class Thing:
    def __init__(self, a): ...
    def told(self) -> int: ...
    @property
    def size(self): ...
    @classmethod
    def made(cls, a: int) -> Thing: ...
    @staticmethod
    def free(a) -> int: ...
    def _own(self, a): ...
class _Hidden:
    def told(self, a): ...
"""
    seen = {name: unsaid(f, "." in name) for name, f in signatures(ast.parse(source))}
    assert seen == {
        "whole": [],
        "bare": ["a", "b", "rest", "c", "more", "return"],
        "Thing.__init__": ["a"],
        "Thing.told": [],
        "Thing.size": ["return"],
        "Thing.made": [],
        "Thing.free": ["a"],
    }


def test_mypy_looks_where_signatures_are_annotated():
    """The folders named here are among those that mypy checks."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {room.replace(".", "/") for room in TYPED} <= set(config["tool"]["mypy"]["files"])
