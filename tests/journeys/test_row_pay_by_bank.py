"""Row pay_by_bank: a payment processor's webhook issues exactly once for each payment id, however often and
in whatever order it is delivered; a card purchase stays locked through its charge-back window.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from largesse.chain import Node, development_wallet
from largesse.clients.certificates import Certificates
from largesse.gifts.links import parse_link
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.paid import CARD, NEW, OLD, Processor, prepared, processing
from tests.support.sales import Shop

PAYMENTS = 12
DELIVERIES = 6
AMOUNT = 25_000_000


@pytest.fixture
def processor(shop: Shop, node_url: str, database_url: str) -> Iterator[Processor]:
    with processing(shop, prepared(shop), node_url, database_url) as found:
        yield found


def test_a_payment_is_issued_once_however_often_it_is_delivered(processor: Processor) -> None:
    """The processor changes its secret meanwhile, and tells some payments under other event ids too."""
    rng, holder = random.Random(21), processor.shop.world.holder
    payments = [
        processor.paid(f"bank-{number}", number=again, recipient=str(holder))
        for number in range(PAYMENTS)
        for again in ("1", "2")
    ]
    deliveries = payments * DELIVERIES
    rng.shuffle(deliveries)
    for delivery in deliveries:
        processor.secret = rng.choice((NEW, OLD))
        processor.take(delivery)
    for number in range(PAYMENTS):
        processor.wait(f"bank-{number}", "delivered")
    assert processor.issued() == [(str(holder), AMOUNT)] * PAYMENTS
    assert processor.held(holder) == PAYMENTS * AMOUNT
    world = processor.shop.world
    assert world.reserve() == world.liabilities() == PAYMENTS * AMOUNT


def test_a_card_purchase_stays_locked_through_its_window(processor: Processor, node_url: str) -> None:
    """One is kept and claimed, one charged back in the window's last hour."""
    world = processor.shop.world
    kept, charged = (processor.paid(name, "card", created=world.now()) for name in ("kept", "charged"))
    for paid in (kept, charged):
        processor.take(paid)
    links = [parse_link(processor.wait(name, "given")["link"]) for name in ("kept", "charged")]
    end = kept["created"] + CARD
    assert links[0].gift.deliver_at == end
    certificates = Certificates(Node.at(node_url), world.certificates.address)
    holder, relayer = str(world.holder), development_wallet("relayer")

    mine_at(end - 3_600)
    processor.take(processor.about("dispute.opened", "charged", dispute="d"))
    processor.wait("charged", "issued")
    processor.take(processor.about("dispute.lost", "charged", dispute="d"))
    signature = world.claim_signature(links[0].private_key, links[0].gift.gift_id(), holder)
    one = links[0].gift
    gift = (
        one.giver, one.key, one.recipient, one.series_id, one.amount, one.deliver_at, one.reclaim_at,
        one.created_at, one.limitation_at, one.message_hash,
    )  # fmt: skip
    at(end - 1)
    with reverts("GiftCertificates_NotYetDelivered", end, end - 1):
        world.certificates.claim(gift, holder, signature, {"from": world.relayer})

    mine_at(end)
    certificates.claim(links[0], holder, relayer)
    assert processor.held(holder) == AMOUNT
    assert not certificates.is_gift_open(links[1].gift.gift_id())
    assert processor.wait("charged", "issued")["held"] is True
    # The face that was charged back is the issuer's again, and nothing was issued twice.
    assert processor.held(world.issuer) == AMOUNT
    assert len(processor.issued()) == 2
