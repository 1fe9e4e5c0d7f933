"""Reading a configuration file: YAML with its line marks, and every problem at once.

A typo must never be taken silently: each problem names file, line and path, in the reader's
language, and the nearest known name or the range, its unit and where it comes from.
"""
from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from sim.paths import config_dir, shown
from sim.schema import nearest
from sim.texts import text

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file; ``message_key`` and ``values`` give its words in any language."""

    file: str
    line: int
    path: str
    message_key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def message(self, lang: str | None = None) -> str:
        """What is wrong, in one line, without the place."""
        words = {k: text(v[1:], lang) if isinstance(v, str) and v.startswith("@") else v for k, v in self.values.items()}
        return text(self.message_key, lang, **words)

    def show(self, lang: str | None = None) -> str:
        """``file:line: path: message``."""
        return text("config.problem", lang, file=self.file, line=self.line, path=self.path or "-", message=self.message(lang))


class ConfigError(ValueError):
    """All problems of a configuration, in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = sorted(problems, key=lambda p: (p.file, p.line, p.path))
        super().__init__(self.problems)

    def show(self, lang: str | None = None) -> str:
        """One line per problem, in a language (None: the one in force)."""
        return "\n".join(problem.show(lang) for problem in self.problems)

    def __str__(self) -> str:
        return self.show()

    def __reduce__(self):
        return type(self), (self.problems,)


@dataclass
class Source:
    """A file as read: plain data, the line of each key, and the problems met on the way."""

    file: str
    data: object
    lines: dict[Key, int]
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Key) -> int:
        """The line of a path, or of its nearest parent that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def add(self, path: Key, message_key: str, **values) -> None:
        """Note a problem at a path."""
        self.problems.append(Problem(self.file, self.line(path), dotted(path), message_key, values))

    def add_unknown(self, path: Key, name: str, known: Iterable[str]) -> None:
        """Note an unknown name: with the nearest known one, else with all of them."""
        known = list(known)
        near = nearest(name, known)
        if near:
            self.add(path, "config.unknown_near", near=near)
        else:
            self.add(path, "config.unknown", known=", ".join(known) or "-")

    def raise_problems(self) -> None:
        """Raise ConfigError if there is any problem."""
        if self.problems:
            raise ConfigError(self.problems)


def dotted(path: Key) -> str:
    """A path as written in messages: ``arms.all.0.intensity``."""
    return ".".join(str(part) for part in path)


def in_memory(data: object, file: str = "-") -> Source:
    """A source for values that never stood in a file."""
    return Source(file, data, {})


def find(name_or_path: str | Path, folder: str, missing_key: str) -> Path:
    """The file of a place or study: a path as given, or a name in configs/<folder>."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        if path.is_file():
            return path
        raise ConfigError([Problem(str(name_or_path), 1, "", "config.no_file")])
    known = available(folder)
    if str(name_or_path) in known:
        return config_dir() / folder / f"{name_or_path}.yaml"
    near = nearest(str(name_or_path), known)
    where = f"configs/{folder}/{name_or_path}.yaml"
    if near:
        raise ConfigError([Problem(where, 1, str(name_or_path), "config.unknown_near", {"near": near})])
    raise ConfigError([Problem(where, 1, str(name_or_path), missing_key, {"known": ", ".join(known)})])


def available(folder: str) -> list[str]:
    """Names of the files in configs/<folder>."""
    return sorted(path.stem for path in (config_dir() / folder).glob("*.yaml"))


def read(path: Path) -> Source:
    """A YAML file with the line of each key; wrong YAML and repeated keys become problems."""
    source = Source(shown(path), {}, {})
    content = Path(path).read_text(encoding="utf-8-sig")
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
        if node is not None:
            _mark(node, (), source, set())
            source.data = yaml.safe_load(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        detail = str(getattr(error, "problem", None) or error).splitlines()[0]
        source.lines[()] = (mark.line + 1) if mark else 1
        source.add((), "config.yaml", detail=detail)
    else:
        if not isinstance(source.data, dict):
            source.add((), "config.type", value=repr(source.data), expected="@config.mapping")
    return source


def _mark(node: yaml.Node, path: Key, source: Source, open_nodes: set[int]) -> None:
    source.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in open_nodes:
        raise yaml.YAMLError("an alias that contains itself")
    open_nodes.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            key = path + (str(key_node.value),)
            if key in source.lines and key_node.value != "<<":
                first = source.lines[key]
                for old in [known for known in source.lines if known[: len(key)] == key]:
                    del source.lines[old]
                source.lines[key] = key_node.start_mark.line + 1
                source.add(key, "config.twice", first=first)
            source.lines[key] = key_node.start_mark.line + 1
            _mark(value_node, key, source, open_nodes)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            _mark(item, path + (i,), source, open_nodes)
    open_nodes.discard(id(node))


def validate(model: type[BaseModel], source: Source) -> BaseModel | None:
    """The model built from a source, or None with every problem noted in it."""
    if source.problems and not source.data:
        return None
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        for item in error.errors():
            _note(model, source, item)
        return None


_EXPECTED = {
    "float": "@config.number", "int": "@config.whole", "string": "@config.words", "list": "@config.list", "tuple": "@config.list",
    "dict": "@config.mapping", "model": "@config.mapping", "mapping": "@config.mapping",
}


def _note(model: type[BaseModel], source: Source, item: dict) -> None:
    """One pydantic error as a problem of ours."""
    loc = tuple(part for part in item["loc"] if not (isinstance(part, str) and part in ("int", "tuple[int, ...]", "str")
                                                     and not _in_data(source.data, item["loc"], part)))
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    if kind in ("int_type", "float_type", "string_type") and isinstance(value, list) and "tuple" in str(_at(model, loc)):
        return  # the other member of the union says what is wrong with the list's items
    if kind == "extra_forbidden":
        source.add_unknown(loc, str(loc[-1]), _names(model, loc[:-1]))
    elif kind == "missing":
        source.add(loc, "config.missing")
    elif kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than", "finite_number"):
        low, high, unit, origin = limits(model, loc)
        source.add(loc, "config.range", value=value, low=low, high=high, unit=unit, source=origin)
    elif kind == "literal_error":
        known = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        near = nearest(str(value), known.split(", "))
        if near:
            source.add(loc, "config.choice_near", value=value, near=near)
        else:
            source.add(loc, "config.choice", value=value, known=known)
    elif kind in ("too_short", "too_long"):
        low = context.get("min_length", context.get("max_length"))
        high = context.get("max_length", "…")
        source.add(loc, "config.length", count=context["actual_length"], low=low, high=high)
    elif kind.split("_")[0] in _EXPECTED:
        source.add(loc, "config.type", value=repr(value), expected=_EXPECTED[kind.split("_")[0]])
    else:
        source.add(loc, "config.other", detail=item["msg"])


def _in_data(data: object, loc: Key, part: str) -> bool:
    """Whether a part of pydantic's location is a key of the file and not the name of a union's member."""
    for step in loc[: loc.index(part)]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(data, dict) and part in data


def limits(model: type[BaseModel], loc: Key) -> tuple[object, object, str, str]:
    """Low, high, unit and source of the field at a location."""
    for depth in range(len(loc), 0, -1):  # a table's values carry the limits of their table
        owner = _model_at(model, loc[: depth - 1])
        info = owner.model_fields.get(str(loc[depth - 1])) if owner else None
        if info is not None:
            extra = info.json_schema_extra or {}
            return extra.get("low", "-"), extra.get("high", "-"), extra.get("unit", ""), extra.get("source", "guess")
    return "-", "-", "", "guess"


def _at(model: type[BaseModel], loc: Key) -> object:
    """The annotation of the field at a location (None below a field)."""
    owner = _model_at(model, loc[:-1])
    info = owner.model_fields.get(str(loc[-1])) if owner and loc else None
    return info.annotation if info else None


def _names(model: type[BaseModel], loc: Key) -> list[str]:
    owner = _model_at(model, loc)
    return list(owner.model_fields) if owner else []


def _model_at(model: type[BaseModel], loc: Key) -> type[BaseModel] | None:
    """The model whose fields stand at a location, through lists and mappings."""
    here: object = model
    for part in loc:
        if isinstance(here, type) and issubclass(here, BaseModel):
            info = here.model_fields.get(str(part))
            here = info.annotation if info else None
        else:
            here = _inner(here)
        here = _plain(here)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _plain(annotation: object) -> object:
    """An annotation without Annotated and without None."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _plain(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        options = [a for a in typing.get_args(annotation) if a is not type(None)]
        return _plain(options[0])
    return annotation


def _inner(annotation: object) -> object:
    args = typing.get_args(annotation)
    if not args:
        return None
    return args[1] if typing.get_origin(annotation) is dict else args[0]
