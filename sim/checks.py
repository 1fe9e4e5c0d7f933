"""Laws of the world that no day may break; run by tests, and by anyone who doubts."""
from __future__ import annotations

import numpy as np

from sim import codes


def laws_broken(world) -> list[str]:
    """Every law that the world breaks now, in words; empty where all hold."""
    broken = []
    rec, tally = world.matters.rec, world.tally[0]
    live = rec["stage"] != codes.FREE
    created, ended = tally["created"], tally["fixed"] + tally["faded"] + tally["settled"]
    if created != tally["open"] + ended:
        broken.append(f"conservation: created {created} != open {tally['open']} + ended {ended}")
    if live.sum() != tally["open"]:
        broken.append(f"open conditions: {live.sum()} rows, {tally['open']} counted")
    if (rec["first_claim"][live] < 0).sum() != tally["unvoiced"]:
        broken.append("unvoiced conditions: rows and count differ")
    if (rec["stage"] == codes.DISPUTE).sum() != tally["in_dispute"]:
        broken.append("disputes: rows and count differ")
    if (live & ((rec["record"] == codes.OPEN) != (rec["place"] != codes.NOWHERE))).any():
        broken.append("a record is open exactly where a matter waits or is worked on")
    voiceless = np.isin(rec["stage"], [codes.LATENT, codes.NAMED, codes.LUMPED, codes.COURT])
    if (voiceless & (rec["record"] == codes.OPEN)).any():
        broken.append("a latent, named, lumped or litigated matter has an open record")
    if (tally["illegal"], tally["lost"]) != (0, 0):
        broken.append(f"illegal steps {tally['illegal']}, lost conditions {tally['lost']}")
    records = tally["records_opened"] - tally["records_closed"]
    if records != (live & (rec["record"] == codes.OPEN)).sum():
        broken.append("open records: rows and count differ")
    return broken + _free_rows(world) + _queues(world) + _bounds(world)


def _free_rows(world) -> list[str]:
    communities, m = world.communities, world.matters
    capacity = len(m.rec) // len(communities)
    broken = []
    for c, community in enumerate(communities):
        free = m.free[c * capacity: c * capacity + community["free_top"]]
        idle = np.flatnonzero(m.rec["stage"][c * capacity: (c + 1) * capacity] == codes.FREE) + c * capacity
        if sorted(free) != sorted(idle):
            broken.append(f"community {c}: the free list is not the set of free rows")
    return broken


def _walk(rec, head: int, tail: int) -> tuple[list[int], bool]:
    rows, sound, before = [], True, -1
    while head >= 0 and len(rows) <= len(rec):
        sound &= bool(rec["prev"][head] == before)
        if before >= 0:
            earlier = (rec["vday"][before], rec["key"][before]) < (rec["vday"][head], rec["key"][head])
            sound &= bool(earlier)
        rows.append(int(head))
        before, head = head, rec["next"][head]
    return rows, sound and before == tail and len(rows) <= len(rec)


def _queues(world) -> list[str]:
    rec, broken, seen = world.matters.rec, [], []
    pools = world.kinds["pool"].astype(int)
    for g, grid in enumerate(world.grids):
        for pool in range(2):
            rows, sound = _walk(rec, int(grid["head"][pool]), int(grid["tail"][pool]))
            seen += rows
            at_home = all(rec["place"][r] == codes.LEVEL1_QUEUE and pools[rec["kind"][r]] == pool
                          and world.buildings["grid"][rec["building"][r]] == g for r in rows)
            if not (sound and at_home):
                broken.append(f"grid {g}, pool {pool}: the queue is not a sound list of its own matters")
    for c, community in enumerate(world.communities):
        rows, sound = _walk(rec, int(community["head2"]), int(community["tail2"]))
        seen += rows
        if not sound or any(rec["place"][r] != codes.LEVEL2_QUEUE for r in rows):
            broken.append(f"community {c}: the level-2 queue is not a sound list")
        if community["backlog"][2] != len(rows):
            broken.append(f"community {c}: level-2 backlog {community['backlog'][2]} != {len(rows)} cases")
        broken += _backlog(world, c)
    waiting = np.flatnonzero(np.isin(rec["place"], [codes.LEVEL1_QUEUE, codes.LEVEL2_QUEUE]))
    if sorted(seen) != sorted(waiting):
        broken.append("a waiting matter is in no queue, or in two")
    return broken


def _backlog(world, c: int) -> list[str]:
    rec = world.matters.rec
    here = (world.buildings["community"][rec["building"]] == c) & (rec["place"] == codes.LEVEL1_QUEUE)
    pool = world.kinds["pool"].astype(int)[rec["kind"]]
    broken = []
    for p in range(2):
        hours = float(rec["work"][here & (pool == p)].astype("f8").sum())
        if hours != world.communities["backlog"][c][p]:
            broken.append(f"community {c}, pool {p}: backlog {world.communities['backlog'][c][p]} h != {hours} h queued")
    return broken


def _bounds(world) -> list[str]:
    broken = []
    for name in ("satisfaction", "expectation", "trust", "belonging"):
        column = getattr(world.residents, name)
        if not (np.isfinite(column).all() and column.min() >= 0 and column.max() <= 1):
            broken.append(f"{name} leaves 0-1")
    t = world.tally[0]
    for pool in ("committee", "property", "level2"):
        if t[f"hours_{pool}"] > t[f"avail_{pool}"]:
            broken.append(f"{pool}: {t[f'hours_{pool}']} h used of {t[f'avail_{pool}']} h")
    severity = world.matters.rec["severity"][world.matters.rec["stage"] != codes.FREE]
    if len(severity) and not (severity.min() >= 0 and severity.max() <= 1):
        broken.append("severity leaves 0-1")
    skill = world.buildings["selfhelp"]
    if not (skill.min() >= 0 and skill.max() <= 1):
        broken.append("self-help skill leaves 0-1")
    return broken
