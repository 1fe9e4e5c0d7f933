"""cogov compare: run a study's arms on paired seeds, compare them, write the report."""
from __future__ import annotations

from pathlib import Path

from experiments import batch, precision
from experiments.console import next_steps, say
from experiments.verbs import _options as options
from sim.texts import text

FAILED = 1


def arguments(parser) -> None:
    parser.add_argument("study", metavar=text("cli.arg.study"), help=text("cli.arg.study.help"))
    parser.add_argument("--seeds", type=options.seeds, metavar="N", help=text("cli.option.seeds"))
    options.size(parser)
    parser.add_argument("--from-day", type=options.positive, metavar="N", help=text("cli.option.from_day"))
    precision.arguments(parser)
    options.batch(parser)


def run(args) -> int:
    """Preview, run what is missing, compare, report; says where everything is."""
    study = options.study(args)
    folder = args.out or default_folder(study, args)
    if args.precision:
        return precision.run(args, folder, study, asked, finish)
    manifest, tasks = asked(study)
    store, missing = batch.prepare({**manifest, "command": options.question(args)}, tasks, folder, args)
    if not batch.carry_out(args, store, missing, options.same_command(args, folder)):
        return batch.STOPPED
    if args.shard:
        say("merge.shard_done", folder=folder, shard="{}/{}".format(*args.shard))
        next_steps(f"cogov merge {_shards(folder, args.shard[1])} --out {Path('results') / study.name}")
        return 0
    return finish(args, store)


def _shards(folder: Path, of: int) -> str:
    """The folders of all shards, as default_folder names them, or an ellipsis."""
    stem, dash, _ = str(folder).rpartition("-shard")
    return " ".join(f"{stem}{dash}{i}of{of}" for i in range(1, of + 1)) if dash else f"{folder} ..."


def asked(study):
    """(manifest, tasks) of a comparison."""
    from experiments import designs
    from experiments.manifest import describe

    return describe(study, "compare"), designs.get("compare").tasks(study)


def default_folder(study, args) -> Path:
    """results/<study>, with what was overridden in its name, so that different questions never share a folder."""
    marks = ((args.residents, "r"), (args.days, "d"), (args.burn_in, "b"), (args.from_day, "f"), (args.shard and "{}of{}".format(*args.shard), "shard"))
    return Path("results") / "-".join([study.name, *(f"{letter}{value}" for value, letter in marks if value is not None)])


def finish(args, store) -> int:
    """Statistics and report from what the folder holds."""
    runs = options.columns(store.runs())
    failed = [i for i, status in enumerate(runs["status"]) if status != "ok"]
    if failed:
        first = {name: runs[name][failed[0]] for name in ("run_id", "arm", "seed", "error")}
        say("compare.failed", failed=len(failed), runs=len(runs["status"]), arm=first["arm"], seed=first["seed"],
            why=(first["error"].strip().splitlines() or ["?"])[-1])
        if len(failed) == len(runs["status"]):
            say("compare.all_failed", folder=store.folder)
            next_steps(f"cogov replay {store.folder} {first['run_id']}")
            return FAILED
    table = _statistics(store, runs)
    report = "–" if args.no_report else options.write_report(store.folder, args.lang)
    say("compare.done", folder=store.folder, comparison=table, report=report)
    next_steps(*([f"cogov replay {store.folder} {first['run_id']}"] if failed else []),
               f"cogov export {store.folder} --to csv", options.more_seeds(args, len(store.manifest["seeds"])))
    return FAILED if failed else 0


def _statistics(store, runs: dict) -> Path:
    from experiments.analysis import comparison
    from experiments.specs import outcome_names

    manifest = store.manifest
    question = comparison.Question(
        list(manifest["arms"]), manifest["baseline"], manifest["seeds"], outcome_names(runs),
        {name: info["better"] for name, info in manifest["outcomes"].items()}, manifest["smallest_effect"],
        manifest.get("shown") or (), list(manifest.get("precision") or ()),
        {name: info["unit"] for name, info in manifest["outcomes"].items()})
    return comparison.write_csv(comparison.compare(runs, question), store.folder / "comparison.csv")
