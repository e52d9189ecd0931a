"""redeem: the holder pays a merchant in one transaction (redeem.tree)."""

from typing import Any

import pytest

from tests.support import clock
from tests.support.certificates import MAX_AMOUNT, NEVER, YEAR, ZERO, World
from tests.support.errors import reverts, reverts_without_data
from tests.support.payments import NAMED_TERMS, assert_books, burns, rows, set_account
from tests.zoo.raw import raw_call


@pytest.fixture(scope="module")
def series(world: World) -> int:
    """An open series without a fee; the holder has 100,000."""
    series = world.create_series()
    world.issue(series, world.holder, 100_000)
    return series


@pytest.fixture(scope="module")
def named(world: World) -> int:
    """A named series with two merchants; the holder has 100,000."""
    series = world.create_series([world.merchant, world.other_merchant], **NAMED_TERMS)
    world.issue(series, world.holder, 100_000)
    return series


# reverts


@pytest.mark.parametrize("series_id", [0, 77, 2**256 - 1])
def test_redeem_reverts_for_an_unknown_series(world: World, series: int, series_id: int) -> None:
    with reverts("GiftCertificates_UnknownSeries", series_id):
        world.certificates.redeem(series_id, 1, world.merchant, {"from": world.holder})


def test_redeem_reverts_for_nothing(world: World, series: int) -> None:
    with reverts("GiftCertificates_ZeroAmount", series):
        world.certificates.redeem(series, 0, world.merchant, {"from": world.holder})


@pytest.mark.parametrize("over", [1, 2, MAX_AMOUNT - 100_000])
def test_redeem_reverts_over_the_balance(world: World, series: int, over: int) -> None:
    with reverts("GiftCertificates_InsufficientBalance", 100_000, 100_000 + over):
        world.certificates.redeem(series, 100_000 + over, world.merchant, {"from": world.holder})


def test_redeem_reverts_for_who_holds_nothing(world: World, series: int) -> None:
    with reverts("GiftCertificates_InsufficientBalance", 0, 1):
        world.certificates.redeem(series, 1, world.merchant, {"from": world.stranger})


def test_redeem_reverts_without_data_for_an_amount_over_96_bits(world: World, series: int) -> None:
    request = bytes.fromhex(world.certificates.redeem.encode_input(series, 1, world.merchant)[2:])
    # The word of the amount is the second; its 97th bit would be cut off by a contract that narrows silently.
    dirty = request[:36] + (2**96 + 1).to_bytes(32, "big") + request[68:]
    with reverts_without_data():
        world.holder.transfer(world.certificates, 0, data="0x" + dirty.hex(), gas_limit=500_000)
    assert world.certificates.account(series, world.holder) == (100_000, 0, 0)


def test_redeem_reverts_to_nobody_and_to_the_ledger_itself(world: World, series: int) -> None:
    for nobody in (ZERO, world.certificates.address):
        with reverts("GiftCertificates_NotMerchant", series, nobody):
            world.certificates.redeem(series, 1, nobody, {"from": world.holder})


def test_redeem_reverts_to_a_stranger_in_a_named_series(world: World, named: int) -> None:
    with reverts("GiftCertificates_NotMerchant", named, world.stranger):
        world.certificates.redeem(named, 1, world.stranger, {"from": world.holder})


def test_redeem_reverts_to_a_merchant_of_another_series(world: World, named: int) -> None:
    other = world.create_series([world.stranger], **NAMED_TERMS)
    with reverts("GiftCertificates_NotMerchant", named, world.stranger):
        world.certificates.redeem(named, 1, world.stranger, {"from": world.holder})
    assert world.certificates.isMerchant(other, world.stranger)


def test_redeem_reverts_with_ether(world: World, series: int) -> None:
    with reverts_without_data():
        world.certificates.redeem(
            series, 1, world.merchant, {"from": world.holder, "value": 1, "gas_limit": 10**6}
        )


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_redeem_ends_at_expiry(world: World, series: int, second: int) -> None:
    expiry = world.certificates.terms(series)[2]
    clock.at(expiry + second)
    if second < 0:
        world.certificates.redeem(series, 7, world.merchant, {"from": world.holder})
        assert world.token.balanceOf(world.merchant) == 7
    else:
        with reverts("GiftCertificates_Expired", series, expiry):
            world.certificates.redeem(series, 7, world.merchant, {"from": world.holder})
        assert world.token.balanceOf(world.merchant) == 0


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_redeem_to_a_removed_merchant_ends_with_its_notice(world: World, named: int, second: int) -> None:
    world.certificates.removeMerchant(named, world.other_merchant, {"from": world.issuer})
    until = world.certificates.merchantUntil(named, world.other_merchant)
    assert until == world.now() + 30 * 86_400
    clock.at(until + second)
    if second < 0:
        world.certificates.redeem(named, 7, world.other_merchant, {"from": world.holder})
        assert world.token.balanceOf(world.other_merchant) == 7
    else:
        with reverts("GiftCertificates_NotMerchant", named, world.other_merchant):
            world.certificates.redeem(named, 7, world.other_merchant, {"from": world.holder})
    world.certificates.redeem(named, 7, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 7


def test_redeem_reverts_after_forfeiture(world: World, series: int) -> None:
    _, _, expiry, limitation, *_ = world.certificates.terms(series)
    clock.at(limitation)
    world.certificates.forfeit(series, {"from": world.stranger})
    with reverts("GiftCertificates_Expired", series, expiry):
        world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})
    assert world.certificates.balanceOf(world.holder, series) == 0


def test_redeem_of_a_series_that_never_expires_goes_on_after_a_century(world: World) -> None:
    series = world.create_series(expires_at=NEVER, limitation_at=NEVER)
    world.issue(series, world.holder, 5)
    clock.at(world.now() + 100 * YEAR)
    world.certificates.redeem(series, 5, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 5


# what it does


@pytest.mark.parametrize("amount", [1, 40_000, 99_999, 100_000])
def test_redeem_pays_the_merchant_in_the_same_transaction(world: World, series: int, amount: int) -> None:
    tx = world.certificates.redeem(series, amount, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == amount
    assert world.certificates.account(series, world.holder) == (100_000 - amount, amount, 0)
    assert world.certificates.balanceOf(world.holder, series) == 100_000 - amount
    assert world.certificates.state(series)[1] == 100_000 - amount
    assert burns(tx) == [(world.merchant, world.holder, series, amount)]
    assert rows(tx) == []
    assert_books(world)


def test_redeem_in_parts_adds_up(world: World, series: int) -> None:
    for amount in (1, 10_000, 89_999):
        world.certificates.redeem(series, amount, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 100_000
    assert world.certificates.account(series, world.holder) == (0, 100_000, 0)
    with reverts("GiftCertificates_InsufficientBalance", 0, 1):
        world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})


def test_redeem_touches_no_other_holder_and_no_other_series(world: World, series: int, named: int) -> None:
    world.issue(series, world.giver, 500)
    world.certificates.redeem(series, 100_000, world.merchant, {"from": world.holder})
    assert world.certificates.account(series, world.giver) == (500, 0, 0)
    assert world.certificates.account(named, world.holder) == (100_000, 0, 0)
    assert world.certificates.state(named)[1] == 100_000
    assert_books(world)


@pytest.mark.parametrize(
    ("amount", "fee_bps", "fee"),
    [
        (1, 2_000, 0),  # a fifth of one is nothing
        (4, 2_000, 0),
        (5, 2_000, 1),
        (9_999, 1, 0),
        (10_000, 1, 1),
        (19_999, 1, 1),
        (31_000, 250, 775),
        (99_999, 333, 3_329),  # 3,329.97
    ],
)
def test_redeem_takes_the_fee_rounded_down_from_the_payout(
    world: World, amount: int, fee_bps: int, fee: int
) -> None:
    series = world.create_series(fee_bps=fee_bps)
    world.issue(series, world.holder, amount)
    world.certificates.redeem(series, amount, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == amount - fee
    assert world.certificates.state(series)[2] == fee
    assert world.certificates.account(series, world.holder) == (0, amount, 0)
    assert_books(world)


def test_redeem_leaves_the_fee_to_the_issuer_alone(world: World) -> None:
    series = world.create_series(fee_bps=1_000)
    world.issue(series, world.holder, 1_000)
    world.certificates.redeem(series, 999, world.merchant, {"from": world.holder})
    world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})
    assert world.certificates.state(series)[2] == 99  # 99.9 and 0.1, each rounded down
    before = world.token.balanceOf(world.issuer)
    tx = world.certificates.collectFees(series, {"from": world.stranger})
    assert world.token.balanceOf(world.issuer) - before == 99
    event = tx.events["FeesCollected"]
    assert (event["seriesId"], event["issuer"], event["amount"]) == (series, world.issuer, 99)
    with reverts("GiftCertificates_NothingOwed", world.issuer):
        world.certificates.collectFees(series, {"from": world.issuer})
    assert_books(world)


def test_redeem_works_for_every_merchant_of_a_named_series(world: World, named: int) -> None:
    for shop, amount in ((world.merchant, 30), (world.other_merchant, 70)):
        world.certificates.redeem(named, amount, shop, {"from": world.holder})
        assert world.token.balanceOf(shop) == amount


def test_redeem_to_oneself_cashes_an_open_series(world: World, series: int) -> None:
    world.certificates.redeem(series, 100_000, world.holder, {"from": world.holder})
    assert world.token.balanceOf(world.holder) == 100_000
    assert_books(world)


def test_redeem_goes_on_after_the_sale_closed_and_after_wind_down(world: World, named: int) -> None:
    world.certificates.windDown(named, {"from": world.issuer})
    world.certificates.redeem(named, 10, world.merchant, {"from": world.holder})
    clock.at(world.certificates.terms(named)[1])
    world.certificates.redeem(named, 10, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 20


def test_redeem_counts_what_was_spent_up_to_96_bits(world: World, series: int) -> None:
    set_account(world, series, world.holder, balance=100_000, spent=MAX_AMOUNT - 3)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT - 3, 4):
        world.certificates.redeem(series, 4, world.merchant, {"from": world.holder})
    world.certificates.redeem(series, 3, world.merchant, {"from": world.holder})
    assert world.certificates.account(series, world.holder) == (99_997, MAX_AMOUNT, 0)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT, 1):
        world.certificates.redeem(series, 1, world.merchant, {"from": world.holder})


def test_redeem_whose_count_is_full_still_spends_from_another_account(world: World, series: int) -> None:
    set_account(world, series, world.holder, balance=100_000, spent=MAX_AMOUNT)
    world.certificates.safeTransferFrom(
        world.holder, world.giver, series, 100_000, b"", {"from": world.holder}
    )
    world.certificates.redeem(series, 100_000, world.merchant, {"from": world.giver})
    assert world.token.balanceOf(world.merchant) == 100_000


def test_redeem_of_the_largest_series_there_can_be(world: World) -> None:
    series = world.create_series()
    world.issue(series, world.holder, MAX_AMOUNT)
    world.fund(world.issuer, 1)
    with reverts("GiftCertificates_Overflow", MAX_AMOUNT, 1):
        world.certificates.issue(series, world.giver, 1, {"from": world.issuer})
    world.certificates.redeem(series, MAX_AMOUNT, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == MAX_AMOUNT
    assert world.certificates.account(series, world.holder) == (0, MAX_AMOUNT, 0)


def test_redeem_asks_nobody_in_a_call(world: World, series: int) -> None:
    """The same bytes, simulated: succeeds with empty data, changes nothing."""
    answer = raw_call(world.certificates.redeem, series, 5, world.merchant.address, sender=world.holder)
    assert answer == (True, b"")
    assert world.certificates.account(series, world.holder) == (100_000, 0, 0)


@pytest.mark.parametrize("role", ["issuer", "beneficiary", "operator", "deployer", "merchant"])
def test_redeem_gives_no_role_power_over_a_holders_face(world: World, series: int, role: str) -> None:
    person: Any = getattr(world, role)
    with reverts("GiftCertificates_InsufficientBalance", 0, 1):
        world.certificates.redeem(series, 1, world.merchant, {"from": person})
