"""onRedemption: certificates are redeemed into a jar; a named series' money goes back as it came."""

from typing import Any

import pytest
from eth_abi.abi import encode

from largesse.eip712 import keccak
from tests.support.clock import at, mine_at
from tests.support.errors import reverts, reverts_without_data
from tests.support.jars import DAY, ITSELF, MAX_AMOUNT, MIDNIGHT, NOON, TODAY, Jars, use
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.payments import assert_books

UNIT = 10**9
PLENTY = 10_000_000


@pytest.fixture(scope="module")
def open_series(jars: Jars) -> int:
    series = jars.world.create_series()
    for person in (jars.holder, jars.giver):
        jars.world.issue(series, person, PLENTY)
    return series


@pytest.fixture(scope="module")
def named(jars: Jars) -> int:
    """The creator is a merchant of it, the escrow a service."""
    series = jars.world.named_series([jars.creator, jars.merchant], services=[jars.escrow])
    for person in (jars.holder, jars.giver):
        jars.world.issue(series, person, PLENTY)
    return series


def card(jars: Jars, series: int, amount: int, holder: Any = None) -> tuple[Any, ...]:
    return jars.world.own_card(series, amount, holder)


def signed_card(jars: Jars, series: int, amount: int, data: bytes, holder: Any, nonce: int = 1) -> Any:
    return jars.world.redemption(
        series, amount, holder=holder, merchant=jars.escrow, payee=jars.creator, data=data, nonce=nonce
    )


def holders_key(jars: Jars, index: int = 0) -> tuple[str, int, int]:
    return jars.key(index, payer=jars.holder)


def open_with(jars: Jars, series: int, amount: int, rate: int = UNIT, index: int = 0) -> Any:
    return jars.redeem([card(jars, series, amount)], use("Open", index, rate))


# reverts


def test_on_redemption_reverts_for_any_other_caller(jars: Jars) -> None:
    """A stranger that reports a payment that never happened; the escrow itself is no caller either."""
    portion = (str(jars.stranger), 1, 100)
    for caller in (jars.stranger, jars.creator, jars.deployer):
        with reverts("Jar_NotCertificates", caller):
            jars.escrow.onRedemption(jars.creator, 100, 0, [portion], use("Tip", ""), {"from": caller})


def test_on_redemption_reverts_for_a_sum_beyond_96_bits(jars: Jars) -> None:
    cards = []
    for amount in (MAX_AMOUNT, 1):
        series = jars.world.create_series()
        jars.world.issue(series, jars.holder, amount)
        cards.append(card(jars, series, amount))
    with reverts("Custody_AmountTooLarge", MAX_AMOUNT + 1, MAX_AMOUNT):
        jars.redeem(cards, use("Tip", ""))
    jars.redeem(cards[:1], use("Tip", ""))


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 31, encode(["uint8"], [4]), encode(["uint8"], [2**8 - 1]), encode(["uint8"], [1])],
    ids=["none", "short", "a fifth use", "the last", "no index"],
)
def test_on_redemption_reverts_for_data_that_says_nothing(jars: Jars, open_series: int, data: bytes) -> None:
    with reverts_without_data():
        jars.redeem([card(jars, open_series, 100)], data)
    assert jars.world.certificates.account(open_series, jars.holder) == (PLENTY, 0, 0)


def test_on_redemption_reverts_for_cards_of_two_holders(jars: Jars, open_series: int) -> None:
    """A stream has one payer; a tip may come from many."""
    data = use("Open", 0, UNIT)
    cards = [card(jars, open_series, 100), signed_card(jars, open_series, 50, data, jars.giver)]
    with reverts("Jar_MixedCards", jars.giver, jars.holder, 0, 0):
        jars.redeem(cards, data)


def test_on_redemption_reverts_for_named_and_open_cards_together(
    jars: Jars, open_series: int, named: int
) -> None:
    for data in (use("Open", 0, UNIT), use("TopUp", 0), use("Subscribe", str(jars.holder), 1, 0, UNIT)):
        cards = [card(jars, open_series, 100), card(jars, named, 100)]
        with reverts("Jar_MixedCards", jars.holder, jars.holder, named, 0):
            jars.redeem(cards, data)
        with reverts("Jar_MixedCards", jars.holder, jars.holder, 0, named):
            jars.redeem(cards[::-1], data)


def test_on_redemption_reverts_for_two_named_series(jars: Jars, named: int) -> None:
    twin = jars.world.named_series([jars.creator, jars.merchant], services=[jars.escrow])
    jars.world.issue(twin, jars.holder, 50_000)
    with reverts("Jar_MixedCards", jars.holder, jars.holder, twin, named):
        jars.redeem([card(jars, named, 100), card(jars, twin, 100)], use("Open", 0, UNIT))


def test_on_redemption_reverts_as_open_does(jars: Jars, open_series: int) -> None:
    with reverts("Jar_RateOutOfRange", 0, 2**80 - 1):
        open_with(jars, open_series, 100, rate=0)
    with reverts("Jar_RateOutOfRange", 2**80, 2**80 - 1):
        open_with(jars, open_series, 100, rate=2**80)
    with reverts("Jar_AmountBelowOneSecond", 100 * UNIT, 101 * UNIT):
        open_with(jars, open_series, 100, rate=101 * UNIT)
    at(NOON)
    open_with(jars, open_series, 100)
    with reverts("Jar_StreamExists", jars.id_of(holders_key(jars)), NOON + 100):
        open_with(jars, open_series, 100)
    missing = jars.id_of(holders_key(jars, 1))
    with reverts("Jar_StreamNotRunning", missing, 0):
        jars.redeem([card(jars, open_series, 100)], use("TopUp", 1))


@pytest.mark.parametrize("before", [2, 1, 0, -1])
def test_a_stream_from_a_named_series_ends_before_it_expires(jars: Jars, named: int, before: int) -> None:
    expires_at = int(jars.world.certificates.terms(named)[2])
    at(expires_at - 1_000 - before)
    end = expires_at - before
    if before >= 1:
        open_with(jars, named, 1_000)
        assert jars.escrow.stream(holders_key(jars)) == (UNIT, end - 1_000, end, named)
    else:
        with reverts("Jar_EndsAfterSeries", end, expires_at):
            open_with(jars, named, 1_000)


def test_a_named_stream_can_neither_be_topped_up_nor_slowed_beyond_expiry(jars: Jars, named: int) -> None:
    expires_at = int(jars.world.certificates.terms(named)[2])
    at(expires_at - 2_000)
    open_with(jars, named, 1_000)
    with reverts("Jar_EndsAfterSeries", expires_at, expires_at):
        jars.redeem([card(jars, named, 1_000)], use("TopUp", 0))
    with reverts("Jar_EndsAfterSeries", expires_at, expires_at):
        jars.escrow.changeRate(holders_key(jars), UNIT // 2, ITSELF, {"from": jars.holder})
    jars.redeem([card(jars, named, 999)], use("TopUp", 0))
    assert jars.escrow.stream(holders_key(jars))[2] == expires_at - 1


def test_a_named_stream_cannot_be_paused(jars: Jars, named: int) -> None:
    open_with(jars, named, 1_000)
    with reverts("Jar_SeriesBarsPause", named):
        jars.escrow.pause(holders_key(jars), ITSELF, {"from": jars.holder})


def test_streams_of_named_series_and_of_plain_money_stay_apart(
    jars: Jars, open_series: int, named: int
) -> None:
    open_with(jars, named, 1_000, index=1)
    open_with(jars, open_series, 1_000, index=2)
    by_index = {i: jars.id_of(holders_key(jars, i)) for i in (1, 2)}
    with reverts("Jar_SeriesDiffers", by_index[1], named, 0):
        jars.escrow.topUp(holders_key(jars, 1), jars.giver, 5, ITSELF, {"from": jars.giver})
    with reverts("Jar_SeriesDiffers", by_index[1], named, 0):
        jars.redeem([card(jars, open_series, 5)], use("TopUp", 1))
    with reverts("Jar_SeriesDiffers", by_index[2], 0, named):
        jars.redeem([card(jars, named, 5)], use("TopUp", 2))
    twin = jars.world.named_series([jars.creator, jars.merchant], services=[jars.escrow])
    jars.world.issue(twin, jars.holder, 50_000)
    with reverts("Jar_SeriesDiffers", by_index[1], named, twin):
        jars.redeem([card(jars, twin, 5)], use("TopUp", 1))


def test_a_named_series_pays_no_shared_jar(jars: Jars, open_series: int, named: int) -> None:
    shared = jars.shared_jar([jars.stranger], [10_000])
    rate = jars.set_tier(version=1)
    data = use("Subscribe", str(jars.holder), 1, 1, rate)
    with reverts("Jar_SeriesBarsSharedJar", named, shared):
        jars.redeem([card(jars, named, 1_000)], data)
    jars.redeem([card(jars, open_series, 1_000)], data)
    assert jars.escrow.isSupporter(jars.creator, jars.holder, 1)
    # nor by extending what open money began
    membership = jars.escrow.membership(jars.creator, jars.holder, 1)
    with reverts("Jar_SeriesDiffers", membership_id(jars, shared), 0, named):
        jars.redeem([card(jars, named, 1_000)], data)
    assert jars.escrow.membership(jars.creator, jars.holder, 1) == membership


def membership_id(jars: Jars, jar: int) -> bytes:

    holder = str(jars.holder)
    return keccak(encode(["address", "uint256", "uint256", "address"], [holder, jar, 1, holder]))


def test_a_named_series_pays_only_whom_its_issuer_admitted(jars: Jars, named: int) -> None:
    with reverts("GiftCertificates_NotMerchant", named, jars.stranger):
        jars.redeem([card(jars, named, 100)], use("Tip", ""), payee=jars.stranger)
    jars.redeem([card(jars, named, 100)], use("Tip", ""), payee=jars.merchant)
    jars.collect(jars.jar_of(jars.merchant))
    assert jars.balance(jars.merchant) == 100


# it takes them


@pytest.mark.parametrize("kind", ["open", "named"])
def test_redeem_into_a_tip(jars: Jars, open_series: int, named: int, kind: str) -> None:
    """From several holders: each is named."""
    series = open_series if kind == "open" else named
    data = use("Tip", "encore!")
    cards = [card(jars, series, 100), signed_card(jars, series, 23, data, jars.giver)]
    at(NOON)
    tx = jars.redeem(cards, data)
    assert logs_of(tx, jars.escrow) == [
        ("Tipped", jars.holder, jars.jar, 100, "encore!"),
        ("Tipped", jars.giver, jars.jar, 23, "encore!"),
    ]
    assert jars.stored() == (0, TODAY, 123 * UNIT, 0, 0)
    assert jars.held() == 123
    jars.collect()
    assert jars.balance(jars.creator) == 123
    assert_books(jars.world)


@pytest.mark.parametrize("kind", ["open", "named"])
def test_redeem_into_a_stream(jars: Jars, open_series: int, named: int, kind: str) -> None:
    series = open_series if kind == "open" else named
    key = holders_key(jars, 2**256 - 1)
    at(NOON)
    tx = jars.redeem([card(jars, series, DAY), card(jars, series, DAY)], use("Open", 2**256 - 1, 2 * UNIT))
    end = NOON + DAY
    assert jars.escrow.stream(key) == (2 * UNIT, NOON, end, named if kind == "named" else 0)
    assert logs_of(tx, jars.escrow) == [
        ("StreamOpened", jars.holder, jars.jar, 2**256 - 1, 2 * UNIT, 2 * DAY, end)
    ]
    assert jars.stored()[0] == 2 * UNIT
    tx = jars.redeem([card(jars, series, 7)], use("TopUp", 2**256 - 1))
    assert logs_of(tx, jars.escrow) == [
        ("StreamToppedUp", jars.holder, jars.jar, 2**256 - 1, jars.holder, 7, end + 3)
    ]
    assert jars.held() == 2 * DAY + 7
    at(MIDNIGHT + DAY)
    jars.collect()
    assert jars.balance(jars.creator) == 2 * DAY + 7
    assert_books(jars.world)


@pytest.mark.parametrize("kind", ["open", "named"])
def test_redeem_into_a_subscription_for_somebody_else(
    jars: Jars, open_series: int, named: int, kind: str
) -> None:
    series = open_series if kind == "open" else named
    rate = jars.set_tier()
    data = use("Subscribe", str(jars.recipient), 1, 0, rate)
    at(NOON)
    jars.redeem([card(jars, series, 10 * DAY)], data)
    at(NOON + 100)
    jars.redeem([card(jars, series, 10 * DAY)], data)
    assert jars.escrow.membership(jars.creator, jars.recipient, 1) == (
        jars.holder,
        NOON,
        NOON + 2 * DAY,
        0,
    )
    before = jars.balance(jars.holder), jars.world.certificates.account(series, jars.holder)[0]
    at(NOON + DAY)
    tx = jars.escrow.unsubscribe(jars.creator, 1, jars.recipient, ITSELF, {"from": jars.holder})
    assert returned(tx) == 10 * DAY
    after = jars.balance(jars.holder), jars.world.certificates.account(series, jars.holder)[0]
    cash = 10 * DAY if kind == "open" else 0
    assert (after[0] - before[0], after[1] - before[1]) == (cash, 10 * DAY - cash)
    assert_books(jars.world)


def test_a_card_signed_for_the_escrow_is_submitted_by_anybody(jars: Jars, open_series: int) -> None:
    data = use("Open", 3, UNIT)
    signed = signed_card(jars, open_series, 500, data, jars.holder)
    at(NOON)
    jars.redeem([signed], data, sender=jars.relayer)
    assert jars.escrow.stream(holders_key(jars, 3)) == (UNIT, NOON, NOON + 500, 0)


@pytest.mark.parametrize("after", [0, 37, 500])
def test_cancel_restores_a_named_series(jars: Jars, named: int, after: int) -> None:
    """As face on the holder's card, never as cash; what is less than a base unit is the creator's."""
    rate = UNIT + 1
    at(NOON)
    open_with(jars, named, 1_000, rate)
    cash, face = jars.balance(jars.holder), jars.world.certificates.account(named, jars.holder)
    at(NOON + after)
    tx = jars.cancel(holders_key(jars), jars.holder)
    refund = rate * (999 - after) // UNIT
    assert returned(tx) == refund
    assert jars.balance(jars.holder) == cash
    balance, spent, nonce = jars.world.certificates.account(named, jars.holder)
    assert (balance, spent, nonce) == (face[0] + refund, face[1] - refund, 0)
    assert jars.world.certificates.placed(named, jars.escrow, jars.holder) == 0
    assert jars.held() == 1_000 - refund
    assert jars.due() == (1_000 - refund) * UNIT
    assert_books(jars.world)


def test_count_used_passes_over_streams_of_plain_money(jars: Jars, named: int) -> None:
    """And over ids of none."""
    at(NOON)
    open_with(jars, named, 1_000)
    jars.open(UNIT, 100, index=1)
    at(NOON + 300)
    ids = [jars.id_of(jars.key(1)), bytes(32), jars.id_of(holders_key(jars))]
    tx = jars.escrow.countUsed(ids, {"from": jars.stranger})
    assert jars.world.certificates.placed(named, jars.escrow, jars.holder) == 700
    assert logs_of(tx, jars.escrow) == []


def test_cancel_of_a_last_bit_restores_nothing(jars: Jars, named: int) -> None:
    """Less than a base unit: no restoration of zero, which would revert."""
    at(NOON)
    open_with(jars, named, 100, UNIT - 1)
    at(NOON + 99)
    assert returned(jars.cancel(holders_key(jars), jars.holder)) == 0
    assert jars.due() == 100 * UNIT


def test_cancel_restores_after_the_escrow_was_removed_and_before_expiry(jars: Jars, named: int) -> None:
    expires_at = int(jars.world.certificates.terms(named)[2])
    at(expires_at - 40 * DAY)
    open_with(jars, named, 40 * DAY - 1, UNIT)
    jars.world.certificates.removeMerchant(named, jars.escrow, {"from": jars.issuer})
    jars.world.certificates.removeMerchant(named, jars.creator, {"from": jars.issuer})
    mine_at(expires_at - 2)
    with reverts("GiftCertificates_NotService", named, jars.escrow):
        open_with(jars, named, 1, index=1)
    at(expires_at - 2)
    assert returned(jars.cancel(holders_key(jars), jars.holder)) == 1
    # what was earned is the creator's, cash
    at(expires_at)
    assert returned(jars.collect()) == 40 * DAY - 2
    assert_books(jars.world)
