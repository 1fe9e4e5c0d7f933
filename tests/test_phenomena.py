"""Six phenomena: there with the sign stated beforehand, and gone with the mechanism off.

4,000 residents, 8 paired seeds, a year of burn-in. Differences asked for are several standard errors
of the paired means. What did not come as the brief expected is said in the docstrings, and not forced.
"""
from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from sim.engine import Engine
from sim.scenario import Scenario

PLACE = Scenario.load("hongshan_road").scaled(4000)
SEEDS = range(1, 9)
TIGHT = (("committee_share", 0.05), ("property_share", 0.08), ("level2_cases", 2.0))
SLACK = (("committee_share", 0.2), ("property_share", 0.3), ("level2_cases", 8.0))


@lru_cache(maxsize=None)
def outcomes(values: tuple = (), policy: tuple = (), days: int = 365) -> dict[str, np.ndarray]:
    """Outcomes by seed; ``first_claims`` are claims less co-claims and re-claims, per 1,000 and year."""
    place, found = PLACE.with_parameters(dict(values), check=False) if values else PLACE, []
    for seed in SEEDS:
        past = Engine(place, (), seed, seed).advance(365).mark().snapshot()
        engine = Engine.branch(past, [dict(policy)] if policy else []).advance(days)
        r = engine.readings()
        found.append(engine.outcomes() | {"first_claims": r.per_year("claims") - r.per_year("coclaims") - r.per_year("reclaims")})
    return {name: np.array([f[name] for f in found]) for name in found[0]}


def clearly_more(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a exceeds b by more than three standard errors of the paired difference."""
    d = a - b
    return bool(d.mean() > 3 * d.std(ddof=1) / np.sqrt(len(d)) and d.mean() > 0)


def test_capacity_knee():
    """Waits stay flat while hours suffice and leap where they do not: the last step of load costs far more than the first."""
    waits = [outcomes((("committee_share", share),))["contact_days_p90"].mean() for share in (0.2, 0.12, 0.08, 0.06)]
    loads = [outcomes((("committee_share", share),))["workload_committee"].mean() for share in (0.2, 0.12, 0.08, 0.06)]
    assert loads == sorted(loads) and loads[1] < 0.8 and loads[3] > 1.0
    assert waits[3] - waits[2] > 10 * (waits[1] - waits[0]) and waits[1] < 2 * waits[0]


def test_induced_demand():
    """Better service brings more first claims; half of it or more is learned efficacy, and gone without learning.

    All claims together *fall* with service here: what was not fixed and is claimed again outweighs it.
    """
    slow, fast = outcomes((("kpi", 0.0), *TIGHT), days=730), outcomes((("kpi", 0.0), *SLACK), days=730)
    assert clearly_more(fast["first_claims"], slow["first_claims"]) and clearly_more(slow["demand_rate"], fast["demand_rate"])
    off = (("efficacy_learning", 0.0), ("kpi", 0.0))
    without = outcomes((*off, *SLACK), days=730)["first_claims"] - outcomes((*off, *TIGHT), days=730)["first_claims"]
    assert clearly_more(fast["first_claims"] - slow["first_claims"], without)


def test_formalism_gap_under_targets():
    """Reported outruns audited resolution with targets under overload; without targets, or without paper, only eased cases are left."""
    tight = ("committee_share", 0.06)
    pressed, free = outcomes((tight, ("kpi", 0.8)))["formalism_gap"], outcomes((tight, ("kpi", 0.0)))["formalism_gap"]
    no_paper = outcomes((tight, ("kpi", 0.8), ("paper_rate", 0.0)))["formalism_gap"]
    assert clearly_more(pressed, free + 20) and no_paper.mean() < 10 and free.mean() < 10


@pytest.mark.parametrize("values, swamped", [((), True), (SLACK, False)], ids=["tight", "slack"])
def test_swamping_by_the_platform(values, swamped):
    """The platform lengthens waits where hours are scarce and not where they are ample; without its sensors it does neither.

    It is what sensors find that swamps: claims made cheap by the app are merged and triaged away.
    """
    before, after = outcomes(values)["contact_days_p90"], outcomes(values, (("policy", "smart_platform"),))["contact_days_p90"]
    assert clearly_more(after, before + 1.0) == swamped
    blind = outcomes(values, (("policy", "smart_platform"), ("sensors", 0.0)))["contact_days_p90"]
    assert not clearly_more(blind, before + 1.0)


def test_council_capture():
    """An open council is run by the vocal; drawn by lot, it speaks as residents do.

    What it buys is no nearer to need when drawn by lot (`council_capture` .56 against .54 at 12,000
    residents): those present back their own building either way. The brief expected less; it did not come.
    """
    doors, lot = outcomes((), (("policy", "resident_council"),)), outcomes((), (("policy", "resident_council"), ("selection", "sortition")))
    assert doors["council_voice_gap"].min() > 0.4 and abs(lot["council_voice_gap"].mean()) < 0.15
    calm = outcomes((), (("policy", "resident_council"), ("voice", 0.0), ("elderly", 0.0), ("owner", 0.0), ("belonging", 0.0)))
    assert clearly_more(doors["council_voice_gap"], calm["council_voice_gap"] + 0.3)  # it is the vocal who come, and nothing else


def test_complaint_tail():
    """The top 11% of buildings make .35-.60 of claims; with buildings alike in frailty they make little more than their share."""
    tail, alike = outcomes()["complaint_tail"], outcomes((("frailty_shape", 50.0),))["complaint_tail"]
    assert 0.35 < tail.mean() < 0.60 and alike.mean() < 0.25
