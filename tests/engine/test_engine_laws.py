"""Laws that the engine holds: copies are exact, minds are residents' own, days are whole, a policy stands
once.
"""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from sandbox import EVERYTHING, SMALL, differ, run, state

from sim import policies
from sim.engine import Engine, EngineError, Term
from sim.policies.base import Policy

pytestmark = pytest.mark.usefixtures("english")
MINDS = ("satisfaction", "expectation", "trust", "belonging", "efficacy")


def _same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(a[k] == b[k] or (np.isnan(a[k]) and np.isnan(b[k])) for k in a)


# --- copies

COPIES = {"deepcopy": copy.deepcopy, "copy": copy.copy, "pickle": lambda x: pickle.loads(pickle.dumps(x))}


@pytest.mark.parametrize("how", COPIES.values(), ids=COPIES)
def test_a_copied_engine_goes_on_exactly(how):
    """90 days later every outcome and every byte is the original's, and neither has felt the other."""
    engine = run(EVERYTHING, 60, 2).mark()
    twin, before = how(engine), state(engine.world)
    assert np.shares_memory(twin.world.flat, twin.world.tally) and not np.shares_memory(
        twin.world.tally, engine.world.tally
    )
    twin.advance(90)
    assert state(engine.world) == before
    engine.advance(90)
    assert (
        differ(engine, twin) == []
        and _same(engine.outcomes(), twin.outcomes())
        and len(engine.outcomes()) > 100
    )
    assert not np.isnan(twin.outcomes()["cost_budget"])


@pytest.mark.parametrize("how", COPIES.values(), ids=COPIES)
def test_a_copied_world_and_a_copied_snapshot_are_whole(how):
    snapshot = run(EVERYTHING, 40, 2).mark().snapshot()
    straight, copied = Engine.restore(snapshot).advance(90), Engine.restore(how(snapshot)).advance(90)
    assert differ(straight, copied) == [] and _same(straight.outcomes(), copied.outcomes())
    world = how(snapshot.world)
    assert np.shares_memory(world.flat, world.tally) and world.flat.tobytes() == snapshot.world.flat.tobytes()


def test_a_deep_copy_shares_no_table():
    world = run((), 3).world
    twin = copy.deepcopy(world)
    for name in world._fields:
        tables = (
            zip(getattr(world, name), getattr(twin, name))
            if isinstance(getattr(world, name), tuple)
            else [(getattr(world, name), getattr(twin, name))]
        )
        assert not any(np.shares_memory(a, b) for a, b in tables), name


# --- laws that are held


def meddler(deed: str, column: str):
    """A policy whose institution adds one to a column of residents when it begins, acts or ends."""

    class Hand:
        def next_day(self, day):
            return max(day, 5) if day <= 5 else None

        def act(self, world, day, seed):
            return None

    def write(self, world, *_):
        getattr(world.residents, column)[7] += 1

    setattr(Hand, deed, write)

    @dataclass(frozen=True)
    class Meddler(Policy):
        """Writes what is not its own."""

        name = "test_meddler"

        def moves(self, size):
            return []

        def institution(self, day):
            return Hand()

    return {"policy": Meddler(), "start": 2, "end": 9}


@pytest.mark.parametrize("column", MINDS)
@pytest.mark.parametrize("deed", ["begin", "act", "end"])
def test_no_institution_writes_what_residents_think(monkeypatch, deed, column):
    """The engine holds it: an error names the day, the policy, the institution and the column."""
    monkeypatch.setenv("COGOV_LANG", "en")
    engine = Engine(SMALL, [Term(**meddler(deed, column))])
    day = {"begin": 2, "act": 5, "end": 9}[deed]
    with pytest.raises(
        EngineError,
        match=rf"day {day}: .*Hand.{deed} of policy 'test_meddler' wrote residents' {column};.*lever",
    ):
        engine.advance(20)
    assert "改写了居民的" in EngineError(
        "engine.mind_written", day=1, policy="p", institution="i", deed=deed, column=column
    ).show("zh")


def test_those_who_come_belong_more_and_nobody_else():
    """The one way to belonging is attendance: the event's own residents, whose act is counted."""
    engine = run(["culture_events"], 5)
    before, acts = engine.world.residents.belonging.copy(), engine.world.residents.rec["acts"].copy()
    engine._owned[0][1].act(engine.world, 30, 1)
    changed = engine.world.residents.belonging != before
    assert 0 < changed.sum() == (engine.world.residents.rec["acts"] > acts).sum() < 60
    assert run(["culture_events", "community_college"], 200).day == 200


def test_an_institution_may_write_its_own():
    engine = Engine(SMALL, [Term(**meddler("act", "problems"))]).advance(
        20
    )  # a counter of problems is no mind
    assert engine.day == 20


# --- one reading of days, one listing of policies


def test_effect_institution_and_bill_end_on_one_day():
    """In force on days 20 to 49 of 100: levers, meetings and 30% of the bill; a year's window shows the
    share.
    """
    policy = {"policy": "resident_council", "start_day": 20, "end_day": 50}
    engine = Engine(SMALL, [policy])
    whole = run(["resident_council"], 100).outcomes()["cost_subdistrict"]
    term, base = engine.terms[0], run((), 1).world.levers.tobytes()
    for day in range(100):
        assert (engine.in_force(day) != []) == term.holds(day) == (20 <= day < 50)
        assert (engine.world.levers.tobytes() != base) == term.holds(day) == bool(engine._owned), day
        engine.advance(1)
    assert term.days(0, 100) == 30 and term.days(30, 40) == 10 and term.days(60, 90) == 0
    assert engine.outcomes()["cost_subdistrict"] == pytest.approx(0.3 * whole)


@pytest.mark.parametrize(
    "wrong",
    [
        {"end_day": 182.5},
        {"start_day": 182.5},
        {"start_day": -1},
        {"start_day": 30, "end_day": 10},
        {"start_day": True},
    ],
)
def test_days_that_no_day_begins_on_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Engine(SMALL, [{"policy": "grid_management", **wrong}])


@pytest.mark.parametrize(
    "wrong", [{"start": 1.5}, {"start": 3, "end": 3}, {"start": 0, "end": 2.0}, {"start": -1}]
)
def test_terms_are_whole_days_too(wrong):
    with pytest.raises((TypeError, ValueError), match="whole number"):
        Term(policies.load("grid_management"), **wrong)


def test_a_term_of_the_past_begins_today():
    """What is past is past: an institution begins today, and what is over is over."""
    council = policies.load("resident_council")
    engine = run((), 30)
    engine.set_policies([Term(council, 10, 20), Term(policies.load("grid_management"), 5)])
    assert [(t.policy.name, t.start) for t in engine.terms] == [
        ("grid_management", 30)
    ] and engine._owned == []
    engine.set_policies([Term(council, 10)])
    assert engine.terms[0].start == 30 and len(engine._owned) == 1


@pytest.mark.parametrize(
    "twice",
    [
        ["grid_management", "grid_management"],
        ["grid_management", {"policy": "grid_management", "intensity": 0.5}],
    ],
)
def test_a_policy_stands_once(twice):
    """As in a study: twice would double its effect."""
    with pytest.raises(ValueError, match="grid_management"):
        Engine(SMALL, twice)
    with pytest.raises(ValueError, match="grid_management"):
        run((), 1).set_policies(twice)


@pytest.mark.parametrize("wrong", [1.0, "1", True, -1, 2**63, None])
def test_seeds_and_days_are_whole_numbers(wrong):
    for call in (
        lambda: Engine(SMALL, (), wrong),
        lambda: Engine(SMALL, (), 1, wrong),
        lambda: run((), 1).advance(wrong),
    ):
        with pytest.raises((TypeError, ValueError), match="whole number|horizon"):
            call()
    assert Engine(SMALL, (), np.int64(3)).population_seed == 3
