"""Typed factors from a plan's words: ranges, units and defaults come from the registry and the policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from experiments.designs.factors import CATEGORICAL, INTEGER, LEVER, REAL, UNCERTAINTY, Factor
from sim import policies
from sim.config import registry
from sim.scenario import Number, Strict

ALL = "all"
SWITCH_UNIT = "switch"


class FactorRange(Strict):
    """What may be said of a factor; what is not said comes from the registry or from the policy."""

    low: Number | None = None
    high: Number | None = None
    choices: tuple[Number | str, ...] = ()
    kind: Literal["real", "integer", "categorical"] | None = None


def entry_of(name: str) -> registry.Parameter | registry.TableColumn | None:
    """The registry's entry of a parameter or ``kind.column``, or None."""
    if "." in name:
        kind, _, column = name.partition(".")
        return registry.kind_columns().get(column) if kind in registry.KINDS else None
    return registry.registry().get(name)


def uncertainties(plan: Any) -> list[Factor]:
    """The plan's uncertain parameters; ``all`` stands for every scalar of the registry that has a range."""
    asked = {name: given for name, given in plan.uncertainties.items() if name != ALL}
    if ALL in plan.uncertainties:
        asked = {
            name: asked.pop(name, None) for name, p in registry.registry().items() if p.high > p.low
        } | asked
    found = []
    for name, given in asked.items():
        entry, spec = entry_of(name), given or FactorRange()
        if entry is None or name in plan.without:
            continue
        value = plan.parameters.get(name, _default(entry, name))
        low = entry.low if spec.low is None else spec.low
        high = entry.high if spec.high is None else spec.high
        kind = spec.kind or (CATEGORICAL if spec.choices else INTEGER if entry.unit == SWITCH_UNIT else REAL)
        value = value if spec.choices else min(max(value, low), high)
        if spec.choices and value not in spec.choices:
            value = spec.choices[0]
        found.append(Factor(name, UNCERTAINTY, kind, low, high, spec.choices, value, unit=entry.unit))
    return found


def _default(entry: Any, name: str) -> float:
    return entry.value if "." not in name else entry.values[registry.KINDS.index(name.partition(".")[0])]


def setting_of(plan: Any, name: str) -> tuple[Mapping[str, Any], Any] | None:
    """(what is declared, value given in the arms or by default) of ``policy.setting``, or None; a
    policy's days are settings too.
    """
    policy, _, setting = name.partition(".")
    entries = [
        e for bundle in (plan.policies, *plan.arms.values()) for e in bundle if e.get("policy") == policy
    ]
    if not entries or policy not in policies.names():
        return None
    cls = policies.get(policy)
    meta = policies.declared(cls).get(setting)
    if meta is None:
        return None
    default = meta["low"] if setting in policies.TIMING else cls.__dataclass_fields__[setting].default
    return meta, entries[0].get(setting, default)


def levers(plan: Any) -> list[Factor]:
    """Settings of the policies in the arms, with the ranges that the policies declare unless the plan narrows
    them.

    Days are whole: a factor over ``start_day`` or ``end_day`` is an integer.
    """
    found = []
    for name, given in plan.levers.items():
        declared, spec = setting_of(plan, name), given or FactorRange()
        if declared is None:
            continue
        meta, value = declared
        choices = spec.choices or tuple(meta.get("choices") or ())
        low = meta.get("low", 0.0) if spec.low is None else spec.low
        high = meta.get("high", 1.0) if spec.high is None else spec.high
        kind = CATEGORICAL if choices else INTEGER if meta.get("whole") else spec.kind or REAL
        if choices and value not in choices:
            value = choices[0]
        value = value if choices else min(max(value, low), high)
        found.append(Factor(name, LEVER, kind, low, high, choices, value, unit=meta.get("unit", "")))
    return found
