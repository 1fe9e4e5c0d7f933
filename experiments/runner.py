"""From specs to stored results, on any ``concurrent.futures.Executor``.

A bounded window of chunks is in flight, so that a batch of any size holds little memory and stops
soon when asked. A worker that dies takes the pool with it: the pool is rebuilt and what was in
flight is tried again; what breaks it twice is run alone, cut in halves, and at last, a single run,
recorded as failed. Results are handed to ``save`` as chunks end; their order does not matter.
"""
from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass

from experiments import executors
from experiments.specs import SeedTask, in_chunks
from experiments.worker import OK, Frames, failed, frames, run_chunk

WINDOW = 2  # chunks in flight per worker: one running, one waiting
POLL_SECONDS = 0.5
WORKER_DIED = "The worker process died during this run (killed, out of memory, or a crash in compiled code)."


@dataclass
class Summary:
    """What a batch came to. ``stopped``: Ctrl-C; what had finished by then is stored."""

    ok: int = 0
    failed: int = 0
    stopped: bool = False
    rebuilt: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Chunk:
    """Seed tasks that travel together; ``strikes`` counts the pools that broke while it was in flight."""

    tasks: tuple[SeedTask, ...]
    strikes: int = 0

    def struck(self) -> list[Chunk]:
        """What to try next after a pool broke: again, then alone (2 strikes), then alone in halves."""
        if self.strikes < 2:
            return [Chunk(self.tasks, self.strikes + 1)]
        if len(self.tasks) > 1:
            middle = len(self.tasks) // 2
            return [Chunk(self.tasks[:middle], 2), Chunk(self.tasks[middle:], 2)]
        task = self.tasks[0]
        if len(task.branches) > 1:
            return [Chunk((task.only([branch]),), 2) for branch in task.branches]
        return []

    def failure(self, error: str) -> Frames:
        return frames([failed(task, branch, error) for task in self.tasks for branch in task.branches])


def run_tasks(tasks: Sequence[SeedTask], save: Callable[[Frames], None], *, workers: int | None = None,
              executor: Executor | None = None, progress=None) -> Summary:
    """Run every branch of ``tasks`` and hand the results to ``save``, chunk by chunk.

    ``executor`` is any executor of yours (it is neither rebuilt nor shut down here); without one,
    ``workers`` processes are started, or none for one worker. ``progress`` has
    ``advance(rows)``, ``tick()`` and ``note(key)``.
    """
    return _Batch(in_chunks(tasks), save, workers or executors.default_workers(), executor, progress).run()


class _Batch:
    """The state of one call of ``run_tasks``."""

    def __init__(self, chunks, save, workers, executor, progress):
        self.queue: deque[Chunk] = deque(Chunk(tasks) for tasks in chunks)
        self.pending: dict[Future, Chunk] = {}
        self.save, self.progress = save, progress
        self.given = executor
        self.workers = min(workers, max(len(self.queue), 1))
        self.executor: Executor = executor or executors.make(self.workers)
        self.window = WINDOW * (getattr(self.executor, "_max_workers", None) or self.workers)
        self.summary = Summary()

    def run(self) -> Summary:
        began = time.monotonic()
        try:
            self._loop()
        except KeyboardInterrupt:
            self._stop()
        except BaseException:
            self._close(kill=True)
            raise
        else:
            self._close()
        self.summary.seconds = time.monotonic() - began
        return self.summary

    def _loop(self) -> None:
        while self.queue or self.pending:
            try:
                self._submit()
                self._collect()
            except BrokenExecutor:
                if self.given is not None:
                    raise
                self._rebuild()

    def _submit(self) -> None:
        while self.queue and len(self.pending) < self.window:
            suspect = self.queue[0].strikes >= 2
            if self.pending and (suspect or any(chunk.strikes >= 2 for chunk in self.pending.values())):
                return  # a suspect runs alone, so that the culprit is known
            chunk = self.queue.popleft()
            try:
                self.pending[self.executor.submit(run_chunk, chunk.tasks)] = chunk
            except BaseException:
                self.queue.appendleft(chunk)
                raise

    def _collect(self) -> None:
        done, _ = wait(self.pending, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            self._take(future)
        if self.progress:
            self.progress.tick()

    def _take(self, future: Future) -> None:
        """Store one finished chunk; an executor's own failure makes failed rows, a broken pool goes up."""
        try:
            result = future.result()
        except BrokenExecutor:
            raise
        except Exception:
            result = self.pending[future].failure(traceback.format_exc())
        self._store(result)
        del self.pending[future]

    def _store(self, result: Frames) -> None:
        self.save(result)
        good = sum(status == OK for *_, status in result.rows)
        self.summary.ok += good
        self.summary.failed += len(result.rows) - good
        if self.progress:
            self.progress.advance(result.rows)

    def _rebuild(self) -> None:
        """Keep what had finished, replace the pool, and queue what was in flight once more."""
        broken = []
        for future in list(self.pending):
            if future.done() and not future.cancelled() and future.exception() is None:
                self._take(future)
            else:
                broken.append(self.pending.pop(future))
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.executor = executors.make(max(self.workers, 2))  # never in this process: the next crash would be ours
        self.summary.rebuilt += 1
        for chunk in broken:
            again = chunk.struck()
            if not again:
                self._store(chunk.failure(WORKER_DIED))
            self.queue.extendleft(reversed(again))
        if self.progress:
            self.progress.note("runner.rebuilt")

    def _stop(self) -> None:
        """Ctrl-C: let running chunks end and store them; a second Ctrl-C ends them now."""
        self.summary.stopped = True
        if self.progress:
            self.progress.note("runner.stopping")
        for future in list(self.pending):
            if future.cancel():
                del self.pending[future]
        try:
            while self.pending:
                self._collect()
        except (KeyboardInterrupt, BrokenExecutor):
            self._close(kill=True)
        else:
            self._close()

    def _close(self, kill: bool = False) -> None:
        if self.given is not None:
            return
        if kill:
            for process in list((getattr(self.executor, "_processes", None) or {}).values()):
                process.kill()
        self.executor.shutdown(wait=not kill, cancel_futures=True)
