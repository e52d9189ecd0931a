"""issueByReceipt: what was paid for outside of the chain is issued exactly once."""

import pytest

from largesse.eip712 import keccak
from largesse.signed.sales import Receipt
from tests.support.certificates import DAY, ZERO
from tests.support.clock import at
from tests.support.errors import reverts


@pytest.fixture
def series(shop):
    """Not on sale in the shop: a receipt needs no window."""
    shop.give_money(shop.world.agent, 1_000)
    return shop.series()


def refused(shop, receipt, name, *values, sender=None):
    with reverts(name, *values):
        shop.sales.issueByReceipt(*receipt, {"from": sender or shop.world.agent})


def forged(shop, receipt, signer=None):
    digest = Receipt(*receipt[0]).digest(shop.domain)
    refused(shop, receipt, "Custody_InvalidSignature", signer or shop.world.issuer, digest)


def test_only_the_payer_submits(shop, series):
    world = shop.world
    refused(
        shop,
        shop.receipt(series, 100),
        "CertificateSales_NotPayer",
        world.stranger,
        world.agent,
        sender=world.stranger,
    )


def test_an_issuer_cannot_spend_the_allowance_of_who_ever_approved_the_shop(shop):
    """A thief opens a series of its own and signs itself a receipt that somebody else is to pay."""
    world = shop.world
    shop.give_money(world.giver, 1_000)
    thief = world.stranger
    world.certificates.createSeries(world.terms(), [], world.certificates.art(shop.series()), {"from": thief})
    own = world.certificates.seriesCount()
    world.certificates.setOperator(own, shop.sales, 10**6, {"from": thief})
    theft = shop.receipt(own, 1_000, recipient=thief.address, payer=world.giver.address, signer=thief)
    refused(shop, theft, "CertificateSales_NotPayer", thief, world.giver, sender=thief)
    assert shop.balance(world.giver) == 1_000


def test_it_reverts_for_an_unknown_series(shop, series):
    refused(shop, shop.receipt(9, 100), "GiftCertificates_UnknownSeries", 9)


def test_a_payment_is_used_once(shop, series):
    world = shop.world
    receipt = shop.receipt(series, 100)
    shop.sales.issueByReceipt(*receipt, {"from": world.agent})
    payment = keccak(b"payment")
    assert shop.sales.isPaymentUsed(world.issuer, payment)
    refused(shop, receipt, "CertificateSales_PaymentUsed", world.issuer, payment)
    # nor for another amount, recipient, series or payer
    other = shop.series()
    again = shop.receipt(other, 7, recipient=world.giver.address)
    refused(shop, again, "CertificateSales_PaymentUsed", world.issuer, payment)
    assert world.certificates.balanceOf(world.holder, series) == 100


def test_payment_ids_of_two_issuers_are_apart(shop, series):
    world = shop.world
    world.certificates.createSeries(world.terms(), [], world.certificates.art(series), {"from": world.giver})
    others = world.certificates.seriesCount()
    world.certificates.setOperator(others, shop.sales, 10**6, {"from": world.giver})
    shop.sales.issueByReceipt(*shop.receipt(series, 100), {"from": world.agent})
    shop.sales.issueByReceipt(*shop.receipt(others, 100, signer=world.giver), {"from": world.agent})
    assert world.certificates.balanceOf(world.holder, others) == 100


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_it_ends_on_the_second(shop, series, seconds):
    world = shop.world
    deadline = world.now() + 100
    receipt = shop.receipt(series, 100, deadline=deadline)
    now = at(deadline + seconds)
    if seconds < 0:
        shop.sales.issueByReceipt(*receipt, {"from": world.agent})
        assert world.certificates.balanceOf(world.holder, series) == 100
    else:
        refused(shop, receipt, "Custody_DeadlinePassed", deadline, now)


def test_a_changed_receipt_is_refused(shop, series):
    world = shop.world
    receipt, signature = shop.receipt(series, 100)
    for place, value in (
        (1, world.stranger.address),
        (2, 101),
        (4, keccak(b"another payment")),
        (5, world.now() + 2 * DAY),
    ):
        forged(shop, ((*receipt[:place], value, *receipt[place + 1 :]), signature))
    shop.sales.issueByReceipt(receipt, signature, {"from": world.agent})


def test_a_strangers_signature_is_refused(shop, series):
    forged(shop, shop.receipt(series, 100, signer=shop.world.stranger))


def test_the_named_signer_replaces_the_issuer(shop, series):
    world = shop.world
    assert shop.sales.receiptSigner(world.issuer) == world.issuer
    tx = shop.sales.setReceiptSigner(world.operator, {"from": world.issuer})
    assert tx.events["ReceiptSignerSet"] == {"issuer": world.issuer, "signer": world.operator}
    assert shop.sales.receiptSigner(world.issuer) == world.operator
    forged(shop, shop.receipt(series, 100), signer=world.operator)
    shop.sales.issueByReceipt(*shop.receipt(series, 100, signer=world.operator), {"from": world.agent})
    shop.sales.setReceiptSigner(ZERO, {"from": world.issuer})
    assert shop.sales.receiptSigner(world.issuer) == world.issuer


def test_a_contract_wallet_signs_receipts(shop, series, make_account):
    world = shop.world
    wallet = make_account("Wallet1271", world.operator)
    shop.sales.setReceiptSigner(wallet, {"from": world.issuer})
    forged(shop, shop.receipt(series, 100, signer=world.stranger), signer=wallet)
    shop.sales.issueByReceipt(*shop.receipt(series, 100, signer=world.operator), {"from": world.agent})
    assert world.certificates.balanceOf(world.holder, series) == 100


def test_what_cannot_be_issued_is_not_used_up(shop, series, make_account):
    world = shop.world
    refuser = make_account("Refuser1155", world.holder, mode="RevertsEmpty")
    receipt = shop.receipt(series, 100, recipient=refuser.address)
    refused(shop, receipt, "ERC1155InvalidReceiver", refuser)
    refused(shop, shop.receipt(series, 0), "GiftCertificates_ZeroAmount", series)
    refused(shop, shop.receipt(series, 100, recipient=ZERO), "GiftCertificates_ZeroAddress")
    refused(
        shop,
        shop.receipt(series, 1_001),
        "ERC20InsufficientBalance",
        world.agent,
        1_000,
        1_001,
    )
    assert not shop.sales.isPaymentUsed(world.issuer, keccak(b"payment"))


def test_the_daily_limit_of_the_shop_holds(shop, series):
    shop.appoint(series, 99)
    refused(shop, shop.receipt(series, 100), "GiftCertificates_OverDailyLimit", 100, 99)


def test_it_issues_full_face_against_the_payers_money(shop, series):
    world = shop.world
    tx = shop.sales.issueByReceipt(*shop.receipt(series, 400), {"from": world.agent})
    assert world.certificates.account(series, world.holder) == (400, 0, 0)
    assert shop.balance(world.agent) == 600
    assert world.reserve() == 400
    assert shop.sales.purchaseCount() == 0
    event = tx.events["IssuedByReceipt"]
    assert event["paymentId"].hex().removeprefix("0x") == keccak(b"payment").hex()
    assert {k: v for k, v in event.items() if k != "paymentId"} == {
        "issuer": world.issuer,
        "seriesId": series,
        "recipient": world.holder,
        "payer": world.agent,
        "amount": 400,
    }
    shop.check_books([series])
