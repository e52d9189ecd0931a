"""Offers taken back: one, several, all; by the seller's call or by its signature."""

from __future__ import annotations

from dataclasses import replace

from largesse.signed.market import CancelAllOffers, CancelOffer
from tests.fixtures.accounts import MakeAccount, call_as
from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.market import CANCELLED, Market


def test_cancel_voids_the_callers_offers_with_these_nonces(market: Market, offered: int) -> None:
    offers = [market.offer(offered, 10_000, nonce=nonce) for nonce in (1, 2, 3)]
    market.fill(offers[0], 4_000)
    tx = market.contract.cancel([1, 3], {"from": market.giver})
    events = [(event["seller"], event["nonce"]) for event in tx.events["OfferCancelled"]]
    assert events == [(market.giver, 1), (market.giver, 3)]
    for offer in (offers[0], offers[2]):
        assert market.filled(offer) == CANCELLED
        with reverts("Market_Cancelled", market.giver, offer.nonce):
            market.fill(offer, 1)
    market.fill(offers[1])


def test_cancel_is_the_callers_own(market: Market, offered: int) -> None:
    market.contract.cancel([1], {"from": market.stranger})
    market.contract.cancelAll({"from": market.stranger})
    market.fill(market.offer(offered))


def test_cancel_all_begins_an_epoch(market: Market, offered: int) -> None:
    old = market.offer(offered)
    tx = market.contract.cancelAll({"from": market.giver})
    assert tx.events["AllOffersCancelled"]["epoch"] == market.contract.epoch(market.giver) == 1
    with reverts("Market_EpochDiffers", 0, 1):
        market.fill(old)
    market.fill(replace(old, epoch=1))


def test_an_offer_signed_ahead_for_a_later_epoch_waits(market: Market, offered: int) -> None:
    ahead = market.offer(offered, epoch=1)
    with reverts("Market_EpochDiffers", 1, 0):
        market.fill(ahead)
    market.contract.cancelAll({"from": market.giver})
    market.fill(ahead)


def test_cancel_by_signature(market: Market, offered: int) -> None:
    offer = market.offer(offered)
    market.cancel_signed(offer)
    with reverts("Market_Cancelled", market.giver, 1):
        market.fill(offer)
    # Sent again it changes nothing.
    market.cancel_signed(offer)
    assert market.filled(offer) == CANCELLED


def test_cancel_by_signature_reverts_from_its_deadline_on(market: Market, offered: int) -> None:
    deadline = market.now() + DAY
    at(deadline)
    with reverts("Market_DeadlinePassed", deadline, deadline):
        market.cancel_signed(market.offer(offered), deadline)
    at(deadline)
    with reverts("Market_DeadlinePassed", deadline, deadline):
        market.cancel_all_signed(market.giver, 0, deadline)


def test_cancel_by_signature_reverts_for_anybody_elses(market: Market, offered: int) -> None:
    offer, deadline = market.offer(offered), market.now() + DAY
    one = CancelOffer(str(market.giver), 1, deadline).digest(market.domain)
    every = CancelAllOffers(str(market.giver), 0, deadline).digest(market.domain)
    with reverts("Market_InvalidSignature", market.giver, one):
        market.cancel_signed(offer, deadline, market.stranger)
    with reverts("Market_InvalidSignature", market.giver, every):
        market.cancel_all_signed(market.giver, 0, deadline, market.stranger)
    market.fill(offer)


def test_cancel_all_by_signature_acts_once(market: Market, offered: int) -> None:
    deadline = market.now() + DAY
    market.cancel_all_signed(market.giver, 0, deadline)
    assert market.contract.epoch(market.giver) == 1
    with reverts("Market_EpochDiffers", 0, 1):
        market.cancel_all_signed(market.giver, 0, deadline)
    market.fill(market.offer(offered, epoch=1))


def test_a_wallet_cancels_by_its_owners_signature(
    market: Market, offered: int, make_account: MakeAccount
) -> None:
    wallet = make_account("Wallet1271", market.giver)
    certificates = market.world.certificates
    certificates.safeTransferFrom(market.giver, wallet, offered, 10_000, b"", {"from": market.giver})
    call_as(wallet, market.giver, certificates.setApprovalForAll, market.contract, True)
    offer = market.offer(offered, 10_000, seller=wallet)
    signature = market.sign(offer, market.giver)
    market.fill(offer, 4_000, signature=signature)
    market.cancel_signed(offer, signer=market.giver)
    with reverts("Market_Cancelled", wallet, 1):
        market.fill(offer, 1, signature=signature)
    assert market.face(offered, wallet) == (6_000,)
