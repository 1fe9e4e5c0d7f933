"""Nothing of anybody else is written over, moved or deleted; an output is never among the inputs."""

from __future__ import annotations

from pathlib import Path

import fake_study
import pytest

from experiments import cli
from experiments.running import runner
from experiments.store import kept
from experiments.store.folder import Store, StoreError
from experiments.store.merge import merge

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")
ARMS = {"baseline": [], "shift": fake_study.SHIFT}
SMALL = [
    "compare",
    "three_policies",
    "--residents",
    "360",
    "--days",
    "5",
    "--burn-in",
    "5",
    "--seeds",
    "1",
    "--quiet",
    "--lang",
    "en",
    "--workers",
    "1",
]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    "names",
    [
        ["report.html"],
        ["comparison.csv", "notes.txt"],
        ["manifest.json"],
        ["hashes.json"],
        ["runs/mine.txt"],
        ["design.parquet"],
    ],
)
@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_a_folder_with_somebodys_files_of_our_names_is_refused_and_untouched(tmp_path, names, fresh, capsys):
    web = tmp_path / "web"
    for name in names:
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text("somebody's own", encoding="utf-8")
    before = contents(web)
    assert cli.main([*SMALL, "--out", "web", *fresh]) == cli.BAD_INPUT
    err = capsys.readouterr().err
    assert contents(web) == before and len(err.splitlines()) == 1 and "web" in err


def test_a_folder_with_other_files_is_taken_only_on_demand_and_they_stay(tmp_path, capsys):
    web = tmp_path / "web"
    web.mkdir()
    (web / "notes.txt").write_text("mine", encoding="utf-8")
    assert (
        cli.main([*SMALL, "--out", "web"]) == cli.BAD_INPUT
        and "not empty (notes.txt)" in capsys.readouterr().err
    )
    assert contents(web) == {"notes.txt": b"mine"}
    assert cli.main([*SMALL, "--out", "web", "--fresh"]) == 0
    assert cli.main([*SMALL, "--out", "web", "--fresh"]) == 0, "again: only what is ours goes aside"
    assert (web / "notes.txt").read_text(encoding="utf-8") == "mine" and not (
        web / "set-aside" / "notes.txt"
    ).exists()
    assert (web / "set-aside" / "comparison.csv").exists() and (web / "comparison.csv").exists()


def test_a_file_put_beside_ours_later_is_not_written_over(tmp_path, capsys):
    assert cli.main([*SMALL, "--out", "out", "--no-report"]) == 0
    (tmp_path / "out" / "report.html").write_text("somebody's", encoding="utf-8")
    assert (
        cli.main(["report", "out", "--lang", "en"]) == cli.BAD_INPUT
        and "was not written by cogov" in capsys.readouterr().err
    )
    (tmp_path / "out" / "export").mkdir()
    (tmp_path / "out" / "export" / "runs.csv").write_text("somebody's", encoding="utf-8")
    assert (
        cli.main(["export", "out", "--lang", "en"]) == cli.BAD_INPUT
        and "was not written by cogov" in capsys.readouterr().err
    )
    assert {
        (tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("report.html", "export/runs.csv")
    } == {"somebody's"}


@pytest.mark.parametrize(
    "words", [[*SMALL, "--out", ""], ["export", ""], ["merge", "a", "--out", " "], ["validate", "--out", ""]]
)
def test_an_empty_name_is_no_folder(tmp_path, words, capsys):
    with pytest.raises(SystemExit):
        cli.main([*words, "--lang", "en"])
    assert "needs a name" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_the_folder_one_stands_in_is_refused_if_it_has_content(tmp_path, capsys):
    (tmp_path / "thesis.docx").write_bytes(b"x")
    assert cli.main([*SMALL, "--out", "."]) == cli.BAD_INPUT and "thesis.docx" in capsys.readouterr().err
    assert contents(tmp_path) == {"thesis.docx": b"x"}


def test_merging_into_one_of_the_inputs_is_refused(tmp_path, monkeypatch):
    for name in ("s1", "s2"):
        store = Store(tmp_path / name).open(fake_study.manifest(ARMS, [1]))
        runner.run_tasks(store.missing(fake_study.tasks(ARMS, [1]), store.journal()), store.write, workers=1)
    (tmp_path / "link").symlink_to(tmp_path / "s1")
    before = contents(tmp_path / "s1")
    for out in (tmp_path / "s1", Path("s1"), tmp_path / "s2" / ".." / "s1", tmp_path / "link"):
        with pytest.raises(StoreError) as caught:
            merge([tmp_path / "s1", tmp_path / "s2"], out)
        assert caught.value.key == "merge.into_input" and contents(tmp_path / "s1") == before


def test_the_analysis_of_a_table_never_writes_into_a_study(tmp_path, capsys):
    rows = "\n".join(f"{i / 80},{(i * 7 % 81) / 81},{(i / 80) ** 2}" for i in range(80))
    (tmp_path / "t.csv").write_text(f"a,b,y\n{rows}\n", encoding="utf-8")
    words = [
        "sensitivity",
        "--from",
        "t.csv",
        "--inputs",
        "a=0:1,b=0:1",
        "--outputs",
        "y",
        "--analysis",
        "pawn",
        "--deterministic",
        "--lang",
        "en",
        "--no-report",
    ]
    store = Store(tmp_path / "study").open(fake_study.manifest(ARMS, [1]))
    before = contents(tmp_path / "study")
    assert (
        cli.main([*words, "--out", "study"]) == cli.BAD_INPUT
        and "holds the runs of a study" in capsys.readouterr().err
    )
    assert contents(tmp_path / "study") == before and store.load()["study"] == "fake"
    (tmp_path / "plain").write_text(f"a,b,y\n{rows}\n", encoding="utf-8")
    assert cli.main([*words, "--from", "plain"]) == cli.BAD_INPUT and "is a file" in capsys.readouterr().err
    assert cli.main(words) == 0 and cli.main(words) == 0, "a folder of an earlier analysis is written anew"


def test_a_file_that_is_not_listed_is_never_written_over(tmp_path):
    (tmp_path / "claims.csv").write_text("mine", encoding="utf-8")
    for write in (kept.write, kept.write_own):
        with pytest.raises(StoreError) as caught:
            write(tmp_path / "claims.csv", "ours")
        assert (
            caught.value.key == "kept.not_ours"
            and (tmp_path / "claims.csv").read_text(encoding="utf-8") == "mine"
        )
