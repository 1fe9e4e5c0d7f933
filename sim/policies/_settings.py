"""The one check of a policy's settings: names, types, ranges, choices, and the days on which it is in force.

Study files, plans, systems, the command line, ``Engine`` and ``CommunityModel`` all come here, so that what
one of them takes no other refuses. Days are whole: a policy's days in force, its bill and its effect are told
by the same two numbers.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from sim.config.catalog import nearest
from sim.config.errors import Said, told
from sim.config.numbers import is_number, plain
from sim.config.source import Key, Source

LAST_DAY = 7_300
TIMING: dict[
    str, Mapping[str, Any]
] = {  # settings that every policy takes, in whole days since the comparison starts
    "start_day": {"low": 0, "high": LAST_DAY, "unit": "days", "source": "technical", "whole": True},
    "end_day": {"low": 1, "high": LAST_DAY, "unit": "days", "source": "technical", "whole": True},
}


def declared(policy: type, timing: bool = True) -> dict[str, Mapping[str, Any]]:
    """Every setting that a policy takes, with its range, unit, source and choices; ``timing``: its days
    too.
    """
    own: dict[str, Mapping[str, Any]] = {f.name: f.metadata for f in dataclasses.fields(policy)}
    return {**own, **TIMING} if timing else own


def check_entries(
    source: Source, at: Key, entries: object, known: Mapping[str, type], days: int | None = None
) -> None:
    """Note what is wrong in a list of policies: unknown ones, one given twice, and what ``check_entry``
    finds.
    """
    seen: set[str] = set()
    for i, entry in enumerate(entries if isinstance(entries, (list, tuple)) else ()):
        if not isinstance(entry, Mapping):
            continue  # the model has noted it already
        name = entry.get("policy")
        if name is None:
            _note_missing(source, (*at, i), entry)
        elif not isinstance(name, str) or name not in known:
            source.add_choice((*at, i, "policy"), name, known)
        else:
            check_entry(source, (*at, i), entry, known[name], days)
            if name in seen:
                source.add((*at, i, "policy"), "config.policy_twice", policy=name)
            seen.add(name)


def _note_missing(source: Source, at: Key, entry: Mapping) -> None:
    source.add(at, "config.policy_missing")
    near = nearest("policy", entry)
    if near:
        source.add_unknown((*at, near), near, ["policy"])


def check_entry(
    source: Source, at: Key, entry: Mapping, policy: type, days: int | None = None, timing: bool = True
) -> None:
    """Note unknown settings and values that will not do of one policy; ``days``: the length of the run,
    where it is known.
    """
    settings = declared(policy, timing)
    for key, value in entry.items():
        if key == "policy":
            continue
        if key not in settings:
            source.add_unknown((*at, str(key)), key, settings)
        elif value is not None or key not in TIMING:  # no day at all is from the first, or for good
            check_value(source, (*at, str(key)), value, settings[key])
    if timing:
        _check_days(source, at, entry, days)


def check_value(source: Source, path: Key, value: object, meta: Mapping[str, Any]) -> None:
    """Note a value that is none of the choices, no number, or outside its range."""
    given, low, high = plain(value), meta.get("low"), meta.get("high")
    if meta.get("choices"):
        if given not in meta["choices"]:
            source.add_choice(path, told(given) if isinstance(given, bool) else given, meta["choices"])
    elif low is None or high is None:
        return
    elif not is_number(given):
        source.add(path, "config.type", value=told(given), expected=Said("config.number"))
    elif not -math.inf < given < math.inf:
        source.add(path, "config.type", value=told(given), expected=Said("config.finite"))
    elif meta.get("whole") and given != given // 1:
        source.add(path, "config.whole_days", value=given)
    elif not low <= given <= high:
        source.add_range(path, given, low, high, meta.get("unit", ""), meta.get("source", "guess"))


def _check_days(source: Source, at: Key, entry: Mapping, days: int | None) -> None:
    """Note a policy that would end before it begins, or begin after the run."""
    start, end = entry.get("start_day"), entry.get("end_day")
    start = 0 if start is None else start
    if not is_number(start) or (end is not None and not is_number(end)):
        return
    if end is not None and end <= start and end >= 1:
        source.add((*at, "end_day"), "config.ends_before_it_begins", end=end, start=start)
    if days is not None and days <= start <= LAST_DAY:
        source.add((*at, "start_day"), "config.never_in_force", start=start, days=days)
