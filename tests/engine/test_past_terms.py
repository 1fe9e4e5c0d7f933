"""Policies that set_policies ended: their days, their bill and their place in the record stay."""

from __future__ import annotations

import pytest
from sandbox import SMALL, run

from sim.engine import Engine


def test_a_policy_ended_by_set_policies_stays_on_the_bill():
    """40 of 100 days in force, then another for 60: each is billed for its own days."""
    whole = {name: run([name], 100).outcomes() for name in ("resident_council", "grid_management")}
    engine = run(["resident_council"], 40)
    engine.set_policies(["grid_management"])
    bill = engine.advance(60).outcomes()
    for payer in ("cost_subdistrict", "cost_fund", "cost_property"):
        parts = 0.4 * whole["resident_council"][payer] + 0.6 * whole["grid_management"][payer]
        assert bill[payer] == pytest.approx(parts), payer
    assert bill["cost_subdistrict"] > 0.6 * whole["grid_management"]["cost_subdistrict"] > 0


def test_the_past_is_told_as_it_was():
    engine = run(["resident_council"], 40)
    engine.set_policies(["grid_management"])
    engine.advance(10).set_policies([])
    engine.advance(10)
    told = [[p.name for p in engine.in_force(day)] for day in range(60)]
    assert told == [["resident_council"]] * 40 + [["grid_management"]] * 10 + [[]] * 10


def test_a_term_that_never_began_is_no_past():
    """Put off by set_policies before its first day, or replaced on its first morning: not billed."""
    engine = Engine(SMALL, ["grid_management"])
    engine.set_policies([{"policy": "resident_council", "start_day": 50}])
    engine.advance(20).set_policies([])
    engine.advance(60)
    assert engine.past == () and engine.outcomes()["cost_budget"] == 0.0


def test_a_branch_carries_its_past_into_the_bill():
    """A snapshot taken within the window, its arms branched from it."""
    frozen = run(["resident_council"], 40).mark().advance(40).snapshot()
    branched = Engine.branch(frozen, []).advance(40).outcomes()
    whole = run(["resident_council"], 80).outcomes()
    assert branched["cost_subdistrict"] == pytest.approx(0.5 * whole["cost_subdistrict"])
