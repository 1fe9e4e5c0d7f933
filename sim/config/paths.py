"""The configuration's home: inside the package (wheel) or beside it (editable install)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def config_dir(package: Path = PACKAGE) -> Path:
    """The folder that holds parameters/, places/, studies/ and catalog/.

    A wheel ships it as ``sim/configs``; in a checkout it stands beside ``sim``.
    """
    for folder in (package / "configs", package.parent / "configs"):
        if (folder / "parameters").is_dir():
            return folder
    raise FileNotFoundError(f"no configs/ in {package.name}/ nor beside it; reinstall cogov")


def shown(path: Path) -> str:
    """A path as messages show it: from ``configs/`` on, else relative to here, else as it is."""
    path = Path(path)
    try:
        return (Path("configs") / path.resolve().relative_to(config_dir().resolve())).as_posix()
    except ValueError:
        pass
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
