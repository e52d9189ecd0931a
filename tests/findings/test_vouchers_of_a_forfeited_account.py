"""Money of a named series that lies in an account goes to the series' beneficiary one delay after the
limitation, at anybody's call. The gateway knew of an account's expiry and of its owner's requests, and not of
that: it served for vouchers that nobody could settle any more, and its settler waited."""

from __future__ import annotations

import httpx
import pytest

from tests.fixtures.gateways import ARTICLE, Served
from tests.support.clock import mine_at
from tests.support.prepaid import HOUR, Key, Prepaid, use

AMOUNT = 1_000_000


@pytest.fixture
def key(prepaid: Prepaid) -> Key:
    """Paid with a card of a named series; the holder owns it."""
    world = prepaid.world
    series = world.named_series(services=[prepaid.contract])
    world.issue(series, prepaid.holder, AMOUNT)
    opening = prepaid.opening(owner=prepaid.holder, delay=HOUR)
    prepaid.redeem([world.own_card(series, AMOUNT)], use("Open", *opening[1:]))
    return prepaid.key(owner=prepaid.holder)


def test_none_is_taken_that_could_not_be_settled_before(
    served: Served, client: httpx.Client, key: Key
) -> None:
    desk, book, url = served.desk, served.gateway.book, served.url + "/articles/1"
    terms = desk.world.certificates.terms(desk.contract.account(*key)[6])
    forfeited_at, margin = int(terms[3]) + HOUR, served.gateway.vouchers.settle_seconds
    mine_at(forfeited_at - margin - 60)
    book.refresh()
    assert client.get(url, headers=served.payment(key, ARTICLE)).status_code == 200
    standing = book.kept(key[1])
    assert standing is not None and standing.good_until(book.now()) == forfeited_at
    mine_at(forfeited_at - margin)
    book.refresh()
    answer = client.get(url, headers=served.payment(key, 2 * ARTICLE))
    assert (answer.status_code, answer.json()["error"]) == (402, "account_closing")
    assert served.line(key) == (ARTICLE, ARTICLE)
    mine_at(forfeited_at)
    desk.contract.forfeit(key, {"from": desk.stranger})
    assert desk.money(key) == (0, 0)
