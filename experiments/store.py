"""The results folder of a study: Parquet parts that are their own journal, and a manifest.

    runs/part-*.parquet     one row per run         (written last: a run is done when its row is there)
    series/part-*.parquet   one row per run and day
    grids/part-*.parquet    one row per run and grid
    manifest.json           what was asked: scenario, arms, seeds, versions
    design.parquet          only of designs with a table of points: which runs were asked for, in order

A part's name is a hash of its runs and one of its bytes, part-<runs>-<bytes>.parquet: a restart that
repeats a chunk writes the same file, and a flipped byte shows. A part that is damaged, or belongs to
another study, is moved to ``set-aside/`` and its runs are done again: never a wrong table.
"""
from __future__ import annotations

import errno
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from experiments import reading
from experiments.errors import UserError
from experiments.files import move_aside, replace_with, write_text
from experiments.reading import part_key, part_name
from experiments.specs import SeedTask, digest
from experiments.worker import OK, Frames

DATASETS = ("series", "grids", "runs")  # in the order they are written
DESIGN = "design.parquet"
IDENTITY = ("study", "days", "burn_in_days", "population_seed", "scenario_hash", "model_version")
FURTHER = ("factors", "record")  # identity too, of the designs that have them
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
        self.asked_here = 0  # runs that this start answers for: all of the study's, or a shard's
        self._there: dict[str, dict[str, list[Path]]] = {}  # parts by key, as known to this writer

    # -- the manifest ------------------------------------------------------------------------
    def load(self) -> dict:
        """Read the manifest of an existing folder, or say why that is not possible."""
        path = self.folder / "manifest.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
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
        self._same_study(manifest)
        for arm, policies in manifest["arms"].items():
            if arm in there["known_arms"] and digest(there["known_arms"][arm]) != digest(policies):
                raise StoreError("store.other_arm", folder=self.folder, arm=arm)
        return True

    def _same_study(self, manifest: Mapping, further: Sequence[str] = FURTHER) -> None:
        there = self.manifest
        for name in (*IDENTITY, *further):
            if digest(there.get(name)) == digest(manifest.get(name)):
                continue
            if name == "model_version":
                raise StoreError("store.other_model", folder=self.folder, there=there.get("git_commit") or there[name])
            raise StoreError("store.other_study", folder=self.folder, what=name, there=_short(there.get(name)), asked=_short(manifest.get(name)))

    def check_same(self, other: Store) -> None:
        """StoreError unless both folders hold one study and ask the same arms and seeds of it."""
        self._same_study(other.manifest, (*FURTHER, "arms", "seeds"))
        if (self.folder / DESIGN).exists() and not self.design().equals(other.design()):
            raise StoreError("store.other_study", folder=self.folder, what=DESIGN, there="–", asked="–")

    def open(self, manifest: Mapping) -> Store:
        """Take the folder for this study: write the manifest, or extend the one that is there."""
        there = self.manifest if self.check(manifest) else {}
        kept = {name: there[name] for name in ("created",) if name in there}
        known = {**there.get("known_arms", {}), **manifest["arms"]}
        self.save_manifest({**manifest, **kept, "known_arms": known})
        self.writing = True
        return self

    def mend(self) -> Store:
        """Take an existing folder as it is, to put its parts in order."""
        self.load()
        self.writing = True
        return self

    def forget(self) -> None:
        """Look at the folder anew before the next part is written."""
        self._there.clear()

    def save_manifest(self, manifest: Mapping) -> None:
        self.manifest = dict(manifest)
        with self.writes():
            write_text(self.folder / "manifest.json", json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n")

    @contextmanager
    def writes(self) -> Iterator[None]:
        """A disk that takes nothing more is said in words; what was finished before is whole."""
        try:
            yield
        except OSError as error:
            key = "store.disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "store.cannot_write"
            raise StoreError(key, folder=self.folder, why=error.strerror or error) from error

    def ask(self, tasks: Sequence[SeedTask]) -> None:
        """Keep which runs a design with a table of points asks for; ``runs`` then gives exactly those, in this order."""
        if not any(task.columns for task in tasks):
            return
        table = reading.design_table(tasks)
        with self.writes():
            replace_with(self.folder / DESIGN, lambda path: path.write_bytes(_parquet(table, ["arm", "values", "policies"])) and None)

    def clear(self) -> Path | None:
        """Move everything a former study left into ``set-aside/``; returns that folder."""
        names = [name for name in (*DATASETS, DESIGN, "manifest.json", "comparison.csv", "report.html") if (self.folder / name).exists()]
        for name in names:
            move_aside(self.folder / name, self.aside)
        return self.aside if names else None

    @property
    def aside(self) -> Path:
        return self.folder / "set-aside"

    @property
    def _study(self) -> bytes:
        further = [self.manifest[name] for name in FURTHER if name in self.manifest]
        return digest(*(self.manifest[name] for name in IDENTITY), *further).encode()

    # -- parts -------------------------------------------------------------------------------
    def write(self, frames: Frames) -> None:
        """Append a chunk: its series and grids first, its rows last."""
        key = part_name(row[:2] for row in frames.rows)
        for dataset in DATASETS:
            columns = getattr(frames, dataset)
            if columns:
                self._write_part(dataset, key, columns)

    def _write_part(self, dataset: str, key: str, columns: Mapping) -> None:
        import pyarrow as pa

        if dataset not in self._there:
            self._there[dataset] = self.by_key(dataset)
        path = self.put(dataset, key, pa.table(dict(columns)))
        for older in self._there[dataset].get(key, ()):  # the same runs, which failed last time
            if older != path:
                older.unlink(missing_ok=True)
        self._there[dataset][key] = [path]

    def put(self, dataset: str, key: str, table) -> Path:
        """Write one part of a dataset in a single step."""
        import pyarrow as pa

        words = [field.name for field in table.schema if pa.types.is_string(field.type)]
        content = _parquet(table.replace_schema_metadata({MARK: self._study}), words)
        path = self.folder / dataset / f"part-{key}-{_content_hash(content)}.parquet"
        with self.writes():
            return replace_with(path, lambda temporary: temporary.write_bytes(content) and None)

    def parts(self, dataset: str, key: str = "*") -> list[Path]:
        return sorted((self.folder / dataset).glob(f"part-{key}-*.parquet"))

    def by_key(self, dataset: str) -> dict[str, list[Path]]:
        """All parts of a dataset by their key, in one look at the folder."""
        found: dict[str, list[Path]] = {}
        for path in self.parts(dataset):
            found.setdefault(part_key(path), []).append(path)
        return found

    def read(self, path: Path, columns: list[str] | None = None):
        """A part as a table, or None if it cannot be used (it is set aside, if this store writes)."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            content = path.read_bytes()
            if _content_hash(content) != path.stem.rpartition("-")[2]:
                raise ValueError("its content is not what was written")
            file = pq.ParquetFile(pa.BufferReader(content))
            if (file.schema_arrow.metadata or {}).get(MARK) != self._study:
                raise ValueError("part of another study")
            return file.read(columns, use_threads=False).replace_schema_metadata(None)
        except (pa.ArrowException, OSError, ValueError) as error:
            self._set_aside(part_key(path), error)
            return None

    def _set_aside(self, key: str, error: object) -> None:
        """The runs of a part stand or fall together, so all its files go; a mere reader leaves them where they are."""
        if not self.writing:
            self.say("store.skipped", part=f"part-{key}", folder=self.folder, why=str(error).splitlines()[0])
            return
        for dataset in DATASETS:
            for path in self.parts(dataset, key):
                move_aside(path, self.aside / dataset)
        self.say("store.set_aside", part=f"part-{key}", folder=self.aside, why=str(error).splitlines()[0])

    # -- the journal -------------------------------------------------------------------------
    def journal(self) -> dict[Key, Entry]:
        """What is done: (run_id, arm) -> status and part. Damaged or foreign parts are set aside first."""
        done: dict[Key, Entry] = {}
        self._sweep()
        beside = {dataset: self.by_key(dataset) for dataset in self.recorded}
        for path in self.parts("runs"):
            name, entries = path.name, {}
            for key, status in self._rows(path, beside):
                if key not in done or done[key].status != OK:
                    done[key] = entries.get(status) or entries.setdefault(status, Entry(status, name))
        return done

    def _sweep(self) -> None:
        """Remove what an interrupted writer left: series without rows, temporary files."""
        if not self.writing:
            return
        rows = self.by_key("runs")
        for path in self.parts("series") + self.parts("grids"):
            if part_key(path) not in rows:
                path.unlink(missing_ok=True)
        for dataset in DATASETS:
            for path in (self.folder / dataset).glob(".part-*.tmp"):
                if time.time() - path.stat().st_mtime > 60:  # not one being written now
                    path.unlink(missing_ok=True)

    def _rows(self, path: Path, beside: Mapping[str, Mapping[str, list[Path]]]) -> list[tuple[Key, str]]:
        table = self.read(path, ["run_id", "arm", "status"])
        if table is None:
            return []
        rows = list(zip(zip(table["run_id"].to_pylist(), reading.shared(table["arm"])), reading.shared(table["status"])))
        if any(status == OK for _, status in rows):
            for dataset, there in beside.items():
                parts = there.get(part_key(path))
                if not parts:
                    self._set_aside(part_key(path), f"{dataset} missing")
                if not parts or self.read(parts[0], ["run_id"]) is None:
                    return []
        return rows

    @property
    def recorded(self) -> list[str]:
        """What this study keeps beside its rows: series and grids, unless its design keeps less."""
        kept = self.manifest.get("record", list(DATASETS))
        return [dataset for dataset in DATASETS if dataset != "runs" and dataset in kept]

    def missing(self, tasks: Iterable[SeedTask], journal: Mapping[Key, Entry]) -> list[SeedTask]:
        """The part of ``tasks`` still to run: what is not there, and what failed last time; the same run never twice."""
        left, seen = [], set()
        for task in tasks:
            keep = [b for b in task.branches if (b.run_id, b.arm) not in seen
                    and ((e := journal.get((b.run_id, b.arm))) is None or e.status != OK)]
            if keep:
                seen.update((b.run_id, b.arm) for b in keep)
                left.append(task.only(keep))
        return left

    # -- reading back ------------------------------------------------------------------------
    def runs(self, columns: list[str] | None = None):
        """All runs asked for, as one pyarrow Table, in the manifest's order of arms and seeds (or the design's rows)."""
        return reading.whole(self, "runs", columns)

    def series(self, columns: list[str] | None = None):
        """Daily series of all runs asked for, as one pyarrow Table: run_id, arm, seed, day, ..."""
        return reading.whole(self, "series", columns)

    def grids(self, columns: list[str] | None = None):
        """Grid tables of all runs asked for, as one pyarrow Table: run_id, arm, seed, grid, ..."""
        return reading.whole(self, "grids", columns)

    def stream(self, dataset: str) -> Iterator:
        """The same table in pieces, in the same order, within bounded memory."""
        return reading.pieces(self, dataset)

    def fingerprint(self) -> str:
        """A hash of every value of every run asked for: the same on any executor, resumed, merged or compacted."""
        return reading.fingerprint(self)

    def empty(self) -> StoreError:
        return StoreError("store.empty", folder=self.folder)

    def design(self):
        """The design's table of points (None without one): run_id, arm, seed, row, x_*, values, policies."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / DESIGN
        if not path.exists():
            if "factors" in self.manifest:
                raise StoreError("store.no_design", path=path)
            return None
        try:
            return pq.ParquetFile(pa.BufferReader(path.read_bytes())).read(use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise StoreError("store.no_design", path=path) from error


def _content_hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _parquet(table, words: Sequence[str]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression="zstd", use_dictionary=words, write_statistics=words)
    return out.getvalue().to_pybytes()


def _short(value: object) -> str:
    if isinstance(value, str):
        return value
    words = json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= 60 else words[:57] + "..."
