"""Comma-separated tables, the one way in which they are written and read: UTF-8 with its mark, LF, one rule
for formulas.

A text cell that a spreadsheet would run as a formula begins with an apostrophe in the file (it is then shown
as text); reading takes the apostrophe away again. Numbers are never touched, and NaN is an empty cell.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from experiments.store import kept
from sim.config.errors import UserError

ENCODING, BOM, END = "utf-8-sig", b"\xef\xbb\xbf", "\n"
_QUOTED_END = "\r\n"  # the csv module puts cells in quotes for these two letters only if they end its rows
# the full-width forms too: some spreadsheets read them as = + - @
_STARTS = "[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"
FORMULA = f"^'*{_STARTS}"
ESCAPED = f"^'+{_STARTS}"
NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_FORMULA, _ESCAPED, _NUMBER = re.compile(FORMULA), re.compile(ESCAPED), re.compile(NUMBER[:-1] + r"\Z")


def escaped(word: str) -> str:
    """A text cell as it is written."""
    return "'" + word if _FORMULA.match(word) and not _NUMBER.match(word) else word


def unescaped(word: str) -> str:
    """A cell as it was before ``escaped``."""
    return word[1:] if _ESCAPED.match(word) and not _NUMBER.match(word[1:]) else word


def cell(value: object) -> str:
    """Any value as a cell: floats to the last digit, what is not finite or not there as nothing."""
    if value is None:
        return ""
    if isinstance(value, float):  # NumPy's too
        return repr(float(value)) if math.isfinite(value) else ""
    return escaped(value) if isinstance(value, str) else str(value)


def text_of(head: Sequence[str], rows: Iterable[Sequence]) -> str:
    """A table as text."""
    out = _Lines()
    writer = csv.writer(out, lineterminator=_QUOTED_END)
    writer.writerow([escaped(name) for name in head])
    writer.writerows([cell(value) for value in row] for row in rows)
    return "".join(out)


class _Lines(list):
    """Rows with their ends as we write them."""

    def write(self, row: str) -> None:
        self.append(row.removesuffix(_QUOTED_END) + END)


def write(path: Path, head: Sequence[str], rows: Iterable[Sequence]) -> Path:
    """Write a table of the results folder; it is listed with its hash, so that ``read`` can verify it."""
    return kept.write(Path(path), text_of(head, rows).encode(ENCODING))


def write_records(path: Path, records: Iterable[Mapping], head: Sequence[str] = ()) -> Path:
    """The same from mappings; columns are ``head``, or those of the first record.

    Columns a record lacks are empty.
    """
    found = list(records)
    names = list(head) or list(found[0] if found else ())
    return write(path, names, ([record.get(name, "") for name in names] for record in found))


def read(path: Path) -> list[dict[str, str]]:
    """A table of the results folder, verified: one mapping of words a row.

    UserError where it is not what was written.
    """
    return parsed(kept.read(Path(path)), path)


def parsed(content: bytes, path: Path) -> list[dict[str, str]]:
    """Bytes of a table as rows; UserError where they are no such table."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode(ENCODING), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError("kept.no_table", path=path, why=error) from None
    if not rows:
        return []
    head = [unescaped(name) for name in rows[0]]
    return [dict(zip(head, map(unescaped, row))) for row in rows[1:]]


def write_tables(tables: Iterable, path: Path) -> int:
    """Write Arrow tables one after the other to one file, within the memory of one; returns rows."""
    from pyarrow import csv as arrow

    count, writer = 0, None
    with Path(path).open("wb") as out:
        out.write(BOM)
        for table in tables:
            ready = _ready(table)
            writer = writer or arrow.CSVWriter(out, ready.schema)
            writer.write_table(ready)
            count += ready.num_rows
        if writer:
            writer.close()
    return count


def _ready(table):
    """An Arrow table whose text cells are escaped and whose floats are numbers or null."""
    import pyarrow as pa

    return pa.table(
        [_column(column) for column in table.columns], names=[escaped(name) for name in table.column_names]
    )


def _column(column):
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_finite(column), column, None)
    if not pa.types.is_string(column.type):
        return column
    risky = pc.and_(
        pc.match_substring_regex(column, FORMULA), pc.invert(pc.match_substring_regex(column, NUMBER))
    )
    if not pc.any(risky).as_py():
        return column
    return pc.if_else(risky, pc.binary_join_element_wise(pa.scalar("'"), column, ""), column)


def blocks(path: Path, size: int) -> Iterator:
    """A large table of ours in blocks of about ``size`` bytes, as Arrow tables with escaped cells
    restored (for tests and tools).
    """
    import pyarrow as pa
    from pyarrow import csv as arrow

    for batch in arrow.open_csv(path, read_options=arrow.ReadOptions(block_size=size)):
        columns = [
            pa.array([None if w is None else unescaped(w) for w in column.to_pylist()])
            if pa.types.is_string(column.type)
            else column
            for column in batch.columns
        ]
        yield pa.table(columns, names=[unescaped(name) for name in batch.schema.names])
