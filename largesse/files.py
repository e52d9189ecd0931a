"""Files that survive a crash: written aside, forced to disk, then put in place in one step; and locks."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]
"""The project's own folder."""


def replace_file(path: Path, content: bytes) -> None:
    """Make `path` hold `content`, or leave it as it was: never something in between, even across kill -9.

    The file is readable by its owner only. When this returns, content and name are on disk. Raises OSError.
    """
    aside = path.with_name(path.name + ".tmp")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)  # what a killed run of somebody else's left there may be open to others
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(aside, path)  # noqa: PTH105  # in line with the descriptors around it
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def lock_file(path: Path) -> int:
    """Lock `path` (created if missing) against every other opener; the descriptor holds the lock until
    closed.

    The kernel lets go when the process ends, however it ends. Raises BlockingIOError if it is locked already.
    """
    return _locked(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def lock_folder(path: Path) -> int:
    """The same for a folder that is there: it leaves no file in it."""
    return _locked(os.open(path, os.O_RDONLY))


def _locked(descriptor: int) -> int:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
