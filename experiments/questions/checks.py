"""Checks of a plan's file: every problem with its line and the nearest name that would do."""

from __future__ import annotations

from typing import Any

from experiments import designs
from experiments.designs.factors import INTEGER, Setting
from experiments.questions.comparison import (
    check_arms,
    check_outcomes,
    check_place,
    check_policies,
    check_runs,
)
from experiments.questions.factors import ALL, FactorRange, entry_of, setting_of
from sim import policies
from sim.config import registry
from sim.config.config_file import Key, Said, Source, check_label, check_name
from sim.config.errors import told
from sim.config.numbers import is_number
from sim.scenario import check_overrides

MOST_SWITCHES = 10  # 2^10 arms
MOST_CELLS = 20_000_000  # values of all rows together


def check(source: Source, plan: Any) -> None:
    """Note what no single field can know."""
    check_name(source, ("name",), plan.name)
    if plan.design not in designs.for_plans():
        source.add_choice(("design",), plan.design, designs.for_plans())
        return
    _check_settings(source, plan)
    place = check_place(source, plan.scenario)
    days = plan.days or (place.days if place else None)
    check_policies(source, ("policies",), plan.policies, days)
    check_arms(source, plan.arms, None, days)
    _check_uncertainties(source, plan)
    _check_levers(source, plan)
    if source.problems:
        return
    _check_groups(source, plan)
    _check_shape(source, plan)
    _check_size(source, plan)
    if place is not None and plan.residents is not None:
        place.scaled(plan.residents).check(source)
    if plan.outcomes:
        check_outcomes(source, plan.outcomes, days)
    else:
        source.add(("outcomes",), "config.length", count=0, low=1, high="…")


def _check_settings(source: Source, plan: Any) -> None:
    known: dict[str, Setting] = plan.module.SETTINGS
    for name, value in plan.settings.items():
        at, setting = ("settings", name), known.get(name)
        if setting is None:
            source.add_unknown(at, name, known)
        elif setting.choices:
            if value not in setting.choices:
                source.add_choice(at, value, setting.choices)
        elif isinstance(setting.default, bool) or not is_number(value):
            if isinstance(setting.default, bool) != isinstance(value, bool) or isinstance(value, str):
                expected = (
                    "yes_no" if isinstance(setting.default, bool) else "whole" if setting.whole else "number"
                )
                source.add(at, "config.type", value=told(value), expected=Said(f"config.{expected}"))
        elif setting.whole and not isinstance(value, int):
            source.add(at, "config.type", value=told(value), expected=Said("config.whole"))
        elif not setting.low <= value <= setting.high:
            source.add_range(at, value, setting.low, setting.high, name, plan.design)


def _check_size(source: Source, plan: Any) -> None:
    """Note a design that no list of runs could hold, before any list is made."""
    rows, factors = plan.rows, len(plan.factors)
    if rows * max(factors, 1) > MOST_CELLS:
        source.add(("settings",), "config.too_many_cells", rows=rows, factors=factors, most=f"{MOST_CELLS:,}")
    else:
        check_runs(source, ("settings",), plan.runs)


def _check_range(
    source: Source,
    at: Key,
    given: FactorRange,
    low: float,
    high: float,
    unit: str,
    origin: str,
    whole: bool = False,
) -> None:
    for side in ("low", "high"):
        value = getattr(given, side)
        if value is not None and not low <= value <= high:
            source.add_range((*at, side), value, low, high, unit, origin)
        elif value is not None and value % 1 and (whole or given.kind == INTEGER):
            source.add(
                (*at, side),
                "config.whole_days" if whole else "config.type",
                value=value,
                expected=Said("config.whole"),
            )
    own_low, own_high = (
        (low if given.low is None else given.low),
        (high if given.high is None else given.high),
    )
    if not given.choices and own_low >= own_high:
        source.add(at, "plan.empty_range", low=own_low, high=own_high)
    for i, value in enumerate(given.choices):
        if not is_number(value):
            source.add((*at, "choices", i), "config.type", value=told(value), expected=Said("config.number"))
        elif not low <= value <= high:
            source.add_range((*at, "choices", i), value, low, high, unit, origin)
        elif whole and value % 1:
            source.add((*at, "choices", i), "config.whole_days", value=value)
        if value in given.choices[:i]:
            source.add(
                (*at, "choices", i),
                "config.twice",
                first=source.line((*at, "choices", given.choices.index(value))),
            )


def _check_uncertainties(source: Source, plan: Any) -> None:
    known = [
        *registry.registry(),
        *(f"{kind}.{column}" for kind in registry.KINDS for column in registry.kind_columns()),
    ]
    for name, given in plan.uncertainties.items():
        entry = entry_of(name)
        if name == ALL:
            continue
        if entry is None:
            source.add_unknown(("uncertainties", name), name, known)
        else:
            _check_range(
                source,
                ("uncertainties", name),
                given or FactorRange(),
                entry.low,
                entry.high,
                entry.unit,
                entry.source,
            )
    for i, name in enumerate(plan.without):
        if name not in known:
            source.add_choice(("without", i), name, known)
    for name, rival in plan.alternatives.items():
        check_label(source, ("alternatives", name), name)
        check_overrides(source, rival.parameters, None, at=("alternatives", name))


def _check_levers(source: Source, plan: Any) -> None:
    there = {str(e.get("policy")): None for bundle in (plan.policies, *plan.arms.values()) for e in bundle}
    known = [
        f"{p}.{setting}"
        for p in there
        if p in policies.names()
        for setting in policies.declared(policies.get(p))
    ]
    for name, given in plan.levers.items():
        at, declared = ("levers", name), setting_of(plan, name)
        if declared is None:
            if name in registry.registry():
                source.add(at, "plan.lever_is_uncertainty", name=name)
            else:
                source.add_unknown(at, name, known)
        elif declared[0].get("choices"):
            for i, value in enumerate(given.choices if given else ()):
                if value not in declared[0]["choices"]:
                    source.add_choice((*at, "choices", i), value, declared[0]["choices"])
        else:
            meta, spec = declared[0], given or FactorRange()
            if meta.get("whole") and spec.kind not in (None, INTEGER):
                source.add((*at, "kind"), "config.choice", value=spec.kind, known=INTEGER)
            _check_range(
                source,
                at,
                spec,
                meta.get("low", 0.0),
                meta.get("high", 1.0),
                meta.get("unit", ""),
                meta.get("source", "guess"),
                bool(meta.get("whole")),
            )


def _check_groups(source: Source, plan: Any) -> None:
    names = [f.name for f in plan.factors]
    seen: dict[str, str] = {}
    if plan.groups and not plan.module.GROUPS:
        source.add(
            ("groups",),
            "plan.no_groups",
            design=plan.design,
            known=", ".join(d for d in designs.for_plans() if designs.get(d).GROUPS),
        )
    for group, members in plan.groups.items():
        for i, name in enumerate(members):
            if name not in names:
                source.add_choice(("groups", group, i), name, names)
            elif name in seen:
                source.add(("groups", group, i), "plan.two_groups", name=name, first=seen[name])
            seen[name] = group


def _check_shape(source: Source, plan: Any) -> None:
    """What a design needs: factors, arms, policies, replicates."""
    if plan.design == "factorial":
        if not 1 <= len(plan.policies) <= MOST_SWITCHES or plan.arms or plan.factors:
            source.add(("policies",), "plan.factorial", most=MOST_SWITCHES)
    elif not plan.factors:
        source.add(("uncertainties",), "plan.no_factors")
    if plan.design == "priors" and len(plan.arms) < 2:
        source.add(("arms",), "plan.two_arms")
    if plan.alternatives and not hasattr(plan.module, "alternative_rows"):
        source.add(("alternatives",), "plan.no_alternatives", design=plan.design)
    if plan.module.VERB == "sensitivity" and plan.replicates < 2:
        source.add(("replicates",), "plan.one_seed", design=plan.design)
    for name in plan.labels:
        if name not in plan.all_arms and name not in plan.groups:
            source.add_unknown(("labels", name), name, [*plan.all_arms, *plan.groups])
