"""The engine: assemble a world, run it, snapshot it, branch it. Knows no Mesa.

Python is in charge only between days: on dates of institutions and when policies begin or end.
"""

from __future__ import annotations

import copy as copying
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim import levers, policies
from sim.agents.property_company import MaintenancePlan
from sim.config import registry
from sim.config.errors import BadType, BadValue, UserError
from sim.day import GROW, advance
from sim.initial_stock import begin
from sim.mechanisms.problems import start_streams
from sim.mechanisms.weekly_round import satisfied_table
from sim.policies.base import Institution, Policy, Size
from sim.scenario import Scenario
from sim.world import build as worlds
from sim.world.build import DAYS_MAX
from sim.world.population import Population, synthesise
from sim.world.tables import TALLY_FIELDS

if TYPE_CHECKING:
    from sim.metrics.readings import Readings

FIELD = {name: i for i, name in enumerate(TALLY_FIELDS)}
MINDS = (
    "satisfaction",
    "expectation",
    "trust",
    "belonging",
    "efficacy",
)  # residents' own: no institution writes them


class EngineError(UserError, RuntimeError):
    """A law of the model was broken: by a defect (an illegal transition, a lost condition) or by a
    policy's own code.
    """


def whole(value: object, name: str, low: int = 0, high: int = 2**63 - 1) -> int:
    """An integer from ``low`` to ``high``, numpy's too; BadType or BadValue for anything else (1.0 and
    True too).
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None:
        raise BadType("engine.whole", name=name, value=repr(value), low=low, high=high)
    if not low <= number <= high:
        raise BadValue("engine.whole", name=name, value=number, low=low, high=high)
    return number


@dataclass(frozen=True)
class Term:
    """A policy and the days on which it is in force: from ``start`` to ``end`` (exclusive; None: for good).

    Its effect, its institution and its bill all ask here.
    """

    policy: Policy
    start: int
    end: int | None = None

    def __post_init__(self) -> None:
        whole(self.start, "start", high=DAYS_MAX)
        if self.end is not None:
            whole(self.end, "end", low=self.start + 1)

    def holds(self, day: int) -> bool:
        """Whether the policy is in force on a day."""
        return self.days(day, day + 1) == 1

    def days(self, start: int, end: int) -> int:
        """Days in force among those from ``start`` to ``end`` (exclusive)."""
        last = end if self.end is None else min(self.end, end)
        return max(0, last - max(self.start, start))


@dataclass
class Mark:
    """Where the evaluation window began, and what was kept at the end of each full year since."""

    day: int
    times: np.ndarray
    grids: np.ndarray
    claims: np.ndarray
    years: list[dict] = field(default_factory=list)


@dataclass
class Snapshot:
    """A world frozen on a day; any number of arms may branch from it, bit for bit like straight runs."""

    scenario: Scenario
    population_seed: int
    run_seed: int
    world: worlds.World
    terms: tuple[Term, ...]
    institutions: tuple[list, list]
    mark: Mark | None
    past: tuple[Term, ...] = ()


@lru_cache(maxsize=4)
def _population(scenario_hash: str, seed: int, holder: _Holder) -> Population:
    return synthesise(holder.scenario, seed)


class _Holder:
    """Carries a scenario through the cache under its hash."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder)


def _took_part(belonging: np.ndarray, before: bytes, acts: np.ndarray, acts_before: np.ndarray) -> bool:
    """Whether only those belong otherwise who took part: coming is their own act, and attendance counts
    it.
    """
    changed = belonging != np.frombuffer(before, belonging.dtype)
    return bool(((acts > acts_before) | (acts_before == 255))[changed].all())


def schedule(specs: Sequence, day: int) -> tuple[Term, ...]:
    """Terms from policies, names or dicts; ``start_day`` and ``end_day`` count from ``day``.

    Canonical order.
    """
    terms = []
    for spec in specs:
        if isinstance(spec, Term):  # days of the engine's own clock; what is past is past
            if spec.end is None or spec.end > day:
                terms.append(replace(spec, start=max(spec.start, day)))
            continue
        policy, start, end = policies.term(spec)
        terms.append(Term(policy, day + start, None if end is None else day + end))
    policies.check_once([term.policy.name for term in terms])
    return tuple(sorted(terms, key=lambda t: (t.policy.canonical(), t.start, -1 if t.end is None else t.end)))


class Engine:
    """One subdistrict, its policies and its clock.

    Args:
        scenario: a Scenario or a place's name. policies: policies, names or dicts, in any order.
        population_seed, run_seed: who lives there; what happens to them.
    """

    def __init__(
        self, scenario: Scenario | str, policies: Sequence = (), population_seed: int = 1, run_seed: int = 1
    ) -> None:
        self.scenario = Scenario.load(scenario) if isinstance(scenario, str) else scenario
        self.population_seed, self.run_seed = (
            whole(population_seed, "population_seed"),
            whole(run_seed, "run_seed"),
        )
        params = registry.params_record(self.scenario.parameters)
        population = _population(self.scenario.hash, self.population_seed, _Holder(self.scenario))
        self.world = self._first_day(population, params)
        self.mark_: Mark | None = None
        self._plan = [MaintenancePlan()]
        self.terms: tuple[Term, ...] = ()
        self.past: tuple[Term, ...] = ()  # what was in force before set_policies ended it
        self._owned: list = []
        self.set_policies(policies)

    def _first_day(self, population: Population, params: np.ndarray) -> worlds.World:
        """The world on day 0 with the stock that it begins with, its pools as large as that takes."""
        kinds, channels = registry.kinds_record(self.scenario.kinds), registry.channels_record()
        satisfied = satisfied_table(float(params["survey_cut"][0]), float(params["survey_noise"][0]))
        for room in (1.0, 2.0, 4.0, 8.0):
            w = worlds.build(self.scenario, population, params, kinds, channels, satisfied, room)
            start_streams(w.params, w.kinds, w.season, w.residents, w.buildings, self.run_seed)
            for c in range(len(w.communities)):
                begin(w, c, self.run_seed)
            if w.tally["lost"][0] == 0:
                break
        w.series[0] = w.flat
        return w

    @property
    def day(self) -> int:
        """Days run so far."""
        return int(self.world.state[0])

    @property
    def size(self) -> Size:
        """What policies' costs and moves depend on."""
        c = self.world.communities
        return Size(float(c["residents"].sum()), float(c["grids"].sum()), float(len(c)))

    def set_policies(self, specs: Sequence) -> None:
        """Put these policies in force from today on (or from their own start days); others end today."""
        terms, day = schedule(specs, self.day), self.day
        self.past += tuple(replace(t, end=t.start + t.days(0, day)) for t in self.terms if t.days(0, day))
        self.terms = terms
        for term, institution in self._owned:  # what the others had set up ends with them
            self._let(term.policy, institution, "end")
        self._owned = []
        self._refold()

    def in_force(self, day: int) -> list[Policy]:
        """Policies in force on ``day``, past or to come, in canonical order."""
        return [term.policy for term in (*self.past, *self.terms) if term.holds(day)]

    def _refold(self) -> None:
        day = self.day
        moves = []
        for policy in self.in_force(day):
            for move in policy.moves(self.size):
                levers.check(move, policy.name)
                moves.append(move)
        worlds.set_levers(self.world, levers.fold(moves))
        for term in self.terms:
            if term.start == day:
                institution = term.policy.institution(day)
                if institution is not None:
                    self._owned.append((term, institution))
                    self._let(term.policy, institution, "begin")
        for term, institution in list(self._owned):
            if not term.holds(day):
                self._owned.remove((term, institution))
                self._let(term.policy, institution, "end")

    def _let(self, policy: Policy, institution: Institution, deed: str, *given: int) -> None:
        """Let an institution act, begin or end, if it does that; EngineError if it wrote what is
        residents' own.
        """
        act = getattr(institution, deed, None)
        if act is None:
            return
        people = self.world.residents
        before = [getattr(people, name).tobytes() for name in MINDS]  # 10 µs for 12,000 residents
        acts = people.rec["acts"].copy()
        act(self.world, *given)
        for name, was in zip(MINDS, before):
            now = getattr(people, name)
            if now.tobytes() != was and not (
                name == "belonging" and _took_part(now, was, people.rec["acts"], acts)
            ):
                kind = f"{type(institution).__module__}.{type(institution).__qualname__}"
                raise EngineError(
                    "engine.mind_written",
                    policy=policy.name,
                    institution=kind,
                    deed=deed,
                    column=name,
                    day=self.day,
                )

    def _institutions(self) -> list:
        return self._plan + [institution for _, institution in self._owned]

    def _act(self) -> None:
        """What is due this morning: maintenance first, then the policies' institutions in their order."""
        day = self.day
        for plan in self._plan:
            if plan.next_day(day) == day:
                plan.act(self.world, day, self.run_seed)
        for term, institution in self._owned:
            if institution.next_day(day) == day:
                self._let(term.policy, institution, "act", day, self.run_seed)

    def _next_stop(self, target: int) -> int:
        """The next day, up to ``target``, on which Python has something to do."""
        day = self.day
        stops = [target]
        for term in self.terms:
            stops += [d for d in (term.start, term.end) if d is not None and d > day]
        stops += [d for i in self._institutions() if (d := i.next_day(day + 1)) is not None]
        if self.mark_ is not None:
            stops.append(self.mark_.day + 365 * (len(self.mark_.years) + 1))
        return min(s for s in stops if s > day)

    def advance(self, days: int) -> Engine:
        """Run ``days`` whole days (0 or more)."""
        target = self.day + whole(days, "days")
        if target > DAYS_MAX:
            raise BadValue("engine.horizon", day=target, most=DAYS_MAX)
        self.world = worlds.grow_days(self.world, target)
        while self.day < target:
            self._act()
            stop = self._next_stop(target)
            while advance(self.world, stop, self.run_seed) == GROW:
                self.world = worlds.grow_matters(self.world)
            self._close_year()
            if any(self.day in (t.start, t.end) for t in self.terms):
                self._refold()
        t = self.world.tally[0]
        if t["illegal"] or t["lost"]:
            raise EngineError("engine.laws", day=self.day, illegal=int(t["illegal"]), lost=int(t["lost"]))
        return self

    def mark(self) -> Engine:
        """Begin the evaluation window today."""
        w = self.world
        self.mark_ = Mark(self.day, w.times.copy(), w.grids.copy(), w.buildings["claims"].copy())
        w.residents.rec["acts"] = 0
        return self

    def _close_year(self) -> None:
        mark = self.mark_
        if mark is None or self.day != mark.day + 365 * (len(mark.years) + 1):
            return
        w = self.world
        mark.years.append({"day": self.day, "times": w.times.copy(), "acts": w.residents.rec["acts"].copy()})
        w.residents.rec["acts"] = 0

    def __copy__(self) -> Engine:
        return copying.deepcopy(self)  # two engines never share a world

    def snapshot(self) -> Snapshot:
        """Freeze everything that the future depends on."""
        return Snapshot(
            self.scenario,
            self.population_seed,
            self.run_seed,
            worlds.copy(self.world),
            self.terms,
            copying.deepcopy((self._plan, self._owned)),
            copying.deepcopy(self.mark_),
            self.past,
        )

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Engine:
        """An engine that goes on from a snapshot as if nothing had happened."""
        engine = cls.__new__(cls)
        engine.scenario, engine.population_seed, engine.run_seed = (
            snapshot.scenario,
            snapshot.population_seed,
            snapshot.run_seed,
        )
        engine.world = worlds.copy(snapshot.world)
        engine.terms, engine.past = snapshot.terms, snapshot.past
        engine._plan, engine._owned = copying.deepcopy(snapshot.institutions)
        engine.mark_ = copying.deepcopy(snapshot.mark)
        return engine

    @classmethod
    def branch(cls, snapshot: Snapshot, policies: Sequence) -> Engine:
        """An arm: the snapshot's past, these policies' future (they begin on the snapshot's day)."""
        engine = cls.restore(snapshot)
        engine.set_policies(policies)
        return engine

    def readings(self, start: int | None = None, end: int | None = None) -> Readings:
        """What metrics read: a window of the record (default: since the mark, or day 0)."""
        from sim.metrics.readings import Readings

        return Readings.of(self, start, end)

    def outcomes(self) -> dict[str, float]:
        """Every metric over the window since the mark, and per full year as ``name@y1``, ``name@y2``, ..."""
        from sim.metrics import outcomes

        return outcomes(self)

    def series(self) -> dict[str, np.ndarray]:
        """Daily series since the mark (or day 0), one array per column."""
        from sim.metrics.readings import daily

        return daily(self)

    def grid_table(self) -> dict[str, np.ndarray]:
        """One row per grid, over the window since the mark."""
        from sim.metrics.readings import by_grid

        return by_grid(self)
