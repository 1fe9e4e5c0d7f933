"""cogov merge: the shards of a study as one results folder."""

from __future__ import annotations

import shlex
from pathlib import Path

from experiments.commands import _options as options
from experiments.console import command, next_steps, say
from sim.config.catalog import text

INCOMPLETE = 1
MANIFEST, ASIDE = "manifest.json", "set-aside"
DEEPEST = 4  # folders between the one named and a manifest: a whole disk is not looked through


def arguments(parser) -> None:
    parser.add_argument(
        "folders",
        type=options.folder,
        nargs="+",
        metavar=text("cli.arg.folder"),
        help=text("cli.arg.shards.help"),
    )
    parser.add_argument(
        "--out",
        type=options.folder,
        required=True,
        metavar=text("cli.arg.folder"),
        help=text("cli.option.merged"),
    )


def run(args) -> int:
    from experiments.store.merge import merge

    studies, runs, missing = _studies(args.folders), 0, 0
    for place, folders in studies.items():
        done = merge(folders, args.out / place, say)
        runs, missing = runs + done.runs, missing + done.missing
    say("merge.done", runs=runs, folders=len(args.folders), folder=args.out)
    if missing:
        say("merge.missing", missing=missing)
    asked = done.store.manifest.get("command") or command("compare", done.store.manifest["study"])
    exports = [command("export", args.out, "--to", "csv")] if list(studies) == [Path()] else []
    next_steps(f"{asked} {shlex.join(['--out', str(args.out)])}", *exports)
    return INCOMPLETE if missing else 0


def _studies(folders: list[Path]) -> dict[Path, list[Path]]:
    """The results in the folders, by their place in them: one study each, or many (validate, phenomena)."""
    from sim.config.errors import UserError

    found: dict[Path, list[Path]] = {}
    for folder in folders:
        there = [
            path.parent
            for path in sorted(
                path for depth in range(DEEPEST) for path in folder.glob("*/" * depth + MANIFEST)
            )
            if ASIDE not in path.relative_to(folder).parts
        ]
        if (folder / MANIFEST).exists() or not folder.is_dir():
            there = [folder]
        if not there:
            raise UserError("merge.nothing", folder=folder)
        for path in there:
            found.setdefault(path.relative_to(folder), []).append(path)
    return found
