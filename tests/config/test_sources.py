"""The model's version: what the model is changes it, how it is written down does not."""

from __future__ import annotations

import ast
import importlib.util
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from experiments import tasks
from experiments.store import environment, manifest
from sim import metrics, policies
from sim.config.model_version import Sources, SourcesError
from sim.config.own_code import code_hash
from sim.metrics.base import REGISTERED, metric
from sim.policies.base import Policy

ROOT = Path(__file__).resolve().parents[2]
ROOTS = tasks.COMPUTED_BY


@pytest.fixture(scope="module")
def whole() -> str:
    return version(ROOT)


@pytest.fixture
def copied(tmp_path) -> Path:
    for package in ("sim", "experiments"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    return tmp_path


def version(folder: Path) -> str:
    return Sources({"sim": folder / "sim", "experiments": folder / "experiments"}).digest(ROOTS)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_layout_comments_and_docstrings_change_nothing(copied, whole):
    """Every file written anew by ast.unparse, its docstrings replaced: another text, the same model."""
    for path in copied.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node):
                node.body[0].value.value = "Other words."
        path.write_text("# other words\n" + ast.unparse(tree), encoding="utf-8")
    assert version(copied) == whole


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("mechanisms/workforce", "return tie + gain * (1.0 - tie)", "return tie + gain * (1.1 - tie)"),
        ("policies/party_zones", "        0.33,\n", "        0.34,\n"),
        ("metrics/cost", "ratio(365.0 *", "ratio(364.0 *"),
        ("vocabulary", "ELDERLY", "ELDERLY_"),
        ("numerics/jit", '"error_model": "numpy"', '"error_model": "python"'),
        ("config/registry", "float(", "int("),
        ("world/tables", '"u1"', '"u2"'),
    ],
)
def test_what_the_model_is_changes_the_version(copied, whole, file, old, new):
    edit(copied / "sim" / f"{file}.py", old, new)
    assert version(copied) != whole


def test_how_values_of_a_design_reach_the_model_is_part_of_it(copied, whole):
    edit(copied / "experiments" / "running" / "worker.py", "float(value)", "2.0 * float(value)")
    assert version(copied) != whole


@pytest.mark.parametrize(
    "file", ["mesa_model/views", "mesa_model/agent_set", "mesa_model/community", "precompile", "world/laws"]
)
def test_what_cannot_change_a_run_is_no_part_of_the_model(copied, whole, file):
    (copied / "sim" / f"{file}.py").write_text("raise SystemExit\n", encoding="utf-8")
    assert version(copied) == whole


def test_what_an_error_says_and_how_arguments_are_annotated_change_nothing(copied, whole):
    edit(copied / "sim" / "engine.py", "A law of the model was broken", "Something odd happened")
    edit(
        copied / "sim" / "engine.py",
        '"engine.laws", day=self.day, illegal=',
        '"engine.other", today=self.day, unlawful=',
    )
    edit(
        copied / "sim" / "mechanisms" / "workforce.py",
        "def tie_after_contact(tie, gain)",
        "def tie_after_contact(tie: float, gain: float) -> float",
    )
    assert version(copied) == whole


def test_a_file_moved_to_another_folder_is_the_same_model(copied, whole):
    (copied / "sim" / "elsewhere").mkdir()
    (copied / "sim" / "elsewhere" / "__init__.py").write_text('"""What happens."""\n', encoding="utf-8")
    for name in ("workforce", "problems", "matters"):
        (copied / "sim" / "mechanisms" / f"{name}.py").rename(copied / "sim" / "elsewhere" / f"{name}.py")
        for path in copied.rglob("*.py"):
            path.write_text(
                path.read_text(encoding="utf-8").replace(
                    f"sim.mechanisms.{name} import", f"sim.elsewhere.{name} import"
                ),
                encoding="utf-8",
            )
    assert version(copied) == whole


SMALL = {
    "a": "FACTOR = 2.0\n\n\ndef f(x):\n    return FACTOR * x\n",
    "b": "def f(x):\n    return 3.0 * x\n",
    "c": "from p.a import f\n\n\ndef run(x):\n    return f(x)\n",
}


@pytest.fixture
def small(tmp_path):
    """The version of a small package with some of its files written otherwise."""

    def told(root="p.c.run", **changed) -> str:
        for name, text in (SMALL | changed).items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return Sources({"p": tmp_path}).digest([root])

    return told


def test_a_name_is_what_it_stands_for(small):
    """Another definition of the same name is another model; another way of importing the same one is not."""
    assert small(c=SMALL["c"].replace("p.a", "p.b")) != small()
    assert small(a=SMALL["b"], b=SMALL["a"]) != small(), (
        "two definitions exchanged: all words there, none where it was"
    )
    for same in (
        "import p.a\n\n\ndef run(x):\n    return p.a.f(x)\n",
        "from p import a as other\n\n\ndef run(x):\n    return other.f(x)\n",
        "def run(x):\n    from p.a import f as g\n\n    return g(x)\n",
        "from p.d import f\n\n\ndef run(x):\n    return f(x)\n",
    ):
        assert small(c=same, d="from p.a import f\n") == small(), same
    both = "from p.a import f\nfrom p.b import f as g\n\n\ndef run(x):\n    return f(x) - g(x)\n"
    assert small(c=both) != small(c=both.replace("p.a", "p.?").replace("p.b", "p.a").replace("p.?", "p.b")), (
        "f - g is not g - f"
    )
    assert small(a=SMALL["a"].replace("2.0", "2.5")) != small(), "a constant of a function that is called"
    assert small(a="def f(x):\n    return FACTOR * x\n\n\nFACTOR = 2.0\n") == small(), "the order in a file"
    assert small(b="import sys\n") == small(), "what is not reached"
    assert small(a=SMALL["a"] + "f = 1\n") != small(), "bound again"
    assert small(a=SMALL["a"] + "print(1)\n") != small(), "what runs when a reached file is imported"
    with pytest.raises(SourcesError, match="p.c.walk"):
        small("p.c.walk")


def test_a_variable_is_no_global_of_the_same_name(small):
    """An argument called as a function of the file is no use of it; after its scope the name is the
    function again.
    """
    text = "from p.a import f\n\n\ndef run(f):\n    return [f for f in f]\n"
    assert small(c=text) == small(c=text, a=SMALL["a"].replace("2.0", "9.0"))
    text = "from p.a import f\n\n\ndef run(f):\n    return f(1)\n"
    assert small(c=text) == small(c=text, a=SMALL["a"].replace("2.0", "9.0"))
    text = "from p.a import f\n\n\ndef run(x):\n    return [f for f in f]\n"
    assert small(c=text) != small(c=text, a=SMALL["a"].replace("2.0", "9.0"))
    text = "from p.a import f\n\n\ndef run(x):\n    return [f for f in x], f\n"
    assert small(c=text) != small(c=text, a=SMALL["a"].replace("2.0", "9.0"))
    text = "from p.a import f\n\n\nclass run:\n    f = 1\n\n    def g(self):\n        return f(self)\n"
    assert small(c=text) != small(c=text, a=SMALL["a"].replace("2.0", "9.0"))


def test_a_package_that_imports_its_own_files_reaches_all_of_them(small):
    text = 'from importlib import import_module\n\n\ndef run(name):\n    return import_module(f"p.{name}")\n'
    assert small(c=text) != small(c=text, b=SMALL["b"].replace("3.0", "4.0"))


def test_whatever_runs_is_reached():
    """Every Python function of ours that a task with all policies calls is among the definitions that are
    hashed.
    """
    import sim.engine  # noqa: F401  (what runs while it is imported is not asked about)
    from experiments.running.worker import run_task
    from sim.scenario import Scenario

    arms = {
        "all": tasks.bundle([{"policy": name} for name in policies.names()]),
        "while": tasks.bundle([{"policy": "party_zones", "start_day": 10, "end_day": 60}]),
    }
    task = tasks.Base.of(Scenario.load("small_community").scaled(600)).task(
        arms, 1, 1, row=0, values={"naming_rate": 0.05}
    )
    sources = Sources({"sim": ROOT / "sim", "experiments": ROOT / "experiments"})
    names = {str(path): name for name, path in sources.paths.items()}
    ran = set()

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename in names:
            ran.add((names[frame.f_code.co_filename], frame.f_code.co_firstlineno, frame.f_code.co_name))

    sys.setprofile(note)
    try:
        results = run_task(task)
    finally:
        sys.setprofile(None)
    assert [r.error for r in results] == ["", ""] and len(ran) > 100
    reached = sources.reached(ROOTS)

    def first(statement) -> int:
        return min(d.lineno for d in [statement, *getattr(statement, "decorator_list", [])])

    for module, line, name in sorted(ran):
        if name not in ("<module>", "__getattr__"):  # the package's door only imports
            holders = [
                n
                for n, nodes in sources.module(module).definitions.items()
                for s in nodes
                if first(s) <= line <= s.end_lineno
            ]
            assert {(module, n) for n in holders} & reached, f"{module}.{name} ran and is not hashed"


def test_the_environment_stands_beside_the_version(monkeypatch):
    found = environment.of(manifest.computed_by())
    assert found["python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.") and {
        "numpy",
        "numba",
        "llvmlite",
        "architecture",
    } <= set(found)
    before = tasks.model_version()
    monkeypatch.setattr(platform, "python_version", lambda: "9.9")
    assert environment.of(manifest.computed_by())["python"] == "9.9"
    tasks._sources.cache_clear()
    assert tasks.model_version() == before


# --- users' own

OWN = '''
from dataclasses import dataclass
from typing import ClassVar
from sim import policies
from sim.levers import Move
from sim.policies import Policy

HELP = {help}


def helper(x):
    """{doc}"""
    return HELP * x


class Rounds:
    def next_day(self, day):
        return None

    def act(self, world, day, seed):
        return {acts}


@policies.register
@dataclass(frozen=True)
class Own(Policy):
    """{doc}"""

    name: ClassVar[str] = "test_own_code"

    def moves(self, size):
        return [Move("patrol", "shift", helper({factor}) * self.intensity)]  # {doc}

    def institution(self, day):
        return Rounds()
'''
USUAL = {"doc": "Mine.", "help": 0.1, "factor": 1.0, "acts": "None"}


@pytest.fixture
def own(tmp_path):
    """Runs a user's file with other words or numbers in it, as often as wished; the policy that it
    registers.
    """
    name = "test_plugin_of_mine"

    def run(**changed) -> type[Policy]:
        path = tmp_path / f"v{len(list(tmp_path.iterdir()))}" / f"{name}.py"
        path.parent.mkdir()
        path.write_text(OWN.format(**(USUAL | changed)), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.Own

    yield run
    sys.modules.pop(name, None)
    policies._OWN.pop("test_own_code", None)


def name_of_run(policy: str = "test_own_code") -> str:
    return tasks.run_id("place", tasks.bundle([{"policy": policy}]), 1, 1, 10, 20, "version")


def test_an_edited_policy_of_ones_own_is_another_run(own):
    """Its code, a helper, a constant or its institution edited: other runs.

    Its words edited, or run again: the same.
    """
    own()
    usual, shipped = name_of_run(), name_of_run("grid_management")
    own(doc="Other words.")
    assert name_of_run() == usual
    found = {usual}
    for changed in ({"factor": 2.0}, {"help": 0.2}, {"acts": "seed"}):
        own(**changed)
        found.add(name_of_run())
    assert len(found) == 4 and name_of_run("grid_management") == shipped


def test_a_policy_without_a_source_is_known_by_its_code():
    """As in an interactive session: no file holds the text."""

    def made(number):
        scope = {"__name__": "__main__"}
        exec(f"def f(x):\n    'words'\n    return x * {number}\n\ndef g(x):\n    return f(x) + 1\n", scope)
        return scope["g"]

    assert code_hash(made(2.0)) == code_hash(made(2.0)) != code_hash(made(3.0))


def test_a_name_that_is_taken_is_an_error(monkeypatch):
    monkeypatch.setattr(policies, "_OWN", {})
    monkeypatch.setenv("COGOV_LANG", "en")

    def own(label, title="Mine"):
        return dataclass(frozen=True)(type(title, (Policy,), {"name": label, "__module__": __name__}))

    with pytest.raises(
        ValueError, match="'grid_management'.*sim.policies.grid_management.GridManagement.*another"
    ):
        policies.register(own("grid_management"))
    policies.register(own("test_mine"))
    again = policies.register(own("test_mine"))
    assert policies.get("test_mine") is again, "the same cell run again"
    with pytest.raises(ValueError, match="'test_mine'"):
        policies.register(own("test_mine", "Another"))
    with pytest.raises(ValueError, match="no name"):
        policies.register(own(""))
    assert (
        policies.get("grid_management").__module__ == "sim.policies.grid_management"
        and policies.get("test_mine") is again
    )


def test_a_metric_defined_late_is_measured_and_part_of_the_run(monkeypatch):
    """Registries are looked at anew: after the first look a metric reaches outcomes(), behind the shipped
    ones.
    """
    from sim.engine import Engine

    engine = Engine("small_community").advance(3)
    before, usual = engine.outcomes(), name_of_run("grid_management")
    monkeypatch.setattr(metrics.base, "REGISTERED", REGISTERED)
    try:

        @metric("share", "low")
        def test_late_one(r):
            """A metric of a notebook."""
            return 0.5

        after = engine.outcomes()
        assert list(after) == [*before, "test_late_one"] and after["test_late_one"] == 0.5
        assert name_of_run("grid_management") != usual
        with pytest.raises(ValueError, match="dispute_rate"):

            def dispute_rate(r):
                """Another of this name."""

            metric("share")(dispute_rate)
    finally:
        REGISTERED.pop("test_late_one")
    assert name_of_run("grid_management") == usual and metrics.registry()["dispute_rate"].family == "disputes"
