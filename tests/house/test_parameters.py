"""Parameters and randomness of the model: every entry is read, no number hides, one source of draws."""

from __future__ import annotations

import ast
import re

from sim.config import registry
from tests.house.source_trees import DOORS, MODULES, SIM, imports, is_compiled, tree


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
            if is_compiled(f):
                odd = {
                    n.value for n in ast.walk(f) if isinstance(n, ast.Constant) and isinstance(n.value, float)
                } - allowed
                assert odd == set(), f"{module}.{f.name}"
