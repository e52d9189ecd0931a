"""Waiting for what other threads, processes and the node do, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

WAIT_SECONDS: Final = 60.0
"""A busy machine takes long, and a test that can't come true is to end."""
T = TypeVar("T")


def until(condition: Callable[[], T], seconds: float = WAIT_SECONDS) -> T:
    """The first answer of `condition` that is true, asked fifty times a second.

    Raises AssertionError when there is none within `seconds`.
    """
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, f"after {seconds:.0f} s still {answer!r}"
        time.sleep(0.02)
    return answer
