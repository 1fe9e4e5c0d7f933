"""One writer at a time: said plainly, freed by a kill, and two starts at once lose nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import fake_study
import pytest

from experiments import cli
from experiments.running import runner
from experiments.store import kept, locking
from experiments.store.folder import Store, StoreError

pytestmark = pytest.mark.usefixtures("language_as_it_was")
ROOT = Path(__file__).resolve().parents[2]
ARMS = {"baseline": [], "shift": fake_study.SHIFT}
WRITER = f"""
import sys, time
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
import fake_study
from pathlib import Path
from experiments.running import runner
from experiments.store.folder import DATASETS, Store
folder, stop = Path(sys.argv[1]), Path(sys.argv[2])
store = Store(folder).open(fake_study.manifest({ARMS!r}, range(1, 5)))
write = store._write_part
def slowly(dataset, key, columns):
    if dataset == "runs":  # its series and grids are there, its rows are not
        (folder / "waiting").touch()
        while not stop.exists():
            time.sleep(0.01)
    write(dataset, key, columns)
store._write_part = slowly
tasks = store.missing(fake_study.tasks({ARMS!r}, range(1, 5)), store.journal())
runner.run_tasks(tasks, store.write, workers=1)
"""


@pytest.fixture
def writer(tmp_path):
    """A process that stands between its series and its rows until told to go on: (process, folder, file
    that tells it).
    """
    folder, stop = tmp_path / "out", tmp_path / "stop"
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(stop)], stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while not (folder / "waiting").exists():
        assert process.poll() is None and time.monotonic() < until, (
            process.stderr.read().decode() if process.poll() is not None else "late"
        )
        time.sleep(0.01)
    yield process, folder, stop
    stop.touch()
    process.kill()
    process.wait()
    process.stderr.close()


def start(folder: Path, seeds=range(1, 5)):
    store = Store(folder).open(fake_study.manifest(ARMS, seeds))
    return store, runner.run_tasks(
        store.missing(fake_study.tasks(ARMS, seeds), store.journal()), store.write, workers=1
    )


def test_a_second_start_is_refused_says_who_and_loses_nothing(writer, tmp_path):
    process, folder, stop = writer
    before = sorted(path.name for path in folder.rglob("*"))
    for attempt in (lambda: start(folder), lambda: Store(folder).mend(), lambda: Store(folder).clear()):
        with pytest.raises(StoreError, match=f"process {process.pid} on .* since 20") as caught:
            attempt()
        assert caught.value.key == "store.taken" and sorted(path.name for path in folder.rglob("*")) == before
    stop.touch()
    assert process.wait(timeout=60) == 0
    again, summary = start(folder)
    assert summary.ok == 0 and again.fingerprint() == start(tmp_path / "straight")[0].fingerprint(), (
        "all rows, series and grids are there"
    )


def test_without_a_lock_an_interleaved_second_start_loses_nothing_either(writer, tmp_path, monkeypatch):
    """A file system without locks: the second start sweeps while the first has series without rows, then
    both end.
    """
    process, folder, stop = writer
    monkeypatch.setattr(locking, "_try", lambda handle: None)
    said = []
    store = Store(folder, lambda key, **values: said.append(key)).open(fake_study.manifest(ARMS, [4]))
    runner.run_tasks(store.missing(fake_study.tasks(ARMS, [4]), store.journal()), store.write, workers=1)
    assert "store.no_locks" in said and len(store.parts("series")) == 2, (
        "its own, and the first's without rows"
    )
    stop.touch()
    assert process.wait(timeout=60) == 0
    again, summary = start(folder)
    assert summary.ok == 0 and again.fingerprint() == start(tmp_path / "straight")[0].fingerprint()


def test_a_reader_says_that_somebody_is_writing(writer, capsys):
    process, folder, _ = writer
    document = kept.read_sealed(folder / "manifest.json")
    assert cli.main(["export", str(folder), "--lang", "en"]) == cli.BAD_INPUT
    err = capsys.readouterr().err
    assert "no finished run" in err or f"Process {process.pid}" in err
    assert kept.read_sealed(folder / "manifest.json") == document and process.poll() is None


def test_a_killed_writer_leaves_no_lock(writer):
    process, folder, _ = writer
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert locking.holder(folder) is None
    (folder / "waiting").unlink()
    store, summary = start(folder)
    assert summary.ok == 8 and store.runs().num_rows == 8


def test_threads_of_one_process_exclude_each_other_and_one_may_come_again(tmp_path):
    store, _ = start(tmp_path)
    again, summary = start(tmp_path)
    assert summary.ok == 0
    found = []

    def other():
        try:
            start(tmp_path)
        except StoreError as error:
            found.append(error.key)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == ["store.taken"]
    store.close()
    again.close()
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == ["store.taken"], "closed by both, it is free"


def test_a_lock_ends_with_its_store(tmp_path):
    start(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from experiments.store.folder import locking; "
        f"from pathlib import Path; print(locking.holder(Path({str(tmp_path)!r})))"
    )

    def look() -> str:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()

    assert look() == "None"
    store = Store(tmp_path).mend()
    assert f"'pid': {os.getpid()}" in look()
    del store
    assert look() == "None"


def test_a_look_leaves_nothing_behind(tmp_path):
    assert locking.holder(tmp_path) is None and list(tmp_path.iterdir()) == []
    lock = locking.take(tmp_path)
    assert json.loads((tmp_path / locking.FILE).read_text())["pid"] == os.getpid() and lock.real
