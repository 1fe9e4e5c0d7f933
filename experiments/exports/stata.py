"""A Stata data file written as it comes (format 118: Stata 14 and later, UTF-8), after Stata's own description, ``help dta``.

pandas writes the same format, but only from a table that stands in memory whole.
"""
from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from experiments.files import replace_with

NAME, LABEL, WORD = 32, 80, 244  # letters of a name and a label; bytes kept of a string
TYPES = {"f8": (65526, "%10.0g"), "f4": (65527, "%9.0g"), "i4": (65528, "%12.0g")}
MISSING_F8, MISSING_F4, MISSING_I4 = 0x7FE0000000000000, 0x7F000000, 0x7FFFFFE5
INT_MAX = 2_147_483_620
_RESERVED = {"if", "in", "using", "with", "float", "double", "long", "int", "byte", "_n", "_b", "_all", "_cons", "_pi", "_rc", "_skip", "_se"}


def names(columns: Iterable[str]) -> dict[str, str]:
    """Column -> a name that Stata takes: letters, digits and _, up to 32, each once (``dispute_rate@y1`` -> ``dispute_rate_y1``)."""
    found: dict[str, str] = {}
    for column in columns:
        stem = re.sub(r"\W", "_", column, flags=re.ASCII)
        stem = ("_" + stem if stem[:1].isdigit() or stem.lower() in _RESERVED else stem)[:NAME]
        name, number = stem, 1
        while name in found.values():
            number += 1
            name = f"{stem[:NAME - len(str(number)) - 1]}_{number}"
        found[column] = name
    return found


def write(pieces: Iterable, target: Path, widths: Mapping[str, int], labels: Callable[[str], str], title: str = "") -> int:
    """Write tables one after the other; returns rows.

    Args:
        widths: bytes of the longest word of each text column. labels: column -> its label. title: the data's label.
    """
    counted: list[int] = []

    def fill(path: Path) -> None:
        with path.open("wb") as out:
            plan = None
            for table in pieces:
                if plan is None:
                    plan = [(field.name, _kind(field, widths)) for field in table.schema]
                    fix = _head(out, plan, labels, title)
                out.write(_rows(table, plan))
                counted.append(table.num_rows)
            if plan is not None:
                _tail(out, fix, sum(counted))

    replace_with(target, fill)
    return sum(counted)


def _kind(field, widths: Mapping[str, int]) -> str:
    """The NumPy type of a column in the file; whole numbers too large for Stata's long become doubles."""
    import pyarrow as pa

    if pa.types.is_string(field.type):
        return f"S{min(max(widths.get(field.name, WORD), 1), WORD)}"
    if pa.types.is_float32(field.type):
        return "f4"
    return "i4" if pa.types.is_int32(field.type) else "f8"


def _head(out, plan: list[tuple[str, str]], labels: Callable[[str], str], title: str) -> tuple[int, int, list[int]]:
    """Everything before the data; returns where the number of rows and the map stand, and the map so far."""
    k = len(plan)
    called = names(name for name, _ in plan)
    out.write(b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder><K>" + struct.pack("<H", k) + b"</K><N>")
    rows = out.tell()
    text = _cut(title, LABEL, 320)
    out.write(bytes(8) + b"</N><label>" + struct.pack("<H", len(text)) + text + b"</label><timestamp>\x00</timestamp></header>")
    places = [0, out.tell()]
    out.write(b"<map>")
    table = out.tell()
    out.write(bytes(14 * 8) + b"</map>")

    def section(tag: str, content: bytes) -> None:
        places.append(out.tell())
        out.write(f"<{tag}>".encode() + content + f"</{tag}>".encode())

    section("variable_types", b"".join(struct.pack("<H", int(kind[1:]) if kind[0] == "S" else TYPES[kind][0]) for _, kind in plan))
    section("varnames", b"".join(called[name].encode().ljust(129, b"\0") for name, _ in plan))
    section("sortlist", bytes(2 * (k + 1)))
    section("formats", b"".join((f"%-{kind[1:]}s" if kind[0] == "S" else TYPES[kind][1]).encode().ljust(57, b"\0") for _, kind in plan))
    section("value_label_names", bytes(129 * k))
    section("variable_labels", b"".join(_cut(labels(name), LABEL, 320).ljust(321, b"\0") for name, _ in plan))
    section("characteristics", b"")
    places.append(out.tell())
    out.write(b"<data>")
    return rows, table, places


def _tail(out, fix: tuple[int, int, list[int]], count: int) -> None:
    rows, table, places = fix
    out.write(b"</data>")
    for tag in (b"strls", b"value_labels"):
        places.append(out.tell())
        out.write(b"<" + tag + b"></" + tag + b">")
    places.append(out.tell())
    out.write(b"</stata_dta>")
    places.append(out.tell())
    out.seek(rows)
    out.write(struct.pack("<Q", count))
    out.seek(table)
    out.write(struct.pack("<14Q", *places))


def _rows(table, plan: list[tuple[str, str]]) -> bytes:
    import numpy as np

    made = np.zeros(table.num_rows, dtype=[(f"v{i}", ("<" + kind) if kind[0] != "S" else kind) for i, (_, kind) in enumerate(plan)])
    for i, (name, kind) in enumerate(plan):
        column = table[name]
        if kind[0] == "S":
            made[f"v{i}"] = [_cut(_short(word or ""), WORD, int(kind[1:])) for word in column.to_pylist()]
            continue
        values = column.to_numpy(zero_copy_only=False)
        if kind == "i4":
            values = np.where(np.abs(values.astype("i8")) <= INT_MAX, values, MISSING_I4)
            made[f"v{i}"] = values
        else:
            made[f"v{i}"] = values
            bits = made[f"v{i}"].view("<u8" if kind == "f8" else "<u4")
            bits[~np.isfinite(values.astype(float))] = MISSING_F8 if kind == "f8" else MISSING_F4
    return made.tobytes()


def _short(word: str) -> str:
    """Of a traceback its last line, which says what went wrong."""
    return word.strip().splitlines()[-1] if "\n" in word else word


def _cut(word: str, letters: int, size: int) -> bytes:
    """UTF-8 of a word, cut to whole letters."""
    return word[:letters].encode()[:size].decode(errors="ignore").encode()


def widths(words: Mapping[str, int], tables: Iterable) -> dict[str, int]:
    """Bytes of the longest word of each text column of ``tables``, at least those of ``words``."""
    found = dict(words)
    for table in tables:
        for name in table.column_names:
            longest = max((len(_cut(_short(word or ""), WORD, WORD)) for word in set(table[name].to_pylist())), default=1)
            found[name] = max(found.get(name, 1), longest)
    return found
