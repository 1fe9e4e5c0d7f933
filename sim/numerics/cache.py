"""The folder of compiled engines: where it lies, whether it can be trusted, and what in it may go.

Engines lie in ``<cache>/cogov/<name>/``, where ``<cache>`` is ``COGOV_CACHE``, else the user's cache.
Loading compiled code is running it, so a folder that somebody else owns (but root) or that everybody may
write is not used. Where nothing can be kept, engines go to a temporary folder of the user's own, and one
sentence says so. Only folders that carry our marker are ever removed, and none that a process uses: each
holds a lock on its engine's marker while it lives.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such lock: there only the age of a folder tells
    fcntl = None  # type: ignore[assignment]

VARIABLE = "COGOV_CACHE"
MARKER = "cogov-engine"
COMPILED = "compiled"  # a file beside it: every phase is there
KEEP = 4  # engines kept side by side: a few branches, not a museum
_UNUSED_DAYS = 1.0 if fcntl else 30.0  # days without use after which an engine may go
_WORDS = "Compiled code of cogov. It is made again when it is missed: this folder may be deleted.\n"
_locks: list[int] = []  # held until the process ends


@dataclass(frozen=True)
class Folder:
    """An engine's folder; ``kept``: what is compiled can be written there."""

    path: Path
    kept: bool


class Unusable(OSError):
    """A folder cannot be used; ``reason`` is a key of the catalog."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def cache_root() -> Path:
    """The folder that holds ``cogov/``: ``COGOV_CACHE``, else the user's cache."""
    chosen = os.environ.get(VARIABLE) or os.environ.get("XDG_CACHE_HOME")
    return Path(chosen) if chosen else Path.home() / ".cache"


def opened(name: str) -> Folder:
    """The folder of the engine of that name, in use from now on; old engines beside it are removed."""
    root = cache_root()
    try:
        folder = _use(root, name)
    except OSError as error:
        folder = _elsewhere(root, name, error)
    if folder.kept:
        remove_old(folder.path.parent)
    return folder


def _use(root: Path, name: str) -> Folder:
    """A folder below ``root`` that can be written, or a whole engine to read; OSError where neither is."""
    path = root / "cogov" / name
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if not path.is_dir():
            raise Unusable("cache.not_writable") from error
    for part in (root, path.parent, path):
        check_trust(part, root)
    try:
        _lock(path / MARKER)
        return Folder(path, True)
    except OSError as error:
        if (path / COMPILED).exists():  # all there, as in an image made by root: read it
            return Folder(path, False)
        raise Unusable("cache.not_writable") from error


def check_trust(path: Path, root: Path) -> None:
    """Unusable if somebody else could have put code there (a sticky one like /tmp is fine above our own)."""
    if not hasattr(os, "getuid"):
        return
    status = path.stat()
    if status.st_mode & 0o002 and not (path == root and status.st_mode & 0o1000):
        raise Unusable("cache.open_to_all")
    if path != root and status.st_uid not in (os.getuid(), 0):
        raise Unusable("cache.of_another")


def _elsewhere(root: Path, name: str, error: OSError) -> Folder:
    """A temporary folder of the user's own; what this process starts goes there too."""
    from sim.config import catalog, errors

    reason = catalog.text(getattr(error, "reason", "cache.not_writable"))
    try:
        own = _temporary()
        folder = _use(own, name)
        os.environ[VARIABLE] = str(own)
        said = catalog.text("cache.elsewhere", folder=root / "cogov", reason=reason, instead=own / "cogov")
    except OSError:
        folder = Folder(root / "cogov" / name, False)
        said = catalog.text("cache.nowhere", folder=root / "cogov", reason=reason)
    warnings.warn(errors.Notice(said), stacklevel=2)
    return folder


def _temporary() -> Path:
    own = (
        Path(tempfile.gettempdir())
        / f"cogov-{os.getuid() if hasattr(os, 'getuid') else os.environ.get('USERNAME', 'user')}"
    )
    try:
        own.mkdir(mode=0o700)
    except FileExistsError:
        status = own.lstat()
        if own.is_symlink() or (
            hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o077)
        ):
            return Path(tempfile.mkdtemp(prefix="cogov-"))
    return own


def _lock(marker: Path) -> None:
    """Mark an engine as ours, as used now, and as in use until this process ends."""
    while True:
        handle = os.open(marker, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            if fcntl:
                fcntl.flock(handle, fcntl.LOCK_SH)
            if not os.path.exists(marker) or os.stat(marker).st_ino != os.fstat(handle).st_ino:
                marker.parent.mkdir(parents=True, exist_ok=True)  # removed in between: once more
                continue
            if os.fstat(handle).st_size == 0:
                os.write(handle, _WORDS.encode())
            os.utime(marker)
        except OSError:
            os.close(handle)
            raise
        _locks.append(handle)
        return


def remove_old(home: Path, keep: int = KEEP, now: float | None = None) -> list[Path]:
    """Remove all but the ``keep`` engines used last, of those that nobody uses; returns what is gone.

    Args:
        home: the folder of engines. now: the time in seconds (default: the clock's), for tests.
    """
    try:
        marked = [path for path in home.iterdir() if (path / MARKER).is_file() and not path.is_symlink()]
        ages = sorted(((path / MARKER).stat().st_mtime, path) for path in marked)
        if now is None:
            now = (home / ages[-1][1] / MARKER).stat().st_mtime if ages else 0.0  # the engine just opened
    except OSError:
        return []
    gone = []
    for used, path in ages[:-keep]:
        if now - used > _UNUSED_DAYS * 86400.0 and _remove(path):
            gone.append(path)
    return gone


def _remove(path: Path) -> bool:
    """Remove an engine unless somebody uses it."""
    try:
        handle = os.open(path / MARKER, os.O_RDWR)
    except OSError:
        return False
    try:
        if fcntl:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
