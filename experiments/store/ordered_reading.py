"""Tables in the order that was asked for, from parts in whatever order they were written.

Every run is taken once: a good row before a failed one, and its series and grids from the same part as its
row. What is not there though it was asked for is an error (or said: ``Store.incomplete``). Small tables are
put in order in memory; large ones by an external bucket sort: parts are dealt out to buckets of consecutive
runs on disk, and each bucket is put in order by itself.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.store.asked import Index, and_others, asked, hold_beside, hold_rows, joined, lost, places
from experiments.store.parts import part_key
from experiments.store.readable import Readable
from experiments.tasks import FACTOR, ROW, SeedTask, digest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

OK = "ok"
WHOLE_BYTES = 96e6  # tables up to this size are put in order in memory
BUCKET_BYTES = 48e6
BUCKETS_MAX = 200  # files open at a time


def part_name(rows: Iterable[tuple[str, str]]) -> str:
    """The key of a part that holds these runs (run_id, arm)."""
    return digest(sorted(rows))


def design_table(tasks: Sequence[SeedTask]) -> pa.Table:
    """A design's points as a pyarrow Table, one row per run asked for."""
    import pyarrow as pa

    pairs = [(task, branch) for task in tasks for branch in task.branches]
    columns = {
        "run_id": [branch.run_id for _, branch in pairs],
        "arm": [branch.arm for _, branch in pairs],
        "seed": [task.run_seed for task, _ in pairs],
        "population_seed": [task.population_seed for task, _ in pairs],
    }
    for place, (name, _) in enumerate(tasks[0].columns):
        columns[name] = [task.columns[place][1] for task, _ in pairs]
    columns["values"] = [json.dumps(dict(task.values)) for task, _ in pairs]
    columns["policies"] = [json.dumps(branch.policy_dicts(), ensure_ascii=False) for _, branch in pairs]
    return pa.table(columns)


def shared(column: pa.ChunkedArray) -> list:
    """A column of few different words as a list that shares its strings."""
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary.to_pylist()
    return [words[i] for i in coded.indices.to_numpy()]


def index(store: Readable, everything: bool = False) -> Index:
    """Read the names of all runs and choose those asked for; with ``everything`` each run once, those not
    asked for last.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    keys, tables = [], []
    for path in store.parts("runs"):
        table = store.read(path, ["run_id", "arm", "seed", "status"])
        if table is not None:
            keys.append(part_key(path))
            tables.append(table)
    if not tables:
        raise store.empty()
    names = [joined(table) for table in tables]
    every = pa.chunked_array(names).combine_chunks()
    place = np.repeat(np.arange(len(keys)), [len(name) for name in names])
    local = np.concatenate([np.arange(len(name)) for name in names])
    bad = np.concatenate([_not_ok(table) for table in tables])
    row, rank, total = asked(store, tables, every, once=everything)
    if everything:
        row, rank, total = and_others(row, rank, total, every)
    best = np.lexsort((row, bad[row], rank))
    row, rank = row[best], rank[best]
    first = np.r_[True, rank[1:] != rank[:-1]] if len(rank) else np.zeros(0, bool)
    row, rank = row[first], rank[first]
    if not everything:
        hold_rows(store, rank, total, lambda: len(pc.unique(every.take(pa.array(row)))))
    found = Index({}, {}, {}, total)
    for part, key in enumerate(keys):
        mine = place[row] == part
        found.names[key], found.ranks[key] = names[part].take(pa.array(local[row[mine]])), rank[mine]
        found.good[key] = ~bad[row[mine]]
    hold_beside(store, found)
    return found


def _not_ok(table):
    import pyarrow.compute as pc

    return pc.not_equal(table["status"], OK).combine_chunks().to_numpy(zero_copy_only=False)


def ranked(table: pa.Table, names: pa.Array, ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row numbers, rank of each) of the chosen runs in a part's table; a run's rows stand together."""
    import numpy as np

    run = table["run_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    arm = table["arm"].combine_chunks().dictionary_encode().indices.to_numpy()
    starts = (
        np.r_[0, np.flatnonzero((np.diff(run) != 0) | (np.diff(arm) != 0)) + 1]
        if len(run)
        else np.zeros(0, "i8")
    )
    ends = np.r_[starts[1:], len(run)]
    segment = places(names, joined(table.select(["run_id", "arm"]).take(starts)))
    there = segment >= 0
    start, count = starts[segment[there]], (ends - starts)[segment[there]]
    rows = np.repeat(start - np.r_[0, np.cumsum(count)[:-1]], count) + np.arange(count.sum())
    return rows, np.repeat(ranks[there], count)


def _parts(
    store: Readable, dataset: str, found: Index, columns: list[str] | None = None
) -> Iterator[tuple[pa.Table, np.ndarray]]:
    """(table of the chosen rows, rank of each row) part by part."""
    import numpy as np

    wanted = None if columns is None else list(dict.fromkeys(["run_id", "arm", *columns]))
    for path in _paths(store, dataset, found):
        table, key = store.read(path, wanted), part_key(path)
        good = found.ranks[key][found.good[key]]
        if table is None:
            if len(good):
                lost(store, dataset, found, key, good)
        else:
            rows, ranks = ranked(table, found.names[key], found.ranks[key])
            gone = good[~np.isin(good, ranks)]
            if len(gone):
                lost(store, dataset, found, key, gone)
            yield (
                table.take(rows) if len(rows) != table.num_rows or (rows[1:] <= rows[:-1]).any() else table,
                ranks,
            )


def _paths(store: Readable, dataset: str, found: Index) -> list[Path]:
    """The files that hold chosen runs, by key."""
    there = store.by_key(dataset)
    return [there[key][0] for key, names in found.names.items() if len(names) and key in there]


def whole(store: Readable, dataset: str, columns: list[str] | None = None) -> pa.Table:
    """One table in the order asked."""
    found = index(store)
    pieces = list(_parts(store, dataset, found, columns))
    if not pieces:
        raise store.empty()
    table, ranks = _in_order(pieces)
    table = _pointed(_points(store, dataset), table, ranks)
    return table if columns is None else table.select(columns)


def _in_order(pieces):
    """Several (table, ranks) as one of each, sorted by rank; rows of a run keep their order."""
    import numpy as np
    import pyarrow as pa

    table = pa.concat_tables([piece for piece, _ in pieces], promote_options="default").combine_chunks()
    for place, field in enumerate(table.schema):
        if (
            pa.types.is_floating(field.type) and table[place].null_count
        ):  # a part of failed runs only has no outcomes
            table = table.set_column(place, field.name, table[place].fill_null(float("nan")))
    ranks = np.concatenate([ranks for _, ranks in pieces])
    if (ranks[1:] >= ranks[:-1]).all():
        return table, ranks
    order = np.argsort(ranks, kind="stable")
    return table.take(order), ranks[order]


def _points(store: Readable, dataset: str):
    """The design's table, where rows of this dataset need their point from it."""
    return store.design() if dataset == "runs" else None


def _pointed(design, table, ranks):
    """Rows of a design have the design's own row number and factors, also where one run serves several
    rows.
    """
    if design is None:
        return table
    for place, name in enumerate(table.column_names):
        if name == ROW or name.startswith(FACTOR):
            table = table.set_column(place, name, design[name].take(ranks).combine_chunks())
    return table


def pieces(store: Readable, dataset: str) -> Iterator[pa.Table]:
    """The dataset in the order asked, as tables of whole runs, within bounded memory."""
    found, design = index(store), _points(store, dataset)
    size = table_bytes(_paths(store, dataset, found))
    count = max(1, min(BUCKETS_MAX, int(size / BUCKET_BYTES))) if size > WHOLE_BYTES else 1
    for _, table, ranks in numbered(store, dataset, found, max(1, -(-found.total // count))):
        yield _pointed(design, table, ranks)


def numbered(
    store: Readable, dataset: str, found: Index, each: int
) -> Iterator[tuple[int, pa.Table, np.ndarray]]:
    """(number, table, rank of each row): the runs of places number * each and on, as they are in the
    parts.
    """
    if each >= found.total:
        tables = list(_parts(store, dataset, found))
        if tables:
            yield 0, *_in_order(tables)
        return
    with tempfile.TemporaryDirectory(prefix="cogov-") as folder:
        for number, path in _dealt(store, dataset, found, each, Path(folder)):
            table, ranks = _in_order(list(_bucket(path)))
            path.unlink()
            yield number, table, ranks


def verify(store: Readable) -> None:
    """Look at every part of the runs asked for, series and grids too, without keeping them; StoreError
    names what is missing.
    """
    found = index(store)
    for dataset in store.recorded:
        for _ in _parts(store, dataset, found, ["run_id", "arm"]):
            pass


def fingerprint(store: Readable) -> str:
    """A hash of every value of every run asked for, whatever parts they are in."""
    import pyarrow as pa

    told = hashlib.blake2b(digest_size=16)
    for dataset in ("runs", *store.recorded):
        columns: dict = {}
        for table in pieces(store, dataset):
            for name in table.column_names:
                column = table[name]
                content = (
                    "\0".join(map(str, column.to_pylist())).encode() + b"\0"
                    if pa.types.is_string(column.type)
                    else column.to_numpy().tobytes()
                )
                columns.setdefault(name, hashlib.blake2b(digest_size=16)).update(content)
        told.update(
            repr(
                [dataset, *((name, column.hexdigest()) for name, column in sorted(columns.items()))]
            ).encode()
        )
    return told.hexdigest()


def table_bytes(paths: Sequence[Path]) -> float:
    """Bytes of these parts' tables in memory, roughly: eight a value.

    An estimate, so nothing is verified here.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = 0.0
    for path in paths:
        try:
            found = pq.read_metadata(path)
        except (pa.ArrowException, OSError, ValueError):
            continue  # whoever reads it says so
        size += max(0.0, found.num_rows * found.num_columns * 8.0)
    return size


def _schema(store: Readable, paths: Sequence[Path]):
    """The columns of all these parts together."""
    import pyarrow as pa

    found = [file.schema_arrow.remove_metadata() for path in paths if (file := store.file(path)) is not None]
    return pa.unify_schemas(found, promote_options="default")


def _dealt(store: Readable, dataset: str, found: Index, each: int, folder: Path) -> list[tuple[int, Path]]:
    """Deal the rows of all parts out to one file per bucket; returns the files, in order."""
    import numpy as np
    import pyarrow as pa

    paths = _paths(store, dataset, found)
    if not paths:
        return []
    schema = _schema(store, paths).append(pa.field("_rank", pa.int64()))
    files: dict[int, tuple] = {}
    for table, ranks in _parts(store, dataset, found):
        table = pa.concat_tables(
            [schema.empty_table(), table.append_column("_rank", pa.array(ranks))], promote_options="default"
        )
        bucket = ranks // each
        for number in np.unique(bucket).tolist():
            if number not in files:
                path = folder / f"{number}.arrow"
                files[number] = (path, pa.ipc.new_stream(str(path), schema))
            files[number][1].write_table(table.filter(pa.array(bucket == number)).combine_chunks())
    for _, writer in files.values():
        writer.close()
    return [(number, files[number][0]) for number in sorted(files)]


def _bucket(path: Path) -> Iterator:
    import pyarrow as pa

    with pa.ipc.open_stream(str(path)) as source:
        table = source.read_all()
    yield table.drop_columns(["_rank"]), table["_rank"].combine_chunks().to_numpy()
