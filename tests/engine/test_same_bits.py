"""The engine's promises, bit for bit: same seed, same bytes, however a run is cut, copied or branched."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sandbox import EVERYTHING, SMALL, STRESS, TITLES, differ, queue, run, state

from sim import day
from sim.engine import Engine, EngineError

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def burnt():
    """A snapshot after 200 days of baseline, with its mark."""
    engine = run((), 200, 1).mark()
    return engine.snapshot()


def test_same_seeds_same_bytes():
    """Two engines of the same seeds agree in every byte of every table after 300 days of everything."""
    a, b = run(EVERYTHING, 300, 5), run(EVERYTHING, 300, 5)
    assert differ(a, b) == []
    assert {n: a.world.matters._asdict()[n].tobytes() for n in a.world.matters._fields} == {
        n: b.world.matters._asdict()[n].tobytes() for n in b.world.matters._fields
    }, "row numbers too"


def test_each_seed_does_its_own_work():
    """The run seed leaves the population alone; the population seed changes who lives there."""
    a, b, c = (Engine(SMALL, (), p, r) for p, r in ((1, 1), (1, 2), (2, 1)))
    assert "residents.next_problem" in differ(a, b) and not [
        c for c in differ(a, b) if "trust" in c or "rec" in c and "residents" in c
    ]
    assert "residents.trust" in differ(a, c)
    assert "tally" in differ(a.advance(30), b.advance(30))


@pytest.mark.parametrize("steps", [[1] * 120, [50, 70], [7, 90, 23]], ids=len)
def test_resume_is_the_straight_run(steps):
    """120 days in any pieces, with a council's dates among them, are the same bits."""
    engine = Engine(SMALL, EVERYTHING, 2, 2)
    for days in steps:
        engine.advance(days)
    assert differ(engine, run(EVERYTHING, 120, 2)) == []


def test_restored_snapshot_goes_on_as_if_nothing_had_happened():
    """restore() on day 130 of everything, also after pickling, equals the straight run on day 260,
    institutions included.
    """
    engine = run(EVERYTHING, 130, 3).mark()
    snapshot = engine.snapshot()
    before = state(snapshot.world)
    engine.advance(130)
    other, third = Engine.restore(snapshot), Engine.restore(snapshot)
    assert differ(engine, other.advance(130)) == [] == differ(engine, third.advance(130))
    assert state(snapshot.world) == before, "a branch must not write into its snapshot"
    assert _same(engine.outcomes(), other.outcomes())
    pickled = Engine.restore(pickle.loads(pickle.dumps(snapshot))).advance(130)
    assert differ(engine, pickled) == []


def _same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(a[k] == b[k] or (np.isnan(a[k]) and np.isnan(b[k])) for k in a)


@pytest.mark.parametrize("name", TITLES)
def test_branch_is_the_straight_run_with_policies_from_the_mark(burnt, name):
    """An arm branched on day 200 equals a run from day 0 whose policy starts on day 200."""
    arm = Engine.branch(burnt, [name]).advance(150)
    straight = Engine(SMALL, [{"policy": name, "start_day": 200}], 1, 1).advance(200).mark().advance(150)
    assert differ(arm, straight) == [] and _same(arm.outcomes(), straight.outcomes())


def test_reading_outcomes_changes_nothing():
    a, b = run(EVERYTHING, 100, 1).mark(), run(EVERYTHING, 100, 1).mark()
    for _ in range(4):
        a.advance(20)
        a.outcomes(), a.series(), a.grid_table(), a.snapshot()
    assert differ(a, b.advance(80)) == []


def test_an_engine_whose_world_broke_a_law_says_so():
    engine = run((), 10)
    engine.world.tally["illegal"] += 1
    with pytest.raises(EngineError, match="illegal"):
        engine.advance(1)


def test_advance_has_one_signature():
    """After worlds of other places, sizes and policies, ``advance`` was compiled once: its types never
    depend on them.
    """
    for policy in (*TITLES, *EVERYTHING):
        run([policy], 3)
    run((), 3, residents=500)
    run((), 3, 1, STRESS, 6000)
    Engine("hongshan_road", EVERYTHING).advance(2)
    assert len(day.advance.signatures) == 1


def test_queues_of_keys_are_what_state_compares():
    """The helper has power: it sees a queue in another order."""
    engine = run((), 200, 1, {"property_share": 0.0, "share_floor": 0.01, "formal_constant": -2.0})
    w = engine.world
    g, pool = next(
        (g, p) for g in range(2) for p in range(2) if len(queue(w, int(w.grids["head"][g][p]))) > 2
    )
    other = engine.snapshot().world
    first = int(other.grids["head"][g][pool])
    following = other.matters.cases["next"]
    second = int(following[first])
    other.grids["head"][g][pool], following[first], following[second] = second, following[second], first
    assert differ(w, other) == ["queues"]
