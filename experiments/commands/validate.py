"""cogov validate: the claims of the founding documents, and known patterns, beside the simulation."""

from __future__ import annotations

from experiments import launch
from experiments.commands import _options as options
from experiments.console import command, next_steps, say
from experiments.validation import PARTS
from sim.config.catalog import text

RESIDENTS, SEEDS = (
    12_000,
    20,
)  # by default: two or three minutes on two cores; hardly any single community is scaled


def arguments(parser) -> None:
    parser.add_argument("--only", choices=PARTS, help=text("cli.option.validate_only"))
    parser.add_argument("--systems", metavar=text("cli.arg.systems"), help=text("cli.option.systems"))
    parser.add_argument(
        "--seeds", type=options.seeds, metavar="N", help=text("cli.option.validate_seeds", seeds=SEEDS)
    )
    parser.add_argument(
        "--residents",
        type=options.positive,
        metavar="N",
        help=text("cli.option.validate_residents", residents=f"{RESIDENTS:,}"),
    )
    parser.add_argument("--full", action="store_true", help=text("cli.option.full"))
    options.batch(parser, text("cli.option.validate_out"))


def run(args) -> int:
    from experiments.validation import STOPPED, trials
    from experiments.validation.pages import page

    asked, worst = request(args), 0
    for part in (trials(part) for part in PARTS if args.only in (None, part)):
        code = part.run(asked) if part else 0
        if code == STOPPED:
            return STOPPED
        worst = max(worst, code)
    if args.shard:
        launch.shard_done(asked.folder, launch.default_folder(_name(args)), asked.launch)
        return worst
    say("validate.done", page="–" if args.no_report else page.write(asked.folder, args.lang))
    next_steps(command("validate", "--full"), command("list", "systems"))
    return worst


def request(args):
    """What was asked, with what was not said filled in."""
    from experiments.validation import Request

    chosen = tuple(word.strip() for word in (args.systems or "").split(",") if word.strip())
    how = launch.Options.of(args)
    folder = args.out or launch.default_folder(_name(args), options=how)
    residents = None if args.full else args.residents or RESIDENTS
    return Request(
        folder,
        tuple(args.seeds or range(1, SEEDS + 1)),
        residents,
        chosen,
        how,
        options.question(args),
        options.again(args),
    )


def _name(args) -> str:
    return "validate-full" if args.full else f"validate-r{args.residents or RESIDENTS}"
