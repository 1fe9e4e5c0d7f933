"""cogov phenomena: every study of an emergent phenomenon, with its mechanism and without it."""
from __future__ import annotations

from pathlib import Path

from experiments.console import in_language, next_steps, say
from experiments.verbs import _options as options
from sim.texts import text

FAILED, STOPPED = 1, 130
SEEDS = 20
IN_PROCESS_BELOW = 2.0  # seconds of work for which starting processes does not pay


def arguments(parser) -> None:
    parser.add_argument("names", nargs="*", metavar=text("cli.arg.phenomenon"), help=text("cli.arg.phenomenon.help"))
    parser.add_argument("--seeds", type=options.seeds, metavar="N", help=text("cli.option.phenomena_seeds"))
    parser.add_argument("--workers", type=options.whole(1, options.MOST_WORKERS), metavar="N", help=text("cli.option.workers"))
    parser.add_argument("--out", type=Path, metavar=text("cli.arg.folder"), help=text("cli.option.phenomena_out"))
    parser.add_argument("--fresh", action="store_true", help=text("cli.option.fresh"))
    parser.add_argument("--quiet", action="store_true", help=text("cli.option.quiet"))


class Stopped(Exception):
    """Ctrl-C while runs were under way; what had finished is stored."""


def run(args) -> int:
    """Run what is missing, study by study; judge; write the table and the page."""
    from experiments.validation import phenomena, trials_phenomena

    studies = trials_phenomena.load_all(tuple(args.names))
    seeds, folder = tuple(args.seeds or range(1, SEEDS + 1)), args.out or Path("results") / "phenomena"
    if not args.names:
        _left_out(trials_phenomena)
    _preview(studies, seeds, folder, args)
    options.warm(args.quiet)
    try:
        for study in studies:
            _one(study, seeds, folder / study.name, args)
    except Stopped:
        say("phenomena.stopped", folder=folder)
        return STOPPED
    results = phenomena.read(folder)
    table = phenomena.write_csv(results, folder / phenomena.TABLE)
    say("phenomena.done", table=table, page=phenomena.write_page(results, folder, args.lang))
    failed = sum(result.failed for result in results)
    if failed:
        say("phenomena.failed_runs", failed=failed)
    next_steps("cogov validate")
    return FAILED if failed else 0


def _left_out(trials) -> None:
    """Say which studies wait for policies that this version does not have."""
    from sim.paths import config_dir

    for name in trials.names():
        missing = trials.lacking(config_dir() / trials.FOLDER / f"{name}.yaml")
        if missing:
            say("phenomena.lacking", name=name, policies=", ".join(missing))


def _preview(studies, seeds, folder: Path, args) -> None:
    from experiments import executors
    from experiments.progress import duration

    if args.quiet:
        return
    workers, runs, seconds, there = args.workers or executors.default_workers(), 0, 0.0, 0
    for study in studies:
        planned = study.plan(seeds)
        runs += len(planned.arms) * len(seeds)
        there += _there(folder / study.name, planned) if not args.fresh else 0
        seconds += sum(task.seconds for task in planned.tasks())
    left = max(0, runs - there)
    say("phenomena.preview", studies=len(studies), seeds=len(seeds), runs=left, there=there,
        time=duration(seconds * left / max(runs, 1) / workers), workers=workers)


def _there(folder: Path, planned) -> int:
    """Runs of the plan that the folder holds already (0 for a folder that is not this study's)."""
    from experiments.errors import UserError
    from experiments.store import Store

    try:
        store = Store(folder)
        store.load()
        done = store.journal()
    except UserError:
        return 0
    return sum((b.run_id, b.arm) in done for task in planned.tasks() for b in task.branches)


def _one(study, seeds, folder: Path, args) -> None:
    import time

    from experiments.progress import duration
    from experiments.validation import phenomena, trials_phenomena

    began = time.monotonic()
    trials_phenomena.run(study, folder, seeds, _launcher(args), args.fresh, lambda key, **values: say(key, **values))
    if not args.quiet:
        result = phenomena.read_one(folder)
        say("phenomena.study", number=study.number, title=in_language(study.title), verdict=text(f"phenomena.verdict.{result.verdict}"),
            off=text(f"phenomena.verdict.{result.off_verdict}"), time=duration(time.monotonic() - began))


def _launcher(args):
    def launch(tasks, store) -> None:
        from experiments import executors, runner

        small = sum(task.seconds for task in tasks) < IN_PROCESS_BELOW
        workers = args.workers or (1 if small else executors.default_workers())
        if runner.run_tasks(tasks, store.write, workers=workers).stopped:
            raise Stopped

    return launch
