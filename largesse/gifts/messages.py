"""Gift messages: encrypted to the link, so that only who has the link reads them; the ledger sees a hash.

HKDF-SHA256 (RFC 5869) of the link's private key, bound to chain and contract, gives a ChaCha20-Poly1305 (RFC
8439) key. The nonce is an HMAC of the plain text: the same message encrypts alike when a killed run is
repeated, and two different messages under one key never share a nonce.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_utils.crypto import keccak

from largesse.addresses import address_bytes
from largesse.errors import LinkError

# 280 letters of two bytes, 186 of three. With more, the link of a gift fits no QR code that phones read
# reliably.
MAX_MESSAGE_BYTES = 560
NO_MESSAGE_HASH = bytes(32)

_NONCE = 12
_TAG = 16
OVERHEAD = _NONCE + _TAG


def _keys(private_key: bytes, chain_id: int, contract: str) -> tuple[bytes, bytes]:
    info = b"largesse/gift-message/1" + chain_id.to_bytes(32, "big") + address_bytes(contract)
    both = HKDF(algorithm=SHA256(), length=64, salt=None, info=info).derive(private_key)
    return both[:32], both[32:]


def encrypt_message(private_key: bytes, chain_id: int, contract: str, text: str) -> bytes:
    """Nonce (12 bytes), ciphertext and tag (16 bytes) of `text`; b"" for an empty one.

    `private_key` are the link's 32 bytes. Raises LinkError message_too_long.
    """
    plain = text.encode("utf-8")
    if len(plain) > MAX_MESSAGE_BYTES:
        raise LinkError("message_too_long", f"{len(plain)} bytes of UTF-8, at most {MAX_MESSAGE_BYTES}")
    if not plain:
        return b""
    key, nonce_key = _keys(private_key, chain_id, contract)
    nonce = hmac.new(nonce_key, plain, hashlib.sha256).digest()[:_NONCE]
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, plain, None)


def decrypt_message(private_key: bytes, chain_id: int, contract: str, ciphertext: bytes) -> str:
    """The text that encrypt_message took. Raises LinkError message_unreadable (another key, chain or
    contract).
    """
    if not ciphertext:
        return ""
    key, _ = _keys(private_key, chain_id, contract)
    try:
        plain = ChaCha20Poly1305(key).decrypt(ciphertext[:_NONCE], ciphertext[_NONCE:], None)
        return plain.decode("utf-8")
    except (InvalidTag, ValueError) as error:
        raise LinkError("message_unreadable", "the message was not encrypted for this link") from error


def message_hash(ciphertext: bytes) -> bytes:
    """What the ledger stores: keccak256 of the ciphertext, 32 zero bytes where there is none."""
    return keccak(ciphertext) if ciphertext else NO_MESSAGE_HASH
