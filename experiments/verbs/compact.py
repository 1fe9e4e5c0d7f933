"""cogov compact: a results folder's many parts as few."""
from __future__ import annotations

from pathlib import Path

from experiments.console import command, next_steps, say
from sim.texts import text


def arguments(parser) -> None:
    parser.add_argument("out", type=Path, metavar=text("cli.arg.folder"), help=text("cli.arg.results.help"))


def run(args) -> int:
    from experiments.compaction import compact
    from experiments.store import Store

    store = Store(args.out, lambda key, **values: say(key, **values)).mend()
    done = compact(store)
    say("compact.done", runs=done.runs, before=done.before, after=done.after, hash=store.fingerprint())
    next_steps(command("export", args.out, "--to", "csv"))
    return 0
