"""pay: several cards in one payment, to a merchant or into a service (pay.tree)."""

from typing import Any

import pytest

from largesse.signed.certificates import PaymentRequest, Redemption
from tests.fixtures.accounts import MakeAccount, container
from tests.support import clock
from tests.support.certificates import DAY, ZERO, World
from tests.support.errors import reverts, reverts_without_data
from tests.support.payments import (
    NAMED_TERMS,
    assert_books,
    burns,
    card_with,
    payment_with,
    rows,
)

ACCEPTS, WRONG_MAGIC, REVERTS, REVERTS_EMPTY, BURNS_GAS = range(5)
DATA = b"table 9"


@pytest.fixture(scope="module")
def series(world: World) -> int:
    """An open series without a fee; holder and giver have 1,000 each."""
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    world.issue(series, world.giver, 1_000)
    return series


@pytest.fixture(scope="module")
def service(world: World) -> Any:
    """An honest service."""
    return container("MockService").deploy(world.certificates, {"from": world.deployer})


@pytest.fixture(scope="module")
def named(world: World, service: Any) -> int:
    """A named series with a fee for merchant and service; holder and giver have 1,000 each."""
    series = world.create_series([world.merchant], [service], fee_bps=1_000, **NAMED_TERMS)
    world.issue(series, world.holder, 1_000)
    world.issue(series, world.giver, 1_000)
    return series


def request_digest(world: World, payment: tuple[Any, ...]) -> bytes:
    """What the payee of this payment would have signed."""
    merchant, payee, order, total, least, deadline, data, _ = payment
    paid, service = (merchant, ZERO) if payee == ZERO else (payee, merchant)
    message = PaymentRequest(paid, service, order, world.token.address, total, least, deadline, data)
    return message.digest(world.domain)


def card_digest(world: World, card: tuple[Any, ...], payment: tuple[Any, ...]) -> bytes:
    """What the holder of this card would have signed for this payment."""
    holder, series, amount, order, nonce, deadline, _ = card
    merchant, payee, *_, data, _ = payment
    message = Redemption(holder, series, amount, merchant, payee, order, data, nonce, deadline)
    return message.digest(world.domain)


# cards


def test_pay_reverts_without_cards(world: World, series: int) -> None:
    with reverts("GiftCertificates_NoCards"):
        world.certificates.pay(world.payment(), [], {"from": world.holder})


def test_pay_reverts_for_a_card_of_somebody_else(world: World, series: int) -> None:
    cards = [world.own_card(series, 10), world.own_card(series, 10, holder=world.giver)]
    with reverts("GiftCertificates_NotYourCard", world.giver, world.holder):
        world.certificates.pay(world.payment(), cards, {"from": world.holder})
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)


@pytest.mark.parametrize(("of_card", "of_payment"), [(1, 0), (0, 1), (2, 1), (2**64 - 1, 2**64 - 2)])
def test_pay_reverts_when_a_cards_order_differs(
    world: World, series: int, of_card: int, of_payment: int
) -> None:
    payment = world.payment(order=of_payment, total=10, signer=world.merchant)
    with reverts("GiftCertificates_OrderDiffers", of_card, of_payment):
        world.certificates.pay(
            payment, [world.redemption(series, 10, order=of_card)], {"from": world.relayer}
        )


def test_pay_reverts_when_the_second_cards_order_differs(world: World, series: int) -> None:
    cards = [world.redemption(series, 10, order=3), world.redemption(series, 10, order=4, nonce=2)]
    with reverts("GiftCertificates_OrderDiffers", 4, 3):
        world.certificates.pay(world.payment(order=3, total=20), cards, {"from": world.merchant})


def test_pay_reverts_as_a_whole_when_one_card_is_short(world: World, series: int) -> None:
    cards = [
        world.redemption(series, 10),
        world.redemption(series, 1_001, holder=world.giver),
    ]
    with reverts("GiftCertificates_InsufficientBalance", 1_000, 1_001):
        world.certificates.pay(world.payment(), cards, {"from": world.relayer})
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)
    assert world.token.balanceOf(world.merchant) == 0


def test_pay_reverts_for_one_signature_used_twice(world: World, series: int) -> None:
    card = world.redemption(series, 10, nonce=4)
    with reverts("GiftCertificates_NonceTooLow", 4, 4):
        world.certificates.pay(world.payment(), [card, card], {"from": world.relayer})


def test_pay_reverts_for_an_own_card_that_is_spent_twice(world: World, series: int) -> None:
    card = world.own_card(series, 501)
    with reverts("GiftCertificates_InsufficientBalance", 499, 501):
        world.certificates.pay(world.payment(), [card, card], {"from": world.holder})


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_pay_ends_at_a_cards_deadline(world: World, series: int, second: int) -> None:
    deadline = world.now() + 500
    card = world.redemption(series, 10, deadline=deadline)
    clock.at(deadline + second)
    if second < 0:
        world.certificates.pay(world.payment(), [card], {"from": world.relayer})
        assert world.token.balanceOf(world.merchant) == 10
    else:
        with reverts("GiftCertificates_DeadlinePassed", deadline, deadline + second):
            world.certificates.pay(world.payment(), [card], {"from": world.relayer})


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_pay_ends_at_expiry(world: World, series: int, second: int) -> None:
    expiry = world.certificates.terms(series)[2]
    clock.at(expiry + second)
    cards = [world.own_card(series, 10)]
    if second < 0:
        world.certificates.pay(world.payment(), cards, {"from": world.holder})
        assert world.token.balanceOf(world.merchant) == 10
    else:
        with reverts("GiftCertificates_Expired", series, expiry):
            world.certificates.pay(world.payment(), cards, {"from": world.holder})


def test_pay_reverts_for_a_bad_series_behind_a_good_one(world: World, series: int) -> None:
    cards = [world.own_card(series, 10), world.own_card(88, 10)]
    with reverts("GiftCertificates_UnknownSeries", 88):
        world.certificates.pay(world.payment(), cards, {"from": world.holder})


def test_pay_takes_several_cards_of_several_people(world: World, series: int, named: int) -> None:
    cards = [
        world.redemption(series, 100, nonce=3),
        world.redemption(series, 200, holder=world.giver),
        world.redemption(named, 55),
        world.redemption(series, 5, nonce=4),
        world.redemption(named, 9, nonce=2),
    ]
    tx = world.certificates.pay(world.payment(), cards, {"from": world.relayer})
    assert rows(tx) == [(0, 3), (0, 1), (0, 1), (0, 4), (0, 2)]
    assert burns(tx) == [
        (world.merchant, world.holder, series, 100),
        (world.merchant, world.giver, series, 200),
        (world.merchant, world.holder, named, 55),
        (world.merchant, world.holder, series, 5),
        (world.merchant, world.holder, named, 9),
    ]
    assert world.token.balanceOf(world.merchant) == 305 + 64 - 5  # a tenth of 55 and of 9, rounded down
    assert world.certificates.state(named)[1:3] == (2_000 - 64, 5)
    assert world.certificates.state(series)[1] == 2_000 - 305
    assert world.certificates.account(series, world.holder) == (895, 105, 4)
    assert world.certificates.account(named, world.holder) == (936, 64, 2)
    assert len(tx.events["Transfer"]) == 1
    assert_books(world)


def test_pay_mixes_own_and_signed_cards(world: World, series: int) -> None:
    cards = [world.own_card(series, 10), world.redemption(series, 20, holder=world.giver, nonce=6)]
    tx = world.certificates.pay(world.payment(), cards, {"from": world.holder})
    assert rows(tx) == [(0, 0), (0, 6)]
    assert world.token.balanceOf(world.merchant) == 30
    assert world.certificates.account(series, world.holder) == (990, 10, 0)


# orders and requests


@pytest.mark.parametrize("total", [29, 31])
def test_pay_reverts_when_the_cards_dont_add_up(world: World, series: int, total: int) -> None:
    cards = [
        world.redemption(series, 10, order=5),
        world.redemption(series, 20, holder=world.giver, order=5),
    ]
    payment = world.payment(order=5, total=total, signer=world.merchant)
    for sender in (world.relayer, world.merchant):
        with reverts("GiftCertificates_TotalDiffers", 30, total):
            world.certificates.pay(payment, cards, {"from": sender})
    assert not world.certificates.isOrderUsed(world.merchant, 5)


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("who", ["relayer", "merchant"])
def test_pay_reverts_when_too_little_arrives(
    world: World, series: int, named: int, who: str, more: int
) -> None:
    """Of 30: the fee of 10 % is one for the named card's 19, rounded down, and none for the other's 11."""
    cards = [
        world.redemption(series, 11, order=5),
        world.redemption(named, 19, holder=world.giver, order=5),
    ]
    sender = getattr(world, who)
    signer = None if who == "merchant" else world.merchant
    payment = world.payment(order=5, total=30, least=29 + more, signer=signer)
    if more > 0:
        with reverts("GiftCertificates_PayoutBelowLeast", 29, 30):
            world.certificates.pay(payment, cards, {"from": sender})
    else:
        world.certificates.pay(payment, cards, {"from": sender})
    arrived = 0 if more > 0 else 29
    assert world.token.balanceOf(world.merchant) == arrived
    assert world.certificates.isOrderUsed(world.merchant, 5) is (arrived > 0)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_pay_into_a_service_reverts_when_too_little_arrives(
    world: World, named: int, service: Any, more: int
) -> None:
    payment = world.payment(
        service, payee=world.merchant, order=5, total=10, least=10 + more, signer=world.merchant
    )
    card = world.own_card(named, 10, order=5)
    if more > 0:
        with reverts("GiftCertificates_PayoutBelowLeast", 10, 11):
            world.certificates.pay(payment, [card], {"from": world.holder})
    else:
        world.certificates.pay(payment, [card], {"from": world.holder})
    assert world.token.balanceOf(service) == (0 if more > 0 else 10)


def test_pay_without_an_order_looks_at_neither_total_nor_least(world: World, named: int) -> None:
    payment = world.payment(total=1, least=2**96 - 1)
    world.certificates.pay(payment, [world.own_card(named, 10)], {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 9


def test_pay_reverts_for_an_order_without_a_request(world: World, series: int) -> None:
    payment = world.payment(order=5, total=10)
    card = world.redemption(series, 10, order=5)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, payment)):
        world.certificates.pay(payment, [card], {"from": world.relayer})


def test_pay_reverts_for_a_request_that_somebody_else_signed(world: World, series: int) -> None:
    payment = world.payment(order=5, total=10, signer=world.holder)
    card = world.own_card(series, 10, order=5)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, payment)):
        world.certificates.pay(payment, [card], {"from": world.holder})


REQUEST_CHANGES: dict[str, dict[str, Any]] = {
    "order": {"order": 6},
    "total": {"total": 11},
    "least": {"least": 9},
    "deadline": {"deadline": 2**40 - 1},
    "data": {"data": b"x"},
}


@pytest.mark.parametrize("member", REQUEST_CHANGES)
def test_pay_reverts_when_the_payer_changes_the_request(world: World, series: int, member: str) -> None:
    change = REQUEST_CHANGES[member]
    payment = payment_with(world.payment(order=5, total=10, signer=world.merchant), **change)
    card = world.own_card(series, change.get("total", 10), order=change.get("order", 5))
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, payment)):
        world.certificates.pay(payment, [card], {"from": world.holder})


def test_pay_reverts_for_a_request_in_another_currency(world: World, series: int, usdx: Any) -> None:
    payment = world.payment(order=5, total=10)
    deadline = payment[5]
    request = PaymentRequest(world.merchant.address, ZERO, 5, usdx.address, 10, 10, deadline, b"")
    payment = payment_with(payment, signature=request.sign(world.domain, world.key(world.merchant)))
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, payment)):
        world.certificates.pay(payment, [world.own_card(series, 10, order=5)], {"from": world.holder})


@pytest.mark.parametrize("second", [-1, 0, 1])
def test_pay_ends_at_the_requests_deadline(world: World, series: int, second: int) -> None:
    deadline = world.now() + 500
    payment = world.payment(order=5, total=10, signer=world.merchant, deadline=deadline)
    clock.at(deadline + second)
    if second < 0:
        world.certificates.pay(payment, [world.own_card(series, 10, order=5)], {"from": world.holder})
        assert world.certificates.isOrderUsed(world.merchant, 5)
    else:
        with reverts("GiftCertificates_DeadlinePassed", deadline, deadline + second):
            world.certificates.pay(payment, [world.own_card(series, 10, order=5)], {"from": world.holder})


def test_pay_by_the_payee_needs_no_request_and_no_deadline(world: World, series: int) -> None:
    payment = world.payment(order=5, total=10, deadline=0)
    world.certificates.pay(payment, [world.redemption(series, 10, order=5)], {"from": world.merchant})
    assert world.certificates.isOrderUsed(world.merchant, 5)
    assert world.token.balanceOf(world.merchant) == 10


def test_pay_uses_an_order_once_whichever_way(world: World, series: int) -> None:
    """One bitmap for pay, redeemSigned and redeemBatch."""
    payment = world.payment(order=5, total=30, signer=world.merchant)
    cards = [
        world.redemption(series, 10, order=5),
        world.redemption(series, 20, holder=world.giver, order=5),
    ]
    tx = world.certificates.pay(payment, cards, {"from": world.stranger})
    assert rows(tx) == [(5, 1), (5, 1)]
    assert world.certificates.isOrderUsed(world.merchant, 5)
    again = world.redemption(series, 30, order=5, nonce=2)
    with reverts("GiftCertificates_OrderUsed", world.merchant, 5):
        world.certificates.pay(payment, [again], {"from": world.stranger})
    with reverts("GiftCertificates_OrderUsed", world.merchant, 5):
        world.certificates.redeemSigned(again, {"from": world.merchant})
    assert world.token.balanceOf(world.merchant) == 30


def test_pay_binds_the_data_also_without_a_service(world: World, series: int) -> None:
    card = world.redemption(series, 10, data=DATA)
    bare = world.payment()
    with reverts("GiftCertificates_InvalidSignature", world.holder, card_digest(world, card, bare)):
        world.certificates.pay(bare, [card], {"from": world.relayer})
    world.certificates.pay(world.payment(data=DATA), [card], {"from": world.relayer})
    assert world.token.balanceOf(world.merchant) == 10


# into a service


def test_pay_into_a_service_hands_over_and_tells(world: World, series: int, service: Any) -> None:
    cards = [
        world.redemption(series, 30, merchant=service, payee=world.merchant, order=8, data=DATA),
        world.redemption(
            series, 12, holder=world.giver, merchant=service, payee=world.merchant, order=8, data=DATA
        ),
    ]
    payment = world.payment(
        service, payee=world.merchant, order=8, total=42, data=DATA, signer=world.merchant
    )
    tx = world.certificates.pay(payment, cards, {"from": world.relayer})
    assert world.token.balanceOf(service) == 42
    assert world.token.balanceOf(world.merchant) == 0
    assert (service.payee(), service.amount(), service.order()) == (world.merchant, 42, 8)
    assert service.parameters() == "0x" + DATA.hex()
    assert service.portionCount() == 2
    assert service.portions(0) == (world.holder, series, 30)
    assert service.portions(1) == (world.giver, series, 12)
    assert burns(tx) == [
        (service, world.holder, series, 30),
        (service, world.giver, series, 12),
    ]
    event = tx.events["RedeemedInto"]
    assert (event["service"], event["payee"], event["data"]) == (service, world.merchant, "0x" + DATA.hex())
    assert rows(tx) == [(8, 1), (8, 1)]
    # the order is the payee's, not the service's
    assert world.certificates.isOrderUsed(world.merchant, 8)
    assert not world.certificates.isOrderUsed(service, 8)
    assert_books(world)


def test_pay_into_a_service_that_sees_finished_books(world: World, named: int, service: Any) -> None:
    """What the views answer from within the callback is what holds after it."""
    card = world.redemption(named, 300, merchant=service, payee=world.merchant, order=8)
    payment = world.payment(service, payee=world.merchant, order=8, total=300, signer=world.merchant)
    world.certificates.pay(payment, [card], {"from": world.relayer})
    reserve, outstanding, balance, spent, placed, is_used = service.sight()
    assert (outstanding, balance, spent, placed, is_used) == (1_700, 700, 300, 300, True)
    assert reserve == world.reserve()
    assert outstanding == world.certificates.state(named)[1]
    assert_books(world)


def test_pay_into_a_service_of_a_named_series_is_free_of_the_fee(
    world: World, named: int, service: Any
) -> None:
    payment = world.payment(service, payee=world.merchant)
    world.certificates.pay(payment, [world.own_card(named, 999)], {"from": world.holder})
    assert service.amount() == world.token.balanceOf(service) == 999
    assert world.certificates.state(named)[2] == 0
    assert world.certificates.placed(named, service, world.holder) == 999
    assert world.certificates.placed(named, service, world.giver) == 0


def test_pay_into_a_service_counts_nothing_placed_for_an_open_series(
    world: World, series: int, service: Any
) -> None:
    world.certificates.pay(
        world.payment(service, payee=world.merchant), [world.own_card(series, 10)], {"from": world.holder}
    )
    assert world.certificates.placed(series, service, world.holder) == 0


def test_pay_into_a_service_is_barred_for_an_open_series_with_a_fee(world: World, service: Any) -> None:
    series = world.create_series(fee_bps=1)
    world.issue(series, world.holder, 100)
    payment = world.payment(service, payee=world.merchant)
    with reverts("GiftCertificates_FeeBarsService", series, 1):
        world.certificates.pay(payment, [world.own_card(series, 10)], {"from": world.holder})
    world.certificates.pay(world.payment(), [world.own_card(series, 10)], {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 10


def test_pay_into_a_service_reverts_when_it_is_not_in_the_set(world: World, service: Any) -> None:
    series = world.create_series([world.merchant], **NAMED_TERMS)
    world.issue(series, world.holder, 100)
    with reverts("GiftCertificates_NotService", series, service):
        world.certificates.pay(
            world.payment(service, payee=world.merchant),
            [world.own_card(series, 10)],
            {"from": world.holder},
        )


def test_pay_into_a_service_reverts_when_its_payee_is_not_in_the_set(
    world: World, named: int, service: Any
) -> None:
    with reverts("GiftCertificates_NotMerchant", named, world.stranger):
        world.certificates.pay(
            world.payment(service, payee=world.stranger),
            [world.own_card(named, 10)],
            {"from": world.holder},
        )


def test_a_service_of_a_named_series_is_no_merchant(world: World, named: int, service: Any) -> None:
    """Paid directly, a service would get the money without being told for whom."""
    with reverts("GiftCertificates_NotMerchant", named, service):
        world.certificates.redeem(named, 10, service, {"from": world.holder})
    with reverts("GiftCertificates_NotMerchant", named, service):
        world.certificates.pay(world.payment(service), [world.own_card(named, 10)], {"from": world.holder})
    with reverts("GiftCertificates_NotMerchant", named, service):
        other = container("MockService").deploy(world.certificates, {"from": world.deployer})
        world.certificates.addServices(named, [other], {"from": world.issuer})
        world.certificates.pay(
            world.payment(other, payee=service), [world.own_card(named, 10)], {"from": world.holder}
        )


def test_a_merchant_of_a_named_series_is_no_service(world: World, service: Any) -> None:
    """A merchant's contract that takes the callback would dodge the fee."""
    series = world.create_series([service, world.merchant], fee_bps=1_000, **NAMED_TERMS)
    world.issue(series, world.holder, 100)
    for payee in (world.merchant, service):
        with reverts("GiftCertificates_NotService", series, service):
            world.certificates.pay(
                world.payment(service, payee=payee), [world.own_card(series, 10)], {"from": world.holder}
            )
    world.certificates.redeem(series, 10, service, {"from": world.holder})
    assert world.token.balanceOf(service) == 9


def test_pay_into_a_service_that_is_its_own_payee(world: World, named: int, service: Any) -> None:
    payment = world.payment(service, payee=service)
    world.certificates.pay(payment, [world.own_card(named, 10)], {"from": world.holder})
    assert (service.payee(), service.amount()) == (service, 10)


def test_pay_into_a_service_reverts_for_the_ledger_as_payee(world: World, series: int, service: Any) -> None:
    with reverts("GiftCertificates_NotMerchant", series, world.certificates):
        world.certificates.pay(
            world.payment(service, payee=world.certificates),
            [world.own_card(series, 10)],
            {"from": world.holder},
        )


def test_pay_into_a_service_reverts_for_a_card_signed_for_another_payee_or_data(
    world: World, series: int, service: Any
) -> None:
    card = world.redemption(series, 10, merchant=service, payee=world.merchant, data=DATA)
    for payment in (
        world.payment(service, payee=world.other_merchant, data=DATA),
        world.payment(service, payee=world.merchant, data=DATA + b"!"),
        world.payment(service, payee=world.merchant),
        world.payment(service, payee=service, data=DATA),
        world.payment(service, data=DATA),
    ):
        with reverts("GiftCertificates_InvalidSignature", world.holder, card_digest(world, card, payment)):
            world.certificates.pay(payment, [card], {"from": world.relayer})
    assert service.payments() == 0


@pytest.mark.parametrize("mode", [WRONG_MAGIC, REVERTS, REVERTS_EMPTY])
def test_pay_into_a_service_that_refuses_changes_nothing(
    world: World, series: int, service: Any, mode: int
) -> None:
    service.setMode(mode, {"from": world.deployer})
    payment = world.payment(service, payee=world.merchant, order=8, total=10, signer=world.merchant)
    card = world.redemption(series, 10, merchant=service, payee=world.merchant, order=8)
    expected = {
        WRONG_MAGIC: reverts("GiftCertificates_ServiceRefused", service, b"\xff" * 4),
        REVERTS: reverts("MockService_Refused", world.merchant, 10, 8),
        REVERTS_EMPTY: reverts_without_data(),
    }
    with expected[mode]:
        world.certificates.pay(payment, [card], {"from": world.relayer})
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)
    assert not world.certificates.isOrderUsed(world.merchant, 8)
    assert world.token.balanceOf(service) == 0
    service.setMode(ACCEPTS, {"from": world.deployer})
    world.certificates.pay(payment, [card], {"from": world.relayer})
    assert world.token.balanceOf(service) == 10


def test_pay_into_a_service_that_burns_gas_changes_nothing(world: World, series: int, service: Any) -> None:
    service.setMode(BURNS_GAS, {"from": world.deployer})
    with reverts_without_data():
        world.certificates.pay(
            world.payment(service, payee=world.merchant),
            [world.own_card(series, 10)],
            {"from": world.holder, "gas_limit": 3_000_000},
        )
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)


@pytest.mark.parametrize("kind", ["account", "contract"])
def test_pay_into_what_is_no_service_reverts(
    world: World, series: int, kind: str, make_account: MakeAccount
) -> None:
    target = world.stranger if kind == "account" else make_account("Wallet1271", world.stranger)
    with reverts_without_data():
        world.certificates.pay(
            world.payment(target, payee=world.merchant),
            [world.own_card(series, 10)],
            {"from": world.holder},
        )
    assert world.token.balanceOf(target) == 0


def test_a_service_takes_payments_from_its_ledger_only(world: World, series: int, service: Any) -> None:
    with reverts("MockService_NotCertificates", world.stranger):
        service.onRedemption(
            world.merchant, 10, 0, [(world.holder, series, 10)], b"", {"from": world.stranger}
        )


def test_pay_of_an_own_card_with_an_order_needs_the_payees_request(
    world: World, series: int, service: Any
) -> None:
    payment = world.payment(service, payee=world.merchant, order=8, total=10)
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, payment)):
        world.certificates.pay(payment, [world.own_card(series, 10, order=8)], {"from": world.holder})
    # a request for a payment to the merchant itself is none for one through a service, nor the reverse
    direct = world.payment(order=8, total=10, signer=world.merchant)
    through = payment_with(payment, signature=direct[-1], deadline=direct[5])
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, through)):
        world.certificates.pay(through, [world.own_card(series, 10, order=8)], {"from": world.holder})
    signed = world.payment(service, payee=world.merchant, order=8, total=10, signer=world.merchant)
    crossed = payment_with(direct, signature=signed[-1], deadline=signed[5])
    with reverts("GiftCertificates_InvalidSignature", world.merchant, request_digest(world, crossed)):
        world.certificates.pay(crossed, [world.own_card(series, 10, order=8)], {"from": world.holder})
    world.certificates.pay(signed, [world.own_card(series, 10, order=8)], {"from": world.holder})
    assert service.order() == 8


def test_pay_into_a_service_goes_on_after_the_sale_was_wound_down(
    world: World, named: int, service: Any
) -> None:
    world.certificates.windDown(named, {"from": world.issuer})
    world.certificates.pay(
        world.payment(service, payee=world.merchant), [world.own_card(named, 10)], {"from": world.holder}
    )
    assert world.token.balanceOf(service) == 10


@pytest.mark.parametrize("second", [-1, 0])
def test_pay_into_a_removed_service_ends_with_its_notice(
    world: World, named: int, service: Any, second: int
) -> None:
    world.certificates.removeMerchant(named, service, {"from": world.issuer})
    until = world.now() + 30 * DAY
    clock.at(until + second)
    payment = world.payment(service, payee=world.merchant)
    if second < 0:
        world.certificates.pay(payment, [world.own_card(named, 10)], {"from": world.holder})
        assert service.payments() == 1
    else:
        with reverts("GiftCertificates_NotService", named, service):
            world.certificates.pay(payment, [world.own_card(named, 10)], {"from": world.holder})


def test_pay_reverts_for_a_changed_card(world: World, series: int) -> None:
    payment = world.payment()
    for change in ({"amount": 11}, {"nonce": 2}, {"deadline": 2**40 - 1}):
        card = card_with(world.redemption(series, 10), **change)
        with reverts("GiftCertificates_InvalidSignature", world.holder, card_digest(world, card, payment)):
            world.certificates.pay(payment, [card], {"from": world.relayer})
