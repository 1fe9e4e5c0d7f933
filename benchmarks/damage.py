"""Single-bit flips, one by one, in every kind of file that is read back: noticed, with a message of ours, or
not.

    python benchmarks/damage.py                 all bits of all kinds (a few minutes)
    python benchmarks/damage.py --every 97      a sample

A small study and a small design are written with an engine of a few lines; each file is damaged bit by bit
and read as its readers read it. Unnoticed flips and errors of any other kind are counted and printed; the
exit code is 1 if there are any.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # before our own modules, hence the noqa's

from experiments.running import runner  # noqa: E402
from experiments.store import csv_file, kept, manifest  # noqa: E402
from experiments.store.folder import Store  # noqa: E402
from experiments.tasks import Base, bundle, model_version  # noqa: E402
from sim.config.errors import UserError  # noqa: E402

ARMS = {"baseline": [], "shift": [{"policy": "shift", "by": 1.0}], "=odd": [{"policy": "fail"}]}


@dataclass
class Found:
    """What became of the flips of one file."""

    flips: int = 0
    unnoticed: list[int] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)  # errors that are not ours


def study(folder: Path, **changes) -> Store:
    """Two arms on two seeds and one that fails, with a comparison table and a JSON document beside it."""
    import fake_study

    store = Store(folder).open(fake_study.manifest(ARMS, [1, 2], outcomes={}, parameters=[], **changes))
    runner.run_tasks(store.missing(fake_study.tasks(ARMS, [1, 2]), store.journal()), store.write, workers=1)
    csv_file.write(
        folder / "comparison.csv",
        ["outcome", "arm", "difference"],
        [["dispute_rate", "=odd", -0.5], ["cost_budget", "shift", 4.0]],
    )
    kept.write_document(folder / "systems.json", {"seeds": [1, 2], "systems": []})
    return store


def design(folder: Path) -> Store:
    """Three points with two arms."""
    import fake_study

    base = Base('{"name": "fake"}', "fake", 2, 5, 300, model_version("fake_engine"), "fake_engine")
    arms = {arm: bundle(policies) for arm, policies in ARMS.items()}
    tasks = [
        base.task(arms, 1, 1, row=row, values={"a": float(row)}, factors={"a": float(row)}, record=())
        for row in range(3)
    ]
    store = Store(folder).open(
        fake_study.manifest(ARMS, [1], factors={"a": [0, 2]}, record=[], outcomes={}, parameters=[])
    )
    store.ask(tasks)
    runner.run_tasks(store.missing(tasks, store.journal()), store.write, workers=1)
    return store


def kinds(folder: Path) -> Iterator[tuple[str, Path, Callable[[], object]]]:
    """(kind, file, how it is read) of everything that is read back; reading raises UserError, or returns
    None for a part that is left out.
    """
    one, many = study(folder / "study"), design(folder / "design")
    reader, other = Store(one.folder), Store(many.folder)
    reader.load(), other.load()
    for dataset in ("runs", "series", "grids"):
        path = reader.parts(dataset)[0]
        yield f"{dataset}/", path, lambda path=path: reader.read(path)
    yield "manifest.json", one.folder / manifest.FILE, lambda: manifest.read(one.folder)
    yield "design.parquet", many.folder / "design.parquet", other.design
    yield (
        "comparison.csv",
        one.folder / "comparison.csv",
        lambda: csv_file.read(one.folder / "comparison.csv"),
    )
    yield "a document", one.folder / "systems.json", lambda: kept.read_document(one.folder / "systems.json")
    yield "hashes.json", one.folder / kept.JOURNAL, lambda: csv_file.read(one.folder / "comparison.csv")


def flipped(path: Path, read: Callable[[], object], every: int = 1) -> Found:
    """Flip every ``every``-th bit, one at a time, and read; the file is as before afterwards."""
    content, found = path.read_bytes(), Found()
    try:
        for bit in range(0, 8 * len(content), every):
            hurt = bytearray(content)
            hurt[bit // 8] ^= 1 << bit % 8
            path.write_bytes(hurt)
            found.flips += 1
            try:
                if read() is not None:
                    found.unnoticed.append(bit)
            except UserError as error:
                str(error)  # its text must be there too
            except Exception as error:
                found.raw.append(f"bit {bit}: {type(error).__name__}: {error}")
    finally:
        path.write_bytes(content)
    assert read() is not None, "an undamaged file reads"
    return found


def main() -> int:
    """All kinds, a line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, help="flip every so many bits")
    args = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as place:
        for kind, path, read in kinds(Path(place)):
            found = flipped(path, read, args.every)
            bad += len(found.unnoticed) + len(found.raw)
            print(
                f"{kind:15s} {path.stat().st_size:7,d} bytes, {found.flips:8,d} flips: "
                f"{len(found.unnoticed)} unnoticed, "
                f"{len(found.raw)} with an error of another kind {found.raw[:1] or ''}",
                flush=True,
            )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
