"""Sets of agents as arrays of numbers: what ``model.agents`` and its selections are.

Mesa's own set holds weak references, so views of rows would vanish from it; this one holds
unique_ids (int64) and the model, and reads columns with numpy wherever an attribute is a column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import BuiltinFunctionType
from typing import Any

import numpy as np

from sim.config.catalog import listed
from sim.config.errors import BadValue, NoAttribute, NoKey
from sim.mesa_model.views import (
    BLOCKS,
    TYPES,
    AgentView,
    MesaGroupBy,
    MesaSet,
    everybody,
    firsts,
    kinds,
    unknown,
    views,
)


def _is_test(wanted: object) -> bool:
    return callable(wanted) and not isinstance(wanted, type)


def _applied(func: Callable, values: np.ndarray | list) -> Any:
    """A function of values; Python's own get a list, as from Mesa: its sum of floats is rounded once, an
    array's at every step.
    """
    return func(
        values.tolist()
        if isinstance(func, BuiltinFunctionType) and isinstance(values, np.ndarray)
        else values
    )


class ColumnAgentSet(MesaSet, Sequence):
    """An ordered set of agents of one model, with the methods of Mesa's AgentSet; a sequence on every Mesa.

    Every selection, sorting and grouping returns sets of this kind. Attributes that are columns
    (``sim.mesa_model.views``) are read at once; anything else goes through the agents one by one.

    Args:
        model: the CommunityModel. ids: unique_ids, int64 (n), each once.
    """

    def __init__(self, model: Any, ids: np.ndarray) -> None:
        self.model = model
        self._ids = np.asarray(ids, np.int64)

    @property
    def random(self) -> Any:
        """The model's ``random.Random``: shuffles draw from it, the simulation never does."""
        return self.model.random

    @property
    def ids(self) -> np.ndarray:
        """unique_ids in order, int64 (n); a copy."""
        return self._ids.copy()

    @property
    def rows(self) -> np.ndarray:
        """Row of each agent in its kind's table, int64 (n)."""
        first = firsts(self.model.engine.world)
        return self._ids - 1 - first[np.searchsorted(first, self._ids, side="left") - 1]

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[AgentView]:
        for start in range(0, len(self._ids), 1024):  # few views at a time: nobody need hold them all
            yield from views(self.model, self._ids[start : start + 1024])

    def __contains__(self, agent: object) -> bool:
        return (
            isinstance(agent, AgentView)
            and agent.model is self.model
            and bool((self._ids == agent.unique_id).any())
        )

    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            return views(self.model, self._ids[item])
        return views(self.model, self._ids[[item]])[0]

    def index(self, agent: AgentView, start: int = 0, stop: int | None = None) -> int:
        """Position of an agent; ValueError if it is not there."""
        if agent in self:
            at = int(np.flatnonzero(self._ids == agent.unique_id)[0])
            if at in range(*slice(start, stop).indices(len(self))):
                return at
        raise BadValue("mesa.not_there", agent=repr(agent))

    def count(self, agent: AgentView) -> int:
        """1 if the agent is in the set, else 0."""
        return int(agent in self)

    def __repr__(self) -> str:
        return f"<ColumnAgentSet of {len(self)} agents>"

    def to_list(self) -> list[AgentView]:
        """All agents as views."""
        return list(self)

    def column(self, name: str) -> np.ndarray:
        """A column over the set, (n): float64, int64, bool or text.

        AttributeError if some agents have no such column.
        """
        if name == "unique_id":
            return self.ids
        world = self.model.engine.world
        first = firsts(world)
        block = np.searchsorted(first, self._ids, side="left") - 1
        parts = []
        for b in np.unique(block):
            if name not in BLOCKS[b].COLUMNS:
                raise unknown(BLOCKS[b], name)
            at = np.flatnonzero(block == b)
            parts.append((at, BLOCKS[b].COLUMNS[name].read(world, self._ids[at] - 1 - first[b])))
        if not parts:
            return np.empty(0)
        out = np.empty(len(self), np.result_type(*[values for _, values in parts]))
        for at, values in parts:
            out[at] = values
        return out

    def _values(self, name: str) -> np.ndarray | list:
        """A column as an array; an attribute that is none, agent by agent as a list."""
        try:
            return self.column(name)
        except AttributeError:
            return [getattr(agent, name) for agent in self]

    def get(
        self, attr_names: str | list[str], handle_missing: str = "error", default_value: object = None
    ) -> list:
        """Attributes of all agents: a list of values, or of lists of values for several names. As in Mesa."""
        if handle_missing not in ("error", "default"):
            raise BadValue("mesa.missing", value=repr(handle_missing))
        if not isinstance(attr_names, str):
            return [
                list(values)
                for values in zip(*(self.get(name, handle_missing, default_value) for name in attr_names))
            ]
        try:
            values = self._values(attr_names)
        except AttributeError:
            if handle_missing == "error":
                raise
            return [getattr(agent, attr_names, default_value) for agent in self]
        return values.tolist() if isinstance(values, np.ndarray) else values

    def agg(self, attribute: str, func: Callable | Iterable[Callable]) -> Any:
        """One or several functions of an attribute's values (an array for a column): ``agg("trust",
        np.mean)``.
        """
        values = self._values(attribute)
        return _applied(func, values) if callable(func) else [_applied(f, values) for f in func]

    def set(self, attr_name: str, value: object) -> ColumnAgentSet:
        """Refused: agents are views, and minds change by the model's rules alone."""
        raise NoAttribute("mesa.read_only", kind="ColumnAgentSet.set", name=attr_name)

    def select(
        self,
        filter_func: Callable | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
        **columns: Any,
    ) -> ColumnAgentSet:
        """The agents that pass every test, in order.

        Args:
            filter_func: a test of one agent (slower: it makes a view of each).
            at_most: how many (int), or which share of this set (float up to 1), the first ones.
            inplace: change this set instead of making another.
            agent_type: a class of ``sim.mesa_model.views``; its subclasses count.
            columns: ``elderly=True``, ``age_group="young"``, or a test of the whole column:
                ``trust=lambda t: t < 0.3``.
        """
        limit = int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        chosen = self._ids
        if agent_type is not None:
            wanted = [k for k, kind in enumerate(TYPES) if issubclass(kind, agent_type)]
            chosen = chosen[np.isin(kinds(self.model.engine.world, chosen), wanted)]
        for name, wanted in columns.items():
            values = ColumnAgentSet(self.model, chosen).column(name)
            chosen = chosen[np.asarray(wanted(values) if _is_test(wanted) else values == wanted, bool)]
        if filter_func is not None:
            chosen = self._pass(filter_func, chosen, limit)
        elif limit < len(chosen):
            chosen = chosen[: int(limit)]
        return self._made(chosen, inplace)

    def _pass(self, test: Callable, ids: np.ndarray, limit: float) -> np.ndarray:
        passed: list[int] = []
        for agent in ColumnAgentSet(self.model, ids):
            if len(passed) >= limit:
                break
            if test(agent):
                passed.append(agent.unique_id)
        return np.array(passed, np.int64)

    def _made(self, ids: np.ndarray, inplace: bool) -> ColumnAgentSet:
        if inplace:
            self._ids = ids
            return self
        return ColumnAgentSet(self.model, ids)

    def sort(self, key: Callable | str, ascending: bool = False, inplace: bool = False) -> ColumnAgentSet:
        """In order of an attribute or of a function of an agent, largest first unless ``ascending``; ties
        keep their order.
        """
        values = self._values(key) if isinstance(key, str) else [key(agent) for agent in self]
        values = values.tolist() if isinstance(values, np.ndarray) else values
        order = sorted(range(len(self)), key=values.__getitem__, reverse=not ascending)
        return self._made(self._ids[order], inplace)

    def shuffle(self, inplace: bool = False) -> ColumnAgentSet:
        """In random order (the model's ``random``)."""
        order = self._ids.tolist()
        self.random.shuffle(order)
        return self._made(np.array(order, np.int64), inplace)

    def groupby(self, by: Callable | str, result_type: str = "agentset") -> GroupBy:
        """Sets by the value of an attribute or of a function of an agent, in order of first appearance."""
        keys = self.get(by) if isinstance(by, str) else [by(agent) for agent in self]
        places = defaultdict(list)
        for i, key in enumerate(keys):
            places[key].append(i)
        groups = {key: ColumnAgentSet(self.model, self._ids[at]) for key, at in places.items()}
        return GroupBy(
            groups if result_type == "agentset" else {key: group.to_list() for key, group in groups.items()}
        )

    def map(self, method: str | Callable, *args: object, **kwargs: object) -> list:
        """What a method (by name) or a function returns for each agent."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def do(self, method: str | Callable, *args: object, **kwargs: object) -> ColumnAgentSet:
        """Call a method (by name) or a function for each agent; returns the set."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable, *args: object, **kwargs: object) -> ColumnAgentSet:
        """``do`` in random order; the set keeps its own."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def copy(self) -> ColumnAgentSet:
        """Another set of the same agents."""
        return ColumnAgentSet(self.model, self._ids.copy())

    __copy__ = copy

    def __deepcopy__(self, memo: dict) -> ColumnAgentSet:
        return ColumnAgentSet(memo.get(id(self.model), self.model), self._ids.copy())

    def __getstate__(self) -> dict:
        return {"model": self.model, "_ids": self._ids}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)

    def _numbers(self, agents: Iterable[AgentView]) -> np.ndarray:
        if isinstance(agents, ColumnAgentSet) and agents.model is self.model:
            return agents._ids
        numbers: dict[int, None] = {}
        for agent in agents:
            if not isinstance(agent, AgentView) or agent.model is not self.model:
                raise BadValue("mesa.stranger", agent=repr(agent))
            numbers[agent.unique_id] = None
        return np.array(list(numbers), np.int64)

    def _from_iterable(self, agents: Iterable[AgentView]) -> ColumnAgentSet:
        return ColumnAgentSet(self.model, self._numbers(agents))

    def _update(self, agents: Iterable[AgentView]) -> ColumnAgentSet:
        self._ids = self._numbers(agents)
        return self

    def add(self, agent: AgentView) -> None:
        """Add an agent of the same model to this set (the model itself does not change)."""
        if agent not in self:
            self._ids = np.append(self._ids, self._numbers([agent]))

    def discard(self, agent: AgentView) -> None:
        """Take an agent out of this set, if it is in it."""
        if agent in self:
            self._ids = self._ids[self._ids != agent.unique_id]

    def remove(self, agent: AgentView) -> None:
        """Take an agent out of this set; KeyError if it is not in it."""
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)


class GroupBy(MesaGroupBy):
    """Groups of agents; ``agg`` reads columns at once."""

    def agg(self, attr_name: str, func: Callable) -> dict:
        """A function of an attribute's values in each group, by the group's name."""
        groups = self.groups.items()
        return {
            name: g.agg(attr_name, func)
            if isinstance(g, ColumnAgentSet)
            else func([getattr(a, attr_name) for a in g])
            for name, g in groups
        }


class AgentsByType(Mapping):
    """Sets by class of agent, made when asked for. Party members are residents: they are in both sets."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def __getitem__(self, kind: type) -> ColumnAgentSet:
        if kind not in TYPES:
            raise NoKey(
                "mesa.no_type", name=getattr(kind, "__name__", kind), names=listed(t.__name__ for t in TYPES)
            )
        return ColumnAgentSet(self.model, everybody(self.model.engine.world)).select(agent_type=kind)

    def __iter__(self) -> Iterator[type]:
        return iter(TYPES)

    def __len__(self) -> int:
        return len(TYPES)
