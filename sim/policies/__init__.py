"""Registry of policies, found by file: each module of this package that defines a named Policy is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from sim.config.errors import BadValue, PolicyError
from sim.config.numbers import plain
from sim.config.own_code import code_hash, same_definition
from sim.config.source import Key, Source, in_memory
from sim.policies._settings import TIMING, check_entries, check_entry, declared
from sim.policies.base import Institution, Policy, Size, parameter

__all__ = [
    "TIMING",
    "Institution",
    "Policy",
    "PolicyError",
    "Size",
    "check",
    "check_once",
    "declared",
    "get",
    "load",
    "names",
    "own_sources",
    "parameter",
    "register",
    "same",
    "term",
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
            if (
                isinstance(value, type)
                and issubclass(value, Policy)
                and value.__module__ == module.__name__
                and value.name
            ):
                found[value.name] = value
    return found


def register(policy: type[Policy]) -> type[Policy]:
    """Make a policy of your own known by its name (a class decorator, for notebooks and plug-ins).

    The same class defined again takes the place of the one before, so that a cell or a file can be run again.

    Raises:
        BadValue: for a name that another policy has, or none.
    """
    if not policy.name:
        raise BadValue("policy.no_name", own=policy.__qualname__)
    there = (_shipped() | _OWN).get(policy.name)
    if there is not None and not same_definition(there, policy):
        other = f"{there.__module__}.{there.__qualname__}"
        raise BadValue("policy.name_taken", own=policy.__qualname__, name=policy.name, other=other)
    _OWN[policy.name] = policy
    return policy


def own_sources(chosen: Iterable[str]) -> dict[str, str]:
    """Of these policies, the users' own with a hash of their code: part of a run's identity."""
    return {name: code_hash(_OWN[name]) for name in sorted(set(chosen) & set(_OWN))}  # type: ignore[arg-type]


def names() -> list[str]:
    """Names of all policies, sorted."""
    return sorted(_shipped() | _OWN)


def get(name: str) -> type[Policy]:
    """The policy class of that name; PolicyError names the nearest where there is none."""
    known = _shipped() | _OWN
    if not isinstance(name, str) or name not in known:
        source = in_memory({})
        source.add_choice(("policy",), name, known)
        raise PolicyError(source.problems)
    return known[name]


def check(source: Source, at: Key, entries: object, days: int | None = None) -> None:
    """Note everything that is wrong in a list of policies with their settings (``days``: the length of
    the run).
    """
    check_entries(source, at, entries, _shipped() | _OWN, days)


def load(spec: Policy | str | Mapping) -> Policy:
    """A policy from its name, from ``{"policy": name, **settings}``, or as it is; PolicyError lists what
    is wrong.
    """
    if isinstance(spec, Policy):
        _check({f.name: getattr(spec, f.name) for f in fields(spec)}, type(spec), timing=False)
        return spec
    values = _values(spec)
    cls = get(values.pop("policy"))
    _check(values, cls, timing=False)
    return cls(**plain(values))


def term(spec: Policy | str | Mapping) -> tuple[Policy, int, int | None]:
    """(policy, first day in force, first day after it or None), in whole days since the comparison starts.

    The one place that reads ``start_day`` and ``end_day``; raises PolicyError as ``load`` does.
    """
    if not isinstance(spec, Mapping):
        return load(spec), 0, None
    values = _values(spec)
    _check({k: v for k, v in values.items() if k in ("policy", *TIMING)}, get(values["policy"]), timing=True)
    start, end = values.pop("start_day", None), values.pop("end_day", None)
    return load(values), int(start or 0), None if end is None else int(end)


def check_once(names_given: Iterable[str]) -> None:
    """Raise PolicyError where a policy stands twice: its effect would double, and nobody means that."""
    seen: set[str] = set()
    for name in names_given:
        if name in seen:
            source = in_memory({})
            source.add((name,), "config.policy_twice", policy=name)
            raise PolicyError(source.problems)
        seen.add(name)


def same(specs: Iterable) -> tuple[str, ...]:
    """What a list of policies is, whatever the order and whether defaults are spelled out: two equal ones
    are one arm.
    """
    terms = [term(spec) for spec in specs]
    return tuple(
        sorted(
            f"{policy.canonical()} {start} {end}" for policy, start, end in terms if policy.name != "baseline"
        )
    )


def _values(spec: str | Mapping) -> dict:
    """A specification as a dict that names its policy."""
    values = {"policy": spec} if isinstance(spec, str) else dict(spec)
    if "policy" not in values:
        source = in_memory({})
        source.add((), "config.policy_missing")
        raise PolicyError(source.problems)
    return values


def _check(values: Mapping, cls: type[Policy], timing: bool) -> None:
    source = in_memory({})
    check_entry(source, (cls.name,), values, cls, timing=timing)
    if source.problems:
        raise PolicyError(source.problems)
