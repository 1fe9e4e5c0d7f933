"""The calendar: workdays, the weekly round of buildings, and the regular dates of institutions."""

from __future__ import annotations

from sim.numerics.jit import rule

WORKDAYS = 261.0  # a year


@rule
def is_workday(day):
    """5 workdays of 7; day 0 is a Monday."""
    return day % 7 < 5


@rule
def weekday_of(building, first, buildings):
    """Weekday (0-6) on which a building has its weekly round:
    a seventh of the community's buildings, side by side.
    """
    return (building - first) * 7 // buildings


@rule
def round_start(first, buildings, weekday):
    """First building of a weekday's round; the next weekday's is its end."""
    return first + (weekday * buildings + 6) // 7


class Regular:
    """Dates every so many days from a start; the first after ``first`` intervals (0: on the start)."""

    def __init__(self, start: int, every: int, first: int = 1) -> None:
        self.start, self.every, self.first = start, every, first

    @classmethod
    def yearly(cls, start: int, per_year: float) -> Regular:
        """So many dates a year: every 365 / n days, whole days and at least one."""
        return cls(start, max(1, round(365.0 / per_year)))

    def next_day(self, day: int) -> int:
        """The first date from ``day``."""
        return self.start + max(self.first, -(-(day - self.start) // self.every)) * self.every

    def falls_on(self, day: int) -> bool:
        """Whether ``day`` is one of the dates."""
        return self.next_day(day) == day
