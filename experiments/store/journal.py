"""Finished runs of a results folder: a run is done when its row is there, its series and grids beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.running.worker import OK
from experiments.store import ordered_reading, parts
from experiments.store.ownership import DATASETS
from experiments.store.parts import part_key
from experiments.store.readable import Readable
from experiments.tasks import SeedTask

Key = tuple[str, str]  # (run_id, arm)


@dataclass(frozen=True)
class Entry:
    """Where a run's row is, and how it ended."""

    status: str
    part: str


def done(store: Readable) -> dict[Key, Entry]:
    """(run_id, arm) -> status and part. Damaged or foreign parts are set aside first."""
    found: dict[Key, Entry] = {}
    if store.writing:
        _sweep(store)
    beside = {dataset: store.by_key(dataset) for dataset in store.recorded}
    for path in store.parts("runs"):
        entries: dict[str, Entry] = {}
        for key, status in _rows(store, path, beside):
            if key not in found or found[key].status != OK:
                found[key] = entries.get(status) or entries.setdefault(status, Entry(status, path.name))
    return found


def missing(tasks: Iterable[SeedTask], journal: Mapping[Key, Entry]) -> list[SeedTask]:
    """The part of ``tasks`` still to run: what is not there, and what failed last time; the same run
    never twice.
    """
    left: list[SeedTask] = []
    seen: set[Key] = set()
    for task in tasks:
        keep = [
            b
            for b in task.branches
            if (b.run_id, b.arm) not in seen
            and ((e := journal.get((b.run_id, b.arm))) is None or e.status != OK)
        ]
        if keep:
            seen.update((b.run_id, b.arm) for b in keep)
            left.append(task.only(keep))
    return left


def _sweep(store: Readable) -> None:
    """Remove what an interrupted writer left: series without rows, temporary files."""
    rows = store.by_key("runs")
    for path in store.parts("series") + store.parts("grids"):
        if part_key(path) not in rows and not parts.is_young(path):
            path.unlink(missing_ok=True)
    for dataset in DATASETS:
        for path in (store.folder / dataset).glob(".part-*.tmp"):
            if not parts.is_young(path):
                path.unlink(missing_ok=True)


def _rows(
    store: Readable, path: Path, beside: Mapping[str, Mapping[str, list[Path]]]
) -> list[tuple[Key, str]]:
    table = store.read(path, ["run_id", "arm", "status"])
    if table is None:
        return []
    keys = zip(table["run_id"].to_pylist(), ordered_reading.shared(table["arm"]))
    rows = list(zip(keys, ordered_reading.shared(table["status"])))
    if any(status == OK for _, status in rows):
        for dataset, there in beside.items():
            files = there.get(part_key(path))
            if not files:
                store.set_aside(part_key(path), f"{dataset} missing")
            if not files or store.read(files[0], ["run_id"]) is None:
                return []
    return rows
