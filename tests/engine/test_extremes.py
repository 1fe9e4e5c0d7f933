"""Extremes with an answer known without a model: nothing, nobody, everything, one queue with one server."""

from __future__ import annotations

import numpy as np
import pytest
from sandbox import EVERYTHING, SMALL, live, nudge, place, run, total

from sim import day, vocabulary
from sim.config import registry
from sim.engine import Engine
from sim.world import build as worlds
from sim.world.laws import laws_broken
from sim.world.ledger import table

NEVER = 1e9


def test_without_problems_nothing_happens_to_anybody():
    """No arrivals: no condition, claim, dispute or fix; only enquiries are answered, and every outcome is
    finite or NaN.
    """
    engine = (
        run([nudge("still", problem_scale=("scale", 0.0)), *EVERYTHING], 30, values={"past_days": 0.0})
        .mark()
        .advance(370)
    )
    t = engine.world.tally[0]
    for name in (
        "created",
        "claims",
        "disputes",
        "fixed",
        "records_opened",
        "detected",
        "mediations",
        "level2_in",
        "root_fixes",
    ):
        assert t[name] == 0, name
    assert t["enquiries"] > 0 and laws_broken(engine.world) == []
    out = engine.outcomes()
    assert not any(np.isinf(v) for v in out.values())
    assert out["dispute_rate"] == out["problem_rate"] == out["open_stock"] == 0.0 and np.isnan(
        out["fix_days_median"]
    )


@pytest.mark.parametrize("off", [{"problem_rate": 0.0}, "season"], ids=["rate", "season"])
def test_no_rate_and_no_season_are_no_problems(off):
    scenario = place(off) if isinstance(off, dict) else SMALL.model_copy(update={"season": (0.0,) * 12})
    assert Engine(scenario).advance(200).world.tally["created"][0] == 0


def test_a_season_of_one_month_brings_problems_in_that_month_only():
    scenario = SMALL.model_copy(update={"season": (0.0,) * 5 + (2.0,) + (0.0,) * 6})
    created = np.diff(Engine(scenario).advance(365).world.series[:366, 0])
    month = np.arange(365) * 12 // 365
    assert (created[month != 5] == 0).all() and created[month == 5].sum() > 100


def test_without_staff_nothing_is_repaired_and_everything_waits():
    """No case hours: no contact, fix, mediation or referral; claims pile up, the clock of disputes runs;
    all laws hold.
    """
    nobody = nudge("nobody", committee_scale=("scale", 0.0), property_scale=("scale", 0.0))
    engine = run([nobody], 300).mark().advance(300)
    t = engine.world.tally[0]
    for name in ("fixed", "contacted", "mediations", "level2_in", "hours_committee", "hours_property"):
        assert t[name] == 0, name
    assert t["claims"] > 50 and t["faded"] > 0 and t["settled"] > 0, "neighbours and time still solve some"
    assert engine.world.communities["overload"][0, :2].tolist() == [2.0, 2.0], (
        "overload is its cap where work waits for nobody"
    )
    assert laws_broken(engine.world) == []
    assert engine.outcomes()["dispute_rate"] > run((), 300).mark().advance(300).outcomes()["dispute_rate"]


def infinite(values, seed):
    """Staff without limit at both levels, answers within a day or so."""
    plenty = nudge(
        "plenty",
        committee_scale=("scale", 1e5),
        property_scale=("scale", 1e5),
        level2_scale=("scale", 1e5),
        level2_delay_scale=("scale", 0.0),
    )
    return run([plenty], 730, seed, values)


def test_with_staff_without_limit_nobody_waits_and_overdue_causes_no_dispute():
    """P(waiting over 15 days) is 0 among claims in hand, and disputes are the same bits with and without the
    overdue term.

    Claims refused or solved in part leave a clock that nobody works on: both are switched off here.
    """
    clean = {
        "out_of_scope": 0.0,
        "level1_fixed": 1.0,
        "level2_return": 0.0,
        "dispute_hazard": 0.005,
        "failed_petition": 0.0,
    }
    engine = infinite(clean, 1)
    w = engine.world
    rec = table(w)[live(w)]
    claimed = rec[(rec["first_claim"] >= 0) & (rec["record"] == vocabulary.OPEN)]
    assert (engine.day - claimed["first_claim"].astype(int) <= 15).all() and len(claimed) < 5
    assert w.times[1].sum() > 200 and w.times[1][:, 10:].sum() <= 0.01 * w.times[1].sum()
    assert w.tally["disputes"][0] > 20
    assert w.tally["disputes"][0] == infinite(clean | {"overdue_start": NEVER}, 1).world.tally["disputes"][0]


def test_with_staff_as_it_is_overdue_does_cause_disputes():
    """The test above has power: with a desk that cannot keep up the overdue term adds disputes in each of
    4 seeds, 10% or more.
    """
    clean = {
        "out_of_scope": 0.0,
        "level1_fixed": 1.0,
        "level2_return": 0.0,
        "dispute_hazard": 0.005,
        "level2_cases": 0.5,
        "formal_constant": -2.5,
    }
    for seed in range(1, 5):
        with_, without = (
            total(run((), 730, seed, clean | more), "disputes") for more in ({}, {"overdue_start": NEVER})
        )
        assert with_ > 1.1 * without, seed


def test_nobody_adopts_what_nobody_starts():
    """Launch 0 and innovation 0: imitation has nobody to imitate, no claim comes by app, ever."""
    engine = (
        run([{"policy": "smart_platform", "launch": 0.0}], 30, 1, {"adoption_innovate": 0.0})
        .mark()
        .advance(400)
    )
    out = engine.outcomes()
    assert out["app_share"] == out["adoption_share"] == 0.0 and engine.world.tally["adopters"][0] == 0
    assert run(["smart_platform"], 400).world.tally["app_claims"][0] > 0


def test_no_party_members_no_zones():
    """Zones need members: at a Party share of 0 full mobilisation is the baseline but for its own lever."""
    zones = nudge("zones", party_active=1.0)
    nobody = SMALL.model_copy(update={"party_share": 0.0})
    engine = Engine(nobody, [zones]).advance(300)
    assert engine.world.communities["party_members"][0] == 0 and engine.world.tally["hours_volunteer"][0] == 0
    assert engine.world.tally["disputes"][0] == Engine(nobody).advance(300).world.tally["disputes"][0]
    assert run([zones], 300).world.tally["hours_volunteer"][0] > 0


@pytest.mark.parametrize("policies", [(), ("grid_management", "smart_platform")], ids=["baseline", "bundle"])
def test_without_targets_nothing_is_closed_on_paper(policies):
    """KPI 0: not one paper closure in two years, though work waits; the gap left is partial repairs only."""
    engine = run(policies, 365, 1, {"kpi": 0.0, "committee_share": 0.05}).mark().advance(365)
    t = engine.world.tally[0]
    assert t["records_paper"] == 0 and t["overload"] > 0
    assert t["records_closed"] == t["records_fixed"] + t["records_partial"]


def test_a_hamlet_runs():
    """Six residents, one building, one grid, fractions of staff: a year of everything breaks no law."""
    assert laws_broken(run(EVERYTHING, 365, residents=6).world) == []


@pytest.mark.parametrize("end", ["low", "high"])
def test_every_parameter_at_the_end_of_its_range_runs_lawfully(end):
    """One at a time, 600 residents, 200 days of everything: no law broken, every series finite (surveys
    start in week one).
    """
    for name, p in registry.registry().items():
        engine = run(EVERYTHING, 200, 1, {name: getattr(p, end)}, residents=600)
        assert laws_broken(engine.world) == [], name
        assert np.isfinite(engine.world.series[: engine.day + 1]).all(), name


def test_everything_at_once_at_the_end_of_its_range_runs_lawfully():
    """All rates of service at their worst and all of demand at their highest, for a year."""
    worst = {
        "problem_rate": 2.0,
        "naming_rate": 0.2,
        "dispute_hazard": 0.001,
        "kpi": 1.0,
        "committee_share": 0.05,
        "property_share": 0.08,
        "level2_cases": 2.0,
        "level2_return": 0.4,
        "coclaim_rate": 0.003,
        "formal_constant": -3.0,
        "feedback": 2.0,
        "turnover_rate": 0.0005,
    }
    assert laws_broken(run(EVERYTHING, 365, 2, worst).world) == []


# --- one queue, one server, in slots of a day

PURE = {  # one stream of claims, first come first served, no way back: what a textbook queue assumes
    "enquiry_rate": 0.0,
    "mediation_rate": 0.0,
    "dispute_hazard": 0.0,
    "kpi": 0.0,
    "coclaim_rate": 0.0,
    "level1_fixed": 1.0,
    "out_of_scope": 0.0,
    "turnover_rate": 0.0,
    "burnout_gain": 0.0,
    "ageing": 1e9,
    "feedback": 0.0,
    "naming_rate": 0.2,
    "formal_constant": -2.5,
    "maintenance_budget": 0.0,
    **{f"{kind}.needs_level2": 0.0 for kind in vocabulary.KINDS},
}


class OneQueue:
    """500 days of one grid whose committee serves one queue; what arrived is noted each morning before
    service.
    """

    def __init__(self, hours_share: float, values=None) -> None:
        scenario = (
            SMALL.scaled(900)
            .with_parameters(PURE | {"committee_share": hours_share} | (values or {}), check=False)
            .model_copy(update={"grids": 1})
        )
        self.engine = Engine(scenario, (), 3, 3)
        self.w = worlds.grow_days(self.engine.world, 500)
        self.jobs, self.gone = {}, {}
        for today in range(500):
            self.day(today)

    def day(self, today: int) -> None:
        while not day.has_room(self.w):
            self.w = worlds.grow_matters(self.w)
        w, seed = self.w, 3
        day.problems_of_day(w, 0, today, seed)
        for r in table(w)[live(w)]:
            mine = (
                r["record"] == vocabulary.OPEN
                and r["opened"] == today
                and w.kinds["pool"][r["kind"]] == vocabulary.COMMITTEE
            )
            if mine:
                self.jobs[int(r["key"])] = (today, float(r["vday"]), float(r["work"]))
        if day.is_workday(today):
            day.service_of_day(w, 0, today, seed)
        day.consequences_of_day(w, 0, today, seed)
        day.observe(w, today)
        w.state[0] = today + 1
        left = set(table(w)["key"][live(w)].tolist())
        for key in self.jobs.keys() - self.gone.keys() - left:
            self.gone[key] = today

    def column(self, name):
        return np.diff(self.w.series[:501, self.w.tally.dtype.names.index(name)])

    def backlog(self):
        return self.w.series[1:501, self.w.tally.dtype.names.index("backlog_committee")]


@pytest.fixture(scope="module", params=[0.25, 0.11], ids=["slack", "tight"])
def one(request):
    """A queue at a load of .35, and one at .80."""
    return OneQueue(request.param)


def test_backlog_follows_the_lindley_recursion(one):
    """B_t = max(0, B_t-1 + A_t - H_t), A hours claimed and H hours on duty that day, exactly on each of
    500 days.
    """
    arrived, hours, backlog, expected = (
        one.column("demand_committee"),
        one.column("avail_committee"),
        one.backlog(),
        0.0,
    )
    assert arrived.sum() == sum(job[2] for job in one.jobs.values()) > 200
    for t in range(500):
        expected = max(0.0, expected + arrived[t] - hours[t])
        assert backlog[t] == expected, t
    used = one.column("hours_committee")
    assert np.array_equal(used, np.minimum(np.append(0.0, backlog[:-1]) + arrived, hours)), (
        "hours are never idle while work waits"
    )


def served(jobs, hours, order) -> dict[int, int]:
    """Day on which each job is done: an independent queue in plain Python, hours per day given, part-done
    work carried over.
    """
    waiting, done, arrivals = [], {}, {}
    for key, (today, _, work) in jobs.items():
        arrivals.setdefault(today, []).append([order(key), key, work])
    for t, free in enumerate(hours):
        waiting = sorted(waiting + arrivals.get(t, []))
        while free > 0 and waiting:
            use = min(free, waiting[0][2])
            waiting[0][2] -= use
            free -= use
            if waiting[0][2] <= 0:
                done[waiting.pop(0)[1]] = t
    return done


def test_every_wait_is_that_of_an_independent_queue(one):
    """First come first served: each of some 200 jobs is done on the very day that a plain Python queue
    says.
    """

    def order(key):
        return (one.jobs[key][1], key)

    done = served(one.jobs, one.column("avail_committee"), order)
    assert len(done) > 150
    assert {k: one.gone[k] for k in done} == done
    waits = np.array([done[k] - one.jobs[k][0] for k in done])
    assert one.w.times[1].sum() >= len(done) and waits.mean() >= 0


def test_tight_queues_wait_longer_than_slack_ones():
    """Same arrivals, fewer hours: mean wait more than 5 times as long (the load goes from .35 to .80;
    without waiting it would be 2.3).
    """
    mean = {}
    for share in (0.25, 0.11):
        queue = OneQueue(share)
        mean[share] = np.mean([queue.gone[k] - queue.jobs[k][0] for k in queue.gone])
    assert mean[0.11] > 5 * mean[0.25] > 0


def test_order_of_service_is_by_priority_where_ageing_is_the_models():
    """With the model's ageing of .02 a day the severe overtake the old: the same independent queue,
    sorted by priority, agrees.
    """
    queue = OneQueue(0.11, {"ageing": 0.02})
    done = served(queue.jobs, queue.column("avail_committee"), lambda key: (queue.jobs[key][1], key))
    assert {k: queue.gone[k] for k in done} == done
    fifo = served(queue.jobs, queue.column("avail_committee"), lambda key: (queue.jobs[key][0], key))
    assert fifo != done
