"""Simultaneous comparison of all arms, by resampling seeds jointly: intervals, who is best, who is on the
front.

Arms share seeds and the baseline, so they move together: Dunnett's test (scipy's too) assumes
independent arms and is wrong here. A resample of whole seeds keeps what the arms have in common.
NumPy only; arrays have shape (seeds, arms, outcomes). The generator's seed is fixed (see paired.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments.analysis.paired import BLOCK, LEAST_PAIRS, SEED, in_unit, interval

RESAMPLES = 2000


def resample(n: int, resamples: int, width: int) -> Iterator[tuple[slice, np.ndarray]]:
    """(which resamples, (resamples, n) weights of seeds drawn with replacement) in blocks; rows sum to 1.

    A block is so small that neither it nor what it makes of ``width`` columns holds more than ``BLOCK``
    numbers. The draws are the same however large the blocks are.
    """
    generator = np.random.default_rng(SEED)
    step = max(1, BLOCK // max(n, width))
    for start in range(0, resamples, step):
        rows = slice(start, min(start + step, resamples))
        yield rows, generator.multinomial(n, np.full(n, 1.0 / n), size=rows.stop - start) / n


def simultaneous(
    differences: np.ndarray, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """Intervals (arms, outcomes) that hold for all arms of an outcome together with probability ``level``.

    ``differences``: arm - baseline per seed, without the baseline. Single-step studentised max-|t|
    bootstrap (Westfall and Young 1993; Romano and Wolf 2005): difference +- c * se, c the ``level``
    quantile over resamples of the largest |mean* - mean| / se* over arms; at either end never nearer than the
    arm's own interval (paired.py), which knows of skewness. An arm whose difference is
    the same in every seed is known exactly and takes no part. NaN below three complete seeds, or
    where so many seeds agree that more than 1 - level of the resamples have no spread.
    """
    low, high = np.full((2, *differences.shape[1:]), np.nan)
    for seeds, arms, outcomes in _complete(differences):
        block = differences[np.ix_(seeds, arms, outcomes)]
        _, unit = in_unit(block.reshape(-1, len(outcomes)))
        block = block / unit
        mean, n = block.mean(axis=0), len(seeds)
        deviations = block - mean
        error = np.sqrt((deviations**2).sum(axis=0) / (n - 1) / n)
        random = np.ptp(block, axis=0) > 0
        width = _largest_t(deviations, error, random, level, resamples)
        with np.errstate(invalid="ignore"):
            ends = np.where(random, width * error, 0.0)
        own = [end.reshape(mean.shape) for end in interval(block.reshape(n, -1), level)]
        place = np.ix_(arms, outcomes)
        low[place], high[place] = (
            np.minimum(mean - ends, own[0]) * unit,
            np.maximum(mean + ends, own[1]) * unit,
        )
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)


def _largest_t(
    deviations: np.ndarray, error: np.ndarray, random: np.ndarray, level: float, resamples: int
) -> np.ndarray:
    """Per outcome the ``level`` quantile of the largest studentised |mean* - mean| over arms; inf where
    there is none.
    """
    n, arms, outcomes = deviations.shape
    flat, known = deviations.reshape(n, -1), error.reshape(-1)
    squares, still = flat**2, ~random.reshape(-1)
    largest = np.empty((resamples, outcomes))
    for rows, weights in resample(n, resamples, arms * outcomes):
        shift = weights @ flat
        variance = np.maximum(weights @ squares - shift**2, 0.0) / (n - 1)
        bare = variance <= 1e-18 * np.maximum(known, 1e-300) ** 2  # a resample of equal values
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(
                bare, np.where(np.abs(shift) <= 1e-9 * known, 0.0, np.inf), np.abs(shift) / np.sqrt(variance)
            )
        t[:, still] = 0.0
        largest[rows] = t.reshape(-1, arms, outcomes).max(axis=1)
    largest.sort(axis=0)
    return largest[min(int(np.ceil(level * resamples)), resamples) - 1]


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
        block = block - block.mean(
            axis=1, keepdims=True
        )  # what the arms of a seed have in common ranks nobody
        flat, tie, share = block.reshape(len(seeds), -1), 1e-12 * size, np.zeros(block.shape[1:])
        for _, weights in resample(len(seeds), resamples, flat.shape[1]):
            means = (weights @ flat).reshape(-1, *block.shape[1:])
            first = means >= means.max(axis=1, keepdims=True) - tie
            share += (first / first.sum(axis=1, keepdims=True)).sum(axis=0)
        out[np.ix_(arms, outcomes)] = share / resamples
    return out


def pareto(cost: np.ndarray, harm: np.ndarray, resamples: int = RESAMPLES) -> np.ndarray:
    """(arms,) share of resamples in which no other arm is at least as good on both means and better on one.

    ``cost``, ``harm``: shape (seeds, arms), less is better; the baseline is an arm. NaN for arms without
    data.
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
    beaten = np.zeros(arms.size)
    for _, weights in resample(seeds.size, resamples, 2 * arms.size**2):
        means = np.einsum("rs,sac->rac", weights, block)
        gain = means[:, :, None, :] - means[:, None, :, :]  # [., i, j]: by how much j is below i
        beaten += ((gain >= -tie).all(axis=3) & (gain > tie).any(axis=3)).any(axis=2).sum(axis=0)
    out[arms] = 1.0 - beaten / resamples
    return out


def _complete(values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(seeds, arms, outcomes) blocks without NaN: arms with at least three values, seeds that all of them
    have.
    """
    finite = np.isfinite(values)
    there = finite.sum(axis=0) >= LEAST_PAIRS  # (arms, outcomes)
    whole = (finite | ~there).all(axis=1)  # (seeds, outcomes)
    patterns, of_outcome = np.unique(np.concatenate([there, whole]), axis=1, return_inverse=True)
    for index in range(patterns.shape[1]):
        arms = np.flatnonzero(patterns[: values.shape[1], index])
        seeds = np.flatnonzero(patterns[values.shape[1] :, index])
        if arms.size and seeds.size >= LEAST_PAIRS:
            yield seeds, arms, np.flatnonzero(of_outcome.ravel() == index)
