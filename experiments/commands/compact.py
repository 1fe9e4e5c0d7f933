"""cogov compact: a results folder's many parts as few."""

from __future__ import annotations

import shlex

from experiments.commands import _options as options
from experiments.console import command, next_steps, say
from sim.config.catalog import text

INCOMPLETE = 1


def arguments(parser) -> None:
    parser.add_argument(
        "out", type=options.folder, metavar=text("cli.arg.folder"), help=text("cli.arg.results.help")
    )


def run(args) -> int:
    from experiments.store.compact import compact
    from experiments.store.folder import Store

    store = Store(args.out, lambda key, **values: say(key, **values)).mend()
    done = compact(store)
    store.partial = True  # what is there has a hash too
    say("compact.done", runs=done.runs, before=done.before, after=done.after, hash=store.fingerprint())
    again = store.manifest.get("command")
    if done.missing:
        say("compact.missing", missing=done.missing)
    going_on = [f"{again} {shlex.join(['--out', str(args.out)])}"] if again and done.missing else []
    next_steps(*going_on, command("export", args.out, "--to", "csv"))
    return INCOMPLETE if done.missing else 0
