"""Communities that meet only at the level-two desk, and outcomes that do not depend on size."""

from __future__ import annotations

import numpy as np
import pytest
from sandbox import MINDS, STRESS, differ, place, run

from sim import day
from sim.engine import Engine
from sim.scenario import Scenario
from sim.world import build as worlds

pytestmark = pytest.mark.usefixtures("english")


# --- several communities


def test_communities_meet_only_at_the_level_two_desk():
    """Where nothing is referred or petitioned, the first of two communities lives as it would alone: same
    bits, 300 days.
    """
    alone_there = {
        f"{kind}.needs_level2": 0.0
        for kind in (
            "noise",
            "leak",
            "parking",
            "sanitation",
            "property_service",
            "facility",
            "welfare",
            "safety",
        )
    }
    values = alone_there | {"failed_petition": 0.0}
    one, two = run(["grid_management"], 300, 1, values, 2000), run(["grid_management"], 300, 1, values, 4000)
    assert len(two.world.communities) == 2
    for mind in (*MINDS, "efficacy", "next_problem"):
        assert (
            getattr(one.world.residents, mind).tobytes()
            == getattr(two.world.residents, mind)[:2000].tobytes()
        ), mind
    assert (
        one.world.communities["backlog"][0, :2].tolist() == two.world.communities["backlog"][0, :2].tolist()
    )


def test_with_a_common_desk_one_community_feels_the_other():
    """The test above has power: with referrals the same comparison differs."""
    one, two = run((), 300, 1, {"level2_cases": 0.5}, 2000), run((), 300, 1, {"level2_cases": 0.5}, 4000)
    assert one.world.residents.trust.tobytes() != two.world.residents.trust[:2000].tobytes()


def test_the_order_of_communities_decides_nothing():
    """Days run with the second of two communities first leave the same state; float sums over both agree
    to 1e-12.
    """
    straight, turned = (
        _days_in_order(Engine(place(STRESS, 4000), (), 2, 2).world, 90, 2, order)
        for order in ((0, 1), (1, 0))
    )
    assert differ(straight, Engine(place(STRESS, 4000), (), 2, 2).advance(90)) == [], (
        "the days written out here are the engine's"
    )
    assert differ(straight, turned, but=("tally", "series")) == []
    for name in straight.tally.dtype.names:
        assert straight.tally[name][0] == pytest.approx(turned.tally[name][0], rel=1e-12), name


def _days_in_order(w, days, seed, order):
    """sim.day.advance written out, with a chosen order of communities (no institution acts here)."""
    w = worlds.grow_days(w, days)
    for today in range(days):
        while not day.has_room(w):
            w = worlds.grow_matters(w)
        for c in order:
            day.problems_of_day(w, c, today, seed)
            if day.is_workday(today):
                day.service_of_day(w, c, today, seed)
            day.consequences_of_day(w, c, today, seed)
        if day.is_workday(today):
            day.take_cases(w, today, seed)
        day.share_overload(w)
        day.observe(w, today)
        w.state[0] = today + 1
    return w


# --- size


@pytest.fixture(scope="module")
def sizes():
    """Outcomes of 24 runs of 2,000 residents and of 6 of 12,000: a year after a year's burn-in."""
    town = Scenario.load("hongshan_road")

    def mean(residents, seeds):
        runs = [
            Engine(town.scaled(residents), (), s, s).advance(365).mark().advance(365).outcomes()
            for s in seeds
        ]
        return {k: np.array([r[k] for r in runs]).mean() for k in runs[0]}

    return mean(2_000, range(1, 25)), mean(12_000, range(31, 37))


@pytest.mark.parametrize(
    "name, tolerance",
    [
        ("problem_rate", 0.03),
        ("demand_rate", 0.08),
        ("contacts_rate", 0.05),
        ("desk_share", 0.04),
        ("open_stock", 0.03),
        ("unvoiced_share", 0.01),
        ("funnel_lumped", 0.05),
        ("funnel_bilateral", 0.05),
        ("funnel_third", 0.08),
        ("share_satisfied", 0.06),
        ("satisfaction_index", 0.03),
        ("trust", 0.002),
        ("belonging", 0.005),
        ("selfhelp", 0.02),
        ("workload_committee", 0.08),
        ("workload_level2", 0.12),
        ("dispute_rate", 0.30),
        ("complaint_tail", 0.15),
    ],
)
def test_intensive_outcomes_do_not_depend_on_size(sizes, name, tolerance):
    """12,000 and 2,000 residents agree within a relative tolerance of about three standard errors of their
    difference.

    The satisfaction index gets what the slower small desks below cost it. A small place refers some 70 cases
    a year: the standard error of 24 is .03 of .77 at level 2.
    """
    small, large = sizes
    assert small[name] == pytest.approx(large[name], rel=tolerance)


def test_small_desks_are_slower(sizes):
    """What does depend on size, and why: waits.

    Six times the staff in one queue pool their chances (economies of pooling).
    """
    small, large = sizes
    assert small["fix_days_median"] > 1.2 * large["fix_days_median"]
