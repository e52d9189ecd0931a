"""Using up a merchant's order number without paying the order."""

from typing import Any

import pytest

from largesse.signed.certificates import PaymentRequest, Redemption
from tests.support.certificates import DAY, ZERO, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS, payment_with

ORDER = 7_001
TOTAL = 500


@pytest.fixture(scope="module")
def series(world: World) -> int:
    """An open series; the victim, who owes the order, is the holder; the stranger has 1,000 too."""
    series = world.create_series()
    for person in (world.holder, world.stranger, world.giver):
        world.issue(series, person, 1_000)
    return series


@pytest.fixture
def request_(world: World) -> tuple[Any, ...]:
    """What the till shows to the victim."""
    return world.payment(order=ORDER, total=TOTAL, signer=world.merchant)


def is_free(world: World) -> bool:
    return not world.certificates.isOrderUsed(world.merchant, ORDER)


def digest_of(world: World, payment: tuple[Any, ...]) -> bytes:
    merchant, _, order, total, least, deadline, data, _ = payment
    request = PaymentRequest(merchant, ZERO, order, world.token.address, total, least, deadline, data)
    return request.digest(world.domain)


@pytest.mark.parametrize("role", ["holder", "stranger", "issuer", "deployer"])
def test_nobody_uses_an_order_up_with_a_request_of_their_own(world: World, series: int, role: str) -> None:
    squatter: Any = getattr(world, role)
    world.issue(series, squatter, 1)
    forged = world.payment(order=ORDER, total=1, signer=squatter)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, digest_of(world, forged)):
        world.certificates.pay(
            forged, [world.own_card(series, 1, holder=squatter, order=ORDER)], {"from": squatter}
        )
    assert is_free(world)


def test_nobody_uses_an_order_up_through_redeem(world: World, series: int) -> None:
    """The holder's own `redeem` takes no order at all."""
    world.certificates.redeem(series, 1, world.merchant, {"from": world.stranger})
    assert is_free(world)


@pytest.mark.parametrize("function", ["redeemSigned", "redeemBatch"])
def test_nobody_uses_an_order_up_as_merchant_but_their_own(world: World, series: int, function: str) -> None:
    """Orders count for who is paid: a stranger who submits uses a number of the stranger's."""
    row = world.redemption(series, 1, holder=world.stranger, merchant=world.stranger, order=ORDER)
    rows = [row] if function == "redeemBatch" else row
    getattr(world.certificates, function)(rows, {"from": world.stranger})
    assert world.certificates.isOrderUsed(world.stranger, ORDER)
    assert is_free(world)


@pytest.mark.parametrize("amount", [1, TOTAL - 1, TOTAL + 1])
def test_nobody_uses_an_order_up_with_less_or_more(
    world: World, series: int, request_: tuple[Any, ...], amount: int
) -> None:
    card = world.own_card(series, amount, holder=world.stranger, order=ORDER)
    with reverts("GiftCertificates_TotalDiffers", amount, TOTAL):
        world.certificates.pay(request_, [card], {"from": world.stranger})
    lowered = payment_with(request_, total=amount, least=amount)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, digest_of(world, lowered)):
        world.certificates.pay(lowered, [card], {"from": world.stranger})
    assert is_free(world)


def test_who_pays_an_order_in_full_has_paid_it(world: World, series: int, request_: tuple[Any, ...]) -> None:
    """A stranger with the request may pay the victim's order: the merchant has its money, and the victim,
    whose signature binds the order, can't be charged for it any more.
    """
    victims = world.redemption(series, TOTAL, order=ORDER)
    world.certificates.pay(
        request_,
        [world.own_card(series, TOTAL, holder=world.stranger, order=ORDER)],
        {"from": world.stranger},
    )
    assert world.token.balanceOf(world.merchant) == TOTAL
    for charge in (
        lambda: world.certificates.redeemSigned(victims, {"from": world.merchant}),
        lambda: world.certificates.pay(request_, [victims], {"from": world.merchant}),
    ):
        with reverts("GiftCertificates_OrderUsed", world.merchant, ORDER):
            charge()
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)


def test_a_front_runner_only_pays_for_the_gas(world: World, series: int, request_: tuple[Any, ...]) -> None:
    """Whoever submits the victim's payment first: the money goes where it was signed to."""
    card = world.redemption(series, TOTAL, order=ORDER)
    world.certificates.pay(request_, [card], {"from": world.stranger})
    assert world.token.balanceOf(world.merchant) == TOTAL
    assert world.token.balanceOf(world.stranger) == 0
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def test_a_part_of_the_cards_does_not_use_the_order_up(
    world: World, series: int, request_: tuple[Any, ...]
) -> None:
    """Two people share a bill: submitting only one of their cards fails, nothing is burnt."""
    first = world.redemption(series, 300, order=ORDER)
    second = world.redemption(series, 200, holder=world.giver, order=ORDER)
    for cards, amount in (([first], 300), ([second], 200)):
        with reverts("GiftCertificates_TotalDiffers", amount, TOTAL):
            world.certificates.pay(request_, cards, {"from": world.stranger})
    world.certificates.pay(request_, [first, second], {"from": world.stranger})
    assert world.token.balanceOf(world.merchant) == TOTAL


def test_a_request_of_another_ledger_is_none_here(world: World, series: int, make_world: Any) -> None:
    other = make_world(world.token)
    theirs = other.payment(order=ORDER, total=TOTAL, signer=world.merchant)
    card = world.own_card(series, TOTAL, order=ORDER)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, digest_of(world, theirs)):
        world.certificates.pay(theirs, [card], {"from": world.holder})
    assert is_free(world)


def test_a_gift_cant_squat_either(world: World, series: int) -> None:
    """`claimAndPay` with the merchant's order, signed by the link's key but not requested by the merchant."""
    secret, gift, gift_id = world.give(series, 100, giver=world.stranger)
    payment = world.payment(order=ORDER, total=100)
    follow_up = Redemption(
        world.stranger.address, series, 100, world.merchant.address, ZERO, ORDER, b"", 0, 0
    ).struct_hash()
    signature = world.claim_signature(secret, gift_id, world.stranger, follow_up)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, digest_of(world, payment)):
        world.certificates.claimAndPay(gift, world.stranger, signature, payment, {"from": world.stranger})
    assert is_free(world)
    assert world.certificates.isGiftOpen(gift_id)


def test_the_payer_cant_be_charged_twice_by_the_merchant(world: World, series: int) -> None:
    """One order, one charge: a merchant that asks for a second signature 'because the first one failed'."""
    deadline = world.now() + DAY
    first = world.redemption(series, TOTAL, order=ORDER, nonce=1, deadline=deadline)
    second = world.redemption(series, TOTAL, order=ORDER, nonce=2, deadline=deadline)
    world.certificates.redeemSigned(first, {"from": world.merchant})
    with reverts("GiftCertificates_OrderUsed", world.merchant, ORDER):
        world.certificates.redeemSigned(second, {"from": world.merchant})
    tx = world.certificates.redeemBatch([second], {"from": world.merchant})
    assert "RedeemedMany" not in tx.events
    assert world.certificates.account(series, world.holder) == (500, 500, 1)


def test_a_named_series_gives_squatters_no_other_way(world: World, series: int) -> None:
    named = world.create_series([world.merchant], **NAMED_TERMS)
    world.issue(named, world.stranger, 10)
    forged = world.payment(order=ORDER, total=10)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, digest_of(world, forged)):
        world.certificates.pay(
            forged, [world.own_card(named, 10, holder=world.stranger, order=ORDER)], {"from": world.stranger}
        )
    assert is_free(world)
