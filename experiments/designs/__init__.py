"""Designs: which runs an experiment needs. One file each, found by its name.

``compare`` offers ``tasks(study)``. All others lay rows for a plan (``experiments.questions.plan.Plan``) and
offer

    VERB       "sweep" or "sensitivity": the command that runs it
    ANALYSES   names of the analyses that read its rows (``experiments.analysis``)
    GROUPS     whether its analyses take grouped factors
    GROWS      the setting whose doubling keeps every row that is there, "" if none does
    SETTINGS   name -> ``experiments.designs.factors.Setting``
    rows(factors, settings, seed) -> array (rows, factors) in the unit cube
    count(factors, settings) -> number of rows, without laying them
    block(factors, settings) -> rows that stand or fall together where runs failed for good (without it: each
        row by itself)

``factorial`` varies policies and not rows. The first line of a design's docstring says what it is.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from sim.config.catalog import listed, nearest
from sim.config.errors import NoKey

TOOLS = ("factors", "spread")  # what designs are made with


def names() -> list[str]:
    """All designs, by file name."""
    return sorted(
        path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("__init__", *TOOLS)
    )


def for_plans() -> list[str]:
    """Designs that a plan may ask for: those that say which verb runs them."""
    return [name for name in names() if hasattr(get(name), "VERB")]


def get(name: str) -> ModuleType:
    """The design's module; an unknown name is an error (a KeyError too) that names the nearest, or all."""
    if name not in names():
        near = nearest(name, names())
        raise NoKey(
            "config.choice_near" if near else "config.choice", value=name, near=near, known=listed(names())
        )
    return import_module(f"{__name__}.{name}")
