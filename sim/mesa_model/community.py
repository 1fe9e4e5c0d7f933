"""The community as Mesa users know it: a ``mesa.Model`` around the engine.

A step is a day. The engine does the day; this class adds Mesa's clock, its DataCollector and sets
of agents. The same arguments give the same numbers as ``sim.engine.Engine``, bit for bit.
"""

from __future__ import annotations

import copy
import inspect
import operator
import secrets
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import NoReturn, SupportsIndex

import mesa
import numpy as np

from sim.config.errors import BadType, BadValue, NoAttribute
from sim.engine import Engine, Snapshot
from sim.mesa_model.agent_set import AgentsByType, ColumnAgentSet
from sim.mesa_model.views import (
    TYPES,
    CommunityWorker,
    GridWorker,
    Level2Desk,
    PartyMember,
    PropertyCompany,
    PropertyWorker,
    Resident,
    SocialOrganisation,
    everybody,
)
from sim.metrics.readings import SERIES, daily
from sim.policies import Policy
from sim.scenario import Scenario
from sim.world.build import DAYS_MAX

__all__ = [
    "COLLECTED",
    "CommunityModel",
    "CommunityWorker",
    "GridWorker",
    "Level2Desk",
    "PartyMember",
    "PropertyCompany",
    "PropertyWorker",
    "Resident",
    "SocialOrganisation",
]
COLLECTED = (
    "disputes",
    "claims",
    "fixed",
    "open",
    "satisfaction_index",
    "trust",
)  # the DataCollector's columns by default
MEMORY = 35  # days back that a day's readings look: surveys of a week, calls-back of four
_CARRIED = ("running", "random", "rng", "_seed", "_rng")  # of Mesa's own state, what a copy takes along


def latest(name: str) -> Callable[[CommunityModel], float]:
    """A reporter of the latest value of a daily series (a function: Mesa 3.4 takes no partial)."""
    return lambda model: model.today[name]


def collector(model_reporters: Mapping | None, **others: Mapping | None) -> mesa.DataCollector:
    """Mesa's DataCollector; names of daily series among the model reporters become readings of them."""
    given = {name: name for name in COLLECTED} if model_reporters is None else model_reporters
    readings = {k: latest(r) if isinstance(r, str) and r in SERIES else r for k, r in given.items()}
    return mesa.DataCollector(readings, **others)


def run_seed(seed: SupportsIndex | None, rng: SupportsIndex | None) -> int:
    """The run's seed from Mesa's two names for it: an integer of 0 to 2**63 - 1; drawn afresh where both
    are None.
    """
    if seed is not None and rng is not None:
        raise BadValue("mesa.two_seeds")
    given = rng if seed is None else seed
    if given is None:
        return secrets.randbits(31)
    try:
        value = operator.index(given)
    except TypeError:
        raise BadType("mesa.seed", value=repr(given)) from None
    if not 0 <= value < 2**63:
        raise BadValue("mesa.seed", value=value)
    return value


def listed(policies: Sequence | str | Mapping | Policy | None) -> list:
    """Policies as a list: one policy, its name or its dict stands for itself; None for none."""
    if policies is None:
        return []
    return [policies] if isinstance(policies, str | Mapping | Policy) else list(policies)


class CommunityModel(mesa.Model):
    """One subdistrict under some policies, day by day.

    Args:
        scenario: a place's name, a path to its YAML file, or a ``sim.scenario.Scenario``.
        policies: names, dicts (``{"policy": name, **parameters}``) or Policy objects; in force from day 0.
        seed, rng: what happens (two names for one thing; an integer). None: a fresh seed, kept in ``seed``.
        population_seed: who lives there.
        residents: another number of residents, all else in proportion.
        model_reporters: for the DataCollector, instead of ``COLLECTED``; a text that names a column of
            ``series()`` gives its value of the day, anything else is as in Mesa.
        agent_reporters, agenttype_reporters: as in Mesa (they visit agents one by one: slow for many).

    Raises:
        sim.scenario.ConfigError, sim.policies.PolicyError: for what a file or a policy has wrong.
        TypeError, ValueError: for a seed that is no integer of 0 to 2**63 - 1, or seed and rng together.
    """

    def __init__(
        self,
        scenario: Scenario | str = "hongshan_road",
        policies: Sequence | str = (),
        seed: int | None = None,
        rng: int | None = None,
        population_seed: int = 1,
        residents: int | None = None,
        model_reporters: Mapping | None = None,
        agent_reporters: Mapping | None = None,
        agenttype_reporters: Mapping | None = None,
    ) -> None:
        self.seed = run_seed(seed, rng)
        self._start_mesa()
        place = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
        place = place if residents is None else place.scaled(residents)
        self.engine = Engine(place, listed(policies), population_seed, self.seed)
        self._today: tuple[int, dict] = (-1, {})
        self._reporters = {
            "model_reporters": model_reporters,
            "agent_reporters": agent_reporters,
            "agenttype_reporters": agenttype_reporters,
        }
        self.datacollector = self._collector = collector(**self._reporters)
        self.datacollector.collect(self)

    def _start_mesa(self) -> None:
        own = set(vars(self))
        super().__init__(rng=self.seed)  # a plain int: Mesa 3.5 refuses numpy's
        self._machinery = frozenset(vars(self)) - own

    # time

    @property
    def day(self) -> int:
        """Days run so far (Mesa's ``steps`` counts calls, and goes in Mesa 4)."""
        return self.engine.day

    def step(self) -> None:
        """Run one day, then collect."""
        self.engine.advance(1)
        self.datacollector.collect(self)
        self.running = self.engine.day < DAYS_MAX

    def run(self, days: int) -> CommunityModel:
        """Run ``days`` days (0 or more): as many steps. Returns the model."""
        try:
            count = operator.index(days)
        except TypeError:
            count = -1
        if count < 0:
            raise BadValue("mesa.days", value=repr(days))
        for _ in range(count):
            self.step()
        return self

    def mark(self) -> CommunityModel:
        """Begin the window of ``metrics`` and ``series`` today, say after a burn-in. Returns the model."""
        self.engine.mark()
        return self

    # results

    @property
    def place(self) -> Scenario:
        """The scenario of the run."""
        return self.engine.scenario

    @property
    def scenario(self) -> NoReturn:
        """AttributeError: from Mesa 3.5 the name is Mesa's, for objects of another kind; see ``place``."""
        raise NoAttribute("mesa.scenario")

    @scenario.setter
    def scenario(self, value: object) -> None:
        """Mesa's own is not kept: its page would start the model again without a place."""

    @property
    def population_seed(self) -> int:
        """Who lives there."""
        return self.engine.population_seed

    @property
    def policies(self) -> list[Policy]:
        """Policies in force today."""
        return self.engine.in_force(self.day)

    @property
    def today(self) -> dict[str, float]:
        """The latest value of every daily series (columns of ``series()``); all NaN before the first day."""
        if self._today[0] != self.day:
            start = max(0, self.day - MEMORY)
            window = SimpleNamespace(world=self.engine.world, day=self.day, mark_=SimpleNamespace(day=start))
            values = {
                name: float(column[-1]) if len(column) else float("nan")
                for name, column in daily(window).items()
            }
            self._today = self.day, values | {"day": float(self.day)}
        return dict(self._today[1])

    def metrics(self) -> dict[str, float]:
        """Every outcome over the window since the mark (or day 0), by name; per full year since the mark
        as ``name@y1``, ...
        """
        return self.engine.outcomes()

    def series(self) -> dict[str, np.ndarray]:
        """Daily series since the mark (or day 0): one float array of (days,) per column."""
        return self.engine.series()

    # agents

    @property
    def agents(self) -> ColumnAgentSet:
        """All agents there are today; a fresh set of row numbers, no agent object."""
        return ColumnAgentSet(self, everybody(self.engine.world))

    @property
    def agents_by_type(self) -> AgentsByType:
        """Sets of agents by class.

        ``Resident`` holds all residents, ``PartyMember`` those of them with the flag.
        """
        return AgentsByType(self)

    @property
    def agent_types(self) -> list[type]:
        """Classes of agents; some may have no agents today."""
        return list(TYPES)

    def register_agent(self, agent: object) -> None:
        """Refused: the population is the scenario's."""
        raise BadType("mesa.no_creation")

    deregister_agent = register_agent

    def remove_all_agents(self) -> None:
        """Refused: the population is the scenario's."""
        raise BadType("mesa.no_creation")

    # copies

    def snapshot(self) -> Snapshot:
        """The engine's state today, for ``Engine.branch`` and ``Engine.restore``."""
        return self.engine.snapshot()

    def branch(self, policies: Sequence | str) -> CommunityModel:
        """Another model with this one's past, in which these policies replace the others from today on."""
        twin = copy.deepcopy(self)
        twin.engine = Engine.branch(self.engine.snapshot(), listed(policies))
        return twin

    def __copy__(self) -> CommunityModel:
        return copy.deepcopy(self)  # two models never share a world

    def __getstate__(self) -> dict:
        """What a copy needs.

        Mesa's machinery is built anew: its clock holds references that cannot be copied.
        """
        left = {*self._machinery, "_machinery", "engine", "_collector"}
        if (
            self.datacollector is self._collector
        ):  # Mesa makes reporters into local functions, which no pickle takes
            left.add("datacollector")
        return {
            "own": {k: v for k, v in vars(self).items() if k not in left},
            "mesa": {k: vars(self)[k] for k in _CARRIED},
            "snapshot": self.engine.snapshot(),
            "steps": self.steps,
            "collected": {k: v for k, v in vars(self._collector).items() if k not in self._reporters},
        }

    def __setstate__(self, state: dict) -> None:
        self.seed = state["own"]["seed"]
        self._start_mesa()
        step, self._user_step = self._user_step, _nothing
        for _ in range(state["steps"]):  # wind Mesa's clock, whichever it has
            self.step()
        self._user_step = step
        self.__dict__.update(state["own"] | state["mesa"])
        self.engine = Engine.restore(state["snapshot"])
        self._collector = collector(**self._reporters)
        vars(self._collector).update(state["collected"])
        if "datacollector" not in state["own"]:
            self.datacollector = self._collector


def _nothing() -> None:
    """A step in which nothing happens."""


def _without_seed() -> inspect.Signature:
    signature = inspect.signature(CommunityModel.__init__)
    return signature.replace(
        parameters=[p for name, p in signature.parameters.items() if name not in ("self", "seed")]
    )


# Mesa 3.5's batch_run fills an argument that is called seed with its own rng, None by default, over the
# seeds in ``parameters``. It finds its name by the class's signature: there, the seed is called rng.
CommunityModel.__signature__ = _without_seed()
