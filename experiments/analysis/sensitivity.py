"""Sensitivity analysis of any table of inputs and outputs, with the guards that its libraries lack.

One NaN, a shuffled row, a lone seed, an unseeded bootstrap: each gives wrong indices without a word
elsewhere, and an error or a stated seed here. Reads results only; knows nothing of the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module

import numpy as np

from experiments.analysis.paired import in_unit
from experiments.analysis.sensitivity_base import (
    IN_UNITS,
    LEAST,
    MAIN,
    Findings,
    Index,
    Sample,
    SensitivityError,
)
from experiments.analysis.sensitivity_slides import levels
from experiments.designs.factors import Factor, group_names

HOMES = {
    "ofat": "sensitivity_screen",
    "morris": "sensitivity_screen",
    "profile": "sensitivity_screen",
    "sobol": "sensitivity_sobol",
    "efast": "sensitivity_spectrum",
    "rbd_fast": "sensitivity_spectrum",
    "delta": "sensitivity_given",
    "pawn": "sensitivity_given",
    "hdmr": "sensitivity_given",
}
# correlation of two inputs above which neither's own share is known, or 4.5 standard errors of it in few rows
RELATED = 0.3
GIVEN = ("rbd_fast", "delta", "pawn", "hdmr")  # what reads any sample, if only its inputs are independent


def analyse(sample: Sample, analyses: Sequence[str], settings: Mapping | None = None) -> Findings:
    """Run each analysis over all outcomes of a sample, after the guards; SensitivityError where a table
    cannot be analysed so.

    Outcomes are analysed in a unit of their own, so that no index depends on whether they count in billions.
    """
    guard(sample)
    chosen = dict(settings or {})
    for name in analyses:
        suits(sample, name, chosen)
    scaled, unit = in_unit(sample.values.reshape(-1, len(sample.outcomes)))
    bare = replace(sample, values=scaled.reshape(sample.values.shape))
    found = Findings()
    for name in analyses:
        module = import_module(f"experiments.analysis.{HOMES[name]}")
        found.add(
            _in_own_units(getattr(module, name)(bare, chosen), dict(zip(sample.outcomes, unit.tolist())))
        )
    return found


def _in_own_units(found: Findings, unit: Mapping[str, float]) -> Findings:
    """What has the outcome's unit, given back in it."""

    def index(i: Index) -> Index:
        u = unit[i.outcome]
        return (
            replace(i, value=i.value * u, half_width=i.half_width * u, raw=i.raw * u)
            if i.index in IN_UNITS
            else i
        )

    return Findings(
        [index(i) for i in found.indices],
        [
            replace(v, floor=v.floor * unit[v.outcome]) if MAIN[v.analysis] in IN_UNITS else v
            for v in found.verdicts
        ],
        [
            replace(t, value=t.value * unit[t.outcome]) if MAIN[t.analysis] in IN_UNITS else t
            for t in found.traces
        ],
    )


def least_rows(analysis: str, factors: Sequence[Factor], settings: Mapping) -> int:
    """The fewest rows of which an analysis says anything; below it chance alone gives indices near 1."""
    groups = len(group_names(factors))
    block = {
        "morris": groups + 1,
        "sobol": (2 if settings.get("second_order") else 1) * groups + 2,
        "efast": len(factors),
    }
    return LEAST[analysis] * block.get(analysis, 1)


def suits(sample: Sample, analysis: str, settings: Mapping) -> None:
    """Refuse a table that has too few rows for an analysis, or inputs that it cannot read."""
    least = least_rows(analysis, sample.factors, settings)
    if len(sample.unit) < least:
        raise SensitivityError("sensitivity.too_few", analysis=analysis, rows=len(sample.unit), least=least)
    if analysis in GIVEN and len(sample.factors) > 1:
        _independent(sample, analysis)
    if analysis == "hdmr":  # its splines have seven terms; on fewer values they give any number at all
        few = [f.name for j, f in enumerate(sample.factors) if levels(sample.unit[:, j], f) is not None]
        if few:
            raise SensitivityError("sensitivity.few_values", analysis=analysis, name=few[0])


def _independent(sample: Sample, analysis: str) -> None:
    """Refuse inputs that move together or one at a time: what one of them does is then not to be told from
    such rows.
    """
    rows = len(sample.unit)
    order = [
        f for f in range(len(sample.factors)) if len(sample.factors[f].choices) < 3
    ]  # those with an order at all
    if len(order) > 1:
        related = np.abs(np.corrcoef(sample.unit[:, order], rowvar=False)) - np.eye(len(order))
        j, k = np.unravel_index(related.argmax(), related.shape)
        if related[j, k] > max(RELATED, 4.5 / np.sqrt(rows)):
            raise SensitivityError(
                "sensitivity.related",
                analysis=analysis,
                first=sample.factors[order[j]].name,
                second=sample.factors[order[k]].name,
                correlation=f"{related[j, k]:.2f}",
            )
    usual = np.array(
        [
            values[counts.argmax()]
            for values, counts in (np.unique(column, return_counts=True) for column in sample.unit.T)
        ]
    )
    if ((np.abs(sample.unit - usual) > 1e-9).sum(axis=1) <= 1).all():
        raise SensitivityError("sensitivity.one_at_a_time", analysis=analysis)


def guard(sample: Sample) -> None:
    """Refuse what would give indices that look right and are wrong."""
    bad = ~np.isfinite(sample.values)
    if bad.any():
        row, _, column = np.argwhere(bad)[0]
        raise SensitivityError(
            "sensitivity.nan",
            count=int(bad.any(axis=(1, 2)).sum()),
            outcome=sample.outcomes[column],
            row=int(row),
        )
    if not np.isfinite(sample.unit).all():
        raise SensitivityError("sensitivity.nan_input", row=int(np.argwhere(~np.isfinite(sample.unit))[0][0]))
    if sample.noisy and sample.replicates < 2:
        raise SensitivityError("sensitivity.one_seed")
    still = np.flatnonzero(np.ptp(sample.unit, axis=0) == 0) if len(sample.unit) > 1 else []
    if len(still):
        raise SensitivityError("sensitivity.constant_input", name=sample.factors[still[0]].name)
