"""How an invariant of INVARIANTS.md is asserted."""

from __future__ import annotations


class Broken(AssertionError):  # noqa: N818
    """An invariant does not hold."""


def hold(kept: bool, number: int, text: str) -> None:
    """Invariant `number` of INVARIANTS.md. Raises Broken."""
    if not kept:
        raise Broken(f"invariant {number}: {text}")
