"""Disks and folders that do not serve, and runs that are repeated: never a wrong table."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import fake_study
import pytest

from experiments import cli
from experiments import tasks as specs
from experiments.running import runner
from experiments.store.folder import Store, StoreError
from tests.exports.fake_results import filled

pytestmark = pytest.mark.usefixtures("language_as_it_was")


# --- what the disk does


@pytest.mark.parametrize(
    "code, key",
    [
        (errno.ENOSPC, "store.disk_full"),
        (errno.EROFS, "store.cannot_write"),
        (errno.EACCES, "store.cannot_write"),
    ],
)
def test_a_disk_that_takes_nothing_more_is_said_and_the_next_start_finishes(tmp_path, monkeypatch, code, key):
    whole, _ = filled(tmp_path / "whole", arms={"baseline": [], "shift": fake_study.SHIFT})
    left, write = [7], Path.write_bytes

    def full(path, content):
        left[0] -= 1
        if left[0] < 0:
            write(path, content[: len(content) // 2])  # what a full disk leaves
            raise OSError(code, "no")
        return write(path, content)

    arms = {"baseline": [], "shift": fake_study.SHIFT}
    with monkeypatch.context() as patch, pytest.raises(StoreError) as caught:
        patch.setattr(Path, "write_bytes", full)
        filled(tmp_path / "hurt", arms=arms)
    assert caught.value.key == key and str(tmp_path / "hurt") in str(caught.value)
    assert not list((tmp_path / "hurt").rglob("*.tmp")), "no half a file is left"
    store, summary = filled(tmp_path / "hurt", arms=arms)
    assert 0 < summary.ok < 24 and store.fingerprint() == whole.fingerprint()


def test_a_file_in_the_folders_place_is_said(tmp_path, capsys):
    (tmp_path / "taken").write_text("x")
    words = [
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
        "--no-report",
        "--lang",
        "en",
    ]
    assert cli.main([*words, "--out", str(tmp_path / "taken")]) == cli.BAD_INPUT
    assert "cannot be written" in capsys.readouterr().err and (tmp_path / "taken").read_text() == "x"


def test_a_part_of_another_version_never_enters_the_table(tmp_path):
    store, _ = filled(tmp_path / "new")
    truth = store.fingerprint()
    old, _ = filled(tmp_path / "old", model_version="older")
    for dataset in ("runs", "series", "grids"):
        for path in (old.folder / dataset).iterdir():
            (store.folder / dataset / path.name.replace("part-", "part-0", 1)).write_bytes(path.read_bytes())
    said: list[str] = []
    reader = Store(tmp_path / "new", lambda key, **values: said.append(key))
    reader.load()
    assert reader.fingerprint() == truth and "store.skipped" in said
    again, summary = filled(tmp_path / "new")
    assert (
        summary.ok == 0
        and again.fingerprint() == truth
        and len(list((tmp_path / "new" / "set-aside" / "runs").iterdir())) > 0
    )


def test_replay_repeats_a_point_of_a_design_and_a_failed_run(tmp_path, capsys):
    from experiments.questions.comparison import Study
    from experiments.store.manifest import describe
    from sim.scenario import Scenario

    study = Study.from_dict(
        {
            **Study.load("three_policies").to_dict(),
            "residents": 360,
            "days": 20,
            "burn_in_days": 10,
            "seeds": 1,
        }
    )
    place: Scenario = study.place()
    base = specs.Base.of(place)
    arms = {"baseline": (), "grid": specs.bundle([{"policy": "grid_management", "intensity": 0.4}])}
    tasks = [
        base.task(
            arms,
            1,
            1,
            row=row,
            values={"naming_rate": 0.02 + 0.01 * row},
            factors={"naming_rate": 0.02 + 0.01 * row},
            record=(),
        )
        for row in range(3)
    ] + [
        base.task(
            {"grid": arms["grid"]},
            1,
            1,
            row=3,
            values={"no_such": 1.0},
            factors={"naming_rate": 0.0},
            record=(),
        )
    ]
    manifest = {
        **describe(study, "sweep"),
        "arms": {"baseline": [], "grid": []},
        "factors": {"naming_rate": [0, 1]},
        "record": [],
    }
    store = Store(tmp_path).open(manifest)
    store.ask(tasks)
    runner.run_tasks(store.missing(tasks, store.journal()), store.write, workers=1)
    rows = store.runs().to_pandas()
    assert list(rows["status"]) == ["ok"] * 6 + ["failed"]
    assert cli.main(["replay", str(tmp_path), rows["run_id"][5], "--lang", "en"]) == 0
    assert "same to the last bit" in capsys.readouterr().out
    assert cli.main(["replay", str(tmp_path), rows["run_id"][6], "--lang", "en"]) == 1
    assert "no_such" in capsys.readouterr().out
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["factors"]
