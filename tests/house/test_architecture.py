"""The house keeps its order: layers, doors, budgets, one source of randomness, no idle number, no stale
engine.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from sim import day
from sim.config import registry
from sim.numerics import jit

ROOT = Path(__file__).resolve().parents[2]
SIM, EXPERIMENTS = ROOT / "sim", ROOT / "experiments"

# From the ground up; a room (a folder, or a file beside the folders) imports from rooms that stand before it,
# never from a later one.
ROOMS = {
    "sim": "vocabulary config numerics calendar levers scenario world mechanisms agents initial_stock policies day metrics engine precompile mesa_model",
    "experiments": "files console tasks designs running store analysis exports questions launch html report validation publishing commands cli",
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
DOORS = {  # package -> the only modules that may import it anywhere (lazily too)
    "mesa": {"sim.mesa_model.views", "sim.mesa_model.agent_set", "sim.mesa_model.community"},
    "numba": {"sim.numerics.jit"},
    "llvmlite": set(),
}
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
SOURCES = sorted(
    [
        *SIM.rglob("*.py"),
        *EXPERIMENTS.rglob("*.py"),
        *(ROOT / "benchmarks").rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
    ]
)


def name_of(path: Path) -> str:
    """Dotted name of a source file (a package's own name for its __init__)."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


MODULES = {name_of(p): p for p in [*SIM.rglob("*.py"), *EXPERIMENTS.rglob("*.py")]}


def _targets(node) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{a.name}" for a in node.names]
        return [x if x in MODULES else node.module for x in inner]
    return []


def imports(path: Path, lazy: bool = True) -> set[str]:
    """Modules that a file imports; without ``lazy`` only those imported when it is itself imported."""
    found, todo = set(), list(tree(path).body)
    while todo:
        node = todo.pop()
        if not lazy and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue  # never run
        found.update(_targets(node))
        if lazy or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            todo += list(ast.iter_child_nodes(node))
    return found


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
    code = "import sys; from sim.engine import Engine; Engine('small_community').advance(30).mark().advance(30).outcomes(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {m.split(".")[0] for m in loaded} & (HEAVY - {"scipy"} | {"mesa"}) == set()


def test_files_and_functions_keep_their_budget():
    """At most 400 lines a file and 60 a function, everywhere."""
    for path in SOURCES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path
        for node in ast.walk(tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno - node.lineno < 60, f"{path.name}: {node.name}"


def test_every_public_thing_of_the_model_is_documented():
    """Modules, classes and functions of sim/ without a leading underscore have a docstring (methods of
    protocols' kind too).
    """
    for module, path in MODULES.items():
        if module.startswith("sim"):
            nodes = [tree(path)] + [
                n
                for n in tree(path).body
                if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and not n.name.startswith("_")
            ]
            missing = [getattr(n, "name", module) for n in nodes if not ast.get_docstring(n)]
            assert missing == [], module


def test_no_stray_random_generator():
    """Randomness comes from sim/numerics/draws.py alone; the Mesa face may draw a seed where none is
    given, and shuffle views.
    """
    for module, path in MODULES.items():
        if not module.startswith("sim") or module in DOORS["mesa"]:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"np\.random|numpy\.random|default_rng|RandomState", text), module
        assert imports(path) & {"random", "secrets", "uuid", "time"} == set(), module


# --- parameters


def _reads_of(node, holder: str):
    """Names read as ``<name of params[0]>.x`` in a function where ``p = <holder>[0]``, and as
    ``<holder>[0].x`` anywhere.
    """
    names = set()
    for f in [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef)]:
        local = {
            t.id
            for a in ast.walk(f)
            if isinstance(a, ast.Assign) and ast.unparse(a.value).endswith(f"{holder}[0]")
            for t in a.targets
            if isinstance(t, ast.Name)
        }
        for a in ast.walk(f):
            if isinstance(a, ast.Attribute) and (
                ast.unparse(a.value) in local or ast.unparse(a.value).endswith(f"{holder}[0]")
            ):
                names.add(a.attr)
    return names


def _subscripts(node) -> set[str]:
    return {
        a.slice.value
        for a in ast.walk(node)
        if isinstance(a, ast.Subscript)
        and isinstance(a.slice, ast.Constant)
        and isinstance(a.slice.value, str)
    }


def test_every_parameter_read_exists_and_every_parameter_is_read():
    """``p.<name>`` of compiled code and ``params["name"]`` of Python name registry entries; no entry is
    left that nobody reads.
    """
    from sim.world.population import PLAN

    known = set(registry.registry())
    compiled, by_text = set(), set(PLAN)
    for module, path in MODULES.items():
        if module.startswith("sim"):
            compiled |= _reads_of(tree(path), "params")
            by_text |= _subscripts(tree(path))
    assert sorted(compiled - known) == [], "read, but not in configs/parameters"
    assert sorted(set(PLAN) - known) == []
    assert sorted(known - compiled - by_text) == [], "in configs/parameters, but read by nothing"


def test_every_column_of_kinds_and_channels_is_read():
    text = "\n".join(p.read_text(encoding="utf-8") for p in SIM.rglob("*.py"))
    for column in [*registry.kind_columns(), *registry.channel_columns()]:
        assert re.search(
            rf"(kinds?|channels)\[[^\]]*\]\.{column}\b|\bkind\.{column}\b|\[\"{column}\"\]", text
        ), column


def test_no_number_of_the_science_hides_in_a_formula():
    """Compiled phases and rules hold no float literals but 0, .5, 1, 2 and those listed here with what
    they are.
    """
    allowed = {
        0.0,
        0.5,
        1.0,
        2.0,
        10.0,
        255.0,
        365.0,
        4096.0,
        32768.0,
        65535.0,
        65536.0,
        7.0,
        28.0,
        5.0,
        1.4,
        100.0,
        1000.0,
        1e-9,
        1e-3,
        1e9,
        3000.0,
        -1.0,
        1.5,
        3.0,
        0.6931471805599453,
        1.5976,
        0.07056,
        0.25,
        28.0,
        261.0,
        50.0,
    }  # ln 2; Bowling's Phi; weekly memory; workdays a year; where the logistic is 1
    numeric = {
        "sim.numerics.draws",
        "sim.world.people",
        "sim.world.ties",
        "sim.world.build",
    }  # polynomials and tables
    for module, path in MODULES.items():
        if not module.startswith("sim") or module in numeric:
            continue
        for f in tree(path).body:
            if isinstance(f, ast.FunctionDef) and {getattr(d, "id", "") for d in f.decorator_list} & {
                "rule",
                "kernel",
                "builder",
            }:
                odd = {
                    n.value for n in ast.walk(f) if isinstance(n, ast.Constant) and isinstance(n.value, float)
                } - allowed
                assert odd == set(), f"{module}.{f.name}"


# --- the order of a day


def _calls(function) -> list[str]:
    body = next(n for n in tree(SIM / "day.py").body if isinstance(n, ast.FunctionDef) and n.name == function)
    calls = [n for n in ast.walk(body) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    return [n.func.id for n in sorted(calls, key=lambda n: (n.lineno, n.col_offset))]


def test_the_printed_order_of_a_day_is_the_order_of_the_code():
    """day.ORDER names the phases in the very order in which ``advance`` calls them, each once."""
    phases = [name for name, _ in day.ORDER]
    flat = []
    for call in _calls("advance"):
        flat += (
            _calls(call) if call in ("problems_of_day", "service_of_day", "consequences_of_day") else [call]
        )
    assert len(set(phases)) == len(phases)
    assert [c for c in flat if c in phases] == phases
    assert set(flat) - set(phases) <= {"has_room", "range", "len", "is_workday"}


def test_every_phase_takes_the_world_and_where_and_when():
    """A phase's arguments are the world and what it needs of community, day and seed, in this order: a
    day reads as a list.
    """
    for name, _ in day.ORDER:
        arguments = getattr(day, name).py_func.__code__.co_varnames[
            : getattr(day, name).py_func.__code__.co_argcount
        ]
        assert (
            list(arguments) == [a for a in ("world", "c", "day", "seed") if a in arguments]
            and arguments[0] == "world"
        ), name


def test_no_function_of_the_model_takes_a_dozen_arguments():
    """Tables travel together (the world, a population's columns): what is left as an argument can be read
    in one line.
    """
    for module, path in MODULES.items():
        if module.startswith("sim"):
            wide = [
                f.name
                for f in ast.walk(tree(path))
                if isinstance(f, ast.FunctionDef) and len(f.args.args) >= 12
            ]
            assert wide == [], module


def test_every_phase_says_so_and_when():
    """Each phase's docstring begins 'Phase', and what ORDER calls a workday phase runs on workdays only."""
    for name, when in day.ORDER:
        assert getattr(day, name).py_func.__doc__.startswith(("Phase", "Give the rows")), name
        assert when in ("daily", "weekly", "workdays", "weekly, by building")


# --- stale engines


@pytest.fixture
def copied(tmp_path) -> Path:
    """A copy of the package, to be edited."""
    shutil.copytree(SIM, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    return tmp_path


def edited(folder: Path, path: Path) -> str:
    """The hash of compiled sources if ``path`` were edited."""
    before = path.read_bytes()
    path.write_bytes(before + b"\n# edited\n")
    changed = jit.compiled_hash(folder)
    path.write_bytes(before)
    return changed


def compiled_files(folder: Path) -> list[Path]:
    """Files that define compiled functions."""
    return [
        p
        for p in sorted(folder.rglob("*.py"))
        if re.search(r"^@(rule|kernel)\b", p.read_text(encoding="utf-8"), flags=re.M)
    ]


def test_the_caches_name_is_that_of_what_is_compiled(copied):
    """The same sources have the same hash anywhere; an edit of any file that compiled code sees gives
    another.
    """
    folder = copied / "sim"
    whole, compiled = jit.compiled_hash(folder), compiled_files(folder)
    assert whole == jit.compiled_hash(SIM) and len(compiled) > 18
    for path in [*compiled, folder / "vocabulary.py", folder / "levers.py", folder / "numerics" / "jit.py"]:
        assert edited(folder, path) != whole, f"an edit of {path.name} would meet yesterday's engine"


def test_nobody_recompiles_for_an_edit_that_compiled_code_cannot_see(copied):
    """An edit of engine, recorder, scenario, metrics or a lever-only policy leaves the compiled engine
    warm.
    """
    folder = copied / "sim"
    whole = jit.compiled_hash(folder)
    for name in (
        "engine",
        "metrics/readings",
        "scenario",
        "config/yaml_file",
        "world/laws",
        "precompile",
        "metrics/disputes",
        "policies/smart_platform",
    ):
        assert edited(folder, folder / f"{name}.py") == whole, f"an edit of {name}.py recompiles for nothing"


def test_compiled_functions_see_only_modules_that_the_hash_follows():
    """Inside compiled functions no name is used that came by ``from sim import module`` (the hash follows
    ``from sim.x import``).
    """
    for path in SIM.rglob("*.py"):
        modules = {
            a.asname or a.name
            for n in tree(path).body
            if isinstance(n, ast.ImportFrom) and n.module == "sim"
            for a in n.names
        }
        for f in tree(path).body:
            if isinstance(f, ast.FunctionDef) and {getattr(d, "id", "") for d in f.decorator_list} & {
                "rule",
                "kernel",
                "builder",
            }:
                assert modules & {n.id for n in ast.walk(f) if isinstance(n, ast.Name)} == set(), (
                    f"{path.name}: {f.name}"
                )


def test_an_edited_rule_is_what_runs(copied):
    """A compiled caller in another file meets the edited rule at once, and the old one again when the
    edit is undone.
    """
    (copied / "sim" / "tiny.py").write_text(
        "from sim.numerics.jit import kernel\nfrom sim.mechanisms.workforce import tie_after_contact\n\n\n@kernel\ndef twice(x):\n"
        "    return tie_after_contact(tie_after_contact(x, 0.5), 0.5)\n",
        encoding="utf-8",
    )
    rule = copied / "sim" / "mechanisms" / "workforce.py"
    original = rule.read_text(encoding="utf-8")
    env = os.environ | {
        "COGOV_CACHE": str(copied / "cache"),
        "PYTHONPATH": str(copied),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def told() -> float:
        code = "from sim.tiny import twice; print(twice(0.0))"
        return float(
            subprocess.run(
                [sys.executable, "-c", code], cwd=copied, env=env, capture_output=True, text=True, check=True
            ).stdout
        )

    assert told() == 0.75
    rule.write_text(
        original.replace("return tie + gain * (1.0 - tie)", "return tie + 0.1 * gain * (1.0 - tie)"),
        encoding="utf-8",
    )
    assert told() == pytest.approx(0.0975)
    rule.write_text(original, encoding="utf-8")
    assert told() == 0.75
    assert len(list((copied / "cache" / "cogov").iterdir())) == 2
