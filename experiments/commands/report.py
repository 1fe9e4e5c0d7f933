"""cogov report: build report.html of a results folder again."""

from __future__ import annotations

from pathlib import Path

from experiments import launch
from experiments.commands import _options as options
from experiments.console import command, next_steps, say
from sim.config.catalog import text


def arguments(parser) -> None:
    parser.add_argument(
        "out", type=options.folder, metavar=text("cli.arg.folder"), help=text("cli.arg.results.help")
    )


def run(args) -> int:
    store = options.opened(args.out)
    launch.whole(store)
    say("report.done", report=_write(store, args))
    next_steps(command("export", args.out, "--to", "csv"))
    return 0


def _write(store, args) -> Path:
    """A comparison's report, or the page of a design."""
    if "plan" not in store.manifest:
        return options.write_report(args.out, args.lang)
    from experiments.report.design.page import write_page

    return write_page(args.out, args.lang)
