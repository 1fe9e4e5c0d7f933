"""Stata data files by ``pandas.DataFrame.to_stata`` (format 118: Stata 14 and later, UTF-8).

pandas writes a table that stands in memory whole, so a long one is cut into files of so many rows; Stata puts
them together by ``append using``. Words of any length stay whole (longer than 2,045 bytes: strL).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

VERSION, NAME, LABEL = 118, 32, 80  # letters of a name and of a label
VALUES = 8_000_000  # of a file: about 65 MB, several times that while it is written
EXACT = 2**53  # whole numbers up to here are exact in a double
LARGEST = 8.9884656743e307  # Stata's largest number
WRITTEN = datetime(2000, 1, 1)  # the same results give the same bytes
_RESERVED = set(
    """aggregate array boolean break byte case catch class colvector complex const continue default delegate
    delete do double else eltypedef end enum explicit export external float for friend function global goto if
    in inline int local long null pragma protected quad rowvector short strl typedef typename using virtual
    with _all _b _coef _cons _n _pi _pred _rc _se _skip""".split()
)


def names(columns: Iterable[str]) -> dict[str, str]:
    """Column -> a name that Stata takes: letters, digits and _, up to 32, each once (``dispute_rate@y1``
    -> ``dispute_rate_y1``).
    """
    found: dict[str, str] = {}
    for column in columns:
        stem = re.sub(r"\W", "_", column, flags=re.ASCII)
        stem = ("_" + stem if stem[:1].isdigit() or stem.lower() in _RESERVED else stem)[:NAME]
        name, number = stem, 1
        while name in found.values():
            number += 1
            name = f"{stem[: NAME - len(str(number)) - 1]}_{number}"
        found[column] = name
    return found


def write(
    pieces: Iterable,
    target: Path,
    labels: Callable[[str], str],
    title: str = "",
    place: Callable[[Path], object] = lambda path: None,
) -> list[Path]:
    """Write tables one after the other; returns the files, ``name.dta`` or ``name_1.dta``, ``name_2.dta``,
    ...

    Args:
        labels: column -> its label. title: the data's label. place: called with each file's path before it is
            written.
    """
    files: list[Path] = []
    for part, last in _parts(pieces):
        path = (
            target
            if last and not files
            else target.with_name(f"{target.stem}_{len(files) + 1}{target.suffix}")
        )
        place(path)
        _write(part, path, labels, title)
        files.append(path)
    return files


def _parts(pieces: Iterable) -> Iterator[tuple]:
    """(table, whether it is the last) of so many values each."""
    import pyarrow as pa

    waiting, rows, most = [], 0, 0
    for table in pieces:
        most = most or max(1, VALUES // max(1, table.num_columns))
        while table.num_rows:
            if rows == most:
                yield pa.concat_tables(waiting), False
                waiting, rows = [], 0
            piece = table.slice(0, most - rows)
            waiting.append(piece)
            rows, table = rows + piece.num_rows, table.slice(piece.num_rows)
    if waiting:
        yield pa.concat_tables(waiting), True


def _write(table, path: Path, labels: Callable[[str], str], title: str) -> None:
    import pandas as pd

    called = names(table.column_names)
    frame = pd.DataFrame({called[name]: _column(table[name]) for name in table.column_names})
    frame.to_stata(
        path,
        write_index=False,
        version=VERSION,
        time_stamp=WRITTEN,
        data_label=title[:LABEL],
        variable_labels={called[name]: labels(name)[:LABEL] for name in table.column_names},
    )


def _column(column):
    """Values as pandas writes them: what is not there or too large is missing, whole numbers beyond a
    double's reach are words.
    """
    import numpy as np
    import pyarrow as pa

    if pa.types.is_string(column.type):
        return np.array([_short(word or "") for word in column.to_pylist()], dtype=object)
    if pa.types.is_integer(column.type) and column.null_count == 0:
        values = column.to_numpy()
        return (
            values
            if np.abs(values, dtype=float).max(initial=0.0) <= EXACT
            else values.astype(str).astype(object)
        )
    values = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind == "f" and values.dtype.itemsize == 4:
        return np.where(np.isfinite(values) & (np.abs(values) < 1.7e38), values, np.float32("nan"))
    values = values.astype(float)
    return np.where(np.isfinite(values) & (np.abs(values) < LARGEST), values, np.nan)


def _short(word: str) -> str:
    """Of a traceback its last line, which says what went wrong."""
    return word.strip().splitlines()[-1] if "\n" in word.strip() else word
