"""cogov replay: one run of a results folder again, from its id, and whether it comes out the same."""

from __future__ import annotations

import math

from experiments.commands import _options as options
from experiments.console import command, next_steps, same_command, say
from sim.config.catalog import text
from sim.config.errors import UserError

FAILED = 1


def arguments(parser) -> None:
    parser.add_argument(
        "out", type=options.folder, metavar=text("cli.arg.folder"), help=text("cli.arg.results.help")
    )
    parser.add_argument("run_id", metavar=text("cli.arg.run_id"), help=text("cli.arg.run_id.help"))
    parser.add_argument("--engine", metavar=text("cli.arg.engine"), help=text("cli.option.engine"))


def run(args) -> int:
    store = options.opened(args.out)
    store.verify()
    engine = _engine(args, store.manifest)
    place = _row(store.runs(["run_id"])["run_id"].to_pylist(), args.run_id)
    row = store.runs().slice(place, 1).to_pylist()[0]
    again = _again(store, row, engine)
    if again.status != "ok":
        print(again.error)
        say("replay.fails", run=row["run_id"], arm=row["arm"], seed=row["seed"])
        next_steps(command("report", args.out))
        return FAILED
    differ = [name for name, value in again.outcomes.items() if not _same(value, row.get(name))]
    say(
        "replay.outcomes" if row["status"] == "ok" else "replay.recovered",
        run=row["run_id"],
        arm=row["arm"],
        seed=row["seed"],
    )
    options.outcomes_table(again.outcomes, store.manifest["shown"] or None)
    if row["status"] == "ok":
        say("replay.differs" if differ else "replay.same", count=len(differ), names=", ".join(differ[:5]))
    next_steps(command("report", args.out))
    return FAILED if differ and row["status"] == "ok" else 0


def _row(names: list[str], wish: str) -> int:
    """The place of the one run whose id begins so (its first row, where it serves several)."""
    found = {name: i for i, name in reversed(list(enumerate(names))) if name.startswith(wish)}
    if len(found) != 1:
        raise UserError("replay.which", wish=wish, found=len(found), example=names[0] if names else "–")
    return next(iter(found.values()))


def _engine(args, manifest: dict) -> str:
    """Our own engine, or the one that the user names: a manifest must not choose what code is run."""
    from experiments.tasks import ENGINE

    named = str(manifest.get("engine") or ENGINE)
    if named not in (ENGINE, args.engine):
        raise UserError("replay.engine", engine=named, command=same_command(args, engine=named))
    return named


def _again(store, row: dict, engine: str):
    """The run once more, in this process: exactly what its id stands for, else a UserError."""
    from experiments import tasks
    from experiments.running import worker
    from sim.scenario import Scenario

    manifest, version = store.manifest, tasks.model_version(engine)
    policies, values, fields = _asked(store, row)
    scenario = Scenario.from_dict({**manifest["scenario"], **fields})
    task = tasks.Base.of(scenario, engine).task(
        {row["arm"]: tasks.bundle(policies)}, row["population_seed"], row["seed"], values=values, record=()
    )
    if version != manifest["model_version"]:
        say("replay.other_version")
    elif task.branches[0].run_id != row["run_id"]:
        raise UserError("replay.other_run", run=row["run_id"], arm=row["arm"], folder=store.folder)
    return worker.run_task(task)[0]


def _asked(store, row: dict) -> tuple[list, dict, dict]:
    """(policies, overrides, fields of the place) of a run: from its row of the design's table, or of its
    arm in the manifest.
    """
    import json

    manifest, design, arm = store.manifest, store.design(), row["arm"]
    if design is not None:
        found = design.slice(design["run_id"].to_pylist().index(row["run_id"]), 1).to_pylist()[0]
        return json.loads(found["policies"]), json.loads(found["values"]), {}
    own = ({**manifest.get(name, {})}.get(arm, {}) for name in ("values", "places"))
    return manifest["arms"][arm], *own


def _same(new: float, old: float | None) -> bool:
    return (old is None or math.isnan(old)) if math.isnan(new) else new == old
