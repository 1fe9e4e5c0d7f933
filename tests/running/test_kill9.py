"""kill -9 amid a batch: the next start finishes, same hash, none lost, none doubled (all thirty moments:
benchmarks/kill9.py).
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from benchmarks import kill9

ROOT = Path(__file__).resolve().parents[2]
RUNS = 48
BATCH = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
import fake_study
from experiments.running import runner
from experiments.store.folder import Store
arms = {{"slow": [{{"policy": "slow", "seconds": 0.04}}]}}
store = Store(sys.argv[1]).open(fake_study.manifest(arms, range(1, {RUNS + 1})))
tasks = fake_study.tasks(arms, range(1, {RUNS + 1}), residents=10**8)  # so large that every seed is a chunk
summary = runner.run_tasks(store.missing(tasks, store.journal()), store.write, workers=2)
sys.exit(summary.failed)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def batch(out: Path) -> list[str]:
    return [sys.executable, "-c", BATCH, str(out)]


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> tuple:
    """What the undisturbed folder holds."""
    out = tmp_path_factory.mktemp("kill") / "straight"
    assert kill9.ended(kill9.start(batch(out))) == 0
    return kill9.told(out)


@pytest.mark.parametrize("whom, moment", [("worker", 5.3), ("parent", 17.6), ("both", 30.1)])
def test_a_batch_killed_on_its_way_ends_the_same(tmp_path, straight, whom, moment):
    found = kill9.hurt(batch(tmp_path), tmp_path, whom, moment, random.Random(1))
    assert found.killed and found.stored < RUNS, "the blow fell amid the runs"
    assert (found.hash, found.rows, found.doubled) == straight and found.rows == RUNS
    assert found.starts == (1 if whom == "worker" else 2)
