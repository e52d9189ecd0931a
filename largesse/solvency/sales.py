"""Does a CertificateSales hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from largesse.artifacts import artifact
from largesse.books.replay import Comparison, Found, audited
from largesse.books.sales import SalesBooks
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.clients.sales import Shop, purchase_record

SalesAudit = Found[SalesBooks]
_TOLD: Final = (
    "buyer", "seriesId", "face", "promotionId", "discount", "cashBack", "referral", "withdrawn",
)  # fmt: skip
"""Of a purchase, what the logs tell too."""


def audit_sales(
    certificates: Certificates,
    address: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> SalesAudit:
    """Rebuild the books of the CertificateSales at this address up to `block` (default: the latest), and
    compare. As `largesse.solvency.certificates.audit`."""
    node = certificates.node
    last = node.block_number() if block is None else block
    books = SalesBooks(cache(node.block_time))
    return audited(
        certificates.token,
        address,
        artifact("CertificateSales").abi,
        range(certificates.first_block, last + 1),
        books,
        lambda: differences(Shop(certificates, address), books, last),
        most=most,
        progress=progress,
    )


def differences(shop: Shop, books: SalesBooks, block: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    check = Comparison(shop.node, shop.contract.functions, block)
    check.same("the parts, and what came in less what went out", books.parts(), books.liabilities)
    check.ask("booked", books.liabilities, "booked")
    check.debts(books)
    for promotion, budget in books.budgets.items():
        check.ask(f"budget of promotion {promotion}", tuple(budget), "budget", promotion, read=tuple)
    for series, amount in books.premiums.items():
        check.ask(f"premiums of series {series}", amount, "premiumsHeld", series)
    check.ask("purchases", len(books.purchases), "purchaseCount")
    for number, entry in books.purchases.items():
        rebuilt = (
            entry.buyer, entry.series_id, entry.face, entry.promotion, entry.discount, entry.cash_back,
            entry.referral, entry.withdrawn_at > 0,
        )  # fmt: skip
        check.ask(f"purchase {number}", rebuilt, "purchase", number, read=_told)
    return check.differences()


def _told(answer: Sequence[Any]) -> tuple[Any, ...]:
    record = purchase_record(answer)
    return tuple(record[name] for name in _TOLD)
