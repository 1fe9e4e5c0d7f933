"""The house: imports run one way, siblings do not know each other, files and functions stay small."""
from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(p for top in ("sim", "experiments") for p in (ROOT / top).rglob("*.py"))
TEXTS = {p: p.read_text(encoding="utf-8") for p in SOURCES}
TREES = {p: ast.parse(t) for p, t in TEXTS.items()}


def name_of(path: Path) -> str:
    """Dotted module name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(p): p for p in SOURCES}


def imports(path: Path, top_only: bool = False) -> set[str]:
    """Modules that a file imports (functions' own imports included, unless ``top_only``)."""
    nodes = TREES[path].body if top_only else ast.walk(TREES[path])
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{a.name}" for a in node.names}
    return found


def own(path: Path, top_only: bool = False) -> set[str]:
    """Modules of this project that a file imports."""
    return {m for m in imports(path, top_only) if m in MODULES and MODULES[m] != path}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    """400 lines a file, 60 a function."""
    assert len(TEXTS[path].splitlines()) <= 400
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno + 1 <= 60, node.name


def test_no_circles():
    """No module can be reached from itself by imports at the top of files (packages' front doors apart)."""
    graph = {name: {m for m in own(path, top_only=True) if MODULES[m].name != "__init__.py"} for name, path in MODULES.items()}

    def reach(start: str) -> set[str]:
        seen, todo = set(), list(graph[start])
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo += graph.get(at, ())
        return seen

    assert [name for name in graph if name in reach(name)] == []


@pytest.mark.parametrize("package", ["sim.agents", "sim.policies", "sim.metrics", "experiments.designs", "experiments.verbs"])
def test_siblings_do_not_import_each_other(package):
    """One addition, one file: a sibling knows its package's base and what lies below, never a brother."""
    shared = {"base", "times", "satisfaction", "_options"}  # what brothers share: a base, the two families equity is made of
    for name, path in MODULES.items():
        if name.startswith(package + ".") and path.name != "__init__.py":
            brothers = {m for m in own(path) if m.startswith(package + ".") and m.rsplit(".", 1)[-1] not in shared}
            assert brothers == set(), name


def test_layers_run_one_way():
    """sim never imports experiments; the engine never imports Mesa's side; analysis and report never import the model."""
    for name, path in MODULES.items():
        used = own(path)
        if name.startswith("sim"):
            assert not any(m.startswith("experiments") for m in used), name
        if name.startswith("sim") and name not in ("sim.community", "sim.views", "sim.agentset"):
            assert not used & {"sim.community", "sim.views", "sim.agentset"}, name
        if name.startswith(("experiments.analysis", "experiments.report")):
            assert not used & {"sim.engine", "sim.world", "sim.day", "sim.population"}, name


def test_heavy_doors():
    """Mesa has one door, numba one; plotting, frames and solvers are imported when used."""
    late = {"pandas", "matplotlib", "seaborn", "scipy", "SALib", "pyarrow", "jinja2", "rich"}
    for name, path in MODULES.items():
        roots = {m.split(".")[0] for m in imports(path)}
        assert "mesa" not in roots or name in ("sim.community", "sim.views", "sim.agentset"), name
        assert "numba" not in roots or name == "sim.jit", name
        assert not {m.split(".")[0] for m in imports(path, top_only=True)} & late, name


def test_no_stray_chance():
    """The model's only randomness is sim/draws.py."""
    for path in SOURCES:
        if path.is_relative_to(ROOT / "sim") and path.name not in ("agentset.py", "community.py"):
            assert not re.search(r"np\.random|import random|default_rng|from random", TEXTS[path]), path


def test_every_parameter_is_read_and_every_read_exists():
    """A number in the registry that nothing reads is a decoration; a read without an entry would fail at run time only."""
    from sim import schema
    from sim.population import PLAN

    text = "\n".join(t for p, t in TEXTS.items() if p.is_relative_to(ROOT / "sim"))
    read = set(re.findall(r"\bp\.([a-z_0-9]+)", text)) | set(re.findall(r"params\[0\]\.([a-z_0-9]+)", text)) | set(PLAN)
    read |= set(re.findall(r'params\["([a-z_0-9]+)"\]', text)) | set(re.findall(r'\["([a-z_0-9]+)"\]\[0\]', text))
    population = TEXTS[ROOT / "sim" / "population.py"]
    known = set(schema.registry())
    idle = {n for n in known if n not in read and f'"{n}"' not in population and f'"{n}"' not in text and f".{n}" not in text}
    assert idle == set()
    phases = "\n".join(t for p, t in TEXTS.items() if "sim.jit import" in t and "policies" not in p.parts and p.name not in ("population.py", "jit.py"))
    assert set(re.findall(r"\bp\.([a-z_0-9]+)", phases)) - known == set()


def test_the_order_of_the_day_is_the_code():
    """``ORDER``, which the documentation prints, names the phases in the order in which day.py calls them."""
    from sim.day import ORDER

    tree = TREES[ROOT / "sim" / "day.py"]
    bodies = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    names = {phase for phase, _ in ORDER}

    def calls(function: str) -> list[str]:
        found = []
        for node in ast.walk(bodies[function]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found.append((node.lineno, node.col_offset, node.func.id))
        flat = []
        for _, _, called in sorted(found):
            flat += [called] if called in names else (calls(called) if called in bodies and called != function else [])
        return flat

    assert calls("advance") == [phase for phase, _ in ORDER]


def test_an_edited_rule_is_another_engine(tmp_path):
    """The cache's name changes with any source that compiled code can see, and not with others."""
    import shutil

    from sim.jit import compiled_hash

    copy = tmp_path / "sim"
    shutil.copytree(ROOT / "sim", copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = compiled_hash(copy)
    metric = copy / "metrics" / "disputes.py"
    metric.write_text(metric.read_text(encoding="utf-8") + "\n# a comment\n", encoding="utf-8")
    assert compiled_hash(copy) == before
    rule = copy / "experience.py"
    rule.write_text(rule.read_text(encoding="utf-8").replace("speed_scale)", "speed_scale )", 1), encoding="utf-8")
    assert compiled_hash(copy) != before
    codes = copy / "codes.py"
    rule.write_text((ROOT / "sim" / "experience.py").read_text(encoding="utf-8"), encoding="utf-8")
    assert compiled_hash(copy) == before
    codes.write_text(codes.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert compiled_hash(copy) != before
