"""What the demo claims is checked on the chain; where the chain says otherwise, the demo fails."""

from __future__ import annotations

from largesse.errors import LargesseError


class DemoError(LargesseError):
    """Something came out otherwise than the demo says."""


def expect(what: str, found: object, expected: object) -> None:
    """Raise DemoError unexpected unless they are equal."""
    if found != expected:
        raise DemoError("unexpected", f"{what}: {found}, expected {expected}")
