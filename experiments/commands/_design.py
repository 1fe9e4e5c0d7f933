"""Steps that ``cogov sweep`` and ``cogov sensitivity`` share: a plan's runs, then its tables and its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from experiments import launch
from experiments.console import next_steps, same_command, say
from sim.config.catalog import text
from sim.config.errors import UserError

GROWS = "--n"


def arguments(parser, options) -> None:
    """The study and what may be set on the command line; ``options`` is ``commands._options``."""
    parser.add_argument("study", nargs="?", metavar=text("cli.arg.study"), help=text("cli.arg.plan.help"))
    parser.add_argument(GROWS, type=options.positive, metavar="N", help=text("cli.option.grow"))
    parser.add_argument(
        "--replicates", type=options.positive, metavar="R", help=text("cli.option.replicates")
    )
    parser.add_argument("--drop-failed", action="store_true", help=text("cli.option.drop_failed"))
    options.size(parser)
    options.batch(parser)


def plan_of(args, options):
    """The plan of the command line with what was overridden there; UserError if another verb runs its
    design.
    """
    from experiments.questions.plan import Plan

    found = Plan.load(options.no_manifest(args.study))
    change = {
        name: value
        for name, value in (
            ("residents", args.residents),
            ("days", args.days),
            ("burn_in_days", args.burn_in),
            ("replicates", args.replicates),
        )
        if value is not None
    }
    if args.n is not None:
        if not found.module.GROWS:
            raise UserError("plan.does_not_grow", design=found.design)
        change["settings"] = {**found.settings, found.module.GROWS: args.n}
    plan = options.on_command_line(lambda: Plan.from_dict({**found.to_dict(), **change})) if change else found
    if plan.module.VERB != args.verb:
        raise UserError("plan.other_verb", design=plan.design, verb=plan.module.VERB, study=args.study)
    return plan


def run(args, options) -> int:
    """Preview, run what is missing, analyse, write the page; says where everything is."""
    plan = plan_of(args, options)
    how = launch.Options.of(args)
    folder = args.out or default_folder(plan, args, how)
    if not args.quiet:
        say(
            "plan.preview",
            design=text(f"design.{plan.design}.label"),
            rows=f"{plan.rows:,}",
            arms=len(plan.all_arms),
            replicates=plan.replicates,
            runs=f"{plan.runs:,}",
            factors=len(plan.factors),
        )
    jobs = launch.prepare([(plan, folder)], how, command=options.question(args))
    if not launch.carry_out(jobs, how, options.again(args)):
        return launch.STOPPED
    if how.shard:
        launch.shard_done(folder, default_folder(plan, args, launch.Options()), how)
        return 0
    return finish(args, plan, jobs[0].store)


def default_folder(plan, args, how: launch.Options) -> Path:
    """results/<study>, with the sizes overridden in its name; n and replicates grow in the same folder."""
    return launch.default_folder(
        plan.name, ((args.residents, "r"), (args.days, "d"), (args.burn_in, "b")), how
    )


def finish(args, plan, store) -> int:
    """Tables, page and what to run next, from what the folder holds."""
    from experiments.questions.from_results import read_results, write_design

    launch.whole(store)
    found, kept = read_results(store, plan, args.drop_failed), None
    if args.drop_failed:
        block = getattr(plan.module, "block", None)
        asked = len(found.points)
        found, kept = found.without_failed(block(plan.factors, plan.all_settings) if block else 1)
        if len(found.points) < asked:
            say("sensitivity.dropped", rows=asked - len(found.points), of=asked)
    write_design(plan, found.points, store.folder / "design.csv")
    WRITERS.get(plan.design, write_indices)(plan, found, store, kept)
    page = "–"
    if not args.no_report:
        from experiments.report.design.page import write_page

        page = write_page(store.folder, args.lang)
    say("plan.done", folder=store.folder, report=page)
    if plan.module.GROWS:
        args.n = 2 * plan.all_settings[plan.module.GROWS]
    else:
        args.replicates = 2 * plan.replicates
    next_steps(same_command(args, drop_failed=None))
    return 0


def write_indices(plan, found, store, kept=None) -> None:
    """indices.csv, convergence.csv, ranks_against_n.csv; and the verdicts on the screen."""
    from experiments.analysis.sensitivity import Sample, SensitivityError, analyse, suits

    names, values = found.targets()
    unit = plan.unit() if kept is None else plan.unit()[kept]
    sample = Sample(plan.factors, unit, names, values, plan.replicate_seeds == "shared", plan.replicates > 1)
    left_out = {}
    for name in plan.module.ANALYSES:
        try:
            suits(sample, name, plan.all_settings)
        except SensitivityError as why:
            left_out[name] = why
    if len(left_out) == len(plan.module.ANALYSES):
        raise next(iter(left_out.values()))
    for name, why in left_out.items():
        say("sensitivity.left_out", analysis=name, why=why)
    write_findings(
        analyse(sample, [a for a in plan.module.ANALYSES if a not in left_out], plan.all_settings),
        store.folder,
    )


def write_findings(findings, folder: Path) -> None:
    """The three tables of sensitivity analyses."""
    from experiments.questions.from_results import write_table

    write_table(
        [
            "analysis",
            "outcome",
            "factor",
            "other",
            "index",
            "value",
            "low",
            "high",
            "half_width",
            "uncorrected",
        ],
        [
            [i.analysis, i.outcome, i.factor, i.other, i.index, i.value, i.low, i.high, i.half_width, i.raw]
            for i in findings.indices
        ],
        folder / "indices.csv",
    )
    write_table(
        ["analysis", "outcome", "state", "widest", "noise_share", "rows", "replicates", "floor"],
        [
            [v.analysis, v.outcome, v.state, v.widest, v.noise_share, v.rows, v.replicates, v.floor]
            for v in findings.verdicts
        ],
        folder / "convergence.csv",
    )
    write_table(
        ["analysis", "outcome", "factor", "rows", "value"],
        [[t.analysis, t.outcome, t.factor, t.rows, t.value] for t in findings.traces],
        folder / "ranks_against_n.csv",
    )
    for v in findings.verdicts:
        say(
            f"sensitivity.screen.{v.state}",
            analysis=v.analysis,
            outcome=v.outcome,
            widest=f"{v.widest:.3f}",
            noise=f"{100 * v.noise_share:.0f}",
        )


def refuse_holes(found) -> None:
    """A value that is no number would take a place among ranks and effects without a word."""
    import numpy as np

    bad = np.argwhere(~np.isfinite(found.values))
    if len(bad):
        row, _, _, outcome = bad[0]
        raise UserError(
            "sensitivity.nan",
            count=len(set(bad[:, 0].tolist())),
            outcome=found.outcomes[outcome],
            row=found.points[row].row,
        )


def better_of(store) -> Mapping[str, str]:
    """Outcome -> low, high or ''."""
    return {name: info["better"] for name, info in store.manifest["outcomes"].items()}


def write_ranks(plan, found, store, kept=None) -> None:
    """ranks.csv and against.csv: the probability of every rank, and every arm against the baseline."""
    from experiments.analysis import ranks
    from experiments.questions.from_results import write_table

    refuse_holes(found)
    rows, against = ranks.rank(
        found.values, found.arms, found.outcomes, better_of(store), [p.label for p in found.points]
    )
    write_table(
        ["alternative", "outcome", "arm", "place", "probability", "low", "high"],
        [list(asdict(r).values()) for r in rows],
        store.folder / "ranks.csv",
    )
    write_table(
        [
            "alternative",
            "outcome",
            "arm",
            "worlds",
            "better",
            "worse",
            "low",
            "high",
            "median",
            "q05",
            "q95",
            "agreement",
        ],
        [list(asdict(a).values()) for a in against],
        store.folder / "against.csv",
    )


def write_effects(plan, found, store, kept=None) -> None:
    """effects.csv: main effects and interactions of the factorial."""
    from experiments.analysis import factorial
    from experiments.analysis.verdicts import smallest_effect, stem
    from experiments.questions.from_results import write_table

    refuse_holes(found)
    better = better_of(store)
    policies = [p["policy"] for p in plan.policies]
    level = found.values[0, :, list(found.arms).index(plan.baseline)].mean(axis=0)
    stems = [stem(outcome) for outcome in found.outcomes]
    smallest = [
        smallest_effect(o, {}, store.manifest["outcomes"].get(o, {}).get("unit", ""), v)
        for o, v in zip(stems, level)
    ]
    effects = factorial.effects(
        found.values[0],
        policies,
        found.arms,
        found.outcomes,
        [better.get(o, "") for o in stems],
        smallest=smallest,
    )
    write_table(
        ["outcome", "policies", "order", "n", "value", "low", "high", "verdict"],
        [[e.outcome, "+".join(e.policies), e.order, e.n, e.value, e.low, e.high, e.verdict] for e in effects],
        store.folder / "effects.csv",
    )


WRITERS = {"priors": write_ranks, "factorial": write_effects}


def write_description(factors, title: str, folder: Path) -> None:
    """manifest.json of an analysed table: enough for its page."""
    from experiments.store.manifest import write

    words = {"en": title, "zh": title}
    manifest = {
        "design": "table",
        "title": words,
        "summary": words,
        "factors": [{**asdict(f), "choices": list(f.choices)} for f in factors],
        "arms": {"": []},
        "outcomes": {},
        "labels": {},
    }
    write(folder, manifest)
