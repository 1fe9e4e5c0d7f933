"""The Mesa face: same numbers as the engine, seeds that stay, copies that go on alone."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import warnings
import weakref
from pathlib import Path

import mesa
import numpy as np
import pytest

from sim.engine import Engine
from sim.mesa_model.agent_set import ColumnAgentSet
from sim.mesa_model.community import COLLECTED, CommunityModel, GridWorker, Level2Desk, PartyMember, Resident
from tests.mesa_model.small_model import PLACE, model, same_world

pytestmark = pytest.mark.usefixtures("english")
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "mesa.md"


def test_a_day_is_a_step_bit_for_bit(grown):
    stepped, engine = model(), Engine(PLACE, ["grid_management"], 1, 1).advance(30)
    for _ in range(30):
        stepped.step()
    assert same_world(stepped.engine, engine) and same_world(grown.engine, engine)
    assert not same_world(engine, model(seed=2).run(30).engine)
    assert repr(stepped.metrics()) == repr(engine.outcomes()) == repr(grown.metrics())
    assert stepped.day == stepped.steps == 30


def test_a_place_by_name_scaled_and_policies_in_any_form():
    runs = [
        CommunityModel("small_community", p, 3, residents=360).run(3).metrics()
        for p in (["grid_management"], "grid_management", {"policy": "grid_management", "intensity": 1.0})
    ]
    runs.append(CommunityModel(PLACE, ["grid_management"], rng=3).run(3).metrics())
    assert len({repr(r) for r in runs}) == 1
    assert repr(runs[0]) != repr(CommunityModel(PLACE, None, seed=3).run(3).metrics())


def test_seeds():
    assert model(seed=np.int64(4)).seed == 4
    assert model(seed=None).seed != model(seed=None).seed
    for wrong in (1.5, "1"):
        with pytest.raises(TypeError, match="whole number"):
            model(seed=wrong)
    with pytest.raises(ValueError, match="not both"):
        model(seed=1, rng=1)
    with pytest.raises(ValueError, match="whole number"):
        model(seed=-1)
    with pytest.raises(ValueError, match="days"):
        model().run(-1)


def test_collected_rows_are_the_series(grown):
    frame = grown.datacollector.get_model_vars_dataframe()
    assert tuple(frame.columns) == COLLECTED and len(frame) == grown.day + 1
    series = grown.series()
    for name in COLLECTED:
        np.testing.assert_array_equal(frame[name].to_numpy()[1:], series[name], err_msg=name)
    assert frame.iloc[0].isna().all()
    assert grown.today["day"] == 30 and grown.today["claims"] == series["claims"][-1]


def test_own_reporters():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        m = model(
            model_reporters={
                "overload": "overload",
                "day": "day",
                "old": lambda m: len(m.agents_by_type[Resident].select(elderly=True)),
            },
            agenttype_reporters={PartyMember: {"trust": "trust"}},
        ).run(2)
    frame = m.datacollector.get_model_vars_dataframe()
    assert list(frame["day"])[1:] == [1, 2] and frame["overload"][2] == m.series()["overload"][1]
    members = m.agents_by_type[PartyMember]
    rows = m.datacollector.get_agenttype_vars_dataframe(PartyMember)
    assert len(rows) == 3 * len(members) and rows["trust"].tolist()[-len(members) :] == members.get("trust")
    everybody = model(agent_reporters={"community": lambda a: getattr(a, "community", 0)}).run(1)
    assert len(everybody.datacollector.get_agent_vars_dataframe()) == 2 * len(everybody.agents)


def test_batch_run_keeps_its_seeds():
    rows = mesa.batch_run(
        CommunityModel,
        parameters={"scenario": [PLACE], "seed": [1, 2], "policies": [[], ["grid_management"]]},
        max_steps=10,
        number_processes=1,
        display_progress=False,
    )
    assert len(rows) == 4 and {row["Step"] for row in rows} == {10}
    for row in rows:
        alone = CommunityModel(PLACE, row["policies"], row["seed"]).run(10)
        assert row["trust"] == alone.today["trust"] and row["open"] == alone.today["open"]


@pytest.mark.parametrize("how", [copy.deepcopy, copy.copy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_go_on_alone(how):
    m = model(agenttype_reporters={Level2Desk: {"backlog": "backlog"}}).run(8)
    m.note = m.agents[3]
    twin = how(m)
    assert twin.note == twin.agents[3] and twin.note.model is twin
    assert twin.day == twin.steps == 8 and twin.random.random() == m.random.random()
    twin.run(7)
    assert m.day == 8 and len(m.datacollector.model_vars["open"]) == 9
    m.run(7)
    assert same_world(m.engine, twin.engine) and repr(m.metrics()) == repr(twin.metrics())
    for a, b in (
        (m.datacollector.get_model_vars_dataframe(), twin.datacollector.get_model_vars_dataframe()),
        (
            m.datacollector.get_agenttype_vars_dataframe(Level2Desk),
            twin.datacollector.get_agenttype_vars_dataframe(Level2Desk),
        ),
    ):
        assert a.equals(b)


def test_branch_is_the_engines():
    m = model([]).run(10).mark()
    arm = m.branch("grid_management").run(10)
    engine = Engine.branch(m.snapshot(), ["grid_management"]).advance(10)
    assert same_world(arm.engine, engine) and [p.name for p in arm.policies] == ["grid_management"]
    assert m.day == 10 and m.policies == [] and len(arm.series()["open"]) == 10
    assert len(m.branch([]).agents_by_type[GridWorker]) == 0 < len(arm.agents_by_type[GridWorker])


def test_models_do_not_stay_in_memory():
    m = model().run(2)
    kept, chosen = m.agents[0], m.agents.select(agent_type=Resident)
    dead = weakref.ref(m)
    del m
    gc.collect()
    assert dead() is kept.model is chosen.model  # a view holds its model
    del kept, chosen
    gc.collect()
    assert dead() is None


def test_asking_changes_nothing(grown):
    quiet, asked = model().run(3), model()
    for _ in range(3):
        asked.agents.shuffle()
        asked.agents.do(repr)
        asked.step()
    assert same_world(quiet.engine, asked.engine) and isinstance(asked.agents, ColumnAgentSet)


def test_the_guide_runs_as_written(capsys):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict = {"__name__": "guide"}
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), names)
    assert names["model"].day == 30 and np.isfinite(names["difference"]) and len(names["runs"]) == 4
