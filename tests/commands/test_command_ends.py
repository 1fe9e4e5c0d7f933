"""Ends of the command: one line for whatever stops it, the right exit code, and a host process left as it
was.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import fake_study
import pytest

from experiments import cli
from experiments.store.folder import Store
from sim.config import catalog

ROOT = Path(__file__).resolve().parents[2]
COGOV = [sys.executable, "-m", "experiments.cli"]
SMALL = [
    "three_policies",
    "--residents",
    "360",
    "--days",
    "20",
    "--burn-in",
    "5",
    "--seeds",
    "2",
    "--workers",
    "1",
    "--no-report",
]
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")
    yield
    catalog.set_language(None)


def lines(words: bytes | str) -> list[str]:
    return (words.decode() if isinstance(words, bytes) else words).strip().splitlines()


@posix
@pytest.mark.parametrize("words", [["list"], ["--help"], ["compare", "--help"]])
def test_a_full_disk_under_the_output_is_one_line(words):
    if not Path("/dev/full").exists():
        pytest.skip("no full disk to be had")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COGOV, *words, "--lang", "en"], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    [said] = lines(done.stderr)
    assert done.returncode == cli.BAD_INPUT and "cannot be written: No space left on device" in said


@posix
def test_a_reader_that_leaves_ends_a_list_without_a_word():
    process = subprocess.Popen([*COGOV, "list", "parameters"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait(timeout=60) == cli.PIPE_CLOSED


@posix
def test_a_reader_that_leaves_a_batch_is_told_how_to_go_on():
    process = subprocess.Popen(
        [*COGOV, "compare", *SMALL, "--out", "my results (1)", "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    said = lines(process.stderr.read())
    assert process.wait(timeout=60) == cli.PIPE_CLOSED and shlex.split(said[-1])[:2] == ["cogov", "compare"]
    assert "my results (1)" in shlex.split(said[-1]) and not any("Traceback" in line for line in said)


@posix
@pytest.mark.parametrize("blow", ["SIGHUP", "SIGTERM"])
def test_a_terminal_that_closes_and_a_clusters_stop_say_how_to_go_on(blow, tmp_path):
    words = [
        "compare",
        "three_policies",
        "--residents",
        "2000",
        "--seeds",
        "2000",
        "--workers",
        "2",
        "--quiet",
        "--out",
        "here",
    ]
    process = subprocess.Popen(
        [*COGOV, *words, "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until = time.monotonic() + 240
    while (
        not list((tmp_path / "here" / "runs").glob("part-*"))
        and process.poll() is None
        and time.monotonic() < until
    ):
        time.sleep(0.05)
    os.killpg(process.pid, getattr(signal, blow))  # workers get it too, as they do when a terminal closes
    out, err = process.communicate(timeout=60)
    assert process.returncode == cli.STOPPED and b"Traceback" not in err
    assert sorted(shlex.split(lines(out)[-1])) == sorted(["cogov", *words]) and b"nothing is lost" in out
    assert any(entry.status == "ok" for entry in Store(tmp_path / "here").mend().journal().values())


@posix
def test_a_program_under_nohup_stays_deaf(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        monkeypatch.setattr(cli, "_answer", lambda argv, own: os.kill(os.getpid(), signal.SIGHUP) or 7)
        assert cli.main(["list"]) == 7
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("words", [["list", "places"], ["report", "nowhere"], ["--version"]])
def test_the_host_process_is_left_as_it_was(words, capsys):
    """A notebook that calls the command keeps its signal handlers, its language and argparse's own words."""

    def mine(*_):
        raise AssertionError("not now")

    names = [name for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), mine) for name in names}
    translate, errors = argparse._, sys.stdout.errors
    catalog.set_language("zh")
    try:
        try:
            cli.main([*words, "--lang", "en"])
        except SystemExit:
            pass
        assert [signal.getsignal(getattr(signal, name)) for name in names] == [mine] * len(names)
        assert sys.stdout.errors == errors and argparse._ is translate and catalog.language() == "zh"
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def test_too_little_memory_and_a_broken_file_are_one_line(monkeypatch, capsys):
    from experiments.commands import list as verb

    for error, said in (
        (MemoryError(), "Not enough memory"),
        (ImportError("x.so: failed to map segment from shared object"), "Not enough memory"),
        (RuntimeError("can't start new thread"), "Not enough memory"),
        (PermissionError(13, "Permission denied", "configs/x.yaml"), "configs/x.yaml: Permission denied"),
    ):
        monkeypatch.setattr(verb, "run", lambda args, error=error: (_ for _ in ()).throw(error))
        assert cli.main(["list", "--lang", "en"]) == cli.BAD_INPUT
        [line] = lines(capsys.readouterr().err)
        assert said in line
    monkeypatch.setattr(verb, "run", lambda args: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # a fault of ours keeps its traceback
        cli.main(["list"])


GUARDLESS = """
from experiments import cli; from experiments.running import executors
executors.start_method = lambda: "spawn"
print("read", flush=True)
raise SystemExit(cli.main({words!r}))
"""


def test_a_script_without_a_main_guard_is_noticed_at_once(tmp_path):
    (tmp_path / "script.py").write_text(
        GUARDLESS.format(
            words=[
                "compare",
                *SMALL[:-3],
                "--workers",
                "2",
                "--no-report",
                "--quiet",
                "--out",
                "here",
                "--lang",
                "en",
            ]
        )
    )
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, timeout=120)
    [said] = lines(done.stderr)
    assert (
        done.returncode == cli.BAD_INPUT
        and "__main__" in said
        and said.startswith("Error: This script starts worker processes")
    )
    assert done.stdout.count(b"read\n") <= 3 and not list((tmp_path / "here").rglob("part-*")), (
        "read once by each worker, run by none"
    )
    guarded = (
        (tmp_path / "script.py")
        .read_text()
        .replace("raise SystemExit", "if __name__ == '__main__':\n    raise SystemExit")
    )
    (tmp_path / "script.py").write_text(guarded)
    assert subprocess.run([sys.executable, "script.py"], capture_output=True, timeout=120).returncode == 0


def test_a_phenomenon_that_is_no_file_is_one_line(capsys):
    for words, said in (
        (["phenomena", "no/such.yaml"], "no/such.yaml: no such file"),
        (["phenomena", "complaint_tial"], "did you mean 'complaint_tail'"),
    ):
        assert cli.main([*words, "--lang", "en"]) == cli.BAD_INPUT
        assert said in capsys.readouterr().err and not list(Path().iterdir())


@pytest.mark.parametrize("verb", ["compare", "sweep", "sensitivity"])
def test_results_taken_for_a_study_name_the_command_that_goes_on(verb, capsys):
    assert cli.main(["compare", *SMALL, "--out", "my results (1)", "--lang", "en"]) == 0
    capsys.readouterr()
    for word in ("my results (1)/manifest.json", "my results (1)"):
        assert cli.main([verb, word, "--lang", "en"]) == cli.BAD_INPUT
        said = capsys.readouterr().err
        again = "cogov compare three_policies --seeds 2 --days 20 --burn-in 5 --residents 360"
        assert f"{again} --out 'my results (1)'" in said
        assert "cogov report 'my results (1)'" in said


@posix
@pytest.mark.parametrize("more", [{}, {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_a_chinese_path_works_under_a_locale_of_ascii(more, tmp_path):
    study = (ROOT / "configs" / "studies" / "three_policies.yaml").read_text(encoding="utf-8")
    (tmp_path / "研究.yaml").write_text(study, encoding="utf-8")
    env = (
        {name: value for name, value in os.environ.items() if name not in ("LANG", "LC_CTYPE", "PYTHONUTF8")}
        | {"LC_ALL": "C"}
        | more
    )
    done = subprocess.run(
        [*COGOV, "compare", "研究.yaml", *SMALL[1:], "--out", "结果"],
        env=env,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads((tmp_path / "结果" / "manifest.json").read_text(encoding="utf-8"))[
        "command"
    ].startswith("cogov compare '研究.yaml'")
    assert (
        subprocess.run([*COGOV, "export", "结果"], env=env, capture_output=True, timeout=120).returncode == 0
    )


def test_replay_runs_no_engine_that_only_the_results_name(tmp_path, capsys, monkeypatch):
    (tmp_path / "evilmod.py").write_text("open('imported', 'w').close()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    arms = {"baseline": []}
    store = Store(tmp_path / "r").open({**fake_study.manifest(arms, [1]), "engine": "evilmod"})
    from experiments.running import runner

    runner.run_tasks(fake_study.tasks(arms, [1]), store.write, workers=1)
    name = store.runs()["run_id"][0].as_py()
    del store
    assert cli.main(["replay", "r", name, "--lang", "en"]) == cli.BAD_INPUT
    said = capsys.readouterr().err
    assert f"cogov replay r {name} --engine evilmod" in said and not (tmp_path / "imported").exists()
    with pytest.raises(KeyError):  # named by the user it is what runs (this one has no Engine)
        cli.main(["replay", "r", name, "--engine", "evilmod"])
    assert (tmp_path / "imported").exists()
