"""Finding: since consents can be taken back at the shop, as at every contract that keeps money, it writes
`ConsentUsed`; the books of the shop did not know that event. One call of `cancelConsents`, by anybody, ended
every audit and every report with an AttributeError.
"""

from __future__ import annotations

import pytest

from largesse.books.custody import CustodyBooks
from largesse.chain import Node
from largesse.clients.certificates import Certificates
from largesse.indexer.contracts import abi_of
from largesse.report.history import BOOKS
from largesse.solvency.sales import audit_sales
from tests.support.sales import Shop


def test_a_consent_that_anybody_takes_back_ends_no_audit(shop: Shop, node_url: str) -> None:
    shop.sales.cancelConsents(1, {"from": shop.world.stranger})
    certificates = Certificates(Node.at(node_url), shop.world.certificates.address)
    found = audit_sales(certificates, shop.sales.address)
    assert (found.problems, found.books.events) == ((), 1)


KEEPERS = [part for part, make in BOOKS.items() if isinstance(make(6, lambda _: 0), CustodyBooks)]


@pytest.mark.parametrize("part", KEEPERS)
def test_books_know_each_event_that_their_contract_writes(part: str) -> None:
    books = BOOKS[part](6, lambda _: 0)
    assert isinstance(books, CustodyBooks)
    events = {item["name"] for item in abi_of(part) if item["type"] == "event"}
    assert {name for name in events - books.WITHOUT_BOOKS if not hasattr(books, f"_on_{name}")} == set()
