"""Sources of settings: plain data with the line of each key, and the problems met on the way.

A file, a dict or a command line becomes a ``Source``; whoever checks it notes every problem there, and all
are raised at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.config.catalog import listed, nearest
from sim.config.errors import ConfigError, Problem, Said, told
from sim.config.numbers import plain
from sim.config.paths import shown
from sim.config.text_file import read_text
from sim.config.yaml_file import Key, Reader

__all__ = [
    "ConfigError",
    "Key",
    "Problem",
    "Said",
    "Source",
    "check_label",
    "check_name",
    "dotted",
    "in_memory",
    "read",
]
_OF_TYPE = ("config.type", "config.neither")
LONGEST_NAME, LONGEST_BYTES = 80, 180  # a name becomes a part of paths: 255 bytes is what file systems take
_NAME = re.compile(r"[^\W][\w.-]*", re.UNICODE)


@dataclass
class Source:
    """A file as read: plain data, the line of each key, and the problems met on the way."""

    file: str
    data: Any
    lines: dict[Key, int]
    problems: list[Problem] = field(default_factory=list)
    typed: dict[str, int] = field(default_factory=dict, repr=False)

    def line(self, path: Key) -> int:
        """The line of a path, or of its nearest parent that stands in the file; 0 for what never stood in
        a file.
        """
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1 if self.lines else 0)

    def add(self, path: Key, message_key: str, **values: object) -> None:
        """Note a problem at a path."""
        self.add_at(self.line(path), path, message_key, **values)

    def add_at(self, line: int, path: Key, message_key: str, **values: object) -> None:
        """Note a problem at a path, on a line that is known; of two that say "of the wrong type", the
        later, closer one stays.
        """
        problem = Problem(self.file, line, dotted(path), message_key, values)
        if message_key in _OF_TYPE:
            place = self.typed.setdefault(problem.path, len(self.problems))
            if (
                place < len(self.problems)
                and self.problems[place].path == problem.path
                and self.problems[place].message_key in _OF_TYPE
            ):
                self.problems[place] = problem
                return
            self.typed[problem.path] = len(self.problems)
        self.problems.append(problem)

    def add_unknown(self, path: Key, name: object, known: Iterable[object]) -> None:
        """Note an unknown name: with the nearest known one, else with all of them."""
        known = list(known)
        near = nearest(name, known)
        if near:
            self.add(path, "config.unknown_near", near=near)
        else:
            self.add(path, "config.unknown", known=listed(known))

    def add_choice(self, path: Key, value: object, known: Iterable[object]) -> None:
        """Note a value that is none of those that can be chosen: with the nearest, else with all of them."""
        known = list(known)
        near = nearest(value, known)
        if near:
            self.add(path, "config.choice_near", value=str(value), near=near)
        else:
            self.add(path, "config.choice", value=str(value), known=listed(known))

    def add_range(
        self, path: Key, value: object, low: object, high: object, unit: str = "", source: str = "technical"
    ) -> None:
        """Note a value outside its range."""
        self.add(path, "config.range", value=value, low=low, high=high, unit=unit, source=source)

    def raise_problems(self) -> None:
        """Raise ConfigError if there is any problem."""
        if self.problems:
            raise ConfigError(self.problems)


def dotted(path: Key) -> str:
    """A path as written in messages: ``arms.all.0.intensity``."""
    return ".".join(str(part) for part in path)


def in_memory(data: object, file: str = "-") -> Source:
    """A source for values that never stood in a file; numbers of numpy become Python's own."""
    return Source(file, plain(data), {})


def check_name(source: Source, path: Key, name: object) -> None:
    """Note a name that cannot be a part of a path: letters of any script, digits, ``_ - .``, at most 80,
    none of them ``..``.
    """
    if not isinstance(name, str):
        return  # the model has noted it already
    small = len(name) <= LONGEST_NAME and len(name.encode(errors="replace")) <= LONGEST_BYTES
    if not small or not _NAME.fullmatch(name) or name.endswith("."):
        source.add(path, "config.name_pattern", name=told(name), most=LONGEST_NAME)


def check_label(source: Source, path: Key, name: str) -> None:
    """Note the name of an arm or a cell that is empty, too long, or not one plain line."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        source.add(path, "config.label_pattern", name=told(name), most=LONGEST_NAME)


def read(path: Path) -> Source:
    """A YAML file with the line of each key; wrong YAML and repeated keys become problems.

    Raises: ConfigError for a file that cannot be read as text.
    """
    source = Source(shown(path), {}, {})
    Reader(source).read(read_text(path))
    if source.data is None:
        source.data = {}
    if not source.problems and not isinstance(source.data, dict):
        source.add((), "config.type", value=told(source.data), expected=Said("config.mapping"))
        source.data = {}
    return source
