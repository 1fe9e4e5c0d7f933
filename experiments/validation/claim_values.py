"""Numbers of a claim by name: the document's figures, sizes of the place, outcomes of each seed."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from experiments.html.numbers import significant
from experiments.validation import arithmetic

BASELINE = "baseline"
# arm -> outcome -> one value per seed (NaN: failed or not measured)
Arms = Mapping[str, Mapping[str, np.ndarray]]


class Values:
    """Names of a claim's arithmetic: figures, numbers of the place, outcomes per seed of this system and
    its other arms.
    """

    def __init__(self, system: Mapping, claim: Mapping, arms: Arms):
        self.system, self.claim, self.arms = system, claim, arms

    def of(self, name: str):
        """A number, or values per seed; NaN where nothing was measured."""
        head, _, tail = name.partition(".")
        if name in self.claim.get("figures", {}):
            return float(self.claim["figures"][name]["value"])
        if name in self.claim.get("values", {}):
            return arithmetic.evaluate(self.claim["values"][name], self.of)
        if head in ("place", "sim") and tail:  # at true size, and as simulated
            return float(self.system[f"{head}_numbers"][tail])
        arm = (
            self.system["name"]
            if not tail
            else BASELINE
            if head == BASELINE
            else f"{self.system['name']}.{head}"
        )
        return np.asarray(self.arms.get(arm, {}).get(tail or name, np.array([math.nan])), dtype=float)

    def simulated(self, name: str) -> bool:
        """Whether a name stands for something that was simulated."""
        if name in self.claim.get("values", {}):
            return any(self.simulated(part) for part in arithmetic.names(self.claim["values"][name]))
        return name not in self.claim.get("figures", {}) and name.split(".")[0] not in ("place", "sim")

    def per_seed(self, expression) -> np.ndarray:
        return np.atleast_1d(np.asarray(arithmetic.evaluate(expression, self.of), dtype=float))

    def on_baseline(self, expression) -> np.ndarray:
        """The same measure of the baseline arm."""

        def value(name):
            own = "." in name or name in self.claim.get("figures", {}) or name in self.claim.get("values", {})
            return self.of(name if own else f"{BASELINE}.{name}")

        return np.atleast_1d(np.asarray(arithmetic.evaluate(expression, value), dtype=float))

    def mean(self, expression) -> float:
        """One number: outcomes as their means over seeds."""
        values = self.per_seed(expression)
        values = values[np.isfinite(values)]
        return float(values.mean()) if values.size else math.nan

    def blanks(self) -> dict[str, str]:
        """Figures and values of a claim as they stand in its sentences."""
        figures = {
            name: significant(f["value"] * 100.0) + "%" if f["unit"] == "share" else significant(f["value"])
            for name, f in self.claim.get("figures", {}).items()
        }
        return {
            **figures,
            **{name: significant(self.mean(e)) for name, e in (self.claim.get("values") or {}).items()},
        }
