"""A gift that a won dispute released in the last hour of its series was to be delivered an hour later, after
the series' end: the chain refused it, again and again, until nobody could be given it any more; and nothing
said that it had failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from largesse.gifts.links import parse_link
from tests.support.clock import mine_at
from tests.support.paid import CARD, Processor, prepared, processing
from tests.support.sales import Shop

AMOUNT = 25_000_000
WINDOW_LEFT, SERIES_LEFT = 900, 1_800
"""Seconds, when the dispute is won."""


@pytest.fixture
def frozen(shop: Shop, node_url: str, sqlite_url: str) -> Iterator[tuple[Processor, int]]:
    """A processor whose payment is in a dispute, and the series' end."""
    series = prepared(shop)
    expires_at = int(shop.world.certificates.terms(series)[2])
    with processing(shop, series, node_url, sqlite_url) as processor:
        begun = expires_at - SERIES_LEFT + WINDOW_LEFT - CARD
        processor.take(processor.paid("p1", "card", created=begun))
        processor.wait("p1", "given")
        processor.take(processor.about("dispute.opened", "p1", dispute="d1"))
        assert processor.wait("p1", "issued")["held"] is True
        yield processor, expires_at


def test_it_is_delivered_when_its_window_is_over(frozen: tuple[Processor, int]) -> None:
    processor, expires_at = frozen
    mine_at(expires_at - SERIES_LEFT)
    processor.take(processor.about("dispute.won", "p1", dispute="d1"))
    link = parse_link(processor.wait("p1", "given")["link"])
    assert link.gift.deliver_at == expires_at - SERIES_LEFT + WINDOW_LEFT


def test_it_is_delivered_at_once_after_its_window(frozen: tuple[Processor, int]) -> None:
    processor, expires_at = frozen
    mine_at(expires_at - 60)
    processor.take(processor.about("dispute.won", "p1", dispute="d1"))
    link = parse_link(processor.wait("p1", "given")["link"])
    assert link.gift.deliver_at < expires_at


def test_after_its_series_it_has_failed_and_the_issuer_has_the_certificate(
    frozen: tuple[Processor, int],
) -> None:
    processor, expires_at = frozen
    mine_at(expires_at)
    processor.take(processor.about("dispute.won", "p1", dispute="d1"))
    found = processor.wait("p1", "failed")
    assert found["error"] == "GiftCertificates_GiftDates"
    assert processor.held(processor.shop.world.issuer) == AMOUNT
    status, metrics = processor.request("GET", "/metrics", None, {})
    assert status == 200
    assert 'webhook_steps_total{state="failed"} 1.0' in metrics
