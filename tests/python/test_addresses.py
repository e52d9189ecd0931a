from __future__ import annotations

import pytest

from largesse.addresses import ZERO_ADDRESS, address_bytes, address_from_bytes, parse_address
from largesse.errors import AddressError
from tests.python.helpers import ISSUER, refused


# The test cases of EIP-55 itself.
@pytest.mark.parametrize(
    "address",
    [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_parse_address_takes_eip55(address: str) -> None:
    assert parse_address(address) == address
    assert address_from_bytes(address_bytes(address)) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "bad_address"),
        ("0x123", "bad_address"),
        (ISSUER[2:], "bad_address"),
        (ISSUER + "0", "bad_address"),
        (" " + ISSUER, "bad_address"),
        (ISSUER + "\n", "bad_address"),
        ("0X" + ISSUER[2:], "bad_address"),
        ("vitalik.eth", "bad_address"),
        (ISSUER.lower(), "unchecksummed_address"),
        ("0x" + ISSUER[2:].upper(), "unchecksummed_address"),
        (ISSUER[:-1] + "9", "bad_checksum"),
        (ISSUER.replace("C51812dc3A", "c51812dc3A"), "bad_checksum"),
        (ZERO_ADDRESS, "zero_address"),
    ],
)
def test_parse_address_refuses(text: str, reason: str) -> None:
    with refused(AddressError, reason):
        parse_address(text)


def test_parse_address_tells_the_checksummed_spelling() -> None:
    with refused(AddressError, "unchecksummed_address", ISSUER):
        parse_address(ISSUER.lower())


def test_parse_address_takes_zero_on_request() -> None:
    assert parse_address(ZERO_ADDRESS, allow_zero=True) == ZERO_ADDRESS


def test_address_from_bytes_refuses_another_length() -> None:
    with refused(AddressError, "bad_address", "21 bytes"):
        address_from_bytes(bytes(21))
