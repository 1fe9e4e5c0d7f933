"""The model's version: a hash of what its sources say, however they are written down.

Layout, comments, docstrings, annotations of functions and what an error says are left out, and so are file
names and import lines: definitions are hashed one by one and the hashes sorted, so a definition may move to
another module. That is safe because a name is followed to the definition that it stands for and hashed with
that definition's content: importing another function of the same name gives another hash. What counts is
what can be reached from the given definitions by such names; a package that imports its own files by name
(``import_module(f"sim.policies.{...}")``) reaches all of them. Python and libraries are no part of it: they
stand beside it (``experiments.store.environment``).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

LOOSE = "<statement>"  # of a module: what runs when it is imported and defines nothing
Key = tuple[str, str]  # module, name of a definition ("" for the whole module)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_UNTYPED = (
    "dataclass",
    "NamedTuple",
    "Protocol",
)  # classes whose annotations declare fields and check nothing
_LEFT_OUT = {
    "ctx",
    "type_comment",
    "kind",
    "returns",
}  # fields of nodes that say nothing, or nothing about numbers


class SourcesError(LookupError):
    """A definition that is to be hashed is not there."""


def hexdigest(parts: Iterable[str]) -> str:
    """Hex digest of texts, each told from its neighbours."""
    digest = hashlib.blake2b(digest_size=10)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


class Content(NamedTuple):
    """A definition: the hash of its words, the definitions they refer to by number, those found by name."""

    words: str
    named: tuple[Key, ...]
    found: frozenset[Key]


@dataclass
class Module:
    """A source file's definitions, its imports, and what else it does when it is imported."""

    name: str
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)  # local name -> dotted name
    loose: list[ast.stmt] = field(default_factory=list)

    @classmethod
    def parsed(cls, name: str, text: str) -> Module:
        """From source text; SyntaxError if it is none."""
        module = cls(name)
        for statement in ast.parse(text).body:
            module._add(statement)
        return module

    def _add(self, statement: ast.stmt) -> None:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            self.imports.update(imported(statement))
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            pass  # a docstring, or a text that stands for a comment
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            pass
        else:
            bound = stored(statement)
            if isinstance(statement, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
                for node in ast.walk(statement):
                    if isinstance(node, (ast.Import, ast.ImportFrom)):
                        self.imports.update(imported(node))
            for name in bound:
                self.definitions.setdefault(name, []).append(statement)
            if not bound:
                self.loose.append(statement)


def imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Local names and the dotted names that they stand for (imports of this project are absolute)."""
    if isinstance(node, ast.ImportFrom):
        return {
            a.asname or a.name: f"{node.module}.{a.name}" for a in node.names if node.module != "__future__"
        }
    return {
        a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0]
        for a in node.names
    }


def stored(node: ast.AST) -> set[str]:
    """Names that a statement binds in its own scope; what functions and comprehensions bind is theirs."""
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return {node.name} if hasattr(node, "name") else set()
    found = set()
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        found.add(node.id)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        found.add(node.name)
    for child in ast.iter_child_nodes(node):
        inner = stored(child)
        if isinstance(node, _COMPREHENSIONS):
            inner &= {n.target.id for n in ast.walk(child) if isinstance(n, ast.NamedExpr)}
        found |= inner
    return found


class Sources:
    """Definitions of some packages, found and hashed when they are reached.

    Args:
        packages: name -> folder of each package whose sources count; everything else is a library.
    """

    def __init__(self, packages: Mapping[str, Path]) -> None:
        self.paths: dict[str, Path] = {}
        for package, folder in packages.items():
            for path in sorted(Path(folder).rglob("*.py")):
                parts = (package, *path.relative_to(folder).with_suffix("").parts)
                self.paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        self._modules: dict[str, Module] = {}
        self._said: dict[Key, Content] = {}

    def module(self, name: str) -> Module:
        """A module, parsed once."""
        if name not in self._modules:
            self._modules[name] = Module.parsed(name, self.paths[name].read_text(encoding="utf-8"))
        return self._modules[name]

    def find(self, dotted: str) -> Key | None:
        """The definition (or whole module) behind a dotted name, re-exports followed; None for a
        library's.
        """
        if dotted in self.paths:
            return dotted, ""
        parent, _, name = dotted.rpartition(".")
        if parent not in self.paths:
            return None
        module = self.module(parent)
        if name in module.definitions:
            return parent, name
        return self.find(module.imports[name]) if name in module.imports else None

    def content(self, key: Key) -> Content:
        """What one definition says."""
        if key not in self._said:
            module = self.module(key[0])
            if not key[1]:
                inside = frozenset((key[0], name) for name in module.definitions)
                self._said[key] = Content(
                    hexdigest(sorted(self.content(one).words for one in inside)), (), inside
                )
            else:
                number = key[1].removeprefix(LOOSE)
                statements = [module.loose[int(number)]] if number != key[1] else module.definitions[key[1]]
                reader = Reader(self, module)
                for statement in statements:
                    reader.say(statement, {})
                self._said[key] = Content(
                    hexdigest(reader.words), tuple(reader.named), frozenset(reader.found)
                )
        return self._said[key]

    def reached(self, roots: Iterable[str]) -> set[Key]:
        """Definitions reached from dotted names, and the statements of their modules that run on import."""
        todo = []
        for root in roots:
            key = self.find(root)
            if key is None:
                raise SourcesError(f"no definition of {root} in the sources")
            todo.append(key)
        found: set[Key] = set()
        while todo:
            key = todo.pop()
            if key in found:
                continue
            found.add(key)
            todo += [*self.content(key).named, *self.content(key).found]
            todo += [(key[0], f"{LOOSE}{i}") for i in range(len(self.module(key[0]).loose))]
        return found

    def digest(self, roots: Iterable[str]) -> str:
        """One hash of all that is reached: each definition with the content of those that it names."""
        return hexdigest(sorted({self._bound(key) for key in self.reached(roots) if key[1]}))

    def _bound(self, key: Key) -> str:
        words, named, found = self.content(key)
        return hexdigest(
            [
                words,
                *(f"{other[1]} {self.content(other).words}" for other in named),
                *sorted(self.content(other).words for other in found),
            ]
        )


class Reader:
    """Writes a definition as words: names of the project's own by what they stand for, no layout."""

    def __init__(self, sources: Sources, module: Module) -> None:
        self.sources, self.module = sources, module
        self.words: list[str] = []
        self.named: dict[Key, int] = {}  # in order of appearance: words refer to them by number
        self.found: set[Key] = set()

    def say(self, node: object, env: Mapping[str, str], in_class: bool = False) -> None:
        """Write a node. ``env``: names bound around it: "" for a variable, else the dotted name imported."""
        if isinstance(node, list):
            self.words.append("[")
            for item in node:
                self.say(item, env, in_class)
            self.words.append("]")
        elif not isinstance(node, ast.AST):
            self.words.append(repr(node))
        elif isinstance(node, (ast.Name, ast.Attribute)):
            self._name(node, env)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) or _only_said(node):
            pass
        elif isinstance(node, ast.Raise):
            self.words += ["Raise", _raised(node)]
        elif isinstance(node, ast.AnnAssign) and not in_class:
            if node.value is not None:  # as an assignment without a type
                self.say(ast.Assign([node.target], node.value), env)
        elif isinstance(node, ast.Call) and _discovers(node):
            self._discovered(node)
        else:
            self._fields(node, env)

    def _fields(self, node: ast.AST, env: Mapping[str, str]) -> None:
        self.words.append(type(node).__name__)
        inner = env
        if isinstance(node, _FUNCTIONS):
            inner = {**env, **_scope(node)}
        elif isinstance(node, ast.ClassDef):
            inner = {**env, **dict.fromkeys(set().union(*(stored(s) for s in node.body)), "")}
        elif isinstance(node, _COMPREHENSIONS):
            inner = {**env, **dict.fromkeys(set().union(*(stored(g.target) for g in node.generators)), "")}
            self.say(node.generators[0].iter, env)  # looked up outside
        for name, value in ast.iter_fields(node):
            if (
                value is None
                or value == []
                or name in _LEFT_OUT
                or (name == "annotation" and isinstance(node, ast.arg))
            ):
                continue
            if name == "msg" and isinstance(node, ast.Assert):
                continue
            if (
                name == "body"
                and isinstance(node, (*_FUNCTIONS, ast.ClassDef))
                and not isinstance(node, ast.Lambda)
            ):
                value = value[1:] if ast.get_docstring(node, clean=False) is not None else value
            self.words.append(name)
            if isinstance(node, ast.ClassDef) and name == "body":
                self._class_body(node, env, inner)
            else:
                self.say(value, env if name in ("decorator_list", "bases", "keywords", "args") else inner)
        self.words.append(".")

    def _class_body(self, node: ast.ClassDef, env: Mapping[str, str], inner: Mapping[str, str]) -> None:
        bare = any(word in ast.unparse(d) for d in (*node.decorator_list, *node.bases) for word in _UNTYPED)
        for statement in node.body:
            if bare and isinstance(
                statement, ast.AnnAssign
            ):  # that it is a field counts, of which type does not
                self.words.append(
                    "class variable" if "ClassVar" in ast.unparse(statement.annotation) else "field"
                )
                self.say([statement.target, statement.value], inner)
            else:  # a class's names are not seen inside its methods
                self.say(statement, env if isinstance(statement, _FUNCTIONS) else inner, True)

    def _name(self, node: ast.Name | ast.Attribute, env: Mapping[str, str]) -> None:
        attributes: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            attributes.insert(0, inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            self.say(inner, env)
            self.words += ["." + name for name in attributes]
            return
        dotted = env[inner.id] if inner.id in env else self.module.imports.get(inner.id)
        if dotted is None and inner.id in self.module.definitions and isinstance(inner.ctx, ast.Load):
            dotted = f"{self.module.name}.{inner.id}"
        if not dotted:
            self.words += [inner.id, *("." + name for name in attributes)]
            return
        key = self.sources.find(dotted)
        while (
            attributes
            and (key is None or not key[1])
            and (key is None or self.sources.find(f"{dotted}.{attributes[0]}"))
        ):
            dotted = f"{dotted}.{attributes.pop(0)}"
            key = self.sources.find(dotted)
        number = None if key is None else self.named.setdefault(key, len(self.named))
        self.words += [f"@{dotted if number is None else number}", *("." + name for name in attributes)]

    def _discovered(self, node: ast.Call) -> None:
        package = _discovers(node)
        found = [name for name in self.sources.paths if name.rpartition(".")[0] == package]
        self.found.update((name, "") for name in found)
        self.words.append(f"every file of the package: {bool(found)}")


def _scope(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> dict[str, str]:
    """Names bound inside a function: its arguments and variables, and what it imports."""
    arguments = node.args
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    bound = {a.arg: "" for a in every if a is not None}
    body = node.body if isinstance(node.body, list) else [node.body]
    for statement in body:
        bound.update(dict.fromkeys(stored(statement), ""))
    for inner in _own(body):
        if isinstance(inner, ast.Global):
            for name in inner.names:
                bound.pop(name, None)
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            bound.update(imported(inner))
    return bound


def _own(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Nodes of a function's body without those of functions inside it."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            todo += ast.iter_child_nodes(node)


def _only_said(node: ast.AST) -> bool:
    """A statement that changes nothing: a text standing alone, a warning."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    return isinstance(value, ast.Constant) or (
        isinstance(value, ast.Call) and ast.unparse(value.func).endswith("warn")
    )


def _raised(node: ast.Raise) -> str:
    """What kind of error is raised; what it says changes no number."""
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return "" if error is None else ast.unparse(error).rpartition(".")[2]


def _discovers(node: ast.Call) -> str:
    """The package whose files a call imports by name, or nothing."""
    if ast.unparse(node.func).rpartition(".")[2] != "import_module" or not node.args:
        return ""
    what = node.args[0]
    first = what.values[0] if isinstance(what, ast.JoinedStr) and what.values else None
    start = str(first.value) if isinstance(first, ast.Constant) else ""
    return start.removesuffix(".") if start.endswith(".") else ""
