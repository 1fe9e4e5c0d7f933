"""Options and steps that several verbs share."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from experiments.console import command, same_command
from sim.config.catalog import shortened, text
from sim.config.errors import UserError
from sim.config.numbers import read_number

HEADLINE = (
    "dispute_rate",
    "petition_rate",
    "satisfaction_index",
    "share_satisfied",
    "event_satisfaction",
    "reported_resolution",
    "audited_resolution",
    "demand_rate",
    "contact_days_median",
    "fix_days_median",
    "fix_days_p90",
    "unvoiced_share",
    "workload_committee",
    "workload_property",
    "workload_level2",
    "burnout",
    "cost_budget",
    "cost_social",
)


MOST = 10**9  # where nothing narrower holds
MOST_SEEDS, LAST_SEED = (
    100_000,
    2**31 - 1,
)  # as in experiments/questions/comparison.py, which is slow to import
MOST_WORKERS = 4_096


def folder(word: str) -> Path:
    """A folder's name; an empty one would be the folder one stands in."""
    if not word.strip():
        raise argparse.ArgumentTypeError(text("cli.no_folder"))
    return Path(word)


def whole(low: int = 1, high: int = MOST) -> Callable[[str], int]:
    """An argument's type: a whole number of ``low`` to ``high``, digits only."""

    def read(word: str) -> int:
        value = read_number(word.strip())
        if not isinstance(value, int) or value < low:
            raise argparse.ArgumentTypeError(
                text("cli.not_positive" if low == 1 else "cli.not_whole", word=shortened(word), low=low)
            )
        if value > high:
            raise argparse.ArgumentTypeError(
                text("cli.too_many", word=shortened(word), low=low, high=f"{high:,}")
            )
        return value

    return read


positive, not_negative = whole(), whole(0)
_seed, _seed_count = whole(1, LAST_SEED), whole(1, MOST_SEEDS)


def seeds(word: str) -> list[int]:
    """'30' is seeds 1 to 30; '3,5,8' are those."""
    if "," in word:
        listed = [_seed(part) for part in word.split(",") if part.strip()]
        if not listed:
            raise argparse.ArgumentTypeError(text("cli.not_positive", word=shortened(word)))
        return list(dict.fromkeys(listed))
    return list(range(1, _seed_count(word) + 1))


def size(parser) -> None:
    """How long and how large: --days, --burn-in, --residents."""
    parser.add_argument("--days", type=positive, metavar="N", help=text("cli.option.days"))
    parser.add_argument("--burn-in", type=not_negative, metavar="N", help=text("cli.option.burn_in"))
    parser.add_argument("--residents", type=positive, metavar="N", help=text("cli.option.residents"))


def batch(parser, out: str | None = None) -> None:
    """What every verb that runs many takes: where to run, which shard, where to keep (``out``: what is
    said of --out).
    """
    from experiments.launch import shard

    parser.add_argument(
        "--workers", type=whole(1, MOST_WORKERS), metavar="N", help=text("cli.option.workers")
    )
    parser.add_argument("--executor", metavar=text("cli.arg.executor"), help=text("cli.option.executor"))
    parser.add_argument("--shard", type=shard, metavar="I/N", help=text("cli.option.shard"))
    parser.add_argument(
        "--out", type=folder, metavar=text("cli.arg.folder"), help=out or text("cli.option.out")
    )
    parser.add_argument("--run-limit", type=positive, metavar="SECONDS", help=text("cli.option.run_limit"))
    parser.add_argument("--fresh", action="store_true", help=text("cli.option.fresh"))
    parser.add_argument("--no-report", action="store_true", help=text("cli.option.no_report"))
    parser.add_argument("--quiet", action="store_true", help=text("cli.option.quiet"))


def study(args):
    """The study of the command line with what was overridden there, held to the same ranges as a file."""
    from experiments.questions.comparison import Study

    found = Study.load(no_manifest(args.study))
    change = {
        name: value
        for name, value in (
            ("residents", args.residents),
            ("days", args.days),
            ("burn_in_days", args.burn_in),
            ("seeds", args.seeds),
        )
        if value is not None
    }
    if getattr(args, "from_day", None):  # the days until the arms part belong to their shared past
        burn_in = args.burn_in if args.burn_in is not None else found.place().burn_in_days
        change["burn_in_days"] = burn_in + args.from_day
    return on_command_line(lambda: Study.from_dict({**found.to_dict(), **change})) if change else found


def no_manifest(word: str) -> str:
    """``word``; UserError if it is a results folder or its manifest, with the command that goes on there."""
    import json

    path = Path(word)
    path = path / "manifest.json" if path.is_dir() else path
    if path.suffix != ".json" or not path.is_file():
        return word
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return word
    if not isinstance(there, dict) or "scenario_hash" not in there:
        return word
    asked = str(there.get("command") or command("compare", there.get("study", "STUDY")))
    going_on = f"{asked} {shlex.join(['--out', str(path.parent)])}"
    raise UserError("cli.is_manifest", path=path, command=going_on, folder=path.parent)


def on_command_line(check):
    """``check()``, its problems shown as the command line's and not as a file's."""
    from sim.config.config_file import ConfigError

    try:
        return check()
    except ConfigError as error:
        where = text("cli.command_line")
        raise ConfigError([replace(problem, file=where, line=0) for problem in error.problems]) from None


def opened(folder: Path, partial: bool = False):
    """The store of an existing results folder; with ``partial`` one that gives what is there."""
    from experiments.console import say
    from experiments.store.folder import Store

    store = Store(folder, lambda key, **values: say(key, **values), partial)
    store.load()
    return store


def columns(table) -> dict:
    """A pyarrow Table as plain columns: lists of words, arrays of numbers."""
    return {
        name: table[name].to_pylist()
        if table[name].type == "string"
        else table[name].to_numpy(zero_copy_only=False)
        for name in table.column_names
    }


def write_report(folder: Path, lang: str | None) -> Path:
    """Build report.html of a results folder."""
    from experiments.report.comparison.page import write_report as build

    return build(folder, lang)


PLACE = ("workers", "executor", "shard", "out", "run_limit", "quiet", "no_report")  # where and how, not what


def again(args) -> str:
    """The command that goes on where this one stopped."""
    return same_command(args)


def question(args) -> str:
    """The command without place and folder, for the manifest: whoever has the folder can ask the same
    again.
    """
    study = {"study": Path(args.study).name} if getattr(args, "study", None) else {}
    return same_command(args, **dict.fromkeys(PLACE), **study)


def more_seeds(args, count: int) -> str:
    """The command that doubles the seeds and reuses every run that is there."""
    return same_command(
        args, seeds=list(range(1, 2 * count + 1)), precision=None, min_seeds=None, max_seeds=None
    )


def outcomes_table(outcomes: dict[str, float], chosen: list[str] | None) -> None:
    """Print outcomes with their units, the headline ones if none are chosen."""
    from experiments.console import label, number, table
    from sim import metrics

    units = {name: info.unit for name, info in metrics.registry().items()}
    rows = []
    for name in chosen or [name for name in HEADLINE if name in outcomes]:
        stem, _, year = name.partition("@")
        words = label("outcome", stem) + (f" ({year})" if year else "")
        rows.append((words, number(outcomes[name]), label("outcome", stem, "unit", units.get(stem, ""))))
    table(rows, right=(1,))
