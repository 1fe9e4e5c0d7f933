"""Files that no editor of ours wrote: any encoding is read, what is no configuration is named, and in
bounded time.
"""

from __future__ import annotations

import os
import time
import warnings

import pytest

from experiments import cli
from experiments.questions import given_table
from experiments.questions.comparison import Study
from sim.config.errors import Notice, UserError
from sim.config.paths import config_dir
from tests.config.tiny_study import keys, refused, study_file

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")
THREE = (config_dir() / "studies" / "three_policies.yaml").read_text(encoding="utf-8")


# -- files ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_study_in_another_encoding_is_read_and_said(tmp_path, encoding):
    (tmp_path / "mine.yaml").write_bytes(THREE.encode(encoding))
    with pytest.warns(Notice, match=encoding.upper()[:6]):
        assert Study.load(tmp_path / "mine.yaml") == Study.load("three_policies")


def test_the_command_says_in_one_line_which_encoding_it_read(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_bytes(THREE.replace("burn_in_days:", "burn_in_day:").encode("gb18030"))
    assert cli.main(["compare", "mine.yaml", "--lang", "en"]) == cli.BAD_INPUT
    said = capsys.readouterr().err.splitlines()
    assert (
        said[0].startswith("Note: mine.yaml is not UTF-8 and was read as GB18030")
        and "did you mean 'burn_in_days'" in said[1]
    )
    assert len(said) == 2


@pytest.mark.parametrize(
    "content, key",
    [
        (b"name: \xff\xfe\xfa\x80\n", "config.encoding"),
        (b"name: a\0b\n", "config.yaml"),
        (b'name: "a\\0b"\n', "config.character"),
        (b'name: "\\ud800"\n', "config.yaml"),
        (b"a: !!int abc\n", "config.tag"),
        (b"a: !!python/object/apply:os.getcwd []\n", "config.tag"),
        (b"deep: " + b"[" * 3000 + b"]" * 3000, "config.deep"),
        (b"a: &a [*a]\n", "config.alias_inside"),
        (b"a: *b\n", "config.no_anchor"),
        (b"? [a]\n: 1\n", "config.key"),
        (b"a: 1\n---\nb: 2\n", "config.documents"),
        (b"m: [" + b"1," * 30_000 + b"1]", "config.too_many"),
        (b"x: " + b"y" * 1_000_001, "config.too_large"),
        (b"<<: [1]\n", "config.merge"),
        (b"- a\n", "config.type"),
        (b"'': 1\n", "config.key"),
    ],
)
def test_what_is_no_configuration_is_named_within_two_seconds(tmp_path, content, key):
    (tmp_path / "mine.yaml").write_bytes(content)
    began = time.perf_counter()
    assert key in keys(refused(Study.load, tmp_path / "mine.yaml"))
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("bomb", ["aliases", "merges"])
def test_bombs_are_refused_before_they_grow(tmp_path, bomb):
    from benchmarks import config_slips as fuzz

    (tmp_path / "mine.yaml").write_text(fuzz.BOMB if bomb == "aliases" else fuzz.MERGES, encoding="utf-8")
    began = time.perf_counter()
    assert "config.too_many" in keys(refused(Study.load, tmp_path / "mine.yaml"))
    assert time.perf_counter() - began < 2.0


def test_aliases_and_merges_of_a_sane_size_mean_what_yaml_says(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "name: m\ntitle: &t {en: t, zh: t}\nsummary: *t\nscenario: small_community\nseeds: 2\n"
        "arms:\n  baseline: []\n"
        "  a: [&g {policy: grid_management, intensity: 0.5}]\n  b: [{<<: *g, intensity: 0.25}]\n",
        encoding="utf-8",
    )
    study = Study.load(tmp_path / "mine.yaml")
    assert study.arms["a"][0]["intensity"] == 0.5 and study.arms["b"][0] == {
        "policy": "grid_management",
        "intensity": 0.25,
    }
    assert study.summary == study.title


def test_what_is_no_file_is_said(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    for name, key in (
        ("folder.yaml", "config.is_folder"),
        ("pipe.yaml", "config.no_regular_file"),
        ("none.yaml", "config.no_file"),
        (f"{'x' * 300}.yaml", "config.unreadable"),
        ("a\0b.yaml", "config.unreadable"),
        ("y" * 400_000, "config.no_study"),
    ):
        assert keys(refused(Study.load, name)) == [key], name[:40]


def test_a_value_may_begin_with_an_at_sign(tmp_path):
    error = refused(Study.load, study_file(tmp_path, scenario="@config.number", outcomes=["@y1"], days="@"))
    assert len(error.problems) == 3 and "'@'" in error.show("en")


# -- tables -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding, mark", [("gb18030", ","), ("utf-16", "\t"), ("utf-8-sig", ";")])
def test_a_table_from_a_spreadsheet_is_read_whatever_its_encoding(tmp_path, encoding, mark):
    rows = [("\u7532", "b", "y"), ("1", "0.5", "2e-1"), ("0", "1", "3")]
    (tmp_path / "t.csv").write_bytes("\r\n".join(mark.join(row) for row in rows).encode(encoding))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        assert given_table.read(tmp_path / "t.csv") == {
            "\u7532": ["1", "0"],
            "b": ["0.5", "1"],
            "y": ["2e-1", "3"],
        }


# -- the fuzzers, a few of each ---------------------------------------------------------------------
def test_a_hundred_damaged_files_have_a_hundred_clear_answers(tmp_path):
    from benchmarks import fuzz_configs as fuzz

    kinds = fuzz.classes()
    assert len(kinds) == 10
    (tmp_path / "x").mkdir()
    for i, (name, done, content) in enumerate(fuzz.damaged(kinds, 100, seed=20)):
        (tmp_path / "x" / "file.yaml").write_bytes(content)
        told = fuzz.answer(kinds[name].load, tmp_path / "x" / "file.yaml")
        assert told.good, f"{i} {name} {done}: {told}"


def test_thirty_odd_command_lines_have_thirty_clear_answers():
    from benchmarks import fuzz_commands as fuzz

    for words in fuzz.lines(39, seed=20):
        told = fuzz.answer(words)
        assert told.verdict in ("done", "would run", "refused"), f"{words}: {told}"


def test_the_fuzzers_know_a_bad_answer(tmp_path):
    """A traceback, an endless message and a folder left behind are told from a clear answer."""
    from benchmarks import fuzz_commands, fuzz_configs

    def fails(path):
        raise KeyError(path)

    def talks(path):
        raise UserError("config.other", detail=fuzz_configs.Path(path / ("x/" * 1_500)))

    assert (
        fuzz_configs.answer(fails, tmp_path).verdict == "traceback"
        and not fuzz_configs.answer(talks, tmp_path).good
    )
    assert (
        fuzz_commands.judged(2, "Error: x", {"results"}) == "left something behind"
        and fuzz_commands.judged(2, "", set()) == "exit code 2"
    )
