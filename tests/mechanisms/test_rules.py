"""Every scalar rule at answers worked out by hand from the model's equations, and its monotony.

Numbers are the science brief's central values, written out, not the registry's: a fitted constant may
move without moving these. "Rule n" is the brief's numbering.
"""

from __future__ import annotations

import ast
import importlib
import math
from pathlib import Path

import numpy as np
import pytest

from sim.agents.community_worker import paper_hazard
from sim.agents.grid_worker import detection_hazard
from sim.agents.level2_desk import cases_per_workday, department_delay
from sim.agents.party_member import fatigue_after, zone_hours
from sim.agents.property_company import fee_rate
from sim.agents.social_organisation import contract_hours
from sim.calendar import is_workday, round_start, weekday_of
from sim.mechanisms.choice import (
    channel_cost,
    deciding_hazard,
    direct_utility,
    formal_utility,
    naming_hazard,
    nest_weight,
)
from sim.mechanisms.direct_talk import talk_success
from sim.mechanisms.disputes import dispute_hazard, joins, overdue_of
from sim.mechanisms.evaluation import (
    efficacy_after,
    expectation_after,
    experience,
    justice,
    response,
    satisfaction_after,
    trust_after,
)
from sim.mechanisms.hazards import phase_of
from sim.mechanisms.matters import heat_at, quantise, severity_at
from sim.mechanisms.mediation import mediation_success
from sim.mechanisms.meetings import attendance, say
from sim.mechanisms.problems import fading_hazard, feedback_factor, job_of, resident_key
from sim.mechanisms.queues import virtual_day
from sim.mechanisms.weekly_round import adoption_hazard, ambient_target, drift_share, met
from sim.mechanisms.workforce import (
    burnout_after,
    kpi_in_force,
    leaving_hazard,
    overload_of,
    share_for_cases,
    tie_after_contact,
    tie_at,
    worker_hours,
)
from sim.numerics.draws import logistic
from sim.numerics.fixed_point import decoded, encoded

SIM = Path(__file__).resolve().parents[2] / "sim"
UNIT = np.linspace(0.0, 1.0, 21)


def sigma(x: float) -> float:
    """The logistic function by the library's exponential."""
    return 1.0 / (1.0 + math.exp(-x))


# rule, arguments, answer worked out from the brief's equation
KNOWN = [
    # 1 arrivals and severity
    (resident_key, (3, 100, 104), (3 << 16) | 4),
    (job_of, (0,), 0),
    (job_of, (1,), 2),
    (phase_of, (3, 100), 83),
    (weekday_of, (107, 100, 10), 4),
    (round_start, (100, 10, 4), 106),
    (round_start, (100, 10, 7), 110),
    (round_start, (5, 1, 1), 6),
    (decoded, (65535,), 1.0),
    (encoded, (0.5,), 32768),
    (encoded, (1.7,), 65535),
    (encoded, (-0.2,), 0),
    (feedback_factor, (0.2, 0.5, 0.2, 0.5), 1.0),
    (feedback_factor, (0.3, 0.5, 0.2, 0.5), 1.05),
    (feedback_factor, (9.0, 0.5, 0.2, 2.0), 1.6),
    (feedback_factor, (0.0, 0.5, 0.6, 2.0), 0.0),
    (feedback_factor, (0.4, 0.5, 0.1, 0.0), 1.0),
    (severity_at, (0.5, 0.004, 0.0), 0.5),
    (severity_at, (0.5, 0.004, 1000.0), sigma(4.0)),
    (severity_at, (1.0, 0.004, 50.0), 1.0),
    (severity_at, (0.0, 0.004, 50.0), 0.0),
    # 2 naming and fading
    (naming_hazard, (0.04, 0.25), 0.04 * 0.125),
    (naming_hazard, (0.04, 1.0), 0.04),
    (naming_hazard, (0.04, 0.0), 0.0),
    (fading_hazard, (0.02, 0.25), 0.015),
    (fading_hazard, (0.02, 1.0), 0.0),
    # 3 choice
    (deciding_hazard, (0.12, 0.5), 0.06),
    (deciding_hazard, (0.02, 0.5), 0.01),
    (direct_utility, (-0.7, 1.4, 0.5, 0.8, 0.0, 0.8, 0.5), -0.7),
    (direct_utility, (-0.7, 1.4, 0.7, 0.8, 0.5, 0.8, 0.25), -0.7 + 0.28 + 0.4 - 0.2),
    (formal_utility, (-4.9, 2.6, 0.0, 1.5, 0.5, 0.6, 0.0, 0.8, 0.5, 0.0), -4.9),
    (
        formal_utility,
        (-4.9, 2.6, 0.5, 1.5, 0.9, 0.6, -1.0, 0.8, 0.25, 0.4),
        -4.9 + 1.3 + 0.6 - 0.6 - 0.2 - 0.4,
    ),
    (channel_cost, (0.8, 0.0, 0.9, 0.9), 0.8),
    (channel_cost, (0.4, 1.0, 0.25, 0.9), 0.3),
    (channel_cost, (1.0, 2.0, 0.9, 0.37), 0.63),
    (nest_weight, (0.0, 0.5), 0.0),
    (nest_weight, (9.0, 0.5), 3.0),
    (nest_weight, (9.0, 1.0), 9.0),
    (efficacy_after, (0.5, 1.0, 0.12), 0.56),
    (efficacy_after, (0.5, 0.0, 0.12), 0.44),
    # 4 direct talk
    (talk_success, (-0.2, 2.0, 0.5, 1.2, 0.0, 0.5, 1.0, 1.5, 0.5), sigma(-0.2)),
    (talk_success, (-0.2, 2.0, 0.6, 1.2, 0.5, 0.5, 0.2, 1.5, 0.7), sigma(-0.2 + 0.2 - 0.6 + 0.4 + 0.3)),
    # 6 capacity and order of service
    (share_for_cases, (0.10, 0.03, 0.0, 1.0, 50.0, 0.0, 0.25, 0.004, 0.15), 0.10),
    (share_for_cases, (0.10, 0.03, 0.2, 0.3, 5.0, 0.3, 0.25, 0.004, 0.15), 0.10 - 0.015 - 0.004 + 0.045),
    (share_for_cases, (0.10, 0.03, 1.0, 1.0, 5.0, 0.0, 0.25, 0.004, 0.15), 0.03),
    (worker_hours, (7.0, 0.10, 0.0, 0.45, 1.0, 1.0), 0.7),
    (worker_hours, (7.0, 0.10, 1.0, 0.45, 0.6, 0.5), 7 * 0.1 * 0.55 * 0.6 * 0.5),
    (quantise, (0.2,), round(0.2 * 1024) / 1024),
    (quantise, (1.5,), 1.5),
    (virtual_day, (100.0, 0.4, 0.0, 0.0, 9.0, 0.02, 0.1, 0.3, 4.0, 0.0), 80.0),
    (
        virtual_day,
        (100.0, 0.4, 1.0, 0.5, 2.0, 0.02, 0.1, 0.3, 4.0, 5.0),
        100 - (0.4 + 0.1 * math.log(2) + 0.075) / 0.02 - 5,
    ),
    (fee_rate, (0.85, 0.0), 0.85),
    (fee_rate, (0.85, 0.2), 0.68),
    (is_workday, (0,), True),
    (is_workday, (4,), True),
    (is_workday, (5,), False),
    (is_workday, (6,), False),
    (is_workday, (7,), True),
    # 7 level 2
    (cases_per_workday, (3.0, 12000.0, 12000.0, 1.0), 3.0),
    (cases_per_workday, (3.0, 2000.0, 12000.0, 2.0), 1.0),
    (department_delay, (9.0, 0.8, 1.0, 0.4), 9.0),
    (department_delay, (9.0, 0.8, 0.5, 0.0), 4.5 * math.exp(-0.32)),
    # 8 patrol
    (detection_hazard, (0.001, 0.25, 0.25, 1.0, 0.0, 0.8, True), 0.0008),
    (detection_hazard, (0.001, 0.25, 0.25, 1.0, 0.0005, 0.8, False), 0.0004),
    (detection_hazard, (0.001, 0.125, 0.25, 2.0, 0.0005, 1.0, True), 0.0015),
    (detection_hazard, (0.001, 0.25, 0.25, 1.0, 0.0005, 0.0, True), 0.0),
    # 9 pressure
    (kpi_in_force, (0.2, 0.0), 0.2),
    (kpi_in_force, (0.2, 0.9), 1.0),
    (kpi_in_force, (0.2, -0.9), 0.0),
    (overload_of, (10.0, 10.0, 0.0, 15.0, 2.0), 0.5),
    (overload_of, (5.0, 10.0, 75.0, 15.0, 2.0), 0.25 + 0.25),
    (overload_of, (99.0, 10.0, 9999.0, 15.0, 2.0), 2.0),
    (overload_of, (0.0, 0.0, 0.0, 15.0, 2.0), 0.0),
    (overload_of, (1.0, 0.0, 0.0, 15.0, 2.0), 2.0),
    (paper_hazard, (0.10, 0.2, 0.5), 0.01),
    (paper_hazard, (0.10, 0.0, 2.0), 0.0),
    # 10 evaluation
    (justice, (0.45, 0.10, 0.0, 0.15, 0.0, 0.0, 0.10, 0.0, 0.25), 0.45),
    (justice, (0.45, 0.10, 1.0, 0.15, 0.4, 0.5, 0.10, 1.0, 0.25), 0.45 + 0.10 + 0.03 + 0.10 - 0.125),
    (justice, (0.1, 0.10, 0.0, 0.15, 0.0, 1.0, 0.10, 0.0, 0.25), 0.0),
    (experience, (1.0, 3.0, 7.0, 0.45, 0.6, 0.5, 0.25, 0.25, 20.0, 8.0), 0.5 + 0.25 + 0.1125),
    (experience, (1.0, 27.0, 7.0, 0.45, 0.6, 0.5, 0.25, 0.25, 20.0, 8.0), 0.5 + 0.25 / math.e + 0.1125),
    (experience, (0.2, 7.0, 7.0, 0.45, 0.75, 0.5, 0.25, 0.25, 20.0, 8.0), 0.1 + 0.25 + 0.1125 * sigma(2.0)),
    (response, (0.6, 0.6, 0.55, 0.3, 0.62, 0.6), 0.62),
    (response, (0.9, 0.6, 0.55, 0.3, 0.62, 0.6), 0.62 + 0.165 + 0.09),
    (response, (0.6, 0.9, 0.55, 0.3, 0.62, 0.6), 0.62 - 0.09),
    (satisfaction_after, (0.5, 0.6, 1.0, 0.18, 1.5), 0.518),
    (satisfaction_after, (0.6, 0.5, 1.0, 0.18, 1.5), 0.573),
    (satisfaction_after, (0.5, 0.6, 0.25, 0.18, 1.5), 0.5045),
    (satisfaction_after, (0.9, 9.0, 9.0, 0.18, 1.5), 1.0),
    (expectation_after, (0.6, 0.8, 1.0, 0.15), 0.63),
    (expectation_after, (0.6, 0.4, 0.35, 0.15), 0.6 - 0.0105),
    # 11 trust
    (trust_after, (0.6, 0.7, 0.6, 1.0, 0.03, 0.08), 0.612),
    (trust_after, (0.6, 0.6, 0.6, 1.0, 0.03, 0.08), 0.612),
    (trust_after, (0.6, 0.5, 0.6, 1.0, 0.03, 0.08), 0.552),
    # 12 ambient, drift, influence, survey
    (ambient_target, (0.7, 0.15, 0.0, 0.3, 0.0, 0.2, 0.5), 0.7),
    (ambient_target, (0.7, 0.15, 2.0, 0.3, 1.0, 0.2, 0.7), 0.7 - 0.3 - 0.3 + 0.04),
    (drift_share, (0.004, 7.0), 1 - math.exp(-0.028)),
    (drift_share, (0.0, 7.0), 0.0),
    (met, (0.5, 0.6, 1.0, 0.1, 0.25), 0.51),
    (met, (0.5, 0.76, 1.0, 0.1, 0.25), 0.5),
    (met, (0.5, 0.7, 0.5, 0.1, 0.25), 0.5),
    # 13 disputes
    (heat_at, (1.0, 60.0, 60.0), 0.5),
    (heat_at, (0.0, 60.0, 9.0), 0.0),
    (heat_at, (0.35, 60.0, 0.0), 0.35),
    (overdue_of, (15.0, 15.0, 30.0, 2.0), 0.0),
    (overdue_of, (30.0, 15.0, 30.0, 2.0), 0.5),
    (overdue_of, (900.0, 15.0, 30.0, 2.0), 2.0),
    (dispute_hazard, (0.0005, 0.9, 0.5, 1.3, 0.6, 0.25, 0.0, 1.5, 0.0, 0.0), 0.0005 * 0.9 * 0.5 * 0.7 * 0.25),
    (
        dispute_hazard,
        (0.0005, 0.9, 0.5, 1.3, 0.6, 0.25, 0.5, 1.5, 0.35, 1.0),
        0.0005 * 0.9 * 0.5 * 0.7 * (0.25 + 0.5 + 0.525 + 1.0),
    ),
    (dispute_hazard, (0.0005, 0.9, 0.5, 1.3, 0.6, 0.0, 0.0, 1.5, 0.0, 0.0), 0.0),
    # 14 mediation
    (mediation_success, (0.6, 1.0, 0.5, 0.8, 0.3, 0.3, 0.0), sigma(0.6)),
    (mediation_success, (0.6, 1.0, 0.7, 0.8, 0.05, 0.3, 0.5), sigma(0.6 + 0.2 - 0.2 + 0.5)),
    # 15 withholding
    (joins, (0.49, 0.5, 0.3, 0.25), True),
    (joins, (0.51, 0.5, 0.9, 0.0), False),
    (joins, (0.4, 0.5, 0.2, 0.25), False),
    (joins, (0.4, 0.5, 0.0, -0.1), True),
    (joins, (0.4, 0.5, 0.25, 0.25), True),
    # 16 burnout and turnover
    (burnout_after, (0.2, 0.5, 0.02, 0.5, 0.006), 0.2 * 0.994),
    (burnout_after, (0.2, 1.5, 0.02, 0.5, 0.006), 0.2 + 0.02 - 0.0012),
    (burnout_after, (1.0, 2.0, 0.2, 0.5, 0.006), 1.0),
    (leaving_hazard, (2e-4, 6.0, 0.0), 2e-4),
    (leaving_hazard, (2e-4, 6.0, 0.5), 8e-4),
    # 17 ties
    (tie_at, (0.4, 365.0, 365.0), 0.2),
    (tie_at, (0.4, 0.0, 365.0), 0.4),
    (tie_after_contact, (0.15, 0.05), 0.1925),
    # 18 adoption
    (adoption_hazard, (0.10, 0.4, 0.0, 0.0), 0.05 / 365),
    (adoption_hazard, (0.10, 0.4, 0.5, 0.0), 0.15 / 365),
    # 19 council
    (attendance, (-6.0, 0.0, 0.8, 0.0, 2.0, 0.5, 0.0), sigma(-6.0)),
    (attendance, (-6.0, 0.1, 0.8, 1.5, 2.0, 0.7, 0.3), sigma(-6 + 1.2 + 0.4 + 0.1 - 0.3)),
    (say, (2.0, 0.5), 2.0),
    (say, (-2.0, 0.5), 1.0),
    # 21 Party members
    (zone_hours, (118.0, 10.0, 0.5, 0.0), 118 * 5 / 261),
    (zone_hours, (118.0, 10.0, 0.5, 0.5), 118 * 2.5 / 261),
    (fatigue_after, (0.0, 1.0, 0.004), 0.004),
    (fatigue_after, (0.5, 1.0, 0.004), 0.502),
    (fatigue_after, (0.5, 0.0, 0.004), 0.498),
    # social organisations: 3 workers' hours at their share for cases
    (contract_hours, (1.0, 3.0, 7.0, 0.3), 6.3),
    (contract_hours, (0.0, 3.0, 7.0, 0.3), 0.0),
]
ELSEWHERE = {  # rules that other files test: keyed draws and the population's tables
    "sim.numerics.draws": {
        "mix",
        "bits",
        "uniform",
        "exp",
        "log",
        "logistic",
        "exponential",
        "normal",
        "_tail",
        "gamma2",
        "poisson",
        "gamma",
    },
    "sim.world.people": {"part", "quantile", "clip"},
    "sim.world.ties": {"wait"},
    "sim.mechanisms.weekly_round": {"satisfied_probability"},  # the last: below
    # in tests/policies: test_institutions.py and test_civic.py
    "sim.agents.community_worker": {"on_duty", "spared"},
    "sim.mechanisms.mediation": {"mediators_gain"},
    "sim.agents.social_organisation": {"after_reports"},
    "sim.agents.party_member": {"willing_share", "registering", "session_logit"},
    "sim.agents.volunteer": {"turnout", "with_belonging"},
    "sim.mechanisms.participation": {"participation", "belonging_after", "voice_after"},
    "sim.mechanisms.meetings": {"online_attendance"},
}


def rules():
    """(module, name) of every function under @rule in the sources."""
    for path in sorted(SIM.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(
                getattr(d, "id", "") == "rule" for d in node.decorator_list
            ):
                yield ".".join(["sim", *path.relative_to(SIM).with_suffix("").parts]), node.name


def test_every_rule_has_a_known_answer():
    """A rule added to the model fails here until its equation is worked out by hand in KNOWN."""
    known = {(f.py_func.__module__, f.py_func.__name__) for f, _, _ in KNOWN}
    known |= {(module, name) for module, names in ELSEWHERE.items() for name in names}
    assert sorted(set(rules()) - known) == [] and sorted(known - set(rules())) == []


@pytest.mark.parametrize(
    "rule, arguments, answer", KNOWN, ids=lambda v: v.py_func.__name__ if hasattr(v, "py_func") else ""
)
def test_rule_gives_the_equations_answer(rule, arguments, answer):
    """In Python, to 14 digits."""
    assert rule.py_func(*arguments) == pytest.approx(answer, rel=1e-14, abs=1e-15)


def test_compiled_rules_give_the_same_bits_as_in_python():
    """What the compiled engine runs is what KNOWN was checked on: same bits on every known argument."""
    for rule, arguments, _ in KNOWN:
        assert rule(*arguments) == rule.py_func(*arguments), rule.py_func.__name__


def test_every_rule_is_documented():
    for module, name in rules():
        if not name.startswith("_"):
            doc = getattr(importlib.import_module(module), name).py_func.__doc__ or ""
            assert len(doc) > 20, f"{module}.{name}"


# rule, argument that varies, its values, the other arguments (None in its place), and the sign of change
MONOTONE = [
    (feedback_factor, np.linspace(0, 0.5, 21), (None, 0.5, 0.2, 0.5), 1),
    (severity_at, np.linspace(0, 3000, 21), (0.3, 0.004, None), 1),
    (severity_at, UNIT, (None, 0.004, 30.0), 1),
    (naming_hazard, UNIT, (0.04, None), 1),
    (fading_hazard, UNIT, (0.02, None), -1),
    (direct_utility, UNIT, (-0.7, 1.4, None, 0.8, 0.5, 0.8, 0.5), 1),
    (direct_utility, UNIT, (-0.7, 1.4, 0.5, 0.8, 0.5, 0.8, None), 1),
    (formal_utility, UNIT, (-4.9, 2.6, 0.3, 1.5, None, 0.6, 0.0, 0.8, 0.5, 0.0), 1),
    (formal_utility, UNIT, (-4.9, 2.6, 0.3, 1.5, 0.5, 0.6, 0.0, 0.8, 0.5, None), -1),
    (talk_success, UNIT, (-0.2, 2.0, 0.5, 1.2, None, 0.5, 0.2, 1.5, 0.5), -1),
    (talk_success, UNIT, (-0.2, 2.0, 0.5, 1.2, 0.3, 0.5, None, 1.5, 0.5), -1),
    (worker_hours, UNIT, (7.0, 0.1, None, 0.45, 1.0, 1.0), -1),
    (overload_of, np.linspace(0, 19, 21), (None, 10.0, 50.0, 15.0, 2.0), 1),
    (overload_of, np.linspace(0, 299, 21), (5.0, 10.0, None, 15.0, 2.0), 1),
    (experience, np.linspace(8, 200, 21), (1.0, None, 7.0, 0.45, 0.6, 0.5, 0.25, 0.25, 20.0, 8.0), -1),
    (experience, UNIT, (0.2, 3.0, 7.0, 0.45, None, 0.5, 0.25, 0.25, 20.0, 8.0), 1),
    (response, UNIT, (None, 0.6, 0.55, 0.3, 0.62, 0.6), 1),
    (response, UNIT, (0.6, None, 0.55, 0.3, 0.62, 0.6), -1),
    (dispute_hazard, UNIT, (0.0005, 0.9, 0.5, 1.3, None, 0.25, 0.5, 1.5, 0.3, 0.0), -1),
    (dispute_hazard, UNIT, (0.0005, 0.9, 0.5, 1.3, 0.6, 0.25, 0.5, 1.5, 0.3, None), 1),
    (mediation_success, UNIT, (0.6, 1.0, 0.5, 0.8, None, 0.3, 0.0), 1),
    (tie_at, np.linspace(0, 999, 21), (0.4, None, 365.0), -1),
    (adoption_hazard, UNIT, (0.1, 0.4, None, 0.0), 1),
    (adoption_hazard, np.linspace(-3, 3, 21), (0.1, 0.4, 0.2, None), 1),
    (department_delay, np.linspace(-3, 3, 21), (9.0, 0.8, 1.0, None), 1),
    (zone_hours, UNIT, (118.0, 10.0, 0.5, None), -1),
    (attendance, np.linspace(-3, 3, 21), (-6.0, 0.0, 0.8, None, 2.0, 0.5, 0.0), 1),
    (virtual_day, UNIT, (100.0, None, 0.0, 0.2, 1.0, 0.02, 0.1, 0.3, 4.0, 0.0), -1),  # more severe: earlier
    (
        virtual_day,
        np.linspace(0, 4, 21),
        (100.0, 0.3, 0.0, 0.2, None, 0.02, 0.1, 0.3, 4.0, 0.0),
        1,
    ),  # creaming: the easy first
    (
        virtual_day,
        np.arange(0.0, 20),
        (100.0, 0.3, None, 0.2, 1.0, 0.02, 0.1, 0.3, 4.0, 0.0),
        -1,
    ),  # louder: earlier
]


@pytest.mark.parametrize(
    "rule, values, others, sign", MONOTONE, ids=lambda v: v.py_func.__name__ if hasattr(v, "py_func") else ""
)
def test_rule_is_strictly_monotone(rule, values, others, sign):
    at = others.index(None)
    results = [rule.py_func(*others[:at], v, *others[at + 1 :]) for v in values]
    assert (sign * np.diff(results) > 0).all()


def test_logistic_is_the_sigma_of_the_brief():
    assert logistic(0.0) == 0.5 and logistic(2.0) == pytest.approx(sigma(2.0), rel=1e-15)
