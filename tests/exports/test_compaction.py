"""Designs with rows, extension and compaction: runs are done once, kept once and read in order."""

from __future__ import annotations

from pathlib import Path

import fake_study
import pytest

from experiments import tasks as specs
from experiments.running import runner
from experiments.store import compact as compaction
from experiments.store import ordered_reading
from experiments.store.compact import compact
from experiments.store.folder import Store, StoreError
from tests.exports.fake_results import ARMS, filled

pytestmark = pytest.mark.usefixtures("language_as_it_was")
BUNDLED = {arm: specs.bundle(policies) for arm, policies in ARMS.items()}


def points(count: int, seeds: int = 3):
    """Rows of a design of which every seventh repeats an earlier point, so that some share a run."""
    base = specs.Base(
        '{"name": "fake"}', "fake", 2, 5, 300, specs.model_version("fake_engine"), "fake_engine"
    )
    return [
        base.task(
            BUNDLED,
            1,
            1 + row % seeds,
            row=row,
            values={"a": float(row % 7)},
            factors={"a": float(row % 7), "idle": float(row)},
            record=(),
        )
        for row in range(count)
    ]


def designed(folder: Path, count: int):
    store = Store(folder).open(
        fake_study.manifest(ARMS, [1, 2, 3], factors={"a": [0, 6]}, record=[], outcomes={}, parameters=[])
    )
    tasks = points(count)
    store.ask(tasks)
    return store, runner.run_tasks(store.missing(tasks, store.journal()), store.write, workers=1)


# --- designs with rows


def test_rows_of_a_design_come_back_in_its_order_and_shared_runs_are_run_once(tmp_path):
    store, summary = designed(tmp_path, 50)
    assert summary.ok + summary.failed == 21 * 3, (
        "7 points x 3 seeds x 3 arms; the other rows are the same runs"
    )
    rows = store.runs().to_pandas()
    assert list(rows["row"]) == [row for row in range(50) for _ in ARMS] and list(rows["arm"]) == [*ARMS] * 50
    assert (rows["x_a"] == rows["row"] % 7).all() and (rows["x_idle"] == rows["row"]).all()
    more, summary = designed(tmp_path, 80)
    assert summary.ok == 0 and more.runs().slice(0, 150).to_pandas().equals(rows), (
        "a longer design runs only what is missing"
    )
    assert not (tmp_path / "series").exists()


def test_other_factors_are_another_study_and_a_lost_design_is_said(tmp_path):
    store, _ = designed(tmp_path, 5)
    with pytest.raises(StoreError) as caught:
        Store(tmp_path).open({**store.manifest, "factors": {"a": [0, 9]}})
    assert caught.value.key == "store.other_study"
    (tmp_path / "design.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError) as caught:
        Store(tmp_path).mend().runs()
    assert caught.value.key == "store.no_design"


# --- extension, compaction


def test_extending_runs_only_what_is_missing(tmp_path):
    assert filled(tmp_path, range(1, 5))[1].ok == 11
    assert filled(tmp_path, range(1, 9))[1].ok == 12, "four more seeds"
    assert filled(tmp_path, range(1, 9), {**ARMS, "more": [{"policy": "shift", "by": 2.0}]})[1].ok == 8, (
        "one more arm"
    )
    compact(Store(tmp_path).mend())
    assert filled(tmp_path, range(1, 9))[1].ok == 0 and filled(tmp_path, range(1, 11))[1].ok == 6, (
        "the same after compaction"
    )


def test_compacted_parts_are_the_same_bytes_however_the_runs_were_cut(tmp_path, monkeypatch):
    straight, _ = filled(tmp_path / "straight")
    before = straight.fingerprint()
    for seeds in (range(7, 13), [3, 1, 2], range(1, 13)):
        pieces, _ = filled(tmp_path / "pieces", seeds)
    assert pieces.fingerprint() == before
    monkeypatch.setattr(compaction, "PART_BYTES", 4000.0)
    done = [compact(Store(store.folder).mend()) for store in (straight, pieces)]
    assert {one.after for one in done} == {len(list((tmp_path / "pieces" / "runs").iterdir()))} and done[
        0
    ].runs == 36
    names = [
        [
            sorted(path.name for path in (store.folder / dataset).iterdir())
            for dataset in ("runs", "series", "grids")
        ]
        for store in (straight, pieces)
    ]
    assert names[0] == names[1] and len(names[0][0]) > 1
    assert straight.fingerprint() == pieces.fingerprint() == before
    assert compact(Store(tmp_path / "pieces").mend()).after == done[0].after, "once more changes nothing"


@pytest.mark.parametrize("stop", range(0, 24, 3))
def test_compaction_stopped_anywhere_loses_and_doubles_nothing(tmp_path, monkeypatch, stop):
    store, _ = filled(tmp_path)
    before, runs = store.fingerprint(), store.runs().to_pandas()
    left = [stop]

    def count(function):
        def counted(*args, **more):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return function(*args, **more)

        return counted

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "PART_BYTES", 4000.0)
        patch.setattr(Store, "put", count(Store.put))
        patch.setattr(Path, "unlink", count(Path.unlink))
        try:
            compact(Store(tmp_path).mend())
        except KeyboardInterrupt:
            pass
    reader = Store(tmp_path)
    reader.load()
    assert reader.fingerprint() == before and reader.runs().to_pandas().equals(runs)
    again, summary = filled(tmp_path)
    assert summary.ok == 0 and again.fingerprint() == before
    compact(Store(tmp_path).mend())
    assert again.fingerprint() == before


def test_a_run_that_failed_then_worked_keeps_its_good_row_through_compaction(tmp_path):
    store, _ = filled(tmp_path)
    tasks = [
        task.only([replace_branch(branch) for branch in task.branches if branch.arm == "odd"])
        for task in fake_study.tasks(ARMS, [3])
    ]
    runner.run_tasks(tasks, store.write, workers=1)
    assert set(store.runs()["status"].to_pylist()) == {"ok"}
    compact(Store(tmp_path).mend())
    assert set(store.runs()["status"].to_pylist()) == {"ok"} and store.runs().num_rows == 36


def replace_branch(branch):
    """The same run as it would be had its policy worked."""
    return specs.Branch(branch.arm, (), branch.run_id)


def test_large_tables_are_put_in_order_on_disk_with_the_same_result(tmp_path, monkeypatch):
    for make, count in ((filled, range(1, 13)), (designed, 40)):
        store, _ = make(tmp_path / make.__name__, count)
        before, whole = store.fingerprint(), store.runs()
        with monkeypatch.context() as patch:
            patch.setattr(ordered_reading, "WHOLE_BYTES", 1.0)
            patch.setattr(ordered_reading, "BUCKET_BYTES", 700.0)
            pieces = list(store.stream("runs"))
            assert len(pieces) > 3 and sum(piece.num_rows for piece in pieces) == whole.num_rows
            assert store.fingerprint() == before
