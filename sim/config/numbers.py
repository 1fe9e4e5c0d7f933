"""Numbers as they are written, read in one way everywhere: files, the command line, tables.

Digits with at most one point and an exponent: ``30``, ``0.5``, ``.5``, ``5e-1``. No underscores, no octal, no
hexadecimal, no words: ``1_0``, ``0x10`` and ``yes`` are text. A truth value is never a number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import TypeIs

DIGITS = 300  # more than any whole number in use; longer ones are read as a float, which is infinite
_WHOLE = re.compile(r"[-+]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)


def read_number(word: str) -> int | float | None:
    """The number that a word is, whole where it is written so; None where it is none."""
    if _WHOLE.fullmatch(word) and len(word) <= DIGITS:
        return int(word)
    return float(word) if _NUMBER.fullmatch(word) else None


def is_number(value: object) -> TypeIs[int | float]:
    """Whether a value is a number, which a truth value is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def plain(value: Any) -> Any:
    """A numpy scalar as Python's own, inside lists and mappings too; anything else as it is."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value)) if type(value) in (list, tuple) else value
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0 else value
