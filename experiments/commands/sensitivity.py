"""cogov sensitivity: which factors decide an outcome; by running a study's design, or from any table of
inputs and outputs.
"""

from __future__ import annotations

from pathlib import Path

from experiments.commands import _design
from experiments.commands import _options as options
from experiments.console import command, next_steps, say
from sim.config.catalog import text
from sim.config.errors import UserError


def arguments(parser) -> None:
    _design.arguments(parser, options)
    parser.add_argument("--from", dest="table", type=Path, metavar="TABLE.csv", help=text("cli.option.table"))
    parser.add_argument("--inputs", metavar="a=0:1,b=1:5", help=text("cli.option.inputs"))
    parser.add_argument("--outputs", metavar="y,z", help=text("cli.option.outputs"))
    parser.add_argument("--analysis", metavar="sobol,...", help=text("cli.option.analysis"))
    parser.add_argument("--second-order", action="store_true", help=text("cli.option.second_order"))
    parser.add_argument(
        "--curves", type=options.whole(1, 10_000), default=1, metavar="N", help=text("cli.option.curves")
    )
    parser.add_argument("--shared-seeds", action="store_true", help=text("cli.option.shared_seeds"))
    parser.add_argument("--deterministic", action="store_true", help=text("cli.option.deterministic"))


def run(args) -> int:
    if args.table is not None:
        return _table(args)
    if args.study is None:
        raise UserError("plan.no_study", verb="sensitivity")
    return _design.run(args, options)


def _table(args) -> int:
    """Analyse a table: its columns described by a study file or by --inputs and --outputs."""
    from experiments.analysis.sensitivity import HOMES, analyse
    from experiments.questions import given_table
    from experiments.store import ownership

    if args.study is not None:
        plan = _design.plan_of(args, options)
        factors, outputs, known = plan.factors, plan.outcomes, plan.module.ANALYSES
        settings, shared = plan.all_settings, plan.replicate_seeds == "shared"
    elif args.inputs and args.outputs:
        factors, outputs, known = given_table.parse_inputs(args.inputs), (), ("pawn", "delta", "rbd_fast")
        settings, shared = {"second_order": args.second_order, "curves": args.curves}, args.shared_seeds
    else:
        raise UserError("sensitivity.no_description")
    outputs = tuple(filter(None, (o.strip() for o in args.outputs.split(",")))) if args.outputs else outputs
    if not factors or not outputs:
        raise UserError("sensitivity.no_description")
    analyses = (
        list(dict.fromkeys(a.strip() for a in args.analysis.split(","))) if args.analysis else list(known)
    )
    for name in analyses:
        if name not in HOMES:
            raise UserError("sensitivity.no_analysis", name=name, known=", ".join(HOMES))
    folder = _folder(args)
    ownership.refuse_for_tables(folder, args.fresh)
    sample = given_table.sample(args.table, factors, outputs, shared or args.shared_seeds, args.deterministic)
    _design.write_findings(analyse(sample, analyses, settings), folder)
    _design.write_description(factors, args.table.name, folder)
    page = "–"
    if not args.no_report:
        from experiments.report.design.page import write_page

        page = write_page(folder, args.lang)
    say("plan.done", folder=folder, report=page)
    next_steps(command("list", "designs"), command("sensitivity", "what_decides"))
    return 0


def _folder(args) -> Path:
    """Where the results of a table go, known before any work is done: ``--out``, or the table's name without
    its suffix.
    """
    folder = args.out or args.table.with_suffix("")
    if folder.exists() and not folder.is_dir():
        raise UserError("sensitivity.folder", table=args.table, folder=folder)
    return folder
