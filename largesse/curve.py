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
