"""All arms at once, by resampling seeds jointly: simultaneous intervals, who is best, who is on the front.

Arms share seeds and the baseline, so they move together: Dunnett's test (scipy's too) assumes
independent arms and is wrong here. A resample of whole seeds keeps what the arms have in common.
NumPy only; arrays have shape (seeds, arms, outcomes). The generator's seed is fixed (see paired.py).
"""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments.analysis.paired import LEAST_PAIRS, RESAMPLES, SEED

BLOCK = 2_000_000  # values of a resampled block that are held at once (16 MB)


def resample(n: int, resamples: int = RESAMPLES) -> np.ndarray:
    """(resamples, n) weights of seeds drawn with replacement; rows sum to 1."""
    return np.random.default_rng(SEED).multinomial(n, np.full(n, 1.0 / n), size=resamples) / n


def simultaneous(differences: np.ndarray, level: float = 0.95, resamples: int = RESAMPLES) -> tuple[np.ndarray, np.ndarray]:
    """Intervals (arms, outcomes) that hold for all arms of an outcome together with probability ``level``.

    ``differences``: arm - baseline per seed, without the baseline. Single-step studentised max-|t|
    bootstrap (Westfall and Young 1993; Romano and Wolf 2005): difference +- c * se, c the ``level``
    quantile over resamples of the largest |mean* - mean| / se* over arms. An arm whose difference is
    the same in every seed is known exactly and takes no part. NaN below three complete seeds, or
    where so many seeds agree that more than 1 - level of the resamples have no spread.
    """
    low, high = np.full((2, *differences.shape[1:]), np.nan)
    for seeds, arms, outcomes in _complete(differences):
        block = differences[np.ix_(seeds, arms, outcomes)]
        mean, n = block.mean(axis=0), len(seeds)
        deviations = block - mean
        error = np.sqrt((deviations**2).sum(axis=0) / (n - 1) / n)
        random = np.ptp(block, axis=0) > 0
        width = _largest_t(deviations, error, random, level, resamples)
        with np.errstate(invalid="ignore"):
            ends = np.where(random, width * error, 0.0)
        low[np.ix_(arms, outcomes)], high[np.ix_(arms, outcomes)] = mean - ends, mean + ends
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)


def _largest_t(deviations: np.ndarray, error: np.ndarray, random: np.ndarray, level: float, resamples: int) -> np.ndarray:
    """Per outcome the ``level`` quantile of the largest studentised |mean* - mean| over arms; inf where there is none."""
    n = len(deviations)
    weights = resample(n, resamples)
    out = np.empty(deviations.shape[2])
    for columns in _blocks(deviations, resamples):
        flat = deviations[:, :, columns].reshape(n, -1)
        shift = weights @ flat
        variance = np.maximum(weights @ flat**2 - shift**2, 0.0) / (n - 1)
        known = error[:, columns].reshape(-1)
        bare = variance <= 1e-18 * np.maximum(known, 1e-300) ** 2  # a resample of equal values
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(bare, np.where(np.abs(shift) <= 1e-9 * known, 0.0, np.inf), np.abs(shift) / np.sqrt(variance))
        t[:, ~random[:, columns].reshape(-1)] = 0.0
        largest = np.sort(t.reshape(resamples, deviations.shape[1], -1).max(axis=1), axis=0)
        out[columns] = largest[min(int(np.ceil(level * resamples)), resamples) - 1]
    return out


def best(values: np.ndarray, sign: np.ndarray, resamples: int = RESAMPLES) -> np.ndarray:
    """(arms, outcomes) share of resamples of the seeds in which an arm's mean is the best; equal arms share.

    ``values``: all arms, the baseline among them. ``sign``: +1 where more is better, -1 where less is,
    0 where neither is (NaN). It says how far chance leaves open who is first, not by how much: two
    arms that hardly differ get about 1/2 each.
    """
    out = np.full(values.shape[1:], np.nan)
    for seeds, arms, outcomes in _complete(values):
        outcomes = outcomes[sign[outcomes] != 0]
        if not outcomes.size or arms.size < 2:
            continue
        block = values[np.ix_(seeds, arms, outcomes)] * sign[outcomes]
        size = np.abs(block).max(axis=(0, 1))
        block = block - block.mean(axis=1, keepdims=True)  # what the arms of a seed have in common ranks nobody
        weights = resample(len(seeds), resamples)
        for columns in _blocks(block, resamples):
            means = (weights @ block[:, :, columns].reshape(len(seeds), -1)).reshape(resamples, arms.size, -1)
            tie = 1e-12 * size[columns]
            first = means >= means.max(axis=1, keepdims=True) - tie
            out[np.ix_(arms, outcomes[columns])] = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    return out


def pareto(cost: np.ndarray, harm: np.ndarray, resamples: int = RESAMPLES) -> np.ndarray:
    """(arms,) share of resamples in which no other arm is at least as good on both means and better on one.

    ``cost``, ``harm``: shape (seeds, arms), less is better; the baseline is an arm. NaN for arms without data.
    """
    out = np.full(cost.shape[1], np.nan)
    both = np.stack([cost, harm], axis=2)
    finite = np.isfinite(both).all(axis=2)
    arms = np.flatnonzero(finite.sum(axis=0) >= LEAST_PAIRS)
    seeds = np.flatnonzero(finite[:, arms].all(axis=1))
    if seeds.size < LEAST_PAIRS or arms.size < 2:
        return out
    block = both[np.ix_(seeds, arms)]
    tie = 1e-12 * np.abs(block).max(axis=(0, 1))
    means = np.einsum("rs,sac->rac", resample(seeds.size, resamples), block)
    gain = means[:, :, None, :] - means[:, None, :, :]  # [., i, j]: by how much j is below i
    beaten = ((gain >= -tie).all(axis=3) & (gain > tie).any(axis=3)).any(axis=2)
    out[arms] = 1.0 - beaten.mean(axis=0)
    return out


def _complete(values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(seeds, arms, outcomes) blocks without NaN: arms with at least three values, seeds that all of them have."""
    finite = np.isfinite(values)
    there = finite.sum(axis=0) >= LEAST_PAIRS  # (arms, outcomes)
    whole = (finite | ~there).all(axis=1)  # (seeds, outcomes)
    patterns, of_outcome = np.unique(np.concatenate([there, whole]), axis=1, return_inverse=True)
    for index in range(patterns.shape[1]):
        arms = np.flatnonzero(patterns[: values.shape[1], index])
        seeds = np.flatnonzero(patterns[values.shape[1]:, index])
        if arms.size and seeds.size >= LEAST_PAIRS:
            yield seeds, arms, np.flatnonzero(of_outcome.ravel() == index)


def _blocks(values: np.ndarray, resamples: int) -> Iterator[np.ndarray]:
    """Places of outcomes, so many at once that a resampled block stays small."""
    step = max(1, BLOCK // (resamples * values.shape[1]))
    for start in range(0, values.shape[2], step):
        yield np.arange(start, min(start + step, values.shape[2]))
