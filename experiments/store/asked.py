"""The runs that a folder's study asks for: their order, and which of them are not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.store.kept import StoreError
from experiments.store.readable import Readable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True)
class Index:
    """Which run stands where: per part (by key) its chosen runs' names and their places in the order
    asked.
    """

    names: dict[str, pa.Array]  # part key -> strings "run_id|arm"
    ranks: dict[str, np.ndarray]  # part key -> int64 places
    good: dict[str, np.ndarray]  # part key -> bool: runs that ended well, which have series and grids
    total: int


def joined(table: pa.Table) -> pa.Array:
    """run_id|arm, the name of a run within a study, as one pyarrow array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.binary_join_element_wise(table["run_id"], table["arm"], "|")
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def asked(
    store: Readable, tables: Sequence[pa.Table], every: pa.Array, once: bool = False
) -> tuple[np.ndarray, np.ndarray, int]:
    """(rows of the parts, their places in the order asked, number of places); a run may serve several
    rows of a design, unless ``once``.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    design = store.design()
    if design is not None:
        wish = joined(design)
        where = pc.index_in(wish, value_set=wish).to_numpy(
            zero_copy_only=False
        )  # the first row of the design with this run
        have = places(every, wish)
        rows = np.flatnonzero(have >= 0)
        if once:
            return rows, have[rows], len(wish)
        order = np.argsort(where, kind="stable")  # rows of the design, those with the same run together
        start, end = (np.searchsorted(where[order], have[rows], side) for side in ("left", "right"))
        count = end - start
        take = np.repeat(start - np.r_[0, np.cumsum(count)[:-1]], count) + np.arange(count.sum())
        return np.repeat(rows, count), order[take], len(wish)
    arms, seeds = list(store.manifest["arms"]), store.manifest["seeds"]
    together = pa.concat_tables([table.select(["arm", "seed"]) for table in tables])
    arm = places(together["arm"], pa.array(arms, pa.string()))
    seed = places(together["seed"], pa.array(seeds, pa.int64()))
    rows = np.flatnonzero((arm >= 0) & (seed >= 0))
    return rows, arm[rows] * len(seeds) + seed[rows], len(arms) * len(seeds)


def places(values: pa.Array, among: pa.Array) -> np.ndarray:
    """int64 place of every value among others, -1 for those not there."""
    import pyarrow.compute as pc

    return pc.fill_null(pc.index_in(values, value_set=among), -1).to_numpy(zero_copy_only=False).astype("i8")


def and_others(
    row: np.ndarray, rank: np.ndarray, total: int, every: pa.Array
) -> tuple[np.ndarray, np.ndarray, int]:
    """Runs that nobody asks for now come last, by name: nothing is dropped."""
    import numpy as np
    import pyarrow.compute as pc

    wished = np.zeros(len(every), bool)
    wished[row] = True
    rest = np.flatnonzero(~wished)
    if not len(rest):
        return row, rank, total
    names = pc.take(every, rest)
    unique = pc.unique(names)
    unique = unique.take(pc.sort_indices(unique))
    return np.r_[row, rest], np.r_[rank, total + places(names, unique)], total + len(unique)


def missing(store: Readable) -> int:
    """Runs that the folder's study (or shard) asks for and that are not in runs/."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    tables = [
        table
        for path in store.parts("runs")
        if (table := store.read(path, ["run_id", "arm", "seed"])) is not None
    ]
    if not tables:
        return _count(store)
    every = pa.chunked_array([joined(table) for table in tables]).combine_chunks()
    row, rank, total = asked(store, tables, every)
    if "shard_runs" in store.manifest or store.design() is not None:
        return _count(store) - len(pc.unique(every.take(pa.array(row))))
    return total - len(np.unique(rank))


def _count(store: Readable) -> int:
    """Runs asked for, each once."""
    import pyarrow.compute as pc

    if "shard_runs" in store.manifest:
        return store.manifest["shard_runs"]
    design = store.design()
    return (
        len(pc.unique(joined(design)))
        if design is not None
        else len(store.manifest["arms"]) * len(store.manifest["seeds"])
    )


def hold_rows(store: Readable, rank: np.ndarray, total: int, different: Callable[[], int]) -> None:
    """Rows asked are rows there; ``rank``: the places that have a run, ``different()``: how many runs
    they are.
    """
    import numpy as np

    shard = store.manifest.get("shard_runs")
    there, wanted = (len(rank), total) if shard is None else (different(), shard)
    if there >= wanted:
        return
    gap = np.setdiff1d(np.arange(total), rank)
    store.incomplete("runs", there, wanted, *_who(store, int(gap[0])))


def _who(store: Readable, place: int) -> tuple[str, StoreError]:
    """(arm, words for its seed) of a place in the order asked."""
    design = store.design()
    if design is not None:
        return design["arm"][place].as_py(), StoreError("store.seed", seed=design["seed"][place].as_py())
    seeds = store.manifest["seeds"]
    return list(store.manifest["arms"])[place // len(seeds)], StoreError(
        "store.seed", seed=seeds[place % len(seeds)]
    )


def hold_beside(store: Readable, found: Index) -> None:
    """Every part with runs that ended well has its series and grids beside it, as far as the study keeps
    them.
    """
    for dataset in store.recorded:
        there = store.by_key(dataset)
        for key, good in found.good.items():
            if good.any() and key not in there:
                lost(store, dataset, found, key, found.ranks[key][good])


def lost(store: Readable, dataset: str, found: Index, key: str, ranks: np.ndarray) -> None:
    """These runs' rows of a dataset are not there."""
    every = sum(int(good.sum()) for good in found.good.values())
    name = found.names[key][int((found.ranks[key] == ranks[0]).argmax())].as_py()
    store.incomplete(
        dataset,
        every - len(ranks),
        every,
        name.partition("|")[2],
        StoreError("store.run", run=name.partition("|")[0]),
    )
