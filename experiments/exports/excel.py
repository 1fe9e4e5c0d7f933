"""An Excel workbook by XlsxWriter, written row by row: no table stands in memory whole.

A sheet holds at most 1,048,576 rows; what is longer goes on in a sheet of the next number. Words are written
as words, so that none becomes a formula or a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sim.config.errors import UserError

ROWS, LETTERS = 1_048_576, 32_767  # rows of a sheet with its heading; letters of a cell
BLOCK = 5_000
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
}


class Exact(float):
    """A number that is written to its last digit; XlsxWriter's own 16 digits lose a bit of some."""

    def __format__(self, spec: str) -> str:
        return float.__repr__(self)


class Single(float):
    """The same of a number of single precision."""

    def __format__(self, spec: str) -> str:
        return format(float(self), ".9g")


def write(sheets: Iterable[tuple[str, Iterable]], target: Path) -> dict[str, int]:
    """Write (name, tables) pairs as sheets of one workbook; returns rows by sheet, headings left out.

    UserError without XlsxWriter.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise UserError("export.no_excel") from None
    told: dict[str, int] = {}
    target.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(target), OPTIONS)
    for name, tables in sheets:
        for rows in _sheets(book, name, iter(tables)):
            told.update(rows)
    book.close()
    return told


def _sheets(book, name: str, tables: Iterator) -> Iterator[dict[str, int]]:
    """Write one dataset into as many sheets as it takes."""
    pending, number = next(tables, None), 1
    while pending is not None:
        title, count = (name if number == 1 else f"{name}_{number}"), 0
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for place, word in enumerate(pending.column_names):
            sheet.write_string(0, place, word)
        while pending is not None and count < ROWS - 1:
            piece = pending.slice(0, ROWS - 1 - count)
            _body(sheet, piece, count + 1)
            count += piece.num_rows
            rest = pending.slice(piece.num_rows)
            pending = rest if rest.num_rows else next(tables, None)
        yield {title: count}
        number += 1


def _body(sheet, table, first: int) -> None:
    """Rows of a table from row ``first`` on; what is not there or not finite is an empty cell."""
    for start in range(0, table.num_rows, BLOCK):
        block = table.slice(start, BLOCK)
        writers = [
            _writer(sheet, name, column.type) for name, column in zip(block.column_names, block.columns)
        ]
        columns = [column.to_pylist() for column in block.columns]
        for number, row in enumerate(zip(*columns), first + start):
            for place, value in enumerate(row):
                if value is not None:
                    writers[place](number, place, value)


def _writer(sheet, name: str, kind) -> Callable:
    import pyarrow as pa

    if pa.types.is_string(kind):
        return lambda row, column, word: (
            sheet.write_string(row, column, _fitting(name, word)) if word else None
        )
    if pa.types.is_floating(kind):
        exact = Single if pa.types.is_float32(kind) else Exact
        return lambda row, column, value: (
            sheet.write_number(row, column, exact(value)) if value - value == 0.0 else None
        )
    return sheet.write_number


def _fitting(name: str, word: str) -> str:
    """A word that a cell holds: of a traceback its last line, of anything else the whole, or an error."""
    if len(word) < LETTERS:
        return (
            " " + word if word.startswith("<r>") and word.endswith("</r>") else word
        )  # else XlsxWriter takes it for mark-up of its own
    if name == "error":
        return word.strip().splitlines()[-1][:LETTERS]
    raise UserError("export.too_long", column=name, letters=f"{len(word):,}", most=f"{LETTERS:,}")
