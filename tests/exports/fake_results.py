"""Results folders of the fake engine: filled by arms and seeds, or by the rows of a design."""

from __future__ import annotations

from pathlib import Path

import fake_study

from experiments.running import runner
from experiments.store.folder import Store

ARMS = {"baseline": [], "shift": fake_study.SHIFT, "odd": [{"policy": "fail", "seed": 3}]}


def filled(folder: Path, seeds=range(1, 13), arms=ARMS, **changes):
    store = Store(folder).open(fake_study.manifest(arms, seeds, outcomes={}, parameters=[], **changes))
    missing = store.missing(fake_study.tasks(arms, seeds), store.journal())
    return store, runner.run_tasks(missing, store.write, workers=1)
