"""The books of a HeldOrders, rebuilt from its logs alone: every order, and where its money went."""

from __future__ import annotations

from dataclasses import dataclass, replace

from largesse.books.custody import CustodyBooks
from largesse.chainlogs import Event, LogError
from largesse.clients.orders import HeldOrder, OrderKey


@dataclass(frozen=True)
class OrderEntry:
    """An order by its logs: as it stands, and what was put down, confirmed, given back and ended, in base
    units."""

    order: HeldOrder
    opened: int
    confirmed: int = 0
    refunded: int = 0
    ended: int = 0


class OrderBooks(CustodyBooks):
    """All orders of one HeldOrders. Feed it whole transactions, in their order, with `add`."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[OrderKey, OrderEntry] = {}

    def parts(self) -> int:
        """The same, put together from what each order holds and what is owed."""
        return sum(one.order.held for one in self.orders.values()) + self.total_owed

    # --------------------------------------------------------------------------------------------- private

    def _on_OrderOpened(self, event: Event, _: int) -> None:  # noqa: N802
        key, amount = _key_of(event), event["amount"]
        if key in self.orders:
            raise LogError("inconsistent", f"order {key} was opened twice")
        order = HeldOrder(amount, event["endsAt"], event["toSeller"], event["seriesId"])
        self.orders[key] = OrderEntry(order, amount)
        self._in(amount)

    def _on_OrderConfirmed(self, event: Event, _: int) -> None:  # noqa: N802
        key, entry = self._left(event)
        self.orders[key] = replace(entry, confirmed=entry.confirmed + event["amount"])

    def _on_OrderRefunded(self, event: Event, _: int) -> None:  # noqa: N802
        key, entry = self._left(event)
        self.orders[key] = replace(entry, refunded=entry.refunded + event["amount"])

    def _on_OrderEnded(self, event: Event, _: int) -> None:  # noqa: N802
        key, entry = self._left(event)
        if entry.order.held or entry.order.to_seller != event["toSeller"]:
            raise LogError("inconsistent", f"order {key} ended otherwise than it was opened: {entry}")
        self.orders[key] = replace(entry, ended=event["amount"])

    def _left(self, event: Event) -> tuple[OrderKey, OrderEntry]:
        """The order of an event, without what went away."""
        key, amount = _key_of(event), event["amount"]
        if key not in self.orders:
            raise LogError("inconsistent", f"{event.name} names order {key}, which nobody has opened")
        entry = self.orders[key]
        if not 0 < amount <= entry.order.held:
            raise LogError("inconsistent", f"{amount} of order {key} went, which held {entry.order.held}")
        self._out(amount)
        return key, replace(entry, order=replace(entry.order, held=entry.order.held - amount))


def _key_of(event: Event) -> OrderKey:
    return OrderKey(event["buyer"], event["seller"], event["number"])
