"""Files of a results folder that are read back: each verified by its hash, none of anybody else's
overwritten.

A JSON document that stands alone carries its own hash (``sealed``). Every other file is listed, with its
hash, in ``hashes.json`` beside it, which is sealed itself; a file that is there and not listed belongs to
somebody else. Parquet parts carry their hash in their names (experiments/store/folder.py).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiments.files import replace_with, write_text
from sim.config.errors import UserError

JOURNAL = "hashes.json"
SEAL, BLANK = "content_hash", "0" * 32

_HEAD = re.compile(rb'\{\n "' + SEAL.encode() + rb'": "([0-9a-f]{32})"')


class StoreError(UserError):
    """A results folder, or a file of it, that cannot serve."""


def content_hash(content: bytes, size: int = 16) -> str:
    """Hex BLAKE2b of bytes."""
    return hashlib.blake2b(content, digest_size=size).hexdigest()


def sealed(document: Mapping) -> bytes:
    """A document as JSON that begins with the hash of itself."""
    rest = {name: value for name, value in document.items() if name != SEAL}
    content = (json.dumps({SEAL: BLANK, **rest}, indent=1, ensure_ascii=False) + "\n").encode()
    return content.replace(BLANK.encode(), content_hash(content).encode(), 1)


def write_sealed(path: Path, document: Mapping) -> Path:
    """Write a document with its own hash, in one step."""
    content = sealed(document)
    return replace_with(path, lambda temporary: temporary.write_bytes(content))


def read_sealed(path: Path) -> dict:
    """The document, without its hash.

    StoreError if a byte of it changed; FileNotFoundError if it is not there.
    """
    content = path.read_bytes()
    head = _HEAD.match(content)
    if head is None:
        raise StoreError("kept.no_hash" if _is_document(content) else "kept.damaged", path=path)
    start, end = head.span(1)
    if content_hash(content[:start] + BLANK.encode() + content[end:]) != head.group(1).decode():
        raise StoreError("kept.damaged", path=path)
    found = json.loads(content)
    del found[SEAL]
    return found


def _is_document(content: bytes) -> bool:
    """Whether it reads as a JSON object: then it was written by an older version, or by hand."""
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def write(path: Path, content: bytes | str) -> Path:
    """Write a file of ours that is read back. StoreError ``kept.not_ours`` where somebody else's file has
    that name.

    The journal learns of the new content first and forgets the old one last: stopped anywhere, what is there
    is listed.
    """
    data = content.encode() if isinstance(content, str) else content
    new, old = content_hash(data), claim(path)
    if new not in old:
        _list(path, [new, *old[:1]])
    replace_with(path, lambda temporary: temporary.write_bytes(data))
    if old != [new]:
        _list(path, [new])
    return path


def write_own(path: Path, write_to: Callable[[Path], object] | str) -> Path:
    """Write a file of ours that nobody reads back (a page, an export): it is listed without a hash."""
    if isinstance(write_to, str):
        claim(path, listed=True)
        return write_text(path, write_to)
    claim(path, listed=True)
    return replace_with(path, write_to)


def claim(path: Path, listed: bool = False) -> list[str]:
    """The hashes under which a file of ours is listed; StoreError if it is there and is not ours.

    With ``listed`` it becomes ours.
    """
    files = journal(path.parent)
    if path.name not in files and path.exists():
        raise StoreError("kept.not_ours", path=path)
    if listed and path.name not in files:
        _list(path, [])
    return files.get(path.name, [])


def _list(path: Path, hashes: list[str]) -> None:
    files = journal(path.parent)
    write_sealed(path.parent / JOURNAL, {"files": dict(sorted({**files, path.name: hashes}.items()))})


def journal(folder: Path) -> dict[str, list[str]]:
    """File name -> hashes of what it may hold; nothing where the folder has no journal."""
    try:
        files = read_sealed(folder / JOURNAL).get("files")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    if not isinstance(files, dict) or not all(isinstance(hashes, list) for hashes in files.values()):
        raise StoreError("kept.damaged", path=folder / JOURNAL)
    return files


def read(path: Path) -> bytes:
    """A file of ours, verified.

    StoreError if it is missing, damaged, changed, or was written without a hash.
    """
    hashes = journal(path.parent).get(path.name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError("kept.gone", path=path, why=error.strerror or error) from None
    if not hashes:
        raise StoreError("kept.no_hash", path=path)
    if content_hash(content) not in hashes:
        raise StoreError("kept.damaged", path=path)
    return content


def expected(path: Path) -> bool:
    """Whether a file is there, or should be."""
    return path.exists() or path.name in journal(path.parent)


def read_document(path: Path) -> Any:
    """A JSON file of ours, verified."""
    return json.loads(read(path))


def write_document(path: Path, document: object) -> Path:
    """A JSON file of ours that is read back."""
    return write(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
