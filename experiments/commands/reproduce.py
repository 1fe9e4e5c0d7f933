"""cogov reproduce: a published result once more from its manifest alone, and whether it comes out the
same.
"""

from __future__ import annotations

from experiments import launch
from experiments.commands import _options as options
from experiments.console import command, next_steps, say
from sim.config.catalog import text

DIFFERS = 1


def arguments(parser) -> None:
    parser.add_argument("manifest", type=options.folder, metavar="MANIFEST", help=text("cli.arg.manifest"))
    options.batch(parser, text("cli.option.reproduce_out"))


def run(args) -> int:
    """Preview, run what is missing, compare run by run and table by table."""
    from experiments import publishing
    from experiments.questions import comparison_table
    from sim.config.errors import UserError

    published, how = publishing.read(args.manifest), launch.Options.of(args)
    if how.shard:
        raise UserError("reproduce.shard")
    for key, values in publishing.notes(published):
        say(key, **values)
    folder = args.out or launch.default_folder(f"{published.name}-reproduced")
    jobs = launch.prepare([(published, folder)], how)
    if not launch.carry_out(jobs, how, options.again(args)):
        return launch.STOPPED
    store = jobs[0].store
    if comparison_table.TABLE in published.tables:
        comparison_table.write(store, options.columns(store.runs()))
    difference = publishing.compare(published, store)
    _say(difference, len(published.runs), published, folder)
    if not args.no_report and comparison_table.TABLE in published.tables:
        say("report.done", report=options.write_report(folder, args.lang))
    next_steps(command("export", folder, "--to", "csv"))
    return DIFFERS if difference else 0


def _say(difference, runs: int, published, folder) -> None:
    if not difference:
        say("reproduce.same", runs=runs, tables=", ".join(published.tables), folder=folder)
        return
    if difference.runs:
        say(
            "reproduce.runs_differ",
            count=difference.runs,
            runs=runs,
            arm=difference.arm,
            seed=difference.seed,
        )
    if difference.table:
        say("reproduce.table_differs", table=difference.table, cell=difference.cell)
