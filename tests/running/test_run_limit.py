"""Time limits of runs: a stopped or hung worker is noticed, its runs are tried again, and nothing else is
lost.
"""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import Executor, Future
from pathlib import Path
from types import SimpleNamespace

import fake_engine
import fake_study
import pytest

from experiments.running import run_limit, runner
from experiments.store.folder import Store

ARMS = {"baseline": [], "shift": fake_study.SHIFT}
SEEDS = range(1, 9)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP")


class Told:
    """Notes, as a progress gets them."""

    def __init__(self):
        self.keys = []

    def advance(self, rows): ...

    def tick(self): ...

    def note(self, key, **values):
        self.keys.append(key)


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(run_limit, "GRACE", 1.0)
    monkeypatch.setattr(runner, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(runner, "LAST_SECONDS", 1.0)


def run(folder: Path, arms, **options):
    store, told = Store(folder).open(fake_study.manifest(arms, SEEDS)), Told()
    tasks = fake_study.tasks(arms, SEEDS)
    summary = runner.run_tasks(store.missing(tasks, store.journal()), store.write, progress=told, **options)
    return store, summary, told.keys


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))
    }


def test_a_worker_that_is_stopped_once_costs_nothing(tmp_path):
    arms = {**ARMS, "stop": [{"policy": "stop", "seed": 3, "once": fake_engine.marker(tmp_path)}]}
    store, summary, told = run(tmp_path / "hurt", arms, workers=2, limit=0.2)
    assert (summary.ok, summary.failed, summary.rebuilt) == (24, 0, 1)
    assert told.count("runner.too_long") == 1 and "runner.silent" in told, "said before it happens, and when"
    straight, _, _ = run(
        tmp_path / "straight", arms, workers=2, limit=0.2
    )  # the marker is there now: nobody stops
    assert store.runs().equals(straight.runs()) and store.series().equals(straight.series())


def test_a_run_that_hangs_is_a_failed_row_and_the_others_are_done(tmp_path):
    arms = {**ARMS, "hang": [{"policy": "stop", "seed": 5}]}
    store, summary, _ = run(tmp_path, arms, workers=2, limit=0.1)
    assert (summary.ok, summary.failed) == (23, 1)
    rows = store.runs().to_pandas()
    bad = rows[rows["status"] == "failed"]
    assert list(bad["arm"]) == ["hang"] and list(bad["seed"]) == [5]
    assert "its time limit" in bad["error"].iloc[0] and "--run-limit" in bad["error"].iloc[0]


def test_a_worker_stopped_while_idle_does_not_hold_up_the_end(tmp_path):
    """It would never answer 'leave': it is killed."""
    import os
    import signal

    from experiments.running import executors

    pool = executors.make(2)
    assert pool.submit(pow, 2, 5).result(timeout=30) == 32
    os.kill(executors.processes(pool)[0].pid, signal.SIGSTOP)
    began, before = time.monotonic(), threading.active_count()
    executors.end(pool, patience=0.5)
    assert time.monotonic() - began < 10 and threading.active_count() <= before


class Deaf(Executor):
    """A cluster that never answers for one seed."""

    _max_workers = 2

    def submit(self, function, /, tasks):
        future: Future = Future()
        if not any(task.run_seed == 4 for task in tasks):
            future.set_result(function(tasks))
        return future


def test_what_a_cluster_never_answers_is_cut_down_to_the_runs_that_hang(tmp_path):
    store, summary, _ = run(tmp_path, ARMS, executor=Deaf(), limit=0.1)
    assert (summary.ok, summary.failed) == (14, 2)
    rows = store.runs().to_pandas()
    assert set(rows[rows["status"] == "failed"]["seed"]) == {4}


def test_time_that_this_process_slept_is_not_counted(tmp_path, monkeypatch):
    """A laptop that was closed, a slow disk: no chunk is late for it."""
    arms = {"slow": [{"policy": "slow", "seconds": 0.3}]}
    looks = []

    def jumping():
        looks.append(1)
        return time.monotonic() + 3_600.0 * (len(looks) > 6)

    monkeypatch.setattr(runner, "time", SimpleNamespace(monotonic=jumping))
    _, summary, told = run(tmp_path, arms, workers=2, limit=5.0)
    assert (summary.ok, summary.rebuilt) == (8, 0) and "runner.too_long" not in told


def test_the_limit_is_generous_without_a_wish_and_per_run_with_one():
    small, large = fake_study.tasks(ARMS, [1]), fake_study.tasks(ARMS, [1], days=3_650, residents=10**6)
    assert run_limit.allowed(small, None) == 600.0 and run_limit.allowed(small, None, again=True) == 120.0
    assert run_limit.allowed(large, None) == pytest.approx(50 * sum(task.seconds for task in large))
    assert run_limit.allowed(small, 30) == run_limit.GRACE + 60
    assert run_limit.worth_a_word(small, 600.0) == 60.0 and run_limit.worth_a_word(small, 10.0) == 5.0
