"""cogov report: build report.html of a results folder again."""
from __future__ import annotations

from pathlib import Path

from experiments import batch
from experiments.console import next_steps, say
from experiments.verbs import _options as options
from sim.texts import text


def arguments(parser) -> None:
    parser.add_argument("out", type=Path, metavar=text("cli.arg.folder"), help=text("cli.arg.results.help"))


def run(args) -> int:
    batch.whole(options.opened(args.out))
    say("report.done", report=options.write_report(args.out, args.lang))
    next_steps(f"cogov export {args.out} --to csv")
    return 0
