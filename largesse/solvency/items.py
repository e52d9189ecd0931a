"""Does an ItemShop hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable

from largesse.artifacts import items_abi
from largesse.books.items import ItemBooks
from largesse.books.replay import Comparison, Found, audited
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.clients.certificates import Certificates
from largesse.clients.items import Items

ItemAudit = Found[ItemBooks]


def audit_items(
    certificates: Certificates,
    address: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> ItemAudit:
    """Rebuild the books of the ItemShop at this address up to `block` (default: the latest), and compare. As
    `largesse.solvency.certificates.audit`."""
    last = certificates.node.block_number() if block is None else block
    books = ItemBooks()
    return audited(
        certificates.token,
        address,
        items_abi(),
        range(certificates.first_block, last + 1),
        books,
        lambda: differences(Items(certificates, address), books, last),
        most=most,
        progress=progress,
    )


def differences(shop: Items, books: ItemBooks, block: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    check = Comparison(shop.node, shop.contract.functions, block)
    check.debts(books)
    for key, listed in books.listings.items():
        check.ask(f"offer {key}", tuple(listed), "listing", *key, read=tuple)
    return check.differences()
