"""Laws of the world that no day may break; run by tests, and by anyone who doubts."""

from __future__ import annotations

import numpy as np

from sim import vocabulary
from sim.world.ledger import table
from sim.world.tables import CASE, NO_CASE, World


def laws_broken(world: World) -> list[str]:
    """Every law that the world breaks now, in words; empty where all hold."""
    broken = []
    rec, tally = table(world), world.tally[0]
    live = rec["stage"] != vocabulary.FREE
    created, ended = tally["created"], tally["fixed"] + tally["faded"] + tally["settled"]
    if created != tally["open"] + ended:
        broken.append(f"conservation: created {created} != open {tally['open']} + ended {ended}")
    if live.sum() != tally["open"]:
        broken.append(f"open conditions: {live.sum()} rows, {tally['open']} counted")
    if (rec["first_claim"][live] < 0).sum() != tally["unvoiced"]:
        broken.append("unvoiced conditions: rows and count differ")
    if (rec["stage"] == vocabulary.DISPUTE).sum() != tally["in_dispute"]:
        broken.append("disputes: rows and count differ")
    if (live & ((rec["record"] == vocabulary.OPEN) != (rec["place"] != vocabulary.NOWHERE))).any():
        broken.append("a record is open exactly where a matter waits or is worked on")
    voiceless = np.isin(
        rec["stage"], [vocabulary.LATENT, vocabulary.NAMED, vocabulary.LUMPED, vocabulary.COURT]
    )
    if (voiceless & (rec["record"] == vocabulary.OPEN)).any():
        broken.append("a latent, named, lumped or litigated matter has an open record")
    if (tally["illegal"], tally["lost"]) != (0, 0):
        broken.append(f"illegal steps {tally['illegal']}, lost conditions {tally['lost']}")
    records = tally["records_opened"] - tally["records_closed"]
    if records != (live & (rec["record"] == vocabulary.OPEN)).sum():
        broken.append("open records: rows and count differ")
    return broken + _free_rows(world) + _queues(world) + _bounds(world)


def _free_rows(world) -> list[str]:
    """The free lists of rows and cases hold exactly what is free; the empty case is empty."""
    m, broken = world.matters, []
    free = m.rec["stage"] == vocabulary.FREE
    live_cases = m.rec["case"][~free]
    owned = live_cases[live_cases > 0]
    idle = np.ones(len(m.cases), bool)
    idle[0] = False
    idle[owned] = False
    if (
        len(set(owned.tolist())) != len(owned)
        or (
            m.cases["row"][m.rec["case"][~free]][live_cases > 0] != np.flatnonzero(~free)[live_cases > 0]
        ).any()
    ):
        broken.append("a case and its condition do not point at each other")
    empty = np.zeros(1, CASE)
    for name, value in NO_CASE.items():
        empty[name] = value
    if m.cases[:1] != empty or m.due[0] != -1:
        broken.append("something was written into the empty case")
    for c, community in enumerate(world.communities):
        rows, cases = len(m.rec) // len(world.communities), (len(m.cases) - 1) // len(world.communities)
        broken += _free_list(
            c,
            "rows",
            free,
            m.rec["case"],
            c * rows,
            rows,
            community["free_head"],
            community["used"],
            community["free_top"],
        )
        broken += _free_list(
            c,
            "cases",
            idle,
            m.cases["next"],
            1 + c * cases,
            cases,
            community["case_head"],
            community["case_used"],
            community["case_top"],
        )
    return broken


def _free_list(
    c: int, what: str, free, link, first: int, n: int, head: int, used: int, count: int
) -> list[str]:
    listed = list(range(int(first + used), first + n))
    while head >= 0 and len(listed) <= n:
        listed.append(int(head))
        head = link[head]
    here = np.flatnonzero(free[first : first + n]) + first
    sound = sorted(listed) == here.tolist() and count == len(listed)
    return [] if sound else [f"community {c}: the free list is not the set of free {what}"]


def _walk(world: World, head: int, tail: int) -> tuple[list[int], bool]:
    """Rows of the matters in a queue of cases, and whether the list is sound."""
    cases, rec = world.matters.cases, table(world)
    rows: list[int] = []
    sound, before = True, -1
    while head >= 0 and len(rows) <= len(cases):
        sound &= bool(cases["prev"][head] == before)
        row = int(cases["row"][head])
        if before >= 0:
            sound &= bool((rec["vday"][rows[-1]], rec["key"][rows[-1]]) < (rec["vday"][row], rec["key"][row]))
        rows.append(row)
        before, head = head, cases["next"][head]
    return rows, sound and before == tail and len(rows) <= len(cases)


def _queues(world) -> list[str]:
    rec, broken, seen = table(world), [], []
    pools = world.kinds["pool"].astype(int)
    for g, grid in enumerate(world.grids):
        for pool in range(2):
            rows, sound = _walk(world, int(grid["head"][pool]), int(grid["tail"][pool]))
            seen += rows
            at_home = all(
                rec["place"][r] == vocabulary.LEVEL1_QUEUE
                and pools[rec["kind"][r]] == pool
                and world.buildings["grid"][rec["building"][r]] == g
                for r in rows
            )
            if not (sound and at_home):
                broken.append(f"grid {g}, pool {pool}: the queue is not a sound list of its own matters")
    for c, community in enumerate(world.communities):
        rows, sound = _walk(world, int(community["head2"]), int(community["tail2"]))
        seen += rows
        if not sound or any(rec["place"][r] != vocabulary.LEVEL2_QUEUE for r in rows):
            broken.append(f"community {c}: the level-2 queue is not a sound list")
        if community["backlog"][2] != len(rows):
            broken.append(f"community {c}: level-2 backlog {community['backlog'][2]} != {len(rows)} cases")
        broken += _backlog(world, c)
    waiting = np.flatnonzero(np.isin(rec["place"], [vocabulary.LEVEL1_QUEUE, vocabulary.LEVEL2_QUEUE]))
    if sorted(seen) != sorted(waiting):
        broken.append("a waiting matter is in no queue, or in two")
    return broken


def _backlog(world, c: int) -> list[str]:
    rec = table(world)
    here = (world.buildings["community"][rec["building"]] == c) & (rec["place"] == vocabulary.LEVEL1_QUEUE)
    pool = world.kinds["pool"].astype(int)[rec["kind"]]
    broken = []
    for p in range(2):
        hours = float(rec["work"][here & (pool == p)].astype("f8").sum())
        if hours != world.communities["backlog"][c][p]:
            broken.append(
                f"community {c}, pool {p}: backlog {world.communities['backlog'][c][p]} h != {hours} h queued"
            )
    return broken


def _bounds(world) -> list[str]:
    broken = []
    t = world.tally[0]
    for pool in ("committee", "property", "level2"):
        if t[f"hours_{pool}"] > t[f"avail_{pool}"]:
            broken.append(f"{pool}: {t[f'hours_{pool}']} h used of {t[f'avail_{pool}']} h")
    severity = world.matters.rec["severity"][world.matters.rec["stage"] != vocabulary.FREE]
    if len(severity) and not (severity.min() >= 0 and severity.max() <= 1):
        broken.append("severity leaves 0-1")
    skill = world.buildings["selfhelp"]
    if not (skill.min() >= 0 and skill.max() <= 1):
        broken.append("self-help skill leaves 0-1")
    return broken
