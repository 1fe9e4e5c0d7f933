"""Files that nobody ever meets half written: a temporary name, then one rename."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def replace_with(path: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill a temporary file beside ``path``, then put it in place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    return replace_with(path, lambda temporary: temporary.write_text(text, encoding=encoding, newline=""))


def move_aside(path: Path, folder: Path) -> Path:
    """Move ``path`` into ``folder`` under a name not taken there; nothing is deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.name}.{number}"
    os.replace(path, target)
    return target
