"""Where chunks run: in this process, or in worker processes that outlive nobody.

Both are ordinary ``concurrent.futures`` executors; the runner takes any other as well.
"""
from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor


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
