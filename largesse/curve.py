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

if coincurve is not None:
    # Below the package's own `verify`, which wants DER: libsecp256k1 parses 64 bytes itself.
    _C: Any = import_module("coincurve._libsecp256k1")
    _new, _parse, _verify = (
        _C.ffi.new,
        _C.lib.secp256k1_ecdsa_signature_parse_compact,
        _C.lib.secp256k1_ecdsa_verify,
    )
    _context = coincurve.GLOBAL_CONTEXT.ctx
    _Parsed = _C.ffi.typeof("secp256k1_ecdsa_signature *")

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
    return (
        datatypes.PublicKey(point) if coincurve is None else coincurve.PublicKey(b"\x04" + point).public_key
    )


def verify(digest: bytes, signature: bytes, key: Any) -> bool:
    """Whether the first 64 bytes, ``r ‖ s`` with s in the lower half, are the signature of a `load_key` under
    a digest of 32 bytes."""
    if coincurve is not None:
        if len(digest) != 32 or len(signature) < 64:  # C reads so many, whatever there is
            return False
        # One of its own for each call: C runs without the interpreter's lock, in several threads.
        parsed = _new(_Parsed)
        return bool(_parse(_context, parsed, signature) == 1 and _verify(_context, parsed, digest, key) == 1)
    try:
        found = datatypes.Signature(signature[:64] + b"\0")
        return bool(_NATIVE.ecdsa_verify(digest, found, key))
    except Exception:  # noqa: BLE001 - numbers out of range, of which it raises several kinds
        return False


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
