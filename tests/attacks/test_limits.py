"""Amounts at the edge of their types."""

import pytest

from tests.support.certificates import MAX_AMOUNT, NO_SIGNATURE, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, assert_books, set_account, skipped

FIFTH_BPS = 2_000


def test_spent_near_its_end_overflows_in_no_function(world: World) -> None:
    """Counting on would carry into the nonce: every way of spending stops at 96 bits, by name."""
    series = world.create_series([world.merchant], denomination=10, use_threshold_bps=1, **NAMED_TERMS)
    world.issue(series, world.holder, 100)
    spent = MAX_AMOUNT - 5
    set_account(world, series, world.holder, balance=100, spent=spent, nonce=3)
    certificates = world.certificates
    with reverts("GiftCertificates_Overflow", spent, 6):
        certificates.redeem(series, 6, world.merchant, {"from": world.holder})
    card = world.redemption(series, 6, nonce=4)
    with reverts("GiftCertificates_Overflow", spent, 6):
        certificates.redeemSigned(card, {"from": world.merchant})
    with reverts("GiftCertificates_Overflow", spent, 6):
        certificates.pay(world.payment(), [card], {"from": world.relayer})
    tx = certificates.redeemBatch([card], {"from": world.merchant})
    assert skipped(tx) == [(0, "GiftCertificates_Overflow", spent, 6)]
    certificates.windDown(series, {"from": world.issuer})
    with reverts("GiftCertificates_Overflow", spent, 6):
        certificates.refund(world.holder, series, 6, 0, NO_SIGNATURE, {"from": world.holder})
    certificates.refund(world.holder, series, 5, 5, NO_SIGNATURE, {"from": world.holder})
    assert certificates.account(series, world.holder) == (95, MAX_AMOUNT, 3)


def test_spent_adds_up_over_two_cards_of_one_payment(world: World) -> None:
    series = world.create_series()
    world.issue(series, world.holder, 100)
    set_account(world, series, world.holder, balance=100, spent=MAX_AMOUNT - 5)
    cards = [world.own_card(series, 3), world.own_card(series, 3)]
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT - 2, 3):
        world.certificates.pay(world.payment(), cards, {"from": world.holder})
    world.certificates.pay(world.payment(), [cards[0], world.own_card(series, 2)], {"from": world.holder})
    assert world.certificates.account(series, world.holder) == (95, MAX_AMOUNT, 0)


def test_a_nonce_near_its_end_stays_in_its_place(world: World) -> None:
    series = world.create_series()
    world.issue(series, world.holder, 100)
    last = 2**64 - 1
    set_account(world, series, world.holder, balance=100, spent=0, nonce=last - 1)
    world.certificates.redeemSigned(world.redemption(series, 10, nonce=last), {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (90, 10, last)
    with reverts("GiftCertificates_NonceTooLow", last, last):
        world.certificates.redeemSigned(world.redemption(series, 10, nonce=last), {"from": world.merchant})
    # the key is worn out, the card is not
    world.certificates.redeem(series, 90, world.merchant, {"from": world.holder})
    assert world.certificates.account(series, world.holder) == (0, 100, last)


@pytest.mark.parametrize("fee_bps", [1, FIFTH_BPS])
def test_the_fee_of_the_largest_amount_is_exact(world: World, fee_bps: int) -> None:
    series = world.create_series(fee_bps=fee_bps)
    world.issue(series, world.holder, MAX_AMOUNT)
    world.certificates.redeem(series, MAX_AMOUNT, world.merchant, {"from": world.holder})
    fee = MAX_AMOUNT * fee_bps // 10_000
    assert world.certificates.state(series)[1:3] == (0, fee)
    assert world.token.balanceOf(world.merchant) == MAX_AMOUNT - fee
    assert_books(world)


def test_fees_that_fill_their_slot_are_collected_by_anybody(world: World) -> None:
    """Five whole series at a fifth each fill 96 bits to the last unit. The next one neither fits nor wraps:
    anybody collects the fees for the issuer, and redemption goes on.
    """
    series = world.create_series(fee_bps=FIFTH_BPS)
    for holder in (world.holder, world.giver, world.creator, world.supporter, world.agent):
        world.issue(series, holder, MAX_AMOUNT)
        world.certificates.redeem(series, MAX_AMOUNT, world.merchant, {"from": holder})
    assert world.certificates.state(series)[2] == MAX_AMOUNT
    world.issue(series, world.recipient, 9)
    world.certificates.redeem(series, 4, world.merchant, {"from": world.recipient})  # too little for a fee
    with reverts("Panic", 0x11):
        world.certificates.redeem(series, 5, world.merchant, {"from": world.recipient})
    world.certificates.collectFees(series, {"from": world.stranger})
    assert world.token.balanceOf(world.issuer) == MAX_AMOUNT
    world.certificates.redeem(series, 5, world.merchant, {"from": world.recipient})
    assert world.certificates.state(series)[1:3] == (0, 1)
    assert_books(world)


def test_a_batch_sums_beyond_96_bits(world: World) -> None:
    """The payout of a batch over several full series is wider than any of its parts."""
    first, second = world.create_series(), world.create_series()
    for series in (first, second):
        world.issue(series, world.holder, MAX_AMOUNT)
    rows = [world.redemption(series, MAX_AMOUNT) for series in (first, second)]
    assert world.certificates.redeemBatch.call(rows, {"from": world.merchant}) == 2 * MAX_AMOUNT
    world.certificates.redeemBatch(rows, {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 2 * MAX_AMOUNT


def test_an_orders_total_is_not_cut_off(world: World) -> None:
    """Two cards of 2^95 + 1 add up to 2^96 + 2, which cut to 96 bits would read 2."""
    first, second = world.create_series(), world.create_series()
    for series in (first, second):
        world.issue(series, world.holder, 2**95 + 1)
    cards = [world.own_card(series, 2**95 + 1, order=4) for series in (first, second)]
    payment = world.payment(order=4, total=2, signer=world.merchant)
    with reverts("GiftCertificates_TotalDiffers", 2**96 + 2, 2):
        world.certificates.pay(payment, cards, {"from": world.holder})
