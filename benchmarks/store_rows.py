"""A million runs written, queried and exported: seconds, megabytes on disk, and the most memory that each
step held.

    python benchmarks/store_rows.py                       1,000,000 rows with the model's own outcomes
    python benchmarks/store_rows.py --rows 50000 --to csv

Each step is a process of its own, so that its peak of memory (resident set) is its own. Rows are made up, as
many columns as a run has; the parts are what chunks of 500 runs leave.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ARMS, CHUNK, BAR = 10, 500, 1000.0
STEPS = ("write", "journal", "query", "compact", "query again", "csv", "parquet", "stata", "xlsx", "hash")


def manifest(rows: int) -> dict:
    """A study of ten arms that keeps rows only."""
    from sim import metrics

    arms = {f"arm{i}": [] for i in range(ARMS)}
    outcomes = {
        name: {"unit": i.unit, "better": i.better, "family": i.family, "definition": i.definition}
        for name, i in metrics.registry().items()
    }
    return {
        "study": "rows",
        "days": 5,
        "burn_in_days": 2,
        "population_seed": "per_seed",
        "scenario_hash": "rows",
        "model_version": "bench",
        "arms": arms,
        "seeds": list(range(1, rows // ARMS + 1)),
        "record": [],
        "outcomes": outcomes,
        "parameters": [],
    }


def write(folder: Path, rows: int) -> None:
    """Chunks as workers hand them over, seeds in order, all arms of a seed together."""
    from experiments import tasks
    from experiments.running.worker import Frames
    from experiments.store.folder import Store

    store = Store(folder).open(manifest(rows))
    outcomes = list(store.manifest["outcomes"])
    random = np.random.default_rng(1)
    for start in range(0, rows, CHUNK):
        count = min(CHUNK, rows - start)
        number = np.arange(start, start + count)
        arm = [f"arm{n % ARMS}" for n in number]
        names = [tasks.digest(int(n)) for n in number]
        columns = {
            "run_id": names,
            "arm": arm,
            "seed": number // ARMS + 1,
            "population_seed": number // ARMS + 1,
            "status": ["ok"] * count,
            "error": [""] * count,
            "residents": np.full(count, 2000),
            "days": np.full(count, 5),
        }
        columns |= dict(zip(outcomes, random.random((len(outcomes), count))))
        store.write(Frames(tuple(zip(names, arm, ["ok"] * count)), columns, {}, {}))


def query(folder: Path, rows: int) -> None:
    """Means of three outcomes by arm, in the order asked, and whether every row is there."""
    store = _opened(folder)
    table = store.runs(["arm", "seed", "dispute_rate", "satisfaction_index", "cost_budget"])
    assert table.num_rows == rows and table["seed"][rows // ARMS].as_py() == 1
    assert (
        table.group_by("arm")
        .aggregate([("dispute_rate", "mean"), ("satisfaction_index", "mean"), ("cost_budget", "mean")])
        .num_rows
        == ARMS
    )


def _opened(folder: Path):
    from experiments.store.folder import Store

    store = Store(folder)
    store.load()
    return store


def step(name: str, folder: Path, rows: int) -> None:
    """One step, in this process."""
    if name == "write":
        write(folder, rows)
    elif name == "journal":
        assert len(_opened(folder).journal()) == rows
    elif name.startswith("query"):
        query(folder, rows)
    elif name == "compact":
        from experiments.store.compact import compact

        assert compact(_opened(folder).mend()).runs == rows
    elif name == "hash":
        print(_opened(folder).fingerprint(), file=sys.stderr)
    else:
        from experiments import cli

        assert cli.main(["export", str(folder), "--to", name, "--lang", "en"]) == 0


def measured(name: str, folder: Path, rows: int) -> dict:
    """Seconds, CPU seconds and peak memory of a step in a process of its own."""
    words = [sys.executable, __file__, "--step", name, "--rows", str(rows), "--folder", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    """All steps, each with its peak of memory against the bar."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument(
        "--to",
        nargs="*",
        choices=("csv", "parquet", "stata", "xlsx"),
        default=("csv", "parquet", "stata", "xlsx"),
    )
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        began = time.monotonic()
        step(args.step, args.folder, args.rows)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(
            json.dumps(
                {
                    "seconds": time.monotonic() - began,
                    "cpu": used.ru_utime + used.ru_stime,
                    "megabytes": used.ru_maxrss / 1e3,
                }
            )
        )
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "rows"
        for name in STEPS:
            if name in ("csv", "parquet", "stata", "xlsx") and name not in args.to:
                continue
            found = measured(name, folder, args.rows)
            disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
            verdict = "met" if found["megabytes"] <= BAR else "NOT MET"
            print(
                f"{name:12s} {args.rows:,} rows: {found['seconds']:7.1f} s wall "
                f"{found['cpu']:7.1f} s CPU, peak {found['megabytes']:6.0f} MB"
                f" (bar {BAR:.0f}: {verdict}), folder {disk:,.0f} MB",
                flush=True,
            )
            for path in (folder / "export").glob("*"):
                path.unlink()


if __name__ == "__main__":
    main()
