"""Rooms of the house: imports run one way, foreign packages come in by their doors, nothing heavy loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source_trees import DOORS, EXPERIMENTS, MODULES, ROOT, SIM, imports, name_of

# From the ground up; a room (a folder, or a file beside the folders) imports from rooms that stand before it,
# never from a later one.
ROOMS = {
    "sim": """
        vocabulary config numerics calendar levers scenario world mechanisms agents initial_stock policies day
        metrics engine precompile mesa_model
    """,
    "experiments": """
        files console tasks designs running store analysis exports questions launch html report validation
        publishing commands cli
    """,
}
SIBLINGS = (
    SIM / "agents",
    SIM / "policies",
    SIM / "metrics",
    EXPERIMENTS / "designs",
    EXPERIMENTS / "commands",
)  # one idea, one file: they never meet
SHARED = (
    "base",
    "readings",
    "factors",
    "spread",
    "_options",
    "_design",
    "_precision",
)  # what siblings of a folder have in common
HEAVY = {
    "pandas",
    "matplotlib",
    "scipy",
    "SALib",
    "pyarrow",
    "seaborn",
    "jinja2",
    "rich",
    "networkx",
}  # numba itself looks for scipy


def place(module: str) -> int:
    """Where a module's room stands in ROOMS."""
    top, room = module.split(".")[:2]
    rooms = ROOMS[top].split()
    assert room in rooms, f"{module} is in no room of the plan: give {room} its place in ROOMS"
    return rooms.index(room)


def inside(path: Path, package: str) -> set[str]:
    """Imports of a file that stay within a package."""
    return {m for m in imports(path) if m.split(".")[0] == package}


@pytest.mark.parametrize("module", sorted(m for m in MODULES if "." in m))
def test_imports_run_one_way(module):
    """No module imports from a later room of its plan, not even inside a function."""
    top = module.split(".")[0]
    later = {m for m in inside(MODULES[module], top) - {top} if place(m) > place(module)}
    assert later == set()


def test_the_plan_is_what_lies_on_disk():
    """Every room of the plan is there, and nothing else."""
    for top, rooms in ROOMS.items():
        there = {
            p.stem
            for p in (ROOT / top).iterdir()
            if p.suffix == ".py" or (p.is_dir() and any(p.glob("*.py")))
        } - {"__init__"}
        assert there == set(rooms.split())


def test_no_import_cycles():
    """The graph of all imports, lazy ones too, has no cycle (a package's __init__ and its own files count
    as one way in).
    """
    graph = {m: {x for x in imports(p) if x in MODULES and x != m} for m, p in MODULES.items()}
    done, path = set(), []

    def visit(m):
        assert m not in path, " -> ".join([*path[path.index(m) :], m])
        if m not in done:
            path.append(m)
            for x in sorted(graph[m]):
                visit(x)
            path.pop()
            done.add(m)

    for m in sorted(graph):
        visit(m)


@pytest.mark.parametrize("folder", SIBLINGS, ids=lambda p: p.name)
def test_siblings_never_import_each_other(folder):
    """Files of one kind share only their base: a file can be added or removed without touching another."""
    package = name_of(folder)
    for path in folder.glob("*.py"):
        if path.stem not in ("__init__", *SHARED):
            met = (
                {m for m in imports(path) if m.startswith(package + ".")}
                - {f"{package}.{shared}" for shared in SHARED}
                - {name_of(path)}
            )
            assert met == set(), path.name


def test_the_model_never_imports_the_experiments():
    for module, path in MODULES.items():
        if module.startswith("sim"):
            assert inside(path, "experiments") == set(), module


def test_analysis_and_report_read_results_only():
    """What reads results knows nothing of the model but its words."""
    for module, path in MODULES.items():
        if module.startswith(("experiments.analysis", "experiments.report")):
            assert inside(path, "sim") <= {"sim.config.catalog", "sim.config.errors", "sim.config"}, module


@pytest.mark.parametrize("package", DOORS)
def test_foreign_packages_enter_by_their_door(package):
    users = {m for m, p in MODULES.items() if any(x.split(".")[0] == package for x in imports(p))}
    assert users <= DOORS[package]


def test_nothing_heavy_at_the_top_of_a_file():
    """pandas, plotting, scipy and their like are imported inside the functions that use them, if at all."""
    for module, path in MODULES.items():
        assert {x.split(".")[0] for x in imports(path, lazy=False)} & HEAVY == set(), module


def test_running_the_engine_loads_nothing_heavy():
    """A worker that runs a year and measures it has imported neither Mesa nor any of the heavy packages."""
    code = (
        "import sys; from sim.engine import Engine; "
        "Engine('small_community').advance(30).mark().advance(30).outcomes(); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {m.split(".")[0] for m in loaded} & (HEAVY - {"scipy"} | {"mesa"}) == set()
