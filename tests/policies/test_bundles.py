"""Every pair of policies: the order of a bundle decides nothing, and taking one away leaves exactly the
other.
"""

from __future__ import annotations

import itertools

import pytest
from sandbox import differ, place, run

from sim import policies
from sim.engine import Engine

NAMES = [name for name in policies.names() if name != "baseline" and not name.startswith("test_")]
PAIRS = list(itertools.combinations(NAMES, 2))


@pytest.mark.parametrize("one", NAMES)
def test_order_decides_nothing(one):
    """A+B equals B+A bit for bit for every B, over a year and a week, so that yearly dates are met."""
    for pair in (pair for pair in PAIRS if pair[0] == one):
        assert differ(run(pair, 372, residents=500), run(pair[::-1], 372, residents=500)) == [], pair


@pytest.mark.parametrize("other", NAMES)
def test_what_is_taken_away_leaves_nothing_behind(other):
    """A+B with A taken away on day 0 is B bit for bit, for every A: 60 days, in which levers and
    registers would show.
    """
    alone = run([other], 60, residents=500)
    for one in NAMES:
        if one != other:
            both = Engine(place(None, 500), [one, other], 1, 1)
            both.set_policies([other])
            assert differ(both.advance(60), alone) == [], one
