"""Text files of a user's own: found, readable, of bounded size, and in an encoding that is named.

UTF-8 is what is asked for; UTF-16 ("Unicode text" of spreadsheets) and GB18030 (with GBK and GB2312 in it)
are read as well, and said. Anything else is an error that says what to do.
"""

from __future__ import annotations

import codecs
import os
import stat
import warnings
from pathlib import Path

from sim.config.catalog import text
from sim.config.errors import ConfigError, Notice, Problem, Said
from sim.config.paths import shown

MOST_BYTES = 1_000_000
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def failed(path: Path | str, key: str, **values: object) -> ConfigError:
    """The error that a file cannot be used at all."""
    return ConfigError([Problem(str(path), 0, "", key, values)])


def regular(path: Path) -> os.stat_result:
    """The state of a regular file; ConfigError for what is missing, a folder, a pipe, a device, or a name
    that cannot be.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise failed(path, "config.no_file") from None
    except (OSError, ValueError) as error:  # no permission, a name too long, a NUL
        raise failed(path, "config.unreadable", why=getattr(error, "strerror", None) or error) from None
    if stat.S_ISDIR(found.st_mode):
        raise failed(path, "config.is_folder")
    if not stat.S_ISREG(found.st_mode):  # a pipe may never end, a device has no end
        raise failed(path, "config.no_regular_file")
    return found


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """A regular file's content; ConfigError if it cannot be read or has more than ``most`` bytes."""
    regular(path)
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise failed(path, "config.unreadable", why=error.strerror or error) from None
    if len(content) > most:
        raise failed(shown(path), "config.too_large", most=f"{most:,}")
    return content


def decoded(content: bytes) -> tuple[str, str] | None:
    """(text, encoding) of a file's bytes: utf-8, utf-16 or gb18030; None where it is none of these."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _as(content, encoding)
    found = _as(content, "utf-8")
    if found is not None and "\0" not in found[0]:
        return found
    if content[:400].count(0) > len(content[:400]) // 5:  # every other byte is 0: UTF-16 without a mark
        return _as(content, "utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    return found or _as(content, "gb18030")


def _as(content: bytes, encoding: str) -> tuple[str, str] | None:
    try:
        return content.decode(encoding), encoding.removesuffix("-sig")
    except UnicodeDecodeError:
        return None


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """A text file; another encoding than UTF-8 is said (a ``Notice``), one that is not known is a
    ConfigError.
    """
    found = decoded(read_bytes(path, most))
    if found is None:
        raise failed(shown(path), "config.encoding", todo=Said("config.as_utf8"))
    content, encoding = found
    if encoding != "utf-8":
        words = text("config.read_as", file=shown(path), encoding=encoding.upper())
        warnings.warn(words, Notice, stacklevel=2)
    return content
