"""Organised and professional services, staffing and merged data: what each buys, whom it reaches, and its
failure.
"""

from __future__ import annotations

import numpy as np
import pytest
from sandbox import SMALL, paired, run, total

from sim import vocabulary
from sim.agents.volunteer import muster
from sim.engine import Engine
from sim.numerics.fixed_point import MIND
from tests.policies.hard_cases import HARD, STRIFE, column

# --- social organisations
CONTRACT = {"policy": "social_organisations", "workers": 12.0}


def ties_today(engine: Engine) -> float:
    """Mean tie of households with committee staff, decayed to today (0-1)."""
    homes = engine.world.households
    return float(
        (
            homes["tie_committee"] / 255.0 * 0.5 ** ((engine.day - homes["tie_day"].astype(float)) / 365.0)
        ).mean()
    )


def test_a_contracts_end_takes_hours_and_ties():
    """Hours stop on the day; ties of visited homes fall to about what they would be had nobody come (4
    pairs).
    """
    for seed in range(1, 5):
        kept, ended, never = (
            run(p, 380, seed, {"turnover_rate": 0.0})
            for p in ([CONTRACT | {"visits": 6.0}], [CONTRACT | {"visits": 6.0, "end_day": 370}], ())
        )
        ties = [ties_today(e) for e in (kept, ended, never)]
        assert ties[0] > 1.5 * ties[2] and abs(ties[1] - ties[2]) < 0.15 * (ties[0] - ties[2])
        days = column(ended, "organisation_workers_days")
        assert (
            days[-1] == days[370] > 0
            and column(ended, "avail_committee")[-1] < column(kept, "avail_committee")[-1]
        )


def test_reports_eat_the_contracts_hours():
    """Hours on top of the committee's are those of the contract less reports: 2 workers x 7 h x .3 a
    workday.
    """
    for reports in (0.0, 0.5, 0.8):
        arm, base = run([CONTRACT | {"reports": reports}], 5), run((), 5)
        assert total(arm, "avail_committee") - total(base, "avail_committee") == pytest.approx(
            5 * 2 * 7 * 0.3 * (1 - reports), abs=0.02
        )


def test_visits_go_to_homes_of_the_elderly_and_of_migrants():
    """Other homes' ties are untouched; a place with neither is not visited."""
    arm, base = (
        run(p, 100, 1, {"problem_rate": 0.0, "past_days": 0.0, "turnover_rate": 0.0})
        for p in ([CONTRACT], ())
    )
    rec = arm.world.residents.rec
    sought = np.zeros(len(arm.world.households), bool)
    sought[rec["household"][(rec["flags"] & int(vocabulary.ELDERLY | vocabulary.MIGRANT)) > 0]] = True
    raised = arm.world.households["tie_committee"] > base.world.households["tie_committee"]
    assert raised[sought].sum() > 20 and not raised[~sought].any()
    young = SMALL.model_copy(update={"elderly_share": 0.0, "migrant_share": 0.0})
    assert Engine(young, [CONTRACT]).advance(100).world.tally["visits"][0] == 0


def test_registers_are_longer_than_turn_outs():
    """After years a tenth or more are registered, each turning out once or so a year."""
    engine = (
        run(["social_organisations"], 1460, values={"problem_rate": 0.0, "past_days": 0.0})
        .mark()
        .advance(365)
    )
    out = engine.outcomes()
    assert 0.1 < out["registered_volunteers"] < 0.25 and 0.7 < out["turnouts_each"] < 1.6


def test_insiders_register_and_turn_out_more():
    """Belonging .7 against .3: registered 7 to 3; of those asked, the odds of turning out are e**(2 x .4)
    times as high.
    """
    w = run((), 1, residents=6000).world
    w.residents.belonging[::2], w.residents.belonging[1::2] = round(0.3 * MIND), round(0.7 * MIND)
    standing = np.zeros(6000, np.uint8)
    weights = np.array([0.2, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0])

    def round_of(day):
        each = [
            muster(
                c,
                day,
                1,
                np.int64(3),
                np.int64(0),
                np.int64(0),
                weights,
                w.residents,
                w.buildings,
                w.communities,
                standing,
            )
            for c in range(len(w.communities))
        ]
        return np.sum(each, axis=0)

    signed = np.zeros(2)
    for day in range(10):
        standing[:] = 0
        round_of(day)
        signed += standing[::2].sum(), standing[1::2].sum()
    assert signed / 30_000 == pytest.approx([0.12, 0.28], rel=0.04)
    weights[0], odds = 0.0, []
    for half in (0, 1):
        standing[:] = 0
        standing[half::2] = 1
        registered, _, out = round_of(2 + half)
        odds.append(out / (registered - out))
    assert registered == 3000 and odds[1] / odds[0] == pytest.approx(np.exp(0.8), rel=0.1)


# --- professional services, staffing, merged data


def test_professionals_mediate_where_the_committee_cannot():
    """No committee staff: nobody mediates but professionals, at most the hours bought; no disputes, no
    hours used, the same bill.
    """
    place = SMALL.with_parameters(STRIFE, check=False).model_copy(
        update={"committee_workers": 0.0, "desk_workers": 0.0}
    )
    arm, base = (
        Engine(place, p).mark().advance(365)
        for p in ([{"policy": "professional_services", "hours": 10.0}], ())
    )
    assert (
        total(base, "mediations") == 0 < total(arm, "mediations")
        and total(arm, "hours_specialist") <= 10 * 2000 / 12000 * 261 + 1
    )
    peace = run(["professional_services"], 100, 1, {"dispute_hazard": 0.0}).mark().advance(365).outcomes()
    assert peace["specialist_hours"] == 0.0 and peace["cost_budget"] == pytest.approx(
        arm.outcomes()["cost_budget"] * (1.5 * 261 * 120 + 12000) / (10 * 261 * 120 + 12000)
    )


def test_professionals_spare_the_committee():
    """With hours to spare the same disputes are mediated, and what professionals do is exactly what does
    not arrive at the committee.
    """
    values = {"committee_share": 0.9, "dispute_hazard": 0.003, "burnout_gain": 0.0, "kpi": 0.0}
    arm, base = (
        run(p, 200, 1, values)
        for p in ([{"policy": "professional_services", "hours": 10.0, "training": 0.0}], ())
    )
    assert total(arm, "mediations") == total(base, "mediations") > 10 and total(
        arm, "hours_mediation"
    ) == total(base, "hours_mediation")
    assert (
        total(base, "demand_committee") - total(arm, "demand_committee")
        == total(arm, "hours_specialist")
        > 10
    )


def test_trained_mediators_settle_more():
    """A training of 1.0 settles a larger share of what is mediated than none (8 pairs)."""

    def settled(e):
        return total(e, "dispute_settled") / max(total(e, "mediations"), 1.0)

    trained, plain = ([{"policy": "professional_services", "training": t}] for t in (1.0, 0.0))
    gain = paired(settled, trained, plain, days=365, values=STRIFE, base_values=STRIFE)
    assert gain.mean() > 0.08 and (gain > 0).sum() >= 7


def test_staff_has_diminishing_returns():
    """The second fifteen workers lower overload by less than half of what the first fifteen do (4 pairs,
    tight hours).
    """

    def load(workers, seed):
        return (
            run([{"policy": "staffing", "workers": workers}], 300, seed, {"committee_share": 0.06})
            .mark()
            .advance(365)
            .outcomes()["overload"]
        )

    loads = np.array([[load(n, seed) for n in (0.0, 15.0, 30.0)] for seed in range(1, 5)]).mean(axis=0)
    assert loads[0] - loads[1] > 2.0 * (loads[1] - loads[2]) > 0.0


def test_staffing_buys_what_it_says():
    """15 workers per 12,000 residents are 2.5 here; the maintenance budget grows by the stated share."""
    arm, base = (
        run([{"policy": "staffing", "maintenance": 1.0}], 95, 1, {"root_fix_price": 80000.0}),
        run((), 95, 1, {"root_fix_price": 80000.0}),
    )
    assert arm.world.communities["present"][0, 0] <= base.world.communities["present"][0, 0] + 2.5
    assert (
        arm.world.communities["fund"].sum() == pytest.approx(2.0 * base.world.communities["fund"].sum())
        and base.world.communities["fund"].sum() > 0
    )


def test_merged_data_returns_less_and_finds_more():
    """Fewer returns per case answered, more found than anybody asked for; without detection nothing is
    found (8 pairs).
    """

    def returned(e):
        return total(e, "level2_returned") / max(total(e, "level2_returned") + total(e, "level2_done"), 1.0)

    values = HARD | {"level2_return": 0.4, "level2_cases": 12.0}
    less = paired(
        returned, [{"policy": "merged_data", "returns": 0.7}], days=365, values=values, base_values=values
    )
    assert less.mean() < -0.15 and (less < 0).all()
    assert (
        total(run(["merged_data"]), "detected") > 20
        and total(run([{"policy": "merged_data", "detection": 0.0}]), "detected") == 0
    )


def test_merged_data_and_grid_management_add_up_to_grid_plus():
    """Grid+ has the grid's workers and the data's sensors: levers of both, forms of both."""
    plus, grid, data = (
        run(p, 1).world.levers[0]
        for p in (["grid_management", "merged_data"], ["grid_management"], ["merged_data"])
    )
    assert (
        plus["data_entry"] == pytest.approx(grid["data_entry"] + data["data_entry"])
        and plus["grid_workers"] == grid["grid_workers"] > 0
    )
    assert (
        plus["return_scale"] == data["return_scale"] < 1.0
        and plus["sensor_rate"] == data["sensor_rate"] > 0.0
    )
