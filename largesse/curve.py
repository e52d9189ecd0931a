"""secp256k1: `coincurve` where it is installed, pure Python (`eth_keys`) where it is not, with a warning.

Both make the same bytes: signatures are deterministic (RFC 6979) with low s (EIP-2).
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from importlib import import_module
from typing import Any

from eth_keys import datatypes
from eth_keys.backends.native.main import NativeECCBackend

coincurve: Any = None
try:
    coincurve = import_module("coincurve")
except ImportError:  # pragma: no cover - tried in a process of its own
    warnings.warn(
        "coincurve is not installed: signing and verifying in pure Python takes many times as long",
        RuntimeWarning,
        stacklevel=2,
    )

_NATIVE = NativeECCBackend()


@lru_cache(maxsize=256)
def _secret_key(secret: bytes) -> Any:
    """Its public half takes longer to compute than a signature."""
    return coincurve.PrivateKey(secret)


def sign(digest: bytes, secret: bytes) -> bytes:
    """65 bytes ``r ‖ s ‖ recovery id``."""
    if coincurve is not None:
        return bytes(_secret_key(secret).sign_recoverable(digest, hasher=None))
    return bytes(_NATIVE.ecdsa_sign(digest, datatypes.PrivateKey(secret)).to_bytes())


def public_key(secret: bytes) -> bytes:
    """The point of a private key (32 bytes), 64 bytes."""
    if coincurve is not None:
        return bytes(coincurve.PublicKey.from_secret(secret).format(compressed=False)[1:])
    return bytes(_NATIVE.private_key_to_public_key(datatypes.PrivateKey(secret)).to_bytes())


def load_key(point: bytes) -> Any:
    """A point (64 bytes) in the form that `verify` takes."""
    return datatypes.PublicKey(point) if coincurve is None else coincurve.PublicKey(b"\x04" + point)


def verify(digest: bytes, signature: bytes, key: Any) -> bool:
    """Whether ``r ‖ s`` (64 bytes, s in the lower half) is the signature of a `load_key`."""
    if coincurve is not None:
        return bool(key.verify(_der(signature), digest, hasher=None))
    try:
        found = datatypes.Signature(signature + b"\0")
        return bool(_NATIVE.ecdsa_verify(digest, found, key))
    except Exception:  # noqa: BLE001 - numbers out of range, of which it raises several kinds
        return False


def _der(signature: bytes) -> bytes:
    r, s = _der_integer(signature[:32]), _der_integer(signature[32:])
    return bytes((0x30, len(r) + len(s))) + r + s


def _der_integer(number: bytes) -> bytes:
    short = number.lstrip(b"\0")
    if not short or short[0] & 0x80:
        short = b"\0" + short
    return bytes((2, len(short))) + short


def recover(digest: bytes, signature: bytes) -> bytes:
    """The point that signed, 64 bytes. Raises ValueError where none did."""
    try:
        if coincurve is not None:
            key = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
            return bytes(key.format(compressed=False)[1:])
        found = _NATIVE.ecdsa_recover(digest, datatypes.Signature(signature, backend=_NATIVE))
        return bytes(found.to_bytes())
    except Exception as error:  # both raise bare Exceptions for a point that is not on the curve
        raise ValueError(str(error)) from error
