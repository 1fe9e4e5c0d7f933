"""The same runs under several Python interpreters: is every value the same?

    python benchmarks/interpreters.py PYTHON [PYTHON ...]     each a python executable with cogov's
        dependencies

Each runs a small comparison in a process of its own; printed are versions and a hash of all runs, days and
grids.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUDY = {"residents": 600, "days": 120, "burn_in_days": 60, "seeds": 3}


def told() -> dict:
    """Versions of this interpreter and the hash of its runs."""
    from importlib.metadata import version

    from experiments.designs import compare
    from experiments.questions.comparison import Study
    from experiments.running.worker import run_task

    study = Study.from_dict({**Study.load("three_policies").to_dict(), **STUDY})
    total, runs = hashlib.blake2b(digest_size=16), 0
    for task in compare.tasks(study):
        for result in run_task(task):
            if result.status != "ok":
                raise SystemExit(result.error)
            total.update(
                repr((result.branch.arm, task.run_seed, result.outcomes)).replace("np.float64", "").encode()
            )
            for table in (result.series, result.grids):
                total.update(b"".join(column.tobytes() for column in table.values()))
            runs += 1
    return {
        "python": platform.python_version(),
        "mesa": version("mesa"),
        "numba": version("numba"),
        "numpy": version("numpy"),
        "runs": runs,
        "hash": total.hexdigest(),
    }


def main(pythons: list[str]) -> int:
    """1 if any differs."""
    found = []
    for python in [sys.executable, *pythons]:
        done = subprocess.run(
            [python, __file__, "--here"],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
        if done.returncode != 0:
            print(done.stderr[-2000:])
            return 1
        found.append(json.loads(done.stdout.strip().splitlines()[-1]))
        print("  ".join(f"{name} {value}" for name, value in found[-1].items()), flush=True)
    same = len({one["hash"] for one in found}) == 1
    print("the same to the last bit" if same else "DIFFERENT")
    return 0 if same else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--here"]:
        print(json.dumps(told()))
    else:
        raise SystemExit(main(sys.argv[1:]))
