"""Rows that are meant to bring a merchant's whole batch down, or to make it too dear."""

from typing import Any

import pytest

from largesse.signed.certificates import Redemption
from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY, ZERO, World
from tests.support.errors import reverts_without_data
from tests.support.payments import assert_books, card_with, rows, selector, skipped
from tests.zoo.raw import raw_call, raw_send

ALLOWANCE = 300_000
# What one row that is skipped may cost beyond its wallet's allowance: calldata, recovery, cold account, log.
ROW_OVERHEAD = 30_000


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series = world.create_series()
    for person in (world.holder, world.giver):
        world.issue(series, person, 1_000)
    return series


def row_of(world: World, wallet: Any, series: int, amount: int = 5, nonce: int = 1) -> tuple[Any, ...]:
    """A row of a contract wallet, signed by the supporter."""
    deadline = world.now() + DAY
    message = Redemption(str(wallet), series, amount, world.merchant.address, ZERO, 0, b"", nonce, deadline)
    signature = message.sign(world.domain, world.key(world.supporter))
    return (str(wallet), series, amount, 0, nonce, deadline, signature)


def digest_of(world: World, row: tuple[Any, ...]) -> int:
    holder, series, amount, order, nonce, deadline, _ = row
    message = Redemption(holder, series, amount, world.merchant.address, ZERO, order, b"", nonce, deadline)
    return int.from_bytes(message.digest(world.domain), "big")


POISON = (
    "Reverts",
    "WrongMagic",
    "DirtyMagic",
    "ShortMagic",
    "Empty",
    "Huge",
    "HugeMagic",
    "RevertsHuge",
    "BurnsGas",
)


@pytest.mark.parametrize("mode", POISON)
def test_a_poisonous_wallet_is_skipped_at_a_bounded_price(
    world: World, series: int, make_account: MakeAccount, mode: str
) -> None:
    wallet = make_account("Wallet1271Bad", world.supporter, mode)
    world.issue(series, wallet, 100)
    poison = row_of(world, wallet, series)
    good = [
        world.redemption(series, 10, order=1),
        world.redemption(series, 20, holder=world.giver, order=2),
    ]
    clean = world.certificates.redeemBatch.estimate_gas(good, {"from": world.merchant})
    batch = [good[0], poison, good[1]]
    tx = world.certificates.redeemBatch(batch, {"from": world.merchant})
    assert skipped(tx) == [
        (1, "GiftCertificates_InvalidSignature", int(wallet.address, 16), digest_of(world, poison))
    ]
    assert rows(tx) == [(1, 1), (2, 1)]
    assert world.token.balanceOf(world.merchant) == 30
    assert tx.gas_used - clean < ALLOWANCE + ROW_OVERHEAD
    assert_books(world)


def test_a_wallet_that_re_enters_is_skipped(world: World, series: int, make_account: MakeAccount) -> None:
    wallet = make_account("Wallet1271Bad", world.supporter, "ReEnters")
    world.issue(series, wallet, 100)
    steal = world.certificates.safeTransferFrom.encode_input(wallet, world.stranger, series, 100, b"")
    wallet.program(world.certificates, steal, 5, {"from": world.supporter})
    tx = world.certificates.redeemBatch(
        [world.redemption(series, 10), row_of(world, wallet, series), world.redemption(series, 10, nonce=2)],
        {"from": world.merchant},
    )
    assert [entry[:2] for entry in skipped(tx)] == [(1, "GiftCertificates_InvalidSignature")]
    assert world.token.balanceOf(world.merchant) == 20
    assert world.certificates.balanceOf(world.stranger, series) == 0


def test_many_gas_burners_cost_their_allowances_and_no_more(
    world: World, series: int, make_account: MakeAccount
) -> None:
    """Nothing is multiplied: ten burners cost ten allowances, and the good rows around them are paid."""
    wallet = make_account("Wallet1271Bad", world.supporter, "BurnsGas")
    world.issue(series, wallet, 100)
    batch = [world.redemption(series, 10)]
    batch += [row_of(world, wallet, series, nonce=n) for n in range(1, 11)]
    batch += [world.redemption(series, 10, nonce=2)]
    tx = world.certificates.redeemBatch(batch, {"from": world.merchant})
    assert [entry[0] for entry in skipped(tx)] == list(range(1, 11))
    assert world.token.balanceOf(world.merchant) == 20
    assert 10 * ALLOWANCE < tx.gas_used < 10 * (ALLOWANCE + ROW_OVERHEAD) + 200_000


def test_a_burner_that_turned_bad_after_it_signed(
    world: World, series: int, make_account: MakeAccount
) -> None:
    """A customer's wallet approves at the till and burns when the batch is mined."""
    wallet = make_account("Wallet1271Bad", world.supporter, "AcceptsAll")
    world.issue(series, wallet, 100)
    poison = row_of(world, wallet, series)
    batch = [world.redemption(series, 10), poison, world.redemption(series, 10, nonce=2)]
    assert world.certificates.redeemBatch.call(batch, {"from": world.merchant}) == 25
    wallet.setMode(8, {"from": world.supporter})
    world.certificates.redeemBatch(batch, {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 20
    wallet.setMode(10, {"from": world.supporter})
    world.certificates.redeemBatch([poison], {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 25


def test_no_gas_limit_makes_a_good_row_look_bad(world: World, series: int, make_account: MakeAccount) -> None:
    """Whoever chooses the gas (a relayer between merchant and chain) gets the whole batch, or none of it."""
    wallet = make_account("Wallet1271", world.supporter)
    world.issue(series, wallet, 100)
    batch = [
        world.redemption(series, 10),
        row_of(world, wallet, series),
        world.redemption(series, 20, holder=world.giver),
        row_of(world, wallet, series, amount=7, nonce=2),
    ]
    refusal = selector("Signatures_GasFloor")
    outcomes = set()
    for gas in range(60_000, 700_000, 16_000):
        answer = raw_call(world.certificates.redeemBatch, batch, sender=world.merchant, gas=gas)
        if answer.succeeded:
            assert int.from_bytes(answer.data, "big") == 42
            outcomes.add("paid")
        else:
            assert answer.data in (b"",) or answer.data[:4] == refusal
            outcomes.add("refused" if answer.data else "out of gas")
    assert outcomes == {"paid", "refused", "out of gas"}


def test_a_batch_that_runs_dry_changes_nothing(world: World, series: int, make_account: MakeAccount) -> None:
    wallet = make_account("Wallet1271", world.supporter)
    world.issue(series, wallet, 100)
    batch = [world.redemption(series, 10, order=1), row_of(world, wallet, series)]
    receipt = raw_send(world.certificates.redeemBatch, batch, sender=world.merchant, gas=330_000)
    assert receipt["status"] == 0
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)
    assert not world.certificates.isOrderUsed(world.merchant, 1)
    assert world.token.balanceOf(world.merchant) == 0


def test_every_kind_of_bad_row_in_one_batch(world: World, series: int, make_account: MakeAccount) -> None:
    bad_wallet = make_account("Wallet1271Bad", world.supporter, "RevertsHuge")
    world.issue(series, bad_wallet, 100)
    now = world.now()
    batch = [
        world.redemption(series, 10, order=1, nonce=1),
        row_of(world, bad_wallet, series),
        world.redemption(series, 10, order=1, nonce=2),
        card_with(world.redemption(series, 10, nonce=2), signature=bytes(65)),
        world.redemption(series, 10, nonce=1),
        world.redemption(series, 10, nonce=2, deadline=now),
        world.redemption(series, 10_000, nonce=2),
        world.redemption(series, 0, nonce=2),
        world.redemption(404, 10, nonce=2),
        world.own_card(series, 10),
        world.redemption(series, 10, nonce=2**33),
        card_with(world.redemption(series, 10, nonce=2), signature=bytes(4_096)),
        world.redemption(series, 20, holder=world.giver, order=2, nonce=5),
        world.redemption(series, 30, order=3, nonce=2),
    ]
    tx = world.certificates.redeemBatch(batch, {"from": world.merchant})
    assert [entry[:2] for entry in skipped(tx)] == [
        (1, "GiftCertificates_InvalidSignature"),
        (2, "GiftCertificates_OrderUsed"),
        (3, "GiftCertificates_InvalidSignature"),
        (4, "GiftCertificates_NonceTooLow"),
        (5, "GiftCertificates_DeadlinePassed"),
        (6, "GiftCertificates_InsufficientBalance"),
        (7, "GiftCertificates_ZeroAmount"),
        (8, "GiftCertificates_UnknownSeries"),
        (9, "GiftCertificates_NotYourCard"),
        (10, "GiftCertificates_NonceTooHigh"),
        (11, "GiftCertificates_InvalidSignature"),
    ]
    assert rows(tx) == [(1, 1), (2, 5), (3, 2)]
    assert world.token.balanceOf(world.merchant) == 60
    assert_books(world)


def test_a_customer_who_spends_elsewhere_meanwhile_spoils_one_row_only(world: World, series: int) -> None:
    """The double spend of shops: the same money promised to two merchants."""
    here = [world.redemption(series, 800), world.redemption(series, 5, holder=world.giver)]
    there = [world.redemption(series, 800, merchant=world.other_merchant)]
    world.certificates.redeemBatch(there, {"from": world.other_merchant})
    tx = world.certificates.redeemBatch(here, {"from": world.merchant})
    assert skipped(tx) == [(0, "GiftCertificates_InsufficientBalance", 200, 800)]
    assert world.token.balanceOf(world.merchant) == 5
    assert world.token.balanceOf(world.other_merchant) == 800


@pytest.mark.parametrize("position", [0, 2, 3, 4, 5])
def test_a_row_with_a_number_too_wide_is_no_row(world: World, series: int, position: int) -> None:
    """Upper bits that the type has no room for: the whole call is malformed, as the ABI has it."""
    batch = [world.redemption(series, 10)]
    request = bytes.fromhex(world.certificates.redeemBatch.encode_input(batch)[2:])
    at = 4 + 32 * 3 + 32 * position  # selector, offset, length, offset of the row
    bits = {0: 160, 2: 96, 3: 64, 4: 64, 5: 40}[position]
    dirty = int.from_bytes(request[at : at + 32], "big") + 2**bits
    bent = request[:at] + dirty.to_bytes(32, "big") + request[at + 32 :]
    with reverts_without_data():
        world.merchant.transfer(world.certificates, 0, data="0x" + bent.hex(), gas_limit=500_000)
    world.merchant.transfer(world.certificates, 0, data="0x" + request.hex(), gas_limit=500_000)
    assert world.certificates.account(series, world.holder) == (990, 10, 1)
