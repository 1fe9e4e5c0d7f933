"""A scheduler that answers and has no worker: said before anything is written."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from types import ModuleType

import pytest

from experiments import cli
from experiments.running import executors

COMPARE = ["compare", "three_policies", "--seeds", "1", "--residents", "360", "--days", "5", "--burn-in", "5"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "WORKER_SECONDS", 0.2)


def refused(word: str, capsys) -> None:
    words = [*COMPARE, "--executor", word, "--out", "there", "--quiet", "--no-report", "--lang", "en"]
    assert cli.main(words) == cli.BAD_INPUT
    said = capsys.readouterr().err
    assert f"No worker answered at --executor {word}" in said and len(said.splitlines()) == 1
    assert not Path("there").exists()


class Client:
    """As that of distributed, of a scheduler for whom nobody works."""

    def __init__(self, *args, **more):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def wait_for_workers(self, n_workers, timeout):
        raise TimeoutError(f"Only 0/{n_workers} workers arrived after {timeout}")


@pytest.mark.parametrize("by_file", [False, True])
def test_a_scheduler_without_a_worker_leaves_nothing_behind(by_file, monkeypatch, capsys):
    distributed = ModuleType("distributed")
    distributed.Client = Client
    monkeypatch.setitem(sys.modules, "distributed", distributed)
    with socket.create_server(("127.0.0.1", 0)) as scheduler:
        where = f"127.0.0.1:{scheduler.getsockname()[1]}"
        Path("s.json").write_text(json.dumps({"address": f"tcp://{where}"}), encoding="utf-8")
        refused("s.json" if by_file else f"dask://{where}", capsys)


def test_dask_itself_without_a_worker_leaves_nothing_behind(capsys):
    distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    with distributed.LocalCluster(n_workers=0, dashboard_address=None, processes=False, protocol="tcp") as it:
        refused(it.scheduler_address.replace("tcp://", "dask://"), capsys)
