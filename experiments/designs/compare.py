"""Compare: every arm on the same seeds, the arms of a seed branching from one shared past."""

from __future__ import annotations

from typing import Any

from experiments.tasks import ENGINE, Base, SeedTask, bundle


def tasks(study: Any, engine: str = ENGINE) -> list[SeedTask]:
    """One task per seed with all arms of ``study`` (a ``experiments.questions.comparison.Study``)."""
    base = Base.of(study.place(), engine)
    arms = {arm: bundle(policies) for arm, policies in study.arms.items()}
    return [base.task(arms, study.population_seed_of(seed), seed) for seed in study.seed_list]
