"""Sensitivity analysis against known answers: Ishigami and the g-function, with noise and without; its
guards; ranks and factorials.
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments import designs
from experiments.analysis import factorial, ranks
from experiments.analysis.sensitivity import Sample, SensitivityError, analyse
from experiments.designs.factors import Factor, problem

N, R = 4096, 5


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


A = np.array([0.0, 1.0, 4.5, 9.0])


def g_function(u):
    return np.prod((np.abs(4 * u - 2) + A) / (1 + A), axis=1)


def g_known():
    """First-order and total indices of the g-function in closed form (Saltelli & Sobol 1995)."""
    part = 1 / (3 * (1 + A) ** 2)
    whole = np.prod(1 + part) - 1
    return part / whole, np.array([p * np.prod(1 + np.delete(part, j)) for j, p in enumerate(part)]) / whole


ISHIGAMI_S1, ISHIGAMI_ST = np.array([0.3139, 0.4424, 0.0]), np.array([0.5576, 0.4424, 0.2437])
KNOWN = {"ishigami": (ishigami, 3, ISHIGAMI_S1, ISHIGAMI_ST), "g": (g_function, 4, *g_known())}


def factors(d):
    return tuple(Factor(f"x{j}") for j in range(d))


def design(name, d, **settings):
    """(unit, settings) of a design."""
    chosen = {k: s.default for k, s in designs.get(name).SETTINGS.items()} | settings
    return designs.get(name).rows(factors(d), chosen, 1), chosen


def sample(unit, y, shared=False):
    """A sample from y (rows,) or (rows, replicates), or (rows, replicates, outcomes)."""
    y = np.asarray(y, dtype=float)
    noisy = y.ndim > 1
    y = y[:, None, None] if y.ndim == 1 else y[:, :, None] if y.ndim == 2 else y
    return Sample(factors(unit.shape[1]), unit, tuple(f"y{o}" for o in range(y.shape[2])), y, shared, noisy)


def values(found, index, outcome="y0"):
    return np.array([i.value for i in found.of(outcome, index).values()])


def noisy(y, correlation, rng, replicates=R):
    """Replicates with noise of the signal's variance: a part common to all rows of a replicate, the rest
    each row's own.
    """
    common, own = rng.normal(size=(1, replicates)), rng.normal(size=(len(y), replicates))
    return y[:, None] + y.std() * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)


# -- known answers --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KNOWN)
def test_sobol_indices_of_known_functions(name):
    """Within .03 at N = 4096 without noise; converged, and said so."""
    function, d, s1, st = KNOWN[name]
    unit, chosen = design("sobol", d, n=N)
    found = analyse(sample(unit, function(unit)), ["sobol"], chosen)
    assert np.abs(values(found, "S1") - s1).max() < 0.03 and np.abs(values(found, "ST") - st).max() < 0.03
    assert found.verdicts[0].state == "converged" and found.verdicts[0].noise_share == 0.0


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("shared", [False, True], ids=["own seeds", "shared seeds"])
def test_noise_is_taken_off(name, shared):
    """Noise of the signal's variance, R = 5: corrected ST within .05 in every one of 6 draws, S1's mean too;
    uncorrected ones are not.

    At this size the sampling error of ST is about .015 (power: a bias of .05 shows in each draw); shared
    seeds have noise correlated .5 between rows, of which half moves all rows alike. Noise share: 1/2, and 1/3
    where half is common.
    """
    function, d, s1, st = KNOWN[name]
    unit, chosen = design("sobol", d, n=N)
    y, rng = function(unit), np.random.default_rng(11)
    drawn = [
        analyse(sample(unit, noisy(y, 0.5 if shared else 0.0, rng), shared), ["sobol"], chosen)
        for _ in range(6)
    ]
    total = np.array([values(f, "ST") for f in drawn])
    assert np.abs(total - st).max() < 0.05
    assert np.abs(np.mean([values(f, "S1") for f in drawn], axis=0) - s1).max() < 0.02
    raw = np.mean([[i.raw for i in f.of("y0", "ST").values()] for f in drawn], axis=0)
    assert np.abs(raw - st).max() > 0.06, "without the correction the same rows mislead"
    share = np.mean([f.verdicts[0].noise_share for f in drawn])
    assert share == pytest.approx(1 / 3 if shared else 1 / 2, abs=0.02)


def test_the_formula_for_own_seeds_is_wrong_for_shared_ones():
    """Noise that shares seeds, corrected as if it did not, misses ST: that is why a sample says which it
    has.
    """
    unit, chosen = design("sobol", 3, n=N)
    y, rng = ishigami(unit), np.random.default_rng(2)
    wrong = np.mean(
        [values(analyse(sample(unit, noisy(y, 0.5, rng)), ["sobol"], chosen), "ST") for _ in range(8)], axis=0
    )
    assert (ISHIGAMI_ST - wrong).min() > 0.02


def test_noise_that_depends_on_the_row_is_taken_off_too():
    """Noise three times as large where x2 is high: no index of x2 comes of it."""
    unit, chosen = design("sobol", 3, n=N)
    y, rng = ishigami(unit), np.random.default_rng(4)
    size = y.std() * np.where(unit[:, 1] > 0.5, 1.2, 0.4)
    for shared in (False, True):
        found = analyse(
            sample(unit, y[:, None] + size[:, None] * rng.normal(size=(len(y), R)), shared), ["sobol"], chosen
        )
        assert np.abs(values(found, "ST") - ISHIGAMI_ST).max() < 0.05


def test_only_noise_is_called_noise():
    """A function of nothing: no number is given, and the verdict says why.

    (SALib: 0.8 and more for every ST.)
    """
    unit, chosen = design("sobol", 3, n=256)
    found = analyse(sample(unit, np.random.default_rng(3).normal(size=(len(unit), R))), ["sobol"], chosen)
    assert found.verdicts[0].state == "noise" and np.isnan(values(found, "ST")).all()
    unit, chosen = design("given_sample", 3, n=400)
    idle = sample(unit, np.random.default_rng(5).normal(size=(len(unit), R)))
    for name, index in (("rbd_fast", "S1"), ("pawn", "pawn"), ("hdmr", "ST")):
        found = analyse(idle, [name], chosen)
        assert found.verdicts[0].state == "noise" and (
            name == "pawn" or np.isnan(values(found, index)).all()
        ), name


@pytest.mark.parametrize("second", [False, True], ids=["S1 ST", "S2"])
def test_without_noise_these_are_salibs_numbers(second):
    """The same estimators, to rounding; half-widths of another bootstrap agree within a third."""
    from SALib.analyze import sobol

    unit, chosen = design("sobol", 3, n=512, second_order=second)
    y = ishigami(unit)
    theirs = sobol.analyze(problem(factors(3)), y, calc_second_order=second, num_resamples=300, seed=5)
    found = analyse(sample(unit, y), ["sobol"], chosen)
    for index in ("S1", "ST"):
        # SALib centres by the mean of all rows, A, B and mixed ones: S1 differs in the fourth digit
        assert values(found, index) == pytest.approx(theirs[index], abs=2e-2 if index == "S1" else 1e-9)
        half = [i.half_width for i in found.of("y0", index).values()]
        assert half == pytest.approx(theirs[f"{index}_conf"], rel=0.35, abs=0.01)
    if second:
        mine = {(i.factor, i.other): i.value for i in found.indices if i.index == "S2"}
        assert mine["x0", "x2"] == pytest.approx(0.2437, abs=0.1) and len(mine) == 3


def test_groups_have_one_index():
    """x0 and x2 of Ishigami as one group: its first-order share holds their interaction."""
    grouped = (Factor("x0", group="g"), Factor("x1"), Factor("x2", group="g"))
    unit = designs.get("sobol").rows(grouped, {"n": 2048, "second_order": False}, 1)
    y = ishigami(unit)
    found = analyse(Sample(grouped, unit, ("y0",), y[:, None, None], noisy=False), ["sobol"], {})
    assert {k: v.value for k, v in found.of("y0", "S1").items()} == pytest.approx(
        {"g": 0.5576, "x1": 0.4424}, abs=0.03
    )


@pytest.mark.parametrize("noise", [False, True], ids=["exact", "noisy"])
def test_efast_and_rbd_fast(noise):
    """eFAST within .06 (its own bias at 513 points) and RBD-FAST within .05, after noise is taken off;
    SALib's eFAST to rounding.
    """
    unit, chosen = design("efast", 3, n=513, curves=4)
    y = ishigami(unit)
    rng = np.random.default_rng(6)
    found = analyse(sample(unit, noisy(y, 0, rng) if noise else y), ["efast"], chosen)
    assert (
        np.abs(values(found, "S1") - ISHIGAMI_S1).max() < 0.06
        and np.abs(values(found, "ST") - ISHIGAMI_ST).max() < 0.06
    )
    if not noise:
        from SALib.analyze.fast import compute_orders

        mine = analyse(sample(unit[: 3 * 513], y[: 3 * 513]), ["efast"], {"curves": 1})
        theirs = [compute_orders(y[j * 513 : (j + 1) * 513], 513, 4, 64) for j in range(3)]
        assert np.column_stack([values(mine, "S1"), values(mine, "ST")]) == pytest.approx(
            np.array(theirs), abs=1e-12
        )
    unit, chosen = design("given_sample", 3, n=2048)
    y = ishigami(unit)
    found = analyse(sample(unit, noisy(y, 0, rng) if noise else y), ["rbd_fast"], chosen)
    assert np.abs(values(found, "S1") - ISHIGAMI_S1).max() < 0.05


def test_pawn_is_salibs_and_a_dummy_marks_the_floor():
    """The same medians as SALib; a factor that does nothing stays at the floor, those that matter stand
    above it.
    """
    from SALib.analyze import pawn

    unit, chosen = design("given_sample", 3, n=1024)
    y = ishigami(unit)
    found = analyse(sample(unit, y), ["pawn"], chosen)
    assert values(found, "pawn") == pytest.approx(
        pawn.analyze(problem(factors(3)), unit, y, S=10, seed=1)["median"], abs=0.02
    )
    idle = analyse(sample(unit, y * 0 + np.sin(6 * unit[:, 0])), ["pawn", "delta"], chosen)
    for verdict, index in zip(idle.verdicts, ("pawn", "delta")):
        top, *rest = values(idle, index)
        assert top > 2 * verdict.floor and max(rest) < 1.3 * verdict.floor


def test_delta_of_a_sum():
    """y = x0 + x1, both uniform: delta of each is 5/12 - ... worked out by quadrature; the kernel's edges
    cost some.
    """
    unit, chosen = design("given_sample", 2, n=4096)
    y, x = np.linspace(0, 2, 4001), np.linspace(0, 1, 401)[:, None]
    triangle, box = np.minimum(y, 2 - y), ((y >= x) & (y <= x + 1)).astype(float)
    known = 0.5 * np.trapezoid(np.abs(triangle - box), y, axis=1).mean()
    found = values(analyse(sample(unit, unit.sum(axis=1)), ["delta"], chosen), "delta")
    assert np.abs(found - known).max() < 0.06


def test_hdmr_finds_ishigami_and_is_repeatable():
    unit, chosen = design("given_sample", 3, n=400)
    y = ishigami(unit)
    np.random.seed(1)  # noqa: NPY002 - the global state that SALib draws from
    first = analyse(sample(unit, y), ["hdmr"], chosen)
    np.random.seed(2)  # noqa: NPY002
    again = analyse(sample(unit, y), ["hdmr"], chosen)
    assert np.abs(values(first, "ST") - ISHIGAMI_ST).max() < 0.15, "its splines overfit 400 rows a little"
    assert values(first, "ST").tolist() == values(again, "ST").tolist(), "SALib's own resampling has no seed"


def test_morris_is_salibs_and_knows_its_noise():
    """mu, mu*, sigma as SALib; with noise, rms and sigma lose its part, and a factor that does nothing
    stays under the floor.
    """
    from SALib.analyze import morris

    unit, chosen = design("morris", 3, trajectories=60, levels=4)
    y = ishigami(unit)
    theirs = morris.analyze(problem(factors(3)), unit, y, seed=1)
    found = analyse(sample(unit, y), ["morris"], chosen)
    for mine, name in (("mu_star", "mu_star"), ("sigma", "sigma"), ("mu", "mu")):
        assert values(found, mine) == pytest.approx(np.asarray(theirs[name], dtype=float), abs=1e-9)
    y = 3 * unit[:, 0] + unit[:, 1]
    rng = np.random.default_rng(8)
    for shared in (False, True):
        tested = analyse(sample(unit, noisy(y, 0.5 * shared, rng, 20), shared), ["morris"], chosen)
        star, floor = values(tested, "mu_star"), tested.verdicts[0].floor
        assert star[0] > 5 * floor and star[1] > 1.5 * floor and star[2] < 1.3 * floor
        assert (np.abs(values(tested, "rms") ** 2 - [9, 1, 0]) < [1.5, 0.5, 0.2]).all()


def test_ofat_swings():
    """A factor's swing is the change along its levels, signed by direction; nothing else moves it."""
    fs = (Factor("a", default=0.5), Factor("b", default=0.5), Factor("c", default=0.5))
    unit = designs.get("ofat").rows(fs, {"levels": 3}, 1)
    y = 2 * unit[:, 0] - unit[:, 1]
    tested = analyse(
        Sample(fs, unit, ("y0",), noisy(y, 0, np.random.default_rng(1), 400)[:, :, None]), ["ofat"], {}
    )
    assert values(tested, "swing")[:2] == pytest.approx([2.0, -1.0], abs=0.15)
    index = tested.of("y0", "swing")
    assert abs(index["c"].value) < 3 * index["c"].half_width and tested.verdicts[0].state != "noise"


def test_many_outcomes_at_once_are_each_as_alone():
    unit, chosen = design("sobol", 3, n=256)
    y = np.stack([noisy(ishigami(unit), 0, np.random.default_rng(s)) for s in (1, 2)], axis=2)
    both = analyse(sample(unit, y), ["sobol"], chosen)
    assert values(both, "ST", "y1").tolist() == pytest.approx(
        values(analyse(sample(unit, y[:, :, 1]), ["sobol"], chosen), "ST").tolist()
    )


# -- guards ---------------------------------------------------------------------------------------


def test_what_gives_wrong_indices_in_silence_is_refused():
    """One NaN, a lone seed, rows out of order or of another design: errors that name the row."""
    unit, chosen = design("sobol", 3, n=64)
    y = noisy(ishigami(unit), 0, np.random.default_rng(1))
    holed = y.copy()
    holed[17, 2] = np.nan
    with pytest.raises(SensitivityError, match="row 17"):
        analyse(sample(unit, holed), ["sobol"], chosen)
    with pytest.raises(SensitivityError, match="single seed"):
        analyse(sample(unit, y[:, :1]), ["sobol"], chosen)
    order = np.random.default_rng(1).permutation(len(unit))
    with pytest.raises(SensitivityError, match="row"):
        analyse(sample(unit[order], y[order]), ["sobol"], chosen)
    with pytest.raises(SensitivityError, match="multiple"):
        analyse(sample(unit[:-1], y[:-1]), ["sobol"], chosen)
    unit, chosen = design("morris", 3)
    with pytest.raises(SensitivityError, match="trajector"):
        analyse(sample(unit[::-1][1:-2], ishigami(unit)[::-1][1:-2]), ["morris"], chosen)


def test_half_widths_are_repeatable_and_shrink_with_n():
    """The bootstrap has a real seed: the same half-widths twice; at four times N about half as wide."""
    widths = []
    for n in (256, 256, 1024):
        unit, chosen = design("sobol", 3, n=n)
        widths.append(
            [i.half_width for i in analyse(sample(unit, ishigami(unit)), ["sobol"], chosen).indices]
        )
    assert widths[0] == widths[1] and 0.35 < np.mean(widths[2]) / np.mean(widths[0]) < 0.7


def test_verdicts_need_width_and_ranks():
    """At N = 64 Ishigami is not converged, at 4096 it is."""
    unit, chosen = design("sobol", 3, n=64)
    assert analyse(sample(unit, ishigami(unit)), ["sobol"], chosen).verdicts[0].state == "wide"


# -- ranks and factorials -------------------------------------------------------------------------


def test_ranks_are_shares_of_worlds():
    """Arm 1 beats the baseline in three worlds of four; ties share a place; probabilities of a place sum
    to one.
    """
    level = np.zeros((4, 2, 3, 1))
    level[..., 0] = [[[0.0, -1.0, 5.0]] * 2] * 3 + [[[0.0, 1.0, 5.0]] * 2]
    found, against = ranks.rank(
        level, ("base", "one", "two"), ("dispute_rate",), {"dispute_rate": "low"}, [""] * 4
    )
    table = {(r.arm, r.place): r.probability for r in found}
    assert table["one", 1] == 0.75 and table["base", 1] == 0.25 and table["two", 3] == 1.0
    for place in (1, 2, 3):
        assert sum(table[arm, place] for arm in ("base", "one", "two")) == pytest.approx(1.0)
    assert [a.better for a in against] == [0.75, 0.0] and against[0].agreement == 1.0
    tied = ranks.places(np.array([[1.0, 1.0, 2.0]]), "high")[0]
    assert tied.tolist() == [[0, 0.5, 0.5], [0, 0.5, 0.5], [1, 0, 0]]
    assert ranks.wilson(0.0, 20)[0] == 0.0 and 0.1 < ranks.wilson(0.0, 20)[1] < 0.2


def test_a_factorial_finds_effects_and_interactions():
    """y = 2a - b + 3ab + noise common to a seed: main effects 2 + 1.5 and -1 + 1.5, interaction 3, none
    of c.
    """
    arms = list(designs.get("factorial").arms([{"policy": p} for p in "abc"]))
    on = {arm: [p in arm.split("+") for p in "abc"] for arm in arms}
    rng = np.random.default_rng(3)
    y = (
        np.array([[2 * on[m][0] - on[m][1] + 3 * (on[m][0] and on[m][1]) for m in arms]])
        + 5 * rng.normal(size=(30, 1))
        + 0.2 * rng.normal(size=(30, 8))
    )
    found = {e.policies: e for e in factorial.effects(y[:, :, None], "abc", arms, ["y"], ["high"])}
    known = {
        ("a",): 3.5,
        ("b",): 0.5,
        ("c",): 0.0,
        ("a", "b"): 3.0,
        ("a", "c"): 0.0,
        ("b", "c"): 0.0,
        ("a", "b", "c"): 0.0,
    }
    assert set(found) == set(known)
    for chosen, value in known.items():
        assert (
            found[chosen].value == pytest.approx(value, abs=0.25)
            and found[chosen].low - 0.12 < value < found[chosen].high + 0.12
        )
    assert found["a",].verdict == "better" and found["c",].verdict == "unclear"
    with pytest.raises(ValueError):
        factorial.effects(y[:, 1:, None], "abc", arms[1:], ["y"])


def test_rounding_is_no_effect_of_a_factorial():
    """The same value in every arm, .1 + .2 in another order: an effect of 1e-17 had an interval beyond 0."""
    arms = list(designs.get("factorial").arms([{"policy": p} for p in "abc"]))
    level = np.linspace(0.1, 7.3, 20)[:, None] / 3
    same = np.repeat(level, len(arms), axis=1)
    same = np.where(np.arange(len(arms)) % 2, same * (1 + 2**-52), same)
    for effect in factorial.effects(same[:, :, None], "abc", arms, ["y"], ["high"]):
        assert (effect.value, effect.low, effect.high) == (0.0, 0.0, 0.0), effect.policies
