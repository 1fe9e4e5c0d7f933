"""Any table of inputs and outputs: how it is read, and what is refused before an index is given."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from test_sensitivity import ISHIGAMI_ST, design, ishigami, sample
from test_sensitivity_invariance import mixed

from experiments import designs
from experiments.analysis.sensitivity import Sample, SensitivityError, analyse
from experiments.cli import main
from experiments.designs.factors import Factor
from experiments.questions import given_table
from sim.config.errors import UserError

BOUND = ("ofat", "morris", "sobol", "efast")  # analyses with rows of their own


def write(path, head, rows):
    path.write_text(
        "\n".join([",".join(head), *(",".join(map(repr, map(float, row))) for row in rows)]), encoding="utf-8"
    )
    return path


def test_any_table_can_be_analysed(tmp_path, capsys):
    """A CSV of a known function, its rows shuffled but numbered: the known indices, a page, and files
    that say so.
    """
    unit, _ = design("sobol", 3, n=512)
    x = np.pi * (2 * unit - 1)
    rows = np.column_stack([np.arange(len(x)), x, ishigami(unit)])[
        np.random.default_rng(1).permutation(len(x))
    ]
    path = write(tmp_path / "known.csv", ["row", "a", "b", "c", "y"], rows)
    inputs = ",".join(f"{n}=-3.141592653589793:3.141592653589793" for n in "abc")
    command = [
        "sensitivity",
        "--from",
        str(path),
        "--inputs",
        inputs,
        "--outputs",
        "y",
        "--analysis",
        "sobol",
        "--deterministic",
        "--lang",
        "en",
    ]
    assert main(command) == 0
    import csv

    with open(tmp_path / "known" / "indices.csv", encoding="utf-8-sig", newline="") as file:
        found = {(r["index"], r["factor"]): float(r["value"]) for r in csv.DictReader(file)}
    assert [found["ST", n] for n in "abc"] == pytest.approx(ISHIGAMI_ST, abs=0.06)
    page = (tmp_path / "known" / "sensitivity.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http://www.w3.org", "") and 'lang="zh-CN"' in page
    assert (
        main([*command[:-2], "--lang", "zh"][:-3] + ["--lang", "en"]) == 2
    )  # without --deterministic: one seed
    assert "single seed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("head", "rows", "says"),
    [
        (["a", "y"], [[0.5, 1.0], [1.5, 2.0]], "known.csv:3: a is 1.5"),
        (["a", "z"], [[0.5, 1.0]], "no column 'y'"),
        (["row", "a", "y"], [[0, 0.5, 1.0], [0, 0.6, 1.0]], "two different inputs"),
        (["row", "a", "y"], [[0, 0.5, 1.0], [0, 0.5, 1.0], [1, 0.5, 1]], "replicates"),
    ],
    ids=["range", "column", "twice", "uneven"],
)
def test_a_table_that_cannot_be_says_where(tmp_path, head, rows, says):
    with pytest.raises(UserError) as caught:
        given_table.sample(write(tmp_path / "known.csv", head, rows), (Factor("a"),), ("y",))
    assert says in str(caught.value)


RAW = "row,甲,how,y\r\n" + "".join(
    f"{i},{i / 80},{'开' if i % 3 else '关'},{(i * 7) % 80}\r\n" for i in range(81)
)
COLUMNS = (Factor("甲"), Factor("how", kind="categorical", choices=("开", "关"), default="开"))


@pytest.mark.parametrize(
    "codec, named",
    [("utf-8", None), ("utf-8-sig", None), ("gbk", "GB18030"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")],
)
@pytest.mark.parametrize("cells", [",", "\t", ";"])
def test_a_table_in_any_usual_encoding_is_read_and_said_so(tmp_path, codec, named, cells):
    """Excel's "Unicode text" is UTF-16 with tabs, its CSV in a Chinese Windows GBK."""
    path = tmp_path / "table.csv"
    path.write_bytes(RAW.replace(",", cells).encode(codec))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        read = given_table.sample(path, COLUMNS, ("y",))
    assert [named in str(w.message) for w in told] == ([True] if named else [])
    assert read.unit[5].tolist() == [5 / 80, 0.25] and read.values[5, 0, 0] == 35.0


@pytest.mark.parametrize(
    "head, says",
    [
        ("a,b,y,y", "columns 3 and 4 are both called 'y'"),
        ("a,a,y,z", "columns 1 and 2"),
        ("row,a,y,row", "columns 1 and 4"),
    ],
)
def test_a_header_that_names_a_column_twice_is_refused(tmp_path, head, says):
    path = tmp_path / "table.csv"
    path.write_text(f"{head}\n1,1,1,1\n", encoding="utf-8")
    with pytest.raises(UserError, match=says):
        given_table.sample(path, (Factor("a"),), ("y",))


@pytest.mark.parametrize(
    "inputs, outputs, says",
    [
        ("a=0:1,a=0:2", "y", "'a' stands twice in --inputs"),
        ("a=0:1", "y,y", "'y' stands twice in --outputs"),
        ("a=0:1,y=0:1", "y", "'y' stands both in --inputs and in --outputs"),
        ("a=0:nan", "y", "no input"),
        ("a=0:inf", "y", "no input"),
        ("a=0:1_0", "y", "no input"),
        ("a=x|x", "y", "a choice twice"),
        ("a=x|", "y", "names none"),
        (" ", "y", "say what the table"),
        ("a=0:1", " , ", "say what the table"),
        ("=0:1", "y", "no input"),
    ],
)
def test_what_cannot_be_meant_of_a_table_is_refused(tmp_path, capsys, inputs, outputs, says):
    path = write(tmp_path / "known.csv", ["a", "y"], np.random.default_rng(1).random((80, 2)))
    assert (
        main(
            [
                "sensitivity",
                "--from",
                str(path),
                "--inputs",
                inputs,
                "--outputs",
                outputs,
                "--deterministic",
                "--lang",
                "en",
            ]
        )
        == 2
    )
    assert says in capsys.readouterr().err and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name, content, says",
    [
        ("binary", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40, "unknown encoding"),
        ("latin.csv", "a,y\n1,caf\xe9\n".encode("latin-1"), "unknown encoding"),
        ("empty.csv", b"", "no rows"),
        ("head.csv", b"a,y\n", "no rows"),
        ("word.csv", b"a,y\n0.5,1_0\n", "word.csv:2: y holds '1_0'"),
        ("nul.csv", b"a,y\n0.5,1\0\n", "no text"),
        ("table", b"a,y\n0.5,1\n", "--out"),
    ],
)
def test_a_file_that_is_no_table_gets_one_sentence(tmp_path, capsys, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    out = [] if name == "table" else ["--out", str(tmp_path / "out")]
    assert (
        main(
            [
                "sensitivity",
                "--from",
                str(path),
                "--inputs",
                "a=0:1",
                "--outputs",
                "y",
                "--deterministic",
                "--lang",
                "en",
                *out,
            ]
        )
        == 2
    )
    said = capsys.readouterr().err
    assert says in said and "Traceback" not in said and list(tmp_path.iterdir()) == [path]


def test_a_folder_or_a_device_is_no_table_either(tmp_path, capsys):
    for path in (tmp_path, "/dev/zero", tmp_path / "none.csv"):
        assert (
            main(
                [
                    "sensitivity",
                    "--from",
                    str(path),
                    "--inputs",
                    "a=0:1",
                    "--outputs",
                    "y",
                    "--out",
                    str(tmp_path / "out"),
                    "--lang",
                    "en",
                ]
            )
            == 2
        )
        assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize("analysis", BOUND)
def test_a_random_sample_is_none_of_the_special_ones(analysis):
    """eFAST of y = a once said 'converged, S1(a) .05, ST(b) .90' of such a table."""
    unit = np.random.default_rng(2).random((520, 2))
    with pytest.raises(SensitivityError, match="row|multiple"):
        analyse(sample(unit, unit[:, 0]), [analysis], {"curves": 4})


@pytest.mark.parametrize("name", BOUND)
@pytest.mark.parametrize("analysis", BOUND)
def test_each_design_is_read_by_its_own_analysis_only(name, analysis):
    settings = {"sobol": {"n": 64}, "efast": {"n": 65, "curves": 4}, "morris": {"trajectories": 65}}.get(
        name, {"levels": 9}
    )
    fs = tuple(Factor(f"x{j}", default=0.3) for j in range(3))
    unit = designs.get(name).rows(
        fs, {k: s.default for k, s in designs.get(name).SETTINGS.items()} | settings, 1
    )
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


@pytest.mark.parametrize(
    "analysis, least",
    [
        ("pawn", 50),
        ("delta", 50),
        ("rbd_fast", 64),
        ("hdmr", 300),
        ("sobol", 16),
        ("morris", 6),
        ("efast", 130),
        ("ofat", 2),
    ],
)
def test_too_few_rows_are_an_error_that_says_how_many(analysis, least):
    """Five rows once gave RBD-FAST S1 = 1 for both factors."""
    for rows in sorted({1, 2, 5, least - 1} - {least} & set(range(least))):
        unit = np.random.default_rng(rows).random((rows, 2))
        with pytest.raises(SensitivityError, match=f"at least {least} rows; there are {rows}"):
            analyse(sample(unit, unit[:, 0]), [analysis])
