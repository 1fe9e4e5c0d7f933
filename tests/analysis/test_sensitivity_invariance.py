"""Indices that know nothing of the names of choices, of flips and of units."""

from __future__ import annotations

import numpy as np
import pytest
from test_sensitivity import factors, ishigami, noisy, sample

from experiments import designs
from experiments.analysis.sensitivity import Sample, analyse
from experiments.designs.factors import Factor

SPACE = (
    Factor("x0"),
    Factor("x1"),
    Factor("way", kind="categorical", choices=("p", "q", "r"), default="p"),
    Factor("on"),
)


def mixed(rows=400, rare=0.06):
    """A sample of two reals, three choices and a 0/1 column whose 1 is rare; y by all of them but x1."""
    rng = np.random.default_rng(3)
    unit = designs.get("given_sample").rows(factors(4), {"n": rows, "sampler": "lhs"}, 1)
    unit[:, 2] = (np.floor(unit[:, 2] * 3) + 0.5) / 3
    unit[:, 3] = unit[:, 3] < rare
    y = (
        unit[:, 0]
        + np.array([0.0, 2.0, 0.5])[(unit[:, 2] * 3).astype(int)]
        + 2 * unit[:, 3]
        + 0.1 * rng.normal(size=rows)
    )
    return Sample(SPACE, unit, ("y0",), y[:, None, None], noisy=False)


def told(found):
    """All numbers of findings by name, without the places of bins."""
    return {
        (i.analysis, i.factor, i.index, i.other if i.index != "level" else ""): (i.value, i.half_width)
        for i in found.indices
        if i.index != "level"
    }


def test_a_rare_choice_that_decides_alone_has_the_index_it_deserves():
    """1 in 6% of rows decides y: PAWN is the median of .06 and .94, whichever is called 1; S1 is 1. It was
    .000, and .50 with names exchanged.
    """
    unit = np.random.default_rng(4).random((500, 2))
    unit[:, 1] = unit[:, 1] < 0.06
    share = unit[:, 1].mean()
    for column in (unit[:, 1], 1 - unit[:, 1]):
        tested = np.column_stack([unit[:, 0], column])
        found = analyse(sample(tested, unit[:, 1] * 1.0), ["pawn", "rbd_fast"])
        assert found.of("y0", "pawn")["x1"].value == pytest.approx(((1 - share) + share) / 2) and found.of(
            "y0", "S1"
        )["x1"].value == pytest.approx(1.0)
        assert abs(found.of("y0", "S1")["x0"].value) < 0.1 and found.verdicts[0].state != "noise"


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_names_of_choices_and_flips_change_no_index(order):
    """Choices renamed, the 0/1 column and a real one flipped: every index and half-width of a given sample
    stays.
    """
    plain, turned = mixed(), mixed()
    unit = turned.unit.copy()
    unit[:, 2] = (np.array(order)[(unit[:, 2] * 3).astype(int)] + 0.5) / 3
    unit[:, [0, 3]] = 1 - unit[:, [0, 3]]
    other = Sample(SPACE, unit, turned.outcomes, turned.values, noisy=False)
    names = ["pawn", "delta", "rbd_fast", "profile"]
    first, second = told(analyse(plain, names)), told(analyse(other, names))
    for key, (value, half) in first.items():
        assert second[key] == (pytest.approx(value, abs=2e-3), pytest.approx(half, abs=1e-2, nan_ok=True)), (
            key
        )


def test_choices_of_a_design_count_as_choices_though_its_rows_lie_between():
    """A design's coordinates of one choice differ from row to row; indices are those of the choices
    themselves.
    """
    plain = mixed()
    unit = plain.unit.copy()
    unit[:, 2] += (np.random.default_rng(1).random(len(unit)) - 0.5) / 3.01
    names = ["pawn", "delta", "rbd_fast", "profile"]
    spread = Sample(SPACE, unit, plain.outcomes, plain.values, noisy=False)
    first, second = told(analyse(plain, names)), told(analyse(spread, names))
    assert all(second[key] == pytest.approx(value, nan_ok=True) for key, value in first.items())


def test_the_screening_of_choices_knows_no_names():
    """Morris and OFAT over three choices with any names: the same mu*, sigma and swing; no direction is
    claimed.
    """
    fs = (Factor("x0", default=0.5), Factor("way", kind="categorical", choices=("p", "q", "r"), default="p"))
    effect = np.array([0.0, 2.0, 0.5])
    for name, analysis in (("morris", "morris"), ("ofat", "ofat")):
        chosen = {k: s.default for k, s in designs.get(name).SETTINGS.items()} | {
            "levels": 6 if name == "morris" else 3
        }
        unit = designs.get(name).rows(fs, chosen, 1)
        place = np.minimum((unit[:, 1] * 3).astype(int), 2)
        seen = []
        for order in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
            renamed = unit.copy()
            renamed[:, 1] = (np.array(order)[place] + 0.5) / 3
            y = 3 * unit[:, 0] + effect[place]
            moved = (
                np.abs(np.diff(renamed.reshape(-1, 3, 2), axis=1)).sum(axis=(1, 2))
                if name == "morris"
                else None
            )
            kept = (
                np.repeat(
                    (moved > 0)
                    & (np.abs(np.diff(renamed.reshape(-1, 3, 2), axis=1)) > 1e-9).any(axis=1).all(axis=1),
                    3,
                )
                if name == "morris"
                else slice(None)
            )
            seen.append(
                analyse(Sample(fs, renamed[kept], ("y0",), y[kept][:, None, None], noisy=False), [analysis])
            )
        for index in ("mu_star", "sigma", "rms") if name == "morris" else ("swing",):
            first, *rest = [[i.value for i in f.of("y0", index).values()] for f in seen]
            assert all(other == pytest.approx(first) for other in rest), index
        if name == "morris":
            assert all(np.isnan(f.of("y0", "mu")["way"].value) for f in seen)


@pytest.mark.parametrize("factor", [1e200, 1e-200, 7.3])
@pytest.mark.parametrize("name", ["sobol", "efast", "morris", "ofat", "given_sample", "sweep"])
def test_indices_have_no_units(name, factor):
    """y times any positive constant: shares stay, effects are multiplied, verdicts are the same."""
    settings = {"sobol": {"n": 64}, "efast": {"n": 65, "curves": 3}, "given_sample": {"n": 320}}.get(name, {})
    fs = tuple(Factor(f"x{j}", default=0.3) for j in range(3))
    unit = designs.get(name).rows(
        fs, {k: s.default for k, s in designs.get(name).SETTINGS.items()} | settings, 1
    )
    y = noisy(ishigami(unit), 0, np.random.default_rng(1), 3)[:, :, None]
    one, other = (
        analyse(Sample(fs, unit, ("y0",), u * y), designs.get(name).ANALYSES, settings) for u in (1.0, factor)
    )
    for a, b in zip(one.indices, other.indices):
        times = factor if a.index in ("swing", "level", "mu_star", "mu", "sigma", "rms") else 1.0
        assert np.array([b.value, b.half_width, b.raw]) == pytest.approx(
            times * np.array([a.value, a.half_width, a.raw]), rel=1e-4, abs=1e-9 * times, nan_ok=True
        )
    assert [(v.state, v.rows) for v in one.verdicts] == [(v.state, v.rows) for v in other.verdicts]


def test_few_rows_have_intervals_as_wide_as_they_must_be():
    """Swing of a factor without effect, two replicates: the half-width covers zero about as often as it says
    (z: four times in five).
    """
    fs = (Factor("a", default=0.0),)
    unit, rng = np.array([[0.0], [1.0]]), np.random.default_rng(1)
    values = rng.normal(size=(2, 2, 4000))
    found = analyse(Sample(fs, unit, tuple(f"y{o}" for o in range(4000)), values), ["ofat"])
    covered = np.mean([abs(i.value) <= i.half_width for i in found.indices])
    assert 0.93 < covered < 0.97
