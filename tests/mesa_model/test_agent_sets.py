"""Sets of rows that behave like Mesa's sets, and views of agents that cannot write."""

from __future__ import annotations

import copy
import gc
import random
from collections.abc import MutableSet, Sequence

import mesa
import numpy as np
import pytest

from sim.mesa_model.community import (
    CommunityWorker,
    GridWorker,
    Level2Desk,
    PartyMember,
    PropertyCompany,
    Resident,
)
from sim.mesa_model.views import TYPES, AgentView
from sim.numerics.fixed_point import MIND
from tests.mesa_model.small_model import PLACE, model

pytestmark = pytest.mark.usefixtures("english")
MINDS = ("satisfaction", "expectation", "trust", "belonging")


@pytest.fixture(scope="module")
def residents(grown):
    return grown.agents_by_type[Resident]


def test_nobody_exists_until_asked_for():
    gc.collect()
    m = model().run(5)
    m.agents_by_type[Resident].select(elderly=True).agg("trust", np.mean)
    assert not [o for o in gc.get_objects() if isinstance(o, AgentView) and o.model is m]
    m.agents[0]
    kept = m.agents_by_type[Resident].select(lambda a: a.elderly).sort("trust")
    gc.collect()
    assert len(kept) == len(kept.to_list()) > 0  # nothing hangs on weak references


def test_columns_are_what_agents_say(grown, residents):
    w = grown.engine.world
    for name in MINDS:
        assert residents.column(name).tolist() == (getattr(w.residents, name) / MIND).tolist()
    for name in Resident.COLUMNS:
        assert residents.get(name) == [getattr(a, name) for a in residents], name
    for kind in TYPES:
        for agent in grown.agents_by_type[kind].select(at_most=3):
            assert type(agent) is kind or (kind is Resident and type(agent) is PartyMember)
            for name in kind.COLUMNS:
                assert isinstance(getattr(agent, name), (int, float, bool, str)), name
    for func in (sum, min, max, len, np.mean, np.std):
        assert residents.agg("trust", func) == func([a.trust for a in residents])
    assert (
        residents.select(age_group="elderly")
        == residents.select(elderly=True)
        == residents.select(lambda a: a.elderly)
    )
    assert np.array_equal(residents.select(elderly=True).rows, np.flatnonzero(w.residents.rec["flags"] & 1))
    assert type(residents.agg("trust", sum)) is float, (
        "a list, as from Mesa: since 3.12 Python's sum rounds once"
    )
    households = residents.groupby("household").agg("building", lambda b: len(set(b)))
    assert len(households) == len(w.households) and set(households.values()) == {1}
    somebody = max(residents, key=lambda a: a.degree)
    assert len(somebody.ties) == somebody.degree and all(somebody in friend.ties for friend in somebody.ties)
    assert list(somebody.efficacy) == [
        "counter",
        "hotline",
        "grid_worker",
        "party_member",
        "wechat",
        "app",
        "council",
    ]
    assert somebody.efficacy["app"] == somebody.efficacy_app


class Plain(mesa.Agent):
    """An ordinary Mesa agent with a resident's attributes."""

    def __init__(self, model, resident):
        super().__init__(model)
        self.number, self.trust = resident.unique_id, resident.trust
        self.elderly, self.age_group, self.building = resident.elderly, resident.age_group, resident.building


def test_sets_behave_as_mesas_own(residents):
    other = mesa.Model(rng=5)
    for agent in residents:
        Plain(other, agent)
    ours, theirs = residents, other.agents

    def alike(a, b):
        return [x.unique_id for x in a] == [x.number for x in b]

    assert alike(ours.select(lambda a: a.elderly, at_most=7), theirs.select(lambda a: a.elderly, at_most=7))
    assert alike(ours.select(at_most=0.25), theirs.select(at_most=0.25))
    for ascending in (True, False):
        assert alike(ours.sort("building", ascending=ascending), theirs.sort("building", ascending=ascending))
        assert alike(
            ours.sort(lambda a: a.trust, ascending=ascending), theirs.sort("trust", ascending=ascending)
        )
    ours.random.seed(9)
    theirs.random.seed(9)
    assert alike(ours.shuffle(), theirs.shuffle())
    a, b = ours.groupby("age_group"), theirs.groupby("age_group")
    assert (
        list(a.groups) == list(b.groups)
        and a.count() == b.count()
        and a.agg("trust", sum) == b.agg("trust", sum)
    )
    assert a.map(len) == b.map(len) and len(a) == len(b)
    assert [k for k, _ in ours.groupby(lambda x: x.building % 3)] == [
        k for k, _ in theirs.groupby(lambda x: x.building % 3)
    ]
    assert ours.get(["trust", "elderly"]) == theirs.get(["trust", "elderly"])
    assert ours.get("nothing", "default", 7) == theirs.get(
        "nothing", handle_missing="default", default_value=7
    )
    assert ours.agg("trust", [min, max]) == theirs.agg("trust", [min, max])
    assert ours.map(lambda x, n: x.building + n, 2) == theirs.map(lambda x, n: x.building + n, 2)


def test_set_algebra_and_in_place(grown, residents):
    old, members = residents.select(elderly=True), grown.agents_by_type[PartyMember]
    assert (old & members) == residents.select(elderly=True, party_member=True)
    assert len(old | members) == len(old) + len(members) - len(old & members)
    assert (residents - old) == residents.select(elderly=False) and old <= residents and old != members
    mine = copy.copy(residents)
    assert mine == residents and mine is not residents
    assert mine.select(elderly=True, inplace=True) is mine and mine == old
    first = mine[0]
    mine.remove(first)
    assert first not in mine and len(mine) == len(old) - 1
    mine.add(first)
    assert mine[-1] == first and first in mine and mine[1:3] == mine.to_list()[1:3]
    assert len(grown.agents_by_type[Resident]) == len(residents) == grown.place.residents
    with pytest.raises(ValueError, match="no agent of this model"):
        mine.add(model(seed=2).agents[0])
    seen = []
    assert mine.do(seen.append) is mine and seen == mine.to_list()
    mine.shuffle_do(lambda a: seen.append(a))
    assert set(seen) == set(mine)


def test_sets_are_sequences_on_every_mesa(grown, residents):
    """random.sample, reversed, index and count, as for Mesa's own sets (3.5's abstract set is no
    sequence).
    """
    assert isinstance(residents, Sequence) and isinstance(grown.agents, MutableSet)
    chosen = random.Random(4).sample(grown.agents, 3)
    assert len(set(chosen)) == 3 and chosen == random.Random(4).sample(grown.agents.to_list(), 3)
    assert random.Random(4).choice(residents) in residents
    assert list(reversed(residents.select(at_most=3))) == residents[:3][::-1]
    assert (
        residents.index(residents[5]) == 5
        and residents.count(residents[5]) == 1
        and residents.index(residents[5], -len(residents)) == 5
    )
    for absent in (
        lambda: residents.index(residents[5], 6),
        lambda: residents.index(residents[5], 0, 5),
        lambda: residents.index(grown.agents[-1]),
    ):
        with pytest.raises(ValueError, match="not in this set"):
            absent()
    assert residents.count("somebody") == 0


def test_kinds_of_agents(grown):
    counts = {kind.__name__: len(found) for kind, found in grown.agents_by_type.items()}
    assert (
        grown.agent_types == list(TYPES)
        and counts["Resident"] == PLACE.residents
        and counts["Level2Desk"] == 1
    )
    assert len(grown.agents) == sum(counts.values()) - counts["PartyMember"]
    assert len(set(grown.agents.get("unique_id"))) == len(grown.agents)
    assert all(isinstance(a, Resident) and a.party_member for a in grown.agents_by_type[PartyMember])
    assert grown.agents.select(agent_type=Resident, elderly=True) == grown.agents_by_type[Resident].select(
        elderly=True
    )
    assert counts["GridWorker"] == PLACE.grids and len(model([]).agents_by_type[GridWorker]) == 0
    assert (
        grown.agents_by_type[PropertyCompany][0].fee_rate > 0.5
        and grown.agents_by_type[Level2Desk][0].backlog >= 0.0
    )
    with pytest.raises(KeyError, match="Resident"):
        grown.agents_by_type[Plain]


@pytest.mark.parametrize(
    "policies",
    [[], ["grid_management"], ["equal_cost_staff"], [{"policy": "grid_management", "workers_per_grid": 1.6}]],
)
def test_posts_are_those_that_the_engine_staffs(policies):
    m = model(policies)
    before = (
        m.agents.select(agent_type=CommunityWorker).get("fte"),
        m.agents.select(agent_type=GridWorker).get("fte"),
    )
    m.step()
    table = m.engine.world.workers
    for pool, was in ((0, before[0]), (2, before[1])):
        assert was == [f for f in table["fte"][table["pool"] == pool].tolist() if f > 0.0]


def test_nothing_can_be_written(grown, residents):
    someone = residents[0]
    before = residents.get("trust")
    for attempt in (
        lambda: setattr(someone, "trust", 1.0),
        lambda: setattr(someone, "hat", 1),
        lambda: delattr(someone, "trust"),
        lambda: residents.set("trust", 1.0),
    ):
        with pytest.raises(AttributeError, match="views of the engine's rows"):
            attempt()
    for attempt in (
        lambda: someone.step(),
        lambda: residents.do("step"),
        lambda: someone.remove(),
        lambda: grown.remove_all_agents(),
        lambda: Resident.create_agents(grown, 3),
        lambda: Plain(grown, someone),
    ):
        with pytest.raises(TypeError, match="model.step|population is the scenario's"):
            attempt()
    assert residents.get("trust") == before and len(grown.agents_by_type[Resident]) == PLACE.residents


def test_unknown_attributes_say_what_there_is(grown, residents):
    for attempt in (
        lambda: residents[0].trst,
        lambda: residents.agg("trst", sum),
        lambda: residents.select(trst=1),
    ):
        with pytest.raises(AttributeError, match=r"did you mean 'trust'\? It has: .*satisfaction"):
            attempt()
    with pytest.raises(AttributeError, match="has no attribute 'trust'"):
        grown.agents.get("trust")  # workers have none
    with pytest.raises(AttributeError, match="model.place"):
        _ = grown.scenario
    assert {"trust", "efficacy", "ties"} <= set(dir(residents[0])) and not hasattr(residents[0], "__array__")
