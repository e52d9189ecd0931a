"""Who sent a notice, and when: the headers of Standard Webhooks.

`webhook-signature` is ``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``; several stand beside
each other, with a blank between, while a secret is being changed. Source: Standard Webhooks 1.0.0; RFC 2104.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from largesse.errors import LargesseError

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE_SECONDS: Final = 300

_PREFIX: Final = "whsec_"
_BYTES: Final = range(24, 65)
_TIME: Final = re.compile(r"[0-9]{1,12}")


class NoticeError(LargesseError):
    """Notices that can't be made, sent or believed."""


def read_secrets(text: str, where: str) -> tuple[bytes, ...]:
    """Keys out of ``whsec_<base64>``; several, the new and the old one, with blanks between.

    Raises NoticeError bad_secret, which names `where` and never the secret.
    """
    found = []
    for word in text.split():
        try:
            key = base64.b64decode(word.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not word.startswith(_PREFIX) or len(key) not in _BYTES:
            raise NoticeError(
                "bad_secret", f"{where} holds no secret: {_PREFIX} and the base64 of 24 to 64 random bytes"
            )
        found.append(key)
    if not found:
        raise NoticeError(
            "bad_secret", f"{where} is empty: {_PREFIX} and the base64 of 24 to 64 random bytes"
        )
    return tuple(found)


def sign(secrets: Sequence[bytes], notice_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a notice that is sent at `timestamp` (Unix seconds)."""
    macs = " ".join("v1," + _mac(secret, notice_id, timestamp, body) for secret in secrets)
    return {ID: notice_id, TIMESTAMP: str(timestamp), SIGNATURE: macs}


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: float) -> str:
    """What a receiver does: the notice's id, once the signature is one of `secrets` and fresh.

    Whoever gets an id again has the notice already. Header names are in lower case. Raises NoticeError
    no_signature, wrong_signature, stale_signature.
    """
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not headers.get(name)]
    if missing or _TIME.fullmatch(headers[TIMESTAMP]) is None:
        raise NoticeError(
            "no_signature", f"headers are missing or malformed: {', '.join(missing) or TIMESTAMP}"
        )
    timestamp = int(headers[TIMESTAMP])
    good = False
    for secret in secrets:
        expected = _mac(secret, headers[ID], timestamp, body)
        for word in headers[SIGNATURE].split():
            version, _, mac = word.partition(",")
            # Every one is looked at, in constant time: how long it takes says nothing.
            good |= version == "v1" and hmac.compare_digest(expected.encode(), mac.encode())
    if not good:
        raise NoticeError("wrong_signature", "no secret gives this signature of this body")
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise NoticeError(
            "stale_signature",
            f"signed at {timestamp}, now it is {now:.0f}: {TOLERANCE_SECONDS} s are allowed",
        )
    return headers[ID]


def _mac(secret: bytes, notice_id: str, timestamp: int, body: bytes) -> str:
    content = f"{notice_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
