"""The runner: tasks to stored results, on any ``concurrent.futures.Executor``.

A bounded window of chunks is in flight, so that a batch of any size holds little memory and stops
soon when asked. A worker that dies takes the pool with it: the pool is rebuilt and what was being run
is tried again, each chunk alone; one that breaks the pool alone is cut in halves, and at last, a single
run that did so twice, recorded as failed. What an executor of yours refuses is cut in the same way.
A chunk that stays away too long (a stopped or hung worker, see ``run_limit``) costs its worker too, and is
cut likewise. Results are handed to ``save`` as chunks end; their order does not matter.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, replace
from itertools import islice

from experiments.running import executors, run_limit
from experiments.running.progress import duration
from experiments.running.worker import OK, Frames, failed, frames, run_chunk
from experiments.tasks import SeedTask, in_chunks
from sim.config.errors import UserError

WINDOW = 2  # chunks in flight per worker: one running, one waiting
POLL_SECONDS = 0.5
# single runs refused by the executor itself, one after the other: then it is gone, and not the runs at fault
REFUSALS = 20
STALL_SECONDS = 5.0  # this process itself slept, or stored something large: no worker's fault
LAST_SECONDS = 10.0  # a worker with nothing left to do has so long to leave
WORKER_DIED = "The worker process died during this run (killed, out of memory, or a crash in compiled code)."
TOO_LONG = "The run did not end within {limit}, its time limit (--run-limit): the worker hung or was stopped."


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
    """Seed tasks that travel together; ``strikes`` counts the pools that broke while it was being run.

    ``late``: 1 for a piece of a chunk that took too long, 2 for a single run that did so itself.
    """

    tasks: tuple[SeedTask, ...]
    strikes: int = 0
    late: int = 0

    def struck(self) -> list[Chunk]:
        """What to try next after a pool broke: again, alone; if it was alone, its halves; a single run
        alone once more.
        """
        if self.strikes == 0:
            return [Chunk(self.tasks, 1)]
        halves = self.halves()
        return (
            [Chunk(half, 1) for half in halves]
            if halves
            else [Chunk(self.tasks, 2)]
            if self.strikes == 1
            else []
        )

    def overdue(self) -> list[Chunk]:
        """What to try next after it took too long: its halves; a single run once more."""
        halves = self.halves()
        return (
            [Chunk(half, late=1) for half in halves]
            if halves
            else [replace(self, late=2)]
            if self.late < 2
            else []
        )

    def halves(self) -> list[tuple[SeedTask, ...]]:
        """The chunk cut in two, a single seed into its arms; nothing if it is a single run."""
        if len(self.tasks) > 1:
            middle = len(self.tasks) // 2
            return [self.tasks[:middle], self.tasks[middle:]]
        task = self.tasks[0]
        return [(task.only([branch]),) for branch in task.branches] if len(task.branches) > 1 else []

    def failure(self, error: str) -> Frames:
        return frames([failed(task, branch, error) for task in self.tasks for branch in task.branches])


def run_tasks(
    tasks: Sequence[SeedTask],
    save: Callable[[Frames], None],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress=None,
    limit: float | None = None,
) -> Summary:
    """Run every branch of ``tasks`` and hand the results to ``save``, chunk by chunk.

    ``executor`` is any executor of yours (it is neither rebuilt nor shut down here); without one, ``workers``
    processes are started, or none for one worker. ``progress`` has ``advance(rows)``, ``tick()`` and
    ``note(key, **values)``. ``limit`` is the seconds that a run may take before its worker is given up (None:
    fifty times what it should); it binds wherever a run is not in this very process.
    """
    executors.refuse_second_reading()
    return _Batch(
        in_chunks(tasks), save, workers or executors.default_workers(), executor, progress, limit
    ).run()


class _Batch:
    """The state of one call of ``run_tasks``."""

    def __init__(self, chunks, save, workers, executor, progress, limit):
        self.queue: deque[Chunk] = deque(Chunk(tasks) for tasks in chunks)
        self.pending: dict[Future, Chunk] = {}
        self.save, self.progress, self.limit = save, progress, limit
        self.given = executor
        self.workers = min(workers, max(len(self.queue), 1))
        self.executor: Executor = executor or executors.make(self.workers)
        self.running = getattr(self.executor, "_max_workers", None) or self.workers
        self.window = WINDOW * self.running
        self.began: dict[Future, float] = {}  # when a chunk came to the front, where the workers are
        self.looked = time.monotonic()
        self.told: set[Future] = set()
        self.summary = Summary()
        self.refused = 0

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
            except BrokenExecutor as error:
                if self.given is not None:
                    raise UserError("runner.executor_lost", why=_last_line(error)) from error
                self._rebuild()

    def _submit(self) -> None:
        while self.queue and len(self.pending) < self.window:
            suspect = self.queue[0].strikes > 0
            if self.pending and (suspect or any(chunk.strikes > 0 for chunk in self.pending.values())):
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
        self._watch()

    def _watch(self) -> None:
        """Give up what is overdue. Chunks are served in order, so the oldest are those that are being run."""
        now = time.monotonic()
        gap, self.looked = now - self.looked, now
        late = []
        for future in list(islice(self.pending, self.running)):
            began = self.began.setdefault(future, now)
            if gap > STALL_SECONDS:
                self.began[future] = min(now, began + gap)
            elif not future.done():
                late += self._lateness(future, now - began)
        if not late:
            return
        if self.summary.stopped:
            raise BrokenExecutor("a worker is late, and nobody waits for it")
        if self.given is None:
            self._rebuild(late)
        else:
            for future in late:
                future.cancel()
                self._again(self._leave(future), True)

    def _lateness(self, future: Future, seconds: float) -> list[Future]:
        """``[future]`` if its time is over; a word when that may be so."""
        chunk = self.pending[future]
        allowance = self._allowed(chunk)
        words = {"time": duration(seconds), "limit": duration(allowance)}
        words["expected"] = duration(run_limit.expected(chunk.tasks))
        if seconds > allowance:
            self._note("runner.too_long", **words)
            return [future]
        if seconds > run_limit.worth_a_word(chunk.tasks, allowance) and future not in self.told:
            self.told.add(future)
            self._note("runner.silent", **words)
        return []

    def _allowed(self, chunk: Chunk) -> float:
        return run_limit.allowed(chunk.tasks, self.limit, chunk.late > 0)

    def _note(self, key: str, **values: str) -> None:
        if self.progress:
            self.progress.note(key, **values)

    def _leave(self, future: Future) -> Chunk:
        """Take a future out of what is in flight."""
        self.began.pop(future, None)
        self.told.discard(future)
        return self.pending.pop(future)

    def _again(self, chunk: Chunk, hung: bool) -> None:
        """Queue what was lost with its worker once more, or record it as failed."""
        again = chunk.overdue() if hung else chunk.struck()
        if not again:
            why = TOO_LONG.format(limit=duration(self._allowed(chunk))) if hung else WORKER_DIED
            self._store(chunk.failure(why))
        self.queue.extendleft(reversed(again))

    def _take(self, future: Future) -> None:
        """Store one finished chunk; a broken pool goes up."""
        try:
            result = future.result()
        except BrokenExecutor:
            raise
        except Exception as error:
            self._refuse(self._leave(future), error)
            return
        self.refused = 0
        self._store(result)
        self._leave(future)

    def _refuse(self, chunk: Chunk, error: Exception) -> None:
        """The executor's own failure (a lost worker of a cluster): smaller pieces, then a failed row; too
        many, and it is gone.
        """
        halves = chunk.halves()
        self.queue.extendleft(Chunk(half) for half in reversed(halves))
        if not halves:
            self.refused += 1
            if self.refused >= REFUSALS:
                raise UserError("runner.executor_lost", why=_last_line(error)) from error
            self._store(chunk.failure("".join(traceback.format_exception(error))))

    def _store(self, result: Frames) -> None:
        self.save(result)
        good = sum(status == OK for *_, status in result.rows)
        self.summary.ok += good
        self.summary.failed += len(result.rows) - good
        if self.progress:
            self.progress.advance(result.rows)

    def _rebuild(self, late: Sequence[Future] = ()) -> None:
        """Keep what had finished, replace the pool, and queue what was in flight once more.

        Of chunks that were ``late`` only these are to blame; the others lost their worker without fault.
        """
        processes = executors.processes(self.executor)
        lost = []
        for future in list(self.pending):
            done = future.done() and not future.cancelled() and future not in late
            if done and not isinstance(future.exception(), BrokenExecutor):
                self._take(future)
            else:
                lost.append((self._leave(future), future in late))
        executors.end(self.executor, kill=True)
        if any(process.exitcode == executors.NO_GUARD for process in processes):
            raise UserError("runner.no_main_guard")
        self.executor = executors.make(
            max(self.workers, 2)
        )  # never in this process: the next crash would be ours
        self.summary.rebuilt += 1
        for chunk, hung in lost:
            if late and not hung:
                self.queue.appendleft(chunk)
            else:
                self._again(chunk, hung)
        if not late:
            self._note("runner.rebuilt")

    def _stop(self) -> None:
        """Ctrl-C: let running chunks end and store them; a second Ctrl-C ends them now."""
        self.summary.stopped = True
        self._note("runner.stopping")
        for future in list(self.pending):
            if future.cancel():
                self._leave(future)
        try:
            while self.pending:
                self._collect()
        except (KeyboardInterrupt, BrokenExecutor):
            self._close(kill=True)
        else:
            self._close()

    def _close(self, kill: bool = False) -> None:
        if self.given is None:
            executors.end(self.executor, kill, LAST_SECONDS)


def _last_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
