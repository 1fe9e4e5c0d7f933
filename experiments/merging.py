"""Several folders of one study (shards of a cluster's array job) as one folder, part by part."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.files import replace_with
from experiments.store import DATASETS, DESIGN, Store, StoreError


@dataclass(frozen=True)
class Merged:
    """What came together, and what is still missing of the study."""

    store: Store
    runs: int
    missing: int


def merge(folders: Sequence[Path], out: Path, say=lambda key, **values: None) -> Merged:
    """Copy the parts of ``folders`` into ``out``; nothing is written unless all are of one study and no run is there twice."""
    stores = [_opened(folder, say) for folder in folders]
    for other in stores[1:]:
        other.check_same(stores[0])
    journals = [store.journal() for store in stores]
    _no_duplicates(stores, journals)
    merged = Store(out, say)
    manifest = {name: value for name, value in stores[0].manifest.items() if name != "shard"}
    merged.open({**manifest, "merged": sorted(store.manifest["shard"] for store in stores if store.manifest.get("shard"))})
    design = stores[0].folder / DESIGN
    if design.exists():
        _copy(design, merged, merged.folder / DESIGN)
    before = {dataset: set(path.name for path in merged.parts(dataset)) for dataset in DATASETS}
    for store, journal in zip(stores, journals):
        keys = {entry.part.split("-")[1] for entry in journal.values()}
        for dataset in DATASETS:  # rows last, as ever: a copy that is cut short leaves no run without its series
            for path in store.parts(dataset):
                if path.stem.split("-")[1] in keys and path.name not in before[dataset]:
                    _copy(path, merged, merged.folder / dataset / path.name)
    done = merged.journal()
    asked = _asked(merged)
    return Merged(merged, len(done), max(0, asked - sum(entry.status == "ok" for entry in done.values())))


def _opened(folder: Path, say) -> Store:
    store = Store(folder, say)
    store.load()
    return store


def _no_duplicates(stores, journals) -> None:
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
        replace_with(target, lambda temporary: temporary.write_bytes(content) and None)


def _asked(store: Store) -> int:
    design = store.design()
    if design is None:
        return len(store.manifest["arms"]) * len(store.manifest["seeds"])
    return len(set(zip(design["run_id"].to_pylist(), design["arm"].to_pylist())))
