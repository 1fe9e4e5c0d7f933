"""The engine's promises, bit for bit: seeds, snapshots, policies that compose, end, and touch no mind."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from sandbox import EVERYTHING, SHIPPED, SMALL, STRESS, differ, nudge, place, queue, run, state

from sim import day, policies
from sim.engine import Engine, EngineError
from sim.levers import LEVERS, LeverError, Move, fold
from sim.policies.base import Policy
from sim.scenario import Scenario
from sim.world import build as worlds
from sim.world.laws import laws_broken

MINDS = ("satisfaction", "expectation", "trust", "belonging")
TITLES = [*SHIPPED, "baseline"]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("COGOV_LANG", "en")


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


def test_an_engine_whose_world_broke_a_law_says_so():
    engine = run((), 10)
    engine.world.tally["illegal"] += 1
    with pytest.raises(EngineError, match="illegal"):
        engine.advance(1)


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
