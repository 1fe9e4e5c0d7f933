"""Validation: what the founding documents claim, and patterns, beside what the model does.

A part of ``cogov validate`` is two files. ``trials_<part>.py`` offers ``run(request)`` and does what needs
the simulator; ``<part>.py`` offers ``read(folder)`` (its results, or None where there are none), ``judge``
and ``section(results, lang)`` (HTML), and reads results only. ``page.py`` sets the sections under each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from experiments.launch import Options

PARTS = ("claims", "patterns")
DONE, FAILED, STOPPED = 0, 1, 130  # what ``run`` returns, an exit code


@dataclass(frozen=True)
class Request:
    """What the command asked of a part. ``residents`` None: true sizes. ``seeds``: run seeds.

    ``command`` asks the same in any folder, ``again`` goes on in this one.
    """

    folder: Path
    seeds: tuple[int, ...]
    residents: int | None
    systems: tuple[str, ...] = ()
    launch: Options = Options()
    command: str = "cogov validate"
    again: str = "cogov validate"


def module(name: str) -> ModuleType | None:
    """A file of this package by its name; None where there is none."""
    full = f"{__name__}.{name}"
    return import_module(full) if find_spec(full) else None


def trials(part: str) -> ModuleType | None:
    """What runs a part."""
    return module(f"runs.{part}")


def reader(part: str) -> ModuleType | None:
    """What judges and shows a part."""
    return module(part)
