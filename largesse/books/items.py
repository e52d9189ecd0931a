"""The books of an ItemShop, rebuilt from its logs alone: what is for sale, what was sold, what is owed."""

from __future__ import annotations

from typing import Final, NamedTuple

from largesse.books.custody import CustodyBooks
from largesse.chainlogs import Event, LogError
from largesse.clients.items import Listing

_NOTHING: Final = Listing(0, 0)


class ItemKey(NamedTuple):
    """Whose offer of which item."""

    merchant: str
    collection: str
    item_id: int


class ItemBooks(CustodyBooks):
    """All offers and sales of one ItemShop. Feed it whole transactions, in their order, with `add`."""

    def __init__(self) -> None:
        super().__init__()
        self.listings: dict[ItemKey, Listing] = {}
        self.sales = 0

    # --------------------------------------------------------------------------------------------- private

    def _on_ItemListed(self, event: Event, _: int) -> None:  # noqa: N802
        self.listings[_key_of(event)] = Listing(event["price"], event["stock"])

    def _on_ItemWithdrawn(self, event: Event, _: int) -> None:  # noqa: N802
        self.listings[_key_of(event)] = _NOTHING

    def _on_ItemSold(self, event: Event, _: int) -> None:  # noqa: N802
        """The merchant has the money at once; a debt, where there is one, is another event."""
        key, price, quantity = _key_of(event), event["price"], event["quantity"]
        listed = self.listings.get(key, _NOTHING)
        if price != listed.price or not 0 < quantity <= listed.stock:
            raise LogError("inconsistent", f"{quantity} of {key} sold at {price}, of {listed}")
        self.listings[key] = Listing(price, listed.stock - quantity)
        self.sales += 1
        self._in(price * quantity)
        self._out(price * quantity)


def _key_of(event: Event) -> ItemKey:
    return ItemKey(event["merchant"], event["collection"], event["itemId"])
