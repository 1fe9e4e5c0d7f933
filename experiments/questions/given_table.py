"""Any table of inputs and outputs as a sample for sensitivity analysis: a CSV and a description of its
columns.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.analysis.sensitivity import Sample
from experiments.designs.factors import CATEGORICAL, Factor
from experiments.store.csv_file import unescaped
from sim.config.errors import UserError
from sim.config.numbers import read_number
from sim.config.text_file import read_text

ROW = "row"
MOST_BYTES = 500_000_000


def parse_inputs(words: str) -> tuple[Factor, ...]:
    """'x1=-3.14:3.14,x2=0:1,how=open|sortition' as factors; a range is low:high, choices are set apart by
    |.
    """
    found = []
    for part in filter(None, (p.strip() for p in words.split(","))):
        name, equals, span = part.partition("=")
        low, colon, high = span.partition(":")
        if "|" in span:
            choices = tuple(word.strip() for word in span.split("|"))
            if len(set(choices)) < len(choices) or "" in choices:
                raise UserError("sensitivity.choice_twice", word=part)
            found.append(Factor(name.strip(), kind=CATEGORICAL, choices=choices, default=choices[0]))
            continue
        ends = [_number(word) for word in (low, high)]
        if not (equals and colon and name.strip()) or not np.isfinite(ends).all() or not ends[0] < ends[1]:
            raise UserError("sensitivity.bad_input", word=part)
        found.append(Factor(name.strip(), low=ends[0], high=ends[1], default=ends[0]))
    return tuple(found)


def once(inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Refuse a name that is asked for twice, within --inputs, within --outputs or in both."""
    seen: dict[str, str] = {}
    for option, names in (("--inputs", inputs), ("--outputs", outputs)):
        for name in names:
            if name in seen:
                key = "sensitivity.asked_twice" if seen[name] == option else "sensitivity.asked_in_both"
                raise UserError(key, name=name, first=seen[name], second=option)
            seen[name] = option


def _number(word: str) -> float:
    """A number as the project reads them; NaN for anything else."""
    found = read_number(word.strip())
    return math.nan if found is None else float(found)


def read(path: Path) -> dict[str, list[str]]:
    """A CSV's columns as words: UTF-8, UTF-16 (Excel's "Unicode text") or GB18030; commas, tabs or
    semicolons part the cells.
    """
    words = read_text(path, MOST_BYTES)
    if "\0" in words:
        raise UserError("sensitivity.no_text", path=path)
    first = words.partition("\n")[0]
    parted = max(",\t;", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(words, newline=""), delimiter=parted))
    except csv.Error as error:
        raise UserError("sensitivity.no_table", path=path, why=error) from None
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise UserError("sensitivity.no_rows", path=path)
    bad = [i for i, row in enumerate(rows) if len(row) != len(rows[0])]
    if bad:
        raise UserError("sensitivity.ragged", path=path, line=bad[0] + 1)
    found: dict[str, int] = {}
    for j, name in enumerate(unescaped(word.strip()) for word in rows[0]):
        if name and name in found:
            raise UserError(
                "sensitivity.named_twice", path=path, name=name, first=found[name] + 1, second=j + 1
            )
        found[name] = j
    return {name: [unescaped(row[j]) for row in rows[1:]] for name, j in found.items()}


def sample(
    path: Path,
    factors: Sequence[Factor],
    outputs: Sequence[str],
    shared: bool = False,
    deterministic: bool = False,
) -> Sample:
    """The table as a Sample. A column ``row`` puts rows in order and makes equal ones replicates; without it
    the file's order counts.

    A column that is missing, a word where a number belongs and an input out of its range are errors that name
    the line.
    """
    once([f.name for f in factors], outputs)
    columns = read(path)
    for name in (*(f.name for f in factors), *outputs):
        if name not in columns:
            raise UserError("sensitivity.no_column", path=path, name=name, known=", ".join(columns))
    unit = np.column_stack([_encoded(path, f, columns[f.name]) for f in factors])
    values = np.column_stack([_numbers(path, name, columns[name]) for name in outputs])
    row = _numbers(path, ROW, columns[ROW]) if ROW in columns else np.arange(len(values))
    order = np.argsort(row, kind="stable")
    rows, counts = np.unique(row, return_counts=True)
    if len(set(counts.tolist())) > 1:
        raise UserError(
            "sensitivity.uneven", path=path, row=f"{rows[counts != counts[0]][0]:g}", first=int(counts[0])
        )
    unit, values = (
        unit[order].reshape(len(rows), -1, len(factors)),
        values[order].reshape(len(rows), -1, len(outputs)),
    )
    if np.ptp(unit, axis=1).max() > 1e-9:
        raise UserError(
            "sensitivity.row_twice", path=path, row=f"{rows[np.ptp(unit, axis=1).max(axis=1).argmax()]:g}"
        )
    return Sample(
        tuple(factors),
        unit[:, 0],
        tuple(outputs),
        values,
        shared,
        not (deterministic and values.shape[1] == 1),
    )


def _numbers(path: Path, name: str, words: Sequence[str]) -> np.ndarray:
    found = np.array([_number(word) for word in words])
    for i in np.flatnonzero(np.isnan(found)).tolist():
        if words[i].strip().lower().lstrip("+-") not in ("", "nan", "na"):
            raise UserError("sensitivity.no_number", path=path, line=i + 2, name=name, word=words[i])
    return found


def _encoded(path: Path, factor: Factor, words: Sequence[str]) -> np.ndarray:
    """Coordinates in [0, 1] of a column's values."""
    if factor.kind == CATEGORICAL:
        known = {str(c): factor.encode(c) for c in factor.choices}
        wrong = [i for i, word in enumerate(words) if word not in known]
        if wrong:
            raise UserError(
                "sensitivity.out_of_range",
                path=path,
                line=wrong[0] + 2,
                name=factor.name,
                value=words[wrong[0]],
                span="|".join(known),
            )
        return np.array([known[word] for word in words])
    found = np.array(
        [factor.encode(v) if np.isfinite(v) else np.nan for v in _numbers(path, factor.name, words)]
    )
    outside = np.flatnonzero((found < -1e-9) | (found > 1 + 1e-9))
    if len(outside):
        i = int(outside[0])
        raise UserError(
            "sensitivity.out_of_range",
            path=path,
            line=i + 2,
            name=factor.name,
            value=words[i],
            span=f"{factor.low:g}:{factor.high:g}",
        )
    return found
