"""Bookings, sensors and online councils: claims spared, false alarms made, voices biased by age."""

from __future__ import annotations

import pytest
from sandbox import run, total

from sim.vocabulary import ADOPTED, ELDERLY, WELFARE
from tests.policies.one_policy import TIGHT, of, pairs, tally

# --- booking and sensors


def test_bookings_spare_the_desk_and_meet_needs_without_a_claim():
    """Fewer enquiries with relief; welfare needs end with bookings that fit; no claim is made by the app;
    those who need most adopt least.
    """
    asks = pairs(
        tally("enquiries"),
        lambda s: of("service_booking", seed=s, relief=0.8, launch=0.3),
        lambda s: of("service_booking", seed=s, relief=0.0, launch=0.3),
    )
    assert (asks < 0.0).all()
    engine, idle = (
        of("service_booking", residents=12_000, launch=0.3, fits=f, rate=20.0, relief=0.0) for f in (0.5, 0.0)
    )
    assert total(engine, "bookings_welfare") > 20 and total(idle, "bookings_welfare") == 0 == total(
        engine, "app_claims"
    )
    open_needs = [
        int(((e.world.matters.rec["kind"] == WELFARE) & (e.world.matters.rec["stage"] > 0)).sum())
        for e in (engine, idle)
    ]
    assert open_needs[0] < open_needs[1]
    flags = engine.world.residents.rec["flags"]
    old = (flags & ELDERLY) > 0
    assert ((flags & ADOPTED) > 0)[old].mean() < 0.85 * ((flags & ADOPTED) > 0)[~old].mean()


def test_bookings_find_no_more_than_there_is():
    assert (
        total(of("service_booking", resources=0.0), "bookings")
        == 0
        < total(of("service_booking", resources=0.0), "bookings_wanted")
    )
    scarce = of("service_booking", resources=10.0, uses=10.0, launch=0.3, rate=30.0)
    assert total(scarce, "bookings") == pytest.approx(10 * 10 * 2000 / 12_000, rel=0.03)


def test_sensor_events_are_not_demands_and_false_alarms_are_hours():
    """Ten times the events leave demand alone; alarms take committee hours; without patience nobody looks."""
    quiet = {"sensors": 0.0, "triage": 0.0, "data_entry": 0.0}
    few, many = (of("sensor_network", events=n, false=0.0, **quiet) for n in (1.0, 10.0))
    assert (
        total(many, "sensor_events") > 5 * total(few, "sensor_events") > 0
        and total(few, "dispatched") == total(many, "dispatched") > 0
    )
    assert total(many, "sensor_events") > 20 * total(many, "dispatched") * 0.5
    loud, deaf = (of("sensor_network", events=20.0, false=0.5, patience=p, **quiet) for p in (1.0, 0.0))
    assert total(loud, "hours_alarm") > 50.0 and total(loud, "demand_committee") > total(
        deaf, "demand_committee"
    )
    assert total(deaf, "hours_alarm") == 0.0 and deaf.outcomes()["alarms_ignored_share"] == 1.0
    seen = pairs(
        tally("detected"),
        lambda s: of("sensor_network", seed=s),
        lambda s: of("sensor_network", seed=s, sensors=0.0),
    )
    assert (seen > 0.0).all()


def test_false_alarms_make_the_committees_queue_longer():
    longer = pairs(
        tally("backlog_committee"),
        lambda s: of(
            "sensor_network", seed=s, values=TIGHT, events=20.0, false=0.9, patience=1.0, sensors=0.0
        ),
        lambda s: of("sensor_network", seed=s, values=TIGHT, events=0.0, sensors=0.0),
    )
    assert (longer > 0.0).all()


# --- councils


def test_delegates_attend_and_residents_do_not():
    """Nine in ten deputies come (Suzhou's figure), under a hundredth of residents; the same people at
    each meeting, more vocal than a lot's.
    """
    engine = of("resident_council", residents=12_000, selection="delegates")
    out = engine.outcomes()
    assert 0.8 < out["council_attendance"] < 1.0 and out["council_reach"] < 0.01
    acted = engine.world.residents.rec["acts"]
    base = run((), 0, 1, residents=12_000).mark().advance(365).world.residents.rec["acts"]
    assert (acted > base + 2).sum() <= 100 + 20, "one deputy a building, for good"
    by_lot = of("resident_council", residents=12_000, selection="sortition").outcomes()
    assert out["council_voice_gap"] > by_lot["council_voice_gap"] + 0.3
    assert total(
        of("resident_council", selection="delegates", deputies=3.0), "council_invited"
    ) > 2.9 * total(of("resident_council", selection="delegates"), "council_invited")


def test_online_voice_is_cheap_and_biased_by_age():
    """More come than to open doors, at a fraction of their hours; the elderly are under-represented, and
    not where skill decides nothing.
    """
    online, doors = (of("resident_council", 300, residents=12_000, selection=s) for s in ("online", "open"))
    hours = [total(e, "citizen_hours") / total(e, "council_attended") for e in (online, doors)]
    assert (
        total(online, "council_attended") > 2 * total(doors, "council_attended")
        and hours[0] == pytest.approx(0.1)
        and hours[1] == pytest.approx(2.0)
    )

    def elderly_share(digital):
        arm, base = (
            of("resident_council", 70, residents=12_000, selection="online", digital=digital),
            run((), 0, 1, residents=12_000).mark().advance(70),
        )
        came = arm.world.residents.rec["acts"].astype(int) > base.world.residents.rec["acts"]
        old = (arm.world.residents.rec["flags"] & ELDERLY) > 0
        return came[old].mean() / came.mean()

    assert elderly_share(3.0) < 0.7 and 0.85 < elderly_share(0.0) < 1.3
