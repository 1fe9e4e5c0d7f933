"""The model's fixed vocabularies and their integer codes (used by tables, rules and reports)."""

from __future__ import annotations

import numpy as np


def _codes(*values):
    """Codes as int64 scalars: numba compiles a function once per *literal* int, but once for all int64."""
    return tuple(np.int64(v) for v in values)


KINDS = ("noise", "leak", "parking", "sanitation", "property_service", "facility", "welfare", "safety")
CHANNELS = ("counter", "hotline", "grid_worker", "party_member", "wechat", "app", "council")
POOLS = ("committee", "property")
ESTATES = ("old", "renewal", "commodity")
AGES = ("young", "adult", "elderly")

WELFARE = np.int64(KINDS.index("welfare"))
COUNTER, HOTLINE, GRID_WORKER, PARTY_MEMBER, WECHAT, APP, COUNCIL = _codes(*range(7))
NO_CHANNEL = np.int64(255)
COMMITTEE, PROPERTY, LEVEL2 = _codes(0, 1, 2)  # pools of hours; level 2 counts cases
GRID_POOL = np.int64(2)  # worker rows of grid workers (their hours serve committee matters)

# resident flags (one byte)
ELDERLY, YOUNG, MIGRANT, OWNER, PARTY, ADOPTED, ACTIVE, READY = _codes(1, 2, 4, 8, 16, 32, 64, 128)

# stages: where the owner of a condition stands
STAGES = (
    "free",
    "latent",
    "named",
    "lumped",
    "direct",
    "claimed",
    "dispute",
    "court",
    "exited",
    "cold",
    "fixed",
    "faded",
    "settled",
)
(FREE, LATENT, NAMED, LUMPED, DIRECT, CLAIMED, DISPUTE, COURT, EXITED, COLD, FIXED, FADED, SETTLED) = _codes(
    *range(13)
)

# the record (what the books say) and the place of the work
RECORDS = ("none", "open", "merged", "out_of_scope", "closed", "paper_closed")
NO_RECORD, OPEN, MERGED, OUT_OF_SCOPE, CLOSED, PAPER_CLOSED = _codes(*range(6))
PLACES = ("nowhere", "level1", "level2", "desk")
NOWHERE, LEVEL1_QUEUE, LEVEL2_QUEUE, DESK = _codes(*range(4))

# matter flags
NEEDS_LEVEL2, DETECTED, DISPUTED, CONTACTED, WAS_NAMED, WAS_DIRECT, WENT_COURT, AT_LEVEL2, ASKED, PAST = (
    _codes(1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)
)
AGREED = np.int64(512)  # departments agreed on it at a joint conference: it is not returned

# slots of a matter's clock
SLOT_FADE, SLOT_DECIDE, SLOT_COCLAIM, SLOT_DISPUTE, SLOT_DETECT, SLOT_DUE = _codes(*range(6))
SLOTS = np.int64(6)
TODO, ENDED, SEEN = _codes(7, 8, 9)  # in the counts of the day's lists, after the slots' starts
USED = np.int64(255)  # a candidate that a phase of today has dealt with

# answers to yes-or-no questions between compiled functions
NO, YES = _codes(0, 1)

# Which stage may follow which. DIRECT and CLAIMED-then-out-of-scope are passed through within a day.
_NEXT = {
    FREE: (LATENT,),
    LATENT: (NAMED, CLAIMED, DISPUTE, FADED),
    NAMED: (LUMPED, DIRECT, CLAIMED, DISPUTE, FADED),
    LUMPED: (DIRECT, CLAIMED, DISPUTE, FADED),
    DIRECT: (SETTLED, NAMED),
    CLAIMED: (LUMPED, DISPUTE, FIXED),
    DISPUTE: (SETTLED, FIXED, CLAIMED, COURT, EXITED, COLD),
    COURT: (SETTLED, FIXED),
    EXITED: (NAMED, CLAIMED, FIXED),
    COLD: (NAMED, CLAIMED, FIXED),
    FIXED: (FREE,),
    FADED: (FREE,),
    SETTLED: (FREE,),
}


def legal_table():
    """(13, 13) uint8: 1 where a stage (column) may follow another (row)."""
    table = np.zeros((len(STAGES), len(STAGES)), np.uint8)
    for old, following in _NEXT.items():
        for new in following:
            table[old, new] = 1
    return table
