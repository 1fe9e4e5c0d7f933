"""What a plan's file may not say: every problem with its line and the nearest name that would do."""
from __future__ import annotations

import dataclasses

from experiments import designs
from experiments.factors import Setting
from experiments.plan_factors import ALL, FactorRange, entry_of, setting_of
from sim import schema
from sim.configfile import ConfigError, Source
from sim.scenario import Scenario, check_overrides
from sim.study import check_policies

MOST_SWITCHES = 10  # 2^10 arms



def check(source: Source, plan) -> None:
    """What no single field can know."""
    if plan.design not in designs.planned():
        _choice(source, ("design",), plan.design, designs.planned())
        return
    _check_settings(source, plan)
    _check_place(source, plan)
    check_policies(source, ("policies",), plan.policies)
    for arm, entries in plan.arms.items():
        check_policies(source, ("arms", arm), entries)
    _check_uncertainties(source, plan)
    _check_levers(source, plan)
    if source.problems:
        return
    _check_groups(source, plan)
    _check_shape(source, plan)
    _check_outcomes(source, plan)


def _choice(source: Source, path: tuple, name: str, known) -> None:
    near = schema.nearest(name, known)
    if near:
        source.add(path, "config.choice_near", value=name, near=near)
    else:
        source.add(path, "config.choice", value=name, known=", ".join(map(str, known)))


def _check_settings(source: Source, plan) -> None:
    known: dict[str, Setting] = plan.module.SETTINGS
    for name, value in plan.settings.items():
        at, setting = ("settings", name), known.get(name)
        if setting is None:
            source.add_unknown(at, name, known)
        elif setting.choices:
            if value not in setting.choices:
                _choice(source, at, str(value), setting.choices)
        elif isinstance(setting.default, bool) != isinstance(value, bool):
            source.add(at, "config.type", value=repr(value), expected="@config.yes_no" if isinstance(setting.default, bool) else "@config.number")
        elif setting.whole and (not isinstance(value, int) or isinstance(value, bool)):
            source.add(at, "config.type", value=repr(value), expected="@config.whole")
        elif not isinstance(value, bool) and not setting.low <= value <= setting.high:
            source.add(at, "config.range", value=value, low=setting.low, high=setting.high, unit=name, source=plan.design)


def _check_place(source: Source, plan) -> None:
    try:
        Scenario.load(plan.scenario)
    except ConfigError as error:
        for problem in error.problems:
            if problem.path == plan.scenario:
                source.add(("scenario",), problem.message_key, **problem.values)
            else:
                source.problems.append(problem)


def _check_range(source: Source, at: tuple, given: FactorRange, low: float, high: float, unit: str, origin: str) -> None:
    for side in ("low", "high"):
        value = getattr(given, side)
        if value is not None and not low <= value <= high:
            source.add((*at, side), "config.range", value=value, low=low, high=high, unit=unit, source=origin)
    own_low, own_high = (low if given.low is None else given.low), (high if given.high is None else given.high)
    if not given.choices and own_low >= own_high:
        source.add(at, "plan.empty_range", low=own_low, high=own_high)
    for i, value in enumerate(given.choices):
        if isinstance(value, (int, float)) and not low <= value <= high:
            source.add((*at, "choices", i), "config.range", value=value, low=low, high=high, unit=unit, source=origin)


def _check_uncertainties(source: Source, plan) -> None:
    known = [*schema.registry(), *(f"{kind}.{column}" for kind in schema.KINDS for column in schema.kind_columns())]
    for name, given in plan.uncertainties.items():
        entry = entry_of(name)
        if name == ALL:
            continue
        if entry is None:
            source.add_unknown(("uncertainties", name), name, known)
        else:
            _check_range(source, ("uncertainties", name), given or FactorRange(), entry.low, entry.high, entry.unit, entry.source)
    for i, name in enumerate(plan.without):
        if name not in known:
            _choice(source, ("without", i), name, known)
    for name, rival in plan.alternatives.items():
        check_overrides(source, rival.parameters, None, at=("alternatives", name))


def _check_levers(source: Source, plan) -> None:
    from sim import policies

    there = {str(e.get("policy")): None for bundle in (plan.policies, *plan.arms.values()) for e in bundle}
    known = [f"{p}.{f.name}" for p in there if p in policies.names() for f in dataclasses.fields(policies.get(p))]
    for name, given in plan.levers.items():
        at, declared = ("levers", name), setting_of(plan, name)
        if declared is None:
            if name in schema.registry():
                source.add(at, "plan.lever_is_uncertainty", name=name)
            else:
                source.add_unknown(at, name, known)
        elif declared[0].metadata.get("choices"):
            for i, value in enumerate(given.choices if given else ()):
                if value not in declared[0].metadata["choices"]:
                    _choice(source, (*at, "choices", i), str(value), declared[0].metadata["choices"])
        else:
            meta = declared[0].metadata
            _check_range(source, at, given or FactorRange(), meta.get("low", 0.0), meta.get("high", 1.0), meta.get("unit", ""), meta.get("source", "guess"))


def _check_groups(source: Source, plan) -> None:
    names, seen = [f.name for f in plan.factors], {}
    if plan.groups and not plan.module.GROUPS:
        source.add(("groups",), "plan.no_groups", design=plan.design, known=", ".join(d for d in designs.planned() if designs.get(d).GROUPS))
    for group, members in plan.groups.items():
        for i, name in enumerate(members):
            if name not in names:
                _choice(source, ("groups", group, i), name, names)
            elif name in seen:
                source.add(("groups", group, i), "plan.two_groups", name=name, first=seen[name])
            seen[name] = group


def _check_shape(source: Source, plan) -> None:
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


def _check_outcomes(source: Source, plan) -> None:
    from sim import metrics

    known = list(metrics.registry())
    for i, name in enumerate(plan.outcomes):
        if name.split("@")[0] not in known:
            _choice(source, ("outcomes", i), name, known)
    if not plan.outcomes:
        source.add(("outcomes",), "config.length", count=0, low=1, high="…")
