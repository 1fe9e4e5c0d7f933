"""Published results: a study's comparison, report and manifest in a small folder, and the same study made
again from the manifest alone.

A published manifest holds what every run needs (place, arms, policies, seeds, versions) and a hash of every
run's outcomes, so that whoever repeats it learns the first run that differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.questions.comparison_table import TABLE
from experiments.store import csv_file, environment, kept, manifest
from experiments.store.kept import StoreError
from experiments.tasks import ENGINE, Base, SeedTask, bundle, outcome_names
from sim.config.errors import UserError

REPORT, ENTRY = "report.html", "published"
MOST_BYTES = 3_000_000  # of a published folder; a repository packs it to about a seventh


@dataclass(frozen=True)
class Published:
    """A published manifest, as a question that can be launched (``experiments.launch.Question``)."""

    document: Mapping
    folder: Path

    @property
    def name(self) -> str:
        """The study's name."""
        return self.document["study"]

    @property
    def runs(self) -> list[str]:
        """A hash per run, in the order of arms and seeds (or of the design's rows)."""
        return self.document[ENTRY]["runs"]

    @property
    def tables(self) -> dict[str, str]:
        """Table -> hash of its bytes."""
        return self.document[ENTRY]["tables"]

    def manifest(self) -> dict:
        """The same study, to be computed by the model and in the environment that are here."""
        rest = {
            name: value
            for name, value in self.document.items()
            if name not in (ENTRY, "known_arms", "environments", "created")
        }
        return {**rest, **manifest.computed_by(rest.get("engine", ENGINE))}

    def tasks(self) -> list[SeedTask]:
        """Every run of a comparison, or of a plan's design."""
        if "plan" in self.document:
            from experiments.questions import to_tasks
            from experiments.questions.plan import Plan

            return to_tasks.tasks(Plan.from_dict(self.document["plan"]))
        from sim.scenario import Scenario

        base = Base.of(Scenario.from_dict(self.document["scenario"]))
        arms = {arm: bundle(policies) for arm, policies in self.document["arms"].items()}
        people = self.document["population_seed"]
        return [
            base.task(arms, seed if people == "per_seed" else people, seed) for seed in self.document["seeds"]
        ]


def read(path: Path) -> Published:
    """A published manifest (or the folder it lies in), verified.

    UserError where it cannot be repeated from itself alone.
    """
    path = path / manifest.FILE if path.is_dir() else path
    document = manifest.read_file(path)
    entry = document.get(ENTRY)
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("runs"), list)
        or not isinstance(entry.get("tables"), dict)
    ):
        raise UserError("reproduce.not_published", path=path)
    if document.get("engine", ENGINE) != ENGINE:
        raise UserError("reproduce.engine", path=path, engine=document["engine"])
    if "scenario" not in document or ("plan" not in document and document.get("design") != "compare"):
        raise UserError("reproduce.design", path=path, design=document.get("design", "?"))
    _check_policies(document["arms"], path)
    return Published(document, path.parent)


def _check_policies(arms: Mapping, path: Path) -> None:
    """A policy that this version does not have is said before anything runs."""
    from experiments.questions.comparison import check_policies
    from sim.config.config_file import in_memory

    source = in_memory({}, str(path))
    for arm, policies in arms.items():
        check_policies(source, ("arms", arm), policies)
    source.raise_problems()


def publish(store, target: Path) -> list[Path]:
    """Write a finished study's table, report and manifest into ``target``; returns the files.

    UserError for what is not whole or too large.
    """
    if store.manifest.get("shard"):
        raise UserError("merge.only_a_shard", folder=store.folder, shard=store.manifest["shard"])
    store.verify()
    table, report = kept.read(store.folder / TABLE), (store.folder / REPORT).read_text(encoding="utf-8")
    if len(table) + len(report.encode()) > MOST_BYTES:
        raise UserError("reproduce.too_large", folder=store.folder, most=MOST_BYTES // 1_000_000)
    document = {
        **store.manifest,
        ENTRY: {
            "fingerprint": store.fingerprint(),
            "runs": list(run_hashes(store)),
            "tables": {TABLE: kept.content_hash(table)},
        },
    }
    if (target / manifest.FILE).exists() and not manifest.is_ours(target):
        raise StoreError("kept.not_ours", path=target / manifest.FILE)
    return [
        kept.write(target / TABLE, table),
        kept.write_own(target / REPORT, report),
        manifest.write(target, document),
    ]


def run_hashes(store) -> Iterator[str]:
    """A hash of each run's status and outcomes, in the order asked; its name is left out, so that
    versions can be compared.
    """
    for table in store.stream("runs"):
        names = sorted(outcome_names(table.column_names))
        columns = [table[name].to_numpy(zero_copy_only=False).astype("<f8") for name in names]
        head = "\0".join(names).encode()
        for row, status in enumerate(table["status"].to_pylist()):
            told = hashlib.blake2b(head + status.encode(), digest_size=8)
            for column in columns:
                value = column[row]
                told.update(b"nan" if value != value else value.tobytes())
            yield told.hexdigest()


@dataclass(frozen=True)
class Difference:
    """Where a repetition first differs: runs that differ, the first of them, and the first cell of the
    table.
    """

    runs: int = 0
    arm: str = ""
    seed: int = 0
    table: str = ""
    cell: str = ""

    def __bool__(self) -> bool:
        return bool(self.runs or self.table)


def compare(published: Published, store) -> Difference:
    """Hold the runs and tables of ``store`` against what was published."""
    found = list(run_hashes(store))
    wrong = [i for i, (old, new) in enumerate(zip(published.runs, found)) if old != new] + list(
        range(*sorted((len(found), len(published.runs))))
    )
    arm, seed = _who(store, min(wrong[0], len(found) - 1)) if wrong else ("", 0)
    for name, old in published.tables.items():
        if kept.content_hash(kept.read(store.folder / name)) != old:
            return Difference(
                len(wrong), arm, seed, name, _first_cell(published.folder / name, store.folder / name)
            )
    return Difference(len(wrong), arm, seed)


def _who(store, place: int) -> tuple[str, int]:
    table = store.runs(["arm", "seed"])
    return table["arm"][place].as_py(), table["seed"][place].as_py()


def _first_cell(old: Path, new: Path) -> str:
    """'dispute_rate, grid_management: difference -0.51 -> -0.52'; a dash where the published table is not
    at hand.
    """
    try:
        rows = csv_file.read(old), csv_file.read(new)
    except StoreError:
        return "–"
    for before, after in zip(*rows):
        for name in before:
            if before[name] != after.get(name):
                where = f"{before.get('outcome', '')}, {before.get('arm', '')}"
                return f"{where}: {name} {before[name] or '–'} -> {after.get(name) or '–'}"
    return f"{len(rows[0])} -> {len(rows[1])}"


def notes(published: Published) -> list[tuple[str, dict]]:
    """What to say before it is repeated: another model, another environment."""
    here = published.manifest()
    found: list[tuple[str, dict]] = []
    if here["model_version"] != published.document["model_version"]:
        found.append(
            (
                "reproduce.other_model",
                {
                    "there": published.document["model_version"],
                    "here": here["model_version"],
                    "commit": published.document.get("git_commit") or "–",
                },
            )
        )
    changed = environment.differences(published.document, here)
    return found + ([("reproduce.other_environment", {"changed": changed})] if changed else [])
