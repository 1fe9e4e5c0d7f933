"""The compiled code's cache: nothing of others is touched, nothing in use goes, clones share, and it
always starts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.numerics import cache, jit

ROOT = Path(__file__).resolve().parents[2]
TINY = """
from sim.numerics.jit import builder, kernel
from sim.mechanisms.workforce import tie_after_contact


@kernel
def twice(x):
    return tie_after_contact(tie_after_contact(x, 0.5), 0.5)


@builder
def filled(n):
    import numpy as np

    return np.full(n, twice(0.0))
""".replace("    import numpy as np\n\n", "").replace(
    "from sim.numerics.jit", "import numpy as np\nfrom sim.numerics.jit"
)
TOLD = (
    "from sim.tiny import filled, twice; print(twice(0.0), filled(2)[1], "
    "sum(twice.stats.cache_hits.values()), sum(twice.stats.cache_misses.values()))"
)


@pytest.fixture
def clone(tmp_path):
    """Makes copies of the package with a tiny kernel in it."""

    def made(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(ROOT / "sim", folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "configs", folder / "configs")
        (folder / "sim" / "tiny.py").write_text(TINY, encoding="utf-8")
        return folder

    return made


def python(code: str, folder: Path, where: Path | str, **env: str) -> subprocess.CompletedProcess:
    """A process that sees the copy alone."""
    env = (
        os.environ
        | {
            "COGOV_CACHE": str(where),
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COGOV_LANG": "en",
        }
        | env
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def engine(home: Path, name: str, days_ago: float) -> Path:
    folder = home / name
    folder.mkdir(parents=True)
    (folder / cache.MARKER).write_text("x", encoding="utf-8")
    (folder / "phase.nbc").write_text("x", encoding="utf-8")
    then = time.time() - 86400.0 * days_ago
    os.utime(folder / cache.MARKER, (then, then))
    return folder


def test_what_is_not_ours_stays(tmp_path, monkeypatch):
    """COGOV_CACHE points to a folder with a user's own things, in cogov/ too: only marked engines out of
    use for long go.
    """
    monkeypatch.setenv("COGOV_CACHE", str(tmp_path))
    mine = [tmp_path / "thesis", tmp_path / "cogov" / "notes", *(tmp_path / f"photos{i}" for i in range(6))]
    for folder in mine:
        folder.mkdir(parents=True)
        (folder / "work.txt").write_text("years of it", encoding="utf-8")
    (tmp_path / "cogov" / "link").symlink_to(mine[0])
    old = [engine(tmp_path / "cogov", f"old{i}", 30 + i) for i in range(6)]
    opened = cache.opened("new")
    assert opened == cache.Folder(tmp_path / "cogov" / "new", True)
    assert all((folder / "work.txt").read_text(encoding="utf-8") == "years of it" for folder in mine)
    assert [folder.exists() for folder in old] == [True] * 3 + [False] * 3, (
        "the four used last stay, the new one among them"
    )


def test_young_engines_stay(tmp_path):
    made = [engine(tmp_path, f"e{i}", 0.1 * i) for i in range(9)]
    assert cache.remove_old(tmp_path) == [] and all(folder.exists() for folder in made)
    assert len(cache.remove_old(tmp_path, now=time.time() + 86400 * 60)) == 5


@pytest.mark.skipif(cache.fcntl is None, reason="no locks here: age alone decides")
def test_an_engine_in_use_stays_until_its_process_ends(tmp_path):
    for i in range(6):
        engine(tmp_path / "cogov", f"e{i}", 30 + i)
    code = (
        "import sys; from sim.numerics import cache; cache.opened('used'); "
        "print('open', flush=True); sys.stdin.read()"
    )
    env = os.environ | {"COGOV_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    user = subprocess.Popen(
        [sys.executable, "-c", code],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert user.stdout.readline() == "open\n"
    used = tmp_path / "cogov" / "used"
    os.utime(used / cache.MARKER, (0, 0))
    cache.remove_old(used.parent, keep=1)
    assert used.exists()
    user.communicate("", timeout=60)
    os.utime(used / cache.MARKER, (0, 0))
    assert used in cache.remove_old(used.parent, keep=1, now=time.time()) and not used.exists()


def test_clones_of_equal_sources_share_what_is_compiled(clone, tmp_path):
    """The second clone loads what the first compiled; an edited one does not."""
    first, second = clone("one"), clone("elsewhere/two")
    assert python(TOLD, first, tmp_path / "cache").stdout.split() == ["0.75", "0.75", "0", "1"]
    assert python(TOLD, second, tmp_path / "cache").stdout.split() == ["0.75", "0.75", "1", "0"]
    rule = second / "sim" / "mechanisms" / "workforce.py"
    rule.write_text(
        rule.read_text(encoding="utf-8").replace("return tie + gain *", "return tie + 0.1 * gain *"),
        encoding="utf-8",
    )
    assert python(TOLD, second, tmp_path / "cache").stdout.split()[2:] == ["0", "1"]
    assert python(TOLD, first, tmp_path / "cache").stdout.split()[2:] == ["1", "0"]


def test_functions_of_one_name_in_two_modules_are_two(clone, tmp_path):
    folder = clone("one")
    for package, value in (("agents", 1.0), ("policies", 2.0)):
        (folder / "sim" / package / "_same.py").write_text(
            f"from sim.numerics.jit import rule\n\n\n@rule\ndef f(x):\n    return x + {value}\n",
            encoding="utf-8",
        )
    code = "from sim.agents._same import f; from sim.policies._same import f as g; print(f(0.0), g(0.0))"
    assert [python(code, folder, tmp_path / "cache").stdout.split() for _ in range(2)] == [["1.0", "2.0"]] * 2


def test_a_damaged_cache_is_compiled_again(clone, tmp_path):
    folder = clone("one")
    python(TOLD, folder, tmp_path / "cache")
    files = [path for path in (tmp_path / "cache").rglob("*.nb?") if path.name.startswith("tiny.")]
    assert len(files) == 4
    for cut in (0, 40):
        for path in files:
            path.write_bytes(path.read_bytes()[:cut])
        assert python(TOLD, folder, tmp_path / "cache").stdout.split() == ["0.75", "0.75", "0", "1"]
    assert python(TOLD, folder, tmp_path / "cache").stdout.split() == ["0.75", "0.75", "1", "0"]


def blocked(tmp_path: Path) -> Path:
    """A folder that cannot be made, for root neither."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    return tmp_path / "file"


def open_to_all(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    (folder / "cogov").mkdir(parents=True)
    (folder / "cogov").chmod(0o777)
    return folder


def of_another(tmp_path: Path) -> Path:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    folder = tmp_path / "theirs"
    (folder / "cogov").mkdir(parents=True)
    os.chown(folder / "cogov", 12345, 12345)
    return folder


@pytest.mark.parametrize(
    "place, why",
    [
        (blocked, "cannot be written"),
        (open_to_all, "everybody may write"),
        (of_another, "belongs to somebody else"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_cache_that_cannot_be_used_is_a_temporary_folder_and_one_sentence(clone, tmp_path, place, why):
    """The engine starts, says where the compiled code is, and its children use the same folder without a
    word.
    """
    folder, where, temporary = clone("one"), place(tmp_path), tmp_path / "tmp"
    temporary.mkdir()
    child = (
        "import subprocess, sys; "
        "print(subprocess.run([sys.executable, '-c', sys.argv[1]], capture_output=True, text=True))"
    )
    done = python(
        f"import sys; sys.argv[1:] = [{TOLD!r}]; {TOLD}; {child}", folder, where, TMPDIR=str(temporary)
    )
    assert (
        done.stdout.startswith("0.75 0.75 0 1\n")
        and "0.75 0.75 1 0" in done.stdout
        and "stderr=''" in done.stdout
    ), done.stderr
    assert (
        done.stderr.count("cannot be kept in") == 1
        and why in done.stderr
        and str(temporary / f"cogov-{os.getuid()}" / "cogov") in done.stderr
    )
    assert "Traceback" not in done.stderr and (temporary / f"cogov-{os.getuid()}").stat().st_mode & 0o077 == 0
    assert not list(where.rglob("*.nb?")) if where.is_dir() else True
    assert "无法保存" in python(TOLD, folder, where, TMPDIR=str(temporary), COGOV_LANG="zh").stderr


def test_a_temporary_folder_that_somebody_laid_ready_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(cache.tempfile, "tempdir", str(tmp_path))
    laid = tmp_path / f"cogov-{os.getuid()}"
    laid.mkdir()
    laid.chmod(0o755)
    other = cache._temporary()
    assert other != laid and other.stat().st_mode & 0o077 == 0
    laid.chmod(0o700)
    assert cache._temporary() == laid


def test_an_engine_compiled_by_root_is_read_where_it_cannot_be_written(tmp_path, monkeypatch):
    """As in an image: whole (its marker says compiled) it is used as it is; half it is not."""
    engine(tmp_path / "cogov", "whole", 1)

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(cache, "_lock", refuse)
    with pytest.raises(cache.Unusable, match="cache.not_writable"):
        cache._use(tmp_path, "whole")
    (tmp_path / "cogov" / "whole" / cache.COMPILED).touch()
    assert cache._use(tmp_path, "whole") == cache.Folder(tmp_path / "cogov" / "whole", False)


# --- what numba does not promise


def test_numbas_private_parts_are_there():
    """``_nrt`` and the cache's classes: a numba without them would be slower, or share nothing. pyproject
    bounds numba.
    """
    assert jit.UNCOUNTED == {"_nrt": False} and jit.FunctionCache is not None
    from sim.mechanisms.queues import link  # any phase: compiled by itself it shows its options

    assert link.targetoptions["_nrt"] is False and type(link._cache) is jit._Cache


def test_pyproject_bounds_what_may_break():
    """numba, whose private parts are used, numpy, the builder and the cluster's packages have an upper
    bound each.
    """
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [x for x in project["project"]["dependencies"] if x.startswith(("numba", "numpy", "mesa"))]
    wanted += project["build-system"]["requires"] + project["project"]["optional-dependencies"]["cluster"]
    assert len(wanted) == 8 and [x for x in wanted if ">=" not in x or "<" not in x] == []


WITHOUT = """
import sys, numba, numba.core.cpu, numba.core.caching
numba.core.cpu.CPUTargetOptions = object
del numba.core.caching.CompileResultCacheImpl
"""


def test_without_them_the_engine_still_starts(clone, tmp_path):
    """Forced: no ``_nrt``, no cache classes.

    Same values, an engine of its own, kept by numba's usual cache.
    """
    folder = clone("one")
    python(TOLD, folder, tmp_path / "cache")
    code = (
        f"{WITHOUT}\n{TOLD}; from sim.numerics import jit; "
        "print(jit.UNCOUNTED, jit.FunctionCache, '_nrt' in twice.targetoptions)"
    )
    first, second = (python(code, folder, tmp_path / "cache") for _ in range(2))
    assert first.stdout.split("\n")[:2] == ["0.75 0.75 0 1", "{} None False"], first.stderr
    assert (
        second.stdout.startswith("0.75 0.75 1 0\n")
        and len(list((tmp_path / "cache" / "cogov").iterdir())) == 2
    )
