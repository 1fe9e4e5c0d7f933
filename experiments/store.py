"""The results folder of a study: Parquet parts that are their own journal, and a manifest.

    runs/part-*.parquet     one row per run         (written last: a run is done when its row is there)
    series/part-*.parquet   one row per run and day
    grids/part-*.parquet    one row per run and grid
    manifest.json           what was asked: scenario, arms, seeds, versions

A part's name is a hash of its runs and one of its bytes, part-<runs>-<bytes>.parquet: a restart that
repeats a chunk writes the same file, and a flipped byte shows. A part that is damaged, or belongs to
another study, is moved to ``set-aside/`` and its runs are done again: never a wrong table.
"""
from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.errors import UserError
from experiments.files import move_aside, replace_with, write_text
from experiments.specs import SeedTask, digest
from experiments.worker import OK, Frames

DATASETS = ("series", "grids", "runs")  # in the order they are written
IDENTITY = ("study", "days", "burn_in_days", "population_seed", "scenario_hash", "model_version")
MARK = b"cogov.study"
Key = tuple[str, str]  # (run_id, arm)


class StoreError(UserError):
    """A results folder that cannot serve this study."""


@dataclass(frozen=True)
class Entry:
    """Where a run's row is, and how it ended."""

    status: str
    part: str


class Store:
    """One study's folder. ``say(key, **values)`` receives messages such as 'a part was set aside'."""

    def __init__(self, folder: Path | str, say: Callable[..., None] = lambda key, **values: None):
        self.folder = Path(folder)
        self.say = say
        self.manifest: dict = {}
        self.writing = False  # whoever only reads moves nobody's data
        self._known_rows: dict[Path, object] = {}  # parts of runs/ as read by the journal

    # -- the manifest ------------------------------------------------------------------------
    def load(self) -> dict:
        """Read the manifest of an existing folder, or say why that is not possible."""
        path = self.folder / "manifest.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StoreError("store.no_manifest", folder=self.folder) from None
        except (OSError, ValueError) as error:
            raise StoreError("store.bad_manifest", path=path, error=error) from None
        if not isinstance(manifest, dict) or any(name not in manifest for name in (*IDENTITY, "arms", "seeds")):
            raise StoreError("store.bad_manifest", path=path, error="missing entries")
        self.manifest = manifest
        return manifest

    def check(self, manifest: Mapping) -> bool:
        """True if the folder already holds this study; False if it is free; StoreError if it is another's."""
        if not (self.folder / "manifest.json").exists():
            if any((self.folder / name).is_dir() for name in DATASETS):
                raise StoreError("store.no_manifest", folder=self.folder)
            return False
        there = self.load()
        for name in IDENTITY:
            if there[name] != manifest[name] and name == "model_version":
                raise StoreError("store.other_model", folder=self.folder, there=there.get("git_commit") or there[name])
            if there[name] != manifest[name]:
                raise StoreError("store.other_study", folder=self.folder, what=name, there=there[name], asked=manifest[name])
        for arm, policies in manifest["arms"].items():
            if arm in there["known_arms"] and digest(there["known_arms"][arm]) != digest(policies):
                raise StoreError("store.other_arm", folder=self.folder, arm=arm)
        return True

    def open(self, manifest: Mapping) -> Store:
        """Take the folder for this study: write the manifest, or extend the one that is there."""
        there = self.manifest if self.check(manifest) else {}
        kept = {name: there[name] for name in ("created",) if name in there}
        known = {**there.get("known_arms", {}), **manifest["arms"]}
        self.save_manifest({**manifest, **kept, "known_arms": known})
        self.writing = True
        return self

    def save_manifest(self, manifest: Mapping) -> None:
        self.manifest = dict(manifest)
        write_text(self.folder / "manifest.json", json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n")

    def clear(self) -> Path | None:
        """Move everything a former study left into ``set-aside/``; returns that folder."""
        names = [name for name in (*DATASETS, "manifest.json", "comparison.csv", "report.html") if (self.folder / name).exists()]
        for name in names:
            move_aside(self.folder / name, self.aside)
        return self.aside if names else None

    @property
    def aside(self) -> Path:
        return self.folder / "set-aside"

    @property
    def _study(self) -> bytes:
        return digest(*(self.manifest[name] for name in IDENTITY)).encode()

    # -- parts -------------------------------------------------------------------------------
    def write(self, frames: Frames) -> None:
        """Append a chunk: its series and grids first, its rows last."""
        key = digest(sorted(row[:2] for row in frames.rows))
        for dataset in DATASETS:
            columns = getattr(frames, dataset)
            if columns:
                self._write_part(dataset, key, columns)

    def _write_part(self, dataset: str, key: str, columns: Mapping) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table(dict(columns)).replace_schema_metadata({MARK: self._study})
        words = [field.name for field in table.schema if pa.types.is_string(field.type)]
        out = pa.BufferOutputStream()
        pq.write_table(table, out, compression="zstd", use_dictionary=words, write_statistics=words)
        content = out.getvalue().to_pybytes()
        path = self.folder / dataset / f"part-{key}-{_content_hash(content)}.parquet"
        replace_with(path, lambda temporary: temporary.write_bytes(content))
        for older in self._parts(dataset, key):  # the same runs, which failed last time
            if older != path:
                older.unlink(missing_ok=True)

    def _parts(self, dataset: str, key: str = "*") -> list[Path]:
        return sorted((self.folder / dataset).glob(f"part-{key}-*.parquet"))

    def _read(self, path: Path):
        """A part as a table, or None after it was set aside."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            content = path.read_bytes()
            if _content_hash(content) != path.stem.rpartition("-")[2]:
                raise ValueError("its content is not what was written")
            table = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
            if (table.schema.metadata or {}).get(MARK) != self._study:
                raise ValueError("part of another study")
            return table
        except (pa.ArrowException, OSError, ValueError) as error:
            self._set_aside(_key(path), error)
            return None

    def _set_aside(self, key: str, error: object) -> None:
        """The runs of a part stand or fall together, so all its files go; a mere reader leaves them where they are."""
        if not self.writing:
            self.say("store.skipped", part=f"part-{key}", folder=self.folder, why=str(error).splitlines()[0])
            return
        for dataset in DATASETS:
            for path in self._parts(dataset, key):
                move_aside(path, self.aside / dataset)
        self.say("store.set_aside", part=f"part-{key}", folder=self.aside, why=str(error).splitlines()[0])

    # -- the journal -------------------------------------------------------------------------
    def journal(self) -> dict[Key, Entry]:
        """What is done: (run_id, arm) -> status and part. Damaged or foreign parts are set aside first."""
        done: dict[Key, Entry] = {}
        self._sweep()
        for path in self._parts("runs"):
            for key, status in self._rows(path):
                if key not in done or done[key].status != OK:
                    done[key] = Entry(status, path.name)
        return done

    def _sweep(self) -> None:
        """Remove what an interrupted writer left: series without rows, temporary files."""
        if not self.writing:
            return
        for path in self._parts("series") + self._parts("grids"):
            if not self._parts("runs", _key(path)):
                path.unlink(missing_ok=True)
        for dataset in DATASETS:
            for path in (self.folder / dataset).glob(".part-*.tmp"):
                if time.time() - path.stat().st_mtime > 60:  # not one being written now
                    path.unlink(missing_ok=True)

    def _rows(self, path: Path) -> list[tuple[Key, str]]:
        table = self._read(path)
        if table is None:
            return []
        self._known_rows[path] = table
        rows = list(zip(zip(table["run_id"].to_pylist(), table["arm"].to_pylist()), table["status"].to_pylist()))
        if any(status == OK for _, status in rows):
            for dataset in ("series", "grids"):
                parts = self._parts(dataset, _key(path))
                if not parts:
                    self._set_aside(_key(path), f"{dataset} missing")
                if not parts or self._read(parts[0]) is None:
                    return []
        return rows

    def missing(self, tasks: Iterable[SeedTask], journal: Mapping[Key, Entry]) -> list[SeedTask]:
        """The part of ``tasks`` still to run: what is not there, and what failed last time."""
        left = []
        for task in tasks:
            keep = [b for b in task.branches if (e := journal.get((b.run_id, b.arm))) is None or e.status != OK]
            if keep:
                left.append(task.only(keep))
        return left

    # -- reading back ------------------------------------------------------------------------
    def runs(self):
        """All runs asked for, as one pyarrow Table, by arm and seed in the manifest's order."""
        return self._table("runs")

    def series(self):
        """Daily series of all runs asked for, as one pyarrow Table: run_id, arm, seed, day, ..."""
        return self._table("series")

    def grids(self):
        """Grid tables of all runs asked for, as one pyarrow Table: run_id, arm, seed, grid, ..."""
        return self._table("grids")

    def _table(self, dataset: str):
        import pyarrow as pa

        found = (self._known_rows.get(path) or self._read(path) for path in self._parts(dataset))
        parts = [table for table in found if table is not None]
        if not parts:
            raise StoreError("store.empty", folder=self.folder)
        table = pa.concat_tables(parts, promote_options="default").replace_schema_metadata(None).combine_chunks()
        return table.take(self._order(table, [part.num_rows for part in parts]))

    def _order(self, table, lengths: list[int]):
        """Row numbers of what was asked for: whole runs, by arm and seed, each run once (a good one if any)."""
        import numpy as np

        arm = table["arm"].combine_chunks().dictionary_encode()
        rank = {name: place for place, name in enumerate(self.manifest["arms"])}
        arm_place = np.array([rank.get(name, -1) for name in arm.dictionary.to_pylist()])[arm.indices.to_numpy()]
        order = {seed: place for place, seed in enumerate(self.manifest["seeds"])}
        seed = table["seed"].to_numpy()
        changes = np.flatnonzero((np.diff(arm_place) != 0) | (np.diff(seed) != 0)) + 1
        starts = np.union1d(np.r_[0, np.cumsum(lengths)[:-1]], changes)  # a run never spans two parts
        ends = np.r_[starts[1:], table.num_rows]
        bad = np.array([status != OK for status in table["status"].to_pylist()]) if "status" in table.column_names else None
        runs = sorted(
            (int(arm_place[a]), order[int(seed[a])], bool(bad is not None and bad[a]), int(a), int(b))
            for a, b in zip(starts, ends) if arm_place[a] >= 0 and int(seed[a]) in order)
        first = [run for i, run in enumerate(runs) if i == 0 or run[:2] != runs[i - 1][:2]]
        return np.concatenate([np.arange(run[3], run[4]) for run in first] or [np.arange(0)])


def _key(path: Path) -> str:
    """The part of a file's name that its runs decide."""
    return path.stem.split("-")[1]


def _content_hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
