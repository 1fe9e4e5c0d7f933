"""A year under one policy with chosen settings, and measures of it over paired seeds.

2,000 residents unless said otherwise. ``pairs`` are differences over paired seeds; a claim about sign
wants all of them, or the exact sign test where named. What a weight imposes is tested as imposed.
"""

from __future__ import annotations

import numpy as np
from sandbox import run, total

SEEDS = range(1, 7)
TIGHT = {"committee_share": 0.05, "property_share": 0.08}


def of(policy, days=365, seed=1, values=None, residents=None, also=(), **settings):
    """An engine, marked on day 0, after a year under one policy with these settings."""
    engine = run([{"policy": policy, **settings}, *also], 0, seed, values, residents).mark()
    return engine.advance(days)


def pairs(what, more, less, seeds=SEEDS):
    """Differences of a measure between two recipes for an engine, one per seed."""
    return np.array([what(more(s)) - what(less(s)) for s in seeds])


def tally(name):
    """A measure: growth of a tally since day 0."""
    return lambda e: total(e, name)


SEATED = {"base": 2.0, "spread": 0.0, "stand": -2.0, "conflict": 0.0}
