"""From a design's tasks to a results folder, the same for every verb that runs many: open, preview, launch, go on.

A verb adds the options of ``verbs._options.batch``, makes a manifest and tasks, and calls ``prepare``, then ``carry_out``.
"""
from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments import specs
from experiments.console import megabytes, next_steps, say
from experiments.errors import UserError
from experiments.progress import duration
from sim.numbers import read_number
from sim.texts import shortened, text

STOPPED = 130  # exit code of a batch that Ctrl-C ended
IN_PROCESS_BELOW = 2.0  # seconds of work for which starting processes does not pay
MOST_SHARDS = 10_000
COMPACT_ABOVE = 200  # parts in a folder, from which a finished batch is compacted by itself


def shard(word: str) -> tuple[int, int]:
    """'2/5' as (2, 5): the second of five shards."""
    part, slash, of = (read_number(piece.strip()) if piece != "/" else piece for piece in word.partition("/"))
    if not slash or not isinstance(part, int) or not isinstance(of, int) or not 1 <= part <= of <= MOST_SHARDS:
        raise argparse.ArgumentTypeError(text("cli.bad_shard", word=shortened(word)))
    return part, of


def prepare(manifest: Mapping, tasks: Sequence[specs.SeedTask], folder: Path, args):
    """(store, tasks to run here); nothing is written unless the folder fits the study and ``--executor`` names a place.

    With ``--shard i/n`` the folder holds the whole study's manifest and design, and its own runs only.
    """
    from experiments import executors
    from experiments.store import Store

    executors.check(getattr(args, "executor", None))
    store = Store(folder, lambda key, **values: say(key, **values))
    if args.fresh:
        aside = store.clear()
        if aside:
            say("compare.cleared", folder=aside)
    mine = list(tasks)
    if getattr(args, "shard", None):
        manifest = {**manifest, "shard": "{}/{}".format(*args.shard)}
        mine = specs.shard(tasks, *args.shard)
    store.open(manifest)
    store.ask(tasks)
    store.asked_here = sum(len(task.branches) for task in mine)
    return store, store.missing(mine, store.journal())


def carry_out(args, store, missing: Sequence[specs.SeedTask], again: str) -> bool:
    """Launch, and say what was done; False where it was stopped, and then how to go on: by the command ``again``."""
    summary = launch(args, store, missing)
    if summary is not None and summary.stopped:
        say("compare.stopped", folder=store.folder, done=summary.ok + summary.failed)
        next_steps(again)
        return False
    if summary is not None:
        say("compare.ran", ok=summary.ok, time=duration(summary.seconds))
    return True


def launch(args, store, missing: Sequence[specs.SeedTask]):
    """Preview and run what is missing; None if nothing is. The folder is compacted when it has many parts."""
    from experiments import executors, preview, progress, runner

    cost = preview.cost(missing, store.asked_here)
    if not cost.runs:
        say("compare.nothing", runs=store.asked_here, folder=store.folder)
        return None
    place = executors.place(getattr(args, "executor", None), args.workers, small=cost.seconds < IN_PROCESS_BELOW)
    with place as (executor, workers):
        if not args.quiet:
            show(cost, missing, store, workers)
        _warm(args, missing[0].engine)
        shown = progress.make(Counter(branch.arm for task in missing for branch in task.branches), text, args.quiet)
        try:
            summary = runner.run_tasks(missing, store.write, workers=workers, executor=executor, progress=shown)
        finally:
            shown.close()
    if not summary.stopped and len(store.parts("runs")) > COMPACT_ABOVE:
        _compact(store)
    return summary


def _compact(store) -> None:
    """Tidy up at the end; a disk too full for it leaves the many parts, which serve as well."""
    from experiments.compaction import compact

    try:
        compact(store)
    except UserError as error:
        say("compact.not_now", why=error)


def show(cost, missing: Sequence[specs.SeedTask], store, workers: int) -> None:
    """What is going to happen, in two lines."""
    first = missing[0]
    say("compare.preview", runs=cost.runs, there=cost.there, seeds=len(missing), arms=len({b.arm for t in missing for b in t.branches}),
        residents=f"{first.residents:,}", days=first.days, burn_in=first.burn_in_days)
    say("compare.cost", time=duration(cost.wall(workers)), workers=workers, disk=megabytes(cost.bytes), folder=store.folder)


def _warm(args, engine: str) -> None:
    """Compile once, before any worker starts, so that workers only load."""
    if engine != specs.ENGINE:
        return
    from experiments import progress
    from sim.warm import compile_all

    compile_all(None if args.quiet else progress.compiling())


def whole(store) -> None:
    """Refuse to analyse a shard: its table is a part of the study's."""
    if store.manifest.get("shard"):
        raise UserError("merge.only_a_shard", folder=store.folder, shard=store.manifest["shard"])
