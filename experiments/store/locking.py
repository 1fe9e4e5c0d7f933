"""One writer at a time in a results folder: an operating system's lock, held by the process, so that a kill
frees it.

The lock file ``.cogov.lock`` says who holds it. Threads of one process exclude each other too; one thread may
take the same folder several times. Where a file system knows no locks (some network mounts) work goes on, and
it is said once.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import threading
import time
import weakref
from datetime import UTC, datetime
from pathlib import Path

FILE = ".cogov.lock"
# seconds for which a start waits: a reader that looks holds the lock for an instant
PATIENCE, PAUSE = 0.6, 0.05
_NO_LOCKS = {
    errno.ENOLCK,
    errno.ENOSYS,
    getattr(errno, "EOPNOTSUPP", errno.ENOSYS),
    getattr(errno, "ENOTSUP", errno.ENOSYS),
}
_held: weakref.WeakValueDictionary[Path, FolderLock] = weakref.WeakValueDictionary()
_guard = threading.Lock()


class Taken(Exception):
    """Somebody else writes there: ``who`` says pid, host, since."""

    def __init__(self, who: dict):
        super().__init__(who)
        self.who = who


class FolderLock:
    """A lock that lasts as long as somebody refers to it.

    ``real`` is False where the file system has no locks.
    """

    def __init__(self, path: Path, handle: int, real: bool, who: dict):
        self.path, self.real, self.who, self.thread = path, real, who, threading.get_ident()
        self.release = weakref.finalize(self, _free, handle, os.getpid())


def take(folder: Path) -> FolderLock:
    """The lock of a folder (made if it is not there); ``Taken`` if another process or thread writes in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / FILE
    with _guard:
        mine = _held.get(path)
        if mine is not None and mine.release.alive:
            if mine.thread != threading.get_ident():
                raise Taken(mine.who)
            return mine
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            real = _wait(handle)
            who = {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            os.ftruncate(handle, 0)
            os.write(handle, json.dumps(who).encode())
        except BaseException:
            os.close(handle)
            raise
        _held[path] = found = FolderLock(path, handle, real, who)
        return found


def holder(folder: Path) -> dict | None:
    """Who writes in a folder now, or None. Looking leaves nothing behind."""
    path = folder.resolve() / FILE
    with _guard:
        mine = _held.get(path)
        if mine is not None and mine.release.alive:
            return mine.who if mine.thread != threading.get_ident() else None
        try:
            handle = os.open(path, os.O_RDWR)
        except OSError:
            return None
        try:
            return None if _try(handle) is not False else _told(handle)
        except OSError:
            return None
        finally:
            os.close(handle)  # frees what _try took


def _wait(handle: int) -> bool:
    """True when locked, False where there are no locks; ``Taken`` after PATIENCE."""
    until = time.monotonic() + PATIENCE
    while True:
        found = _try(handle)
        if found is not False:
            return bool(found)
        if time.monotonic() > until:
            raise Taken(_told(handle))
        time.sleep(PAUSE)


def _try(handle: int) -> bool | None:
    """True: locked; False: somebody else has it; None: this file system has no locks."""
    try:
        _lock(handle)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return None
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


def _lock(handle: int) -> None:
    """A record lock, which a forked worker does not inherit and which NFS knows."""
    if sys.platform == "win32":  # one byte far behind the text, so that others can still read who it is
        import msvcrt

        os.lseek(handle, 1 << 30, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _told(handle: int) -> dict:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        found = json.loads(os.read(handle, 4096))
        return {name: found.get(name, "?") for name in ("pid", "host", "since")}
    except (OSError, ValueError, AttributeError):
        return {"pid": "?", "host": "?", "since": "?"}


def _free(handle: int, pid: int) -> None:
    """Closing frees the lock; in a forked child the number may be somebody else's by now."""
    if os.getpid() == pid:
        os.close(handle)
