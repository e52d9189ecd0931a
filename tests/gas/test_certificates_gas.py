"""Gas of the certificates' daily work, `certificates.*` in bench/gas.json: receipt `gasUsed`, steady state.

Steady state: the payer has approved, the contract and the merchant hold the currency, the holder has a
balance and has signed before; "new" means an account without a balance in the series. The clock is
fixed, so every byte of calldata is the same in every run.
"""

from __future__ import annotations

from typing import Any

import pytest

from largesse.eip712 import address_of, keccak
from largesse.gifts.merkle import GiftLeaf, build
from largesse.signed.certificates import Redemption
from tests.support.certificates import NO_SIGNATURE, YEAR, ZERO, World, batch_id, leaf_gift_id
from tests.support.clock import at, mine_at
from tests.support.gas import record

CLOCK = 1_900_000_000
FACE = 50_000_000
DEADLINE = CLOCK + YEAR // 2
PAYERS = 100
LINKS = 1_000


def _ready(world: World) -> int:
    """An open series in its steady state; its id."""
    series = world.create_series(
        sales_close_at=CLOCK + YEAR, expires_at=CLOCK + 2 * YEAR, limitation_at=CLOCK + 5 * YEAR
    )
    for person in (world.holder, world.giver, world.merchant):
        world.issue(series, person, 10 * FACE)
    world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})
    world.certificates.redeemSigned(
        world.redemption(series, 1, nonce=1, deadline=DEADLINE), {"from": world.merchant}
    )
    assert world.token.balanceOf(world.merchant) > 0
    assert world.certificates.account(series, world.holder) == (10 * FACE - 2, 2, 1)
    return series


@pytest.fixture(scope="module")
def steady(module_isolation: None, project: Any, accounts: Any, make_world: Any) -> tuple[World, int]:
    """Certificates over a 6-decimal OpenZeppelin ERC-20, and an open series."""
    mine_at(CLOCK)
    world = make_world(project.TestToken.deploy("Test Dollar", "TUSD", 6, {"from": accounts[0]}))
    return world, _ready(world)


def test_issue(steady: tuple[World, int]) -> None:
    world, series = steady
    world.fund(world.issuer, 3 * FACE)
    assert world.certificates.balanceOf(world.recipient, series) == 0
    tx = world.certificates.issue(series, world.recipient, FACE, {"from": world.issuer})
    record("certificates.issue_new", tx.gas_used)
    tx = world.certificates.issue(series, world.recipient, FACE, {"from": world.issuer})
    record("certificates.issue_known", tx.gas_used)


def test_redeem(steady: tuple[World, int]) -> None:
    world, series = steady
    before = world.token.balanceOf(world.merchant)
    tx = world.certificates.redeem(series, FACE, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) - before == FACE
    record("certificates.redeem", tx.gas_used)


def test_redeem_named(steady: tuple[World, int]) -> None:
    world, _ = steady
    series = world.named_series()
    world.issue(series, world.holder, 10 * FACE)
    world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})
    tx = world.certificates.redeem(series, FACE, world.merchant, {"from": world.holder})
    record("certificates.redeem_named", tx.gas_used)


def test_redeem_signed(steady: tuple[World, int]) -> None:
    world, series = steady
    row = world.redemption(series, FACE, nonce=2, deadline=DEADLINE)
    record(
        "certificates.redeem_signed", world.certificates.redeemSigned(row, {"from": world.merchant}).gas_used
    )


def test_redeem_signed_with_an_order(steady: tuple[World, int]) -> None:
    world, series = steady
    for key, order in (("fresh", 1_000), ("used", 1_001)):
        row = world.redemption(series, FACE, order=order, nonce=order, deadline=DEADLINE)
        tx = world.certificates.redeemSigned(row, {"from": world.merchant})
        record(f"certificates.redeem_signed_order_{key}", tx.gas_used)


def test_redeem_signed_usdc(module_isolation: None, usdc: Any, make_world: Any, accounts: Any) -> None:
    mine_at(CLOCK + YEAR)
    world = make_world(usdc)
    for person in (world.issuer, world.merchant):
        usdc.mint(person, 100 * FACE, {"from": accounts[0]})
    usdc.approve(world.certificates, 2**256 - 1, {"from": world.issuer})
    series = world.create_series()
    world.certificates.issue(series, world.holder, 10 * FACE, {"from": world.issuer})
    deadline = DEADLINE + YEAR
    world.certificates.redeemSigned(
        world.redemption(series, 1, nonce=1, deadline=deadline), {"from": world.merchant}
    )
    row = world.redemption(series, FACE, nonce=2, deadline=deadline)
    tx = world.certificates.redeemSigned(row, {"from": world.merchant})
    record("certificates.redeem_signed_usdc", tx.gas_used)


def test_redeem_batch(steady: tuple[World, int]) -> None:
    """100 holders, consecutive orders in words of the bitmap that are in use."""
    world, series = steady
    secrets = [keccak(b"payer" + bytes([i])) for i in range(PAYERS)]
    holders = [address_of(secret) for secret in secrets]
    world.fund(world.issuer, PAYERS * FACE)
    world.certificates.issueBatch(series, [(holder, FACE) for holder in holders], {"from": world.issuer})

    def rows(nonce: int, first_order: int) -> list[tuple[Any, ...]]:
        signed = []
        for i, (secret, holder) in enumerate(zip(secrets, holders, strict=True)):
            order = first_order + i
            message = Redemption(
                holder, series, FACE // 10, str(world.merchant), ZERO, order, b"", nonce, DEADLINE
            )
            signature = message.sign(world.domain, secret)
            signed.append((holder, series, FACE // 10, order, nonce, DEADLINE, signature))
        return signed

    world.certificates.redeemBatch(rows(1, 2_048), {"from": world.merchant})
    before = world.token.balanceOf(world.merchant)
    tx = world.certificates.redeemBatch(rows(2, 2_148), {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) - before == PAYERS * FACE // 10
    record("certificates.redeem_batch_100_each", tx.gas_used // PAYERS)


def test_give_and_claim(steady: tuple[World, int]) -> None:
    world, series = steady
    order = (series, FACE, address_of(keccak(b"one")), ZERO, 0, CLOCK + YEAR, bytes(32))
    record("certificates.give", world.certificates.give(order, {"from": world.giver}).gas_used)

    for i, key in enumerate(("new", "known")):
        at(CLOCK + 10_000 * (i + 1))  # part of the gift, and so of what is claimed and signed
        secret, gift, gift_id = world.give(series, FACE, secret=keccak(key.encode()), reclaim_at=CLOCK + YEAR)
        assert (world.certificates.balanceOf(world.recipient, series) > 0) == (key == "known")
        signature = world.claim_signature(secret, gift_id, world.recipient)
        tx = world.certificates.claim(gift, world.recipient, signature, {"from": world.relayer})
        record(f"certificates.claim_{key}", tx.gas_used)


def test_give_many_and_claim(steady: tuple[World, int]) -> None:
    """1,000 links under one root; a claim by a new holder into a word of the bitmap that is in use."""
    world, series = steady
    secrets = [keccak(b"link" + i.to_bytes(2, "big")) for i in range(LINKS)]
    tree = build(
        [GiftLeaf(i, address_of(s), ZERO, FACE // LINKS, CLOCK, bytes(32)) for i, s in enumerate(secrets)]
    )
    at(CLOCK + 10_000)
    tx = world.certificates.giveMany(
        world.giver, series, tree.root, CLOCK + YEAR, NO_SIGNATURE, {"from": world.giver}
    )
    record("certificates.give_many_1000", tx.gas_used)
    limitation = world.certificates.terms(series)[3]
    batch = (str(world.giver), series, tree.root, CLOCK + YEAR, world.now(), limitation)
    for index, recipient in ((7, world.stranger), (8, world.recipient)):
        leaf = (index, address_of(secrets[index]), ZERO, FACE // LINKS, CLOCK, bytes(32))
        signature = world.claim_signature(secrets[index], leaf_gift_id(batch_id(batch), index), recipient)
        assert world.certificates.balanceOf(recipient, series) == 0
        tx = world.certificates.claimFromBatch(
            batch, leaf, tree.proof(index), recipient, signature, {"from": world.relayer}
        )
    record("certificates.claim_from_many", tx.gas_used)
