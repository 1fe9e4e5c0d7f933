"""Compaction: many small parts as few large ones, in the order that was asked for, the same bytes however the
runs were cut.

The compacted parts are ordinary parts. All of them are written before the first old one goes, rows last, and
an old part's rows go before its series: stopped anywhere, the folder holds every run, and reading takes each
once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from experiments.store import ordered_reading
from experiments.store.asked import Index, missing
from experiments.store.folder import DATASETS, Store

PART_BYTES = 64e6  # of a part's largest table in memory


@dataclass(frozen=True)
class Compacted:
    """Parts of runs/ before and after, runs kept, and runs of the study that are not there."""

    before: int
    after: int
    runs: int
    missing: int = 0


def compact(store: Store) -> Compacted:
    """Rewrite the folder's parts; ``store`` must be one that writes (``open``, ``mend``)."""
    before = {dataset: store.parts(dataset) for dataset in DATASETS}
    runs = len(store.journal())  # sets aside what is damaged; the journal itself is not kept, it is large
    found = ordered_reading.index(store, everything=True)
    per_part = _runs_per_part(store, found)
    names = list(_part_names(found, per_part))
    kept: set[tuple[str, str]] = set()
    for dataset in DATASETS:
        tables = ordered_reading.numbered(store, dataset, found, per_part)
        kept.update((dataset, store.put(dataset, names[number], table).name) for number, table, _ in tables)
    for dataset in reversed(DATASETS):
        for path in before[dataset]:
            if (dataset, path.name) not in kept:
                path.unlink(missing_ok=True)
    store.forget()
    return Compacted(len(before["runs"]), len(store.parts("runs")), runs, missing(store))


def _runs_per_part(store: Store, found: Index) -> int:
    """As many runs a part as the widest dataset allows."""
    largest = max(ordered_reading.table_bytes(store.parts(dataset)) for dataset in DATASETS)
    each = largest / max(1, sum(len(names) for names in found.names.values()))
    return max(1, min(found.total, int(PART_BYTES / max(each, 1.0))))


def _part_names(found: Index, per_part: int) -> Iterator[str]:
    """The key of each compacted part, by its number; it holds the runs of these places."""
    import numpy as np
    import pyarrow as pa

    names = pa.concat_arrays([names for names in found.names.values() if len(names)])
    ranks = np.concatenate([ranks for key, ranks in found.ranks.items() if len(found.names[key])])
    order = np.argsort(ranks, kind="stable")
    ordered = names.take(pa.array(order))
    bucket = ranks[order] // per_part
    for number in range(-(-found.total // per_part)):
        start, end = np.searchsorted(bucket, [number, number + 1])
        yield ordered_reading.part_name(tuple(name.split("|", 1)) for name in ordered[start:end].to_pylist())
