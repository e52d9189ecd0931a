"""Row satoshipay: a reader unlocks one article over HTTP 402 without registration; asking again does not
charge twice; the publisher settles later.
"""

from __future__ import annotations

import httpx

from largesse.gateway.purse import Paying
from largesse.gateway.settler import Policy, Settler
from tests.fixtures.gateways import ARTICLE, Served


def test_an_article_is_unlocked_once_and_settled_later(served: Served, client: httpx.Client) -> None:
    desk = served.desk
    url = f"{served.url}/articles/2"
    # Anybody sees the titles, and what an article costs; nobody asks for a name.
    assert client.get(served.url + "/").json()["2"] == "Why a deposit is safe"
    asked = client.get(url)
    assert asked.status_code == 402 and "set-cookie" not in asked.headers
    key = desk.open(100_000)
    blocks, held = desk.chain.height, desk.balance(desk.merchant)
    purse = served.purse(key)
    with httpx.Client(auth=Paying(purse)) as reader:
        first = reader.get(url, headers={"Idempotency-Key": "article 2"})
        again = reader.get(url, headers={"Idempotency-Key": "article 2"})
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["title"] == "Why a deposit is safe"
    assert served.line(key)[1] == purse.charged == ARTICLE
    # Another article is another payment.
    with httpx.Client(auth=Paying(purse)) as reader:
        assert reader.get(f"{served.url}/articles/3").json()["number"] == 3
    assert served.line(key)[1] == 2 * ARTICLE
    assert (desk.chain.height, desk.balance(desk.merchant)) == (blocks, held)
    settler = Settler(served.gateway.book, served.gateway.ledger, served.gateway.sender, Policy(0, 1))
    _, (settlement,) = settler.run()
    assert desk.balance(desk.merchant) == held + settlement.payout
    assert 2 * ARTICLE <= settlement.rows[key[1]] <= 2 * ARTICLE + 1
    desk.check_books()
