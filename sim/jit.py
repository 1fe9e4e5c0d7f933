"""The compiled code's door: decorators, and a cache folder named by what was compiled.

numba's own cache looks only at the file of the function that is called: editing a rule in
another file leaves yesterday's engine running while tests of the Python rule pass. Here the
cache folder is named by a hash of every source that compiled code can see and of the versions
that shape machine code, so an edit can only ever meet an empty folder or its own code.

Import this module before numba is imported anywhere else.
"""
from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
KEEP = 4  # engines kept side by side: a few branches, not a museum


def compiled_hash(root: Path = PACKAGE) -> str:
    """Hex digest of the sources that compiled code can see: those that import this module, and their imports."""
    texts = {p: p.read_text(encoding="utf-8") for p in root.rglob("*.py")}
    seen = {p for p, text in texts.items() if "sim.jit import" in text} | {root / "jit.py"}
    todo = list(seen)
    while todo:
        for name in re.findall(r"^\s*(?:from|import) sim\.([\w.]+)", texts.get(todo.pop(), ""), flags=re.M):
            path = root / (name.replace(".", "/") + ".py")
            if path in texts and path not in seen:
                seen.add(path)
                todo.append(path)
    return _digest(sorted(seen), root)


def _digest(paths: list[Path], root: Path) -> str:
    digest = hashlib.blake2b(digest_size=10)
    digest.update(f"{sys.version_info[:3]} {version('numba')} {version('numpy')}".encode())
    for path in paths:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def cache_root() -> Path:
    """The user's cache folder for compiled engines (``COGOV_CACHE`` overrides it)."""
    chosen = os.environ.get("COGOV_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cogov"


def _use_cache_folder() -> Path:
    folder = cache_root() / compiled_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        others = sorted((p for p in folder.parent.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
        for old in others[:-KEEP]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:  # a read-only home still runs, it only compiles each time
        return folder
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    import numba.core.config as config

    config.CACHE_DIR = str(folder)
    return folder


CACHE = _use_cache_folder()

from numba import njit  # noqa: E402  (after the cache folder is set)

_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "boundscheck": None}


def rule(function):
    """Compile a scalar rule: one agent, float64 in and out, no arrays written."""
    return njit(function, **_OPTIONS)


def kernel(function):
    """Compile a phase or helper that walks tables that others own: it makes no array, so none is counted.

    Counting references at every call of a phase that sees 30 tables costs a third of its time.
    """
    return njit(function, _nrt=False, **_OPTIONS)


def builder(function):
    """Compile a function that makes arrays of its own."""
    return njit(function, **_OPTIONS)
