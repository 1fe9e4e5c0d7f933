"""Time of a Sobol study: a sample of its rows measured, the whole projected; CPU time, one process.

    python benchmarks/sobol_time.py                 14,000 runs of 2,000 residents x (180 + 365) days, from
        200 of them
    python benchmarks/sobol_time.py --runs 400

Rows change parameters, so no burn-in is shared: every run is simulated from its first day. The bar is 180 s
on two cores, 360 s of CPU. It is measured twice: with twelve parameters within 5% of the model's own values,
and over their whole ranges, where there is half as much again to do (problems twice as often, full target
pressure). What a run costs outside its days: its place with other parameters, people, the first day's tables,
measuring.
"""

from __future__ import annotations

import argparse
import json
import time

from experiments.questions import to_tasks
from experiments.questions.plan import Plan
from experiments.running import worker

WHOLE, BAR = 14_000, 360.0
PLAN = {
    "name": "sobol_time",
    "title": {"en": "t", "zh": "t"},
    "summary": {"en": "t", "zh": "t"},
    "design": "sobol",
    "settings": {"n": 1000},
    "scenario": "small_community",
    "residents": 2000,
    "policies": [{"policy": "grid_management"}],
    "uncertainties": {
        n: {}
        for n in (
            "dispute_hazard",
            "formal_severity",
            "committee_share",
            "property_share",
            "problem_rate",
            "naming_rate",
            "mediation_rate",
            "contagion_weight",
            "heat_weight",
            "patrol_rate",
            "level2_cases",
            "kpi",
        )
    },
    "replicates": 2,
    "burn_in_days": 180,
    "days": 365,
    "outcomes": ["dispute_rate"],
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    args = parser.parse_args()
    from sim.config import registry
    from sim.precompile import compile_all

    compile_all()
    own = {name: registry.registry()[name].value for name in PLAN["uncertainties"]}
    narrow = {name: {"low": 0.95 * value, "high": 1.05 * value} for name, value in own.items()}
    print(
        json.dumps(
            {
                "within_5_percent_of_the_models_values": measured(
                    Plan.from_dict({**PLAN, "uncertainties": narrow}), args.runs
                ),
                "over_the_whole_ranges": measured(Plan.from_dict(PLAN), args.runs),
            },
            indent=1,
        )
    )


def measured(plan: Plan, runs: int) -> dict:
    """CPU of a sample of a plan's runs, and what the whole would take."""
    assert plan.rows == WHOLE
    began = time.process_time()
    tasks = to_tasks.tasks(plan)[::2][:: WHOLE // runs][:runs]
    laid = time.process_time() - began
    worker.run_chunk(tuple(tasks[:4]))
    some = tasks[::8]
    simulated = sum(map(engine_only, some))
    began = time.process_time()
    worker.run_chunk(tuple(some))
    outside = (time.process_time() - began - simulated) / len(some)
    began = time.process_time()
    for start in range(0, len(tasks), 20):
        worker.run_chunk(tuple(tasks[start : start + 20]))
    cpu = time.process_time() - began
    each = cpu / len(tasks)
    return {
        "runs_measured": len(tasks),
        "cpu_ms_per_run": round(1e3 * each, 2),
        "outside_the_days_ms_per_run": round(1e3 * outside, 2),
        "ns_per_resident_day": round(1e9 * each / 2000 / 545, 1),
        "projected_cpu_s_for_14000": round(each * WHOLE, 1),
        "bar_cpu_s": BAR,
        "two_cores_s": round(each * WHOLE / 2, 1),
        "met": each * WHOLE <= BAR,
        "laying_28000_tasks_s": round(laid, 1),
    }


def engine_only(task) -> float:
    """CPU seconds of the days alone, without building and measuring."""
    engine_class, scenario = worker.build(task)
    engine = engine_class(scenario, population_seed=task.population_seed, run_seed=task.run_seed)
    began = time.process_time()
    engine.advance(task.burn_in_days)
    engine.mark()
    engine = engine_class.branch(engine.snapshot(), task.branches[0].policy_dicts())
    engine.advance(task.days)
    return time.process_time() - began


if __name__ == "__main__":
    main()
