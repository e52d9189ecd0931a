"""A certificate goes into a creator's jar, and what was not earned comes back onto the card.

A named series: its merchants hold the creator, its services the escrow. The holder has a card and nothing
else: what it does, it signs, and a relayer pays the gas. It never sees cash.
"""

from __future__ import annotations

from typing import Any

import pytest
from brownie import web3

from largesse.eip712 import address_of, sign_digest
from largesse.signed.certificates import Claim, Redemption
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.jars import ITSELF, Jars, use
from tests.support.payments import NAMED_TERMS, assert_books
from tests.support.tipping import FOREVER, MONTH, deploy_jars, rate_of

FACE = 50_000_000
MONTHLY = 12_000_000
TIER = 3
HOLDER_SECRET = secret_of("a card in a drawer")
HOLDER = address_of(HOLDER_SECRET)
"""Somebody who has no gas, no currency and no account on the node."""


@pytest.fixture(scope="module")
def jars(world: World) -> Jars:
    return deploy_jars(world)


@pytest.fixture(scope="module")
def series(jars: Jars) -> int:
    series = jars.world.create_series([jars.creator, jars.merchant], [jars.escrow], **NAMED_TERMS)
    jars.world.issue(series, HOLDER, FACE)
    return series


def card(jars: Jars, series: int, amount: int, data: bytes, nonce: int, order: int = 0) -> tuple[Any, ...]:
    """A redemption into the creator's jar, signed by the holder."""
    message = Redemption(
        HOLDER, series, amount, jars.escrow.address, jars.creator.address, order, data, nonce, FOREVER
    )
    return (HOLDER, series, amount, order, nonce, FOREVER, message.sign(jars.world.domain, HOLDER_SECRET))


def pay(jars: Jars, series: int, amount: int, data: bytes, nonce: int = 1) -> Any:
    """The relayer submits it."""
    return jars.redeem([card(jars, series, amount, data, nonce)], data, sender=jars.relayer)


def signed(jars: Jars, kind: str, *values: Any, nonce: int) -> tuple[int, int, bool, bytes]:
    """The holder's consent to an action of the escrow's."""
    digest = jars.digest(kind, *values, nonce, FOREVER)
    return (nonce, FOREVER, False, sign_digest(digest, HOLDER_SECRET))


def key(jars: Jars, index: int = 0) -> tuple[str, int, int]:
    return jars.key(index, payer=HOLDER)


def account(jars: Jars, series: int, holder: Any = HOLDER) -> tuple[int, int]:
    """Balance and spent."""
    found: tuple[int, int] = jars.world.certificates.account(series, holder)[:2]
    return found


def placed(jars: Jars, series: int, holder: Any = HOLDER) -> int:
    return int(jars.world.certificates.placed(series, jars.escrow, holder))


@pytest.fixture(autouse=True)
def nothing_is_lost(jars: Jars, series: int) -> Any:
    """The holder never got cash and sent nothing; the reserve is what is owed; no unit is missing."""
    yield
    assert jars.balance(HOLDER) == 0
    assert_books(jars.world)
    purses = sum(jars.balance(person) for person in jars.world.people.values())
    assert purses + jars.held() + jars.world.reserve() == jars.token.totalSupply()
    assert web3.eth.get_transaction_count(HOLDER) == web3.eth.get_balance(HOLDER) == 0


def test_open_top_up_and_cancel_restores_the_card(jars: Jars, series: int) -> None:
    world, rate = jars.world, rate_of(jars, MONTHLY)
    start = at(world.now() + 100)
    pay(jars, series, 2 * MONTHLY, use("Open", 0, rate))
    seconds, dust = divmod(2 * MONTHLY * jars.scale, rate)
    assert jars.escrow.stream(key(jars)) == (rate, start, start + seconds, series)
    assert account(jars, series) == (FACE - 2 * MONTHLY, 2 * MONTHLY)
    assert placed(jars, series) == jars.held() == 2 * MONTHLY
    assert dust < rate

    at(start + 5 * DAY)
    pay(jars, series, MONTHLY, use("TopUp", 0), nonce=2)
    end = start + seconds + MONTHLY * jars.scale // rate
    assert jars.escrow.stream(key(jars)) == (rate, start, end, series)
    assert placed(jars, series) == jars.held() == 3 * MONTHLY

    at(start + 7 * DAY)
    jars.collect()
    at(start + 10 * DAY)
    stop = signed(jars, "CancelStream", *key(jars), nonce=1)
    tx = jars.escrow.cancel(key(jars), stop, {"from": jars.relayer})
    refund = rate * (end - start - 10 * DAY) // jars.scale
    assert tx.events["StreamCancelled"]["refund"] == refund
    assert tx.events["Restored"]["amount"] == refund
    used = 3 * MONTHLY - refund
    assert account(jars, series) == (FACE - used, used)
    assert placed(jars, series) == world.certificates.returnable(series, HOLDER) == 0

    # the creator has ten days in cash, as any merchant would
    mine_at(end + DAY)
    jars.collect()
    assert jars.balance(jars.creator) == used
    assert jars.held() == 0


def test_the_card_can_be_spent_again(jars: Jars, series: int) -> None:
    """What came back is worth what it was: into another stream of the same index, and at a shop."""
    rate = 100 * jars.scale
    for nonce in (1, 2):
        begun = at(jars.now() + 10)
        pay(jars, series, FACE, use("Open", 0, rate), nonce)
        assert account(jars, series) == (0, FACE)
        at(begun)
        stop = signed(jars, "CancelStream", *key(jars), nonce=nonce)
        jars.escrow.cancel(key(jars), stop, {"from": jars.relayer})
        assert account(jars, series) == (FACE, 0)
        assert placed(jars, series) == 0
    shop = jars.merchant
    message = Redemption(HOLDER, series, FACE, shop.address, ZERO, 0, b"", 3, FOREVER)
    row = (HOLDER, series, FACE, 0, 3, FOREVER, message.sign(jars.world.domain, HOLDER_SECRET))
    jars.world.certificates.redeemSigned(row, {"from": shop})
    assert jars.balance(shop) == FACE


def test_the_relayer_can_change_nothing(jars: Jars, series: int) -> None:
    """Neither the payee nor what becomes of the money: the holder signed both."""
    world, rate = jars.world, rate_of(jars, MONTHLY)
    data = use("Open", 0, rate)
    good = card(jars, series, MONTHLY, data, 1)
    for payee, other in (
        (jars.merchant, data),
        (jars.creator, use("Tip", "")),
        (jars.creator, use("Open", 1, rate)),
    ):
        meant = Redemption(HOLDER, series, MONTHLY, jars.escrow.address, payee.address, 0, other, 1, FOREVER)
        with reverts("GiftCertificates_InvalidSignature", HOLDER, meant.digest(world.domain)):
            jars.redeem([good], other, payee=payee, sender=jars.relayer)
    assert account(jars, series) == (FACE, 0)


def test_named_money_stays_named(jars: Jars, series: int) -> None:
    """Neither paused nor mixed with other money, nor into a jar whose payees the issuer did not admit."""
    rate = rate_of(jars, MONTHLY)
    pay(jars, series, MONTHLY, use("Open", 0, rate))
    identity = jars.id_of(key(jars))
    with reverts("Jar_SeriesBarsPause", series):
        jars.escrow.pause(key(jars), signed(jars, "PauseStream", *key(jars), nonce=1), {"from": jars.relayer})
    jars.fund(jars.giver, 1_000)
    with reverts("Jar_SeriesDiffers", identity, series, 0):
        jars.escrow.topUp(key(jars), jars.giver, 1_000, ITSELF, {"from": jars.giver})
    twin = jars.world.create_series([jars.creator], [jars.escrow], **NAMED_TERMS)
    jars.world.issue(twin, HOLDER, MONTHLY)
    with reverts("Jar_SeriesDiffers", identity, series, twin):
        pay(jars, twin, MONTHLY, use("TopUp", 0))
    shared = jars.shared_jar([jars.creator, jars.stranger], [1, 9_999])
    jars.set_tier(TIER, MONTHLY, version=1)
    with reverts("Jar_SeriesBarsSharedJar", series, shared):
        pay(jars, series, MONTHLY, use("Subscribe", HOLDER, TIER, 1, rate), nonce=2)


def test_only_where_the_issuer_admitted_both(jars: Jars, series: int) -> None:
    data = use("Open", 0, rate_of(jars, MONTHLY))
    certificates = jars.world.certificates
    elsewhere = jars.world.create_series([jars.creator], [], **NAMED_TERMS)
    jars.world.issue(elsewhere, HOLDER, MONTHLY)
    with reverts("GiftCertificates_NotService", elsewhere, jars.escrow):
        pay(jars, elsewhere, MONTHLY, data)
    message = Redemption(
        HOLDER, series, MONTHLY, jars.escrow.address, jars.stranger.address, 0, data, 1, FOREVER
    )
    row = (HOLDER, series, MONTHLY, 0, 1, FOREVER, message.sign(jars.world.domain, HOLDER_SECRET))
    with reverts("GiftCertificates_NotMerchant", series, jars.stranger):
        jars.redeem([row], data, payee=jars.stranger, sender=jars.relayer)
    assert certificates.account(series, HOLDER) == (FACE, 0, 0)


def test_a_stream_ends_before_its_series_does(jars: Jars, series: int) -> None:
    """So that what is left can always come back."""
    expires_at = int(jars.world.certificates.terms(series)[2])
    now = at(jars.now() + 10)
    rate = MONTHLY * jars.scale // (expires_at - now)
    end = now + MONTHLY * jars.scale // rate
    assert end >= expires_at
    with reverts("Jar_EndsAfterSeries", end, expires_at):
        pay(jars, series, MONTHLY, use("Open", 0, rate))
    at(now)
    faster = MONTHLY * jars.scale // (expires_at - now - 1) + 1
    pay(jars, series, MONTHLY, use("Open", 0, faster))
    slower = faster - 100_000
    left = faster * (int(jars.escrow.stream(key(jars))[2]) - now - 1)
    consent = signed(jars, "ChangeStreamRate", *key(jars), slower, nonce=1)
    at(now + 1)
    with reverts("Jar_EndsAfterSeries", now + 1 + left // slower, expires_at):
        jars.escrow.changeRate(key(jars), slower, consent, {"from": jars.relayer})
    mine_at(expires_at // DAY * DAY + DAY)
    jars.collect()
    assert jars.balance(jars.creator) == MONTHLY


def test_a_creator_that_was_removed_keeps_what_was_earned_and_no_more(jars: Jars, series: int) -> None:
    """Removal stops new streams after its notice; a running one can be cancelled as before."""
    rate = rate_of(jars, MONTHLY)
    start = at(jars.now() + 10)
    pay(jars, series, 3 * MONTHLY, use("Open", 0, rate))
    end = int(jars.escrow.stream(key(jars))[2])
    jars.world.certificates.removeMerchant(series, jars.creator, {"from": jars.issuer})
    at(start + 40 * DAY)
    with reverts("GiftCertificates_NotMerchant", series, jars.creator):
        pay(jars, series, MONTHLY, use("TopUp", 0), nonce=2)
    at(start + 41 * DAY)
    stop = signed(jars, "CancelStream", *key(jars), nonce=1)
    jars.escrow.cancel(key(jars), stop, {"from": jars.relayer})
    refund = rate * (end - start - 41 * DAY) // jars.scale
    assert account(jars, series) == (FACE - 3 * MONTHLY + refund, 3 * MONTHLY - refund)


def test_a_membership_is_paid_by_card_and_restored(jars: Jars, series: int) -> None:
    rate = jars.set_tier(TIER, MONTHLY)
    start = at(jars.now() + 10)
    pay(jars, series, MONTHLY, use("Subscribe", HOLDER, TIER, 0, rate))
    assert jars.escrow.isSupporter(jars.creator, HOLDER, TIER) == start
    pay(jars, series, MONTHLY, use("Subscribe", HOLDER, TIER, 0, rate), nonce=2)
    end = int(jars.escrow.membership(jars.creator, HOLDER, TIER)[2])
    assert end == start + 2 * (MONTHLY * jars.scale // rate)
    assert placed(jars, series) == 2 * MONTHLY
    at(start + MONTH // 3)
    stop = signed(jars, "Unsubscribe", HOLDER, HOLDER, jars.creator, TIER, nonce=1)
    jars.escrow.unsubscribe(jars.creator, TIER, HOLDER, stop, {"from": jars.relayer})
    refund = rate * (end - start - MONTH // 3) // jars.scale
    assert account(jars, series) == (FACE - 2 * MONTHLY + refund, 2 * MONTHLY - refund)
    assert placed(jars, series) == 0
    assert jars.escrow.isSupporter(jars.creator, HOLDER, TIER) == 0


def test_a_tip_from_two_cards(jars: Jars, series: int) -> None:
    """Two holders tip together; it is the creator's at once, and comes back to nobody."""
    jars.world.issue(series, jars.giver, 700)
    data = use("Tip", "from both of us")
    own = jars.world.own_card(series, 700, holder=jars.giver)
    tx = jars.redeem([card(jars, series, 300, data, 1), own], data, sender=jars.giver)
    tipped = [(event["from"], event["amount"], event["message"]) for event in tx.events["Tipped"]]
    assert tipped == [(HOLDER, 300, "from both of us"), (jars.giver.address, 700, "from both of us")]
    assert jars.escrow.claimable(jars.jar) == 1_000
    assert placed(jars, series) == placed(jars, series, jars.giver) == 0
    with reverts("Jar_MixedCards", jars.giver, HOLDER, series, series):
        both = use("Open", 0, 10**9)
        jars.world.issue(series, jars.giver, 700)
        jars.redeem([card(jars, series, 300, both, 2), own], both, sender=jars.giver)


def test_the_creators_order_is_used_up_once(jars: Jars, series: int) -> None:
    """The creator asks for exactly this payment: service, data, total and order."""
    data = use("Open", 0, rate_of(jars, MONTHLY))
    world = jars.world

    def payment(total: int) -> tuple[Any, ...]:
        return world.payment(
            jars.escrow, payee=jars.creator, order=7, total=total, data=data, signer=jars.creator
        )

    with reverts("GiftCertificates_TotalDiffers", MONTHLY, MONTHLY + 1):
        world.certificates.pay(
            payment(MONTHLY + 1), [card(jars, series, MONTHLY, data, 1, order=7)], {"from": jars.relayer}
        )
    world.certificates.pay(
        payment(MONTHLY), [card(jars, series, MONTHLY, data, 1, order=7)], {"from": jars.relayer}
    )
    assert world.certificates.isOrderUsed(jars.creator, 7)
    with reverts("GiftCertificates_OrderUsed", jars.creator, 7):
        world.certificates.pay(
            payment(MONTHLY), [card(jars, series, MONTHLY, data, 2, order=7)], {"from": jars.relayer}
        )


# a gift link


def test_a_gift_link_is_claimed_into_a_jar_in_one_transaction(jars: Jars, series: int) -> None:
    """Whoever opens the link supports a creator at once; what is not earned is on the recipient's card."""
    world, rate = jars.world, rate_of(jars, MONTHLY)
    world.issue(series, jars.giver, 3 * MONTHLY)
    # The link's key is the recipient: it signs for itself, and sends nothing.
    secret, gift, identity = world.give(series, 3 * MONTHLY, secret=HOLDER_SECRET)
    data = use("Open", 9, rate)
    payment = world.payment(jars.escrow, payee=jars.creator, data=data)
    follow_up = Redemption(
        HOLDER, series, 3 * MONTHLY, jars.escrow.address, jars.creator.address, 0, data, 0, 0
    ).struct_hash()
    signature = world.claim_signature(secret, identity, HOLDER, follow_up)

    # a copy with other data, or alone, is worth nothing
    other = world.payment(jars.escrow, payee=jars.creator, data=use("Tip", ""))
    bent = Redemption(
        HOLDER, series, 3 * MONTHLY, jars.escrow.address, jars.creator.address, 0, use("Tip", ""), 0, 0
    ).struct_hash()
    with reverts(
        "GiftCertificates_InvalidSignature", gift[1], Claim(identity, HOLDER, bent).digest(world.domain)
    ):
        world.certificates.claimAndPay(gift, HOLDER, signature, other, {"from": jars.stranger})

    before = account(jars, series)
    start = at(jars.now() + 10)
    world.certificates.claimAndPay(gift, HOLDER, signature, payment, {"from": jars.relayer})
    end = start + 3 * MONTHLY * jars.scale // rate
    assert jars.escrow.stream(key(jars, 9)) == (rate, start, end, series)
    assert account(jars, series) == (before[0], before[1] + 3 * MONTHLY)
    assert placed(jars, series) == jars.held() == 3 * MONTHLY
    assert world.certificates.isGiftOpen(identity) is False

    at(start + 10 * DAY)
    stop = signed(jars, "CancelStream", *key(jars, 9), nonce=1)
    jars.escrow.cancel(key(jars, 9), stop, {"from": jars.relayer})
    refund = rate * (end - start - 10 * DAY) // jars.scale
    assert account(jars, series) == (before[0] + refund, before[1] + 3 * MONTHLY - refund)
    assert placed(jars, series) == 0
    # the giver has given: nothing of it is the giver's again
    assert world.certificates.balanceOf(jars.giver, series) == 0


def test_a_link_whose_jar_refuses_stays_a_link(jars: Jars, series: int) -> None:
    """The money would last beyond the series: nothing has happened, and the link opens otherwise."""
    world = jars.world
    world.issue(series, jars.giver, MONTHLY)
    secret, gift, identity = world.give(series, MONTHLY, secret=HOLDER_SECRET)
    data = use("Open", 0, 1)
    payment = world.payment(jars.escrow, payee=jars.creator, data=data)
    follow_up = Redemption(
        HOLDER, series, MONTHLY, jars.escrow.address, jars.creator.address, 0, data, 0, 0
    ).struct_hash()
    now = at(jars.now() + 10)
    with reverts("Jar_EndTooLate", now + MONTHLY * jars.scale, 2**40 - 1):
        world.certificates.claimAndPay(
            gift, HOLDER, world.claim_signature(secret, identity, HOLDER, follow_up), payment,
            {"from": jars.relayer},
        )  # fmt: skip
    assert world.certificates.isGiftOpen(identity)
    world.certificates.claim(
        gift, HOLDER, world.claim_signature(secret, identity, HOLDER), {"from": jars.relayer}
    )
    assert account(jars, series) == (FACE + MONTHLY, 0)


# an open series


def test_an_open_series_is_as_good_as_cash(jars: Jars, series: int) -> None:
    """Nothing is placed; the stream may be paused and mixed; and what is not earned comes back as money."""
    world, holder, rate = jars.world, jars.holder, rate_of(jars, MONTHLY)
    open_series = world.create_series()
    world.issue(open_series, holder, FACE)
    start = at(jars.now() + 10)
    jars.redeem([world.own_card(open_series, 2 * MONTHLY)], use("Open", 0, rate))
    mine = jars.key(0, payer=holder)
    assert jars.escrow.stream(mine) == (rate, start, start + 2 * MONTHLY * jars.scale // rate, 0)
    assert placed(jars, open_series, holder) == 0
    at(start + DAY)
    jars.escrow.pause(mine, ITSELF, {"from": holder})
    at(start + 2 * DAY)
    jars.escrow.resume(mine, ITSELF, {"from": holder})
    jars.fund(jars.giver, MONTHLY)
    at(start + 3 * DAY)
    jars.escrow.topUp(mine, jars.giver, MONTHLY, ITSELF, {"from": jars.giver})
    end = int(jars.escrow.stream(mine)[2])
    at(start + 10 * DAY)
    jars.cancel(mine, payer=holder)
    refund = rate * (end - start - 10 * DAY) // jars.scale
    assert jars.balance(holder) == refund > MONTHLY
    assert account(jars, open_series, holder) == (FACE - 2 * MONTHLY, 2 * MONTHLY)
    mine_at(end + DAY)
    jars.collect()
    assert jars.balance(jars.creator) == 3 * MONTHLY - refund


def test_what_was_streamed_counts_as_used_when_it_is_earned(jars: Jars) -> None:
    """A card whose remainder is refundable once 60 % is used: by streams as at a shop, to the second."""
    world = jars.world
    series = world.create_series(
        [jars.creator], [jars.escrow], denomination=1_000, use_threshold_bps=6_000, **NAMED_TERMS
    )
    world.issue(series, HOLDER, 1_000)
    start = at(jars.now() + 10)
    pay(jars, series, 900, use("Open", 0, jars.scale))  # a unit a second
    for second, right in ((599, 0), (600, 2)):
        at(start + second)
        jars.escrow.countUsed([jars.id_of(key(jars))], {"from": jars.stranger})
        assert placed(jars, series) == 900 - second
        assert world.certificates.refundable(series, HOLDER)[0] == right
    at(start + 700)
    stop = signed(jars, "CancelStream", *key(jars), nonce=1)
    jars.escrow.cancel(key(jars), stop, {"from": jars.relayer})
    assert account(jars, series) == (300, 700)
    assert world.certificates.refundable(series, HOLDER) == (2, 300, 300)
