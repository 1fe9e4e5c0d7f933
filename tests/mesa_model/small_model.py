"""A small Mesa model for tests, and what it means that two engines' worlds are the same."""

from __future__ import annotations

import numpy as np

from sim.engine import Engine
from sim.mesa_model.community import CommunityModel
from sim.scenario import Scenario

PLACE = Scenario.load("small_community").scaled(360)


def model(policies=("grid_management",), seed=1, **more) -> CommunityModel:
    return CommunityModel(PLACE, policies, seed, **more)


def same_world(a: Engine, b: Engine) -> bool:
    def arrays(value):
        return [value] if isinstance(value, np.ndarray) else [x for part in value for x in arrays(part)]

    days = a.day + 1  # room for later days may differ
    return a.day == b.day and all(
        x[:days].tobytes() == y[:days].tobytes()
        if name in ("series", "cohorts")
        else all(p.tobytes() == q.tobytes() for p, q in zip(arrays(x), arrays(y)))
        for name, x, y in zip(a.world._fields, a.world, b.world)
        if name != "work"
    )
