"""Policies are found by file: each module of this package that defines a named Policy is one."""
from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from sim.policies.base import Institution, Policy, PolicyError, Size, check_values, parameter

__all__ = ["Institution", "Policy", "PolicyError", "Size", "get", "load", "names", "parameter", "register"]
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
    """Make a policy of your own known by its name (a class decorator, for notebooks and plug-ins)."""
    _OWN[policy.name] = policy
    return policy


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
