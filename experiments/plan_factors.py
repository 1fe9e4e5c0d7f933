"""From a plan's words to typed factors: ranges, units and defaults come from the registry and from the policies."""
from __future__ import annotations

import dataclasses
from typing import Literal

from experiments.factors import CATEGORICAL, INTEGER, LEVER, REAL, UNCERTAINTY, Factor
from sim import schema
from sim.scenario import Strict

ALL = "all"
SWITCH_UNIT = "switch"


class FactorRange(Strict):
    """What may be said of a factor; what is not said comes from the registry or from the policy."""

    low: float | None = None
    high: float | None = None
    choices: tuple[float | str, ...] = ()
    kind: Literal["real", "integer", "categorical"] | None = None


def entry_of(name: str):
    """The registry's entry of a parameter or ``kind.column``, or None."""
    if "." in name:
        kind, _, column = name.partition(".")
        return schema.kind_columns().get(column) if kind in schema.KINDS else None
    return schema.registry().get(name)


def uncertainties(plan) -> list[Factor]:
    """The plan's uncertain parameters; ``all`` stands for every scalar of the registry that has a range."""
    asked = {name: given for name, given in plan.uncertainties.items() if name != ALL}
    if ALL in plan.uncertainties:
        asked = {name: asked.pop(name, None) for name, p in schema.registry().items() if p.high > p.low} | asked
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


def _default(entry, name: str) -> float:
    return entry.value if "." not in name else entry.values[schema.KINDS.index(name.partition(".")[0])]


def setting_of(plan, name: str):
    """(dataclass field, value given in the arms or default) of ``policy.setting``, or None."""
    from sim import policies

    policy, _, setting = name.partition(".")
    entries = [e for bundle in (plan.policies, *plan.arms.values()) for e in bundle if e.get("policy") == policy]
    if not entries or policy not in policies.names():
        return None
    fields = {f.name: f for f in dataclasses.fields(policies.get(policy))}
    return (fields[setting], entries[0].get(setting, fields[setting].default)) if setting in fields else None


def levers(plan) -> list[Factor]:
    """Settings of the policies in the arms, with the ranges that the policies declare unless the plan narrows them."""
    found = []
    for name, given in plan.levers.items():
        declared, spec = setting_of(plan, name), given or FactorRange()
        if declared is None:
            continue
        field, value = declared
        choices = spec.choices or tuple(field.metadata.get("choices") or ())
        low = field.metadata.get("low", 0.0) if spec.low is None else spec.low
        high = field.metadata.get("high", 1.0) if spec.high is None else spec.high
        kind = CATEGORICAL if choices else spec.kind or REAL
        if choices and value not in choices:
            value = choices[0]
        value = value if choices else min(max(value, low), high)
        found.append(Factor(name, LEVER, kind, low, high, choices, value, unit=field.metadata.get("unit", "")))
    return found
