"""Journey 2: a recipient without a wallet opens a link; a relayer pays the gas, and can do nothing else."""

from typing import Any

import pytest
from brownie import web3

from largesse.eip712 import address_of
from largesse.signed.certificates import Claim, Redemption
from tests.support.certificates import DAY, World
from tests.support.errors import reverts
from tests.support.gifts import secret_of

RECIPIENT_SECRET = secret_of("a key made in the browser a moment ago")
RECIPIENT = address_of(RECIPIENT_SECRET)
FACE = 50_000


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series_id = world.create_series([world.merchant], named=True)
    world.issue(series_id, world.giver, FACE)
    return series_id


@pytest.fixture(scope="module")
def link(world: World, series: int) -> tuple[bytes, tuple[Any, ...], bytes]:
    """What the link carries: its key, the gift and the gift's id."""
    return world.give(series, FACE)


def test_the_recipient_needs_no_wallet_no_gas_and_no_transaction(
    world: World, series: int, link: tuple[bytes, tuple[Any, ...], bytes]
) -> None:
    secret, gift, identity = link
    assert web3.eth.get_code(RECIPIENT) == b""
    relayer_sent = world.relayer.nonce

    signature = world.claim_signature(secret, identity, RECIPIENT)
    world.certificates.claim(gift, RECIPIENT, signature, {"from": world.relayer})
    assert world.certificates.balanceOf(RECIPIENT, series) == FACE

    # Spent at a till a day later, again by signature, again without gas.
    deadline = world.now() + DAY
    payment = Redemption(
        RECIPIENT, series, 31_000, str(world.merchant), "0x" + "00" * 20, 0, b"", 1, deadline
    )
    card = (
        RECIPIENT, series, 31_000, 0, 1, deadline, payment.sign(world.domain, RECIPIENT_SECRET)
    )  # fmt: skip
    world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 31_000
    assert world.certificates.account(series, RECIPIENT) == (19_000, 31_000, 1)

    assert web3.eth.get_balance(RECIPIENT) == 0
    assert web3.eth.get_transaction_count(RECIPIENT) == 0
    assert world.relayer.nonce == relayer_sent + 1
    assert world.reserve() == world.liabilities() == 19_000


def test_a_claim_copied_from_the_mempool_cannot_change_the_recipient(
    world: World, series: int, link: tuple[bytes, tuple[Any, ...], bytes]
) -> None:
    """A thief reads the pending claim and sends it first, with itself as recipient; then as it is."""
    secret, gift, identity = link
    signature = world.claim_signature(secret, identity, RECIPIENT)
    digest = Claim(identity, str(world.stranger), bytes(32)).digest(world.domain)
    with reverts("GiftCertificates_InvalidSignature", gift[1], digest):
        world.certificates.claim(gift, world.stranger, signature, {"from": world.stranger})
    world.certificates.claim(gift, RECIPIENT, signature, {"from": world.stranger})
    assert world.certificates.balanceOf(world.stranger, series) == 0
    assert world.certificates.balanceOf(RECIPIENT, series) == FACE
    # The relayer's own transaction comes second and changes nothing.
    with reverts("GiftCertificates_NoSuchGift", identity):
        world.certificates.claim(gift, RECIPIENT, signature, {"from": world.relayer})
    assert world.certificates.balanceOf(RECIPIENT, series) == FACE


def test_a_second_claim_reverts(
    world: World, series: int, link: tuple[bytes, tuple[Any, ...], bytes]
) -> None:
    """Whoever has a copy of the link comes too late."""
    secret, gift, identity = link
    world.certificates.claim(
        gift, RECIPIENT, world.claim_signature(secret, identity, RECIPIENT), {"from": world.relayer}
    )
    again = world.claim_signature(secret, identity, world.stranger)
    with reverts("GiftCertificates_NoSuchGift", identity):
        world.certificates.claim(gift, world.stranger, again, {"from": world.stranger})
    assert world.certificates.balanceOf(world.stranger, series) == 0
