"""Fit of the baseline's free constants, and of nothing else: no policy is ever run here.

Five constants, five targets, damped Newton on finite differences with keyed draws. Run
``python benchmarks/fit_baseline.py`` and copy what it prints into configs/parameters.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from sim.engine import Engine
from sim.scenario import Scenario

# constant -> (what it is fitted to, target, source, first step)
TARGETS = {
    "formal_constant": ("funnel_third", 0.20, "Michelson 2007 (rural): third party", 0.3),
    "direct_constant": ("funnel_bilateral", 0.47, "Michelson 2007 (rural): bilateral", 0.2),
    "dispute_hazard": (
        "mediated_rate",
        6.6,
        "mediated disputes per 1,000 and year, statistical yearbook 2012",
        1e-4,
    ),
    "ambient_constant": (
        "share_satisfied",
        0.62,
        "between .44 (2003) and .75: satisfaction with grassroots government",
        0.05,
    ),
    "baseline_stock": ("neutral_stock", 0.0, "feedback is neutral at the baseline's own stock", 0.02),
}
SEEDS = range(101, 109)  # apart from the seeds of any study


def measure(task) -> list[float]:
    """The five moments of one seed: a year of burn-in, two years measured."""
    values, seed = task
    scenario = Scenario.load("hongshan_road").with_parameters(values)
    engine = Engine(scenario, (), seed, seed).advance(365).mark().advance(730)
    out = engine.outcomes()
    out["mediated_rate"] = engine.readings().per_year("mediations")
    out["neutral_stock"] = out["load"] - values["baseline_stock"]
    return [out[name] for name, *_ in TARGETS.values()]


def moments(pool, values: dict) -> np.ndarray:
    """Means over seeds."""
    return np.mean(list(pool.map(measure, [(values, s) for s in SEEDS])), axis=0)


def main(rounds: int = 5) -> None:
    """Print each round's moments and constants."""
    names = list(TARGETS)
    target = np.array([t[1] for t in TARGETS.values()])
    steps = np.array([t[3] for t in TARGETS.values()])
    from sim.config.registry import registry

    x = np.array([registry()[n].value for n in names])
    with ProcessPoolExecutor(2) as pool:
        for n in range(rounds):
            y = moments(pool, dict(zip(names, x)))
            print(
                f"round {n}:",
                {k: round(float(v), 5) for k, v in zip(names, x)},
                {t[0]: round(float(v), 4) for t, v in zip(TARGETS.values(), y)},
                flush=True,
            )
            jacobian = np.column_stack(
                [
                    (moments(pool, dict(zip(names, x + step))) - y) / s
                    for s, step in zip(steps, np.diag(steps))
                ]
            )
            x = x + np.clip(np.linalg.solve(jacobian, target - y), -3 * steps, 3 * steps)
    print({k: round(float(v), 5) for k, v in zip(names, x)})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
