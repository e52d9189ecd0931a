from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse.errors import LinkError
from largesse.gifts.messages import MAX_MESSAGE_BYTES, decrypt_message, encrypt_message, message_hash
from tests.python.helpers import CONTRACT, ISSUER, refused

PRIVATE_KEY = bytes(range(1, 33))


@settings(max_examples=100)
@given(st.text(max_size=140))
def test_round_trip(text: str) -> None:
    if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        return
    ciphertext = encrypt_message(PRIVATE_KEY, 1, CONTRACT, text)
    assert decrypt_message(PRIVATE_KEY, 1, CONTRACT, ciphertext) == text
    assert len(ciphertext) == (len(text.encode()) + 28 if text else 0)


def test_the_construction_against_hmac_alone() -> None:
    """HKDF-SHA256 written out (RFC 5869), so that another implementation can read our messages."""
    info = b"largesse/gift-message/1" + (1).to_bytes(32, "big") + bytes.fromhex(CONTRACT[2:])
    extracted = hmac.new(bytes(32), PRIVATE_KEY, hashlib.sha256).digest()
    first = hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()
    second = hmac.new(extracted, first + info + b"\x02", hashlib.sha256).digest()
    ciphertext = encrypt_message(PRIVATE_KEY, 1, CONTRACT, "생일 축하해요")
    assert ciphertext[:12] == hmac.new(second, "생일 축하해요".encode(), hashlib.sha256).digest()[:12]
    assert ChaCha20Poly1305(first).decrypt(ciphertext[:12], ciphertext[12:], None).decode() == "생일 축하해요"


def test_the_same_message_encrypts_alike_and_another_with_another_nonce() -> None:
    first = encrypt_message(PRIVATE_KEY, 1, CONTRACT, "a")
    assert first == encrypt_message(PRIVATE_KEY, 1, CONTRACT, "a")
    assert first[:12] != encrypt_message(PRIVATE_KEY, 1, CONTRACT, "b")[:12]


@pytest.mark.parametrize(
    ("key", "chain_id", "contract"),
    [(bytes(31) + b"\x01", 1, CONTRACT), (PRIVATE_KEY, 2, CONTRACT), (PRIVATE_KEY, 1, ISSUER)],
)
def test_another_key_chain_or_contract_reads_nothing(key: bytes, chain_id: int, contract: str) -> None:
    ciphertext = encrypt_message(PRIVATE_KEY, 1, CONTRACT, "secret")
    with refused(LinkError, "message_unreadable"):
        decrypt_message(key, chain_id, contract, ciphertext)


@pytest.mark.parametrize("at", [0, 11, 12, 20, -1])
def test_an_altered_message_is_refused(at: int) -> None:
    altered = bytearray(encrypt_message(PRIVATE_KEY, 1, CONTRACT, "secret message"))
    altered[at] ^= 1
    with refused(LinkError, "message_unreadable"):
        decrypt_message(PRIVATE_KEY, 1, CONTRACT, bytes(altered))


@pytest.mark.parametrize("length", [1, 11, 12, 27])
def test_a_cut_message_is_refused(length: int) -> None:
    ciphertext = encrypt_message(PRIVATE_KEY, 1, CONTRACT, "secret message")
    with refused(LinkError, "message_unreadable"):
        decrypt_message(PRIVATE_KEY, 1, CONTRACT, ciphertext[:length])


def test_length_limit_is_in_bytes() -> None:
    encrypt_message(PRIVATE_KEY, 1, CONTRACT, "x" * MAX_MESSAGE_BYTES)
    encrypt_message(PRIVATE_KEY, 1, CONTRACT, "é" * (MAX_MESSAGE_BYTES // 2))
    with refused(LinkError, "message_too_long", MAX_MESSAGE_BYTES + 1):
        encrypt_message(PRIVATE_KEY, 1, CONTRACT, "x" * (MAX_MESSAGE_BYTES + 1))


def test_hash() -> None:
    ciphertext = encrypt_message(PRIVATE_KEY, 1, CONTRACT, "a")
    assert message_hash(ciphertext) == keccak(ciphertext)
    assert message_hash(b"") == bytes(32)
