"""Identity of a user's own policies and metrics: those of a notebook, a script, a plug-in.

The hash covers a function or class with all that its code names: helpers, institutions, constants of the
same file or of another that is neither the project's nor an installed library's. It is taken from the
source where Python can show it (documenting changes nothing then), else from the compiled code.
"""

from __future__ import annotations

import ast
import inspect
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from sim.config.model_version import Module, Reader, Sources, hexdigest

_PLAIN = (int, float, complex, str, bytes, bool, type(None))
_LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))


@lru_cache(maxsize=256)
def code_hash(thing: object) -> str:
    """Hex digest of a class or function and of everything of the user's own that it names."""
    words: list[str] = []
    todo: list[object] = [thing]
    seen: set[int] = set()
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        for function in _functions(one):
            words.append(_said(function))
            for name, value in _globals(function):
                words += [name, _value(value)]
                if _own(value):
                    todo.append(value)
        if isinstance(one, type):
            words += _class(one)
            todo += [base for base in one.__bases__ if _own(base)]
    return hexdigest(words)


def same_definition(old: Callable, new: Callable) -> bool:
    """Whether one was defined where the other was, under the same name: an edited cell that ran again."""
    return (old.__module__, old.__qualname__) == (new.__module__, new.__qualname__) and (
        new is old or _own(new)
    )


def _unwrapped(value: object) -> FunctionType | None:
    """The plain function behind a method, a property, a compiled or a wrapped function."""
    for name in ("__func__", "fget", "py_func"):
        value = getattr(value, name, value)
    value = inspect.unwrap(value) if callable(value) else value
    return value if isinstance(value, FunctionType) else None


def _functions(thing: object) -> list[FunctionType]:
    """The functions of a class, but for those that dataclass writes (fields say the same), or the
    function.
    """
    if not isinstance(thing, type):
        one = _unwrapped(thing)
        return [] if one is None else [one]
    written = {"__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__replace__"}
    found = [
        _unwrapped(value)
        for name, value in sorted(vars(thing).items())
        if not (is_dataclass(thing) and name in written)
    ]
    return [function for function in found if function is not None]


def _class(cls: type) -> list[str]:
    words = [cls.__name__]
    if is_dataclass(cls):
        words += [f"{f.name} {_value(f.default)} {sorted(f.metadata.items())!r}" for f in fields(cls)]
    return words + [
        f"{name} {value!r}"
        for name, value in sorted(vars(cls).items())
        if isinstance(value, _PLAIN)
        and name not in ("__doc__", "__module__", "__qualname__", "__firstlineno__")
    ]


def _said(function: FunctionType) -> str:
    """What a function's source says, else its compiled code."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        module = Module.parsed("own", text)
    except (
        OSError,
        TypeError,
        SyntaxError,
    ):  # defined where no source is kept, or in the middle of an expression
        return "\0".join(_compiled(function.__code__, function.__doc__))
    reader = Reader(Sources({}), module)
    for statement in ast.parse(text).body:
        reader.say(statement, dict.fromkeys(module.definitions, ""))
    return "\0".join([*reader.words, repr(function.__defaults__), repr(function.__kwdefaults__)])


def _compiled(code: CodeType, doc: str | None = None) -> list[str]:
    words = [code.co_code.hex(), *code.co_names]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            words += _compiled(constant)
        elif constant != doc or doc is None:
            words.append(repr(constant))
    return words


def _names(code: CodeType) -> set[str]:
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
    return found


def _globals(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Names that a function uses and does not define, with what they stand for now."""
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not yet filled
            continue


def _value(value: Any) -> str:
    """A constant as text; of anything else kind and name (own classes and functions are read separately)."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, (dict, set, frozenset)):
        return f"{{{', '.join(sorted(map(_value, value.items() if isinstance(value, dict) else value)))}}}"
    if hasattr(value, "tobytes") and hasattr(value, "dtype"):
        return f"{value.dtype} {value.shape} {value.tobytes().hex()}"
    return f"{type(value).__name__} {getattr(value, '__name__', '')}"


def _own(value: object) -> bool:
    """Whether this is a class or function of the user's own."""
    if isinstance(value, ModuleType) or not (isinstance(value, type) or _unwrapped(value) is not None):
        return False
    name = getattr(value, "__module__", None) or ""
    if name.partition(".")[0] in ("sim", "experiments", "builtins"):
        return False
    path = getattr(sys.modules.get(name), "__file__", None)
    return name == "__main__" or path is None or not path.startswith(_LIBRARIES)
