"""The table comparison.csv of a results folder: the one place where a manifest becomes the question that
statistics answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.store.folder import Store

TABLE = "comparison.csv"


def write(store: Store, runs: Mapping[str, Sequence]) -> Path:
    """Compare every arm with the baseline and write the table; ``runs`` are the columns of runs/
    (``commands._options.columns``).
    """
    from experiments.analysis import comparison
    from experiments.tasks import outcome_names

    manifest = store.manifest
    question = comparison.Question(
        list(manifest["arms"]),
        manifest["baseline"],
        manifest["seeds"],
        outcome_names(runs),
        {name: info["better"] for name, info in manifest["outcomes"].items()},
        manifest["smallest_effect"],
        manifest.get("shown") or (),
        list(manifest.get("precision") or ()),
        {name: info["unit"] for name, info in manifest["outcomes"].items()},
    )
    return comparison.write_csv(comparison.compare(runs, question), store.folder / TABLE)
