"""Sensitivity analysis against known answers: Ishigami and the g-function, with noise and without; its guards; ranks and factorials."""
from __future__ import annotations

import warnings


import numpy as np
import pytest

from experiments import designs, tables
from experiments.analysis import factorial, ranks
from experiments.analysis.sensitivity import Sample, SensitivityError, analyse
from experiments.cli import main
from experiments.errors import UserError
from experiments.factors import Factor, problem

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
    """Replicates with noise of the signal's variance: a part common to all rows of a replicate, the rest each row's own."""
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
    """Noise of the signal's variance, R = 5: corrected ST within .05 in every one of 6 draws, S1's mean too; uncorrected ones are not.

    At this size the sampling error of ST is about .015 (power: a bias of .05 shows in each draw); shared seeds have
    noise correlated .5 between rows, of which half moves all rows alike. Noise share: 1/2, and 1/3 where half is common.
    """
    function, d, s1, st = KNOWN[name]
    unit, chosen = design("sobol", d, n=N)
    y, rng = function(unit), np.random.default_rng(11)
    drawn = [analyse(sample(unit, noisy(y, 0.5 if shared else 0.0, rng), shared), ["sobol"], chosen) for _ in range(6)]
    total = np.array([values(f, "ST") for f in drawn])
    assert np.abs(total - st).max() < 0.05
    assert np.abs(np.mean([values(f, "S1") for f in drawn], axis=0) - s1).max() < 0.02
    raw = np.mean([[i.raw for i in f.of("y0", "ST").values()] for f in drawn], axis=0)
    assert np.abs(raw - st).max() > 0.06, "without the correction the same rows mislead"
    share = np.mean([f.verdicts[0].noise_share for f in drawn])
    assert share == pytest.approx(1 / 3 if shared else 1 / 2, abs=0.02)


def test_the_formula_for_own_seeds_is_wrong_for_shared_ones():
    """Noise that shares seeds, corrected as if it did not, misses ST: that is why a sample says which it has."""
    unit, chosen = design("sobol", 3, n=N)
    y, rng = ishigami(unit), np.random.default_rng(2)
    wrong = np.mean([values(analyse(sample(unit, noisy(y, 0.5, rng)), ["sobol"], chosen), "ST") for _ in range(8)], axis=0)
    assert (ISHIGAMI_ST - wrong).min() > 0.02


def test_noise_that_depends_on_the_row_is_taken_off_too():
    """Noise three times as large where x2 is high: no index of x2 comes of it."""
    unit, chosen = design("sobol", 3, n=N)
    y, rng = ishigami(unit), np.random.default_rng(4)
    size = y.std() * np.where(unit[:, 1] > 0.5, 1.2, 0.4)
    for shared in (False, True):
        found = analyse(sample(unit, y[:, None] + size[:, None] * rng.normal(size=(len(y), R)), shared), ["sobol"], chosen)
        assert np.abs(values(found, "ST") - ISHIGAMI_ST).max() < 0.05


def test_only_noise_is_called_noise():
    """A function of nothing: no number is given, and the verdict says why. (SALib: 0.8 and more for every ST.)"""
    unit, chosen = design("sobol", 3, n=256)
    found = analyse(sample(unit, np.random.default_rng(3).normal(size=(len(unit), R))), ["sobol"], chosen)
    assert found.verdicts[0].state == "noise" and np.isnan(values(found, "ST")).all()
    unit, chosen = design("given_sample", 3, n=400)
    idle = sample(unit, np.random.default_rng(5).normal(size=(len(unit), R)))
    for name, index in (("rbd_fast", "S1"), ("pawn", "pawn"), ("hdmr", "ST")):
        found = analyse(idle, [name], chosen)
        assert found.verdicts[0].state == "noise" and (name == "pawn" or np.isnan(values(found, index)).all()), name


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
    assert {k: v.value for k, v in found.of("y0", "S1").items()} == pytest.approx({"g": 0.5576, "x1": 0.4424}, abs=0.03)


@pytest.mark.parametrize("noise", [False, True], ids=["exact", "noisy"])
def test_efast_and_rbd_fast(noise):
    """eFAST within .06 (its own bias at 513 points) and RBD-FAST within .05, after noise is taken off; SALib's eFAST to rounding."""
    unit, chosen = design("efast", 3, n=513, curves=4)
    y = ishigami(unit)
    rng = np.random.default_rng(6)
    found = analyse(sample(unit, noisy(y, 0, rng) if noise else y), ["efast"], chosen)
    assert np.abs(values(found, "S1") - ISHIGAMI_S1).max() < 0.06 and np.abs(values(found, "ST") - ISHIGAMI_ST).max() < 0.06
    if not noise:
        from SALib.analyze.fast import compute_orders

        mine = analyse(sample(unit[:3 * 513], y[:3 * 513]), ["efast"], {"curves": 1})
        theirs = [compute_orders(y[j * 513:(j + 1) * 513], 513, 4, 64) for j in range(3)]
        assert np.column_stack([values(mine, "S1"), values(mine, "ST")]) == pytest.approx(np.array(theirs), abs=1e-12)
    unit, chosen = design("given_sample", 3, n=2048)
    y = ishigami(unit)
    found = analyse(sample(unit, noisy(y, 0, rng) if noise else y), ["rbd_fast"], chosen)
    assert np.abs(values(found, "S1") - ISHIGAMI_S1).max() < 0.05


def test_pawn_is_salibs_and_a_dummy_marks_the_floor():
    """The same medians as SALib; a factor that does nothing stays at the floor, those that matter stand above it."""
    from SALib.analyze import pawn

    unit, chosen = design("given_sample", 3, n=1024)
    y = ishigami(unit)
    found = analyse(sample(unit, y), ["pawn"], chosen)
    assert values(found, "pawn") == pytest.approx(pawn.analyze(problem(factors(3)), unit, y, S=10, seed=1)["median"], abs=0.02)
    idle = analyse(sample(unit, y * 0 + np.sin(6 * unit[:, 0])), ["pawn", "delta"], chosen)
    for verdict, index in zip(idle.verdicts, ("pawn", "delta")):
        top, *rest = values(idle, index)
        assert top > 2 * verdict.floor and max(rest) < 1.3 * verdict.floor


def test_delta_of_a_sum():
    """y = x0 + x1, both uniform: delta of each is 5/12 - ... worked out by quadrature; the kernel's edges cost some."""
    unit, chosen = design("given_sample", 2, n=4096)
    y, x = np.linspace(0, 2, 4001), np.linspace(0, 1, 401)[:, None]
    triangle, box = np.minimum(y, 2 - y), ((y >= x) & (y <= x + 1)).astype(float)
    known = 0.5 * np.trapezoid(np.abs(triangle - box), y, axis=1).mean()
    found = values(analyse(sample(unit, unit.sum(axis=1)), ["delta"], chosen), "delta")
    assert np.abs(found - known).max() < 0.06


def test_hdmr_finds_ishigami_and_is_repeatable():
    unit, chosen = design("given_sample", 3, n=400)
    y = ishigami(unit)
    np.random.seed(1)
    first = analyse(sample(unit, y), ["hdmr"], chosen)
    np.random.seed(2)
    again = analyse(sample(unit, y), ["hdmr"], chosen)
    assert np.abs(values(first, "ST") - ISHIGAMI_ST).max() < 0.15, "its splines overfit 400 rows a little"
    assert values(first, "ST").tolist() == values(again, "ST").tolist(), "SALib's own resampling has no seed"


def test_morris_is_salibs_and_knows_its_noise():
    """mu, mu*, sigma as SALib; with noise, rms and sigma lose its part, and a factor that does nothing stays under the floor."""
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
    tested = analyse(Sample(fs, unit, ("y0",), noisy(y, 0, np.random.default_rng(1), 400)[:, :, None]), ["ofat"], {})
    assert values(tested, "swing")[:2] == pytest.approx([2.0, -1.0], abs=0.15)
    index = tested.of("y0", "swing")
    assert abs(index["c"].value) < 3 * index["c"].half_width and tested.verdicts[0].state != "noise"


def test_many_outcomes_at_once_are_each_as_alone():
    unit, chosen = design("sobol", 3, n=256)
    y = np.stack([noisy(ishigami(unit), 0, np.random.default_rng(s)) for s in (1, 2)], axis=2)
    both = analyse(sample(unit, y), ["sobol"], chosen)
    assert values(both, "ST", "y1").tolist() == pytest.approx(values(analyse(sample(unit, y[:, :, 1]), ["sobol"], chosen), "ST").tolist())


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
        widths.append([i.half_width for i in analyse(sample(unit, ishigami(unit)), ["sobol"], chosen).indices])
    assert widths[0] == widths[1] and 0.35 < np.mean(widths[2]) / np.mean(widths[0]) < 0.7


def test_verdicts_need_width_and_ranks():
    """At N = 64 Ishigami is not converged, at 4096 it is."""
    unit, chosen = design("sobol", 3, n=64)
    assert analyse(sample(unit, ishigami(unit)), ["sobol"], chosen).verdicts[0].state == "wide"


# -- tables ---------------------------------------------------------------------------------------


def write(path, head, rows):
    path.write_text("\n".join([",".join(head), *(",".join(map(repr, map(float, row))) for row in rows)]), encoding="utf-8")
    return path


def test_any_table_can_be_analysed(tmp_path, capsys):
    """A CSV of a known function, its rows shuffled but numbered: the known indices, a page, and files that say so."""
    unit, _ = design("sobol", 3, n=512)
    x = np.pi * (2 * unit - 1)
    rows = np.column_stack([np.arange(len(x)), x, ishigami(unit)])[np.random.default_rng(1).permutation(len(x))]
    path = write(tmp_path / "known.csv", ["row", "a", "b", "c", "y"], rows)
    inputs = ",".join(f"{n}=-3.141592653589793:3.141592653589793" for n in "abc")
    command = ["sensitivity", "--from", str(path), "--inputs", inputs, "--outputs", "y", "--analysis", "sobol", "--deterministic", "--lang", "en"]
    assert main(command) == 0
    import csv

    with open(tmp_path / "known" / "indices.csv", encoding="utf-8-sig", newline="") as file:
        found = {(r["index"], r["factor"]): float(r["value"]) for r in csv.DictReader(file)}
    assert [found["ST", n] for n in "abc"] == pytest.approx(ISHIGAMI_ST, abs=0.06)
    page = (tmp_path / "known" / "sensitivity.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http://www.w3.org", "") and 'lang="zh-CN"' in page
    assert main([*command[:-2], "--lang", "zh"][:-3] + ["--lang", "en"]) == 2  # without --deterministic: one seed
    assert "single seed" in capsys.readouterr().err


@pytest.mark.parametrize(("head", "rows", "says"), [
    (["a", "y"], [[0.5, 1.0], [1.5, 2.0]], "known.csv:3: a is 1.5"), (["a", "z"], [[0.5, 1.0]], "no column 'y'"),
    (["row", "a", "y"], [[0, 0.5, 1.0], [0, 0.6, 1.0]], "two different inputs"), (["row", "a", "y"], [[0, 0.5, 1.0], [0, 0.5, 1.0], [1, 0.5, 1]], "replicates"),
], ids=["range", "column", "twice", "uneven"])
def test_a_table_that_cannot_be_says_where(tmp_path, head, rows, says):
    with pytest.raises(UserError) as caught:
        tables.sample(write(tmp_path / "known.csv", head, rows), (Factor("a"),), ("y",))
    assert says in str(caught.value)


RAW = "row,甲,how,y\r\n" + "".join(f"{i},{i / 80},{'开' if i % 3 else '关'},{(i * 7) % 80}\r\n" for i in range(81))
COLUMNS = (Factor("甲"), Factor("how", kind="categorical", choices=("开", "关"), default="开"))


@pytest.mark.parametrize("codec, named", [("utf-8", None), ("utf-8-sig", None), ("gbk", "GB18030"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")])
@pytest.mark.parametrize("cells", [",", "\t", ";"])
def test_a_table_in_any_usual_encoding_is_read_and_said_so(tmp_path, codec, named, cells):
    """Excel's "Unicode text" is UTF-16 with tabs, its CSV in a Chinese Windows GBK."""
    path = tmp_path / "table.csv"
    path.write_bytes(RAW.replace(",", cells).encode(codec))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        read = tables.sample(path, COLUMNS, ("y",))
    assert [named in str(w.message) for w in told] == ([True] if named else [])
    assert read.unit[5].tolist() == [5 / 80, 0.25] and read.values[5, 0, 0] == 35.0


@pytest.mark.parametrize("head, says", [
    ("a,b,y,y", "columns 3 and 4 are both called 'y'"), ("a,a,y,z", "columns 1 and 2"), ("row,a,y,row", "columns 1 and 4"),
])
def test_a_header_that_names_a_column_twice_is_refused(tmp_path, head, says):
    path = tmp_path / "table.csv"
    path.write_text(f"{head}\n1,1,1,1\n", encoding="utf-8")
    with pytest.raises(UserError, match=says):
        tables.sample(path, (Factor("a"),), ("y",))


@pytest.mark.parametrize("inputs, outputs, says", [
    ("a=0:1,a=0:2", "y", "'a' stands both in --inputs and in --inputs"), ("a=0:1", "y,y", "'y' stands both in --outputs and in --outputs"),
    ("a=0:1,y=0:1", "y", "'y' stands both in --inputs and in --outputs"), ("a=0:nan", "y", "no input"), ("a=0:inf", "y", "no input"),
    ("a=0:1_0", "y", "no input"), ("a=x|x", "y", "a choice twice"), ("a=x|", "y", "names none"), (" ", "y", "say what the table"),
    ("a=0:1", " , ", "say what the table"), ("=0:1", "y", "no input"),
])
def test_what_cannot_be_meant_of_a_table_is_refused(tmp_path, capsys, inputs, outputs, says):
    path = write(tmp_path / "known.csv", ["a", "y"], np.random.default_rng(1).random((80, 2)))
    assert main(["sensitivity", "--from", str(path), "--inputs", inputs, "--outputs", outputs, "--deterministic", "--lang", "en"]) == 2
    assert says in capsys.readouterr().err and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name, content, says", [
    ("binary", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40, "unknown encoding"), ("latin.csv", "a,y\n1,caf\xe9\n".encode("latin-1"), "unknown encoding"),
    ("empty.csv", b"", "no rows"), ("head.csv", b"a,y\n", "no rows"), ("word.csv", b"a,y\n0.5,1_0\n", "word.csv:2: y holds '1_0'"),
    ("nul.csv", b"a,y\n0.5,1\0\n", "no text"), ("table", b"a,y\n0.5,1\n", "--out"),
])
def test_a_file_that_is_no_table_gets_one_sentence(tmp_path, capsys, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    out = [] if name == "table" else ["--out", str(tmp_path / "out")]
    assert main(["sensitivity", "--from", str(path), "--inputs", "a=0:1", "--outputs", "y", "--deterministic", "--lang", "en", *out]) == 2
    said = capsys.readouterr().err
    assert says in said and "Traceback" not in said and list(tmp_path.iterdir()) == [path]


def test_a_folder_or_a_device_is_no_table_either(tmp_path, capsys):
    for path in (tmp_path, "/dev/zero", tmp_path / "none.csv"):
        assert main(["sensitivity", "--from", str(path), "--inputs", "a=0:1", "--outputs", "y", "--out", str(tmp_path / "out"), "--lang", "en"]) == 2
        assert str(path) in capsys.readouterr().err


# -- any table is recognised by its inputs, or refused -----------------------------------------------


SPACE = Factor("x0"), Factor("x1"), Factor("way", kind="categorical", choices=("p", "q", "r"), default="p"), Factor("on")
BOUND = ("ofat", "morris", "sobol", "efast")  # analyses with rows of their own


def mixed(rows=400, rare=0.06):
    """A sample of two reals, three choices and a 0/1 column whose 1 is rare; y by all of them but x1."""
    rng = np.random.default_rng(3)
    unit = designs.get("given_sample").rows(factors(4), {"n": rows, "sampler": "lhs"}, 1)
    unit[:, 2] = (np.floor(unit[:, 2] * 3) + 0.5) / 3
    unit[:, 3] = unit[:, 3] < rare
    y = unit[:, 0] + np.array([0.0, 2.0, 0.5])[(unit[:, 2] * 3).astype(int)] + 2 * unit[:, 3] + 0.1 * rng.normal(size=rows)
    return Sample(SPACE, unit, ("y0",), y[:, None, None], noisy=False)


@pytest.mark.parametrize("analysis", BOUND)
def test_a_random_sample_is_none_of_the_special_ones(analysis):
    """eFAST of y = a once said 'converged, S1(a) .05, ST(b) .90' of such a table."""
    unit = np.random.default_rng(2).random((520, 2))
    with pytest.raises(SensitivityError, match="row|multiple"):
        analyse(sample(unit, unit[:, 0]), [analysis], {"curves": 4})


@pytest.mark.parametrize("name", BOUND)
@pytest.mark.parametrize("analysis", BOUND)
def test_each_design_is_read_by_its_own_analysis_only(name, analysis):
    settings = {"sobol": {"n": 64}, "efast": {"n": 65, "curves": 4}, "morris": {"trajectories": 65}}.get(name, {"levels": 9})
    fs = tuple(Factor(f"x{j}", default=0.3) for j in range(3))
    unit = designs.get(name).rows(fs, {k: s.default for k, s in designs.get(name).SETTINGS.items()} | settings, 1)
    tested = Sample(fs, unit, ("y0",), ishigami(unit)[:, None, None], noisy=False)
    if name == analysis:
        assert analyse(tested, [analysis], settings).verdicts
    else:
        with pytest.raises(SensitivityError):
            analyse(tested, [analysis], {"curves": 4})


def test_search_curves_are_recognised_in_order_only():
    """Rows shuffled, one curve turned, or the factors exchanged: refused, and the row is named. Steps of a
    discrete input are allowed.
    """
    unit, chosen = design("efast", 3, n=129, curves=2)
    y = ishigami(unit)
    order = np.random.default_rng(1).permutation(len(unit))
    for rows in (order, np.r_[np.arange(129, 258), np.arange(129), np.arange(258, len(unit))]):
        with pytest.raises(SensitivityError, match="rows from 0 on"):
            analyse(sample(unit[rows], y[rows]), ["efast"], chosen)
    stepped = unit.copy()
    stepped[:, 1] = (np.floor(unit[:, 1] * 2) + 0.5) / 2
    assert analyse(sample(stepped, y), ["efast"], chosen).verdicts


@pytest.mark.parametrize("analysis", ["pawn", "delta", "rbd_fast", "hdmr"])
def test_inputs_that_do_not_vary_on_their_own_are_refused(analysis):
    unit = np.random.default_rng(2).random((400, 3))
    together = np.column_stack([unit[:, :2], 0.8 * unit[:, 0] + 0.2 * unit[:, 2]])
    with pytest.raises(SensitivityError, match="x0 and x2 move together"):
        analyse(sample(together, unit[:, 0]), [analysis])
    star = np.full((400, 3), 0.5)
    star[np.arange(400), np.arange(400) % 3] = unit[:, 0]
    with pytest.raises(SensitivityError, match="ofat"):
        analyse(sample(star, star.sum(axis=1)), [analysis])
    with pytest.raises(SensitivityError, match="x1 has the same value"):
        analyse(sample(np.column_stack([unit[:, 0], np.full(400, 0.5)]), unit[:, 0]), [analysis])


def test_hdmr_refuses_inputs_of_few_values():
    """SALib's splines gave them shares of 1e170 and NaN."""
    with pytest.raises(SensitivityError, match="way has few"):
        analyse(mixed(), ["hdmr"])


def test_base_samples_that_are_one_sample_are_refused():
    """A table whose rows stand four times each looks like Saltelli's order, and once gave S1 = ST = 0."""
    unit = np.repeat(np.random.default_rng(2).random((64, 2)), 4, axis=0)
    with pytest.raises(SensitivityError, match="same values of x0"):
        analyse(sample(unit, unit[:, 0]), ["sobol"])


@pytest.mark.parametrize("analysis, least", [("pawn", 50), ("delta", 50), ("rbd_fast", 64), ("hdmr", 300), ("sobol", 16), ("morris", 6), ("efast", 130), ("ofat", 2)])
def test_too_few_rows_are_an_error_that_says_how_many(analysis, least):
    """Five rows once gave RBD-FAST S1 = 1 for both factors."""
    for rows in sorted({1, 2, 5, least - 1} - {least} & set(range(least))):
        unit = np.random.default_rng(rows).random((rows, 2))
        with pytest.raises(SensitivityError, match=f"at least {least} rows; there are {rows}"):
            analyse(sample(unit, unit[:, 0]), [analysis])


# -- an index knows nothing of names and units ---------------------------------------------------------


def told(found):
    """All numbers of findings by name, without the places of bins."""
    return {(i.analysis, i.factor, i.index, i.other if i.index != "level" else ""): (i.value, i.half_width) for i in found.indices if i.index != "level"}


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
        assert found.of("y0", "pawn")["x1"].value == pytest.approx(((1 - share) + share) / 2) and found.of("y0", "S1")["x1"].value == pytest.approx(1.0)
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
        assert second[key] == (pytest.approx(value, abs=2e-3), pytest.approx(half, abs=1e-2, nan_ok=True)), key


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
        chosen = {k: s.default for k, s in designs.get(name).SETTINGS.items()} | {"levels": 6 if name == "morris" else 3}
        unit = designs.get(name).rows(fs, chosen, 1)
        place = np.minimum((unit[:, 1] * 3).astype(int), 2)
        seen = []
        for order in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
            renamed = unit.copy()
            renamed[:, 1] = (np.array(order)[place] + 0.5) / 3
            y = 3 * unit[:, 0] + effect[place]
            moved = np.abs(np.diff(renamed.reshape(-1, 3, 2), axis=1)).sum(axis=(1, 2)) if name == "morris" else None
            kept = np.repeat((moved > 0) & (np.abs(np.diff(renamed.reshape(-1, 3, 2), axis=1)) > 1e-9).any(axis=1).all(axis=1), 3) if name == "morris" else slice(None)
            seen.append(analyse(Sample(fs, renamed[kept], ("y0",), y[kept][:, None, None], noisy=False), [analysis]))
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
    unit = designs.get(name).rows(fs, {k: s.default for k, s in designs.get(name).SETTINGS.items()} | settings, 1)
    y = noisy(ishigami(unit), 0, np.random.default_rng(1), 3)[:, :, None]
    one, other = (analyse(Sample(fs, unit, ("y0",), u * y), designs.get(name).ANALYSES, settings) for u in (1.0, factor))
    for a, b in zip(one.indices, other.indices):
        times = factor if a.index in ("swing", "level", "mu_star", "mu", "sigma", "rms") else 1.0
        assert np.array([b.value, b.half_width, b.raw]) == pytest.approx(times * np.array([a.value, a.half_width, a.raw]), rel=1e-4, abs=1e-9 * times, nan_ok=True)
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


# -- ranks and factorials -------------------------------------------------------------------------


def test_ranks_are_shares_of_worlds():
    """Arm 1 beats the baseline in three worlds of four; ties share a place; probabilities of a place sum to one."""
    level = np.zeros((4, 2, 3, 1))
    level[..., 0] = [[[0.0, -1.0, 5.0]] * 2] * 3 + [[[0.0, 1.0, 5.0]] * 2]
    found, against = ranks.rank(level, ("base", "one", "two"), ("dispute_rate",), {"dispute_rate": "low"}, [""] * 4)
    table = {(r.arm, r.place): r.probability for r in found}
    assert table["one", 1] == 0.75 and table["base", 1] == 0.25 and table["two", 3] == 1.0
    for place in (1, 2, 3):
        assert sum(table[arm, place] for arm in ("base", "one", "two")) == pytest.approx(1.0)
    assert [a.better for a in against] == [0.75, 0.0] and against[0].agreement == 1.0
    tied = ranks.places(np.array([[1.0, 1.0, 2.0]]), "high")[0]
    assert tied.tolist() == [[0, 0.5, 0.5], [0, 0.5, 0.5], [1, 0, 0]]
    assert ranks.wilson(0.0, 20)[0] == 0.0 and 0.1 < ranks.wilson(0.0, 20)[1] < 0.2


def test_a_factorial_finds_effects_and_interactions():
    """y = 2a - b + 3ab + noise common to a seed: main effects 2 + 1.5 and -1 + 1.5, interaction 3, none of c."""
    arms = list(designs.get("factorial").arms([{"policy": p} for p in "abc"]))
    on = {arm: [p in arm.split("+") for p in "abc"] for arm in arms}
    rng = np.random.default_rng(3)
    y = np.array([[2 * on[m][0] - on[m][1] + 3 * (on[m][0] and on[m][1]) for m in arms]]) + 5 * rng.normal(size=(30, 1)) + 0.2 * rng.normal(size=(30, 8))
    found = {e.policies: e for e in factorial.effects(y[:, :, None], "abc", arms, ["y"], ["high"])}
    known = {("a",): 3.5, ("b",): 0.5, ("c",): 0.0, ("a", "b"): 3.0, ("a", "c"): 0.0, ("b", "c"): 0.0, ("a", "b", "c"): 0.0}
    assert set(found) == set(known)
    for chosen, value in known.items():
        assert found[chosen].value == pytest.approx(value, abs=0.25) and found[chosen].low - 0.12 < value < found[chosen].high + 0.12
    assert found["a",].verdict == "better" and found["c",].verdict == "unclear"
    with pytest.raises(ValueError):
        factorial.effects(y[:, 1:, None], "abc", arms[1:], ["y"])
