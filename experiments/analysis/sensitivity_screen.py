"""Cheap first looks: one factor at a time, Morris's elementary effects, and the profile of a sweep."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.analysis.sensitivity_base import (
    WIDE,
    Findings,
    Index,
    Sample,
    SensitivityError,
    bootstrap_weights,
    fractions,
    indices,
    judge,
    noise_share,
    reach,
    traces,
)
from experiments.analysis.sensitivity_slides import coordinates, levels
from experiments.designs.factors import CATEGORICAL, Factor, group_names

PROFILE_BINS = 5
STILL = 1e-9  # coordinates closer than this have not moved


def ofat(sample: Sample, settings: Mapping) -> Findings:
    """Swing: highest less lowest mean along a factor's levels, signed by direction; its half-width from the
    replicates.

    Choices have no direction: theirs is never negative. The half-width is that of a difference of two means
    (Student's t, no correction for choosing the extremes); ``raw`` is the outcome at the default, which is
    the first row.
    """
    names, moved = [f.name for f in sample.factors], np.abs(sample.unit - sample.unit[0]) > STILL
    if (moved.sum(axis=1) > 1).any():
        raise SensitivityError("sensitivity.not_ofat", row=int(np.flatnonzero(moved.sum(axis=1) > 1)[0]))
    means, noise = sample.means, sample.variance_of_means()
    value, half = np.zeros((len(names), means.shape[1])), np.zeros((len(names), means.shape[1]))
    for j in range(len(names)):
        rows = np.flatnonzero(moved[:, j] | ~moved.any(axis=1))
        rows = rows[np.argsort(sample.unit[rows, j], kind="stable")]
        top, low = rows[means[rows].argmax(axis=0)], rows[means[rows].argmin(axis=0)]
        columns = np.arange(means.shape[1])
        way = np.where(
            (sample.unit[top, j] >= sample.unit[low, j]) | (sample.factors[j].kind == CATEGORICAL), 1.0, -1.0
        )
        value[j] = way * (means[top, columns] - means[low, columns])
        half[j] = _student(sample) * _sd_of_difference(sample, noise, top, low)
    raw = np.broadcast_to(means[0], value.shape)
    found = Findings(indices(sample, "ofat", "swing", names, value, half, raw))
    scale = np.maximum(np.abs(value).max(axis=0), 1e-300)
    share = noise_share(means.var(axis=0), noise.mean(axis=0), sample.replicates)
    signal = (np.abs(value) > half).any(axis=0)
    found.verdicts = judge(
        sample, "ofat", np.abs(value) / scale, half / scale, np.abs(value) / scale, share, signal
    )
    return found


def _student(sample: Sample) -> float:
    """Student's quantile for a difference of two rows' means: paired over shared seeds, else over both rows'
    own; 0 without chance.
    """
    from scipy.special import stdtrit

    degrees = (1 if sample.shared else 2) * (sample.replicates - 1)
    return float(stdtrit(degrees, 0.975)) if degrees else 0.0


def _sd_of_difference(sample: Sample, noise: np.ndarray, top: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Standard deviation of the mean difference of two rows, per outcome: paired by seed where rows share
    seeds.
    """
    columns = np.arange(len(top))
    if sample.shared and sample.replicates > 1:
        gap = sample.values[top, :, columns] - sample.values[low, :, columns]
        return gap.std(axis=1, ddof=1) / np.sqrt(sample.replicates)
    return np.sqrt(noise[top, columns] + noise[low, columns])


def morris(sample: Sample, settings: Mapping) -> Findings:
    """Elementary effects per unit of a factor's range (Morris 1991; mu* Campolongo 2007): mu, mu*, sigma, and
    what noise does to them.

    ``rms`` is the root mean square of the effects with the noise's part taken off (its square is unbiased);
    sigma's corrected likewise, ``raw`` as SALib has it. A step of a categorical factor is one change of
    choice, however far apart two choices are written; it has no mu. ``floor`` is the mu* that noise alone
    would show on average.
    """
    names = group_names(sample.factors)
    effect, noise, single = _effects(sample, names)  # (trajectories, groups, outcomes)
    many = len(effect)
    absolute, square = np.abs(effect), effect**2 - noise
    weights, far = bootstrap_weights(many), reach(many)
    star, star_half = (
        absolute.mean(axis=0),
        far * np.tensordot(weights, absolute, axes=(1, 0)).std(axis=0, ddof=1),
    )
    found = Findings(indices(sample, "morris", "mu_star", names, star, star_half))
    rms = np.sqrt(np.maximum(square.mean(axis=0), 0.0))
    rms_half = far * np.sqrt(np.maximum(np.tensordot(weights, square, axes=(1, 0)), 0.0)).std(axis=0, ddof=1)
    found.indices += indices(sample, "morris", "rms", names, rms, rms_half, np.sqrt((effect**2).mean(axis=0)))
    if single:
        mean_half = far * np.tensordot(weights, effect, axes=(1, 0)).std(axis=0, ddof=1)
        signed = np.array([f.kind != CATEGORICAL for f in sample.factors])[
            :, None
        ]  # choices have no direction
        found.indices += indices(
            sample,
            "morris",
            "mu",
            names,
            np.where(signed, effect.mean(axis=0), np.nan),
            np.where(signed, mean_half, np.nan),
        )
        raw = effect.std(axis=0, ddof=1)
        found.indices += indices(
            sample, "morris", "sigma", names, np.sqrt(np.maximum(raw**2 - noise.mean(axis=0), 0.0)), None, raw
        )
    # |N(0, v)| has mean sqrt(2 v / pi)
    floor = np.sqrt(2.0 / np.pi * noise.mean(axis=(0, 1)))
    scale = np.maximum(star.max(axis=0), 1e-300)
    means, e = sample.means, sample.variance_of_means().mean(axis=0)
    share = noise_share(means.var(axis=0), e, sample.replicates)
    signal = ((star - star_half > floor).any(axis=0) | (share < 0.5)) & (
        star.max(axis=0) > 0
    )  # else: few trajectories, not chance
    before = absolute[: max(many // 2, 1)].mean(axis=0)
    found.verdicts = judge(
        sample, "morris", star / scale, star_half / scale, before / scale, share, signal, floor=floor
    )
    each = len(names) + 1
    found.traces = traces(
        sample, "morris", names, {t * each: absolute[:t].mean(axis=0) for t in fractions(many, 2)}
    )
    return found


def _effects(sample: Sample, names: list[str]) -> tuple[np.ndarray, np.ndarray, bool]:
    """(effects, variance that noise adds to each, whether all groups are single factors), after checking
    the trajectories.
    """
    each = len(names) + 1
    of_group = np.array([names.index(f.group or f.name) for f in sample.factors])
    if len(sample.unit) % each:
        raise SensitivityError("sensitivity.not_trajectories", row=len(sample.unit) // each * each)
    step = np.diff(sample.unit.reshape(-1, each, sample.unit.shape[1]), axis=1)
    moved = np.abs(step) > STILL
    touched = np.stack([moved[:, :, of_group == g].any(axis=2) for g in range(len(names))], axis=2)
    wrong = (touched.sum(axis=2) != 1).any(axis=1) | ~touched.any(axis=1).all(axis=1)
    if wrong.any():
        raise SensitivityError("sensitivity.not_trajectories", row=int(np.flatnonzero(wrong)[0]) * each)
    group = touched.argmax(axis=2)
    single = len(names) == len(sample.factors)
    named = np.array([f.kind == CATEGORICAL for f in sample.factors])
    step = np.where(named & moved, 1.0, step)
    size = step.sum(axis=2) if single else np.abs(step).max(axis=2)
    values = sample.values.reshape(-1, each, *sample.values.shape[1:])
    change = np.diff(values, axis=1)  # (trajectories, steps, replicates, outcomes)
    effect = change.mean(axis=2) / size[..., None]
    noise = (
        change.var(axis=2, ddof=1) / sample.replicates / size[..., None] ** 2
        if sample.replicates > 1
        else np.zeros(effect.shape)
    )
    order = np.argsort(group, axis=1)[..., None]
    return np.take_along_axis(effect, order, axis=1), np.take_along_axis(noise, order, axis=1), single


def profile(sample: Sample, settings: Mapping) -> Findings:
    """Means of an outcome along each factor, at each value of one with few (at most five, or choices), else
    in five bins.

    ``other`` is the bin's middle. ``swing`` is the largest difference between two bins; the half-width of a
    bin holds rows and seeds together. A row on the edge of two bins is in both.
    """
    found, names = Findings(), [f.name for f in sample.factors]
    means, columns = sample.means, range(len(sample.outcomes))
    swing, widest = np.zeros((len(names), means.shape[1])), np.zeros((len(names), means.shape[1]))
    for j, name in enumerate(names):
        bins = _bins(sample.unit[:, j], sample.factors[j])
        level = np.array([means[rows].mean(axis=0) for rows in bins])
        half = np.array([_half_of_mean(sample.values[rows]) for rows in bins])
        middle = [float(sample.unit[rows, j].mean()) for rows in bins]
        found.indices += [
            Index(
                "profile",
                sample.outcomes[o],
                name,
                "level",
                float(level[b, o]),
                float(half[b, o]),
                other=f"{middle[b]:.6g}",
            )
            for o in columns
            for b in range(len(bins))
        ]
        swing[j], widest[j] = np.ptp(level, axis=0), np.sqrt(2) * half.max(axis=0)
    found.indices += indices(sample, "profile", "swing", names, swing, widest)
    share = noise_share(means.var(axis=0), sample.variance_of_means().mean(axis=0), sample.replicates)
    scale = np.maximum(swing.max(axis=0), 1e-300)
    found.verdicts = judge(
        sample,
        "profile",
        swing / scale,
        widest / scale,
        swing / scale,
        share,
        (swing > widest).any(axis=0),
        room=2 * WIDE,
    )
    return found


def _bins(column: np.ndarray, factor: Factor) -> list[np.ndarray]:
    """Rows of each bin of a factor."""
    place = levels(column, factor)
    if place is not None and (factor.kind == CATEGORICAL or place.max() < PROFILE_BINS):
        return [np.flatnonzero(place == level) for level in range(place.max() + 1)]
    column, edges = coordinates(column, factor), np.linspace(0.0, 1.0, PROFILE_BINS + 1)
    inside = [
        np.flatnonzero((column >= low - STILL) & (column <= high + STILL))
        for low, high in zip(edges, edges[1:])
    ]
    return [rows for rows in inside if len(rows)]


def _half_of_mean(values: np.ndarray) -> np.ndarray:
    """(outcomes,) half-width of the mean of rows (rows, replicates, outcomes), of the replicates where there
    is one row; 0 for one number.
    """
    from scipy.special import stdtrit

    each = values.mean(axis=1) if len(values) > 1 else values[0]
    if len(each) < 2:
        return np.zeros(each.shape[1])
    return stdtrit(len(each) - 1, 0.975) * each.std(axis=0, ddof=1) / np.sqrt(len(each))
