"""Matters as one table for reading: conditions and their cases side by side."""

from __future__ import annotations

import numpy as np

from sim import vocabulary
from sim.world.tables import CASE, MATTER, World

_CASE, _MATTER = CASE.names or (), MATTER.names or ()
_EVENT = [(name, CASE[name]) for name in _CASE if name not in ("row", "prev", "next")]
LEDGER = np.dtype(
    [("key", "u8"), ("owner", "i8"), *((name, MATTER[name]) for name in _MATTER), *_EVENT, ("due", "i2")]
)


def table(world: World) -> np.ndarray:
    """A copy of every matter row, free ones too, as LEDGER:
    key, owner's row, condition, case, due day (-1 none).

    What has no case shows the empty case: nothing claimed, no record, no heat.
    """
    m = world.matters
    out = np.zeros(len(m.rec), LEDGER)
    for name in _MATTER:
        out[name] = m.rec[name]
    live = m.rec["stage"] != vocabulary.FREE
    case = np.where(live, m.rec["case"], 0)
    for name, _ in _EVENT:
        out[name] = m.cases[name][case]
    out["due"] = m.due[case]
    out["onset"] = np.where(case > 0, out["onset"], m.rec["severity_day"])
    out["heat_day"] = np.where(case > 0, out["heat_day"], m.rec["severity_day"])
    home = (m.rec["building"].astype("u8") << np.uint64(16)) | m.rec["seat"]
    past = (m.rec["flags"] & vocabulary.PAST) > 0
    out["key"] = np.where(
        live, (home << np.uint64(20)) | (past.astype("u8") << np.uint64(19)) | m.rec["number"], 0
    )
    out["owner"] = world.buildings["first"][m.rec["building"]] + m.rec["seat"]
    return out
