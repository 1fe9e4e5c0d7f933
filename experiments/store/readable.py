"""The part of a results folder that reading needs, as a type: ``Store`` is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from experiments.store.kept import StoreError


class Readable(Protocol):
    """A folder with its manifest loaded; ``writing``: whether this process may put it in order."""

    folder: Path
    manifest: dict
    writing: bool

    def parts(self, dataset: str, key: str = "*") -> list[Path]:
        """Files of a dataset."""

    def by_key(self, dataset: str) -> dict[str, list[Path]]:
        """The same by their key."""

    def file(self, path: Path) -> pq.ParquetFile | None:
        """A verified part; None if it cannot be used."""

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table | None:
        """A verified part as a table; None if it cannot be used."""

    def set_aside(self, key: str, error: object) -> None:
        """What becomes of a part that cannot be used."""

    def design(self) -> pa.Table | None:
        """The design's points; None without one."""

    @property
    def recorded(self) -> list[str]:
        """What is kept beside the rows."""

    def empty(self) -> StoreError:
        """What to raise where not one row is left to read."""

    def incomplete(self, dataset: str, there: int, asked: int, arm: str, seed: object) -> None:
        """What becomes of runs that were asked for and are not there."""
