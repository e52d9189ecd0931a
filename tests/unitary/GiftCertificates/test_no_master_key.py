"""No master key: all that changes anything and who may call it, and what goes on whatever an issuer does."""

from __future__ import annotations

from typing import Any

from largesse.signed.certificates import Restoration
from tests.fixtures.accounts import container
from tests.support.certificates import DAY, NO_SIGNATURE, World
from tests.support.clock import mine_at
from tests.support.payments import assert_books

FULL, POST_EXPIRY = 1, 4

ISSUERS = {"addMerchants", "addServices", "removeMerchant", "setOperator", "windDown"}
SELLERS = {"issue", "issueBatch"}
"""The issuer's and its operators'."""
HOLDERS = {
    "cancelAuthorizations",
    "convertExpired",
    "give",
    "giveMany",
    "giveSigned",
    "pay",
    "recall",
    "recallFromBatch",
    "reclaimBatch",
    "redeem",
    "redeemBatch",
    "redeemSigned",
    "refund",
    "restore",
    "safeBatchTransferFrom",
    "safeTransferFrom",
    "setApprovalForAll",
    "transferSigned",
    "withdrawOwed",
}
"""By the caller for itself, or with the signature of whom it concerns."""
KEYS = {"claim", "claimAndPay", "claimFromBatch"}
SERVICES = {"countUsed", "restoreFromService"}
ANYBODYS = {"collectFees", "createSeries", "forfeit"}
ITSELF = {"creditAccepted"}
"""The contract's own, called by itself."""


def test_nothing_else_changes_anything() -> None:
    """Neither an owner's function nor a pause, an upgrade or a receiver of ether is among them."""
    both = [*container("GiftCertificates").abi, *container("CertificateBackOffice").abi]
    functions = [item for item in both if item["type"] == "function"]
    acts = {item["name"] for item in functions if item["stateMutability"] not in ("view", "pure")}
    assert acts == ISSUERS | SELLERS | HOLDERS | KEYS | SERVICES | ANYBODYS | ITSELF
    assert not any(item.get("stateMutability") == "payable" or item["type"] == "receive" for item in both)


def rule_as_hard_as_can_be(world: World, series: int) -> None:
    """Every power of an issuer, used against the holders."""
    issuer = {"from": world.issuer}
    world.certificates.addMerchants(series, [world.stranger], issuer)
    world.certificates.addServices(series, [world.agent], issuer)
    world.certificates.removeMerchant(series, world.other_merchant, issuer)
    world.certificates.removeMerchant(series, world.agent, issuer)
    world.certificates.setOperator(series, world.operator, 0, issuer)
    world.certificates.windDown(series, issuer)


def test_all_that_a_holder_does_goes_on_whatever_an_issuer_does(world: World) -> None:
    certificates, holder = world.certificates, {"from": world.holder}
    series = world.named_series(denomination=0, use_threshold_bps=0)
    world.issue(series, world.holder, 1_000)
    secret, gift, identity = world.give(series, 100, giver=world.holder)
    rule_as_hard_as_can_be(world, series)

    certificates.redeem(series, 100, world.merchant, holder)
    certificates.redeem(series, 100, world.other_merchant, holder)  # under notice
    certificates.redeemSigned(world.redemption(series, 100), {"from": world.merchant})
    certificates.safeTransferFrom(world.holder, world.giver, series, 100, b"", holder)
    claimed = world.claim_signature(secret, identity, world.recipient)
    certificates.claim(gift, world.recipient, claimed, {"from": world.relayer})
    later = world.give(series, 100, giver=world.holder, deliver_at=world.now() + DAY)[1]
    certificates.recall(later, NO_SIGNATURE, holder)
    certificates.cancelAuthorizations(world.holder, series, (7, 0, b""), holder)
    consent = Restoration(world.holder.address, series, 50, world.merchant.address, 8, world.now() + DAY)
    world.token.approve(certificates, 50, {"from": world.merchant})
    certificates.restore(
        world.holder, series, 50, world.authorize(consent, world.holder), {"from": world.merchant}
    )
    assert certificates.account(series, world.holder) == (550, 250, 8)
    assert certificates.refundable(series, world.holder) == (FULL, 550, 550)
    certificates.refund(world.holder, series, 550, 550, NO_SIGNATURE, holder)
    money = [world.token.balanceOf(who) for who in (world.merchant, world.other_merchant, world.holder)]
    assert money == [150, 100, 550]
    assert_books(world)


def test_what_is_owed_is_withdrawn_whatever_an_issuer_does(world: World) -> None:
    series = world.named_series(denomination=0, use_threshold_bps=0)
    world.issue(series, world.holder, 1_000)
    mine_at(world.certificates.terms(series)[2])
    assert world.certificates.refundable(series, world.holder)[0] == POST_EXPIRY
    world.certificates.refund(world.holder, series, 1_000, 900, NO_SIGNATURE, {"from": world.holder})
    rule_as_hard_as_can_be(world, series)
    to: Any = world.creator
    world.certificates.withdrawOwed(world.beneficiary, to, NO_SIGNATURE, {"from": world.beneficiary})
    assert (world.token.balanceOf(world.holder), world.token.balanceOf(to)) == (900, 100)
    assert_books(world)
