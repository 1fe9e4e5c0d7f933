"""Participation: how many, how unequally, and through what."""

from __future__ import annotations

import numpy as np

from sim.metrics.base import metric
from sim.metrics.readings import FIELD, ratio


@metric("share", "high")
def participation_share(r):
    """Residents who acted at least once (claim, talk, council) in the window's last full year / residents."""
    return ratio(float((r.acts > 0).sum()), float(len(r.acts)))


@metric("share", "low")
def acts_top_tenth(r):
    """Share of all acts done by the most active tenth of residents."""
    acts = np.sort(r.acts)[::-1].astype(float)
    return ratio(float(acts[: max(1, len(acts) // 10)].sum()), float(acts.sum()))


@metric("share", "")
def app_share(r):
    """Claims by app or chat / all claims."""
    return ratio(r.delta("web_claims"), r.delta("claims"))


@metric("share", "")
def adoption_share(r):
    """Residents enrolled in the app at the window's end."""
    return float(r.world.series[r.end][FIELD["adopters"]])


@metric("per community and year", "")
def council_meetings(r):
    """Council meetings held (quorum or not) per community and year."""
    return ratio(365.0 * r.delta("council_meetings"), r.days * r.size.communities)


@metric("share", "")
def council_attendance(r):
    """Attendances / residents invited."""
    return ratio(r.delta("council_attended"), r.delta("council_invited"))


@metric("share", "low")
def council_capture(r):
    """How far projects miss need:
    1 - problems prevented by those chosen / by the best choice of as many; NaN without projects.
    """
    return ratio(r.delta("council_capture"), r.delta("council_capture_n"))


@metric("sd of voice", "low")
def council_voice_gap(r):
    """Mean voice of those who attended minus the residents' mean; NaN without meetings."""
    return (
        r.delta("council_voice_gap") / r.delta("council_attended")
        if r.delta("council_attended") > 0
        else float("nan")
    )


@metric("per community and year", "")
def root_fixes(r):
    """Root fixes bought, by whomever chosen."""
    return ratio(365.0 * r.delta("root_fixes"), r.days * r.size.communities)
