"""A key that was seen once verifies what recovery would, in every form that has a form for the contract."""

from __future__ import annotations

import secrets

import pytest
from coincurve import PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse import curve
from largesse.eip712 import address_of, keccak, recover_bytes, sign_digest
from largesse.signed import signers
from largesse.signed.signers import KnownSigners, low_s, settleable
from largesse.vouchers import compact

FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SECRETS = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))
DIGESTS = st.binary(min_size=32, max_size=32)


def address(secret: bytes) -> bytes:
    return bytes.fromhex(address_of(secret)[2:])


def forms(signature: bytes) -> list[bytes]:
    """s and n - s, v and the other v."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    return [r + one.to_bytes(32, "big") + bytes([w]) for one in (s, ORDER - s) for w in (v, 55 - v)]


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@given(SECRETS, DIGESTS, SECRETS, DIGESTS)
@settings(max_examples=25)
def test_known_or_not_the_same_signatures_are_taken(
    secret: bytes, digest: bytes, other: bytes, other_digest: bytes
) -> None:
    signer, good = address(secret), sign_digest(digest, secret)
    known = KnownSigners()
    for one in forms(good):
        fresh = KnownSigners()
        for verifier in (fresh, fresh, known):
            assert verifier.signed(signer, digest, one)
            assert verifier.signed(signer, other_digest, one) == (other_digest == digest)
            assert verifier.signed(address(other), digest, one) == (other == secret)
        # The one form that the contract's packed rows take, whatever form came.
        assert settleable(signer, digest, one) == good
        assert recover_bytes(digest, good) == signer
        assert compact(low_s(one))


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_what_is_no_signature_is_none_of_a_known_signer(
    monkeypatch: pytest.MonkeyPatch, known: bool, native: bool
) -> None:
    if native:
        monkeypatch.setattr(curve, "coincurve", None)
    secret, digest, verifier = b"\7" * 32, b"\1" * 32, KnownSigners()
    signer, good = address(secret), sign_digest(digest, secret)
    if known:
        assert verifier.signed(signer, digest, good)
    r, s, v = good[:32], good[32:64], good[64:]
    for bad in (
        b"", good[:64], good + b"\0", r + s + b"\0", r + s + b"\1", r + s + b"\x1d", bytes(64) + v,
        r + bytes(32) + v, bytes(32) + s + v, r + b"\xff" * 32 + v, b"\xff" * 32 + s + v, r + word(ORDER) + v,
        word(ORDER) + s + v, s + r + v,
    ):  # fmt: skip
        assert not verifier.signed(signer, digest, bad)
        assert settleable(signer, digest, bad) is None


def made_up_signer(digests: tuple[bytes, bytes]) -> tuple[bytes, list[bytes]]:
    """An address of which nobody has the key, and signatures over both digests that its key verifies. The
    first is by a point whose x is beyond the order; `ecrecover` has no v for it.

    With R the point, Q the key and (r, s) a signature over z: s R = z G + r Q. Two of them, the second by a
    multiple of R and G, are two equations over R and G whose unknowns are both s.
    """
    z = [int.from_bytes(one, "big") for one in digests]
    x = ORDER
    while True:
        x += 1
        try:
            point = PublicKey(b"\2" + word(x))
            break
        except ValueError:
            continue
    r = x - ORDER
    while True:
        alpha, beta = (secrets.randbelow(ORDER - 1) + 1 for _ in range(2))
        parts = [point.multiply(word(alpha)), PublicKey.from_secret(word(beta))]
        second = PublicKey.combine_keys(parts).point()
        other_r = second[0]
        if other_r >= ORDER:
            continue
        inverse = pow(r, -1, ORDER)
        other_s = (z[1] - other_r * z[0] * inverse) * pow(beta, -1, ORDER) % ORDER
        s = r * other_s * alpha * pow(other_r, -1, ORDER) % ORDER
        break
    minus = PublicKey.from_secret(word(-z[0] % ORDER))
    key = PublicKey.combine_keys([point.multiply(word(s)), minus]).multiply(word(inverse))
    address_ = keccak(key.format(compressed=False)[1:])[12:]
    v = 27 + (second[1] & 1)
    return address_, [low_s(word(r) + word(s) + b"\x1b"), low_s(word(other_r) + word(other_s) + bytes([v]))]


def test_a_made_up_signer_pays_nothing_that_the_contract_does_not_take() -> None:
    """A voucher does not name its signer, so somebody could find a key to two vouchers: one for a small sum,
    in order, and one for the whole deposit that verifies and that `ecrecover` can't see."""
    digests = b"\1" * 32, b"\2" * 32
    signer, (hidden, plain) = made_up_signer(digests)
    verifier = KnownSigners()
    assert verifier.signed(signer, digests[1], plain)
    point = curve.recover(digests[1], plain[:64] + bytes([plain[64] - 27]))
    assert keccak(point)[12:] == signer
    # It verifies, so this would be taken: but it can't be settled.
    assert curve.verify(digests[0], hidden[:64], curve.load_key(point))
    assert settleable(signer, digests[0], hidden) is None
    assert not verifier.signed(signer, digests[0], hidden)
    assert hidden[:32] < signers._AMBIGUOUS == word(FIELD - ORDER)


def test_keys_that_were_not_used_for_long_are_forgotten() -> None:
    verifier, digest = KnownSigners(most_keys=2), b"\3" * 32
    keys = [word(n) for n in (1, 2, 3)]
    for secret in (*keys[:2], keys[0], keys[2], *keys):
        assert verifier.signed(address(secret), digest, sign_digest(digest, secret))
        assert len(verifier._keys) <= 2
