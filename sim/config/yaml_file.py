"""YAML as plain data with the line of each key, in bounded time and memory: size, depth and aliases have
limits.

The parser's events are read one by one, so that nothing is built that a limit forbids. Scalars are text,
numbers (one reading, ``sim.config.numbers``), truth values and nothing; dates stay text, tags are refused, a
key given twice is a problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sim.config.catalog import shortened
from sim.config.numbers import read_number

MOST_VALUES = 20_000  # keys and values, those that aliases repeat counted each time
DEEPEST = 32
Key = tuple[str | int, ...]
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
_SPECIAL = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}


class _Full(Exception):
    """A limit is reached: the rest of the file is not read."""


@dataclass
class _Open:
    """A mapping or a list that has begun: where it stands, what it holds so far, and how many values that
    is.
    """

    path: Key
    data: Any
    anchor: str | None = None
    key: str | None = None
    count: int = 1
    merged: list = field(default_factory=list)


def scalar(word: str) -> object:
    """The value of an unquoted word: nothing, a truth value, a number, or the word itself."""
    low = word.lower()
    if low in ("", "~", "null"):
        return None
    if low in _TRUE or low in _FALSE:
        return low in _TRUE
    if low in _SPECIAL:
        return _SPECIAL[low]
    value = read_number(word)
    return word if value is None else value


class Reader:
    """Builds data from the events of one document; ``source`` (``sim.config.config_file.Source``) takes
    lines and problems.
    """

    def __init__(self, source: Any) -> None:
        self.source, self.count = source, 0
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: set[str] = set()

    def read(self, content: str) -> None:
        """Fill ``source.data``; what is wrong becomes a problem of the source."""
        import yaml

        try:
            for event in _events(content):
                self._take(event)
        except _Full:
            pass
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            detail = str(
                getattr(error, "problem", None) or getattr(error, "reason", None) or error
            ).splitlines()[0]
            self._add((), (mark.line + 1) if mark else 1, "config.yaml", detail=detail)
        except UnicodeEncodeError:
            self._add((), 1, "config.character")

    def _add(self, path: Key, line: int, message_key: str, **values: object) -> None:
        self.source.lines.setdefault(path, line)
        self.source.add_at(line, path, message_key, **values)

    def _stop(self, path: Key, line: int, message_key: str, **values: object) -> None:
        self._add(path, line, message_key, **values)
        self.source.data = {}
        raise _Full

    def _take(self, event: Any) -> None:
        import yaml

        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.count += 1
            if self.count > 1 and self.source.lines:
                self._stop((), line, "config.documents")
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event, line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end(line)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, line)

    def _path(self) -> Key:
        """Where the next value stands."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        return (*top.path, len(top.data) if isinstance(top.data, list) else str(top.key))

    def _counted(self, line: int, count: int = 1) -> None:
        if self.stack:
            self.stack[-1].count += count
        self.count += count
        if self.count > MOST_VALUES:
            self._stop((), line, "config.too_many", most=f"{MOST_VALUES:,}")

    def _begin(self, event: Any, line: int) -> None:
        import yaml

        mapping = isinstance(event, yaml.MappingStartEvent)
        if self._wants_key():
            self._stop(self.stack[-1].path, line, "config.key")
        path = self._path()
        if len(self.stack) >= DEEPEST:
            self._stop(path, line, "config.deep", most=DEEPEST)
        self._tagged(event, path, line)
        self.source.lines.setdefault(path, line)
        self.count += 1
        if event.anchor:
            self.open_anchors.add(event.anchor)
        self.stack.append(_Open(path, {} if mapping else [], event.anchor))

    def _tagged(self, event: Any, path: Key, line: int) -> None:
        if event.tag is not None:
            self._stop(path, line, "config.tag", tag=event.tag)

    def _wants_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].data, dict) and self.stack[-1].key is None

    def _end(self, line: int) -> None:
        done = self.stack.pop()
        if isinstance(done.data, dict):
            for other in done.merged:  # what stands in the mapping itself goes before what is merged into it
                for key, value in other.items():
                    done.data.setdefault(key, value)
        if done.anchor:
            self.open_anchors.discard(done.anchor)
            self.anchors[done.anchor] = (done.data, done.count)
        if self.stack:
            self.stack[-1].count += done.count
        self._put(done.data, line)

    def _scalar(self, event: Any, line: int) -> None:
        path = self.stack[-1].path if self._wants_key() else self._path()
        self._tagged(event, path, line)
        if any("\ud800" <= c <= "\udfff" or c == "\0" for c in event.value):
            self._stop(path, line, "config.character")
        if self._wants_key():
            self._key(event.value, line)
            return
        value = scalar(event.value) if event.implicit[0] else event.value
        self.source.lines.setdefault(path, line)
        self._counted(line)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._put(value, line)

    def _key(self, word: str, line: int) -> None:
        top = self.stack[-1]
        top.key, key = word, (*top.path, word)
        if word == "<<":
            return
        if not word.strip():
            self._add(top.path, line, "config.key")
        if word in top.data:
            self.source.lines[key], first = line, self.source.lines[key]
            self._add(key, line, "config.twice", first=first)
        self.source.lines[key] = line

    def _alias(self, event: Any, line: int) -> None:
        if self._wants_key():
            self._stop(self.stack[-1].path, line, "config.key")
        if event.anchor not in self.anchors:
            inside = event.anchor in self.open_anchors
            self._stop(
                self._path(),
                line,
                "config.alias_inside" if inside else "config.no_anchor",
                name=shortened(event.anchor),
            )
        value, count = self.anchors[event.anchor]
        self._counted(line, count)
        self._put(value, line)

    def _put(self, value: Any, line: int) -> None:
        """A finished value where it belongs."""
        if not self.stack:
            self.source.data = value
            return
        top = self.stack[-1]
        if isinstance(top.data, list):
            top.data.append(value)
        elif top.key == "<<":
            parts = value if isinstance(value, list) else [value]
            if not all(isinstance(part, dict) for part in parts):
                self._stop((*top.path, "<<"), line, "config.merge")
            top.merged += parts
            top.key = None
        else:
            top.data[top.key], top.key = value, None


def _events(content: str) -> Iterator[Any]:
    """The parser's events, by libyaml where there is one."""
    import yaml

    return yaml.parse(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
