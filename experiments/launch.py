"""The one launch of every question: tasks, run wherever the user says, end in results folders that can go on
later.

A question is anything with ``name``, ``tasks()`` and ``manifest()`` (comparisons, plans, cells); this file
knows nothing else of what is asked. ``prepare`` checks everything before the first file is written,
``carry_out`` previews and runs.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from experiments.console import command, megabytes, next_steps, say
from experiments.running.progress import duration
from experiments.tasks import ENGINE, SeedTask
from experiments.tasks import shard as shard_of
from sim.config.catalog import shortened, text
from sim.config.errors import UserError
from sim.config.numbers import read_number

STOPPED = 130  # exit code of a launch that Ctrl-C or a signal ended
IN_PROCESS_BELOW = 2.0  # seconds of work for which starting processes does not pay
MOST_SHARDS = 10_000
COMPACT_ABOVE = 200  # parts in a folder, from which a finished launch is compacted by itself


class Question(Protocol):
    """What can be launched."""

    name: str

    def tasks(self) -> list[SeedTask]:
        """Every run that is asked for, in a fixed order."""

    def manifest(self) -> dict:
        """What the folder says of itself: JSON-ready, with all of ``experiments.store.folder.IDENTITY``."""


@dataclass(frozen=True)
class Options:
    """How and where to run, the same for every verb.

    ``limit`` is the seconds that one run may take (None: see ``experiments.running.run_limit``).
    """

    workers: int | None = None
    executor: str | None = None
    shard: tuple[int, int] | None = None
    fresh: bool = False
    quiet: bool = False
    limit: float | None = None

    @classmethod
    def of(cls, args: argparse.Namespace) -> Options:
        """From the arguments of ``commands._options.batch``."""
        return cls(args.workers, args.executor, args.shard, args.fresh, args.quiet, args.run_limit)

    @property
    def part(self) -> str:
        """The shard as it is written, ``2/5``; empty without one."""
        return "{}/{}".format(*self.shard) if self.shard else ""


@dataclass(frozen=True)
class Job:
    """A question, the folder that is open for it, and the tasks still to run there."""

    question: Question
    store: object
    missing: list[SeedTask]


def shard(word: str) -> tuple[int, int]:
    """'2/5' as (2, 5): the second of five shards."""
    head, slash, tail = word.partition("/")
    part, of = read_number(head.strip()), read_number(tail.strip())
    if (
        not slash
        or not isinstance(part, int)
        or not isinstance(of, int)
        or not 1 <= part <= of <= MOST_SHARDS
    ):
        raise argparse.ArgumentTypeError(text("cli.bad_shard", word=shortened(word)))
    return part, of


def prepare(asked: Sequence[tuple[Question, Path]], options: Options, **extra: object) -> list[Job]:
    """Open a folder for each question; ``extra`` goes into every manifest (the command, a precision).

    Nothing is written unless every folder fits its question and ``--executor`` names a place that can be had.
    With a shard a folder holds the whole study's manifest and design, and its own runs only.
    """
    from experiments.running import executors
    from experiments.store import environment
    from experiments.store.folder import Store

    executors.refuse_second_reading()
    executors.check(options.executor)
    opened = []
    for question, folder in asked:
        manifest, tasks = {**question.manifest(), **extra}, question.tasks()
        if options.shard:
            mine = shard_of(tasks, *options.shard)
            runs = {(branch.run_id, branch.arm) for task in mine for branch in task.branches}
            manifest |= {"shard": options.part, "shard_runs": len(runs)}
        store = Store(folder, say)
        if options.fresh:
            store.check_free()
        elif store.check(manifest):
            environment.check(
                store, manifest, tasks, say, lambda engine=tasks[0].engine: warm(options.quiet, engine)
            )
        opened.append((question, store, manifest, tasks))
    return [_open(question, store, manifest, tasks, options) for question, store, manifest, tasks in opened]


def _open(question: Question, store, manifest: Mapping, tasks: Sequence[SeedTask], options: Options) -> Job:
    if options.fresh:
        aside = store.clear()
        if aside:
            say("compare.cleared", folder=aside)
    store.open(manifest)
    store.ask(tasks)
    mine = shard_of(tasks, *options.shard) if options.shard else list(tasks)
    store.asked_here = sum(len(task.branches) for task in mine)
    return Job(question, store, store.missing(mine, store.journal()))


def carry_out(
    jobs: Sequence[Job],
    options: Options,
    again: str,
    opening: Callable | None = None,
    after: Callable[[Job, object], None] = lambda job, summary: None,
) -> bool:
    """Preview, run what is missing, and say what was done; False where it was stopped, and then how to go on.

    Args:
        again: the command that goes on, shown after a stop.
        opening: ``opening(cost)`` says what is asked, for questions that have more to say than one study has.
        after: ``after(job, summary)`` once a job is complete; its summary is None where nothing was missing.
    """
    from experiments.running import executors
    from experiments.running.cost import cost as cost_of

    everything = [task for job in jobs for task in job.missing]
    asked = sum(job.store.asked_here for job in jobs)
    cost, folder = cost_of(everything, asked), _common(jobs)
    if opening and not options.quiet:
        opening(cost)
    if not cost.runs:
        say("compare.nothing", runs=asked, folder=folder)
        for job in jobs:
            after(job, None)
        return True
    place = executors.place(options.executor, options.workers, small=cost.seconds < IN_PROCESS_BELOW)
    with place as (executor, workers):
        if not options.quiet:
            if not opening:
                _show_study(cost, everything)
            time, disk = duration(cost.wall(workers)), megabytes(cost.bytes)
            say("compare.cost", time=time, workers=workers, disk=disk, folder=folder)
        warm(options.quiet, everything[0].engine)
        done, stopped, seconds = _run_all(jobs, options, executor, workers, after)
    if stopped:
        say("compare.stopped", folder=folder, done=done)
        next_steps(again)
        return False
    say("compare.ran", ok=done, time=duration(seconds))
    return True


def _run_all(jobs, options: Options, executor, workers: int, after) -> tuple[int, bool, float]:
    """(runs done, whether it was stopped, seconds) over all jobs, one after the other, on one place."""
    done, seconds = 0, 0.0
    for job in jobs:
        summary = _run(job, options, executor, workers) if job.missing else None
        if summary is not None:
            done, seconds = done + summary.ok, seconds + summary.seconds
            if summary.stopped:
                return done + summary.failed, True, seconds
        after(job, summary)
    return done, False, seconds


def _run(job: Job, options: Options, executor, workers: int):
    """One job's missing tasks; its folder is compacted when it has many parts."""
    from experiments.running import progress, runner

    arms = Counter(branch.arm for task in job.missing for branch in task.branches)
    shown = progress.make(arms, text, options.quiet)
    try:
        summary = runner.run_tasks(
            job.missing,
            job.store.write,
            workers=workers,
            executor=executor,
            progress=shown,
            limit=options.limit,
        )
    finally:
        shown.close()
    if not summary.stopped and len(job.store.parts("runs")) > COMPACT_ABOVE:
        _compact(job.store)
    return summary


def _compact(store) -> None:
    """Tidy up at the end; a disk too full for it leaves the many parts, which serve as well."""
    from experiments.store.compact import compact

    try:
        compact(store)
    except UserError as error:
        say("compact.not_now", why=error)


def _show_study(cost, tasks: Sequence[SeedTask]) -> None:
    first = tasks[0]
    arms = {branch.arm for task in tasks for branch in task.branches}
    say(
        "compare.preview",
        runs=cost.runs,
        there=cost.there,
        seeds=len(tasks),
        arms=len(arms),
        residents=f"{first.residents:,}",
        days=first.days,
        burn_in=first.burn_in_days,
    )


def _common(jobs: Sequence[Job]) -> Path:
    """The folder that holds all results."""
    return Path(os.path.commonpath([job.store.folder for job in jobs]))


def warm(quiet: bool, engine: str = ENGINE) -> None:
    """Compile once, before any worker starts, so that workers only load."""
    if engine != ENGINE:
        return
    from experiments.running import progress
    from sim.precompile import compile_all

    compile_all(None if quiet else progress.compiling())


# -- folders -----------------------------------------------------------------------------------


def default_folder(name: str, marks: Sequence[tuple[object, str]] = (), options: Options = Options()) -> Path:
    """results/<name>, with what was overridden (value, letter) in it: different questions never share a
    folder.
    """
    words = [f"{letter}{value}" for value, letter in marks if value is not None]
    if options.shard:
        words.append("shard{}of{}".format(*options.shard))
    return Path("results") / "-".join([name, *words])


def shard_done(folder: Path, target: Path, options: Options) -> None:
    """What to do when a shard is finished: merge all of them into ``target``."""
    say("merge.shard_done", folder=folder, shard=options.part)
    stem, dash, _ = str(folder).rpartition("-shard")
    count = options.shard[1]
    folders = [f"{stem}{dash}{i}of{count}" for i in range(1, count + 1)] if dash else [str(folder), "..."]
    next_steps(command("merge", *folders, "--out", target))


def whole(store) -> None:
    """Refuse to analyse a shard: its table is a part of the study's."""
    if store.manifest.get("shard"):
        raise UserError("merge.only_a_shard", folder=store.folder, shard=store.manifest["shard"])
