"""Runs for the claims table: every system on paired seeds, systems of one place sharing burn-in and baseline."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from experiments.console import in_language, say
from experiments.kept import write_document
from experiments.validation import DONE, FAILED, STOPPED, Request, claims
from experiments.validation.systems import ARM_OF_BASELINE, System, load_all, place_numbers
from sim.texts import text

IN_PROCESS_BELOW = 2.0  # seconds of work for which starting processes does not pay


def run(request: Request) -> int:
    """Run what is missing, judge, write claims.csv; an exit code: DONE, FAILED (some runs), STOPPED."""
    systems = load_all(request.systems)
    planned = [(study, request.folder / "places" / study.scenario) for study in studies(systems, request)]
    jobs = [(study, *prepare(study, folder, request)) for study, folder in planned]
    write_document(request.folder / claims.SPEC, spec(systems, request, [study for study, _ in planned]))
    todo = sum(len(task.branches) for *_, missing in jobs for task in missing)
    asked = sum(len(study.arms) * len(study.seed_list) for study, *_ in jobs)
    say("validate.claims.preview", systems=len(systems), places=len(jobs), runs=todo, there=asked - todo, seeds=len(request.seeds))
    if todo:
        request.warm()
    for i, (study, store, missing) in enumerate(jobs, 1):
        if missing and not _launch(study, store, missing, request, f"{i}/{len(jobs)}"):
            say("validate.stopped", folder=request.folder)
            return STOPPED
    results = claims.read(request.folder)
    table = claims.write_csv(results, request.folder / claims.TABLE)
    say("validate.claims.done", claims=len(results.lines), table=table, **{v: results.count(v) for v in claims.VERDICTS})
    failed = sum(count for _, count in results.runs.values())
    if failed:
        say("validate.claims.failed", failed=failed, runs=asked)
    return FAILED if failed else DONE


def studies(systems: Sequence[System], request: Request) -> list:
    """One study per place: the baseline, and every system there with its variants."""
    from sim.scenario import Scenario
    from sim.study import Study

    found = []
    for name in dict.fromkeys(system.place for system in systems):
        place = Scenario.load(name)
        there = [system for system in systems if system.place == name]
        arms = {ARM_OF_BASELINE: [], **{arm: [dict(p) for p in policies] for system in there for arm, policies in system.arms().items()}}
        size = {"residents": request.residents} if request.residents and request.residents < place.residents else {}
        found.append(Study.from_dict({"name": f"validate_{name}", "title": place.title.model_dump(), "summary": place.summary.model_dump(),
                                      "scenario": name, "arms": arms, "seeds": list(request.seeds), **size}))
    return found


def prepare(study, folder: Path, request: Request):
    """(store, tasks still to run) of a study's folder."""
    from experiments import batch, designs
    from experiments.manifest import describe

    return batch.prepare(describe(study, "compare"), designs.get("compare").tasks(study), folder, request)


def _launch(study, store, missing, request: Request, which: str) -> bool:
    from experiments import executors, preview, progress, runner

    cost = preview.cost(missing, store.asked_here)
    with executors.place(None, request.workers, small=cost.seconds < IN_PROCESS_BELOW) as (executor, workers):
        bars = progress.make(Counter(branch.arm for task in missing for branch in task.branches), text, request.quiet)
        try:
            summary = runner.run_tasks(missing, store.write, workers=workers, executor=executor, progress=bars)
        finally:
            bars.close()
    if not request.quiet:
        say("validate.place", which=which, place=in_language(study.title, study.scenario), residents=f"{missing[0].residents:,}",
            arms=len(study.arms), runs=summary.ok + summary.failed, time=progress.duration(summary.seconds))
    return not summary.stopped


def spec(systems: Sequence[System], request: Request, planned: Sequence) -> dict:
    """What the judging part needs, as plain data: systems with their claims, the numbers of their places, sizes simulated."""
    places = {study.scenario: study.place() for study in planned}
    size = {name: {"residents": place.residents, "communities": place.communities} for name, place in places.items()}
    return {"seeds": list(request.seeds), "residents": request.residents,
            "systems": [{**system.model_dump(mode="json"), "place_numbers": place_numbers(system.place), "sim_numbers": size[system.place]}
                        for system in systems]}
