"""Slides of an input: the groups of rows that analyses of a given sample condition on.

An input with few values, and every categorical one, has a slide for each value: no index then depends on how
values are named or ordered. Any other has slides of equal count; what stands exactly between two belongs to
both, so that a flipped input has the same slides.
"""

from __future__ import annotations

import numpy as np

from experiments.designs.factors import CATEGORICAL, Factor

FEW = 10  # values up to which an input counts as discrete
SAME = 1e-9  # coordinates closer than this are one value


def coordinates(column: np.ndarray, factor: Factor | None) -> np.ndarray:
    """The column as what it stands for: coordinates of one value of a discrete factor are one number, the
    middle of its slice.
    """
    if factor is None or not factor.count:
        return column
    return (np.minimum((column * factor.count).astype(int), factor.count - 1) + 0.5) / factor.count


def levels(column: np.ndarray, factor: Factor | None = None) -> np.ndarray | None:
    """(rows,) number of each row's value where the input is discrete, else None."""
    values, place = np.unique(
        np.round(coordinates(column, factor) / SAME).astype(np.int64), return_inverse=True
    )
    named = factor is not None and factor.kind == CATEGORICAL
    return place.ravel() if named or len(values) <= FEW else None


def slides(column: np.ndarray, count: int, factor: Factor | None = None) -> np.ndarray:
    """(rows, slides) which rows belong to which slide: one a value, or ``count`` of equal size; none is
    empty.
    """
    place = levels(column, factor)
    if place is not None:
        return place[:, None] == np.arange(place.max() + 1)
    position = _midrank(coordinates(column, factor)) * count / len(column)
    start = np.arange(count)
    inside = (position[:, None] >= start - SAME) & (position[:, None] <= start + 1 + SAME)
    return inside[:, inside.any(axis=0)]


def _midrank(column: np.ndarray) -> np.ndarray:
    """(rows,) places from .5 to rows - .5; equal values have the mean of theirs."""
    _, place, size = np.unique(
        np.round(column / SAME).astype(np.int64), return_inverse=True, return_counts=True
    )
    return (np.cumsum(size) - size / 2.0)[place.ravel()]
