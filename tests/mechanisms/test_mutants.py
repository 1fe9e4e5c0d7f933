"""Laws that slips of benchmarks/mutations.py break and that other tests see by a count, by luck, or not at
all.

Each is asserted as a law of the model, on worlds where its mechanism is nearly alone.
"""

from __future__ import annotations

import numpy as np
import pytest
from sandbox import STRESS, live, nudge, run, total

from sim import vocabulary
from sim.mechanisms import hazards
from sim.mechanisms.disputes import hazard_of
from sim.mechanisms.matters import heat_at, severity_at
from sim.numerics.fixed_point import MIND
from sim.policies.resident_council import Council, ResidentCouncil
from sim.world.ledger import table

CALM = {"problem_rate": 0.0, "past_days": 0.0, "enquiry_rate": 0.0}  # nothing to do for anybody


@pytest.fixture(scope="module")
def stressed():
    """A world with conditions in every stage."""
    return run((), 300, 1, STRESS).world


def test_burnout_recovers_at_the_stated_rate_once_overload_is_gone():
    """Without work a burnt-out worker recovers: b (1 - r) a day, half of it in ln 2 / r days (rule 16)."""
    engine = run((), 0, 1, CALM | {"turnover_rate": 0.0})
    engine.advance(1)
    posts = engine.world.workers["fte"] > 0.0
    engine.world.workers["burnout"][posts] = 0.6
    rate = float(engine.world.params["burnout_recovery"][0])
    engine.advance(100)
    assert posts.any() and engine.world.workers["burnout"][posts] == pytest.approx(
        0.6 * (1.0 - rate) ** 100, rel=1e-4
    )


def test_fees_are_withheld_only_where_a_shared_condition_is_open():
    """Eight days after the condition has ended nobody of its building withholds (a round is weekly),
    though nobody is content.
    """
    values = {
        "dispute_hazard": 0.05,
        "withhold_exposed": 2.0,
        "withhold_satisfaction": 2.0,
        "withhold_leave": 9.0,
        "mediation_constant": 5.0,
        "mediation_hours": 0.1,
        "mediation_rate": 0.02,
    }
    engine = run((), 0, 1, values)
    since = np.zeros(len(engine.world.buildings), int)
    ended = 0
    for _ in range(365):
        engine.advance(1)
        w = engine.world
        cause, rec = w.buildings["grievance"], table(w)
        gone = (
            (cause < 0)
            | (rec["stage"][cause] == vocabulary.FREE)
            | (rec["key"][cause] != w.buildings["grievance_key"])
        )
        since = np.where(gone & (w.buildings["withheld"] > 0), since + 1, 0)
        ended += int((since == 1).sum())
        assert since.max() <= 7
    assert ended > 5, "conditions with a withholding building behind them did end"


def test_opinions_beyond_confidence_never_meet():
    """Two camps .8 apart, farther than anybody's confidence: after 60 days of meetings nobody has moved
    (Deffuant 2000).
    """
    engine = run((), 0, 1, CALM | {"ambient_rate": 0.0, "influence": 0.3})
    camps = np.where(
        np.arange(len(engine.world.residents.rec)) % 2 == 0, round(0.1 * MIND), round(0.9 * MIND)
    ).astype(np.uint16)
    engine.world.residents.satisfaction[:] = camps
    engine.advance(60)
    assert (engine.world.residents.satisfaction == camps).all()


def test_the_useful_app_spreads_and_among_the_skilled():
    """Two years without a launch drive: a better app enrols more, an app is enrolled in by the skilled
    before the others (rule 18).
    """

    def adopted(merit):
        return run(
            [nudge("app", open_app=1.0, app_merit=("shift", merit))], 730, 1, {"disadoption": 0.0}
        ).world

    poor, good = adopted(-2.0), adopted(2.0)
    assert good.tally["adopters"][0] > 1.5 * poor.tally["adopters"][0] > 0
    has = (poor.residents.rec["flags"] & vocabulary.ADOPTED) > 0
    digital = poor.residents.rec["digital"] / 65535.0
    assert digital[has].mean() > digital[~has].mean() + 0.1


def test_only_the_residents_claim_is_a_clock_of_disputes(stressed):
    """What patrol found and nobody asked for is never overdue: its hazard is the same after 15 days and
    after 75 (severity held).
    """
    w = stressed
    row = _any(w, vocabulary.NAMED)
    found, asked = (_hazards(w, row, first_claim=claim, flags=vocabulary.DETECTED) for claim in (-1, 300))
    assert found(375) == found(315) == found(300) > 0.0
    assert asked(315) == found(315) and asked(345) > asked(330) > asked(315)


def test_anger_in_the_hazard_halves_in_its_half_life(stressed):
    """What heat adds to a matter's hazard after 60 days is half of what it added at once (rule 13)."""
    row = _any(stressed, vocabulary.NAMED)
    hot, cold = (_hazards(stressed, row, heat=heat) for heat in (1.0, 0.0))
    half = int(stressed.params["heat_half_life"][0])
    assert hot(300 + half) - cold(300 + half) == pytest.approx(0.5 * (hot(300) - cold(300)), rel=1e-6)
    assert heat_at(1.0, half, half) == pytest.approx(0.5)


def _any(w, stage) -> int:
    """Row of a condition in this stage that has a case."""
    rows = live(w)
    rec = w.matters.rec[rows]
    return int(rows[(rec["stage"] == stage) & (rec["case"] > 0)][0])


def _hazards(w, row, heat=0.0, first_claim=-1, flags=0):
    """The dispute hazard of a matter on a day, with this history since day 300 and nothing else that
    changes.
    """

    def on(day):
        m, params, buildings = w.matters, w.params.copy(), w.buildings.copy()
        rec, cases = m.rec.copy(), m.cases.copy()
        params["severity_growth"] = 0.0
        buildings["contagion"] = buildings["week0"] = 0
        rec["flags"][row] = flags
        case = rec["case"][row]
        cases["heat"][case], cases["heat_day"][case], cases["first_claim"][case], cases["opened"][case] = (
            heat,
            300,
            first_claim,
            300,
        )
        return hazard_of(row, day, params, w.kinds, w.residents, buildings, m._replace(rec=rec, cases=cases))

    return on


def test_the_clocks_bounds_hold_to_the_end_of_their_days(stressed):
    """Thinning is exact only under its bounds: on the last day of a block no hazard of any condition is
    above its width.
    """
    w, p, seen = stressed, stressed.params[0], set()
    for row in live(w):
        r = w.matters.rec[row]
        block = (300 + hazards.phase_of(int(r["building"]), int(r["seat"]))) // hazards.CLOCK_BLOCK
        last = (
            int(hazards.CLOCK_BLOCK * (block + 1) - hazards.phase_of(int(r["building"]), int(r["seat"]))) - 1
        )
        _, decide, coclaim, dispute, _ = hazards.slot_widths(
            w.params, w.kinds, w.matters, int(row), int(block)
        )
        s = severity_at(float(r["severity"]), float(p["severity_growth"]), float(last - r["severity_day"]))
        stage = int(r["stage"])
        rates = {
            vocabulary.LATENT: p["naming_rate"] * s**1.5,
            vocabulary.NAMED: p["decide_named"] * s,
            vocabulary.LUMPED: p["decide_lumped"] * s,
        }
        assert rates.get(stage, 0.0) <= decide * (1.0 + 1e-9), stage
        if stage == vocabulary.CLAIMED:
            assert p["coclaim_rate"] * s * (int(r["exposed"]) - 1) <= coclaim * (1.0 + 1e-9)
        if stage in (vocabulary.LATENT, vocabulary.NAMED, vocabulary.LUMPED, vocabulary.CLAIMED):
            assert hazard_of(
                int(row), last, w.params, w.kinds, w.residents, w.buildings, w.matters
            ) <= dispute * (1.0 + 1e-9)
        seen.add(stage)
    assert {vocabulary.LATENT, vocabulary.NAMED, vocabulary.LUMPED, vocabulary.CLAIMED} <= seen


def test_who_is_not_in_the_room_buys_nothing():
    """A council's projects go to buildings whose people came, the more weight the sooner; claims alone
    buy nothing.
    """
    world = run((), 1, 1, {"maintenance_budget": 0.0}).world
    world.buildings["kind_claims"] = 1.0
    world.buildings["root"] = 0.0
    world.communities["fund"] = (
        3.0 * float(world.params["root_fix_price"][0]) * float(world.kinds["root_price_factor"].max())
    )
    weight = np.zeros(len(world.buildings))
    weight[2], weight[5] = 1.0, 40.0
    Council(ResidentCouncil(coproduction=0.0), 0)._decide(world, 0, weight, 1, 1)
    bought = (world.buildings["root"] > 0.0).sum(axis=1)
    assert bought[5] > 0 and bought.sum() == bought[2] + bought[5] and bought[5] >= bought[2]


def test_an_answer_out_of_scope_ends_no_condition():
    """Where everything is out of scope every first claim leaves its condition open, unrecorded, its clock
    running.
    """
    engine = run(
        (), 0, 1, {"out_of_scope": 1.0, "past_days": 0.0, "formal_constant": -2.5, "failed_petition": 0.0}
    )
    answered = 0
    for _ in range(120):
        before = total(engine, "claims") - total(engine, "reclaims")
        engine.advance(1)
        new = total(engine, "claims") - total(engine, "reclaims") - before
        rec = table(engine.world)[live(engine.world)]
        mine = rec[rec["first_claim"] == engine.day - 1]
        assert len(mine) == new and (mine["record"] == vocabulary.OUT_OF_SCOPE).all()
        assert np.isin(mine["stage"], (vocabulary.LUMPED, vocabulary.DISPUTE)).all()
        answered += int(new)
    assert answered > 30


def test_co_claims_come_from_those_exposed_alone():
    """A condition that touches its owner alone is claimed by nobody else, at whatever rate; where all are
    exposed others do.
    """

    def coclaims(exposed):
        kinds = {f"{kind}.exposed": exposed for kind in vocabulary.KINDS}
        return run((), 365, 1, kinds | {"coclaim_rate": 0.05, "feedback": 0.0}).world.tally["coclaims"][0]

    assert coclaims(1.0) == 0 < 50 < coclaims(30.0)
