"""The model's sources read as text: equations of rules, homes of functions and tests, columns of tables.

Nothing is compiled for it. An equation is the rule's own code, with the registry's symbols in place of the
arguments that the model passes from the registry; so it cannot differ from what runs.
"""

from __future__ import annotations

import ast
import copy
import re
from functools import cache
from pathlib import Path

from sim.config import registry

ROOT = Path(__file__).resolve().parent.parent
GREEK = (
    ("math.sqrt(", "√("),
    ("logistic(", "σ("),
    ("log(", "ln("),
    ("0.6931471805599453", "ln 2"),
    ("LN2", "ln 2"),
    ("math.floor(", "floor("),
    (" ** ", "^"),
    (" * ", " · "),
    (" - ", " − "),
)


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of sim/ as (dotted name -> syntax tree)."""
    found = {}
    for path in sorted((ROOT / "sim").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(
            path.read_text(encoding="utf-8")
        )
    return found


@cache
def functions() -> dict[str, ast.AST]:
    """Every top-level function and class of sim/ as module:name."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {
        f"{module}:{node.name}": node
        for module, tree in trees().items()
        for node in tree.body
        if isinstance(node, kinds)
    }


@cache
def rules() -> list[str]:
    """Every function under @rule, as module:name."""
    return [
        name
        for name, node in functions().items()
        if isinstance(node, ast.FunctionDef)
        and any(getattr(d, "id", "") == "rule" for d in node.decorator_list)
    ]


@cache
def tests() -> set[str]:
    """Every test as tests/file.py::name, methods of test classes as tests/file.py::Class::name."""
    found = set()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        where = path.relative_to(ROOT).as_posix()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found.add(f"{where}::{node.name}")
            elif isinstance(node, ast.ClassDef):
                found |= {
                    f"{where}::{node.name}::{n.name}" for n in node.body if isinstance(n, ast.FunctionDef)
                }
    return found


def sentence(name: str) -> str:
    """The docstring of module:name in one line, as it stands in the code."""
    return " ".join((ast.get_docstring(functions()[name]) or "").split())


def _symbol(node: ast.AST) -> str:
    """The registry's symbol of an argument at a call: p.name, params[0].name, kinds[k].column; '' for
    anything else.
    """
    if not isinstance(node, ast.Attribute):
        return ""
    holder = ast.unparse(node.value).removeprefix("world.")
    if holder in ("p", "params[0]") and node.attr in registry.registry():
        return registry.registry()[node.attr].symbol
    if holder.startswith("kind") and node.attr in registry.kind_columns():
        return registry.kind_columns()[node.attr].symbol
    if holder.startswith("channel") and node.attr in registry.channel_columns():
        return registry.channel_columns()[node.attr].symbol
    return ""


@cache
def symbols() -> dict[str, dict[int, str]]:
    """Function's name -> position of an argument -> symbol, where all calls in the model pass the same
    entry of the registry.
    """
    passed: dict[str, dict[int, set[str]]] = {}
    for module, tree in trees().items():
        if module.startswith("sim.policies"):  # their own numbers are called p, too
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for position, argument in enumerate(node.args):
                    passed.setdefault(node.func.id, {}).setdefault(position, set()).add(_symbol(argument))
    return {
        name: {k: symbol for k, found in places.items() if len(found) == 1 and (symbol := next(iter(found)))}
        for name, places in passed.items()
    }


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        symbol = self.names.get(node.id, node.id)
        return ast.Name(f"({symbol})" if "/" in symbol or " " in symbol else symbol, node.ctx)


def _spelled(words: str) -> str:
    for code, sign in GREEK:
        words = words.replace(code, sign)
    return re.sub(r"(?<![\w.])(\d+)\.0\b(?!e)", r"\1", words.replace("np.", "").replace("world.", ""))


def equation(name: str) -> str:
    """The code of a rule as an equation: f(arguments) = expression, or its lines where it takes several."""
    node = functions()[name]
    names = [a.arg for a in node.args.args]
    known = {names[k]: symbol for k, symbol in symbols().get(node.name, {}).items() if k < len(names)}
    body = [
        _Rename(known).visit(ast.parse(ast.unparse(n)).body[0]) for n in node.body if not _is_docstring(n)
    ]
    head = f"{node.name}({', '.join(known.get(a, a) for a in names)})"
    if len(body) == 1 and isinstance(body[0], ast.Return):
        return _spelled(f"{head} = {ast.unparse(body[0].value)}")
    lines = "\n".join(ast.unparse(ast.fix_missing_locations(n)) for n in body)
    return _spelled(f"{head}:\n" + "\n".join("    " + line for line in lines.splitlines()))


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def institution_of(policy: str) -> str:
    """module:Class of the institution that a policy's file defines (a class with next_day and act); ''
    where there is none.
    """
    module = f"sim.policies.{policy}"
    for node in trees()[module].body:
        if isinstance(node, ast.ClassDef) and {"next_day", "act"} <= {
            n.name for n in node.body if isinstance(n, ast.FunctionDef)
        }:
            return f"{module}:{node.name}"
    return ""


def decisions() -> list[str]:
    """Names of all keyed draws, as the sources write them."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "decision":
                argument = node.args[0]
                if isinstance(argument, ast.Constant):
                    found.add(argument.value)
            elif isinstance(node, ast.GeneratorExp) and "decision(f" in ast.unparse(
                node.elt
            ):  # several at once, as in population.py
                found |= set(eval(compile(ast.Expression(node), "sim", "eval"), {"decision": str}))
    return sorted(found)


class _Symbols(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        symbol = _symbol(node)
        if symbol:
            return ast.Name(f"({symbol})" if "/" in symbol or " " in symbol else symbol, node.ctx)
        self.generic_visit(node)
        return node


def _said(node: ast.stmt) -> str:
    """A statement as it stands, of an if or while its question only."""
    return f"if {ast.unparse(node.test)}" if isinstance(node, (ast.If, ast.While)) else ast.unparse(node)


def excerpt(where: str) -> str:
    """``module:name | words``: the shortest statement of the function (or class) that holds the words; ''
    where there is none.

    Parameters appear by their symbols, but in policies, where p is the policy itself.
    """
    name, _, words = (part.strip() for part in where.partition(" | "))
    if name not in functions():
        return ""
    statements = [
        n
        for n in ast.walk(functions()[name])
        if isinstance(n, ast.stmt) and not isinstance(n, (ast.FunctionDef, ast.For))
    ]
    found = [n for n in statements if words in _said(n)]
    if not found:
        return ""
    best = copy.deepcopy(min(found, key=lambda n: len(_said(n))))
    return _spelled(_said(best if name.startswith("sim.policies") else _Symbols().visit(best)))
