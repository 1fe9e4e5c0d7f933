"""Sensor network (智能感知): access, security, waste sorting and remote monitoring, with dispatch analysis.

Events of sensors are not demands of residents: most say nothing is wrong. Visible conditions are found
sooner, and intake is sorted by machine; each alarm that turns out false costs a worker's time. Can fail
by false alarms that eat the hours, by alarms that nobody looks at any more, and by finding what the
same desks must then deal with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.calendar import Regular
from sim.levers import Move
from sim.numerics.draws import decision, poisson, uniform
from sim.policies.base import Policy, Size, parameter
from sim.vocabulary import COMMITTEE

D_EVENTS = decision("sensor events")
D_ALARMS = decision("false alarms")
WEEKS = 52.0
PIECE = 400.0  # a Poisson count is drawn in pieces of at most this mean


def count(mean: float, seed: int, what, entity: int, day: int) -> int:
    """Poisson count of any mean, in pieces that the inversion can take."""
    total, piece = 0, 0
    while mean > 0.0:
        total += int(poisson(min(mean, PIECE), uniform(seed, what, entity, day, piece)))
        mean, piece = mean - PIECE, piece + 1
    return total


def looked_at(alarms: float, hours: float, hours_each: float) -> float:
    """Alarms that somebody looks at: as many as the hours allow, min(alarms, hours / hours each)."""
    return alarms if alarms * hours_each <= hours else hours / hours_each


class Monitoring:
    """The institution: a week's events; false alarms become hours owed by the committee's workers."""

    def __init__(self, policy: SensorNetwork, start: int) -> None:
        self.policy, self.dates = policy, Regular.yearly(start, WEEKS)

    def next_day(self, day: int) -> int | None:
        """Weekly from the start."""
        return self.dates.next_day(day)

    def act(self, world, day: int, seed: int) -> None:
        """Count the week's events and alarms of each community; charge the time of those looked at."""
        p, t = self.policy, world.tally[0]
        for c, community in enumerate(world.communities):
            mean = p.intensity * p.events / WEEKS * float(community["residents"])
            t["sensor_events"] += count(mean * (1.0 - p.false), seed, D_EVENTS, c, day)
            alarms = count(mean * p.false, seed, D_ALARMS, c, day)
            t["sensor_events"] += alarms
            t["sensor_false"] += alarms
            # a share of the week's case hours
            limit = p.patience * 7.0 * float(community["available28"][COMMITTEE])
            seen = looked_at(float(alarms), limit, p.alarm_hours) if p.alarm_hours > 0.0 else float(alarms)
            hours = round(seen * p.alarm_hours * 1024.0) / 1024.0  # hours are multiples of 2**-10
            t["sensor_ignored"] += alarms - seen
            t["hours_alarm"] += hours
            community["debt"] += hours
            community["arriving"][COMMITTEE] += hours


@dataclass(frozen=True)
class SensorNetwork(Policy):
    """Sensors, and a screen on which they are watched."""

    name: ClassVar[str] = "sensor_network"
    events: float = parameter(
        2.0,
        0.0,
        20.0,
        "sensor events per resident-year",
        "Changning: over 100,000 events since 2017, far above human demand (claim)",
        "claim",
    )
    false: float = parameter(
        0.1,
        0.0,
        0.9,
        "share that alarms for nothing",
        "guess: most events need nobody; these call somebody out",
        "guess",
    )
    alarm_hours: float = parameter(0.25, 0.0, 2.0, "h per false alarm", "guess", "guess")
    patience: float = parameter(
        0.2, 0.0, 1.0, "share of the week's case hours", "guess: more alarms than that are ignored", "guess"
    )
    sensors: float = parameter(
        0.001, 0.0, 0.002, "1/day on a fully visible condition", "guess: as much as a patrol", "guess"
    )
    triage: float = parameter(
        0.15, 0.0, 0.6, "share of intake sorted by machine", "guess: dispatch and analysis", "guess"
    )
    data_entry: float = parameter(0.05, 0.0, 1.0, "share of pressure turned into forms", "guess", "guess")
    price: float = parameter(
        20.0,
        0.0,
        100.0,
        "CNY per resident-year",
        "capital 800,000 (300,000-3,000,000) over 5 years and upkeep, per 12,000",
        "guess",
    )

    def moves(self, size: Size) -> list[Move]:
        """Detection, triage, forms."""
        x = self.intensity
        if x <= 0.0:
            return []
        return [
            Move("sensor_rate", "shift", x * self.sensors),
            Move("triage", "shift", x * self.triage),
            Move("data_entry", "shift", x * self.data_entry),
        ]

    def institution(self, day: int) -> Monitoring | None:
        """The screen: events and alarms, week by week."""
        return Monitoring(self, day) if self.intensity > 0.0 else None

    def cost(self, size: Size, params) -> dict[str, float]:
        """Hardware, lines and upkeep, by the subdistrict."""
        return {"subdistrict": self.intensity * self.price * size.residents}

    @staticmethod
    def compile(world, seed: int) -> None:
        """Compile counts as Python draws them (warm-up)."""
        count(1.0, seed, D_EVENTS, 0, 0)
