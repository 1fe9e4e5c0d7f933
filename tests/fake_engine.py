"""An engine of a few lines for tests of the experiment layer: same surface as sim.engine, faults on request.

Policies: {"policy": "shift", "by": 1.0} lowers ``dispute_rate``; "fail" raises; "slow" sleeps; "die" ends the
process by SIGKILL, "stop" halts it by SIGSTOP (only once if ``once`` names a file that does not exist yet).
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

import numpy as np

VERSION = "1"
GRIDS = 3


def read_scenario(data: dict) -> dict:
    return data


def noise(*key) -> float:
    """A keyed uniform on [0, 1)."""
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=7).digest(), "little") / 2**56


class Engine:
    def __init__(self, scenario, policies=(), population_seed=1, run_seed=1, stage=None):
        if scenario.get("broken"):
            raise ValueError("a scenario that cannot start")
        self.scenario, self.key, self.policies = scenario, (population_seed, run_seed), list(policies)
        self.day = self.marked = 0

    def advance(self, days):
        for policy in self.policies:
            self._misbehave(policy)
        self.day += days

    def _misbehave(self, policy):
        if policy["policy"] == "fail" and policy.get("seed", self.key[1]) == self.key[1]:
            raise ZeroDivisionError("a policy that cannot work")
        if policy["policy"] == "slow":
            time.sleep(policy["seconds"])
        if policy["policy"] in ("die", "stop") and policy.get("seed", self.key[1]) == self.key[1]:
            if "once" in policy:
                try:
                    os.close(os.open(policy["once"], os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    return
            os.kill(os.getpid(), signal.SIGKILL if policy["policy"] == "die" else signal.SIGSTOP)

    def mark(self):
        self.marked = self.day

    def snapshot(self):
        return (self.scenario, self.key, self.day, self.marked)

    @classmethod
    def branch(cls, snapshot, policies):
        scenario, key, day, marked = snapshot
        engine = cls(scenario, policies, *key)
        engine.day, engine.marked = day, marked
        return engine

    @property
    def _effect(self):
        return sum(policy.get("by", 0.0) for policy in self.policies)

    def outcomes(self):
        shared, own = noise("shared", *self.key), noise("own", *self.key, len(self.policies))
        return {
            "dispute_rate": 8.0 + shared + 0.1 * own - self._effect,
            "cost_budget": 4.0 * self._effect,
            "satisfaction_index": float("nan") if self.key[1] == 999 else 60.0 + shared,
        }

    def series(self):
        days = np.arange(self.day - self.marked, dtype=np.int64)
        return {"day": days, "disputes": days * 0.5 + noise("series", *self.key), "claims": (days * 7) % 5}

    def grid_table(self):
        return {
            "grid": np.arange(GRIDS),
            "community": np.zeros(GRIDS, np.int64),
            "residents": np.full(GRIDS, 100),
            "disputes": np.arange(GRIDS) * 0.5,
        }


def marker(folder: Path) -> str:
    return str(Path(folder) / "died")
