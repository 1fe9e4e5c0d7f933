"""The results folder of a study: Parquet parts that are their own journal, and a manifest.

    runs/part-*.parquet     one row per run         (written last: a run is done when its row is there)
    series/part-*.parquet   one row per run and day
    grids/part-*.parquet    one row per run and grid
    manifest.json           what was asked: scenario, arms, seeds, versions; it begins with a hash of itself
    design.parquet          only of designs with a table of points: which runs were asked for, in order
    hashes.json             the hashes of design.parquet and of tables that are read again

A part's name is a hash of its runs and one of its bytes, part-<runs>-<bytes>.parquet: a restart that
repeats a chunk writes the same file, and a flipped byte shows. A part that is damaged, or belongs to
another study, is moved to ``set-aside/`` and its runs are done again: never a wrong table. Whoever reads
a table gets all the runs that were asked for, or an error that says what is missing.
"""

from __future__ import annotations

import errno
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.files import move_aside, replace_with
from experiments.running.worker import Frames
from experiments.store import environment, journal, kept, locking, manifest, ordered_reading, ownership, parts
from experiments.store.journal import Entry, Key
from experiments.store.kept import StoreError
from experiments.store.manifest import FURTHER, IDENTITY
from experiments.store.ordered_reading import part_name
from experiments.store.parts import part_key
from experiments.tasks import SeedTask, digest

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

DATASETS = ownership.DATASETS  # in the order they are written
DESIGN = "design.parquet"


class Store:
    """One study's folder. ``say(key, **values)`` receives messages such as 'a part was set aside'.

    One process (and thread) writes at a time: ``open``, ``mend`` and ``clear`` take the folder's lock, which
    lasts as long as the store does. With ``partial`` a reader gets the runs that are there, and it is said
    that some are missing.
    """

    def __init__(
        self, folder: Path | str, say: Callable[..., None] = lambda key, **values: None, partial: bool = False
    ):
        self.folder = Path(folder)
        self.say = say
        self.partial = partial
        self.manifest: dict = {}
        self.writing = False  # whoever only reads moves nobody's data
        self.asked_here = 0  # runs that this start answers for: all of the study's, or a shard's
        self.left_out: dict[str, str] = {}  # parts that could not be used -> why
        self._lock: locking.FolderLock | None = None
        self._fresh = False
        self._told: set = set()
        self._there: dict[str, dict[str, list[Path]]] = {}  # parts by key, as known to this writer

    # -- the manifest ------------------------------------------------------------------------
    def load(self) -> dict:
        """Read the manifest of an existing folder, or say why that is not possible."""
        self.manifest = manifest.read(self.folder)
        return self.manifest

    def check(self, asked: Mapping) -> bool:
        """True if the folder already holds this study; False if it is free; StoreError if it is another's."""
        if not (self.folder / manifest.FILE).exists():
            ownership.refuse_foreign(self.folder, self._fresh)
            return False
        there = self.load()
        ownership.refuse_other(self.folder, there, asked)
        for arm, policies in asked["arms"].items():
            known = there.get("known_arms", {})
            if arm in known and digest(known[arm]) != digest(policies):
                raise StoreError("store.other_arm", folder=self.folder, arm=arm)
        return True

    def check_free(self) -> None:
        """StoreError if the folder holds anything that a fresh start would have to write over and that is
        not ours.
        """
        if not ownership.ours(self.folder):
            ownership.refuse_foreign(self.folder, fresh=True)

    def check_same(self, other: Store) -> None:
        """StoreError unless both folders hold one study and ask the same arms and seeds of it."""
        ownership.refuse_other(self.folder, self.manifest, other.manifest, (*FURTHER, "arms", "seeds"))
        mine, theirs = (store.design() for store in (self, other))
        if mine is not None and (theirs is None or not mine.equals(theirs)):
            raise StoreError("store.other_study", folder=self.folder, what=DESIGN, there="–", asked="–")

    def open(self, asked: Mapping) -> Store:
        """Take the folder for this study: write the manifest, or extend the one that is there."""
        self.check(asked)
        self._take()
        there = self.manifest if self.check(asked) else {}  # as it is now that nobody else writes
        known = {**there.get("known_arms", {}), **asked["arms"]}
        kept_on = {name: there[name] for name in ("created",) if name in there}
        self.save_manifest(
            {**asked, **kept_on, "known_arms": known, "environments": environment.all_of(there, asked)}
        )
        self.writing = True
        return self

    def mend(self) -> Store:
        """Take an existing folder as it is, to put its parts in order."""
        self.load()
        self._take()
        self.load()
        self.writing = True
        return self

    def close(self) -> None:
        """Let others write. What the store holds can still be read."""
        self.writing, self._lock = False, None

    def _take(self) -> None:
        with self.writes():
            try:
                self._lock = locking.take(self.folder)
            except locking.Taken as taken:
                raise StoreError("store.taken", folder=self.folder, **taken.who) from None
        if not self._lock.real:
            self.say("store.no_locks", folder=self.folder)

    def forget(self) -> None:
        """Look at the folder anew before the next part is written."""
        self._there.clear()

    def save_manifest(self, asked: Mapping) -> None:
        self.manifest = dict(asked)
        with self.writes():
            manifest.write(self.folder, self.manifest)

    @contextmanager
    def writes(self) -> Iterator[None]:
        """A disk that takes nothing more is said in words; what was finished before is whole."""
        try:
            yield
        except OSError as error:
            key = "store.disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "store.cannot_write"
            raise StoreError(key, folder=self.folder, why=error.strerror or error) from error

    def ask(self, tasks: Sequence[SeedTask]) -> None:
        """Keep which runs a design with a table of points asks for; ``runs`` then gives exactly those, in
        this order.
        """
        if not any(task.columns for task in tasks):
            return
        content = parts.parquet(ordered_reading.design_table(tasks), ["arm", "values", "policies"])
        with self.writes():
            kept.write(self.folder / DESIGN, content)

    def clear(self) -> Path | None:
        """Move everything a former study left into ``set-aside/``; returns that folder.

        Nothing of anybody else is touched.
        """
        self._fresh = True
        names = ownership.ours(self.folder)
        if names:
            self._take()
        for name in names:
            move_aside(self.folder / name, self.aside)
        self.forget()
        return self.aside if names else None

    @property
    def aside(self) -> Path:
        return self.folder / ownership.ASIDE

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

    def put(self, dataset: str, key: str, table: pa.Table) -> Path:
        """Write one part of a dataset in a single step."""
        data = parts.content(table, self._study, dataset, key)
        path = self.folder / dataset / parts.name(key, data)
        with self.writes():
            return replace_with(path, lambda temporary: temporary.write_bytes(data))

    def parts(self, dataset: str, key: str = "*") -> list[Path]:
        return sorted((self.folder / dataset).glob(f"part-{key}-*.parquet"))

    def by_key(self, dataset: str) -> dict[str, list[Path]]:
        """All parts of a dataset by their key, in one look at the folder."""
        found: dict[str, list[Path]] = {}
        for path in self.parts(dataset):
            found.setdefault(part_key(path), []).append(path)
        return found

    def file(self, path: Path) -> pq.ParquetFile | None:
        """A part as an open Parquet file, every byte verified; None if it cannot be used (it is set
        aside, if this store writes).
        """
        import pyarrow as pa

        try:
            return parts.opened(path, self._study)
        except (pa.ArrowException, OSError, ValueError) as error:
            self.set_aside(part_key(path), error)
            return None

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table | None:
        """A part as a table, or None if it cannot be used."""
        found = self.file(path)
        return None if found is None else found.read(columns, use_threads=False).replace_schema_metadata(None)

    def set_aside(self, key: str, error: object) -> None:
        """The runs of a part stand or fall together, so all its files go; a mere reader leaves them where
        they are.
        """
        why = (str(error).splitlines() or ["?"])[0]
        self.left_out[key] = why
        if not self.writing:
            if key not in self._told:
                self.say("store.skipped", part=f"part-{key}", folder=self.folder, why=why)
            self._told.add(key)
            return
        for dataset in DATASETS:
            for path in self.parts(dataset, key):
                move_aside(path, self.aside / dataset)
        self.say("store.set_aside", part=f"part-{key}", folder=self.aside, why=why)

    # -- the journal -------------------------------------------------------------------------
    def journal(self) -> dict[Key, Entry]:
        """What is done: (run_id, arm) -> status and part. Damaged or foreign parts are set aside first."""
        return journal.done(self)

    @property
    def recorded(self) -> list[str]:
        """What this study keeps beside its rows: series and grids, unless its design keeps less."""
        wanted = self.manifest.get("record", list(DATASETS))
        return [dataset for dataset in DATASETS if dataset != "runs" and dataset in wanted]

    def missing(self, tasks: Iterable[SeedTask], known: Mapping[Key, Entry]) -> list[SeedTask]:
        """The part of ``tasks`` still to run: what is not there, and what failed last time; the same run
        never twice.
        """
        return journal.missing(tasks, known)

    # -- reading back ------------------------------------------------------------------------
    def runs(self, columns: list[str] | None = None) -> pa.Table:
        """All runs asked for, as one pyarrow Table, in the manifest's order of arms and seeds (or the
        design's rows).
        """
        return ordered_reading.whole(self, "runs", columns)

    def series(self, columns: list[str] | None = None) -> pa.Table:
        """Daily series of all runs asked for, as one pyarrow Table: run_id, arm, seed, day, ..."""
        return ordered_reading.whole(self, "series", columns)

    def grids(self, columns: list[str] | None = None) -> pa.Table:
        """Grid tables of all runs asked for, as one pyarrow Table: run_id, arm, seed, grid, ..."""
        return ordered_reading.whole(self, "grids", columns)

    def stream(self, dataset: str) -> Iterator[pa.Table]:
        """The same table in pieces, in the same order, within bounded memory."""
        return ordered_reading.pieces(self, dataset)

    def fingerprint(self) -> str:
        """A hash of every value of every run asked for: the same on any executor, resumed, merged or
        compacted.
        """
        return ordered_reading.fingerprint(self)

    def verify(self) -> None:
        """StoreError unless everything that was asked for is there and as it was written."""
        ordered_reading.verify(self)

    def empty(self) -> StoreError:
        """What to raise where not one row is left to read."""
        if self.left_out:
            return StoreError("store.all_damaged", folder=self.folder, why=self._why())
        return StoreError("store.empty", folder=self.folder)

    def incomplete(self, dataset: str, there: int, asked: int, arm: str, seed: object) -> None:
        """Of ``asked`` runs only ``there`` are in a dataset, and this is the first that is not:
        StoreError, or said if ``partial``.
        """
        values = {
            "folder": self.folder,
            "dataset": dataset,
            "there": there,
            "asked": asked,
            "missing": asked - there,
            "arm": arm,
            "seed": seed,
        }
        if not self.partial:
            raise StoreError("store.incomplete", **values, why=self._why())
        if dataset not in self._told:
            self.say("store.partial", **values)
        self._told.add(dataset)

    def _why(self) -> StoreError:
        """Why runs may be missing, and what to do: a UserError, so that its words are of the language in
        force.
        """
        who = locking.holder(self.folder)
        if who:
            return StoreError("store.why.writing", **who)
        command = (
            f"{self.manifest.get('command') or 'cogov compare ...'} --out {shlex.quote(str(self.folder))}"
        )
        for key, why in self.left_out.items():
            return StoreError("store.why.damaged", part=f"part-{key}", why=why, command=command)
        return StoreError("store.why.unfinished", command=command, folder=self.folder)

    def design(self) -> pa.Table | None:
        """The design's table of points (None without one): run_id, arm, seed, row, x_*, values, policies."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / DESIGN
        if not kept.expected(path):
            if "factors" in self.manifest:
                raise StoreError("store.no_design", path=path)
            return None
        try:
            return pq.ParquetFile(pa.BufferReader(kept.read(path))).read(use_threads=False)
        except (pa.ArrowException, StoreError) as error:
            raise StoreError("store.no_design", path=path) from error
