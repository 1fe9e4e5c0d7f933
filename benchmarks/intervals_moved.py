"""Intervals and verdicts of stored comparisons that the statistics of this version tell otherwise.

    python benchmarks/intervals_moved.py results/three_policies results/...

Reads the runs of each folder, works out its comparison anew and holds it against the comparison.csv that lies
there; nothing is written. Printed: the median ratio of the intervals' widths, and every verdict that differs.
"""

from __future__ import annotations

import argparse
import csv
import math
import tempfile
from pathlib import Path

import numpy as np


def rows_of(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """(outcome, arm) -> its row, as words."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return {(row["outcome"], row["arm"]): row for row in csv.DictReader(lines)}


def recomputed(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The comparison of a folder's runs by this version's statistics."""
    from experiments.analysis import comparison
    from experiments.commands._options import columns
    from experiments.store.folder import Store
    from experiments.tasks import outcome_names

    store = Store(folder)
    manifest, runs = store.load(), columns(store.runs())
    outcomes = manifest["outcomes"]
    question = comparison.Question(
        list(manifest["arms"]),
        manifest["baseline"],
        manifest["seeds"],
        outcome_names(runs),
        {n: info["better"] for n, info in outcomes.items()},
        manifest["smallest_effect"],
        manifest.get("shown") or (),
        list(manifest.get("precision") or ()),
        {n: info["unit"] for n, info in outcomes.items()},
    )
    with tempfile.TemporaryDirectory() as there:
        return rows_of(
            comparison.write_csv(comparison.compare(runs, question), Path(there) / "comparison.csv")
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    for folder in parser.parse_args().folders:
        before, now = rows_of(folder / "comparison.csv"), recomputed(folder)
        both = [
            (key, before[key], row)
            for key, row in now.items()
            if key in before and row["verdict"] not in ("", "none")
        ]
        widths = [[float(row["high"]) - float(row["low"]) for row in pair] for _, *pair in both]
        ratios = [new / old for old, new in widths if old > 0 and math.isfinite(new)]
        moved = [(key, old, new) for key, old, new in both if old["verdict"] != new["verdict"]]
        print(
            f"{folder}: {len(both)} intervals, width now/before "
            f"{np.median(ratios) if ratios else math.nan:.3f} (median), {len(moved)} verdicts differ"
        )
        for (outcome, arm), old, new in moved:
            print(
                f"  {outcome} {arm}: {old['verdict']} [{float(old['low']):.4g}, {float(old['high']):.4g}] -> "
                f"{new['verdict']} [{float(new['low']):.4g}, {float(new['high']):.4g}]"
            )


if __name__ == "__main__":
    main()
