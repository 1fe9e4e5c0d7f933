"""The environment that computed results beside the model: Python, the packages that decide bits, the class of
machine.

Another environment may give other bits though the model is the same. Going on elsewhere with a batch
therefore first repeats one run that is stored, and refuses to mix what does not come out the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from experiments.store.kept import StoreError
from experiments.store.readable import Readable
from experiments.tasks import SeedTask

DECIDE = ("python", "numpy", "numba", "llvmlite")  # of the versions in a manifest
MACHINE = ("system", "architecture", "processor", "byte_order")


def of(manifest: Mapping) -> dict[str, str]:
    """The environment that a manifest names; empty where it names none."""
    versions, machine = manifest.get("versions") or {}, manifest.get("machine") or {}
    return {
        **{name: str(versions[name]) for name in DECIDE if name in versions},
        **{name: str(machine[name]) for name in MACHINE if name in machine},
    }


def all_of(there: Mapping, here: Mapping) -> list[dict[str, str]]:
    """Every environment that had a hand in a folder, each once, the present one last."""
    now = of(here)
    before = [*there.get("environments", []), of(there)]
    return [e for i, e in enumerate(before) if e and e != now and e not in before[:i]] + (
        [now] if now else []
    )


def differences(there: Mapping, here: Mapping) -> str:
    """'numpy 2.1 -> 2.2, ...' between two manifests; empty where they agree or one names none."""
    old, new = of(there), of(here)
    return ", ".join(
        f"{name} {old[name]} -> {new[name]}" for name in old if name in new and old[name] != new[name]
    )


def check(
    store: Readable,
    asked: Mapping,
    tasks: Sequence[SeedTask],
    say: Callable[..., None],
    warm: Callable[[], object],
) -> None:
    """Before going on in another environment: repeat a stored run of ``tasks`` and compare; StoreError if a
    bit differs.

    ``store`` has its manifest loaded and does not write yet; ``warm()`` compiles the model.
    """
    changed = differences(store.manifest, asked)
    stored = _stored(store, tasks) if changed else None
    if stored is None:
        return
    from experiments.running import worker

    task, row = stored
    say("environment.repeats", changed=changed, arm=row["arm"], seed=row["seed"])
    warm()
    again = worker.run_task(task)[0]
    differ = [name for name, value in again.outcomes.items() if not same(value, row.get(name))]
    if again.status != worker.OK or differ:
        raise StoreError(
            "environment.differs",
            folder=store.folder,
            changed=changed,
            arm=row["arm"],
            seed=row["seed"],
            names=", ".join(differ[:5]) or again.status,
        )
    say("environment.same")


def _stored(store: Readable, tasks: Sequence[SeedTask]):
    """(a task of one branch, its stored row) of the first run that is there and ended well; None without
    one.
    """
    asked = {
        (branch.run_id, branch.arm): task.only([branch])
        for task in reversed(tasks)
        for branch in task.branches
    }
    for path in store.parts("runs"):
        table = store.read(path)
        for row in table.to_pylist() if table is not None else ():
            if row["status"] == "ok" and (row["run_id"], row["arm"]) in asked:
                return asked[row["run_id"], row["arm"]], row
    return None


def same(new: float, old: float | None) -> bool:
    """Whether two values are one to the last bit; what was not measured is the same as what was not
    measured.
    """
    return (old is None or math.isnan(old)) if math.isnan(new) else new == old
