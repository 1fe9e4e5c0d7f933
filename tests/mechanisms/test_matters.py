"""Laws of matters: nothing is lost, nothing is counted twice, no clock is reset, and rows decide nothing.

The world is put under stress (five policies at once, high problem and dispute rates, high targets),
so that every road through the two state machines is walked.
"""

from __future__ import annotations

import numpy as np
import pytest
from sandbox import EVERYTHING, STRESS, differ, live, place, queue, run

from sim import vocabulary
from sim.engine import Engine
from sim.mechanisms.matters import set_stage
from sim.mechanisms.queues import enqueue_level1
from sim.mechanisms.records import close_record, finish
from sim.world import build as worlds
from sim.world.laws import laws_broken
from sim.world.ledger import table

DAYS = 600
SEEDS = (1, 2, 3)
WALKED = (  # every road that stress must have walked, else the laws were not tested there
    "faded",
    "settled",
    "fixed",
    "named",
    "claims",
    "reclaims",
    "coclaims",
    "merged",
    "out_of_scope",
    "detected",
    "direct",
    "direct_settled",
    "app_claims",
    "records_paper",
    "records_partial",
    "disputes",
    "dispute_settled",
    "dispute_fixed",
    "mediations",
    "petitions",
    "courts",
    "exits",
    "colds",
    "collectives",
    "level2_in",
    "level2_done",
    "level2_returned",
    "turnover",
    "withheld",
)


def asked_and_open(world) -> int:
    """Open records that a claim, not patrol, opened."""
    rec = table(world)
    return int(((rec["record"] == vocabulary.OPEN) & (rec["flags"] & vocabulary.ASKED > 0)).sum())


def _reachable():
    """Stages that may follow a stage within a day, by any number of legal steps of one condition."""
    legal = vocabulary.legal_table().astype(bool)
    legal[:, vocabulary.FREE] = False
    reach = np.eye(len(legal), dtype=bool)
    for _ in range(len(legal)):
        reach |= reach @ legal
    return reach


class Diary:
    """What a run showed day by day: laws broken, and each condition's life as seen at every day's end."""

    def __init__(self, engine: Engine, days: int) -> None:
        self.engine, self.broken, self.odd, self.papers = engine, [], [], []
        self.reach, self.ended, self.last = _reachable(), np.zeros(0, "u8"), table(engine.world)[:0]
        for _ in range(days):
            engine.advance(1)
            self.broken += [
                f"day {engine.day}: {law}" for law in laws_broken(engine.world) + books_broken(engine.world)
            ]
            self.look()

    def look(self) -> None:
        """Compare every condition with itself yesterday, all at once."""
        rec = table(self.engine.world)[live(self.engine.world)]
        _, i, j = np.intersect1d(self.last["key"], rec["key"], return_indices=True)
        was, now = self.last[i], rec[j]
        self.note("came back after its end", rec["key"][np.isin(rec["key"], self.ended)])
        self.ended = np.append(self.ended, np.setdiff1d(self.last["key"], rec["key"]))
        self.note(
            "first claim moved",
            now["key"][(was["first_claim"] >= 0) & (was["first_claim"] != now["first_claim"])],
        )
        for name in ("onset", "owner", "building", "kind", "exposed"):
            self.note(f"{name} changed", now["key"][was[name] != now[name]])
        for name in ("claims", "records"):
            self.note(f"fewer {name}", now["key"][now[name] < was[name]])
        self.note("illegal road of stages", now["key"][~self.reach[was["stage"], now["stage"]]])
        paper = (was["record"] == vocabulary.OPEN) & (now["record"] == vocabulary.PAPER_CLOSED)
        self.papers += [(self.engine.day - 1, a, b) for a, b in zip(was[paper], now[paper])]
        self.last = rec.copy()

    def note(self, what: str, keys) -> None:
        """Keep what happened to these keys, if any."""
        if len(keys):
            self.odd.append(f"day {self.engine.day}: {what}: {keys[:5]}")


def books_broken(world) -> list[str]:
    """Sums that must agree between tallies, tables and histograms (beside sim.world.laws)."""
    t, rec, broken = world.tally[0], table(world)[live(world)], []

    def same(what, a, b):
        if float(a) != float(b):
            broken.append(f"{what}: {a} != {b}")

    same("claims by fate", t["claims"], t["out_of_scope"] + t["dispatched"] + t["merged"])
    same("claims by group", t["claims"], sum(t[f"claims{g}"] for g in range(4)))
    same("problems by group", t["created"], sum(t[f"problems{g}"] for g in range(4)))
    same(
        "records by end", t["records_closed"], t["records_fixed"] + t["records_paper"] + t["records_partial"]
    )
    same("disputes ever and ended", t["disputes_all"], t["in_dispute"] + t["dispute_end"])
    for name in ("claims", "disputes", "fixed", "problems"):
        same(f"{name} over grids", t["created" if name == "problems" else name], world.grids[name].sum())
    same("claims over buildings", t["claims"], world.buildings["claims"].sum())
    same("disputes open over buildings", t["in_dispute"], world.buildings["in_dispute"].sum())
    same(
        "records opened by day, patrol's apart",
        t["records_opened"] - t["detected"],
        world.cohorts[:, 0].sum(),
    )
    same(
        "records of claims still open",
        world.cohorts[:, 0].sum() - world.cohorts[:, 1].sum(),
        asked_and_open(world),
    )
    same("times onset to fixed", t["fixed"], world.times[2].sum())
    same("times claim to fixed", t["app_fix_n"] + t["other_fix_n"], world.times[1].sum())
    c = world.communities
    same("adopters", c["adopters"].sum(), ((world.residents.rec["flags"] & vocabulary.ADOPTED) > 0).sum())
    same("households withholding", c["withheld"].sum(), world.buildings["withheld"].sum())
    pools = world.kinds["pool"][rec["kind"]]
    waits = rec["place"] == vocabulary.LEVEL1_QUEUE
    for pool in range(2):
        same(f"matters queued in pool {pool}", c["queued"][:, pool].sum(), (waits & (pools == pool)).sum())
    same("hours queued over grids", world.grids["backlog"].sum(), c["backlog"][:, 0].sum())
    return broken


@pytest.fixture(scope="module", params=SEEDS)
def diary(request):
    """600 days of stress, looked at every evening."""
    return Diary(Engine(place(STRESS, 900), EVERYTHING, request.param, request.param), DAYS)


def test_stress_walks_every_road(diary):
    """The laws below are tested on all roads: each tally of a road has grown, each stage and record was
    met.
    """
    t = diary.engine.world.series[: DAYS + 1].max(axis=0)
    names = diary.engine.world.tally.dtype.names
    assert [n for n in WALKED if t[names.index(n)] <= 0] == []


def test_no_law_is_broken_on_any_day_under_stress(diary):
    """Conservation, list integrity, bounds, hours and books hold on each of 600 days (exact, no
    tolerance).
    """
    assert diary.broken == []


def test_no_condition_resets_its_clock_changes_hands_or_comes_back(diary):
    """Onset and first claim are written once, counts never fall, no stage follows another illegally, keys
    never return.
    """
    assert diary.odd == []


def test_paper_closure_changes_the_record_and_leaves_the_condition(diary):
    """After a closure on paper the condition is there, unfixed, as severe, its clocks untouched, its
    owner angrier.
    """
    assert len(diary.papers) > 20
    for day, was, now in diary.papers:
        assert (
            now["stage"] in (vocabulary.LUMPED, vocabulary.DISPUTE, vocabulary.EXITED)
            and now["place"] == vocabulary.NOWHERE
        )
        for kept in ("onset", "first_claim", "opened", "severity", "severity_day", "records"):
            assert now[kept] == was[kept], kept
        if now["first_claim"] >= 0:  # who never asked does not find out
            assert now["heat_day"] == day and now["heat"] > 0
        assert day - now["opened"] > diary.engine.world.params["paper_age"][0]


def test_a_claim_after_paper_closure_waits_from_its_first_claim():
    """Paper-closed matters are claimed again: their record is opened anew, their first claim is the old
    one.
    """
    engine = Engine(
        place(STRESS | {"decide_lumped": 0.3, "formal_constant": 1.0, "dispute_hazard": 0.0}), (), 1, 1
    )
    paper, again = {}, 0
    for _ in range(300):
        engine.advance(1)
        for r in table(engine.world)[live(engine.world)]:
            key = int(r["key"])
            if r["record"] == vocabulary.PAPER_CLOSED:
                paper[key] = (int(r["first_claim"]), int(r["opened"]))
            elif key in paper and r["record"] == vocabulary.OPEN:
                again += 1
                assert int(r["first_claim"]) == paper[key][0] and int(r["opened"]) > paper[key][1]
                del paper[key]
    assert again > 20


def shuffle_free(w, rng) -> None:
    """Hand out the free rows and cases of every community in another order."""
    free = w.matters.rec["stage"] == vocabulary.FREE
    idle = np.isin(np.arange(len(w.matters.cases)), w.matters.rec["case"][~free], invert=True)
    idle[0] = False
    for what, first, link, head in (
        ("used", 0, w.matters.rec["case"], "free_head"),
        ("case_used", 1, w.matters.cases["next"], "case_head"),
    ):
        those, n = (free, len(free)) if first == 0 else (idle, len(idle) - 1)
        size = n // len(w.communities)
        for c in range(len(w.communities)):
            rows = rng.permutation(
                np.flatnonzero(those[first + c * size : first + (c + 1) * size]) + first + c * size
            )
            link[rows] = np.append(rows[1:], -1)
            w.communities[head][c], w.communities[what][c] = rows[0], size


@pytest.mark.parametrize("values, policies", [(None, ()), (STRESS, EVERYTHING)], ids=["baseline", "stress"])
def test_row_order_decides_nothing(values, policies):
    """The same run with the free rows shuffled gives the same bits everywhere but in row numbers (two
    communities).
    """

    def engine(shuffle):
        e = Engine(place(values, 4000), policies, 3, 3)
        if shuffle:
            shuffle_free(e.world, np.random.default_rng(shuffle))
        return e.advance(400)

    straight = engine(0)
    assert differ(straight, engine(7)) == [] and differ(straight, engine(8)) == []


def test_pools_that_grow_change_nothing():
    """A world whose pools grow, on day 0, in mid-run, and by itself, is the same bit for bit."""
    straight = Engine(place(STRESS, 4000), EVERYTHING, 2, 2).advance(300)
    grown = Engine(place(STRESS, 4000), EVERYTHING, 2, 2)
    rows = len(grown.world.matters.rec)
    cases = len(grown.world.matters.cases)
    grown.world = worlds.grow_matters(grown.world)
    assert len(grown.world.matters.cases) > cases, "with rows enough it is cases that are short"
    grown.world.communities["reserve"] = grown.world.communities["free_top"] + 1
    grown.advance(100)
    grown.world = worlds.grow_matters(grown.world)
    grown.world.communities["reserve"] = (
        grown.world.communities["free_top"] + 1
    )  # not enough: it must grow by itself
    grown.advance(200)
    assert len(grown.world.matters.rec) >= 1.125**2 * rows, "the pools were to grow"
    grown.world.communities["reserve"] = straight.world.communities["reserve"]
    assert differ(straight, grown) == [] and laws_broken(grown.world) == []


def test_one_condition_many_claims():
    """Duplicates join the condition that is there: co-claims raise claims, never the number of conditions
    or records.
    """

    def engine(rate):
        return run((), 365, 5, {"coclaim_rate": rate, "feedback": 0.0})

    few, many = engine(0.0).world, engine(0.03).world
    assert few.tally["coclaims"][0] == 0 and many.tally["coclaims"][0] > 100
    assert few.tally["created"][0] == many.tally["created"][0]
    top = table(many)["claims"].max()
    assert (
        top > 1
        and many.tally["records_opened"][0]
        <= many.tally["claims"][0] - many.tally["coclaims"][0] + many.tally["petitions"][0]
    )


@pytest.fixture
def queued():
    """A world with matters in level 1's queues (property hours only trickle)."""
    engine = run((), 200, 4, {"property_share": 0.0, "share_floor": 0.01, "formal_constant": -2.0})
    w = engine.world
    rows = [r for r in live(w) if table(w)["place"][r] == vocabulary.LEVEL1_QUEUE]
    assert len(rows) > 5
    return w, int(rows[2])


def test_an_illegal_step_is_refused_and_counted(queued):
    """From FIXED, FADED, SETTLED and FREE there is no way back into life, and no open condition becomes
    latent again.
    """
    w, row = queued
    for stage in (vocabulary.LATENT, vocabulary.NAMED, vocabulary.FREE):
        before = float(w.tally["illegal"][0])
        assert not set_stage(w.matters, row, stage, w.tally)
        assert table(w)["stage"][row] == vocabulary.CLAIMED and w.tally["illegal"][0] == before + 1
    assert any("illegal" in law for law in laws_broken(w))


def test_a_closed_record_cannot_be_closed_again(queued):
    """A second closure is refused and counted as illegal; the books keep their first verdict."""
    w, row = queued
    close_record(w.matters, row, vocabulary.CLOSED, vocabulary.NO, w.tally, w.cohorts)
    closed = float(w.tally["records_closed"][0])
    close_record(w.matters, row, vocabulary.PAPER_CLOSED, vocabulary.NO, w.tally, w.cohorts)
    assert (
        w.tally["records_closed"][0] == closed
        and w.tally["illegal"][0] == 1
        and table(w)["record"][row] == vocabulary.CLOSED
    )


def _home(w, row):
    r = w.matters.rec[row]
    b = int(r["building"])
    return int(w.kinds["pool"][r["kind"]]), int(w.buildings["community"][b]), int(w.buildings["grid"][b])


def test_finishing_takes_a_matter_out_of_queue_books_and_counts_once(queued):
    """finish() leaves a sound queue; a second finish is refused and counts nothing."""
    w, row = queued
    pool, _, g = _home(w, row)
    key, length = int(table(w)["key"][row]), len(queue(w, int(w.grids["head"][g][pool])))
    args = (w, row, vocabulary.FIXED, pool)
    before = float(w.tally["fixed"][0])
    assert finish(*args) and w.tally["fixed"][0] == before + 1
    keys = queue(w, int(w.grids["head"][g][pool]))
    assert key not in keys and len(keys) == length - 1
    assert not finish(*args) and w.tally["fixed"][0] == before + 1 and w.tally["illegal"][0] == 1


def test_the_laws_see_a_matter_queued_twice(queued):
    """The checker has power: enqueueing a waiting matter a second time is found the same day."""
    w, row = queued
    assert laws_broken(w) == []
    enqueue_level1(w.matters, w.grids, w.communities, row, *_home(w, row))
    assert laws_broken(w) != []


@pytest.mark.parametrize(
    "harm, words",
    [
        (lambda w, r: w.tally.__setitem__("created", w.tally["created"] + 1), "conservation"),
        (
            lambda w, r: w.matters.cases["record"].__setitem__(w.matters.rec["case"][r], vocabulary.CLOSED),
            "record",
        ),
        (lambda w, r: w.matters.cases["work"].__setitem__(w.matters.rec["case"][r], 99.0), "backlog"),
        (lambda w, r: w.matters.cases["next"].__setitem__(w.matters.rec["case"][r], -1), "queue"),
        (lambda w, r: w.matters.cases["first_claim"].__setitem__(w.matters.rec["case"][r], -1), "unvoiced"),
        (lambda w, r: w.matters.cases["heat"].__setitem__(0, 1.5), "empty case"),
        (lambda w, r: w.matters.rec["case"].__setitem__(r, 0), "case|record"),
        (lambda w, r: w.tally.__setitem__("hours_property", w.tally["avail_property"] + 1), "hours|h used"),
        (lambda w, r: w.buildings["selfhelp"].__setitem__(0, -0.1), "self-help"),
    ],
    ids=["lost", "record", "work", "link", "voice", "empty case", "case", "hours", "skill"],
)
def test_the_laws_see_each_kind_of_harm(queued, harm, words):
    """Each law fails when the world is harmed in its way."""
    import re

    w, row = queued
    harm(w, row)
    assert any(re.search(words, law) for law in laws_broken(w)), laws_broken(w)
