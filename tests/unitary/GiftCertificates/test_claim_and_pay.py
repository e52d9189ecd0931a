"""claimAndPay: open a gift and spend all of it in one step; the link's key covers both."""

from typing import Any

import pytest

from largesse.eip712 import address_of
from largesse.signed.certificates import Claim, Redemption
from tests.fixtures.accounts import container
from tests.support.certificates import DAY, ZERO, World
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.gifts import secret_of
from tests.support.logs import logs_of

SECRET = secret_of("claim and pay")
HOLDER = address_of(SECRET)
"""The key is the recipient: it signs for itself, and somebody else sends it."""
FACE = 400
Link = tuple[tuple[Any, ...], bytes]


@pytest.fixture(scope="module")
def service(world: World) -> Any:
    """A contract that is paid on behalf of others."""
    return container("MockService").deploy(world.certificates, {"from": world.deployer})


@pytest.fixture(scope="module")
def series(world: World, service: Any) -> int:
    """A named series with a fee of 1 %."""
    series_id = world.create_series([world.merchant], services=[service], named=True, fee_bps=100)
    world.issue(series_id, world.giver, 1_000)
    return series_id


@pytest.fixture(scope="module")
def link(world: World, series: int) -> Link:
    _, gift, identity = world.give(series, FACE, secret=SECRET)
    return gift, identity


def follow_up(link: Link, recipient: Any, payment: tuple[Any, ...]) -> bytes:
    """The struct hash of the redemption that the recipient would have signed."""
    merchant, payee, order, *_, data, _ = payment
    gift = link[0]
    return Redemption(str(recipient), gift[3], gift[4], merchant, payee, order, data, 0, 0).struct_hash()


def claim_and_pay(
    world: World,
    link: Link,
    payment: tuple[Any, ...],
    *,
    signed: tuple[Any, ...] | None = None,
    recipient: Any = None,
    caller: Any = None,
) -> Any:
    """Have the relayer submit it for the key itself; `signed` is the payment that it covers, if another."""
    recipient = recipient or HOLDER
    signature = world.claim_signature(
        SECRET, link[1], recipient, follow_up(link, recipient, signed or payment)
    )
    return world.certificates.claimAndPay(
        link[0], recipient, signature, payment, {"from": caller or world.relayer}
    )


def test_claim_and_pay_reverts_for_another_payment_than_the_key_signed(
    world: World, series: int, link: Link, service: Any
) -> None:
    """Whoever copies the transaction can't send the money elsewhere, use another order or other data."""
    signed = world.payment(order=7, total=FACE, signer=world.merchant)
    for payment in (
        world.payment(),
        world.payment(order=8, total=FACE, signer=world.merchant),
        world.payment(world.stranger, order=7, total=FACE, signer=world.stranger),
        world.payment(order=7, total=FACE, data=b"x", signer=world.merchant),
        world.payment(service, payee=world.merchant, order=7, total=FACE, signer=world.merchant),
    ):
        expected = follow_up(link, HOLDER, payment)
        digest = Claim(link[1], HOLDER, expected).digest(world.domain)
        with reverts("GiftCertificates_InvalidSignature", link[0][1], digest):
            claim_and_pay(world, link, payment, signed=signed)
    assert world.certificates.isGiftOpen(link[1])


def test_claim_and_pay_is_not_torn_apart(world: World, link: Link) -> None:
    """The key's word for claim-and-pay is none for a claim alone, and the reverse."""
    payment = world.payment()
    both = world.claim_signature(SECRET, link[1], HOLDER, follow_up(link, HOLDER, payment))
    alone = Claim(link[1], HOLDER, bytes(32))
    with reverts("GiftCertificates_InvalidSignature", link[0][1], alone.digest(world.domain)):
        world.certificates.claim(link[0], HOLDER, both, {"from": world.relayer})
    joined = Claim(link[1], HOLDER, follow_up(link, HOLDER, payment))
    with reverts("GiftCertificates_InvalidSignature", link[0][1], joined.digest(world.domain)):
        world.certificates.claimAndPay(
            link[0], HOLDER, alone.sign(world.domain, SECRET), payment, {"from": world.relayer}
        )


def test_claim_and_pay_reverts_to_one_that_is_no_merchant(world: World, series: int, link: Link) -> None:
    with reverts("GiftCertificates_NotMerchant", series, world.stranger):
        claim_and_pay(world, link, world.payment(world.stranger))


def test_claim_and_pay_reverts_before_delivery_and_after_expiry(world: World, series: int) -> None:
    deliver = world.now() + DAY
    _, gift, identity = world.give(series, 100, secret=SECRET, deliver_at=deliver)
    link = (gift, identity)
    at(deliver - 1)
    with reverts("GiftCertificates_NotYetDelivered", deliver, deliver - 1):
        claim_and_pay(world, link, world.payment())
    expires_at = world.certificates.terms(series)[2]
    at(expires_at)
    with reverts("GiftCertificates_Expired", series, expires_at):
        claim_and_pay(world, link, world.payment())
    assert world.certificates.isGiftOpen(identity)


def test_claim_and_pay_passes_in_the_last_second(world: World, series: int, link: Link) -> None:
    at(world.certificates.terms(series)[2] - 1)
    claim_and_pay(world, link, world.payment())
    assert world.token.balanceOf(world.merchant) == FACE - 4


def test_claim_and_pay_reverts_the_second_time(world: World, link: Link) -> None:
    claim_and_pay(world, link, world.payment())
    with reverts("GiftCertificates_NoSuchGift", link[1]):
        claim_and_pay(world, link, world.payment())
    assert world.token.balanceOf(world.merchant) == FACE - 4


def test_claim_and_pay_reverts_when_the_total_differs(world: World, link: Link) -> None:
    payment = world.payment(order=7, total=FACE - 1, signer=world.merchant)
    with reverts("GiftCertificates_TotalDiffers", FACE, FACE - 1):
        claim_and_pay(world, link, payment)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_claim_and_pay_reverts_when_too_little_arrives(world: World, link: Link, more: int) -> None:
    payment = world.payment(order=7, total=FACE, least=FACE - 4 + more, signer=world.merchant)
    if more > 0:
        with reverts("GiftCertificates_PayoutBelowLeast", FACE - 4, FACE - 4 + more):
            claim_and_pay(world, link, payment)
    else:
        claim_and_pay(world, link, payment)
    assert world.certificates.isOrderUsed(world.merchant, 7) is (more <= 0)
    assert world.certificates.isGiftOpen(link[1]) is (more > 0)


def test_claim_and_pay_uses_an_order_once(world: World, series: int, link: Link) -> None:
    payment = world.payment(order=7, total=FACE, least=FACE - 4, signer=world.merchant)
    claim_and_pay(world, link, payment)
    assert world.certificates.isOrderUsed(world.merchant, 7) is True
    _, gift, identity = world.give(series, 100, secret=SECRET)
    with reverts("GiftCertificates_OrderUsed", world.merchant, 7):
        again = world.payment(order=7, total=100, least=99, signer=world.merchant)
        claim_and_pay(world, (gift, identity), again)


def test_claim_and_pay_pays_the_merchant_and_leaves_nothing(world: World, series: int, link: Link) -> None:
    outstanding = world.certificates.state(series)[1]
    payment = world.payment(order=7, total=FACE, least=FACE - 4, signer=world.merchant)
    tx = claim_and_pay(world, link, payment)
    assert world.token.balanceOf(world.merchant) == FACE - 4
    assert world.certificates.account(series, HOLDER) == (0, FACE, 0)
    assert world.certificates.state(series)[1:3] == (outstanding - FACE, 4)
    assert world.reserve() == world.liabilities()
    assert logs_of(tx, world.certificates) == [
        ("TransferSingle", world.relayer, ZERO, HOLDER, series, FACE),
        ("GiftClaimed", link[1]),
        ("TransferSingle", world.merchant, HOLDER, ZERO, series, FACE),
        ("RedeemedMany", (7).to_bytes(8, "big") + bytes(8)),
    ]


def test_claim_and_pay_into_a_service(world: World, series: int, link: Link, service: Any) -> None:
    payment = world.payment(service, payee=world.merchant, data=b"table 4")
    tx = claim_and_pay(world, link, payment)
    assert world.token.balanceOf(service) == FACE  # no fee into a service
    assert service.payee() == world.merchant
    assert service.amount() == FACE
    assert bytes(service.parameters()) == b"table 4"
    assert service.portions(0) == (HOLDER, series, FACE)
    assert world.certificates.placed(series, service, HOLDER) == FACE
    assert world.reserve() == world.liabilities()
    assert ("RedeemedInto", service, world.merchant, b"table 4") in logs_of(tx, world.certificates)


def test_claim_and_pay_into_a_service_that_refuses_leaves_the_gift(
    world: World, link: Link, service: Any
) -> None:
    service.setMode(1, {"from": world.deployer})
    payment = world.payment(service, payee=world.merchant)
    with reverts("GiftCertificates_ServiceRefused", service, bytes.fromhex("ffffffff")):
        claim_and_pay(world, link, payment)
    assert world.certificates.isGiftOpen(link[1])
    assert world.token.balanceOf(service) == 0


def test_claim_and_pay_is_the_recipients_own(world: World, link: Link) -> None:
    """Whoever knows the key delivers the gift to whom it likes; what that one spends, it spends itself."""
    for caller in (world.relayer, world.giver, world.merchant):
        with reverts("GiftCertificates_NotYourCard", world.recipient, caller):
            claim_and_pay(world, link, world.payment(), recipient=world.recipient, caller=caller)
    claim_and_pay(world, link, world.payment(), recipient=world.recipient, caller=world.recipient)
    assert world.token.balanceOf(world.merchant) == FACE - 4


def test_claim_and_pay_of_a_gift_without_a_key_is_its_recipients_alone(world: World, series: int) -> None:
    """Anybody may deliver such a gift; to spend it in the same step is for whom it names."""
    _, gift, _ = world.give(series, 30, key=ZERO, recipient=world.recipient)
    for caller in (world.relayer, world.giver, world.merchant):
        with reverts("GiftCertificates_NotYourCard", world.recipient, caller):
            world.certificates.claimAndPay(gift, world.recipient, b"", world.payment(), {"from": caller})
    world.certificates.claimAndPay(gift, world.recipient, b"", world.payment(), {"from": world.recipient})
    assert world.token.balanceOf(world.merchant) == 30


def test_claim_and_pay_needs_no_acceptance_of_what_is_spent_at_once(
    world: World, series: int, link: Link, make_account: Any
) -> None:
    recipient, payment = make_account("Refuser1155", world.agent, "Reverts"), world.payment()
    signature = world.claim_signature(SECRET, link[1], recipient, follow_up(link, recipient, payment))
    call = world.certificates.claimAndPay.encode_input(link[0], recipient, signature, payment)
    recipient.execute(world.certificates, 0, call, {"from": world.agent})
    assert world.certificates.account(series, recipient) == (0, FACE, 0)
    assert world.token.balanceOf(world.merchant) == FACE - 4
