"""Arithmetic written in a file: numbers, names, + - * / **, and a few functions.

Nothing else is evaluated.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

import numpy as np

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: np.divide,
    ast.Pow: operator.pow,
}
_UNARY = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_FUNCTIONS = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "min": np.minimum, "max": np.maximum}


_ODD_NUMBER = re.compile(r"\b[0-9][0-9]*(_|[xXoObB])[0-9a-fA-F]")  # 1_0 and 0x10 are no numbers of ours
LONGEST = 2_000  # characters; a claim's arithmetic has some dozens


class NotArithmetic(ValueError):
    """What stands there is no arithmetic; the message is the part that is not."""


def names(expression: str | float) -> list[str]:
    """Names that an expression uses, dotted ones whole (``baseline.dispute_rate``), in order of
    appearance.
    """
    found: dict[str, None] = {}
    with np.errstate(all="ignore"):
        _walk(_parsed(expression), lambda name: found.setdefault(name) or 1.0)
    return list(found)


def evaluate(expression: str | float, value: Callable[[str], float | np.ndarray]):
    """The value of an expression; ``value(name)`` gives numbers or arrays of one shape. x / 0 is inf or
    NaN.
    """
    with np.errstate(all="ignore"):
        return _walk(_parsed(expression), value)


def _parsed(expression: str | float) -> ast.expr:
    words = str(expression).strip()
    try:
        if len(words) > LONGEST or _ODD_NUMBER.search(words):
            raise ValueError(words)
        return ast.parse(words, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotArithmetic(words) from error


def _walk(node: ast.expr, value: Callable):
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and not isinstance(node.value, bool)
    ):
        try:
            return float(node.value)
        except OverflowError as error:
            raise NotArithmetic(ast.unparse(node)) from error
    if isinstance(node, ast.Name):
        return value(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return value(f"{node.value.id}.{node.attr}")
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        try:
            return _BINARY[type(node.op)](_walk(node.left, value), _walk(node.right, value))
        except (OverflowError, ZeroDivisionError) as error:  # of Python's own numbers; numpy's give inf
            raise NotArithmetic(ast.unparse(node)) from error
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_walk(node.operand, value))
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _FUNCTIONS
        and not node.keywords
    ):
        try:
            return _FUNCTIONS[node.func.id](*(_walk(argument, value) for argument in node.args))
        except (TypeError, ValueError) as error:
            raise NotArithmetic(ast.unparse(node)) from error
    raise NotArithmetic(ast.unparse(node))
