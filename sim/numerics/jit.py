"""The compiled code's door: decorators, and a cache named by what was compiled.

numba's own cache looks only at the file of the function that is called: editing a rule in
another file leaves yesterday's engine running while tests of the Python rule pass. Here the
cache folder is named by a hash of every source that compiled code can see and of the versions
that shape machine code, so an edit can only ever meet an empty folder or its own code. Within it
files are named by module and function, not by path: two clones of equal sources share them.

numba enters here alone. Two things of it are not public: how a function's cache is found (without
it numba's usual one is used, by path), and ``_nrt`` (without it phases count references: slower).
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numba import config, njit

from sim.numerics.cache import cache_root, opened

try:
    from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
except ImportError:
    FunctionCache = None  # type: ignore[assignment, misc]
try:
    from numba.core.cpu import CPUTargetOptions

    UNCOUNTED: dict[str, bool] = {"_nrt": False} if hasattr(CPUTargetOptions, "_nrt") else {}
except ImportError:
    UNCOUNTED = {}

__all__ = ["CACHE", "KEPT", "UNCOUNTED", "builder", "cache_root", "compiled_hash", "kernel", "rule"]
PACKAGE = Path(__file__).resolve().parent.parent
# nobody calls the engine from C, and wrappers for it would be a tenth of what is compiled
_OPTIONS = {"nogil": True, "error_model": "numpy", "boundscheck": None, "no_cfunc_wrapper": True}


def compiled_hash(root: Path = PACKAGE) -> str:
    """Hex digest of the sources that compiled code can see: those that import this module, and their
    imports.
    """
    texts = {p: p.read_text(encoding="utf-8") for p in root.rglob("*.py")}
    seen = {p for p, text in texts.items() if re.search(r"\bsim\.(?:\w+\.)*jit import", text)} | {
        p for p in texts if p.name == "jit.py"
    }
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
    digest.update(
        f"{sys.version_info[:3]} {version('numba')} {version('numpy')} {sorted(UNCOUNTED)}".encode()
    )
    for path in paths:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


_FOLDER = opened(compiled_hash())
CACHE, KEPT = _FOLDER.path, _FOLDER.kept  # where compiled code lies; whether more can be put there

if FunctionCache is not None:

    class _Locator(_CacheLocator):
        """Compiled code by module and function in the engine's folder, whose name says of which sources
        it is.
        """

        def __init__(self, function: Callable) -> None:
            self._module, self._py_file = function.__module__, function.__code__.co_filename

        def get_cache_path(self) -> str:
            return str(CACHE)

        def get_source_stamp(self) -> str:
            return "as the folder's name says"

        def get_disambiguator(self) -> str:
            return hashlib.blake2b(self._module.encode(), digest_size=5).hexdigest()

        @classmethod
        def from_function(cls, py_func: Callable, py_file: str) -> _Locator:
            del py_file  # where the sources lie decides nothing
            return cls(py_func)

    class _Impl(CompileResultCacheImpl):
        _locator_classes = [_Locator]  # type: ignore[list-item]

    class _Cache(FunctionCache):
        """numba's cache; a file that cannot be read is compiled again, one that cannot be written is not
        kept.
        """

        _impl_class = _Impl

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                return super().load_overload(sig, target_context)
            except Exception:  # cut short, of another numba, removed meanwhile: forget it
                if KEPT:
                    self._kept(self.flush)
                return None

        def save_overload(self, sig: Any, data: Any) -> None:
            if KEPT:
                self._kept(super().save_overload, sig, data)

        @staticmethod
        def _kept(write: Callable, *args: Any) -> None:
            with suppress(OSError):  # disk full, folder gone
                write(*args)

elif KEPT:
    config.CACHE_DIR = str(CACHE)  # type: ignore[attr-defined]


def _compiled(function: Callable, **options: Any) -> Callable:
    if FunctionCache is None:
        return njit(function, cache=KEPT, **options)
    dispatcher: Any = njit(function, **options)
    dispatcher._cache = _Cache(function)
    return dispatcher


def rule(function: Callable) -> Callable:
    """Compile a scalar rule: one agent, float64 in and out, no arrays written."""
    return _compiled(function, **_OPTIONS)


def kernel(function: Callable) -> Callable:
    """Compile a phase or helper that walks tables that others own: it makes no array, so none is counted.

    Counting references at every call of a phase that sees 30 tables costs a third of its time.
    """
    return _compiled(function, **UNCOUNTED, **_OPTIONS)


def builder(function: Callable) -> Callable:
    """Compile a function that makes arrays of its own."""
    return _compiled(function, **_OPTIONS)
