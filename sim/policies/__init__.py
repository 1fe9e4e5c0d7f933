"""Policies are found by file: each module of this package that defines a named Policy is one."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from sim.own_code import code_hash, same_definition
from sim.policies.base import Institution, Policy, PolicyError, Size, check_values, parameter
from sim.texts import text

__all__ = [
    "Institution", "Policy", "PolicyError", "Size", "get", "load", "names", "own_sources", "parameter", "register",
]
_OWN: dict[str, type[Policy]] = {}


@lru_cache(maxsize=1)
def _shipped() -> dict[str, type[Policy]]:
    found = {}
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        if path.stem == "base":
            continue
        module = import_module(f"sim.policies.{path.stem}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Policy) and value.__module__ == module.__name__ and value.name:
                found[value.name] = value
    return found


def register(policy: type[Policy]) -> type[Policy]:
    """Make a policy of your own known by its name (a class decorator, for notebooks and plug-ins).

    The same class defined again takes the place of the one before, so that a cell or a file can be run again.

    Raises:
        ValueError: for a name that another policy has, or none.
    """
    if not policy.name:
        raise ValueError(text("policy.no_name", own=policy.__qualname__))
    there = (_shipped() | _OWN).get(policy.name)
    if there is not None and not same_definition(there, policy):
        other = f"{there.__module__}.{there.__qualname__}"
        raise ValueError(text("policy.name_taken", own=policy.__qualname__, name=policy.name, other=other))
    _OWN[policy.name] = policy
    return policy


def own_sources(chosen: Iterable[str]) -> dict[str, str]:
    """Of these policies, the users' own with a hash of their code: part of a run's identity."""
    return {name: code_hash(_OWN[name]) for name in sorted(set(chosen) & set(_OWN))}


def names() -> list[str]:
    """Names of all policies, sorted."""
    return sorted(_shipped() | _OWN)


def get(name: str) -> type[Policy]:
    """The policy class of that name; PolicyError lists the nearest where there is none."""
    known = _shipped() | _OWN
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise PolicyError(f"no policy named {name!r}{hint} Known: {', '.join(sorted(known))}")
    return known[name]


def load(spec) -> Policy:
    """A policy from its name, from ``{"policy": name, **parameters}``, or as it is; values are checked."""
    if isinstance(spec, Policy):
        check_values(spec)
        return spec
    if isinstance(spec, str):
        spec = {"policy": spec}
    values = dict(spec)
    cls = get(values.pop("policy"))
    known = [f.name for f in fields(cls)]
    for key in values:
        if key not in known:
            raise PolicyError(f"{cls.name}: unknown parameter {key!r}; it has {', '.join(known)}")
    policy = cls(**values)
    check_values(policy)
    return policy
