"""cogov compare: run a study's arms on paired seeds, compare them, write the report."""

from __future__ import annotations

from pathlib import Path

from experiments import launch
from experiments.commands import _options as options
from experiments.commands import _precision
from experiments.console import command, next_steps, say
from experiments.questions import comparison_table
from sim.config.catalog import text

FAILED = 1


def arguments(parser) -> None:
    parser.add_argument("study", metavar=text("cli.arg.study"), help=text("cli.arg.study.help"))
    parser.add_argument("--seeds", type=options.seeds, metavar="N", help=text("cli.option.seeds"))
    options.size(parser)
    parser.add_argument("--from-day", type=options.positive, metavar="N", help=text("cli.option.from_day"))
    _precision.arguments(parser)
    options.batch(parser)


def run(args) -> int:
    """Preview, run what is missing, compare, report; says where everything is."""
    study = options.study(args)
    folder = args.out or default_folder(study, args, launch.Options.of(args))
    if args.precision:
        return _precision.run(args, folder, study, finish)
    how = launch.Options.of(args)
    jobs = launch.prepare([(study, folder)], how, command=options.question(args))
    if not launch.carry_out(jobs, how, options.again(args)):
        return launch.STOPPED
    if how.shard:
        launch.shard_done(folder, default_folder(study, args, launch.Options()), how)
        return 0
    return finish(args, jobs[0].store)


def default_folder(study, args, how: launch.Options) -> Path:
    """results/<study>, with what was overridden in its name."""
    marks = ((args.residents, "r"), (args.days, "d"), (args.burn_in, "b"), (args.from_day, "f"))
    return launch.default_folder(study.name, marks, how)


def finish(args, store) -> int:
    """Statistics and report from what the folder holds."""
    runs = options.columns(store.runs())
    failed = [i for i, status in enumerate(runs["status"]) if status != "ok"]
    if failed:
        first = {name: runs[name][failed[0]] for name in ("run_id", "arm", "seed", "error")}
        say(
            "compare.failed",
            failed=len(failed),
            runs=len(runs["status"]),
            arm=first["arm"],
            seed=first["seed"],
            why=(first["error"].strip().splitlines() or ["?"])[-1],
        )
        if len(failed) == len(runs["status"]):
            say("compare.all_failed", folder=store.folder)
            next_steps(command("replay", store.folder, first["run_id"]))
            return FAILED
    table = comparison_table.write(store, runs)
    report = "–" if args.no_report else options.write_report(store.folder, args.lang)
    say("compare.done", folder=store.folder, comparison=table, report=report)
    next_steps(
        *([command("replay", store.folder, first["run_id"])] if failed else []),
        command("export", store.folder, "--to", "csv"),
        options.more_seeds(args, len(store.manifest["seeds"])),
    )
    return FAILED if failed else 0
