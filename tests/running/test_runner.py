"""The runner: the same bytes anywhere, failures as rows, dead workers and dead parents survived."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import fake_engine
import fake_study
import pytest

from experiments import tasks
from experiments.running import executors, progress, runner
from experiments.store.folder import Store

ROOT = Path(__file__).resolve().parents[2]
ARMS = {"baseline": [], "shift": fake_study.SHIFT}
SEEDS = range(1, 25)


def run(folder, arms=ARMS, seeds=SEEDS, **options):
    store = Store(folder).open(fake_study.manifest(arms, seeds))
    missing = store.missing(fake_study.tasks(arms, seeds), store.journal())
    return store, runner.run_tasks(missing, store.write, **options)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))
    }


def test_same_bytes_with_one_worker_two_and_any_executor(tmp_path):
    run(tmp_path / "one", workers=1)
    run(tmp_path / "two", workers=2)
    with ThreadPoolExecutor(3) as executor:
        run(tmp_path / "threads", executor=executor)
    one = content(tmp_path / "one")
    assert len(one) > 3 * 4, "several chunks, so that the order of their ends can differ"
    assert one == content(tmp_path / "two") == content(tmp_path / "threads")


def test_workers_started_anew_give_the_same_bytes_as_forked_ones(tmp_path, monkeypatch):
    run(tmp_path / "one", workers=1)
    monkeypatch.setattr(executors, "start_method", lambda: "spawn")
    run(tmp_path / "spawned", workers=2)
    assert content(tmp_path / "one") == content(tmp_path / "spawned")


def test_failed_run_is_a_row_and_the_others_go_on(tmp_path):
    arms = {**ARMS, "odd": [{"policy": "fail", "seed": 3}]}
    store, summary = run(tmp_path, arms, workers=1)
    assert (summary.ok, summary.failed) == (3 * 24 - 1, 1)
    rows = store.runs().to_pandas()
    bad = rows[rows["status"] == "failed"]
    assert list(bad["arm"]) == ["odd"] and list(bad["seed"]) == [3] and bad["dispute_rate"].isna().all()
    assert (
        "ZeroDivisionError: a policy that cannot work" in bad["error"].iloc[0]
        and "Traceback" in bad["error"].iloc[0]
    )
    assert store.series().num_rows == 71 * 5
    assert run(tmp_path, arms, workers=1)[1].failed == 1, "only the failed run is tried again"


def test_failed_start_fails_every_arm_of_the_seed(tmp_path):
    store = Store(tmp_path).open(fake_study.manifest(ARMS, [1]))
    summary = runner.run_tasks(
        fake_study.tasks(ARMS, [1], scenario='{"broken": true}'), store.write, workers=1
    )
    assert summary.failed == 2 and set(store.runs()["status"].to_pylist()) == {"failed"}


def test_killed_worker_is_survived_with_the_same_bytes(tmp_path):
    calm = {**ARMS, "die": [{"policy": "die", "seed": 7, "once": fake_engine.marker(tmp_path)}]}
    _, summary = run(tmp_path / "hurt", calm, workers=2)
    assert (summary.ok, summary.failed, summary.rebuilt) == (72, 0, 1)
    run(tmp_path / "straight", calm, workers=2)  # the marker is there now: nobody dies
    assert content(tmp_path / "hurt") == content(tmp_path / "straight")


def test_run_that_kills_every_worker_is_quarantined(tmp_path):
    arms = {**ARMS, "die": [{"policy": "die", "seed": 7}]}
    store, summary = run(tmp_path, arms, workers=2)
    assert (summary.ok, summary.failed) == (71, 1)
    rows = store.runs().to_pandas()
    bad = rows[rows["status"] == "failed"]
    assert (
        list(bad["arm"]) == ["die"]
        and list(bad["seed"]) == [7]
        and "worker process died" in bad["error"].iloc[0]
    )


class Refusing(Executor):
    """An executor whose calls fail in its own way, as a lost cluster's do."""

    def submit(self, function, /, *args, **kwargs):
        future: Future = Future()
        future.set_exception(OSError("the cluster is gone"))
        return future


def test_executor_failure_is_a_failed_row(tmp_path):
    store, summary = run(tmp_path, seeds=[1], executor=Refusing())
    assert summary.failed == 2 and "the cluster is gone" in store.runs()["error"][0].as_py()


def test_window_is_bounded():
    flying, most = set(), 0

    class Counting(ThreadPoolExecutor):
        def submit(self, *args, **kwargs):
            nonlocal most
            future = super().submit(*args, **kwargs)
            flying.add(future)
            future.add_done_callback(flying.discard)
            most = max(most, len(flying))
            return future

    slow = {"slow": [{"policy": "slow", "seconds": 0.01}]}
    with Counting(2) as executor:
        runner.run_tasks(fake_study.tasks(slow, range(1, 30)), lambda frames: None, executor=executor)
    assert most <= 2 * runner.WINDOW


def test_cut_does_not_depend_on_workers_and_follows_cost():
    small, large = fake_study.tasks(ARMS, range(1, 41)), fake_study.tasks(ARMS, range(1, 41), residents=10**8)
    assert [len(chunk) for chunk in tasks.in_chunks(small)] == [5] * 8
    assert [len(chunk) for chunk in tasks.in_chunks(large)] == [1] * 40
    assert tasks.in_chunks([]) == []


def test_name_of_a_run_depends_on_what_decides_it_and_not_on_labels_or_order():
    def name(arm="a", policies=({"policy": "x"}, {"policy": "y", "by": 1}), seed=1, days=5):
        return fake_study.tasks({arm: list(policies)}, [seed], days)[0].branches[0].run_id

    assert name() == name(arm="b") == name(policies=({"by": 1.0, "policy": "y"}, {"policy": "x"}))
    assert len({name(), name(seed=2), name(days=6), name(policies=({"policy": "x"},))}) == 4


BATCH = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from pathlib import Path
import fake_study
from experiments.running import runner
from experiments.store.folder import Store
arms = {{"slow": [{{"policy": "slow", "seconds": 0.05}}]}}
store = Store(Path(sys.argv[1])).open(fake_study.manifest(arms, range(1, 41)))
tasks = fake_study.tasks(arms, range(1, 41), residents=10**8)  # so large that every seed is a chunk
missing = store.missing(tasks, store.journal())
print("start", flush=True)
summary = runner.run_tasks(missing, store.write, workers=2)
print(summary.ok, summary.failed, summary.stopped, flush=True)
""".format(root=str(ROOT), tests=str(ROOT / "tests"))


def batch(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", BATCH, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> Store:
    folder = tmp_path_factory.mktemp("batch") / "straight"
    batch(folder).communicate(timeout=60)
    return opened(folder)


def opened(folder: Path) -> Store:
    store = Store(folder)
    store.load()
    return store


def some_done(folder: Path) -> None:
    until = time.monotonic() + 30
    while not list((folder / "runs").glob("part-*.parquet")):
        assert time.monotonic() < until
        time.sleep(0.02)


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("blow", ["SIGKILL", "SIGINT"])
def test_killed_or_stopped_parent_is_resumed_with_the_same_table(tmp_path, straight, blow):
    process = batch(tmp_path / "hurt")
    some_done(tmp_path / "hurt")
    hit = os.killpg if blow == "SIGINT" else os.kill  # Ctrl-C reaches the workers too
    hit(process.pid, getattr(signal, blow))
    printed, errors = process.communicate(timeout=30)
    assert ("True" in printed) == (blow == "SIGINT") and "Traceback" not in errors, (
        "Ctrl-C ends in good order"
    )
    until = time.monotonic() + 20
    while not group_is_gone(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert group_is_gone(process.pid), "no worker outlives its parent"
    again = batch(tmp_path / "hurt").communicate(timeout=60)[0]
    assert 0 < int(again.split()[1]) < 40, "only the rest is run"
    resumed = opened(tmp_path / "hurt")
    assert resumed.runs().equals(straight.runs()) and resumed.series().equals(straight.series())
    assert resumed.runs().num_rows == 40


def test_progress_says_lines_with_time_left_when_there_is_no_terminal(capsys):
    clock = iter([0.0, 0.0, 5.0, 20.0, 20.0, 20.0, 20.0]).__next__
    shown = progress.Lines({"a": 4}, lambda key, **values: f"{key} {values}")
    shown.clock.now, shown.clock.began, shown.last = clock, clock(), clock()
    shown.advance([("1", "a", "ok")])
    assert capsys.readouterr().err == ""
    shown.advance([("2", "a", "ok")])
    assert "'done': 2" in (said := capsys.readouterr().err) and "20 s" in said


def test_durations_as_people_say_them():
    assert [progress.duration(s) for s in (None, 0.1, 8.4, 200, 7500)] == [
        "?",
        "<1 s",
        "8 s",
        "3 min 20 s",
        "2 h 05 min",
    ]
