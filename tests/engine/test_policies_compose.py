"""Policies that compose and end: order decides nothing, what they leave alone is left alone, minds too."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from sandbox import MINDS, SHIPPED, SMALL, TITLES, differ, nudge, run

from sim import policies
from sim.engine import Engine
from sim.levers import LEVERS, LeverError, Move, fold
from sim.policies.base import Policy
from sim.world.laws import laws_broken

pytestmark = pytest.mark.usefixtures("english")


@pytest.mark.parametrize("name", SHIPPED)
def test_intensity_zero_is_the_baseline(name):
    """At intensity 0 a policy moves nothing: same bits as no policy after 200 days."""
    assert differ(run([{"policy": name, "intensity": 0.0}], 200), run((), 200)) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_policy_at_full_intensity_does_something(name):
    """The test above has power: at intensity 1 the same comparison finds differences within 200 days."""
    assert "tally" in differ(run([name], 200), run((), 200))


@pytest.mark.parametrize("pair", list(itertools.combinations(TITLES, 2)), ids="+".join)
def test_a_plus_b_is_b_plus_a(pair):
    """Policies commute bit for bit over 130 days (a council's quarter among them)."""
    assert differ(run(pair, 130), run(pair[::-1], 130)) == []


def test_a_bundle_in_any_order_is_the_same_bundle():
    """All five, in 6 orders, give the same levers and the same bits."""
    first = run(SHIPPED, 100)
    for order in itertools.islice(itertools.permutations(SHIPPED), 0, 120, 20):
        assert differ(first, run(order, 100)) == []


@pytest.mark.parametrize(
    "pair",
    list(itertools.permutations(("grid_management", "smart_platform", "target_pressure"), 2)),
    ids="-".join,
)
def test_removing_one_leaves_exactly_the_other(pair):
    """A+B with B taken away on day 0 is A, bit for bit; the levers of A+B without B's moves are A's."""
    both = Engine(SMALL, pair, 1, 1)
    both.set_policies(pair[:1])
    assert differ(both.advance(130), run(pair[:1], 130)) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_when_a_policy_ends_its_levers_return(name):
    """From end_day on, every lever and every channel stands as at baseline, and no institution acts."""
    engine = run([{"policy": name, "end_day": 100}], 100)
    base = run((), 100)
    assert engine.world.levers.tobytes() == base.world.levers.tobytes()
    assert (engine.world.communities["opened"] == base.world.communities["opened"]).all()
    meetings = float(engine.world.tally["council_meetings"][0])
    engine.advance(200)
    assert (
        engine.world.tally["council_meetings"][0] == meetings
        and engine.world.communities["next_meeting"][0] == -1
    )
    assert engine._owned == [] and laws_broken(engine.world) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_arms_are_one_until_the_policy_starts(name):
    """A policy that starts on day 90 leaves the first 90 days untouched, and not the following 200."""
    arm, base = Engine(SMALL, [{"policy": name, "start_day": 90}], 1, 1).advance(90), run((), 90)
    assert (
        differ(
            arm,
            base,
            but=()
            if arm.world.levers.tobytes() == base.world.levers.tobytes()
            else ("levers", "communities.opened", "communities.next_meeting"),
        )
        == []
    )
    assert "tally" in differ(arm.advance(200), base.advance(200))


def test_a_policy_that_touches_nothing_leaves_every_draw_alone():
    """Levers moved to where they are, or that nothing reads in this world, give the baseline's bits over
    300 days.
    """
    base = run((), 300)
    idle = nudge("idle", committee_scale=("scale", 1.0), patrol=("shift", 0.0), open_counter=1.0)
    assert differ(run([idle], 300), base) == []
    blind = nudge(
        "blind", status_info=1.0, app_priority=9.0, app_launch=0.3, patrol=0.3, visits=9.0
    )  # no app, nobody to patrol
    assert differ(run([blind], 300), base, but=("levers",)) == []


def test_draws_that_a_policy_leaves_alone_are_common():
    """Grid workers on one side, none on the other: for 20 days not one candidate problem differs (same
    draws, same minds).
    """
    arm, base = run(["grid_management"], 20), run((), 20)
    assert arm.world.tally["created"][0] == base.world.tally["created"][0] > 20
    assert arm.world.residents.next_problem.tobytes() == base.world.residents.next_problem.tobytes()


@pytest.fixture
def stillness():
    """A policy of our own, known by its name while the test runs: no problem ever arises."""

    @policies.register
    @dataclass(frozen=True)
    class Stillness(Policy):
        """No problems."""

        name = "test_stillness"

        def moves(self, size):
            return [Move("problem_scale", "scale", 0.0)] if self.intensity > 0 else []

    yield "test_stillness"
    policies._OWN.pop("test_stillness")


@pytest.mark.parametrize("name", [*SHIPPED, "all"])
def test_no_policy_writes_a_mind(stillness, name):
    """Without matters (problem_scale 0 from day 0) no policy moves satisfaction, trust, expectation,
    belonging, or efficacy.

    Over 400 days, bit for bit. What remains to policies: the council sits (acts, seats), the app is
    adopted (flags), grid workers' visits move ties of households; none of it is a mind.
    """
    empty = {"past_days": 0.0}  # nor is anything there from before
    base = run([stillness], 400, values=empty)
    arm = run([stillness, *(SHIPPED if name == "all" else [name])], 400, values=empty)
    assert arm.world.tally["created"][0] == 0
    for mind in (*MINDS, "efficacy"):
        assert (
            getattr(arm.world.residents, mind).tobytes() == getattr(base.world.residents, mind).tobytes()
        ), mind
    moved = {
        "resident_council": "council_attended",
        "smart_platform": "adopters",
        "grid_management": "visits",
    }.get(name)
    assert moved is None or arm.world.tally[moved][0] > 0, "the policy itself was at work"
    if name == "grid_management":
        assert (arm.world.households["tie_grid"] > 0).any()


def test_minds_do_move_where_there_are_matters():
    """The test above has power: with problems, each mind differs between arms within a year."""
    arm, base = run(["grid_management"], 365), run((), 365)
    for mind in MINDS:
        assert (
            getattr(arm.world.residents, mind).tobytes() != getattr(base.world.residents, mind).tobytes()
        ), mind


def test_a_move_of_an_unknown_lever_lists_the_levers():
    with pytest.raises(LeverError, match=r"test_x.*'patrl'.*'patrol'.*The levers are.*kpi"):
        run([nudge("x", patrl=1.0)], 0)
    with pytest.raises(LeverError, match="not shift, scale or raise"):
        run([nudge("x", patrol=("set", 1.0))], 0)


def test_levers_fold_as_documented():
    """max(base * scales + shifts, raises), clipped to the range; no moves give the bases."""
    assert fold([]) == {lever.name: min(max(lever.base, lever.low), lever.high) for lever in LEVERS}
    assert (
        fold(
            [
                Move("committee_scale", "scale", 2.0),
                Move("committee_scale", "scale", 3.0),
                Move("committee_scale", "shift", 0.5),
            ]
        )["committee_scale"]
        == 6.5
    )
    assert fold([Move("patrol", "raise", 0.2), Move("patrol", "shift", 0.1)])["patrol"] == 0.2
    assert fold([Move("patrol", "shift", 0.3), Move("patrol", "shift", 0.3)])["patrol"] == 0.4
