"""Typed data: digests equal to eth-account's, pinned by golden vectors; validation before encoding."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse import signing
from largesse.signing import (
    Domain,
    InvalidMessageError,
    InvalidSignatureError,
    Message,
    address_of,
    keccak,
    recover,
)

MESSAGES = sorted(
    (
        value
        for value in vars(signing).values()
        if isinstance(value, type) and issubclass(value, Message) and value is not Message
    ),
    key=lambda message: message.__name__,
)
SECRET = keccak(b"golden")
HOLDER = "0x7099797000000000000000000000000000000001"
DOMAIN = signing.certificates_domain(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")

STRATEGIES = {
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: signing.to_checksum_address(raw)),
    "bytes": st.binary(max_size=80),
    "bytes32": st.binary(min_size=32, max_size=32),
} | {f"uint{bits}": st.integers(0, 2**bits - 1) for bits in (16, 40, 64, 96, 128, 256)}

SAMPLES: dict[str, Any] = {"address": HOLDER, "bytes": b"data", "bytes32": keccak(b"32")}


def sample(message: type[Message]) -> Message:
    """A message with a different small number in each integer member."""
    values = [SAMPLES.get(f.metadata["solidity"], 3 + i) for i, f in enumerate(fields(message))]
    return message(*values)


def by_eth_account(message: Message, domain: Domain) -> bytes:
    signable = encode_typed_data(full_message=message.typed_data(domain))
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def test_every_message_is_found() -> None:
    assert {"Redemption", "PaymentRequest", "Claim", "Refund"} <= {m.__name__ for m in MESSAGES}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_digest_equals_eth_accounts(message: type[Message], data: Any) -> None:
    values = [data.draw(STRATEGIES[f.metadata["solidity"]]) for f in fields(message)]
    domain = Domain("Largesse", "1", data.draw(st.integers(1, 2**64)), data.draw(STRATEGIES["address"]))
    made = message(*values)
    assert made.digest(domain) == by_eth_account(made, domain)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
def test_signature_equals_eth_accounts(message: type[Message]) -> None:
    made = sample(message)
    theirs = Account.from_key(SECRET).sign_typed_data(full_message=made.typed_data(DOMAIN))
    assert made.sign(DOMAIN, SECRET) == bytes(theirs.signature)
    assert recover(made.digest(DOMAIN), made.sign(DOMAIN, SECRET)) == address_of(SECRET)


# Type hash and digest of `sample`, pinned: a change breaks every wallet that signs for a deployed contract.
GOLDEN: dict[str, tuple[str, str]] = {
    "Cancellation": (
        "c4b91b24ee352d0dd492d63625aebe37ea3d673df321458b6beeb09f3a024472",
        "5793e42141aa457396794e75a8aec6edaa90049ce1f37be29c3349c9a3dd005b",
    ),
    "Claim": (
        "729608d8265bf9734e08aa03921cfc79bcea7552b5487618bfef5192a78952aa",
        "c9cce34c1703b7fa683dddda883d055865aa5de9935330de05f085a15a9abfbb",
    ),
    "Conversion": (
        "6dba499023adb6e704a751170d5c0d091821c5a19b21a255b5942ea52fc6e85a",
        "fe02c6418d0affe47273c8f896bd7e0bfbbc08e7c908d6be6947894e13be34ed",
    ),
    "Coupon": (
        "0b2fc0701b7115fc8992d28e087ab072b23869165a3e2fef5bd4fb50a5edb8c6",
        "786987188e3844a9b6124945c12778e51d215cca3d1d89abe28b53464d394375",
    ),
    "GiftBatch": (
        "aa5f2a1fd3487839b8cb11790397d99ac5e856f4c0b4220eb892f485b54e274c",
        "d9c0e60d8c13a9144397a2a609e0c66b1250ebc9ec347fa0333a2841555c3fe8",
    ),
    "GiftOrder": (
        "29c718e768049f568b1c7721406b3bdc8c4d041938f871cb99240a468fb9a12a",
        "e795df51ace6dea40ec9392ce5fca5e1cc9bdfc3dcae23de44281b630055297a",
    ),
    "OwedWithdrawal": (
        "be7d07d4ad3ffdc91ffaecda15c15b0686fd0f357866466848e32fb6bb9b8e38",
        "dfea2791cc09b3787365cd26ff48eee420f56c1c757f203416bfdf3c50d42014",
    ),
    "PaymentRequest": (
        "34802ddd6c629fd2a2a9dd8bfd9fc7f294522e3117f76e5c94454bbcba7261ea",
        "4c5ffaa238151a24eaababd9721645b0f6ba57ce97e8d4ed06b4948f05a0457a",
    ),
    "Recall": (
        "a162451a4f418f8b7ab07d50ef72184da3b08f58d343edc9f497fb1aac3c06c8",
        "e5fef82f356d6c97cefa5341b270aeca72e306e65872ee3dcd2331902c0837ef",
    ),
    "Receipt": (
        "cefb7fad1238f128f847d3e120fa347dddd98a2135ea02c130a3e30d0a79a36b",
        "9e6e24642ef0e1093edaa9a751c8b087bad416177b4ad8f9d446bfab286e10b9",
    ),
    "Redemption": (
        "66b0ef3477d16f4d14ef6fa7ee5da3264a7057315c13952adeca5e97ab201ee9",
        "1dba39df1e09f0b3b81964a54ccd3b15837828e184c07bb672e2ada02d212fba",
    ),
    "Refund": (
        "aa87d62245ccd618853085ac9ebf677f1447e21a37363e926a397065a790a279",
        "348bb6fb771b2c9dbeefbf9e3914835ab99ad1a4f93bbb71b70004e4b2332cb6",
    ),
    "Restoration": (
        "270a899766197618be4a5dc3f4a92c00276854aabbe3dad769e0433f6da4e371",
        "dabaea5d24c0f57ce19d01d4f2e47d9d59beab4ba9be6b381748c46568a9c966",
    ),
    "Transfer": (
        "c32a7fc2a766aa6ff59e09488790f4161a63e93761085078fdf6ac1515da9ed6",
        "3c973eb2667810ebb4b51c38ad489e2a9c34d9652aa3fc327c6f29cac8b2eb9a",
    ),
}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
def test_golden_vectors(message: type[Message]) -> None:
    made = sample(message)
    assert (message.typehash().hex(), made.digest(DOMAIN).hex()) == GOLDEN[message.__name__]


REDEMPTION = signing.Redemption(HOLDER, 1, 2, HOLDER, HOLDER, 3, b"", 4, 5)


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"amount": "1"}, "bad_integer", ["Redemption.amount", "'1'"]),
        ({"amount": True}, "bad_integer", ["Redemption.amount", "True"]),
        ({"amount": 1.0}, "bad_integer", ["Redemption.amount", "1.0"]),
        ({"amount": -1}, "out_of_range", ["Redemption.amount", "-1", "uint96"]),
        ({"amount": 2**96}, "out_of_range", ["Redemption.amount", str(2**96), "uint96"]),
        ({"deadline": 2**40}, "out_of_range", ["Redemption.deadline", "uint40"]),
        ({"holder": "0x12"}, "bad_address", ["Redemption.holder", "0x12"]),
        ({"holder": b"\x00" * 20}, "bad_address", ["Redemption.holder"]),
        (
            {"holder": "0x5FbDB2315678afecb367f032d93F642f64180aA3"},
            "bad_checksum",
            ["Redemption.holder", "EIP-55"],
        ),
        ({"data": "0x00"}, "bad_bytes", ["Redemption.data", "'0x00'"]),
    ],
)
def test_values_are_validated_before_they_are_signed(
    change: dict[str, Any], reason: str, words: list[str]
) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        replace(REDEMPTION, **change).sign(DOMAIN, SECRET)
    assert caught.value.reason == reason
    assert all(word in str(caught.value) for word in words)


def test_a_word_has_32_bytes() -> None:
    with pytest.raises(InvalidMessageError, match="31 bytes where bytes32") as caught:
        signing.Claim(bytes(31), HOLDER, bytes(32)).digest(DOMAIN)
    assert caught.value.reason == "bad_length"


@pytest.mark.parametrize(
    "signature", [b"", bytes(64), bytes(66), bytes(65), bytes(64) + b"\x1b", b"\xff" * 64 + b"\x1c"]
)
def test_recover_refuses_what_is_no_signature(signature: bytes) -> None:
    with pytest.raises(InvalidSignatureError) as caught:
        recover(bytes(32), signature)
    assert caught.value.reason == "malformed_signature"


def test_another_chain_and_another_contract_give_another_digest() -> None:
    digests = {
        REDEMPTION.digest(domain)
        for domain in (
            DOMAIN,
            replace(DOMAIN, chain_id=1),
            replace(DOMAIN, verifying_contract=HOLDER),
            replace(DOMAIN, name="Largesse CertificateSales"),
            replace(DOMAIN, version="2"),
        )
    }
    assert len(digests) == 5
