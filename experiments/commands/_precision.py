"""cogov compare --precision: add seeds until every arm's paired difference is known to within a bound."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from experiments import launch
from experiments.commands import _options as options
from experiments.console import command, label, number, say
from sim.config.catalog import nearest, shortened, text
from sim.config.errors import UserError
from sim.config.numbers import read_number

LEAST, MOST = 10, 200  # as in experiments/analysis/sequential.py, which is slow to import


def arguments(parser) -> None:
    """--precision, --min-seeds, --max-seeds."""
    parser.add_argument(
        "--precision",
        type=half_widths,
        metavar=text("cli.arg.precision"),
        help=text("cli.option.precision").replace("%", "%%"),
    )
    parser.add_argument(
        "--min-seeds",
        type=options.whole(1, options.MOST_SEEDS),
        default=LEAST,
        metavar="N",
        help=text("cli.option.min_seeds", default=LEAST),
    )
    parser.add_argument(
        "--max-seeds",
        type=options.whole(1, options.MOST_SEEDS),
        default=MOST,
        metavar="N",
        help=text("cli.option.max_seeds", default=MOST),
    )


def half_widths(word: str) -> dict[str, float]:
    """'dispute_rate=0.3,trust=0.01' as half-widths by outcome, in the outcomes' own units."""
    bounds: dict[str, float] = {}
    for part in word.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        bound = read_number(value)
        if not name or bound is None or not 0 < bound < math.inf or name in bounds:
            raise argparse.ArgumentTypeError(text("cli.bad_precision", word=shortened(part)))
        bounds[name] = float(bound)
    return bounds


def run(args, folder: Path, study, finish) -> int:
    """Pilot, look, batch, look ... until done or ``--max-seeds``; ``finish(args, store)`` is compare's.

    It starts from the seeds that the folder was last asked for, so that a second start goes on where the
    first stopped, and a narrower bound extends what is there.
    """
    _check(args, study)
    seeds = more([] if args.fresh else there(folder), args.min_seeds)
    while True:
        how = launch.Options.of(args)
        asked = study.model_copy(update={"seeds": tuple(seeds)})
        jobs = launch.prepare(
            [(asked, folder)], how, precision=args.precision, command=options.question(args)
        )
        args.fresh = False
        if not launch.carry_out(jobs, how, options.again(args)):
            return launch.STOPPED
        wanted = next_seeds(args, jobs[0].store, len(seeds))
        if wanted <= len(seeds):
            return finish(args, jobs[0].store)
        seeds = more(seeds, wanted)


def next_seeds(args, store, count: int) -> int:
    """Look at the differences, say what was seen, and return how many seeds to have next: ``count`` if
    that is enough.
    """
    from experiments.analysis import comparison, sequential

    runs, manifest = options.columns(store.runs()), store.manifest
    absent = [name for name in args.precision if name not in runs]
    if absent:
        raise UserError("precision.no_column", outcome=absent[0], folder=store.folder)
    values = {
        arm: comparison.values_by_seed(runs, arm, manifest["seeds"], list(args.precision))
        for arm in manifest["arms"]
    }
    looks = sequential.look(values, manifest["baseline"], args.precision)
    for outcome, bound in args.precision.items():
        of = [one for one in looks if one.outcome == outcome]
        widest = max(of, key=lambda one: one.half_width, default=None)
        if widest is not None:
            say(
                "precision.look",
                seeds=count,
                outcome=label("outcome", outcome.partition("@")[0]),
                bound=number(bound),
                reached=sum(one.reached for one in of),
                arms=len(of),
                widest=number(widest.half_width),
                arm=_arm(manifest, widest.arm),
            )
    if sequential.done(looks):
        say("precision.done", seeds=count)
        return count
    if count >= args.max_seeds:
        say("precision.most", seeds=count)
        return count
    return sequential.next_count(count, looks, args.max_seeds)


def _arm(manifest, arm: str) -> str:
    from experiments.console import in_language

    return in_language(manifest.get("labels", {}).get(arm), "") or label("policy", arm)


def there(folder: Path) -> list[int]:
    """The seeds that a folder's study was last asked for; none where there is no study."""
    from experiments.store.folder import Store

    return (
        [int(seed) for seed in Store(folder).load()["seeds"]] if (folder / "manifest.json").exists() else []
    )


def more(seeds: list[int], count: int) -> list[int]:
    """``seeds`` and as many new ones, the smallest whole numbers not used yet, as make ``count``."""
    found, candidate = list(seeds), 1
    while len(found) < count:
        if candidate not in seeds:
            found.append(candidate)
        candidate += 1
    return found


def _check(args, study) -> None:
    """Refuse what cannot be meant, before anything runs."""
    from sim import metrics

    if args.seeds is not None or args.shard:
        raise UserError("precision.with_seeds")
    if args.min_seeds > args.max_seeds or args.min_seeds < 5:
        raise UserError("precision.limits", least=args.min_seeds, most=args.max_seeds)
    if len(study.arms) < 2:
        raise UserError("precision.one_arm", study=study.name)
    known = metrics.registry()
    for outcome in args.precision:
        stem = outcome.partition("@")[0]
        if stem not in known:
            raise UserError(
                "precision.unknown", outcome=outcome, near=nearest(stem, known) or command("list", "metrics")
            )
