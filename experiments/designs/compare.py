"""Compare: every arm on the same seeds, the arms of a seed branching from one shared past."""
from __future__ import annotations

import json

from experiments import specs


def tasks(study, engine: str = specs.ENGINE) -> list[specs.SeedTask]:
    """One task per seed with all arms of ``study`` (a ``sim.study.Study``)."""
    version = specs.model_version(engine)
    scenario = study.place()
    packed, name = scenario_text(scenario), scenario.hash
    arms = {arm: specs.bundle(policies) for arm, policies in study.arms.items()}
    found = []
    for seed in study.seed_list:
        population = study.population_seed_of(seed)
        branches = tuple(
            specs.Branch(arm, policies, specs.run_id(name, policies, population, seed, scenario.burn_in_days, scenario.days, version))
            for arm, policies in arms.items())
        found.append(specs.SeedTask(packed, name, population, seed, scenario.burn_in_days, scenario.days, scenario.residents, branches, engine))
    return found


def scenario_text(scenario) -> str:
    """A scenario as it travels to workers."""
    return json.dumps(scenario.to_dict(), sort_keys=True, ensure_ascii=False)
