"""CSV and one Parquet file; wide, or long: one row per run and outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from experiments.store import csv_file
from experiments.tasks import outcome_names

LONG_ROWS = 20_000  # runs that are made long at a time


def blank(table):
    """What was not measured is an empty cell (null), not the word nan."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [
        pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def write_csv(pieces: Iterable, path: Path) -> int:
    """Write tables one after the other, with a byte-order mark, so that Excel reads Chinese; returns rows."""
    return csv_file.write_tables(pieces, path)


def write_parquet(pieces: Iterable, path: Path) -> int:
    """One Parquet file, a row group per piece; returns rows."""
    import pyarrow.parquet as pq

    count, writer = 0, None
    for table in pieces:
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(blank(table).cast(table.schema))
        count += table.num_rows
    if writer:
        writer.close()
    return count


def long(pieces: Iterable) -> Iterator:
    """Runs as one row per run and outcome: the identity columns, ``outcome``, ``value``."""
    for table in pieces:
        for start in range(0, table.num_rows, LONG_ROWS):
            yield _long(table.slice(start, LONG_ROWS))


def _long(table):
    import numpy as np
    import pyarrow as pa

    names = outcome_names(table.column_names)
    kept = [name for name in table.column_names if name not in names and name != "error"]
    rows = np.repeat(np.arange(table.num_rows), len(names))
    values = np.column_stack([table[name].to_numpy() for name in names]).astype(float).ravel()
    outcome = pa.DictionaryArray.from_arrays(
        pa.array(np.tile(np.arange(len(names), dtype="i4"), table.num_rows)), names
    ).cast(pa.string())
    wide = table.select(kept).take(pa.array(rows))
    return wide.append_column("outcome", outcome).append_column("value", pa.array(values)).combine_chunks()
