"""An Excel workbook written as it comes (Office Open XML, ECMA-376): no dependency, no table in memory.

A sheet holds at most 1,048,576 rows; what is longer goes on in a sheet of the next number.
"""
from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from experiments.files import replace_with

ROWS, CELL = 1_048_576, 32_000  # rows of a sheet with its heading; letters of a cell
BLOCK = 5_000
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET = (f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
          '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>')
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write(sheets: Iterable[tuple[str, Iterable]], target: Path) -> dict[str, int]:
    """Write (name, tables) pairs as sheets of one workbook; returns rows by sheet, headings left out."""
    told: dict[str, int] = {}

    def fill(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1, allowZip64=True) as book:
            for name, tables in sheets:
                for rows in _sheets(book, name, iter(tables), told):
                    told.update(rows)
            _frame(book, list(told))

    replace_with(target, fill)
    return told


def _sheets(book: zipfile.ZipFile, name: str, tables: Iterator, told: dict) -> Iterator[dict[str, int]]:
    """Write one dataset into as many sheets as it takes."""
    pending, number = next(tables, None), 1
    while pending is not None:
        title, count = (name if number == 1 else f"{name}_{number}"), 0
        head = pending.column_names
        with book.open(f"xl/worksheets/sheet{len(told) + 1}.xml", "w", force_zip64=True) as out:
            out.write((_SHEET + _row(map(_word, head))).encode())
            while pending is not None and count < ROWS - 1:
                piece = pending.slice(0, ROWS - 1 - count)
                _body(out, piece)
                count += piece.num_rows
                rest = pending.slice(piece.num_rows)
                pending = rest if rest.num_rows else next(tables, None)
            out.write(b"</sheetData></worksheet>")
        yield {title: count}
        number += 1


def _body(out, table) -> None:
    for start in range(0, table.num_rows, BLOCK):
        block = table.slice(start, BLOCK)
        columns = [_cells(column) for column in block.columns]
        out.write("".join(map(_row, zip(*columns))).encode())


def _cells(column) -> list[str]:
    import pyarrow as pa

    if pa.types.is_string(column.type):
        seen: dict[str, str] = {}
        return [seen.get(word) or seen.setdefault(word, _word(word)) for word in column.to_pylist()]
    if pa.types.is_float32(column.type):
        return [f"<c><v>{value:.9g}</v></c>" if value - value == 0.0 else "<c/>" for value in column.fill_null(float("nan")).to_pylist()]
    if pa.types.is_floating(column.type):
        return [f"<c><v>{value!r}</v></c>" if value - value == 0.0 else "<c/>" for value in column.fill_null(float("nan")).to_pylist()]
    return [f"<c><v>{value}</v></c>" if value is not None else "<c/>" for value in column.to_pylist()]


def _word(word: str | None) -> str:
    if not word:
        return "<c/>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_NOT_IN_XML.sub("", word[:CELL]))}</t></is></c>'


def _row(cells: Iterable[str]) -> str:
    return f"<row>{''.join(cells)}</row>"


def _frame(book: zipfile.ZipFile, names: list[str]) -> None:
    """What makes sheets a workbook."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(names) + 1)
    parts = "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kind}.worksheet+xml"/>' for i in numbers)
    book.writestr("[Content_Types].xml", (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{parts}</Types>'))
    book.writestr("_rels/.rels", (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'))
    sheets = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in zip(numbers, names))
    book.writestr("xl/workbook.xml", f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>')
    links = "".join(f'<Relationship Id="rId{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in numbers)
    book.writestr("xl/_rels/workbook.xml.rels", f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>')
