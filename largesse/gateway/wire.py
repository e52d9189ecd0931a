"""x402's headers (version 2): base64 of JSON, both ways.

Source: the x402 specification, transport HTTP, `PAYMENT-REQUIRED`, `PAYMENT-SIGNATURE`, `PAYMENT-RESPONSE`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final

from largesse.gateway.schemes import Json, PaymentRefusedError, compact

VERSION: Final = 2
REQUIRED: Final = "PAYMENT-REQUIRED"
SIGNATURE: Final = "PAYMENT-SIGNATURE"
RESPONSE: Final = "PAYMENT-RESPONSE"
MOST_BYTES: Final = 16_384
"""Of a PAYMENT-SIGNATURE header."""
MOST_PARTS: Final = 256
"""Lists and objects in one: what is nested deeper than Python goes could be read, and not be shown."""

_AGAIN: Final = "ask without a payment, and pay one of the accepts in the answer's PAYMENT-REQUIRED header"


def encode(value: Json) -> str:
    """A header's value."""
    return base64.b64encode(compact(value).encode()).decode()


def decode_payment(header: bytes) -> dict[str, Any]:
    """The PaymentPayload in a PAYMENT-SIGNATURE header.

    Raises PaymentRefusedError malformed_payment, other_version (400).
    """
    if len(header) > MOST_BYTES:
        raise _malformed(f"{len(header)} bytes, where {MOST_BYTES} are the most")
    try:
        decoded = base64.b64decode(header, validate=True)
        if decoded.count(b"[") + decoded.count(b"{") > MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS} lists and objects")
        payload = json.loads(decoded)
    except ValueError as error:
        raise _malformed(f"it is no base64 of JSON: {error}") from error
    if not isinstance(payload, dict):
        raise _malformed("it holds no JSON object")
    if payload.get("x402Version") != VERSION:
        raise PaymentRefusedError(
            "other_version",
            f"x402Version is {payload.get('x402Version')!r}, and this server speaks {VERSION}",
            _AGAIN,
            status=400,
        )
    for name in ("accepted", "payload"):
        if not isinstance(payload.get(name), dict):
            raise _malformed(f"it has no object {name!r}")
    return payload


def payment_required(url: str, accepts: Sequence[Json], error: str) -> dict[str, Any]:
    """What a PAYMENT-REQUIRED header, and the body of the 402, hold."""
    return {
        "x402Version": VERSION,
        "error": error,
        "resource": {"url": url, "description": "", "mimeType": ""},
        "accepts": list(accepts),
    }


def text(payload: Json, name: str) -> str:
    """A member that must be a text. Raises PaymentRefusedError malformed_payment."""
    value = payload.get(name)
    if not isinstance(value, str):
        raise _malformed(f"{name!r} is {value!r}, and must be a text")
    return value


def number(payload: Json, name: str, most: int) -> int:
    """A member that must be a whole number from 0 to `most`, in decimal digits.

    Raises PaymentRefusedError malformed_payment.
    """
    value = text(payload, name)
    if not (value.isascii() and value.isdigit() and len(value) <= 80) or int(value) > most:
        raise _malformed(f"{name!r} is {value!r}, and must be a whole number from 0 to {most}")
    return int(value)


def octets(payload: Json, name: str, most: int) -> bytes:
    """A member that must be 0x and an even number of hexadecimal digits.

    Raises PaymentRefusedError malformed_payment.
    """
    value = text(payload, name)
    try:
        if not value.startswith("0x") or len(value) > 2 + 2 * most:
            raise ValueError(value)
        return binascii.unhexlify(value[2:])
    except ValueError as error:
        raise _malformed(
            f"{name!r} must be 0x and an even number of hexadecimal digits, for {most} bytes at most"
        ) from error


def _malformed(why: str) -> PaymentRefusedError:
    return PaymentRefusedError("malformed_payment", f"{SIGNATURE}: {why}", _AGAIN, status=400)
