"""Ownership of a folder: what is ours may be set aside, what is somebody else's is never written over, moved
or deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.store import kept, locking, manifest
from experiments.store.kept import StoreError
from experiments.store.manifest import FURTHER, IDENTITY
from experiments.tasks import digest

DATASETS = ("series", "grids", "runs")
ASIDE = "set-aside"
TABLES = (
    "comparison.csv",
    "report.html",
    "design.csv",
    "indices.csv",
    "convergence.csv",
    "ranks_against_n.csv",
    "ranks.csv",
    "against.csv",
    "effects.csv",
)
NAMES = (
    *DATASETS,
    manifest.FILE,
    "design.parquet",
    kept.JOURNAL,
    *TABLES,
)  # what a study may write; export/ looks after itself
_NOBODYS = {".DS_Store", "Thumbs.db", "desktop.ini", locking.FILE}


def refuse_foreign(folder: Path, fresh: bool) -> None:
    """StoreError if a folder without a manifest is not free: it has content (unless ``fresh``), or files
    where ours would be.
    """
    if any(any((folder / name).glob("part-*.parquet")) for name in DATASETS):
        raise StoreError("store.no_manifest", folder=folder)
    try:
        there = sorted(path.name for path in folder.iterdir() if not _is_nobodys(path.name))
    except OSError:  # not there yet, or no folder: whoever writes says so
        return
    ours = set(kept.journal(folder)) | {kept.JOURNAL}
    taken = [name for name in there if name in NAMES and name not in ours]
    if taken:
        raise StoreError("store.not_ours", folder=folder, name=taken[0])
    rest = [name for name in there if name not in ours and name != ASIDE]
    if rest and not fresh:
        raise StoreError("store.not_empty", folder=folder, name=rest[0])


def refuse_for_tables(folder: Path, fresh: bool) -> None:
    """StoreError unless the analysis of a table may write here: a new folder, or one of an earlier
    analysis, never a study's.
    """
    if folder.exists() and not folder.is_dir():
        raise StoreError("store.is_file", path=folder)
    if not (folder / manifest.FILE).exists():
        refuse_foreign(folder, fresh)
    elif manifest.read(folder, study=False).get("design") != "table":
        raise StoreError("store.holds_study", folder=folder)


def _is_nobodys(name: str) -> bool:
    return name in _NOBODYS or (name.startswith(".") and name.endswith(".tmp"))


def ours(folder: Path) -> list[str]:
    """Names in a folder that a former study of ours left there (none in a folder that is not ours)."""
    if not _is_results(folder):
        return []
    try:
        listed = list(kept.journal(folder))
    except StoreError:  # damaged, or older than the journal: then the names we are known by
        listed = []
    return [
        name
        for name in dict.fromkeys(
            (*DATASETS, "design.parquet", manifest.FILE, *TABLES, *listed, kept.JOURNAL)
        )
        if (folder / name).exists()
    ]


def _is_results(folder: Path) -> bool:
    """A manifest of ours, of any version, or parts of ours beside a damaged one."""
    try:
        manifest.read(folder, study=False)
        return True
    except StoreError as error:
        if error.key == "store.no_manifest":
            return False
        if error.key == "kept.no_hash":
            return manifest.is_old(folder)
    return kept.SEAL.encode() in (folder / manifest.FILE).read_bytes()[:64] or any(
        any((folder / name).glob("part-*.parquet")) for name in DATASETS
    )


def refuse_other(folder: Path, there: Mapping, asked: Mapping, further: Sequence[str] = FURTHER) -> None:
    """StoreError if the manifest that is ``there`` is not of the study that is ``asked``."""
    for name in (*IDENTITY, *further):
        if digest(there.get(name)) == digest(asked.get(name)):
            continue
        if name == "model_version":
            raise StoreError("store.other_model", folder=folder, there=there.get("git_commit") or there[name])
        raise StoreError(
            "store.other_study",
            folder=folder,
            what=name,
            there=_short(there.get(name)),
            asked=_short(asked.get(name)),
        )


def _short(value: object) -> str:
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= 60 else words[:57] + "..."
