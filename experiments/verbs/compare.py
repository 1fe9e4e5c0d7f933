"""cogov compare: run a study's arms on paired seeds, compare them, write the report."""
from __future__ import annotations

from pathlib import Path

from experiments.console import megabytes, next_steps, say
from experiments.progress import duration
from experiments.verbs import _options as options
from sim.texts import text

FAILED, STOPPED = 1, 130
BYTES_PER_VALUE = 2.0  # of a daily or grid value in a compressed part (f4)
BYTES_PER_RUN = 6000.0  # a row of outcomes
SERIES_COLUMNS = 20
IN_PROCESS_BELOW = 2.0  # seconds of work for which starting processes does not pay


def arguments(parser) -> None:
    parser.add_argument("study", metavar=text("cli.arg.study"), help=text("cli.arg.study.help"))
    parser.add_argument("--seeds", type=options.seeds, metavar="N", help=text("cli.option.seeds"))
    options.size(parser)
    parser.add_argument("--workers", type=options.positive, metavar="N", help=text("cli.option.workers"))
    parser.add_argument("--out", type=Path, metavar=text("cli.arg.folder"), help=text("cli.option.out"))
    parser.add_argument("--fresh", action="store_true", help=text("cli.option.fresh"))
    parser.add_argument("--no-report", action="store_true", help=text("cli.option.no_report"))
    parser.add_argument("--quiet", action="store_true", help=text("cli.option.quiet"))


def run(args) -> int:
    """Preview, run what is missing, compare, report; says where everything is."""
    study = options.study(args)
    folder = args.out or default_folder(study, args)
    store, missing = prepare(study, folder, args)
    summary = launch(args, store, missing)
    if summary is not None and summary.stopped:
        say("compare.stopped", folder=folder, done=summary.ok + summary.failed)
        next_steps(options.same_command(args, folder))
        return STOPPED
    if summary is not None:
        say("compare.ran", ok=summary.ok, time=duration(summary.seconds))
    return finish(args, store)


def default_folder(study, args) -> Path:
    """results/<study>, with what was overridden in its name, so that different questions never share a folder."""
    marks = ((args.residents, "r"), (args.days, "d"), (args.burn_in, "b"))
    return Path("results") / "-".join([study.name, *(f"{letter}{value}" for value, letter in marks if value is not None)])


def prepare(study, folder: Path, args):
    """(store, tasks to run); nothing is written unless the folder fits the study."""
    from experiments import designs
    from experiments.manifest import describe
    from experiments.store import Store

    manifest = describe(study, "compare")
    store = Store(folder, lambda key, **values: say(key, **values))
    if args.fresh:
        aside = store.clear()
        if aside:
            say("compare.cleared", folder=aside)
    store.open(manifest)
    tasks = designs.get("compare").tasks(study)
    return store, store.missing(tasks, store.journal())


def launch(args, store, missing):
    """Run what is missing; None if nothing is."""
    from experiments import executors, progress, runner

    asked = len(store.manifest["arms"]) * len(store.manifest["seeds"])
    todo = sum(len(task.branches) for task in missing)
    workers = args.workers or executors.default_workers()
    if not todo:
        say("compare.nothing", runs=asked, folder=store.folder)
        return None
    seconds = expected_seconds(missing)
    if args.workers is None and seconds < IN_PROCESS_BELOW:
        workers = 1
    if not args.quiet:
        say("compare.preview", runs=todo, there=asked - todo, seeds=len(missing), arms=len(store.manifest["arms"]),
            residents=f"{missing[0].residents:,}", days=missing[0].days, burn_in=missing[0].burn_in_days)
        say("compare.cost", time=duration(seconds / workers), workers=workers,
            disk=megabytes(expected_bytes(missing)), folder=store.folder)
    options.warm(args.quiet)
    totals: dict[str, int] = dict.fromkeys(store.manifest["arms"], 0)
    for task in missing:
        for branch in task.branches:
            totals[branch.arm] += 1
    shown = progress.make({arm: total for arm, total in totals.items() if total}, text, args.quiet)
    try:
        return runner.run_tasks(missing, store.write, workers=workers, progress=shown)
    finally:
        shown.close()


def expected_seconds(tasks) -> float:
    """Seconds on one worker, before anything was measured."""
    from experiments.specs import NS_PER_RESIDENT_DAY

    return sum(task.resident_days for task in tasks) * NS_PER_RESIDENT_DAY * 1e-9


def expected_bytes(tasks) -> float:
    """Bytes of the parts that these tasks will write."""
    runs = sum(len(task.branches) for task in tasks)
    return runs * (BYTES_PER_RUN + tasks[0].days * SERIES_COLUMNS * BYTES_PER_VALUE)


def finish(args, store) -> int:
    """Statistics and report from what the folder holds."""
    runs = options.columns(store.runs())
    failed = [i for i, status in enumerate(runs["status"]) if status != "ok"]
    if failed:
        first = {name: runs[name][failed[0]] for name in ("run_id", "arm", "seed", "error")}
        say("compare.failed", failed=len(failed), runs=len(runs["status"]), arm=first["arm"], seed=first["seed"],
            why=(first["error"].strip().splitlines() or ["?"])[-1])
        if len(failed) == len(runs["status"]):
            say("compare.all_failed", folder=store.folder)
            next_steps(f"cogov replay {store.folder} {first['run_id']}")
            return FAILED
    table = _statistics(store, runs)
    report = "–" if args.no_report else options.write_report(store.folder, args.lang)
    say("compare.done", folder=store.folder, comparison=table, report=report)
    next_steps(*([f"cogov replay {store.folder} {first['run_id']}"] if failed else []),
               f"cogov export {store.folder} --to csv", options.more_seeds(args, len(store.manifest["seeds"])))
    return FAILED if failed else 0


def _statistics(store, runs: dict) -> Path:
    from experiments.analysis import comparison
    from experiments.specs import HEAD

    manifest = store.manifest
    question = comparison.Question(
        list(manifest["arms"]), manifest["baseline"], manifest["seeds"], [name for name in runs if name not in HEAD],
        {name: info["better"] for name, info in manifest["outcomes"].items()}, manifest["smallest_effect"])
    return comparison.write_csv(comparison.compare(runs, question), store.folder / "comparison.csv")
