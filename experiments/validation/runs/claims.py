"""Runs for the claims table: every system on paired seeds, systems of one place sharing burn-in and
baseline.
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments import launch
from experiments.console import in_language, say
from experiments.running import progress
from experiments.store.kept import write_document
from experiments.validation import DONE, FAILED, STOPPED, Request, claims, claims_file
from experiments.validation.systems import ARM_OF_BASELINE, System, load_all, place_numbers


def run(request: Request) -> int:
    """Run what is missing, judge, write claims.csv; an exit code: DONE, FAILED (some runs), STOPPED.

    A shard is not judged.
    """
    systems = load_all(request.systems)
    asked = [(study, request.folder / "places" / study.scenario) for study in studies(systems, request)]
    jobs = launch.prepare(asked, request.launch, command=request.command)

    def opening(cost) -> None:
        say(
            "validate.claims.preview",
            systems=len(systems),
            places=len(jobs),
            runs=cost.runs,
            there=cost.there,
            seeds=len(request.seeds),
        )

    if not launch.carry_out(
        jobs,
        request.launch,
        request.again,
        opening,
        lambda job, summary: _place_done(job, summary, jobs, request),
    ):
        return STOPPED
    if request.launch.shard:
        return DONE
    write_document(request.folder / claims.SPEC, spec(systems, request, [study for study, _ in asked]))
    results = claims.read(request.folder)
    table = claims_file.write_csv(results, request.folder / claims.TABLE)
    say(
        "validate.claims.done",
        claims=len(results.lines),
        table=table,
        **{v: results.count(v) for v in claims.VERDICTS},
    )
    failed = sum(count for _, count in results.runs.values())
    if failed:
        say("validate.claims.failed", failed=failed, runs=sum(job.store.asked_here for job in jobs))
    return FAILED if failed else DONE


def _place_done(job, summary, jobs, request: Request) -> None:
    """A line for a place that was run."""
    if summary is not None and not request.launch.quiet:
        study = job.question
        say(
            "validate.place",
            which=f"{jobs.index(job) + 1}/{len(jobs)}",
            place=in_language(study.title, study.scenario),
            residents=f"{job.missing[0].residents:,}",
            arms=len(study.arms),
            runs=summary.ok + summary.failed,
            time=progress.duration(summary.seconds),
        )


def studies(systems: Sequence[System], request: Request) -> list:
    """One study per place: the baseline, and every system there with its variants."""
    from experiments.questions.comparison import Study
    from sim.scenario import Scenario

    found = []
    for name in dict.fromkeys(system.place for system in systems):
        place = Scenario.load(name)
        there = [system for system in systems if system.place == name]
        arms = {
            ARM_OF_BASELINE: [],
            **{
                arm: [dict(p) for p in policies]
                for system in there
                for arm, policies in system.arms().items()
            },
        }
        size = (
            {"residents": request.residents}
            if request.residents and request.residents < place.residents
            else {}
        )
        found.append(
            Study.from_dict(
                {
                    "name": f"validate_{name}",
                    "title": place.title.model_dump(),
                    "summary": place.summary.model_dump(),
                    "scenario": name,
                    "arms": arms,
                    "seeds": list(request.seeds),
                    **size,
                }
            )
        )
    return found


def spec(systems: Sequence[System], request: Request, planned: Sequence) -> dict:
    """What the judging part needs, as plain data: systems with their claims, the numbers of their places,
    sizes simulated.
    """
    places = {study.scenario: study.place() for study in planned}
    size = {
        name: {"residents": place.residents, "communities": place.communities}
        for name, place in places.items()
    }
    return {
        "seeds": list(request.seeds),
        "residents": request.residents,
        "systems": [
            {
                **system.model_dump(mode="json"),
                "place_numbers": place_numbers(system.place),
                "sim_numbers": size[system.place],
            }
            for system in systems
        ],
    }
