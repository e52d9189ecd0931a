"""What a contract refuses by a name and numbers, in words that a person knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from largesse.chain import RefusedError


@contextmanager
def explained(reason: str, words: Callable[..., str]) -> Iterator[None]:
    """A refusal of this name says what `words` makes of its values; reason and values stay."""
    try:
        yield
    except RefusedError as error:
        if error.reason != reason:
            raise
        values: tuple[Any, ...] = error.values
        raise RefusedError(reason, words(*values), values) from error
