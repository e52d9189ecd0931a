"""Who sent this, and when: HMAC-SHA256 over the time and the raw body, as the large processors sign.

The header is ``t=1900000000,v1=<64 hex digits>``; there may be several v1, one for each secret that is good
while it is being changed. Source: Stripe's webhook signatures (scheme v1), RFC 2104.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from largesse.errors import LargesseError

HEADER: Final = "Webhook-Signature"
TOLERANCE_SECONDS: Final = 300
LEAST_SECRET: Final = 24
"""Characters: fewer could be guessed."""

_TIME = re.compile(r"[0-9]{1,12}")
_MAC = re.compile(r"[0-9a-f]{64}")
_MOST_MACS: Final = 8
_MOST_CHARACTERS: Final = 1_024


class SignatureError(LargesseError):
    """A message that its sender's secret does not stand behind."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The header for a body sent at `timestamp` (Unix seconds)."""
    return f"t={timestamp},v1={_mac(secret, timestamp, body)}"


def verify(header: str | None, body: bytes, secrets: Sequence[str], now: float) -> int:
    """The time at which `body` was signed with one of `secrets`.

    Raises SignatureError: no_signature, malformed_signature, wrong_signature, stale_signature (signed more
    than five minutes ago, or ahead).
    """
    if not header:
        raise SignatureError("no_signature", f"the header {HEADER} is missing")
    timestamp, macs = _parts(header)
    # Every secret and every signature is looked at, each in constant time: how long it takes says nothing.
    good = False
    for secret in secrets:
        expected = _mac(secret, timestamp, body)
        for mac in macs:
            good |= hmac.compare_digest(expected, mac)
    if not good:
        raise SignatureError("wrong_signature", "no secret of this issuer gives this signature of this body")
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise SignatureError(
            "stale_signature",
            f"signed at {timestamp}, now it is {now:.0f}: {TOLERANCE_SECONDS} s are allowed",
        )
    return timestamp


def _mac(secret: str, timestamp: int, body: bytes) -> str:
    return hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()


def _parts(header: str) -> tuple[int, list[str]]:
    if len(header) > _MOST_CHARACTERS:
        raise SignatureError("malformed_signature", f"the header {HEADER} is too long")
    times, macs = [], []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and _TIME.fullmatch(value):
            times.append(int(value))
        elif name == "v1" and _MAC.fullmatch(value):
            macs.append(value)
        elif name in ("t", "v1"):
            raise SignatureError("malformed_signature", f"{HEADER}: {name} is not as t=<seconds>,v1=<hex>")
        # Other versions of the scheme may stand beside ours.
    if len(times) != 1 or not 1 <= len(macs) <= _MOST_MACS:
        raise SignatureError("malformed_signature", f"{HEADER} is one t=<seconds> and one v1=<hex> or more")
    return times[0], macs
