"""Many signatures of few signers: who has signed once is verified with its key, quicker than by recovery.

A signature comes in four forms: s or n - s, and two values of v, of which one belongs to each s. `ecrecover`
wants the right pair, packed rows (EIP-2098) the lower s, and a verification does not see v. So what was
verified here may be in a form that the contract refuses: `settleable` finds the one that it takes, before it
is sent there. There always is one.

Sources: SEC 1 (4.1.4 verification, 4.1.6 recovery), EIP-2 (low s), EIP-2098.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from largesse import curve
from largesse.eip712 import keccak

MOST_KEYS: Final = 100_000
"""Keys that are remembered, those used last."""
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_FIELD: Final = 2**256 - 2**32 - 977
_HALF: Final = (_ORDER // 2).to_bytes(32, "big")
_END: Final = _ORDER.to_bytes(32, "big")
_AMBIGUOUS: Final = (_FIELD - _ORDER).to_bytes(32, "big")
"""Below it, r can stand for a point whose x is r + n. Verification takes that one too, and `ecrecover` does
not: a key could be made up that has such a signature, and what it paid with would be worth nothing."""


class KnownSigners:
    """Verifies signatures against addresses, and remembers the keys behind these."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._keys: OrderedDict[bytes, Any] = OrderedDict()

    def signed(self, signer: bytes, digest: bytes, signature: bytes) -> bool:
        """Whether 65 bytes ``r ‖ s ‖ v`` are a form of the signature of `signer` (20 bytes): exactly where
        `settleable` finds one."""
        if len(signature) != 65 or signature[64] not in (27, 28):
            return False
        key = self._keys.get(signer)
        if key is None or signature[:32] < _AMBIGUOUS:
            return self._learn(signer, digest, signature)
        self._keys.move_to_end(signer)
        return curve.verify(digest, low_s(signature), key)

    def _learn(self, signer: bytes, digest: bytes, signature: bytes) -> bool:
        found = _found(signer, digest, low_s(signature))
        if found is None:
            return False
        self._keys[signer] = curve.load_key(found[0])
        if len(self._keys) > self._most_keys:
            self._keys.popitem(last=False)
        return True


def low_s(signature: bytes) -> bytes:
    """65 bytes ``r ‖ s ‖ v`` with s in the lower half, as the same key signs the same. What is out of range
    stays so: no key signs it."""
    if not _HALF < signature[32:64] < _END:
        return signature
    s = _ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def settleable(signer: bytes, digest: bytes, signature: bytes) -> bytes | None:
    """The form with the lower s and the v under which `signer` (20 bytes) is recovered; None where there is
    none: where it is not its signature."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    found = _found(signer, digest, low_s(signature))
    return None if found is None else found[1]


def _found(signer: bytes, digest: bytes, signature: bytes) -> tuple[bytes, bytes] | None:
    """The signer's point, and the signature with the v that gives it."""
    for v in (signature[64], 55 - signature[64]):
        try:
            point = curve.recover(digest, signature[:64] + bytes([v - 27]))
        except ValueError:
            continue
        if keccak(point)[12:] == signer:
            return point, signature[:64] + bytes([v])
    return None
