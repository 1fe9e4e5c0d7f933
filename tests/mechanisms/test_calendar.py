"""The calendar: dates of institutions are whole intervals from their start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.calendar import Regular

POLICIES = Path(__file__).resolve().parents[2] / "sim" / "policies"


def dates(regular: Regular, first: int, last: int) -> list[int]:
    """All dates from ``first`` to ``last``, as the engine asks for them."""
    found, day = [], first
    while (day := regular.next_day(day)) <= last:
        found.append(day)
        day += 1
    return found


def test_twelve_meetings_a_year_are_every_thirty_days_the_first_after_one_interval():
    assert dates(Regular.yearly(100, 12.0), 100, 200) == [130, 160, 190]
    assert dates(Regular.yearly(100, 12.0), 130, 160) == [130, 160], "a date is its own next date"


def test_a_round_that_begins_at_once_has_its_first_date_on_the_start():
    assert dates(Regular(100, 30, first=0), 90, 170) == [100, 130, 160]


@pytest.mark.parametrize(("per_year", "every"), [(4.0, 91), (13.0, 28), (52.0, 7), (365.0, 1), (1000.0, 1)])
def test_an_interval_is_whole_days_and_at_least_one(per_year, every):
    assert Regular.yearly(0, per_year).every == every


def test_a_day_falls_on_a_date_or_not():
    regular = Regular(10, 5)
    assert [day for day in range(5, 26) if regular.falls_on(day)] == [15, 20, 25]


def test_no_institution_works_out_its_dates_by_itself():
    """Rounding a year's share up to an interval is written once, in the calendar."""
    own = [
        p.name for p in POLICIES.glob("*.py") if re.search(r"-\(-\(|365\.0 / policy", p.read_text("utf-8"))
    ]
    assert own == []
