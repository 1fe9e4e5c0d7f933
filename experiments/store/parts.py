"""One Parquet part as bytes: a hash of them in its name, its study and its place inside, all verified
when it is opened.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.store import kept

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

STUDY, PLACE = b"cogov.study", b"cogov.part"  # in every part: whose it is, and where it belongs
HASH_BYTES = 8  # of the hash in its name
YOUNG = 60.0  # seconds for which files without rows are left alone: somebody may be about to write the rows


def part_key(path: Path) -> str:
    """The part of a file's name that its runs decide: part-<runs>-<bytes>.parquet."""
    return path.stem.split("-")[1]


def content(table: pa.Table, study: bytes, dataset: str, key: str) -> bytes:
    """A part's bytes; the same table gives the same bytes."""
    import pyarrow as pa

    words = [field.name for field in table.schema if pa.types.is_string(field.type)]
    return parquet(table.replace_schema_metadata({STUDY: study, PLACE: f"{dataset}/{key}".encode()}), words)


def name(key: str, data: bytes) -> str:
    """The file name of a part with these bytes."""
    return f"part-{key}-{kept.content_hash(data, HASH_BYTES)}.parquet"


def opened(path: Path, study: bytes) -> pq.ParquetFile:
    """A part as an open ``pyarrow.parquet.ParquetFile``; OSError, ValueError or ArrowException say why it
    cannot serve.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = path.read_bytes()
    if kept.content_hash(data, HASH_BYTES) != path.stem.rpartition("-")[2]:
        raise ValueError("its content is not what was written")
    found = pq.ParquetFile(pa.BufferReader(data))
    marks = found.schema_arrow.metadata or {}
    if marks.get(STUDY) != study:
        raise ValueError("part of another study")
    if marks.get(PLACE) != f"{path.parent.name}/{part_key(path)}".encode():
        raise ValueError("it has the name or the place of another part")
    return found


def parquet(table: pa.Table, words: Sequence[str]) -> bytes:
    """A table as Parquet; ``words`` are its columns of text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression="zstd", use_dictionary=words, write_statistics=words)
    return out.getvalue().to_pybytes()


def is_young(path: Path) -> bool:
    """Whether somebody may be writing it now."""
    try:
        return time.time() - path.stat().st_mtime <= YOUNG
    except OSError:
        return True
