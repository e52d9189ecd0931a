"""Currencies of the zoo that begin to do what they are there for."""

from __future__ import annotations

from typing import Any

from tests.fixtures.tokens import FALSE_MODES, ODD_TOKENS

BEHAVING = [("TestToken", 0), ("TestToken", 6), ("TestToken", 18), *((kind, 6) for kind in ODD_TOKENS)]
"""Kinds and decimals: all of the zoo, before they misbehave."""
GOING_BAD = (
    "FeeToken",
    "SenderFeeToken",
    "RebasingToken",
    "PausableToken",
    "BlacklistToken",
    "FalseReturnToken",
)


def go_bad(token: Any, kind: str, shut_out: Any, sender: Any) -> None:
    """A currency of this kind keeps fees, halves everything, stops, shuts a contract out, or lies."""
    act = {"from": sender}
    if kind in ("FeeToken", "SenderFeeToken"):
        token.setFeeBps(500, act)
    elif kind == "RebasingToken":
        token.rebase(1, 2, act)
    elif kind == "PausableToken":
        token.pause(act)
    elif kind == "BlacklistToken":
        token.blacklist(shut_out, act)
    elif kind == "FalseReturnToken":
        token.setMode(FALSE_MODES.index("Lying"), act)
    else:
        raise LookupError(kind)
