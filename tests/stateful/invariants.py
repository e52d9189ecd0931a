"""What ends a life: a difference from the model, an invariant of INVARIANTS.md that does not hold."""

from __future__ import annotations


class Difference(AssertionError):  # noqa: N818
    """The contract did what the model does not."""


class Broken(AssertionError):  # noqa: N818
    """An invariant does not hold."""


def hold(kept: bool, number: int, text: str) -> None:
    """Invariant `number` of INVARIANTS.md. Raises Broken."""
    if not kept:
        raise Broken(f"invariant {number}: {text}")
