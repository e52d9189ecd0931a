"""Does an ItemShop hold what it owes? Answered from logs, then checked by views."""

from __future__ import annotations

from collections.abc import Callable

from largesse.artifacts import items_abi
from largesse.auditing import Found, audited
from largesse.chainlogs import DEFAULT_RANGE, ignore
from largesse.client import Certificates
from largesse.item_books import ItemBooks
from largesse.items import Items

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
    `largesse.solvency.audit`."""
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
    found: list[str] = []
    views, node = shop.contract.functions, shop.node

    def compare(what: str, rebuilt: object, told: object) -> None:
        if rebuilt != told:
            found.append(f"{what}: {rebuilt} by the logs, {told} by the contract")

    compare("owed in all", books.total_owed, node.call(views.totalOwed(), block=block))
    for payee, amount in books.owed.items():
        compare(f"owed to {payee}", amount, node.call(views.owed(payee), block=block))
    for key, listed in books.listings.items():
        compare(f"offer {key}", tuple(listed), tuple(node.call(views.listing(*key), block=block)))
    return found
