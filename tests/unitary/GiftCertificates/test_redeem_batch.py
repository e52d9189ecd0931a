"""redeemBatch: a merchant submits many payments at once (redeem_batch.tree)."""

from collections.abc import Callable
from typing import Any

import pytest

from largesse.signed.certificates import Redemption
from tests.support import clock
from tests.support.certificates import DAY, MAX_AMOUNT, World
from tests.support.errors import reverts
from tests.support.payments import (
    NAMED_TERMS,
    assert_books,
    burns,
    card_with,
    rows,
    set_account,
    skipped,
)

Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def series(world: World) -> int:
    """An open series without a fee; holder, giver and supporter have 1,000 each."""
    series = world.create_series()
    for person in (world.holder, world.giver, world.supporter):
        world.issue(series, person, 1_000)
    return series


def submit(world: World, batch: list[Row], merchant: Any = None) -> Any:
    return world.certificates.redeemBatch(batch, {"from": merchant or world.merchant})


# the whole batch


def test_redeem_batch_of_nothing_does_nothing(world: World, series: int) -> None:
    tx = submit(world, [])
    assert not tx.events
    assert world.certificates.redeemBatch.call([], {"from": world.merchant}) == 0


def test_redeem_batch_of_bad_rows_only_pays_nothing(world: World, series: int) -> None:
    tx = submit(world, [world.own_card(series, 5), world.own_card(series, 6)])
    assert [entry[:2] for entry in skipped(tx)] == [
        (0, "GiftCertificates_NotYourCard"),
        (1, "GiftCertificates_NotYourCard"),
    ]
    assert rows(tx) == []
    assert "Transfer" not in tx.events
    assert_books(world)


def test_redeem_batch_pays_once_for_all_good_rows(world: World, series: int) -> None:
    batch = [
        world.redemption(series, 100, order=1),
        world.redemption(series, 200, holder=world.giver, order=2, nonce=9),
        world.redemption(series, 300, holder=world.supporter),
    ]
    assert world.certificates.redeemBatch.call(batch, {"from": world.merchant}) == 600
    tx = submit(world, batch)
    assert rows(tx) == [(1, 1), (2, 9), (0, 1)]
    assert skipped(tx) == []
    assert burns(tx) == [
        (world.merchant, world.holder, series, 100),
        (world.merchant, world.giver, series, 200),
        (world.merchant, world.supporter, series, 300),
    ]
    (payout,) = tx.events["Transfer"]
    assert (payout["from"], payout["to"], payout["value"]) == (world.certificates, world.merchant, 600)
    assert world.certificates.account(series, world.giver) == (800, 200, 9)
    assert world.certificates.state(series)[1] == 2_400
    assert_books(world)


def test_redeem_batch_goes_through_series_in_any_order(world: World, series: int) -> None:
    """A series is written when the next row is of another: going back and forth loses nothing."""
    fees = world.create_series(fee_bps=1_000)
    world.issue(fees, world.holder, 1_000)
    batch = [
        world.redemption(fees, 15, nonce=1),
        world.redemption(series, 10, nonce=1),
        world.redemption(fees, 19, nonce=2),
        world.redemption(999, 10, nonce=1),
        world.redemption(series, 20, nonce=2),
        world.redemption(fees, 9, nonce=3),
        world.redemption(fees, 100, nonce=4),
    ]
    tx = submit(world, batch)
    assert [entry[:3] for entry in skipped(tx)] == [(3, "GiftCertificates_UnknownSeries", 999)]
    fee = 15 // 10 + 19 // 10 + 9 // 10 + 100 // 10
    assert world.certificates.state(fees)[1:3] == (1_000 - 143, fee)
    assert world.certificates.account(fees, world.holder) == (1_000 - 143, 143, 4)
    assert world.certificates.account(series, world.holder) == (970, 30, 2)
    assert world.certificates.state(series)[1] == 2_970
    assert world.token.balanceOf(world.merchant) == 143 - fee + 30
    assert_books(world)


def test_redeem_batch_rounds_the_fee_row_by_row(world: World) -> None:
    """Each row is its own payment: nine rows of 9 at 10 % cost nothing, one of 81 would cost 8."""
    series = world.create_series(fee_bps=1_000)
    world.issue(series, world.holder, 81)
    submit(world, [world.redemption(series, 9, nonce=n) for n in range(1, 10)])
    assert world.token.balanceOf(world.merchant) == 81
    assert world.certificates.state(series)[2] == 0


def test_redeem_batch_in_one_order_word_and_across_words(world: World, series: int) -> None:
    """Orders are written by the word of 256: at its edges, and when the batch comes back to one."""
    orders = [255, 256, 1, 511, 512, 2, 257]
    batch = [world.redemption(series, 10, order=o, nonce=n) for n, o in enumerate(orders, start=1)]
    tx = submit(world, batch)
    assert rows(tx) == [(order, nonce) for nonce, order in enumerate(orders, start=1)]
    for order in (0, 1, 2, 3, 254, 255, 256, 257, 258, 510, 511, 512, 513):
        assert world.certificates.isOrderUsed(world.merchant, order) == (order in orders)
    again = [world.redemption(series, 10, order=o, nonce=100 + n) for n, o in enumerate(orders)]
    assert skipped(submit(world, again)) == [
        (row, "GiftCertificates_OrderUsed", int(world.merchant.address, 16), order)
        for row, order in enumerate(orders)
    ]


def test_redeem_batch_keeps_orders_that_were_used_before(world: World, series: int) -> None:
    world.certificates.redeemSigned(world.redemption(series, 10, order=3), {"from": world.merchant})
    tx = submit(
        world,
        [world.redemption(series, 10, order=o, nonce=2 + o) for o in (2, 3, 4)],
    )
    assert skipped(tx) == [(1, "GiftCertificates_OrderUsed", int(world.merchant.address, 16), 3)]
    assert rows(tx) == [(2, 4), (4, 6)]
    assert all(world.certificates.isOrderUsed(world.merchant, order) for order in (2, 3, 4))


def test_redeem_batch_takes_the_merchants_own_cards_unsigned(world: World, series: int) -> None:
    world.issue(series, world.merchant, 50)
    tx = submit(
        world,
        [
            world.own_card(series, 20, holder=world.merchant, order=4),
            world.redemption(series, 1),
        ],
    )
    assert rows(tx) == [(4, 0), (0, 1)]
    assert world.certificates.account(series, world.merchant) == (30, 20, 0)


def test_redeem_batch_of_many_rows_stays_exact(world: World, series: int) -> None:
    batch = [world.redemption(series, n, order=n, nonce=n) for n in range(1, 41)]
    submit(world, batch)
    assert world.token.balanceOf(world.merchant) == 820
    assert world.certificates.account(series, world.holder) == (180, 820, 40)
    assert_books(world)


# one bad row between two good ones


def bad_zero(world: World, series: int) -> tuple[Row, str, int, int]:
    return world.redemption(series, 0, nonce=2), "GiftCertificates_ZeroAmount", series, 0


def bad_balance(world: World, series: int) -> tuple[Row, str, int, int]:
    # the good row before it has taken 10
    return world.redemption(series, 991, nonce=2), "GiftCertificates_InsufficientBalance", 990, 991


def bad_empty_holder(world: World, series: int) -> tuple[Row, str, int, int]:
    row = world.redemption(series, 1, holder=world.stranger)
    return row, "GiftCertificates_InsufficientBalance", 0, 1


def bad_deadline(world: World, series: int) -> tuple[Row, str, int, int]:
    # exactly the second in which the batch is mined: `over` there
    time = clock.at(world.now() + 60)
    return world.redemption(series, 5, nonce=2, deadline=time), "GiftCertificates_DeadlinePassed", time, time


def bad_low_nonce(world: World, series: int) -> tuple[Row, str, int, int]:
    return world.redemption(series, 5, nonce=1), "GiftCertificates_NonceTooLow", 1, 1


def bad_high_nonce(world: World, series: int) -> tuple[Row, str, int, int]:
    nonce = 1 + 2**32 + 1
    return world.redemption(series, 5, nonce=nonce), "GiftCertificates_NonceTooHigh", nonce, nonce - 1


def bad_signature(world: World, series: int) -> tuple[Row, str, int, int]:
    row = card_with(world.redemption(series, 5, nonce=2), amount=6)
    message = Redemption(
        world.holder.address, series, 6, world.merchant.address, "0x" + "00" * 20, 0, b"", 2, row[5]
    )
    digest = int.from_bytes(message.digest(world.domain), "big")
    return row, "GiftCertificates_InvalidSignature", int(world.holder.address, 16), digest


def bad_unsigned(world: World, series: int) -> tuple[Row, str, int, int]:
    people = int(world.holder.address, 16), int(world.merchant.address, 16)
    return world.own_card(series, 5), "GiftCertificates_NotYourCard", *people


def bad_order(world: World, series: int) -> tuple[Row, str, int, int]:
    # the good row before it has order 1
    row = world.redemption(series, 5, order=1, nonce=2)
    return row, "GiftCertificates_OrderUsed", int(world.merchant.address, 16), 1


def bad_series(world: World, series: int) -> tuple[Row, str, int, int]:
    return world.redemption(77, 5, nonce=2), "GiftCertificates_UnknownSeries", 77, 0


def bad_series_zero(world: World, series: int) -> tuple[Row, str, int, int]:
    return world.redemption(0, 5, nonce=2), "GiftCertificates_UnknownSeries", 0, 0


def bad_merchant(world: World, series: int) -> tuple[Row, str, int, int]:
    named = world.create_series([world.other_merchant], **NAMED_TERMS)
    world.issue(named, world.holder, 100)
    return world.redemption(named, 5), "GiftCertificates_NotMerchant", named, int(world.merchant.address, 16)


def bad_expired(world: World, series: int) -> tuple[Row, str, int, int]:
    short = world.create_series(sales_close_at=world.now() + 2 * DAY, expires_at=world.now() + 3 * DAY)
    world.issue(short, world.holder, 100)
    expiry = world.certificates.terms(short)[2]
    row = world.redemption(short, 5, deadline=expiry + DAY)
    clock.mine_at(expiry)
    return row, "GiftCertificates_Expired", short, expiry


def bad_overflow(world: World, series: int) -> tuple[Row, str, int, int]:
    world.issue(series, world.creator, 100)
    set_account(world, series, world.creator, balance=100, spent=MAX_AMOUNT - 4)
    row = world.redemption(series, 5, holder=world.creator)
    return row, "GiftCertificates_Overflow", MAX_AMOUNT - 4, 5


BAD: dict[str, Callable[[World, int], tuple[Row, str, int, int]]] = {
    name[4:]: make for name, make in list(globals().items()) if name.startswith("bad_")
}


@pytest.mark.parametrize("kind", BAD)
def test_redeem_batch_skips_a_bad_row_and_says_why(world: World, series: int, kind: str) -> None:
    bad, failure, value, bound = BAD[kind](world, series)
    later = {"deadline": world.now() + 10 * DAY}
    batch = [
        world.redemption(series, 10, order=1, nonce=1, **later),
        bad,
        world.redemption(series, 20, holder=world.giver, order=2, **later),
        world.redemption(series, 30, order=3, nonce=3, **later),
    ]
    tx = submit(world, batch)
    assert skipped(tx) == [(1, failure, value, bound)]
    assert rows(tx) == [(1, 1), (2, 1), (3, 3)]
    assert world.token.balanceOf(world.merchant) == 60
    assert world.certificates.account(series, world.holder) == (960, 40, 3)
    assert world.certificates.account(series, world.giver) == (980, 20, 1)
    assert_books(world)


@pytest.mark.parametrize("kind", [kind for kind in BAD if kind not in {"order", "deadline"}])
def test_redeem_batch_says_what_redeem_signed_reverts_with(world: World, series: int, kind: str) -> None:
    """One meaning: the same row alone reverts with the error and the values that the batch reported."""
    bad, failure, value, bound = BAD[kind](world, series)
    world.certificates.redeemSigned(
        world.redemption(series, 10, order=1, nonce=1, deadline=world.now() + DAY), {"from": world.merchant}
    )
    single = {"GiftCertificates_ZeroAmount", "GiftCertificates_UnknownSeries"}
    addresses = {
        "GiftCertificates_NotMerchant": (value, f"0x{bound:040x}"),
        "GiftCertificates_NotYourCard": (f"0x{value:040x}", f"0x{bound:040x}"),
        "GiftCertificates_InvalidSignature": (f"0x{value:040x}", bound.to_bytes(32, "big")),
    }
    values = addresses.get(failure, (value,) if failure in single else (value, bound))
    with reverts(failure, *values):
        world.certificates.redeemSigned(bad, {"from": world.merchant})


def test_redeem_batch_takes_a_doubled_row_once(world: World, series: int) -> None:
    row = world.redemption(series, 10, order=5)
    tx = submit(world, [row, row, row])
    assert skipped(tx) == [
        (1, "GiftCertificates_OrderUsed", int(world.merchant.address, 16), 5),
        (2, "GiftCertificates_OrderUsed", int(world.merchant.address, 16), 5),
    ]
    without_order = world.redemption(series, 10, nonce=2)
    tx = submit(world, [without_order, without_order])
    assert skipped(tx) == [(1, "GiftCertificates_NonceTooLow", 2, 2)]
    assert world.certificates.account(series, world.holder) == (980, 20, 2)


def test_redeem_batch_takes_one_order_for_one_customer(world: World, series: int) -> None:
    tx = submit(
        world,
        [
            world.redemption(series, 10, order=5),
            world.redemption(series, 10, holder=world.giver, order=5),
        ],
    )
    assert skipped(tx) == [(1, "GiftCertificates_OrderUsed", int(world.merchant.address, 16), 5)]
    assert world.certificates.account(series, world.giver) == (1_000, 0, 0)


def test_redeem_batch_leaves_the_order_of_a_bad_row_free(world: World, series: int) -> None:
    bad = card_with(world.redemption(series, 10, order=5), amount=11)
    good = world.redemption(series, 12, order=5)
    tx = submit(world, [bad, good])
    assert [entry[:2] for entry in skipped(tx)] == [(0, "GiftCertificates_InvalidSignature")]
    assert rows(tx) == [(5, 1)]


def test_redeem_batch_in_which_a_holder_runs_dry(world: World, series: int) -> None:
    tx = submit(world, [world.redemption(series, 400, nonce=n) for n in (1, 2, 3)])
    assert skipped(tx) == [(2, "GiftCertificates_InsufficientBalance", 200, 400)]
    assert world.certificates.account(series, world.holder) == (200, 800, 2)


def test_redeem_batch_refuses_rows_signed_for_another_merchant(world: World, series: int) -> None:
    tx = submit(world, [world.redemption(series, 10), world.redemption(series, 10)], world.other_merchant)
    assert [entry[1] for entry in skipped(tx)] == ["GiftCertificates_InvalidSignature"] * 2
    assert world.token.balanceOf(world.other_merchant) == 0
