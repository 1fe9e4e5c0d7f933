"""The whole command on the real engine, at the size of a few buildings."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from experiments import cli
from experiments.running import executors
from experiments.store.folder import Store

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")
ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--residents", "360", "--days", "40", "--burn-in", "30", "--no-report"]
TINY = ["--days", "40", "--burn-in", "20", "--residents", "360", "--lang", "en"]


def compare(out: str | Path, *words: str, lang: str = "en") -> int:
    return cli.main(["compare", "three_policies", *SMALL, "--out", str(out), *words, "--lang", lang])


@pytest.fixture(scope="module")
def two_seeds(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "two"
    assert compare(folder, "--seeds", "2", "--workers", "1") == 0
    return folder


@pytest.fixture
def copied(two_seeds, tmp_path) -> Path:
    return Path(shutil.copytree(two_seeds, tmp_path / "copied"))


def parts(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.parquet")}


def test_folder_holds_what_it_promises(two_seeds):
    manifest = json.loads((two_seeds / "manifest.json").read_text(encoding="utf-8"))
    for name in (
        "study",
        "scenario",
        "scenario_hash",
        "arms",
        "seeds",
        "versions",
        "model_version",
        "machine",
        "created",
        "parameters",
    ):
        assert manifest[name], name
    assert manifest["baseline"] == "baseline" and {p["status"] for p in manifest["parameters"]} <= {
        "empirical",
        "claim",
        "guess",
        "fitted",
    }
    assert str(ROOT) not in (two_seeds / "manifest.json").read_text(encoding="utf-8")
    with (two_seeds / "comparison.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["arm"] for row in rows} == set(manifest["arms"]) and "dispute_rate" in {
        row["outcome"] for row in rows
    }
    store = Store(two_seeds)
    store.load()
    assert store.runs().num_rows == 12 and store.series().num_rows == 12 * 40
    assert set(manifest["outcomes"]) <= set(store.runs().column_names)
    assert not list(two_seeds.rglob("*.tmp"))


def test_two_workers_give_the_same_bytes(two_seeds, tmp_path):
    assert compare(tmp_path / "pair", "--seeds", "2", "--workers", "2") == 0
    assert parts(tmp_path / "pair") == parts(two_seeds)
    assert (tmp_path / "pair" / "comparison.csv").read_bytes() == (two_seeds / "comparison.csv").read_bytes()


def test_second_start_repeats_nothing_and_more_seeds_run_only_those(copied, capsys):
    before = parts(copied)
    assert compare(copied, "--seeds", "2") == 0
    assert "none is repeated" in capsys.readouterr().out and parts(copied) == before
    assert compare(copied, "--seeds", "3", "--workers", "1") == 0
    said = capsys.readouterr().out
    assert "6 runs to do, 12 already there" in said and "cogov export" in said
    assert before.items() <= parts(copied).items()


def test_another_question_in_the_same_folder_is_refused_and_fresh_sets_it_aside(copied, capsys):
    before = {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()}
    words = [
        "compare",
        "three_policies",
        *SMALL,
        "--days",
        "41",
        "--out",
        str(copied),
        "--seeds",
        "1",
        "--workers",
        "1",
    ]
    assert cli.main([*words, "--lang", "en"]) == cli.BAD_INPUT
    assert "days there is 40, here 41" in capsys.readouterr().err
    assert cli.main([*words, "--lang", "zh"]) == cli.BAD_INPUT
    assert "其 days 为 40，此处为 41" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()}
    assert cli.main([*words, "--fresh", "--lang", "en"]) == 0
    assert (copied / "set-aside" / "manifest.json").exists()


def test_another_default_in_the_registry_is_another_model(monkeypatch):
    from experiments import tasks
    from sim.config import registry

    before = tasks.model_version()
    changed = dict(registry.registry())
    changed["naming_rate"] = replace(changed["naming_rate"], value=changed["naming_rate"].value * 1.1)
    monkeypatch.setattr(registry, "registry", lambda: changed)
    assert tasks.model_version() != before


def test_replay_says_whether_a_run_comes_out_the_same(copied, capsys):
    store = Store(copied)
    store.load()
    name = store.runs()["run_id"][7].as_py()
    assert cli.main(["replay", str(copied), name[:12], "--lang", "en"]) == 0
    assert "same to the last bit" in capsys.readouterr().out
    assert cli.main(["replay", str(copied), "", "--lang", "en"]) == cli.BAD_INPUT
    assert "12 runs" in capsys.readouterr().err


def test_export_opens_in_excel(copied, capsys):
    assert cli.main(["export", str(copied), "--to", "csv", "--lang", "zh"]) == 0
    assert "已写入" in capsys.readouterr().out
    for name, rows in (("runs", 12), ("series", 12 * 40), ("grids", None)):
        content = (copied / "export" / f"{name}.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        lines = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
        assert rows is None or len(lines) == rows
        assert not any("nan" in line.values() for line in lines)


def test_run_shows_outcomes_with_units_and_saves_nothing(capsys, tmp_path):
    assert cli.main(["run", "small_community", "--policy", "grid_management", *TINY]) == 0
    said = capsys.readouterr().out
    assert (
        "360 residents, 20 + 40 days, seed 1" in said
        and "per 1,000 residents a year" in said
        and "Next:" in said
    )
    assert not list(tmp_path.iterdir())
    assert (
        cli.main(["run", "small_community", "--policy", "grid_management:intensty=0.5", "--lang", "en"])
        == cli.BAD_INPUT
    )
    assert "did you mean 'intensity'?" in capsys.readouterr().err


def test_run_takes_a_policys_settings(capsys):
    assert (
        cli.main(["run", "small_community", "--policy", "grid_management:intensity=0.5,patrol=0.1", *TINY])
        == 0
    )
    assert (
        cli.main(["run", "small_community", "--policy", "grid_management:intensity=7", *TINY])
        == cli.BAD_INPUT
    )
    assert "--policy.0.intensity: 7 is outside 0.0 to 1.0" in capsys.readouterr().err


def test_metrics_and_policies_are_listed(capsys):
    for kind, word in (("metrics", "dispute_rate"), ("policies", "grid_management")):
        assert cli.main(["list", kind, "--lang", "en"]) == 0
        assert word in capsys.readouterr().out


def test_workers_never_import_mesa(two_seeds, monkeypatch):
    from experiments.designs import compare as design
    from experiments.questions.comparison import Study
    from experiments.running.worker import run_chunk

    study = Study.from_dict(
        {**Study.load("three_policies").to_dict(), "residents": 360, "days": 5, "burn_in_days": 5, "seeds": 1}
    )
    monkeypatch.setattr(executors, "start_method", lambda: "spawn")
    with executors.make(2) as executor:
        executor._max_workers = 1
        assert {
            status
            for *_, status in executor.submit(run_chunk, tuple(design.tasks(study))).result(timeout=120).rows
        } == {"ok"}
        assert executor.submit(eval, "'sim.engine' in __import__('sys').modules").result(timeout=60)
        assert not executor.submit(eval, "'mesa' in __import__('sys').modules").result(timeout=60)
