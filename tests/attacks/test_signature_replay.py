"""One signature, used a second time: on another chain, ledger, function, merchant, order, payee or data."""

from typing import Any

import pytest
from brownie import web3

from largesse.eip712 import Domain, certificates_domain
from largesse.signed.certificates import Cancellation, GiftOrder, Redemption, Refund, Restoration, Transfer
from tests.fixtures.accounts import container
from tests.support.certificates import DAY, ZERO, World
from tests.support.errors import reverts
from tests.support.payments import assert_books

OTHER_CHAIN = 8_453


@pytest.fixture(scope="module")
def series(world: World) -> int:
    series = world.create_series()
    world.issue(series, world.holder, 1_000)
    return series


@pytest.fixture(scope="module")
def service(world: World) -> Any:
    return container("MockService").deploy(world.certificates, {"from": world.deployer})


def message_of(
    world: World,
    series: int,
    *,
    merchant: Any = None,
    payee: Any = ZERO,
    order: int = 0,
    data: bytes = b"",
) -> Redemption:
    return Redemption(
        world.holder.address,
        series,
        10,
        str(merchant or world.merchant),
        str(payee),
        order,
        data,
        1,
        world.now() + DAY,
    )


def card_of(message: Redemption, signature: bytes, order: int | None = None) -> tuple[Any, ...]:
    used = message.order if order is None else order
    return (message.holder, message.series_id, 10, used, 1, message.deadline, signature)


@pytest.mark.parametrize("chain_id", [1, OTHER_CHAIN, 31_336, 31_338, 2**64])
def test_a_signature_for_another_chain_is_none(world: World, series: int, chain_id: int) -> None:
    message = message_of(world, series)
    elsewhere = certificates_domain(chain_id, world.certificates.address)
    card = card_of(message, message.sign(elsewhere, world.key(world.holder)))
    with reverts("GiftCertificates_InvalidSignature", world.holder, message.digest(world.domain)):
        world.certificates.redeemSigned(card, {"from": world.merchant})


def test_a_chain_that_splits_takes_its_old_signatures_no_more(world: World, series: int) -> None:
    """After a fork that keeps the state under a new chain id, what was signed before is refused."""
    card = world.redemption(series, 10)
    old = bytes(world.certificates.DOMAIN_SEPARATOR())
    before = web3.eth.chain_id
    web3.provider.make_request("anvil_setChainId", [OTHER_CHAIN])
    try:
        domain = certificates_domain(OTHER_CHAIN, world.certificates.address)
        assert bytes(world.certificates.DOMAIN_SEPARATOR()) == domain.separator != old
        message = Redemption(*card[:3], world.merchant.address, ZERO, 0, b"", card[4], card[5])
        with reverts("GiftCertificates_InvalidSignature", world.holder, message.digest(domain)):
            world.certificates.redeemSigned.call(card, {"from": world.merchant})
        fresh = (*card[:6], message.sign(domain, world.key(world.holder)))
        world.certificates.redeemSigned.call(fresh, {"from": world.merchant})
    finally:
        web3.provider.make_request("anvil_setChainId", [before])
    world.certificates.redeemSigned(card, {"from": world.merchant})


def test_a_signature_for_another_ledger_is_none(world: World, series: int, make_world: Any) -> None:
    """The same currency, series number, people and amount: only the contract's address differs."""
    other = make_world(world.token)
    assert other.create_series() == series
    other.issue(series, world.holder, 1_000)
    card = other.redemption(series, 10)
    message = Redemption(*card[:3], world.merchant.address, ZERO, 0, b"", card[4], card[5])
    with reverts("GiftCertificates_InvalidSignature", world.holder, message.digest(world.domain)):
        world.certificates.redeemSigned(card, {"from": world.merchant})
    other.certificates.redeemSigned(card, {"from": world.merchant})
    with reverts("GiftCertificates_InvalidSignature", world.holder, message.digest(world.domain)):
        world.certificates.redeemSigned(card, {"from": world.merchant})
    assert world.certificates.account(series, world.holder) == (1_000, 0, 0)


def test_a_signature_for_the_back_offices_own_address_is_none(world: World, series: int) -> None:
    """The second piece of code runs at the first one's address; its own is nobody's domain."""
    back_office = container("GiftCertificates").at(world.certificates.address).backOffice()
    domain = certificates_domain(world.chain.id, back_office)
    world.certificates.redeem(series, 10, world.merchant, {"from": world.holder})
    world.fund(world.merchant, 10)
    consent = Restoration(world.holder.address, series, 10, world.merchant.address, 1, world.now() + DAY)
    wrong = (1, consent.deadline, consent.sign(domain, world.key(world.holder)))
    with reverts("GiftCertificates_InvalidSignature", world.holder, consent.digest(world.domain)):
        world.certificates.restore(world.holder, series, 10, wrong, {"from": world.merchant})
    world.certificates.restore(
        world.holder, series, 10, world.authorize(consent, world.holder), {"from": world.merchant}
    )


@pytest.mark.parametrize(
    ("name", "version"),
    [("Largesse CertificateSales", "1"), ("Largesse GiftCertificates", "2"), ("", "1")],
)
def test_a_signature_under_another_name_or_version_is_none(
    world: World, series: int, name: str, version: str
) -> None:
    message = message_of(world, series)
    domain = Domain(name, version, world.chain.id, world.certificates.address)
    card = card_of(message, message.sign(domain, world.key(world.holder)))
    with reverts("GiftCertificates_InvalidSignature", world.holder, message.digest(world.domain)):
        world.certificates.redeemSigned(card, {"from": world.merchant})


# What is signed and how it is used; each differs from each in one respect at least.
USES: dict[str, dict[str, Any]] = {
    "to the merchant": {},
    "to the merchant with data": {"data": b"x"},
    "to another merchant": {"merchant": "other_merchant"},
    "to the merchant for an order": {"order": 5},
    "to the merchant for the next order": {"order": 6},
    "into the service": {"merchant": "service", "payee": "merchant"},
    "into the service with data": {"merchant": "service", "payee": "merchant", "data": b"x"},
    "into the service for another": {"merchant": "service", "payee": "other_merchant"},
    "into the service for itself": {"merchant": "service", "payee": "service"},
    "to the service's address": {"merchant": "service"},
    "into the service for an order": {"merchant": "service", "payee": "merchant", "order": 5},
}


@pytest.mark.parametrize("signed", USES)
def test_a_signature_has_one_use(world: World, series: int, service: Any, signed: str) -> None:
    """Every signature with every use, through `pay`: only its own goes through, and that once."""

    def resolve(use: dict[str, Any]) -> dict[str, Any]:
        people = {"service": service, "merchant": world.merchant, "other_merchant": world.other_merchant}
        return {key: people.get(value, value) if key != "data" else value for key, value in use.items()}

    def payment_for(use: dict[str, Any]) -> tuple[Any, ...]:
        target = {"merchant": world.merchant, "payee": ZERO, **resolve(use)}
        who = target["merchant"] if target["payee"] == ZERO else target["payee"]
        order = target.get("order", 0)
        signer = who if order else None
        return world.payment(
            target["merchant"],
            payee=target["payee"],
            order=order,
            total=10,
            data=target.get("data", b""),
            signer=signer,
        )

    message = message_of(world, series, **resolve(USES[signed]))
    signature = message.sign(world.domain, world.key(world.holder))
    for use in USES:
        if use == signed:
            continue
        payment = payment_for(USES[use])
        meant = Redemption(
            *(message.holder, series, 10, payment[0], payment[1], payment[2], payment[6]),
            *(1, message.deadline),
        )
        with reverts("GiftCertificates_InvalidSignature", world.holder, meant.digest(world.domain)):
            world.certificates.pay(
                payment, [card_of(message, signature, payment[2])], {"from": world.relayer}
            )
    payment = payment_for(USES[signed])
    world.certificates.pay(payment, [card_of(message, signature)], {"from": world.relayer})
    with reverts("GiftCertificates_NonceTooLow", 1, 1):
        world.certificates.pay(payment, [card_of(message, signature)], {"from": world.relayer})
    assert world.certificates.account(series, world.holder) == (990, 10, 1)
    assert_books(world)


def test_a_signed_payment_is_no_other_message(world: World, series: int) -> None:
    """The types keep them apart: a payment's signature moves, refunds, cancels and gives away nothing."""
    message = message_of(world, series)
    deadline = message.deadline
    authorization = (1, deadline, message.sign(world.domain, world.key(world.holder)))
    holder, merchant = world.holder.address, world.merchant.address
    certificates = world.certificates
    order = (series, 10, merchant, ZERO, 0, 0, bytes(32))
    attempts = [
        (
            Transfer(holder, merchant, series, 10, 1, deadline),
            lambda: certificates.transferSigned(
                holder, merchant, series, 10, authorization, {"from": world.merchant}
            ),
        ),
        (
            Refund(holder, series, 10, 0, 1, deadline),
            lambda: certificates.refund(holder, series, 10, 0, authorization, {"from": world.merchant}),
        ),
        (
            Cancellation(holder, series, 1, deadline),
            lambda: certificates.cancelAuthorizations(
                holder, series, authorization, {"from": world.merchant}
            ),
        ),
        (
            GiftOrder(holder, series, 10, merchant, ZERO, 0, 0, bytes(32), 1, deadline),
            lambda: certificates.giveSigned(holder, order, authorization, {"from": world.merchant}),
        ),
    ]
    for meant, attempt in attempts:
        with reverts("GiftCertificates_InvalidSignature", holder, meant.digest(world.domain)):
            attempt()
    certificates.redeemSigned(card_of(message, authorization[2]), {"from": world.merchant})
    assert certificates.account(series, holder) == (990, 10, 1)


def test_a_cancelled_signature_stays_cancelled_in_every_function(world: World, series: int) -> None:
    card = world.redemption(series, 10, nonce=7)
    world.certificates.cancelAuthorizations(world.holder, series, (7, 0, b""), {"from": world.holder})
    for attempt in (
        lambda: world.certificates.redeemSigned(card, {"from": world.merchant}),
        lambda: world.certificates.pay(world.payment(), [card], {"from": world.relayer}),
    ):
        with reverts("GiftCertificates_NonceTooLow", 7, 7):
            attempt()
    tx = world.certificates.redeemBatch([card], {"from": world.merchant})
    assert (tx.events["RedemptionSkipped"]["value"], tx.events["RedemptionSkipped"]["bound"]) == (7, 7)
