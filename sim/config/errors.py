"""Errors that a user can mend: one root for all, said in either language, with a place where there is one.

``UserError`` carries a key of the catalog and the values of its blanks; ``ConfigError`` a list of problems,
one line each, ``file:line: path: what is wrong; why; what to do``. Where Python expects a kind of its own (an
attribute that is not there, a value that will not do), the same error is of that kind too. Defects of the
program are other exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from sim.config.catalog import Listed, shortened, text

MOST_LINES = 20  # problems that one message shows
LONGEST_FILE = 240  # characters of a path
LONGEST_VALUE = 400  # of a sentence inside a sentence: what the system said
LONGEST_PATH = 4_096  # of a folder, which may stand in a command to copy


class Said(str):
    """A key of the catalog whose text stands in a sentence, in the language of the reader."""


class Notice(UserWarning):
    """Something taken otherwise than it may have been meant, and said so; the command prints it in one
    line.
    """


def told(value: object) -> str:
    """A value as a file would have it: true, not True; text in quotes; one short line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else shortened(repr(value))


def _filled(values: Mapping[str, object], lang: str | None, longest: int) -> dict[str, object]:
    """The values of a sentence's blanks: names of texts looked up, free text kept short and on one line."""
    words: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Said):
            words[name] = text(value, lang)
        elif isinstance(value, bool) or value is None:
            words[name] = told(value)
        else:
            words[name] = value if isinstance(value, (Listed, float)) else _short(value, longest)
    return words


def _short(value: object, longest: int) -> object:
    if isinstance(value, UserError):
        return str(value)
    if isinstance(value, int):  # digits beyond any use: str() of them would fail, and nobody reads them
        return (
            value
            if abs(value) < 10**40
            else f"{'-' if value < 0 else ''}1e{len(hex(abs(value))) * 1204 // 1000 - 3}…"
        )
    return shortened(value, LONGEST_PATH if isinstance(value, PurePath) else longest)


class UserError(Exception):
    """What is wrong, where, and what to do: ``key`` names a text of the catalog, ``values`` fill its
    blanks.
    """

    def __init__(self, key: str, **values: object):
        super().__init__(key, values)
        self.key, self.values = key, values

    def show(self, lang: str | None = None) -> str:
        """The sentence in a language (None: the one in force)."""
        return text(self.key, lang, **_filled(self.values, lang, LONGEST_VALUE))

    def __str__(self) -> str:
        return self.show()

    def __reduce__(self) -> tuple:
        return _again, (type(self), self.key, self.values)


def _again(kind: type[UserError], key: str, values: Mapping[str, object]) -> UserError:
    """An error that crossed a process boundary."""
    return kind(key, **values)


class BadValue(UserError, ValueError):
    """A value that will not do, where Python expects a ValueError."""


class BadType(UserError, TypeError):
    """A thing of the wrong kind, or an act that is not allowed, where Python expects a TypeError."""


class NoAttribute(UserError, AttributeError):
    """An attribute that is not there or cannot be set, where Python expects an AttributeError."""


class NoKey(UserError, KeyError):
    """A name that is not known, where Python expects a KeyError."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong; ``message_key`` and ``values`` give its words in any language.

    ``file`` "-" (or empty) and ``line`` 0: it never stood in a file, or has no line there.
    """

    file: str
    line: int
    path: str
    message_key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def message(self, lang: str | None = None) -> str:
        """What is wrong, in one line, without the place."""
        return text(self.message_key, lang, **_filled(self.values, lang, 80))

    def show(self, lang: str | None = None) -> str:
        """``file:line: path: message``, as much of it as there is."""
        file = (
            ""
            if self.file in ("", "-")
            else shortened(self.file, LONGEST_FILE) + (f":{self.line}" if self.line else "")
        )
        where = ": ".join(part for part in (file, shortened(self.path)) if part)
        message = self.message(lang)
        return text("config.problem", lang, where=where, message=message) if where else message


class ConfigError(UserError, ValueError):
    """All problems of a configuration, in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = sorted(problems, key=lambda p: (p.file, p.line, p.path))
        first = self.problems[0] if self.problems else Problem("-", 0, "", "config.other", {"detail": "-"})
        super().__init__(first.message_key, **dict(first.values))

    def show(self, lang: str | None = None) -> str:
        """One line per problem, the first twenty, in a language (None: the one in force)."""
        lines = [problem.show(lang) for problem in self.problems[:MOST_LINES]]
        more = len(self.problems) - len(lines)
        return "\n".join([*lines, text("config.more", lang, count=more)] if more else lines)

    def __reduce__(self) -> tuple:
        return type(self), (self.problems,)


class PolicyError(ConfigError):
    """A policy, or one of its settings, is not what it should be."""
