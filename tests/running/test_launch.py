"""One launch for every verb: shards that merge to the same table, a stop that says how to go on, nothing
written too early.
"""

from __future__ import annotations

import ast
import re
import shlex
import sys
from pathlib import Path

import pytest

from experiments import cli, launch
from experiments.running import executors, runner
from experiments.store.folder import Store
from sim.config.catalog import catalog, set_language
from sim.config.paths import config_dir

ROOT = Path(__file__).resolve().parents[2]
SIZE = ["--residents", "360", "--days", "30", "--burn-in", "10"]
PLAN = """
name: tiny
title: {en: Tiny, zh: 小}
summary: {en: Tiny, zh: 小}
design: %s
settings: %s
scenario: small_community
uncertainties: {dispute_hazard: {}, naming_rate: {}}
arms: {baseline: [], grid: [{policy: grid_management}]}
replicates: 2
outcomes: [dispute_rate]
"""


@pytest.fixture(autouse=True)
def in_a_folder_with_studies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(launch, "warm", lambda quiet, engine="": None)
    (tmp_path / "sweep.yaml").write_text(PLAN % ("sweep", "{sampler: lhs, n: 4}"), encoding="utf-8")
    (tmp_path / "morris.yaml").write_text(PLAN % ("morris", "{trajectories: 4}"), encoding="utf-8")
    study = (config_dir() / "studies" / "phenomena" / "complaint_tail.yaml").read_text(encoding="utf-8")
    for number, name in enumerate(("tail", "other")):
        text = re.sub(r"(?m)^name: .*$", f"name: {name}", study)
        text = (
            re.sub(r"(?m)^(residents|burn_in_days|days): .*\n", "", text)
            + f"\nresidents: 300\nburn_in_days: 10\ndays: {30 + number}\n"
        )
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    yield
    set_language(None)


VERBS = {
    "compare": ["compare", "three_policies", *SIZE, "--seeds", "2"],
    "sweep": ["sweep", "sweep.yaml", *SIZE],
    "sensitivity": ["sensitivity", "morris.yaml", *SIZE],
    "validate": ["validate", "--only", "claims", "--systems", "3,20", "--residents", "300", "--seeds", "3"],
    "phenomena": ["phenomena", "tail.yaml", "other.yaml", "--seeds", "2"],
}
TABLES = {
    "compare": "comparison.csv",
    "sweep": "design.csv",
    "sensitivity": "indices.csv",
    "validate": "claims.csv",
    "phenomena": "phenomena.csv",
}


def cogov(*words: str) -> int:
    try:
        return cli.main([*words, "--lang", "en"])
    except SystemExit as end:
        return int(end.code or 0)


def shown_next(said: str) -> list[list[str]]:
    """The commands under the last 'Next:', as a shell takes them apart."""
    lines = said.rpartition("Next:\n")[2].splitlines()
    return [shlex.split(line) for line in lines if line.startswith("  cogov ")]


def runs_in(folder: Path) -> int:
    """Rows of all results in a folder."""
    stores = [Store(path.parent) for path in folder.rglob("manifest.json")]
    return sum(
        store.read(part, ["run_id"]).num_rows
        for store in stores
        if store.load()
        for part in store.parts("runs")
    )


@pytest.mark.parametrize("verb", VERBS)
def test_shards_merge_to_the_table_of_a_straight_run(verb, capsys):
    words = [*VERBS[verb], "--no-report", "--quiet", "--executor", "serial"]
    assert cogov(*words, "--out", "straight") == 0
    for part in ("1/2", "2/2"):
        assert cogov(*words, "--shard", part, "--out", f"my part (1)-shard{part.replace('/', 'of')}") == 0
    assert not list(Path().glob(f"*shard*/**/{TABLES[verb]}")), "a shard is not judged"
    halves = [runs_in(folder) for folder in Path().glob("my part*")]
    assert min(halves) > 0 and sum(halves) == runs_in(Path("straight")), "no run is done by two shards"
    merging = shown_next(capsys.readouterr().out)[0]
    assert merging[1:4] == ["merge", "my part (1)-shard1of2", "my part (1)-shard2of2"], (
        "the command as a shell reads it"
    )
    assert cogov("merge", *merging[2:4], "--out", "merged") == 0
    assert cogov(*shown_next(capsys.readouterr().out)[0][1:], "--no-report") == 0
    assert "none is repeated" in capsys.readouterr().out
    assert Path("merged", TABLES[verb]).read_bytes() == Path("straight", TABLES[verb]).read_bytes()


@pytest.mark.parametrize("verb", VERBS)
def test_a_second_start_repeats_nothing_and_a_preview_says_what_it_will_cost(verb, capsys):
    words = [*VERBS[verb], "--no-report", "--workers", "1", "--out", "here"]
    assert cogov(*words) == 0
    said = capsys.readouterr().out
    runs = int(re.search(r"([\d,]+) runs to do, 0 already there", said)[1])
    assert runs > 3 and re.search(r"About .+ with 1 worker\(s\), [\d.]+ MB on disk, in here", said)
    assert cogov(*words) == 0
    assert f"All {runs} runs are already in here" in capsys.readouterr().out


@pytest.mark.parametrize("verb", VERBS)
def test_a_stop_says_the_command_that_goes_on(verb, capsys, monkeypatch):
    """Parsed again it asks the same, in the same place, and does not set aside what was done."""
    monkeypatch.setattr(runner, "run_tasks", lambda *args, **options: runner.Summary(ok=1, stopped=True))
    words = [*VERBS[verb], "--workers", "3", "--out", "my results (1)", "--run-limit", "77", "--shard", "1/2"]
    assert cogov(*words, "--fresh") == launch.STOPPED
    [again] = shown_next(capsys.readouterr().out)
    parsed, asked = (vars(cli.parser().parse_args(list_)) for list_ in (again[1:], words))
    assert {**parsed, "parser": None} == {**asked, "parser": None} and not parsed["fresh"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "word, said",
    [("dask", "needs the package distributed"), ("slurm", "needs the package"), ("nowhere", "is unknown")],
)
def test_nothing_is_written_for_a_place_that_cannot_be_had(verb, word, said, monkeypatch, capsys):
    for package in ("distributed", "dask_jobqueue"):
        monkeypatch.setitem(sys.modules, package, None)
    assert cogov(*VERBS[verb], "--executor", word, "--out", "here") == cli.BAD_INPUT
    assert said in capsys.readouterr().err and not Path("here").exists()


def test_a_scheduler_that_does_not_answer_is_noticed_before_anything_is_written(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(executors, "_packages", lambda kind: [])
    Path("none.json").write_text('{"workers": 1}', encoding="utf-8")
    Path("gone.json").write_text('{"address": "tcp://127.0.0.1:9"}', encoding="utf-8")
    for word in ("dask://127.0.0.1:9", "none.json", "gone.json", "missing.json"):
        assert cogov(*VERBS["compare"], "--executor", word, "--out", "here") == cli.BAD_INPUT
        assert (
            f"No worker answered at --executor {word}" in capsys.readouterr().err
            and not Path("here").exists()
        )


def test_of_many_folders_none_is_touched_if_one_is_anothers(capsys):
    assert cogov("phenomena", "tail.yaml", "--seeds", "1", "--out", "here", "--quiet", "--no-report") == 0
    (Path("here") / "tail").rename(Path("here") / "other")  # the second of the two
    before = sorted(Path("here").rglob("*"))
    assert cogov(*VERBS["phenomena"], "--out", "here") == cli.BAD_INPUT
    assert "holds another study" in capsys.readouterr().err and sorted(Path("here").rglob("*")) == before


def test_a_launch_knows_nothing_of_what_is_asked(tmp_path):
    """Anything with a name, tasks and a manifest is run."""
    import fake_study

    class Question:
        name = "mine"
        asked = {"baseline": [], "shift": fake_study.SHIFT}

        def tasks(self):
            return fake_study.tasks(self.asked, (1, 2, 3))

        def manifest(self):
            return fake_study.manifest(self.asked, (1, 2, 3))

    how = launch.Options(workers=1, quiet=True)
    jobs = launch.prepare([(Question(), tmp_path / "here")], how, command="cogov mine")
    assert launch.carry_out(jobs, how, "cogov mine")
    assert jobs[0].store.runs().num_rows == 6 and Store(tmp_path / "here").load()["command"] == "cogov mine"


def test_every_command_in_a_text_or_in_code_is_quoted():
    """A blank in a command of the catalog says ``!q``; code makes commands by ``console.command``."""
    for key, entry in catalog().items():
        for lang, words in entry.items():
            for command in re.findall(
                r"cogov (?:compare|sweep|sensitivity|validate|phenomena|report|export|merge|replay|\{verb\})"
                r"[^`;。；，,]*",
                str(words),
            ):
                blanks = [
                    blank
                    for blank in re.findall(r"\{[^}]*\}", command)
                    if blank not in ("{verb}", "{command}")
                ]
                assert all(blank.endswith("!q}") for blank in blanks), f"{key} ({lang}): {command}"
    for path in (ROOT / "experiments").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                version = path.name == "cli.py" and "__version__" in ast.unparse(node)
                assert version or not str(node.values[0].value).startswith("cogov "), (
                    f"{path.name}:{node.lineno}"
                )
