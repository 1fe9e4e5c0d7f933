"""Values of a folder of cells, one number per seed: mode -> cell -> outcome. Reads results only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from experiments.analysis.comparison import values_by_seed

Block = dict[str, dict[str, np.ndarray]]  # cell -> outcome -> one value per seed


def read_values(folder: Path) -> tuple[Mapping, dict[str, Block], int]:
    """(manifest, mode -> cell -> outcome -> values by seed with NaN where a run failed, failed runs)."""
    from experiments.store.folder import Store
    from experiments.tasks import HEAD

    store = Store(folder)
    manifest, table = store.load(), store.runs()
    names = [name for name in table.column_names if name not in HEAD]
    runs = {
        name: table[name].to_pylist() if name in ("arm", "status") else table[name].to_numpy()
        for name in ("arm", "seed", "status", *names)
    }
    found: dict[str, Block] = {}
    for label, arm in {**{arm: arm for arm in manifest["arms"]}, **manifest["same"]}.items():
        mode, cell = label.split(".", 1)
        block = values_by_seed(runs, arm, manifest["seeds"], names)
        found.setdefault(mode, {})[cell] = {name: block[:, i] for i, name in enumerate(names)}
    return manifest, found, sum(status != "ok" for status in runs["status"])


def means(block: Block) -> dict[str, dict[str, float]]:
    """cell -> outcome -> mean over seeds that have a value (NaN where none has)."""
    return {
        cell: {
            name: float(np.nanmean(v)) if np.isfinite(v).any() else float("nan")
            for name, v in outcomes.items()
        }
        for cell, outcomes in block.items()
    }
