"""Both ways to sign make the same bytes and refuse the same signatures; the slow one says that it is slow."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse import curve

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SECRETS = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))
DIGESTS = st.integers(0, 2**256 - 1).map(lambda number: number.to_bytes(32, "big"))


@given(SECRETS, DIGESTS)
@settings(max_examples=20)
def test_both_make_the_same_bytes(secret: bytes, digest: bytes) -> None:
    fast = curve.sign(digest, secret), curve.public_key(secret)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curve, "coincurve", None)
        assert (curve.sign(digest, secret), curve.public_key(secret)) == fast
        assert curve.recover(digest, fast[0]) == fast[1]
    assert curve.recover(digest, fast[0]) == fast[1]


@given(SECRETS, DIGESTS, DIGESTS)
@settings(max_examples=20)
def test_both_verify_the_same(secret: bytes, digest: bytes, other: bytes) -> None:
    point, good = curve.public_key(secret), curve.sign(digest, secret)[:64]
    tampered = [good[32:] + good[:32], good[:32] + other, other + good[32:]]
    tampered += [bytes(64), good[:32] + bytes(32), good[:32] + b"\xff" * 32, b"\xff" * 32 + good[32:]]
    for native in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            if native:
                patch.setattr(curve, "coincurve", None)
            key = curve.load_key(point)
            assert curve.verify(digest, good, key)
            assert curve.verify(other, good, key) == (other == digest)
            assert not any(curve.verify(digest, one, key) for one in tampered if one != good)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    "signature",
    [
        bytes(65),
        b"\xff" * 64 + b"\0",
        (5).to_bytes(32, "big") + (1).to_bytes(32, "big") + b"\0",
        b"",
        b"\1" * 64,
    ],
    ids=["zero", "above the order", "no point", "nothing", "too short"],
)
def test_no_signature(monkeypatch: pytest.MonkeyPatch, signature: bytes, native: bool) -> None:
    if native:
        monkeypatch.setattr(curve, "coincurve", None)
    with pytest.raises(ValueError):
        curve.recover(bytes(32), signature)


def test_without_coincurve_it_works_and_warns() -> None:
    code = (
        "import sys; sys.modules['coincurve'] = None\n"
        "from largesse.eip712 import address_of, recover, sign_digest\n"
        "key = bytes(31) + b'\\1'\n"
        "assert recover(bytes(32), sign_digest(bytes(32), key)) == address_of(key)\n"
        "print(address_of(key))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
    assert "RuntimeWarning: coincurve is not installed" in found.stderr
