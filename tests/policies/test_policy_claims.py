"""Claims of the ODD page that no other test would miss if they were broken (found by breaking them)."""

from __future__ import annotations

import pytest
from sandbox import run

from sim.policies.sensor_network import SensorNetwork
from sim.vocabulary import COMMITTEE


def posts(engine) -> float:
    """Full-time equivalents of the committee, filled or vacant."""
    workers = engine.world.workers
    return float(workers["fte"][workers["pool"] == COMMITTEE].sum())


@pytest.mark.parametrize("workers", [6.0, 15.0])
def test_staffing_adds_the_posts_that_it_states(workers):
    """Per 12,000 residents; 2,000 live here. Money is paid for as many."""
    assert posts(run([{"policy": "staffing", "workers": workers}], 2)) - posts(run((), 2)) == pytest.approx(
        workers / 6.0
    )


def test_false_alarms_are_owed_hour_by_hour():
    """What a week's alarms cost is the committee's debt to the last 2**-10 h, and counts as work
    arriving; ignored ones cost nothing.
    """
    for patience in (1.0, 0.0):
        world = run((), 63).world
        debt, arriving = world.communities["debt"].sum(), world.communities["arriving"][:, COMMITTEE].sum()
        SensorNetwork(events=20.0, false=0.9, patience=patience).institution(63).act(world, 70, 1)
        hours = float(world.tally["hours_alarm"][0])
        assert (
            world.communities["debt"].sum() - debt
            == hours
            == world.communities["arriving"][:, COMMITTEE].sum() - arriving
        )
        assert (hours > 0.0) == (patience > 0.0)
