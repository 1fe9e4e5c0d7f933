"""Configuration files against their models: found by name, read, validated, every problem at once.

A typo must never be taken silently: each problem names file, line and path, in the reader's
language, and the nearest known name or the range, its unit and where it comes from.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError

from sim.config.catalog import listed, nearest
from sim.config.errors import ConfigError, Problem, Said, told
from sim.config.paths import config_dir
from sim.config.source import Key, Source, check_label, check_name, dotted, in_memory, read
from sim.config.text_file import regular

__all__ = [
    "ConfigError",
    "Key",
    "Problem",
    "Said",
    "Source",
    "available",
    "check_label",
    "check_name",
    "dotted",
    "find",
    "in_memory",
    "limits",
    "nearest",
    "read",
    "validate",
]
Model = typing.TypeVar("Model", bound=BaseModel)


def find(name_or_path: str | Path, folder: str, missing_key: str) -> Path:
    """The file of a place or study: a path as given, or a name in configs/<folder>."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        regular(path)
        return path
    known = available(folder)
    name = str(name_or_path)
    if name in known:
        return config_dir() / folder / f"{name}.yaml"
    near = nearest(name, known)
    where = f"configs/{folder}/{name}.yaml"
    if near:
        raise ConfigError([Problem(where, 0, name, "config.unknown_near", {"near": near})])
    raise ConfigError([Problem(where, 0, name, missing_key, {"known": listed(known)})])


def available(folder: str) -> list[str]:
    """Names of the files in configs/<folder>."""
    return sorted(path.stem for path in (config_dir() / folder).glob("*.yaml"))


def validate(model: type[Model], source: Source) -> Model | None:
    """The model built from a source, or None with every problem noted in it."""
    if source.problems and not source.data:
        return None
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=True):
            _note(model, source, item)
        return None


_EXPECTED = {
    "float": Said("config.number"),
    "int": Said("config.whole"),
    "string": Said("config.words"),
    "list": Said("config.list"),
    "tuple": Said("config.list"),
    "dict": Said("config.mapping"),
    "model": Said("config.mapping"),
    "mapping": Said("config.mapping"),
    "bool": Said("config.yes_no"),
}
_MEMBER = re.compile(
    r"(constrained-)?(int|float|str|bool)|(tuple|list|dict|literal|function-\w+)\[.*\]"
)  # of a union, in pydantic's words


def _note(model: type[BaseModel], source: Source, item: Mapping[str, typing.Any]) -> None:
    """One pydantic error as a problem of ours."""
    loc = tuple(
        part
        for i, part in enumerate(item["loc"])
        if not (
            isinstance(part, str) and _MEMBER.fullmatch(part) and not _in_data(source.data, item["loc"], i)
        )
    )
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    if (
        kind in ("int_type", "float_type", "string_type")
        and isinstance(value, list)
        and "tuple" in str(_at(model, loc))
    ):
        return  # the other member of the union says what is wrong with the list's items
    if kind == "extra_forbidden":
        source.add_unknown(loc, str(loc[-1]), _names(model, loc[:-1]))
    elif kind == "missing":
        source.add(loc, "config.missing")
    elif kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        source.add_range(loc, value, *limits(model, loc))
    elif kind == "finite_number":
        _note_type(source, loc, value, Said("config.finite"))
    elif kind == "literal_error":
        if source.problems and source.problems[-1].path == dotted(loc):
            del source.problems[-1]  # said by another member of a union: what can be chosen says more
        source.add_choice(
            loc, value, str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        )
    elif kind in ("too_short", "too_long"):
        low = context.get("min_length", context.get("max_length"))
        high = context.get("max_length", "…")
        source.add(loc, "config.length", count=context["actual_length"], low=low, high=high)
    elif kind == "string_too_long":
        source.add(loc, "config.long_text", count=len(value), most=context["max_length"])
    elif kind.split("_")[0] in _EXPECTED:
        _note_type(source, loc, value, _EXPECTED[kind.split("_")[0]])
    else:
        source.add(loc, "config.other", detail=item["msg"])


def _note_type(source: Source, loc: Key, value: object, expected: Said) -> None:
    """A value of another type than expected; what no member of a union takes is one problem and not two."""
    last = source.problems[-1] if source.problems else None
    if last is not None and last.message_key == "config.type" and last.path == dotted(loc):
        values = {**last.values, "other": expected}
        source.problems[-1] = Problem(last.file, last.line, last.path, "config.neither", values)
    elif last is None or last.path != dotted(loc):
        source.add(loc, "config.type", value=told(value), expected=expected)


def _in_data(data: typing.Any, loc: Key, place: int) -> bool:
    """Whether a part of pydantic's location is a key of the file and not the name of a union's member."""
    for step in loc[:place]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            continue  # itself a member's name
    return isinstance(data, Mapping) and loc[place] in data


def limits(model: type[BaseModel], loc: Key) -> tuple[object, object, str, str]:
    """Low, high, unit and source of the field at a location."""
    for depth in range(len(loc), 0, -1):  # a table's values carry the limits of their table
        owner = _model_at(model, loc[: depth - 1])
        info = owner.model_fields.get(str(loc[depth - 1])) if owner else None
        if info is not None:
            extra: Mapping[str, typing.Any] = (
                info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            )
            low = next(
                (
                    v
                    for m in info.metadata
                    for v in (getattr(m, "ge", None), getattr(m, "gt", None))
                    if v is not None
                ),
                "-∞",
            )
            high = next(
                (
                    v
                    for m in info.metadata
                    for v in (getattr(m, "le", None), getattr(m, "lt", None))
                    if v is not None
                ),
                "∞",
            )
            return (
                extra.get("low", low),
                extra.get("high", high),
                extra.get("unit", ""),
                extra.get("source", "technical"),
            )
    return "-∞", "∞", "", "technical"


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
