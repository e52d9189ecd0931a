"""What people without gas have signed for swaps, pools, offers and items is relayed and does what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from largesse.eip712 import items_domain
from largesse.relayer.actions import Kind
from largesse.signed.certificates import OwedWithdrawal
from largesse.signed.market import CancelAllOffers, CancelOffer
from tests.fixtures.items import PRICE, Items
from tests.support.certificates import DAY
from tests.support.clock import mine_at
from tests.support.market import Market
from tests.support.relaying import Desk, call_of, relaying
from tests.support.rewards import ITSELF, Rewards
from tests.support.swaps import CLAIMED, LOCKED, REFUNDED, SECRET, Swaps

Serve = Callable[[Any, Kind], Desk]


@pytest.fixture
def serve(node_url: str, sqlite_url: str) -> Iterator[Serve]:
    """A relayer for one contract."""
    with ExitStack() as stack:

        def started(contract: Any, kind: Kind) -> Desk:
            served: Mapping[str, Kind] = {contract.address: kind}
            return stack.enter_context(relaying(node_url, sqlite_url, served))

        yield started


def test_a_swap_is_locked_and_paid_where_its_recipient_says(swaps: Swaps, serve: Serve) -> None:
    desk, what, before = serve(swaps.contract, Kind.SWAPS), swaps.terms(), swaps.balance(swaps.giver)
    consent = swaps.consent("Lock", *what, moves=what.amount)
    assert desk.relay(call_of(swaps.contract, "lock", what, consent))["state"] == "done"
    assert swaps.status(what) == LOCKED
    named = swaps.consent("ClaimTo", what.id, str(swaps.giver), signer=swaps.merchant)
    claim = call_of(swaps.contract, "claimTo", what, SECRET, swaps.giver, named)
    assert desk.relay(claim)["state"] == "done"
    assert (swaps.status(what), swaps.balance(swaps.giver)) == (CLAIMED, before + what.amount)


def test_a_lock_that_is_over_goes_back_where_its_sender_says(swaps: Swaps, serve: Serve) -> None:
    what = swaps.lock()
    named = swaps.consent("RefundTo", what.id, str(swaps.stranger), deadline=what.expires_at + DAY)
    call = call_of(swaps.contract, "refundTo", what, swaps.stranger, named)
    desk = serve(swaps.contract, Kind.SWAPS)
    early = desk.post(call)
    assert (early.status_code, early.json()["error"]) == (422, "Swaps_TooEarly")
    mine_at(what.expires_at)
    assert desk.relay(call)["state"] == "done"
    assert swaps.status(what) == REFUNDED


def test_a_claim_without_its_recipients_word_is_not_relayed(swaps: Swaps, serve: Serve) -> None:
    what = swaps.lock()
    desk = serve(swaps.contract, Kind.SWAPS)
    for call, error in (
        (call_of(swaps.contract, "claim", what, SECRET), "not_relayed"),
        (call_of(swaps.contract, "claimTo", what, SECRET, swaps.stranger, ITSELF), "not_signed"),
    ):
        answer = desk.post(call)
        assert (answer.status_code, answer.json()["error"]) == (403, error)
    thief = swaps.consent("ClaimTo", what.id, str(swaps.stranger), signer=swaps.stranger)
    answer = desk.post(call_of(swaps.contract, "claimTo", what, SECRET, swaps.stranger, thief))
    assert (answer.status_code, answer.json()["error"]) == (422, "Custody_InvalidSignature")
    assert swaps.status(what) == LOCKED


def test_a_read_is_credited_for_a_reader_without_gas(rewards: Rewards, serve: Serve) -> None:
    pool_id = rewards.open()
    desk, read = serve(rewards.contract, Kind.REWARDS), rewards.read(pool_id, 1, 100, bps=4_000)
    assert desk.relay(call_of(rewards.contract, "payOne", pool_id, read))["state"] == "done"
    assert rewards.credit(pool_id, rewards.reader) == 40
    for missing in ({"attested_by": ITSELF}, {"chosen_by": ITSELF}):
        read = rewards.read(pool_id, 2, 100, **missing)
        answer = desk.post(call_of(rewards.contract, "payOne", pool_id, read))
        assert (answer.status_code, answer.json()["error"]) == (403, "not_signed")


def test_a_sponsor_without_gas_announces_the_end(rewards: Rewards, serve: Serve) -> None:
    pool_id = rewards.open()
    desk = serve(rewards.contract, Kind.REWARDS)
    consent = rewards.consent("AnnounceClosing", str(rewards.sponsor), pool_id)
    done = desk.relay(call_of(rewards.contract, "announceClosing", pool_id, consent))
    assert (done["state"], done["functions"]) == ("done", ["announceClosing"])


def test_offers_are_taken_back(market: Market, offered: int, serve: Serve) -> None:
    offer, deadline = market.offer(offered), market.now() + DAY
    desk = serve(market.contract, Kind.MARKET)
    one = market.sign(CancelOffer(offer.seller, offer.nonce, deadline))
    call = call_of(market.contract, "cancelSigned", offer.seller, offer.nonce, deadline, one)
    assert desk.relay(call)["state"] == "done"
    epoch = int(market.contract.epoch(offer.seller))
    every = market.sign(CancelAllOffers(offer.seller, epoch, deadline))
    call = call_of(market.contract, "cancelAllSigned", offer.seller, epoch, deadline, every)
    assert desk.relay(call)["state"] == "done"
    assert market.contract.epoch(offer.seller) == epoch + 1


def test_what_is_owed_by_the_item_shop_is_paid_where_the_merchant_says(
    make_items: Any, make_token: Any, serve: Serve
) -> None:
    """The currency has shut the merchant out, which has no gas either."""
    items: Items = make_items(make_token("BlacklistToken"))
    items.token.blacklist(items.merchant, {"from": items.deployer})
    items.buy(items.data())
    desk, deadline = serve(items.contract, Kind.ITEMS), items.world.now() + DAY
    message = OwedWithdrawal(items.merchant.address, items.recipient.address, 1, deadline)
    domain = items_domain(items.world.chain.id, items.contract.address)
    signed = (1, deadline, False, message.sign(domain, items.world.key(items.merchant)))
    call = call_of(items.contract, "withdrawOwed", items.merchant, items.recipient, signed)
    assert desk.relay(call)["state"] == "done"
    assert (items.token.balanceOf(items.recipient), items.contract.owed(items.merchant)) == (PRICE, 0)
    unsigned = call_of(
        items.contract, "withdrawOwed", items.merchant, items.recipient, (1, deadline, False, b"")
    )
    listing = call_of(items.contract, "list", items.item(), 1)
    for other, error in ((unsigned, "not_signed"), (listing, "not_relayed")):
        answer = desk.post(other)
        assert (answer.status_code, answer.json()["error"]) == (403, error)
