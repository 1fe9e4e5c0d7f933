"""Bits that do not depend on where they are computed: in-process, processes, Dask, threads, a failing
executor.
"""

from __future__ import annotations

import sys
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path

import fake_engine
import fake_study
import pytest

from experiments import cli
from experiments import tasks as specs
from experiments.designs import compare as design
from experiments.questions.comparison import Study
from experiments.running import executors, runner
from experiments.store.folder import Store
from sim.config.errors import UserError

ARMS = {"baseline": [], "shift": fake_study.SHIFT}
SEEDS = range(1, 25)
STUDY = {"residents": 360, "days": 40, "burn_in_days": 30, "seeds": 2}


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))
    }


def run(folder: Path, arms=ARMS, **options):
    store = Store(folder).open(fake_study.manifest(arms, SEEDS))
    return store, runner.run_tasks(
        store.missing(fake_study.tasks(arms, SEEDS), store.journal()), store.write, **options
    )


def real(folder: Path, **options) -> Path:
    """A small comparison on the real engine."""
    from experiments.store.manifest import describe

    study = Study.from_dict({**Study.load("three_policies").to_dict(), **STUDY})
    store = Store(folder).open(describe(study, "compare"))
    assert runner.run_tasks(design.tasks(study), store.write, **options).failed == 0
    return folder


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> dict[str, bytes]:
    return content(real(tmp_path_factory.mktemp("place") / "serial", workers=1))


def test_two_processes_give_the_same_bytes(straight, tmp_path):
    with executors.place("process", 2) as (executor, workers):
        assert (
            content(real(tmp_path / "two", executor=executor, workers=workers)) == straight and workers == 2
        )


def test_two_dask_workers_give_the_same_bytes_and_a_killed_one_costs_nothing(straight, tmp_path):
    pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    with executors.place("dask", 2) as (executor, workers):
        assert workers == 2 and isinstance(executor, Executor)
        assert content(real(tmp_path / "dask", executor=executor, workers=workers)) == straight
        address = executor._client.cluster.scheduler_address
        with executors.place(address.replace("tcp://", "dask://"), None) as (
            again,
            many,
        ):  # a running cluster, by its address
            assert many == 2 and again.submit(pow, 2, 5).result(timeout=30) == 32
            arms = {**ARMS, "die": [{"policy": "die", "seed": 7, "once": fake_engine.marker(tmp_path)}]}
            _, summary = run(tmp_path / "fake", arms, executor=again, workers=many)
    assert Path(fake_engine.marker(tmp_path)).exists(), "a worker was killed"
    run(tmp_path / "one", arms, workers=1)  # the marker is there now: nobody dies
    assert (summary.ok, summary.failed) == (72, 0) and content(tmp_path / "fake") == content(tmp_path / "one")


@pytest.mark.parametrize(
    "word, key",
    [
        ("nonsense", "executor.unknown"),
        ("dask://127.0.0.1:9", "executor.unreachable"),
        ("no-such-file.json", "executor.unreachable"),
    ],
)
def test_a_place_that_is_not_there_is_said(word, key, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    client = distributed.Client
    monkeypatch.setattr(
        distributed, "Client", lambda *args, **more: client(*args, **{**more, "timeout": "1s"})
    )
    with pytest.raises(UserError) as caught, executors.place(word, 1):
        pass
    assert caught.value.key == key and word in str(caught.value)


@pytest.mark.parametrize(
    "word, package", [("dask", "distributed"), ("slurm", "distributed"), ("mpi", "mpi4py")]
)
def test_a_missing_package_is_named(word, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError) as caught, executors.place(word, 1):
        pass
    assert caught.value.key == "executor.missing" and "cogov[cluster]" in str(caught.value)


class Fragile(Executor):
    """A cluster that cannot carry a chunk with a certain seed, as one whose worker it kills each time."""

    def __init__(self, seed: int):
        self.seed, self.asked = seed, 0

    def submit(self, function, /, tasks):
        future: Future = Future()
        self.asked += 1
        if any(task.run_seed == self.seed for task in tasks):
            future.set_exception(RuntimeError("the worker was lost"))
        else:
            future.set_result(function(tasks))
        return future


def test_what_a_cluster_cannot_carry_is_found_by_halving(tmp_path):
    store, summary = run(tmp_path, executor=Fragile(7))
    assert (summary.ok, summary.failed) == (46, 2)
    rows = store.runs().to_pandas()
    assert (
        set(rows[rows["status"] == "failed"]["seed"]) == {7}
        and "the worker was lost" in rows[rows["seed"] == 7]["error"].iloc[0]
    )


class Gone(Executor):
    def __init__(self, error: Exception):
        self.error = error

    def submit(self, function, /, *args):
        future: Future = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize(
    "error", [OSError("the network is unreachable"), BrokenExecutor("the scheduler left")]
)
def test_an_executor_that_is_gone_ends_the_batch_in_words(tmp_path, error):
    with pytest.raises(UserError) as caught:
        run(tmp_path, executor=Gone(error))
    assert caught.value.key == "runner.executor_lost" and str(error) in str(caught.value)
    assert run(tmp_path, workers=1)[1].ok == 48, "the next start does it all"


def test_the_command_takes_a_place(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [
        "compare",
        "three_policies",
        "--residents",
        "360",
        "--days",
        "5",
        "--burn-in",
        "5",
        "--seeds",
        "1",
        "--no-report",
        "--lang",
        "en",
    ]
    assert cli.main([*words, "--executor", "serial", "--out", "here"]) == 0
    assert cli.main([*words, "--executor", "nowhere", "--out", "there"]) == cli.BAD_INPUT
    assert (
        "--executor nowhere is unknown" in capsys.readouterr().err
        or "cogov[cluster]" in capsys.readouterr().err
    )


def test_overridden_scenarios_are_other_runs_and_known_numbers_only():
    from experiments.running import worker
    from sim.scenario import Scenario

    place = Scenario.load("small_community").scaled(360)
    base = specs.Base.of(place)
    names = {
        base.task({"a": ()}, 1, 1, values=values).branches[0].run_id
        for values in (
            {},
            {"naming_rate": 0.2},
            {"naming_rate": 0.21},
            {"committee_workers": 3.0},
            {"owner_share.old": 0.4},
        )
    }
    assert len(names) == 5
    task = base.task(
        {"a": ()}, 1, 1, row=3, values={"committee_workers": 3.0, "owner_share.old": 0.4, "naming_rate": 0.2}
    )
    changed = worker.build(task)[1]
    assert (changed.committee_workers, changed.owner_share.old, changed.parameters["naming_rate"]) == (
        3.0,
        0.4,
        0.2,
    )
    assert (
        changed.owner_share.renewal == place.owner_share.renewal
        and worker.build(base.task({"a": ()}, 1, 1))[1] == place
    )
    broken = base.task({"a": ()}, 1, 1, values={"nameing_rate": 0.2})
    assert (
        worker.run_task(broken)[0].status == "failed" and "nameing_rate" in worker.run_task(broken)[0].error
    )


def test_an_arm_has_the_same_numbers_as_the_last_of_a_seed_and_as_any_other():
    """The last arm goes on where the past ended, the others branch from the snapshot."""
    from experiments.running import worker

    study = Study.from_dict({**Study.load("three_policies").to_dict(), **STUDY, "seeds": 1})
    task = design.tasks(study)[0]
    forth, back = (
        {r.branch.arm: r for r in worker.run_task(t)} for t in (task, task.only(reversed(task.branches)))
    )
    for arm, one in forth.items():
        assert one.status == "ok" and repr(one.outcomes) == repr(back[arm].outcomes), arm
        assert all(one.series[name].tobytes() == back[arm].series[name].tobytes() for name in one.series), arm
