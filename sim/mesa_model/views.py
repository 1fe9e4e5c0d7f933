"""Agents as Mesa users know them: read-only views of the engine's rows, made when asked for.

A resident is a row of columns. A view holds the model and the row's number, nothing else: it
shows the row as it is now, two views of a row are equal, and none exists until somebody asks.
This module and community.py are the only ones that know Mesa.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, NoReturn

import mesa
import numpy as np

from sim.config.catalog import Listed, listed, nearest
from sim.config.errors import BadType, NoAttribute
from sim.mechanisms.evaluation import EFFICACY
from sim.numerics.fixed_point import MIND
from sim.vocabulary import (
    ACTIVE,
    ADOPTED,
    AGES,
    CHANNELS,
    COMMITTEE,
    ELDERLY,
    ESTATES,
    GRID_POOL,
    LEVEL2,
    MIGRANT,
    OWNER,
    PARTY,
    PROPERTY,
    YOUNG,
)
from sim.world.build import World
from sim.world.people import DIGITAL, UNIT, VOICE
from sim.world.ties import ties_of

try:  # Mesa 3.5 and later
    from mesa.agentset import AbstractAgentSet as MesaSet
    from mesa.agentset import GroupBy as MesaGroupBy
except ImportError:
    from mesa.agent import AgentSet as MesaSet  # noqa: F401
    from mesa.agent import GroupBy as MesaGroupBy  # noqa: F401

Rows = int | np.ndarray
_AGES, _ESTATES = np.array(AGES), np.array(ESTATES)


class Column(NamedTuple):
    """An attribute of a kind of agent; ``read(world, rows)`` takes one row or an array of them alike."""

    read: Callable
    unit: str
    meaning: str


def _mind(name: str, meaning: str) -> Column:
    return Column(lambda w, r: getattr(w.residents, name)[r] / MIND, "0-1", meaning)


def _trait(name: str, scale: float, unit: str, meaning: str) -> Column:
    return Column(lambda w, r: w.residents.rec[name][r] / scale, unit, meaning)


def _flag(flag: int, meaning: str) -> Column:
    return Column(lambda w, r: (w.residents.rec["flags"][r] & flag) != 0, "yes or no", meaning)


def _age(w: World, r: Rows) -> np.ndarray:
    flags = w.residents.rec["flags"][r]
    return _AGES[1 + ((flags & ELDERLY) != 0) - ((flags & YOUNG) != 0)]


def _home(name: str) -> Callable:
    """Reader of a column of the resident's building."""
    return lambda w, r: w.buildings[name][w.residents.rec["building"][r]]


def _household(w: World, r: Rows) -> np.ndarray:
    return w.communities["first_household"][_home("community")(w, r)] + w.residents.rec["household"][r]


def _degree(w: World, r: Rows) -> np.ndarray:
    return w.residents.near_n[r].astype("i8") + w.residents.far_n[r]


def _efficacy(k: int) -> Callable:
    return lambda w, r: w.residents.efficacy[r, k] / EFFICACY


def posts(world: World, rows: Rows) -> np.ndarray:
    """Full-time share (0-1) of worker rows under the staffing and the levers in force; 0: no such post."""
    pool, community = world.workers["pool"][rows], world.workers["community"][rows]
    committee = world.communities["committee_staff"][community] + world.levers["committee_staff"][community]
    grid = world.levers["grid_workers"][community]
    wanted = np.where(
        pool == COMMITTEE,
        committee,
        np.where(pool == GRID_POOL, grid, world.communities["property_staff"][community]),
    )
    return np.clip(wanted - world.workers["slot"][rows], 0.0, 1.0)


def _worker(name: str, unit: str, meaning: str) -> Column:
    return Column(lambda w, r: w.workers[name][r], unit, meaning)


def _community(name: str, unit: str, meaning: str, pool: int | None = None) -> Column:
    if pool is None:
        return Column(lambda w, r: w.communities[name][r], unit, meaning)
    return Column(lambda w, r: w.communities[name][r, pool], unit, meaning)


def _itself(meaning: str) -> Column:
    return Column(lambda w, r: np.int64(0) + r, "row", meaning)


RESIDENT = {
    "satisfaction": _mind("satisfaction", "satisfaction with life in the community"),
    "expectation": _mind("expectation", "what is expected of services"),
    "trust": _mind("trust", "trust in the committee"),
    "belonging": _mind("belonging", "sense of belonging"),
    "age_group": Column(_age, "young, adult or elderly", "age group"),
    "elderly": _flag(ELDERLY, "60 or older"),
    "young": _flag(YOUNG, "in the young age group"),
    "migrant": _flag(MIGRANT, "no local registration"),
    "owner": _flag(OWNER, "owns the flat"),
    "party_member": _flag(PARTY, "member of the Party"),
    "active": _flag(ACTIVE, "an active Party member of a zone"),
    "adopted": _flag(ADOPTED, "uses the app"),
    "digital": _trait("digital", DIGITAL, "0-1", "digital skill"),
    "voice": _trait("voice", VOICE, "standard deviations", "readiness to speak up"),
    "disposition": _trait(
        "disposition", UNIT, "-1 to 1", "how differently this person answers at the same satisfaction"
    ),
    "threshold": _trait("threshold", UNIT, "share", "others who must withhold fees before this person joins"),
    "openness": _trait("openness", 255.0, "0-1", "how far another opinion may be away and still count"),
    "withholding": Column(
        lambda w, r: w.residents.rec["withhold"][r] > 0, "yes or no", "withholds property fees"
    ),
    "acts": Column(
        lambda w, r: w.residents.rec["acts"][r].astype("i8"), "acts", "acts of participation this year"
    ),
    "household": Column(_household, "row", "household"),
    "building": Column(lambda w, r: w.residents.rec["building"][r].astype("i8"), "row", "building"),
    "grid": Column(_home("grid"), "row", "grid"),
    "community": Column(_home("community"), "row", "community"),
    "estate": Column(
        lambda w, r: _ESTATES[_home("estate")(w, r)], "old, renewal or commodity", "type of estate"
    ),
    "degree": Column(_degree, "ties", "number of neighbour ties"),
    **{
        f"efficacy_{name}": Column(_efficacy(k), "0-1", f"expected success of the channel {name}")
        for k, name in enumerate(CHANNELS)
    },
}
WORKER = {
    "community": _worker("community", "row", "community"),
    "grid": _worker("grid", "row", "own grid; -1 for those of the whole community"),
    "slot": _worker("slot", "number", "number of the post in its pool"),
    "fte": Column(posts, "full-time equivalents", "the post's share of a full-time post"),
    "burnout": _worker("burnout", "0-1", "burnout"),
    "skill": _worker("skill", "0-1", "skill; newcomers must learn"),
    "hired": _worker("hired", "day", "first day in the post; far in the past for the first staff"),
    "vacant": Column(
        lambda w, r: w.workers["vacant_until"][r] > w.state[0], "yes or no", "the post waits for a successor"
    ),
}
COMPANY = {
    "community": _itself("community served"),
    "staff": _community("property_staff", "full-time equivalents", "staff"),
    "fee_rate": _community("fee_rate", "share", "fees collected as a share of fees due"),
    "withheld": _community("withheld", "households", "households that withhold fees"),
    "fund": _community("fund", "CNY", "maintenance money not yet spent"),
    "backlog": _community("backlog", "h", "work waiting", PROPERTY),
    "overload": _community("overload", "ratio", "pressure on staff", PROPERTY),
    "burnout": _community("burnout", "0-1", "mean burnout of staff", PROPERTY),
}
ORGANISATION = {
    "community": _itself("community served"),
    "contract": Column(
        lambda w, r: w.levers["contract"][r], "share of the design", "contract in force; 0: none"
    ),
    "workers": Column(
        lambda w, r: w.levers["contract"][r] * w.params["organisation_workers"][0],
        "full-time equivalents",
        "contracted",
    ),
}
DESK = {
    "backlog": Column(
        lambda w, r: 0.0 * r + w.communities["backlog"][:, LEVEL2].sum(), "cases", "cases waiting"
    ),
    "overload": Column(
        lambda w, r: 0.0 * r + w.communities["overload"][0, LEVEL2], "ratio", "pressure on the desk"
    ),
}


class AgentView(mesa.Agent):
    """A row of the engine seen as a Mesa agent. Columns are attributes; nothing can be written.

    ``Agent.__init__`` is skipped on purpose: it registers the agent, and in Mesa 3.3 keeps its model for
    good.
    """

    COLUMNS: ClassVar[dict[str, Column]] = {}
    BLOCK: ClassVar[int] = 0

    def __init__(self, model: Any, row: int, unique_id: int) -> None:
        self.__dict__.update(model=model, row=row, unique_id=unique_id, pos=None)

    def __getattr__(self, name: str) -> Any:
        column = type(self).COLUMNS.get(name)
        if column is None:
            raise AttributeError(name) if name.startswith("__") else unknown(type(self), name)
        return column.read(self.model.engine.world, self.row).item()

    def __setattr__(self, name: str, value: object) -> None:
        raise NoAttribute("mesa.read_only", kind=type(self).__name__, name=name)

    def __delattr__(self, name: str) -> None:
        raise NoAttribute("mesa.read_only", kind=type(self).__name__, name=name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.COLUMNS})

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AgentView) and self.model is other.model and self.unique_id == other.unique_id
        )

    def __hash__(self) -> int:
        return hash(self.unique_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}>"

    def __copy__(self) -> AgentView:
        return self

    def __deepcopy__(self, memo: dict) -> AgentView:
        return type(self)(
            memo.get(id(self.model), self.model), self.row, self.unique_id
        )  # the view of the copied model, else itself

    def _no_day_of_its_own(self, *args: object, **kwargs: object) -> NoReturn:
        raise BadType("mesa.no_step", kind=type(self).__name__)

    step = advance = remove = _no_day_of_its_own

    @classmethod
    def create_agents(cls, model: object, n: int, *args: object, **kwargs: object) -> NoReturn:
        """Refused: the population is the scenario's."""
        raise BadType("mesa.no_creation")


class Resident(AgentView):
    """A resident (居民). Attributes: see ``RESIDENT``; also ``efficacy`` by channel and ``ties``."""

    COLUMNS = RESIDENT
    BLOCK = 0

    @property
    def efficacy(self) -> dict[str, float]:
        """Expected success of each channel, 0-1, by the channel's name."""
        row = self.model.engine.world.residents.efficacy[self.row]
        return dict(zip(CHANNELS, (row / EFFICACY).tolist()))

    @property
    def ties(self) -> list[Resident]:
        """Neighbours this resident is tied to."""
        w = self.model.engine.world
        return views(
            self.model,
            ties_of(w.residents, w.buildings, int(w.communities["first_resident"][self.community]), self.row)
            + 1,
        )


class PartyMember(Resident):
    """A resident with the Party's flag (党员): every Party member is one of the residents."""


class Worker(AgentView):
    """A post and who holds it. A post exists while the levers in force pay for it."""

    COLUMNS = WORKER
    BLOCK = 1


class CommunityWorker(Worker):
    """A community worker (社区工作者) of the committee."""


class PropertyWorker(Worker):
    """A worker of the property company."""


class GridWorker(Worker):
    """A grid worker (网格员): there are none unless a policy pays for them."""


class PropertyCompany(AgentView):
    """The property company (物业公司) of one community."""

    COLUMNS = COMPANY
    BLOCK = 2


class SocialOrganisation(AgentView):
    """The social organisations (社会组织) of one community: one row, that of their contract."""

    COLUMNS = ORGANISATION
    BLOCK = 3


class Level2Desk(AgentView):
    """The subdistrict's desk (街道) that all communities share."""

    COLUMNS = DESK
    BLOCK = 4


BLOCKS = (
    Resident,
    Worker,
    PropertyCompany,
    SocialOrganisation,
    Level2Desk,
)  # unique_id runs through them in this order
TYPES = (
    Resident,
    PartyMember,
    CommunityWorker,
    PropertyWorker,
    GridWorker,
    PropertyCompany,
    SocialOrganisation,
    Level2Desk,
)
_OF_POOL = np.array([2, 3, 4])  # position in TYPES of workers by pool: committee, property, grid
_OF_BLOCK = np.array([0, 2, 5, 6, 7])
_BLOCK_OF = np.array([kind.BLOCK for kind in TYPES])


def firsts(world: World) -> np.ndarray:
    """Rows before each block, int64 (6): unique_id = rows before + row + 1."""
    communities = len(world.communities)
    return np.cumsum([0, len(world.residents.rec), len(world.workers), communities, communities, 1])


def kinds(world: World, ids: np.ndarray) -> np.ndarray:
    """Position in ``TYPES`` of each unique_id, int64, same shape."""
    first = firsts(world)
    block = np.searchsorted(first, ids, side="left") - 1
    row = ids - 1 - first[block]
    kind = _OF_BLOCK[block]
    people, staff = block == 0, block == 1
    kind[people] += (world.residents.rec["flags"][row[people]] & PARTY) != 0
    kind[staff] = _OF_POOL[world.workers["pool"][row[staff]]]
    return kind


def everybody(world: World) -> np.ndarray:
    """unique_ids of all agents there are today: int64, residents first; posts that nobody pays for are
    left out.
    """
    first = firsts(world)
    staff = np.flatnonzero(posts(world, np.arange(len(world.workers))) > 0.0)
    return np.concatenate(
        [np.arange(1, first[1] + 1), first[1] + staff + 1, np.arange(first[2] + 1, first[5] + 1)]
    )


def views(model: Any, ids: np.ndarray) -> list[AgentView]:
    """One view per unique_id (int64), in order. Their model must hold such rows."""
    first = firsts(model.engine.world)[_BLOCK_OF]
    kind = kinds(model.engine.world, ids)
    rows = ids - 1 - first[kind]
    return [TYPES[k](model, row, i) for k, row, i in zip(kind.tolist(), rows.tolist(), ids.tolist())]


@lru_cache(maxsize=256)
def _near(kind: type[AgentView], name: str) -> tuple[str, Listed]:
    names = sorted(
        {*kind.COLUMNS, "unique_id", "model", "row", *(n for n in ("efficacy", "ties") if hasattr(kind, n))}
    )
    return nearest(name, names), listed(names, most=len(names))


def unknown(kind: type[AgentView], name: str) -> NoAttribute:
    """The error that a kind of agent has no such attribute, with the nearest that it has."""
    near, names = _near(kind, name)  # type: ignore[arg-type]
    return NoAttribute(
        "mesa.unknown_near" if near else "mesa.unknown", kind=kind.__name__, name=name, near=near, names=names
    )
