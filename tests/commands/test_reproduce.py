"""A published result is repeated from its manifest alone, and a difference is named; going on elsewhere
repeats a run first.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from experiments import cli, publishing
from experiments.commands import _options as options
from experiments.running import worker
from experiments.store import csv_file, environment, kept, manifest
from experiments.store.folder import Store, StoreError
from sim.config.catalog import set_language

pytestmark = pytest.mark.usefixtures("language_as_it_was")
ROOT = Path(__file__).resolve().parents[2]
SMALL = [
    "compare",
    "three_policies",
    "--residents",
    "360",
    "--days",
    "30",
    "--burn-in",
    "20",
    "--quiet",
    "--lang",
    "en",
    "--workers",
    "1",
]
QUIET = ["--quiet", "--lang", "en", "--workers", "1", "--no-report"]


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "study"
    assert cli.main([*SMALL, "--seeds", "3", "--out", str(folder)]) == 0
    set_language(None)
    return folder


@pytest.fixture
def published(results, tmp_path) -> Path:
    publishing.publish(options.opened(results), tmp_path / "published")
    return tmp_path / "published"


def reproduce(manifest_path: Path, out: Path, *more: str) -> int:
    return cli.main(["reproduce", str(manifest_path), "--out", str(out), *QUIET, *more])


def changed(folder: Path, change) -> None:
    """A published manifest with something else in it, and the right hash."""
    document = kept.read_sealed(folder / "manifest.json")
    change(document)
    kept.write_sealed(folder / "manifest.json", document)


def test_a_published_result_comes_out_the_same_from_its_manifest_alone(published, tmp_path, capsys):
    assert sorted(path.name for path in published.iterdir()) == [
        "comparison.csv",
        "hashes.json",
        "manifest.json",
        "report.html",
    ]
    assert sum(path.stat().st_size for path in published.iterdir()) < 2e6
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(published / "manifest.json", alone)
    assert reproduce(alone / "manifest.json", tmp_path / "again") == 0
    assert "Equal: all 18 runs and comparison.csv are the same" in capsys.readouterr().out
    assert (tmp_path / "again" / "comparison.csv").read_bytes() == (published / "comparison.csv").read_bytes()
    assert reproduce(published, tmp_path / "again") == 0 and "none is repeated" in capsys.readouterr().out, (
        "it goes on where it was"
    )


def test_the_first_run_and_cell_that_differ_are_named(published, tmp_path, capsys):
    def other(document):
        document["published"]["runs"][4] = "0" * 16
        document["published"]["runs"][7] = "0" * 16
        document["published"]["tables"]["comparison.csv"] = "0" * 32

    changed(published, other)
    rows = csv_file.read(published / "comparison.csv")
    old = rows[2]["mean"]
    rows[2]["mean"] = "77.0"
    csv_file.write_records(published / "comparison.csv", rows)
    assert reproduce(published, tmp_path / "again") == 1
    said = capsys.readouterr().out
    arm = list(manifest.read(published)["arms"])[1]
    assert f"Different: 2 of 18 runs; the first is arm {arm}, seed 2" in said
    assert f"{rows[2]['outcome']}, {rows[2]['arm']}: mean 77.0 -> {old}" in said


def test_another_place_differs_in_every_run(published, tmp_path, capsys):
    changed(
        published,
        lambda document: document["scenario"].update(
            committee_workers=document["scenario"]["committee_workers"] + 3
        ),
    )
    assert (
        reproduce(published, tmp_path / "again") == 1
        and "of 18 runs; the first is arm baseline, seed 1" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda d: d.pop("published"), "holds no hashes of runs"),
        (lambda d: d.update(engine="evilmod"), "must not choose what code is run"),
        (lambda d: d.update(design="patterns"), "cannot be repeated"),
        (lambda d: d["arms"]["grid_management"][0].update(policy="grid_managment"), "grid_managment"),
        (lambda d: d.update(seeds=None), "'seeds'"),
    ],
)
def test_what_cannot_be_repeated_is_said_in_a_line_and_nothing_is_written(
    published, tmp_path, change, said, capsys
):
    changed(published, change)
    assert reproduce(published, tmp_path / "again") == cli.BAD_INPUT
    assert said in capsys.readouterr().err and not (tmp_path / "again").exists()


def test_another_model_and_environment_are_said_first(published, tmp_path, capsys):
    changed(
        published,
        lambda document: document.update(
            model_version="earlier", versions={**document["versions"], "numpy": "1.0"}
        ),
    )
    assert reproduce(published, tmp_path / "again") == 0
    said = capsys.readouterr().out
    assert "published with model version earlier" in said and "numpy 1.0 -> " in said


def test_only_whole_and_verified_results_are_published(results, tmp_path):
    hurt = Path(shutil.copytree(results, tmp_path / "hurt"))
    next((hurt / "series").glob("part-*")).unlink()
    with pytest.raises(StoreError) as caught:
        publishing.publish(options.opened(hurt), tmp_path / "p")
    assert caught.value.key == "store.incomplete" and not (tmp_path / "p").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        publishing.publish(options.opened(results), tmp_path / "mine")
    assert caught.value.key == "kept.not_ours"


def test_git_keeps_what_is_published_and_nothing_else():
    import subprocess

    def ignored(path: str) -> bool:
        return subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0

    if subprocess.run(["git", "rev-parse"], cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("no checkout")
    assert not ignored("results/README.md") and not ignored("results/published/three_policies/manifest.json")
    assert ignored("results/three_policies/manifest.json") and ignored("results/x.csv")


# --- another environment


def elsewhere(folder: Path) -> None:
    """The folder as if another numpy had made it."""
    changed(folder, lambda document: document["versions"].update(numpy="1.0"))


def test_going_on_in_another_environment_repeats_a_run_first(results, tmp_path, capsys):
    folder = Path(shutil.copytree(results, tmp_path / "study"))
    elsewhere(folder)
    assert cli.main([*SMALL, "--seeds", "4", "--out", str(folder)]) == 0
    assert "numpy 1.0 -> " in (said := capsys.readouterr().out) and "same to the last bit; going on" in said
    store = options.opened(folder)
    assert (
        "1.0" in [e["numpy"] for e in store.manifest["environments"]]
        and environment.of(store.manifest) == store.manifest["environments"][-1]
    )
    assert (
        cli.main([*SMALL, "--seeds", "4", "--out", str(folder)]) == 0
        and "numpy" not in capsys.readouterr().out
    ), "once is enough"


def test_an_environment_that_gives_other_bits_is_refused_and_changes_nothing(
    results, tmp_path, monkeypatch, capsys
):
    folder = Path(shutil.copytree(results, tmp_path / "study"))
    elsewhere(folder)
    before, real = (folder / "manifest.json").read_bytes(), worker.run_task

    def other(task):
        found = real(task)
        found[0].outcomes["satisfaction_index"] += 1e-13
        return found

    monkeypatch.setattr(worker, "run_task", other)
    assert cli.main([*SMALL, "--seeds", "4", "--out", str(folder)]) == cli.BAD_INPUT
    err = capsys.readouterr().err
    assert (
        "satisfaction_index" in err
        and "numpy 1.0" in err
        and (folder / "manifest.json").read_bytes() == before
    )


def test_the_manifest_names_the_environment(results):
    found = environment.of(Store(results).load())
    assert set(found) == {*environment.DECIDE, *environment.MACHINE} and all(found.values())
