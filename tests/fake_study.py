"""Tasks and manifests around the fake engine."""

from __future__ import annotations

from experiments import tasks as specs

ENGINE = "fake_engine"
SHIFT = [{"policy": "shift", "by": 1.0}]


def tasks(
    arms: dict, seeds, days: int = 5, scenario: str = '{"name": "fake"}', residents: int = 300
) -> list[specs.SeedTask]:
    version = specs.model_version(ENGINE)
    made = []
    for seed in seeds:
        branches = []
        for arm, policies in arms.items():
            bundled = specs.bundle(policies)
            branches.append(
                specs.Branch(arm, bundled, specs.run_id("fake", bundled, seed, seed, 2, days, version))
            )
        made.append(specs.SeedTask(scenario, "fake", seed, seed, 2, days, residents, tuple(branches), ENGINE))
    return made


def manifest(arms: dict, seeds, **changes) -> dict:
    return {
        "study": "fake",
        "days": 5,
        "burn_in_days": 2,
        "population_seed": "per_seed",
        "scenario_hash": "fake",
        "model_version": specs.model_version(ENGINE),
        "arms": arms,
        "seeds": list(seeds),
        **changes,
    }
