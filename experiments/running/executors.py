"""Executors of chunks: this process, worker processes that outlive nobody, or a cluster.

All are ordinary ``concurrent.futures`` executors; the runner takes any other as well. ``place`` reads the
words of ``--executor``: process, serial, dask, dask://HOST:PORT, a scheduler's .json file, slurm (and what
else dask-jobqueue knows), mpi. Packages of clusters are imported only here and only when asked for.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from urllib.parse import urlsplit

from sim.config.errors import UserError

QUEUES = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "lsf": "LSFCluster",
    "oar": "OARCluster",
    "htcondor": "HTCondorCluster",
    "moab": "MoabCluster",
}
PROBE_SECONDS = 5.0  # a scheduler that is there answers sooner
NO_GUARD = 97  # exit code of a worker that began to run the user's script instead of serving
_STARTING = "COGOV_STARTING_WORKERS"  # set only while a pool starts its processes; they inherit it
WORKER_SECONDS = 60.0  # a scheduler that runs already has workers, or gets them within this time
FIRST_WORKER_SECONDS = (
    600.0  # a queue may let a job wait; longer than this is said, and the same command goes on later
)


class InProcess(Executor):
    """Runs each call at once, in the caller: one worker, no start-up, easy to debug."""

    _max_workers = 1

    def submit(self, function, /, *args, **kwargs) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def default_workers() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make(workers: int) -> Executor:
    """``InProcess`` for one worker, else a pool of processes."""
    if workers <= 1:
        return InProcess()
    return _Processes(
        workers, mp_context=multiprocessing.get_context(start_method()), initializer=_start_worker
    )


class _Processes(ProcessPoolExecutor):
    """A pool whose processes know, while they start, that they are ours."""

    def submit(self, function, /, *args, **kwargs) -> Future:
        with _marked():
            return super().submit(function, *args, **kwargs)


@contextmanager
def _marked() -> Iterator[None]:
    os.environ[_STARTING] = "1"
    try:
        yield
    finally:
        os.environ.pop(_STARTING, None)


def refuse_second_reading() -> None:
    """Where workers are spawned they read the user's script again; a launch in it would start workers for
    ever.

    A worker of ours ends at once with ``NO_GUARD``, which its parent understands; in another's it is a
    UserError.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # as multiprocessing's own check
        if _STARTING in os.environ:
            os._exit(NO_GUARD)
        raise UserError("runner.no_main_guard")


def processes(executor: Executor) -> list:
    """The worker processes of a pool of ours; none of any other executor."""
    return list((getattr(executor, "_processes", None) or {}).values())


def end(executor: Executor, kill: bool = False, patience: float = 10.0) -> None:
    """Shut a pool of ours down; a process that does not leave within ``patience`` seconds is killed.

    A stopped process (SIGSTOP) would never leave.
    """
    workers = processes(executor)
    if kill:
        _kill(workers)
    timer = threading.Timer(patience, _kill, [workers])
    timer.daemon = True
    timer.start()
    try:
        executor.shutdown(wait=True, cancel_futures=True)
    finally:
        timer.cancel()
        timer.join()


def _kill(workers: list) -> None:
    for process in workers:
        try:
            process.kill()
        except (OSError, ValueError):  # gone already
            continue


def start_method() -> str:
    """Forking hands the loaded engine to workers for nothing, but is only safe from a single thread."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def check(word: str | None) -> None:
    """Refuse a word of ``--executor`` before anything is written for it: no place, no package, no answer,
    or a running scheduler without a worker.
    """
    kind = _answers(word)
    if "://" in kind or kind.endswith(".json"):
        with ExitStack() as stack:
            _dask(kind, None, stack)


def _answers(word: str | None) -> str:
    """The kind of place that a word names; UserError where there is none, or it does not answer."""
    kind = (word or "process").strip()
    if kind in ("process", "serial"):
        return kind
    if kind not in ("mpi", "dask", *QUEUES) and not kind.endswith(".json") and "://" not in kind:
        raise UserError("executor.unknown", word=kind, queues=", ".join(QUEUES))
    _packages(kind)
    try:
        address = _address_in(kind) if kind.endswith(".json") else kind
        where = urlsplit(address)
        if "://" in address and where.hostname and where.port:
            socket.create_connection((where.hostname, where.port), PROBE_SECONDS).close()
    except (OSError, ValueError) as error:
        raise UserError("executor.unreachable", word=kind, why=error) from None
    return kind


def _address_in(path: str) -> str:
    """The scheduler's address in its file."""
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    if not isinstance(found, dict) or not isinstance(found.get("address"), str):
        raise ValueError("no scheduler's file: it holds no address")
    return found["address"]


def _packages(kind: str) -> list[ModuleType]:
    """The packages that a cluster needs, imported; UserError names the one that is missing."""
    found = []
    for name in (
        ["mpi4py.futures"]
        if kind == "mpi"
        else ["distributed", *(["dask_jobqueue"] if kind in QUEUES else [])]
    ):
        try:
            found.append(import_module(name))
        except (ImportError, RuntimeError) as error:
            package = name.partition(".")[0].replace("_", "-")
            raise UserError("executor.missing", what=kind, package=package, why=error) from None
    return found


@contextmanager
def place(
    word: str | None, workers: int | None = None, small: bool = False
) -> Iterator[tuple[Executor | None, int]]:
    """(executor, number of workers) for a word of ``--executor``; (None, n) means: n processes of the
    runner's own.

    ``small``: the work does not pay for starting processes, if nobody asked for them.
    """
    kind = _answers(word)
    if kind in ("process", "serial"):
        yield (
            None,
            1 if kind == "serial" or (small and not word and not workers) else workers or default_workers(),
        )
        return
    with ExitStack() as stack:
        if kind == "mpi":
            yield _mpi(stack)
        else:
            client = _dask(kind, workers, stack)
            yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))


def _mpi(stack: ExitStack) -> tuple[Executor, int]:
    """The pool that mpiexec started (python -m mpi4py.futures): all its ranks but the first are workers."""
    (futures,) = _packages("mpi")
    pool = stack.enter_context(futures.MPIPoolExecutor())
    pool.bootup(wait=True)
    return pool, max(1, getattr(pool, "num_workers", 0) or getattr(pool, "_max_workers", None) or 1)


def _dask(kind: str, workers: int | None, stack: ExitStack):
    """A Dask client: of a scheduler at an address or in a file, of jobs in a queue, or of processes on
    this machine.
    """
    distributed, *more = _packages(kind)
    try:
        if kind in QUEUES:
            cluster = stack.enter_context(getattr(more[0], QUEUES[kind])())
            cluster.scale(jobs=workers or 1)
            client = stack.enter_context(distributed.Client(cluster))
        elif kind == "dask":
            with _marked():
                cluster = distributed.LocalCluster(
                    workers or default_workers(), threads_per_worker=1, dashboard_address=None
                )
            client = stack.enter_context(distributed.Client(stack.enter_context(cluster)))
        elif kind.endswith(".json"):
            client = stack.enter_context(distributed.Client(scheduler_file=kind, timeout="30s"))
        else:
            client = stack.enter_context(
                distributed.Client(kind.replace("dask://", "tcp://", 1), timeout="30s")
            )
        client.wait_for_workers(1, timeout=FIRST_WORKER_SECONDS if kind in QUEUES else WORKER_SECONDS)
    except (OSError, ValueError, TimeoutError, RuntimeError) as error:
        raise UserError("executor.unreachable", word=kind, why=error) from error
    return client


def _start_worker() -> None:
    """Ctrl-C and a closing terminal belong to the parent; and a worker must not outlive a parent that was
    killed.
    """
    os.environ.pop(_STARTING, None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
