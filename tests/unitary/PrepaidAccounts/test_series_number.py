"""An account's slot has 32 bits for the number of its named series, which no chain will count up to."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from tests.support.stored import GIVER, Parts
from tools.packed import STORED, TYPES

MERCHANT, SIGNER = "0x" + "c3" * 20, "0x" + "d4" * 20
FIELDS = {one.name: one for one in TYPES[1].fields}
MOST, FACE = 2**32 - 1, 500
OPEN, HOUR = 0, 3_600


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


@pytest.mark.parametrize("series", [MOST, MOST + 1])
def test_a_series_beyond_32_bits_opens_no_account(series: int) -> None:
    parts = Parts()
    gifts, accounts = "GiftCertificates", parts.at["PrepaidAccounts"]
    word = FIELDS["EXISTS"].mask | FIELDS["NAMED"].mask | FACE
    word |= FIELDS["expiresAt"].mask | FIELDS["limitationAt"].mask
    parts.store(gifts, parts.place(gifts, "_series", ("uint256", series)), word)
    parts.store(gifts, parts.place(gifts, "_accounts", ("uint256", series), ("address", GIVER)), FACE)
    until, service = STORED[2].fields
    for member, mark in ((accounts, until.mask | service.mask), (MERCHANT, until.mask)):
        place = parts.place(gifts, "_merchantUntil", ("uint256", series), ("address", member))
        parts.store(gifts, place, mark)
    parts.act("TestToken", "mint", parts.at[gifts], FACE)
    data = encode(["uint8", "uint96", "address", "uint24", "uint40"], [OPEN, 0, SIGNER, HOUR, 0])
    payment = (accounts, MERCHANT, 0, FACE, FACE, 0, data, b"")
    card = (GIVER, series, FACE, 0, 0, 0, b"")
    receipt = parts.chain.send(GIVER, parts.at[gifts], parts.abis[gifts].call("pay", payment, [card]))
    abi = parts.abis["PrepaidAccounts"]
    if series > MOST:
        assert abi.error(receipt.output) == ("Accounts_SeriesTooHigh", (series, MOST))
        return
    assert receipt.succeeded, abi.error(receipt.output)
    (index,) = parts.act("PrepaidAccounts", "indexOf", GIVER, 0)
    (account,) = parts.act("PrepaidAccounts", "account", MERCHANT, index)
    assert account[:4] == (GIVER, SIGNER, FACE, 0)
    assert account[6] == series
