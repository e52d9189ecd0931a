"""Files that survive a crash: written aside, forced to disk, then put in place in one step; and locks."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]
"""The project's own folder."""


def replace_file(path: Path, content: bytes) -> None:
    """Make `path` hold `content`, or leave it as it was: never something in between, even across kill -9, or
    where two do so at once.

    The file is readable by its owner only. When this returns, content and name are on disk. Raises OSError.
    """
    _put(path, content, replaces=True)


def create_file(path: Path, content: bytes) -> None:
    """The same where nothing is yet: of two who do so at once, one. Raises OSError, FileExistsError among
    them."""
    _put(path, content, replaces=False)


def _put(path: Path, content: bytes, *, replaces: bool) -> None:
    aside = path.with_name(path.name + ".tmp")
    descriptor = _alone(aside)
    try:
        if not replaces and path.exists():
            aside.unlink()
            raise FileExistsError(f"{path.name} is there already")
        os.fchmod(descriptor, 0o600)  # what a killed run of somebody else's left there may be open to others
        os.ftruncate(descriptor, 0)
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
        os.replace(aside, path)  # noqa: PTH105  # in line with the descriptors around it
    finally:
        os.close(descriptor)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _alone(aside: Path) -> int:
    """A file for this writer alone, until its descriptor is closed. Whoever had it before may have put it in
    place, or taken it away: then it is another one that has the name."""
    while True:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if aside.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def lock_file(path: Path) -> int:
    """Lock `path` (created if missing) against every other opener; the descriptor holds the lock until
    closed.

    The kernel lets go when the process ends, however it ends. Raises BlockingIOError if it is locked already.
    """
    return _locked(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def lock_folder(path: Path, *, waits: bool = False) -> int:
    """The same for a folder that is there: it leaves no file in it. With `waits` until it is free."""
    return _locked(os.open(path, os.O_RDONLY), waits=waits)


def _locked(descriptor: int, *, waits: bool = False) -> int:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
