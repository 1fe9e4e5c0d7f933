"""cogov validate: the claims of the founding documents, and known patterns, beside the simulation."""
from __future__ import annotations

from pathlib import Path

from experiments.console import next_steps, say
from experiments.validation import PARTS
from experiments.verbs import _options as options
from sim.texts import text

RESIDENTS, SEEDS = 12_000, 20  # by default: two or three minutes on two cores; hardly any single community is scaled


def arguments(parser) -> None:
    parser.add_argument("--only", choices=PARTS, help=text("cli.option.validate_only"))
    parser.add_argument("--systems", metavar=text("cli.arg.systems"), help=text("cli.option.systems"))
    parser.add_argument("--seeds", type=options.seeds, metavar="N", help=text("cli.option.validate_seeds", seeds=SEEDS))
    parser.add_argument("--residents", type=options.positive, metavar="N", help=text("cli.option.validate_residents", residents=f"{RESIDENTS:,}"))
    parser.add_argument("--full", action="store_true", help=text("cli.option.full"))
    parser.add_argument("--workers", type=options.whole(1, options.MOST_WORKERS), metavar="N", help=text("cli.option.workers"))
    parser.add_argument("--out", type=Path, metavar=text("cli.arg.folder"), help=text("cli.option.validate_out"))
    parser.add_argument("--fresh", action="store_true", help=text("cli.option.fresh"))
    parser.add_argument("--quiet", action="store_true", help=text("cli.option.quiet"))


def run(args) -> int:
    from experiments.validation import STOPPED, page, trials

    asked, worst = request(args), 0
    for part in (trials(part) for part in PARTS if args.only in (None, part)):
        code = part.run(asked) if part else 0
        if code == STOPPED:
            return STOPPED
        worst = max(worst, code)
    say("validate.done", page=page.write(asked.folder, args.lang))
    next_steps("cogov validate --full", "cogov list systems")
    return worst


def request(args):
    """What was asked, with what was not said filled in."""
    from experiments.validation import Request

    residents = None if args.full else args.residents or RESIDENTS
    chosen = tuple(word.strip() for word in (args.systems or "").split(",") if word.strip())
    folder = args.out or Path("results") / ("validate-full" if residents is None else f"validate-r{residents}")
    return Request(folder, tuple(args.seeds or range(1, SEEDS + 1)), residents, args.workers, chosen, args.fresh, args.quiet, lambda: options.warm(args.quiet))
