"""Sudden ends (kill -9) of a worker, of the parent, and of both, at random moments: the next start finishes
with the same results.

    python benchmarks/kill9.py               ten moments of each on the real engine (several minutes)
    python benchmarks/kill9.py --moments 2

A batch of cogov compare is killed, started again until it ends, and its folder compared with an undisturbed
one: hash of all values, rows, runs found in two places, runs missing. Nobody may edit the sources meanwhile:
a changed model refuses the folder of the former.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.store.folder import Store

ROOT = Path(__file__).resolve().parent.parent
WHOM = ("worker", "parent", "both")
SEED = 20250901  # of the moments
PATIENCE = 120.0


@dataclass(frozen=True)
class Outcome:
    """What a killed batch came to after it was started again."""

    hash: str
    rows: int
    doubled: int
    killed: bool
    stored: int  # parts of runs/ at the moment of the blow
    starts: int


DRIVER = """
import sys
from functools import partial
from experiments import cli; from experiments.running import runner; from experiments.tasks import in_chunks
runner.in_chunks = partial(in_chunks, seconds=0.03)  # a chunk per seed: more moments to be struck at
sys.exit(cli.main(sys.argv[1:]))
"""


def command(out: Path) -> list[str]:
    """Six arms on forty seeds of 1,000 residents, 40 chunks on two workers."""
    return [
        sys.executable,
        "-c",
        DRIVER,
        "compare",
        "three_policies",
        "--residents",
        "1000",
        "--days",
        "200",
        "--burn-in",
        "100",
        "--seeds",
        "40",
        "--workers",
        "2",
        "--no-report",
        "--quiet",
        "--out",
        str(out),
    ]


def start(words: Sequence[str]) -> subprocess.Popen:
    """A batch in a group of its own, so that all of it can be found."""
    return subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def workers(parent: int) -> list[int]:
    """Processes whose parent this is."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(above) == parent and state != "Z":
            found.append(int(path.parent.name))
    return sorted(found)


def strike(process: subprocess.Popen, whom: str, chance: random.Random) -> bool:
    """SIGKILL; False if there was nobody left to kill."""
    if process.poll() is not None:
        return False
    children = workers(process.pid)
    if whom == "worker":
        if not children:
            return False
        os.kill(chance.choice(children), signal.SIGKILL)
        return True
    os.kill(process.pid, signal.SIGKILL)
    for child in children if whom == "both" else ():
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return True


def ended(process: subprocess.Popen) -> int:
    """Wait for the batch, and after its death for what it left behind."""
    code = process.wait(timeout=PATIENCE)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return code
        time.sleep(0.05)
    raise RuntimeError("a worker outlived its parent")


def stored(out: Path) -> int:
    """Parts of runs/ that are there."""
    return len(list((out / "runs").glob("part-*.parquet")))


def hurt(words: Sequence[str], out: Path, whom: str, moment: float, chance: random.Random) -> Outcome:
    """Run a batch, strike when ``moment`` parts are stored (its fraction: tenths of a second later),
    start again until it ends by itself.
    """
    process = start(words)
    until = time.monotonic() + PATIENCE
    while stored(out) < int(moment) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep((moment % 1.0) * 0.1)
    there, killed = stored(out), strike(process, whom, chance)
    starts, code = 1, ended(process)
    while code != 0 and starts < 5:
        starts, code = starts + 1, ended(start(words))
    return Outcome(*told(out), killed, there, starts)


def told(out: Path) -> tuple[str, int, int]:
    """(hash of the results, rows, runs that stand in two parts) of a folder."""
    store = Store(out)
    store.load()
    names = [
        name
        for path in store.parts("runs")
        for name in zip(*(store.read(path, ["run_id", "arm"])[c].to_pylist() for c in ("run_id", "arm")))
    ]
    return store.fingerprint(), store.runs(["run_id"]).num_rows, len(names) - len(set(names))


def main() -> None:
    """Ten moments of each, and what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--whom", nargs="*", choices=WHOM, default=WHOM)
    args = parser.parse_args()
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        straight = Path(folder) / "straight"
        assert ended(start(command(straight))) == 0
        whole, parts = told(straight), stored(straight)
        print(f"undisturbed: {whole[1]} runs in {parts} parts, hash {whole[0]}", flush=True)
        for whom in args.whom:
            same = struck = unfinished = 0
            for n in range(args.moments):
                out, moment = Path(folder) / f"{whom}{n}", chance.uniform(0.0, parts - 2.0)
                found = hurt(command(out), out, whom, moment, chance)
                equal = (found.hash, found.rows, found.doubled) == whole
                same += equal
                struck += found.killed
                unfinished += found.killed and found.stored < parts
                print(
                    f"  {whom:7s} with {found.stored:3d} parts stored: "
                    f"{'the same' if equal else f'DIFFERENT {found}'}, {found.starts} starts",
                    flush=True,
                )
            print(
                f"{whom:7s} {same} of {args.moments} with the same hash, none lost, none doubled; "
                f"{struck} struck, {unfinished} amid the runs",
                flush=True,
            )


if __name__ == "__main__":
    main()
