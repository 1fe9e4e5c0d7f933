"""Merging of several folders of one study (shards of a cluster's array job) into one folder, part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.files import replace_with
from experiments.running.worker import OK
from experiments.store import kept
from experiments.store.asked import missing
from experiments.store.folder import DATASETS, DESIGN, Store, StoreError
from experiments.store.parts import part_key


@dataclass(frozen=True)
class Merged:
    """What came together, and what is still missing of the study."""

    store: Store
    runs: int
    missing: int


def merge(
    folders: Sequence[Path], out: Path, say: Callable[..., None] = lambda key, **values: None
) -> Merged:
    """Copy the parts of ``folders`` into ``out``; nothing is written unless all are of one study and no run
    is there twice.

    ``out`` may be a folder merged before, but none of ``folders``.
    """
    for folder in folders:
        if folder.resolve() == out.resolve() or (folder.exists() and out.exists() and folder.samefile(out)):
            raise StoreError("merge.into_input", folder=out)
    stores = [_opened(folder, say) for folder in folders]
    for other in stores[1:]:
        other.check_same(stores[0])
    journals = [store.journal() for store in stores]
    _no_duplicates(stores, journals)
    merged = Store(out, say)
    manifest = {
        name: value for name, value in stores[0].manifest.items() if name not in ("shard", "shard_runs")
    }
    merged.open(
        {
            **manifest,
            "merged": sorted(store.manifest["shard"] for store in stores if store.manifest.get("shard")),
        }
    )
    design = stores[0].folder / DESIGN
    if kept.expected(design):
        with merged.writes():
            kept.write(merged.folder / DESIGN, kept.read(design))
    before = {dataset: {path.name for path in merged.parts(dataset)} for dataset in DATASETS}
    for store, journal in zip(stores, journals):
        keys = {part_key(Path(entry.part)) for entry in journal.values()}
        for dataset in DATASETS:  # rows last: a copy that is cut short leaves no run without its series
            for path in store.parts(dataset):
                if part_key(path) in keys and path.name not in before[dataset]:
                    _copy(path, merged, merged.folder / dataset / path.name)
    done = merged.journal()
    failed = sum(entry.status != OK for entry in done.values())
    return Merged(merged, len(done), missing(merged) + failed)


def _opened(folder: Path, say: Callable[..., None]) -> Store:
    store = Store(folder, say)
    store.load()
    return store


def _no_duplicates(stores: Sequence[Store], journals: Sequence[Mapping]) -> None:
    """A run in two folders is only right if it is the same part to the last byte."""
    home: dict = {}
    for store, journal in zip(stores, journals):
        for key, entry in journal.items():
            other, part = home.setdefault(key, (store.folder, entry.part))
            if part != entry.part:
                raise StoreError("merge.twice", run=key[0], arm=key[1], first=other, second=store.folder)


def _copy(path: Path, merged: Store, target: Path) -> None:
    content = path.read_bytes()
    with merged.writes():
        replace_with(target, lambda temporary: temporary.write_bytes(content))
