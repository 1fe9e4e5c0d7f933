"""cogov phenomena: every study of an emergent phenomenon, with its mechanism and without it."""

from __future__ import annotations

import time

from experiments import launch
from experiments.commands import _options as options
from experiments.console import command, in_language, next_steps, say
from sim.config.catalog import text

FAILED = 1
SEEDS = 20


def arguments(parser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar=text("cli.arg.phenomenon"), help=text("cli.arg.phenomenon.help")
    )
    parser.add_argument("--seeds", type=options.seeds, metavar="N", help=text("cli.option.phenomena_seeds"))
    options.batch(parser, text("cli.option.phenomena_out"))


def run(args) -> int:
    """Run what is missing, study by study; judge; write the table and the page.

    A shard is run, not judged.
    """
    from experiments.validation.runs import phenomena as trials_phenomena

    studies = trials_phenomena.load_all(tuple(args.names))
    seeds, how = tuple(args.seeds or range(1, SEEDS + 1)), launch.Options.of(args)
    folder = args.out or launch.default_folder("phenomena", options=how)
    if not args.names:
        _left_out(trials_phenomena)
    asked = [(study.plan(seeds), folder / study.name) for study in studies]
    jobs = launch.prepare(asked, how, command=options.question(args))

    def opening(cost) -> None:
        say("phenomena.preview", studies=len(studies), seeds=len(seeds), runs=cost.runs, there=cost.there)

    if not launch.carry_out(jobs, how, options.again(args), opening, _Judge(studies, how)):
        return launch.STOPPED
    if how.shard:
        launch.shard_done(folder, launch.default_folder("phenomena"), how)
        return 0
    return _finish(args, folder)


class _Judge:
    """After a study's runs: leave its text beside them, and say the verdict."""

    def __init__(self, studies, how: launch.Options):
        self.studies, self.how, self.began = {study.name: study for study in studies}, how, time.monotonic()

    def __call__(self, job, summary) -> None:
        from experiments.running.progress import duration
        from experiments.validation import phenomena
        from experiments.validation.runs import phenomena as trials_phenomena

        if self.how.shard:
            return
        study, began, self.began = self.studies[job.question.name], self.began, time.monotonic()
        trials_phenomena.write_spec(study, job.store.folder)
        if not self.how.quiet:
            result = phenomena.read_one(job.store.folder)
            verdict, off = (
                text(f"phenomena.verdict.{name}") for name in (result.verdict, result.off_verdict)
            )
            say(
                "phenomena.study",
                number=study.number,
                title=in_language(study.title),
                verdict=verdict,
                off=off,
                time=duration(self.began - began),
            )


def _finish(args, folder) -> int:
    from experiments.validation import phenomena

    results = phenomena.read(folder)
    table = phenomena.write_csv(results, folder / phenomena.TABLE)
    say(
        "phenomena.done",
        table=table,
        page="–" if args.no_report else phenomena.write_page(results, folder, args.lang),
    )
    failed = sum(result.failed for result in results)
    if failed:
        say("phenomena.failed_runs", failed=failed)
    next_steps(command("validate"))
    return FAILED if failed else 0


def _left_out(trials) -> None:
    """Say which studies wait for policies that this version does not have."""
    from sim.config.paths import config_dir

    for name in trials.names():
        missing = trials.lacking(config_dir() / trials.FOLDER / f"{name}.yaml")
        if missing:
            say("phenomena.lacking", name=name, policies=", ".join(missing))
