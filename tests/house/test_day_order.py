"""Order of a day: what is printed is what the code does, phase by phase."""

from __future__ import annotations

import ast

from sim import day
from tests.house.source_trees import SIM, tree

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


def test_every_phase_says_so_and_when():
    """Each phase's docstring begins 'Phase', and what ORDER calls a workday phase runs on workdays only."""
    for name, when in day.ORDER:
        assert getattr(day, name).py_func.__doc__.startswith(("Phase", "Give the rows")), name
        assert when in ("daily", "weekly", "workdays", "weekly, by building")
