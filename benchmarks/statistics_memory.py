"""Peak memory of the statistics at the end of a large comparison: made-up runs in, comparison.csv out.

    python benchmarks/statistics_memory.py                     6,700 seeds x 3 arms x 130 outcomes: 20,100
        runs, a minute
    python benchmarks/statistics_memory.py --seeds 30 --arms 6

The bar is 400 MB for the whole process, the interpreter, the libraries and the table of runs (21 MB) among
it.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BAR_MB = 400.0
SEED = 20240229


def peak_mb() -> float:
    """Largest resident memory of this process so far."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 2**20 if sys.platform == "darwin" else size / 1024


def runs_of(seeds: int, arms: int, outcomes: int) -> tuple[dict, list[str], list[str]]:
    """(runs as columns, arms, outcomes): arms share their seeds' luck; every tenth outcome has holes, every
    fifth is skewed.
    """
    generator = np.random.default_rng(SEED)
    names, columns = (
        [f"arm{a}" for a in range(arms)],
        ["cost_budget", "dispute_rate", *(f"outcome{o}" for o in range(outcomes - 2))],
    )
    runs: dict = {
        "arm": np.repeat(names, seeds).tolist(),
        "seed": np.tile(np.arange(1, seeds + 1), arms),
        "status": ["ok"] * (seeds * arms),
    }
    for o, name in enumerate(columns):
        shared = np.tile(generator.standard_normal(seeds), arms)
        own = (
            generator.exponential(1.0, seeds * arms)
            if o % 5 == 0
            else generator.standard_normal(seeds * arms)
        )
        value = 5.0 + shared + 0.5 * own + 0.05 * np.repeat(np.arange(arms), seeds)
        runs[name] = np.where(generator.random(seeds * arms) < 0.01, np.nan, value) if o % 10 == 9 else value
    return runs, names, columns


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=6700)
    parser.add_argument("--arms", type=int, default=3)
    parser.add_argument("--outcomes", type=int, default=130)
    args = parser.parse_args()
    from experiments.analysis import comparison

    runs, arms, outcomes = runs_of(args.seeds, args.arms, args.outcomes)
    before, began = peak_mb(), time.process_time()
    question = comparison.Question(
        arms,
        arms[0],
        range(1, args.seeds + 1),
        outcomes,
        dict.fromkeys(outcomes, "low"),
        {"dispute_rate": 0.1},
    )
    with tempfile.TemporaryDirectory() as folder:
        comparison.write_csv(comparison.compare(runs, question), Path(folder) / "comparison.csv")
    peak = peak_mb()
    print(
        json.dumps(
            {
                "runs": args.seeds * args.arms,
                "outcomes": args.outcomes,
                "peak_mb_before": round(before, 1),
                "peak_mb": round(peak, 1),
                "bar_mb": BAR_MB,
                "cpu_s": round(time.process_time() - began, 1),
                "met": peak <= BAR_MB,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
