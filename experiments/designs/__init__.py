"""Designs: which runs an experiment needs. One file each, found by its name.

A design file offers ``tasks(study) -> list[SeedTask]`` and says what it is in its docstring's first line.
"""
from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType


def names() -> list[str]:
    """All designs, by file name."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def get(name: str) -> ModuleType:
    """The design's module; an unknown name is a KeyError that lists the designs."""
    if name not in names():
        raise KeyError(f"no design {name!r}; there are: {', '.join(names())}")
    return import_module(f"{__name__}.{name}")
