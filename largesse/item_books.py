"""The books of an ItemShop, rebuilt from its logs alone: what was sold, and what is owed for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from largesse.artifacts import items_abi
from largesse.auditing import Found, audited
from largesse.chainlogs import DEFAULT_RANGE, Event, LogError, ignore
from largesse.client import Certificates
from largesse.custody_books import CustodyBooks
from largesse.items import Item, Items


@dataclass(frozen=True)
class Sold:
    """One purchase."""

    merchant: str
    item: Item
    quantity: int
    recipient: str


class ItemBooks(CustodyBooks):
    """All sales of one ItemShop. Feed it whole transactions, in their order, with `add`."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: set[tuple[str, Item]] = set()
        self.sold: list[Sold] = []

    def add(self, transaction: Sequence[Event]) -> None:
        """All events of one transaction. Raises LogError inconsistent where they can't have happened."""
        for event in transaction:
            if event.name not in _WITHOUT_BOOKS:
                getattr(self, f"_on_{event.name}")(event, 0)
        self.events += len(transaction)

    # --------------------------------------------------------------------------------------------- private

    def _on_ItemListed(self, event: Event, _: int) -> None:  # noqa: N802
        self.listed.add((event["merchant"], _item_of(event)))

    def _on_ItemWithdrawn(self, event: Event, _: int) -> None:  # noqa: N802
        self.listed.discard((event["merchant"], _item_of(event)))

    def _on_ItemSold(self, event: Event, _: int) -> None:  # noqa: N802
        item = _item_of(event)
        if (event["merchant"], item) not in self.listed:
            raise LogError("inconsistent", f"{event['merchant']} sold {item}, which it had not listed")
        self.sold.append(Sold(event["merchant"], item, event["quantity"], event["recipient"]))
        # Paid on at once; where the currency refuses, `PayoutOwed` follows.
        self._in(item.price * event["quantity"])
        self._out(item.price * event["quantity"])


ItemAudit = Found[ItemBooks]


def audit_items(
    certificates: Certificates,
    address: str,
    *,
    block: int | None = None,
    most: int = DEFAULT_RANGE,
    progress: Callable[[int], None] = ignore,
) -> ItemAudit:
    """Rebuild the books of the ItemShop at this address up to `block` (default: the latest), and compare.
    As `largesse.solvency.audit`."""
    node = certificates.node
    last = node.block_number() if block is None else block
    books = ItemBooks()
    return audited(
        certificates.token,
        address,
        items_abi(),
        range(certificates.first_block, last + 1),
        books,
        lambda: _differences(Items(certificates, address), books, last),
        most=most,
        progress=progress,
    )


def _differences(items: Items, books: ItemBooks, block: int) -> list[str]:
    """Every difference between the rebuilt books and the contract's views at `block`, in words."""
    found: list[str] = []
    views, node = items.contract.functions, items.node

    def compare(what: str, rebuilt: object, told: object) -> None:
        if rebuilt != told:
            found.append(f"{what}: {rebuilt} by the logs, {told} by the contract")

    compare("owed, and what came in less what went out", books.total_owed, books.liabilities)
    compare("owed in all", books.total_owed, node.call(views.totalOwed(), block=block))
    for payee, amount in books.owed.items():
        compare(f"owed to {payee}", amount, node.call(views.owed(payee), block=block))
    for merchant, item in books.listed:
        listed = node.call(views.isListed(merchant, item.as_tuple()), block=block)
        compare(f"item {item.item_id} of {merchant}", True, listed)  # noqa: FBT003
    return found


def _item_of(event: Event) -> Item:
    return Item(event["collection"], event["itemId"], event["price"])


_WITHOUT_BOOKS: Final = ("ConsentUsed",)
