"""The recorder: from the daily record to outcomes, tidy series and tables by grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.world.tables import TALLY_FIELDS

FIELD = {name: i for i, name in enumerate(TALLY_FIELDS)}
SERIES = (
    "day",
    "disputes",
    "claims",
    "problems",
    "fixed",
    "paper_closed",
    "open",
    "unvoiced",
    "satisfaction_index",
    "share_satisfied",
    "trust",
    "belonging",
    "backlog_committee",
    "backlog_property",
    "backlog_level2",
    "overload",
    "burnout",
    "adoption",
    "withholding",
    "event_satisfaction",
)


@dataclass(frozen=True)
class Readings:
    """A window [start, end) of one run, as metrics read it."""

    world: object
    scenario: object
    start: int
    end: int
    times: np.ndarray  # (3, 4, 512) durations that ended in the window
    acts: np.ndarray  # acts of each resident in the window's last full year (or the whole of a shorter one)
    grids: np.ndarray  # grid counters at the window's start
    claims: np.ndarray  # claims by building at the window's start
    terms: tuple  # policies with the days on which they were in force
    whole: bool  # the whole window since the mark, not one of its years
    size: object

    @classmethod
    def of(cls, engine, start: int | None = None, end: int | None = None) -> Readings:
        """Readings of an engine; windows must begin at the mark or at the end of one of its years."""
        mark = engine.mark_
        w = engine.world
        first = mark.day if mark else 0
        start = first if start is None else start
        end = engine.day if end is None else end
        kept = {y["day"]: y for y in mark.years} if mark else {}
        begin = kept[start]["times"] if start in kept else (mark.times if mark else np.zeros_like(w.times))
        finish = kept[end]["times"] if end in kept else w.times
        acts = kept[end]["acts"] if end in kept else w.residents.rec["acts"]
        if end not in kept and kept and end - max(kept) < 180:
            acts = kept[max(kept)]["acts"]  # too short a rest for a yearly share
        grids = mark.grids if mark else np.zeros_like(w.grids)
        claims = mark.claims if mark else np.zeros(len(w.buildings), "i8")
        whole = start == first and end == engine.day
        return cls(
            w,
            engine.scenario,
            start,
            end,
            finish - begin,
            acts,
            grids,
            claims,
            (*engine.past, *engine.terms),
            whole,
            engine.size,
        )

    @property
    def days(self) -> int:
        """Length of the window."""
        return self.end - self.start

    @property
    def residents(self) -> float:
        """Residents of the world."""
        return self.size.residents

    def delta(self, name: str, start: int | None = None, end: int | None = None) -> float:
        """Growth of a cumulative field over the window (or the given days)."""
        f = FIELD[name]
        series = self.world.series
        return float(
            series[self.end if end is None else end, f] - series[self.start if start is None else start, f]
        )

    def mean(self, name: str) -> float:
        """Mean of a daily level over the window."""
        return (
            float(self.world.series[self.start + 1 : self.end + 1, FIELD[name]].mean())
            if self.days
            else float("nan")
        )

    def last(self, days: int) -> int:
        """First day of the window's last ``days`` days."""
        return max(self.start, self.end - days)

    def per_year(self, name: str, per: float = 1000.0) -> float:
        """Events of a field per ``per`` residents and year."""
        return ratio(per * 365.0 * self.delta(name), self.delta("person_days"))


def ratio(a: float, b: float) -> float:
    """a / b, or NaN where nothing was counted."""
    return a / b if b > 0.0 else float("nan")


def _weekly(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Mean over the last seven days of something surveyed by weekday; NaN in the first days."""
    with np.errstate(invalid="ignore", divide="ignore"):
        lag = np.maximum(np.arange(len(total)) - 7, 0)
        return ((total - total[lag]) / (count - count[lag]))[1:]


def daily(engine) -> dict[str, np.ndarray]:
    """Daily series since the mark: counts of the day, levels at its end, survey means of its week."""
    start = engine.mark_.day if engine.mark_ else 0
    block = engine.world.series[start : engine.day + 1]

    def level(name):
        return block[1:, FIELD[name]]

    def flow(name):
        return np.diff(block[:, FIELD[name]])

    groups = (
        sum(block[:, FIELD[f"index_sum{g}"]] for g in range(4)),
        sum(block[:, FIELD[f"index_n{g}"]] for g in range(4)),
    )
    heard = block[:, FIELD["heard_n"]]
    event = np.cumsum(flow("event_satisfied")), np.cumsum(flow("event_n"))
    with np.errstate(invalid="ignore", divide="ignore"):
        lag = 28
        shifted = [np.concatenate([np.zeros(min(lag, len(e))), e[:-lag]]) if len(e) else e for e in event]
        event_share = (event[0] - shifted[0]) / (event[1] - shifted[1])
    columns = {
        "day": np.arange(engine.day - start),
        "disputes": flow("disputes"),
        "claims": flow("claims"),
        "problems": flow("created"),
        "fixed": flow("fixed"),
        "paper_closed": flow("records_paper"),
        "open": level("open"),
        "unvoiced": level("unvoiced"),
        "satisfaction_index": 100.0 * _weekly(*groups),
        "share_satisfied": _weekly(block[:, FIELD["item_sum"]], groups[1]),
        "trust": _weekly(block[:, FIELD["heard_trust"]], heard),
        "belonging": _weekly(block[:, FIELD["heard_belonging"]], heard),
        "backlog_committee": level("backlog_committee"),
        "backlog_property": level("backlog_property"),
        "backlog_level2": level("backlog_level2"),
        "overload": level("overload"),
        "burnout": level("burnout"),
        "adoption": level("adopters"),
        "withholding": level("withheld"),
        "event_satisfaction": event_share,
    }
    return {name: np.asarray(columns[name]) for name in SERIES}


def by_grid(engine) -> dict[str, np.ndarray]:
    """Per grid since the mark: counts, survey index, hours demanded / available, open hours."""
    now = engine.world.grids
    then = engine.mark_.grids if engine.mark_ else np.zeros_like(now)

    def gained(name):
        return now[name] - then[name]

    with np.errstate(invalid="ignore", divide="ignore"):
        index = 100.0 * gained("index_sum") / gained("index_n")
        workload = gained("arriving") / gained("available")
    return {
        "grid": np.arange(len(now)),
        "community": now["community"].copy(),
        "residents": now["residents"].copy(),
        "problems": gained("problems"),
        "claims": gained("claims"),
        "disputes": gained("disputes"),
        "fixed": gained("fixed"),
        "satisfaction_index": index,
        "workload": workload,
        "backlog": now["backlog"].copy(),
    }
