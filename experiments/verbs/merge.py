"""cogov merge: the shards of a study as one results folder."""
from __future__ import annotations

from experiments.console import next_steps, say
from experiments.verbs import _options as options
from sim.texts import text

INCOMPLETE = 1


def arguments(parser) -> None:
    parser.add_argument("folders", type=options.folder, nargs="+", metavar=text("cli.arg.folder"), help=text("cli.arg.shards.help"))
    parser.add_argument("--out", type=options.folder, required=True, metavar=text("cli.arg.folder"), help=text("cli.option.merged"))


def run(args) -> int:
    from experiments.merging import merge

    done = merge(args.folders, args.out, lambda key, **values: say(key, **values))
    manifest = done.store.manifest
    say("merge.done", runs=done.runs, folders=len(args.folders), folder=args.out)
    if done.missing:
        say("merge.missing", missing=done.missing)
    command = manifest.get("command") or f"cogov compare {manifest['study']}"
    next_steps(f"{command} --out {args.out}", f"cogov export {args.out} --to csv")
    return INCOMPLETE if done.missing else 0
