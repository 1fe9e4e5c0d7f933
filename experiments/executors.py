"""Where chunks run: in this process, in worker processes that outlive nobody, or on a cluster.

All are ordinary ``concurrent.futures`` executors; the runner takes any other as well. ``place`` reads the
words of ``--executor``: process, serial, dask, dask://HOST:PORT, a scheduler's .json file, slurm (and what else
dask-jobqueue knows), mpi. Packages of clusters are imported only here and only when asked for.
"""
from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager

from experiments.errors import UserError

QUEUES = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster", "lsf": "LSFCluster", "oar": "OARCluster",
          "htcondor": "HTCondorCluster", "moab": "MoabCluster"}
FIRST_WORKER_SECONDS = 600.0  # a queue may let a job wait; longer than this is said, and the same command goes on later


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
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(start_method()), initializer=_start_worker)


def start_method() -> str:
    """Forking hands the loaded engine to workers for nothing, but is only safe from a single thread."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def check(word: str | None) -> None:
    """Refuse a word of ``--executor`` that names no place, before anything is written for it."""
    kind = (word or "process").strip()
    if kind not in ("process", "serial", "mpi", "dask", *QUEUES) and not kind.endswith(".json") and "://" not in kind:
        raise UserError("executor.unknown", word=kind, queues=", ".join(QUEUES))


@contextmanager
def place(word: str | None, workers: int | None = None, small: bool = False) -> Iterator[tuple[Executor | None, int]]:
    """(executor, number of workers) for a word of ``--executor``; (None, n) means: n processes of the runner's own.

    ``small``: the work does not pay for starting processes, if nobody asked for them.
    """
    check(word)
    kind = (word or "process").strip()
    if kind in ("process", "serial"):
        yield None, 1 if kind == "serial" or (small and not word and not workers) else workers or default_workers()
        return
    with ExitStack() as stack:
        if kind == "mpi":
            yield _mpi(stack)
        else:
            client = _dask(kind, workers, stack)
            yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))


def _mpi(stack: ExitStack) -> tuple[Executor, int]:
    """The pool that mpiexec started (python -m mpi4py.futures): all its ranks but the first are workers."""
    try:
        from mpi4py import futures
    except (ImportError, RuntimeError) as error:
        raise UserError("executor.missing", what="mpi", package="mpi4py", why=error) from None
    pool = stack.enter_context(futures.MPIPoolExecutor())
    pool.bootup(wait=True)
    return pool, max(1, getattr(pool, "num_workers", 0) or getattr(pool, "_max_workers", None) or 1)


def _dask(kind: str, workers: int | None, stack: ExitStack):
    """A Dask client: of a scheduler at an address or in a file, of jobs in a queue, or of processes on this machine."""
    try:
        import distributed

        queue = _jobs(kind) if kind in QUEUES else None
    except ImportError as error:
        raise UserError("executor.missing", what=kind, package="dask-jobqueue" if kind in QUEUES else "distributed", why=error) from None
    try:
        if queue is not None:
            cluster = stack.enter_context(queue())
            cluster.scale(jobs=workers or 1)
            client = stack.enter_context(distributed.Client(cluster))
        elif kind == "dask":
            cluster = stack.enter_context(distributed.LocalCluster(workers or default_workers(), threads_per_worker=1, dashboard_address=None))
            client = stack.enter_context(distributed.Client(cluster))
        elif kind.endswith(".json"):
            if not os.path.exists(kind):  # distributed would wait for it, without end
                raise FileNotFoundError("no such file")
            client = stack.enter_context(distributed.Client(scheduler_file=kind, timeout="30s"))
        else:
            client = stack.enter_context(distributed.Client(kind.replace("dask://", "tcp://", 1), timeout="30s"))
        client.wait_for_workers(1, timeout=FIRST_WORKER_SECONDS if queue is not None else 60.0)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError("executor.unreachable", word=kind, why=error) from error
    return client


def _jobs(kind: str):
    import dask_jobqueue

    return getattr(dask_jobqueue, QUEUES[kind])


def _start_worker() -> None:
    """Ctrl-C belongs to the parent; and a worker must not outlive a parent that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
