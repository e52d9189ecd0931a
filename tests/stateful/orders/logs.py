"""What a life's logs of HeldOrders tell, to an accountant without a node: every order as it stands, and
whatever in them should not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.model.order_words import Held, OrderKey
from tests.stateful.custody.logs import CustodyLogs, Event

Transfer = tuple[str, int]
"""To whom, base units."""


class OrderLogs(CustodyLogs):
    """Sums in base units."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0  # seconds, of the transaction that is added
        self.orders: dict[OrderKey, Held] = {}
        self.opened = self.confirmed = self.refunded = self.ended = 0
        self.flaws: list[tuple[int, str]] = []  # an invariant's number, and what breaks it

    def add(self, events: Sequence[Event]) -> None:
        """One transaction's."""
        super().add(events)
        for name, *args in events:
            if name == "OrderOpened":
                self._open(OrderKey(*args[:3]), Held(*args[3:]))
            elif name in ("OrderConfirmed", "OrderRefunded", "OrderEnded"):
                self._go(name, OrderKey(*args[:3]), *args[3:])

    def _open(self, key: OrderKey, order: Held) -> None:
        if key in self.orders:
            self.flaws.append((24, f"{key} was opened twice"))
        if not self.now < order.ends_at:
            self.flaws.append((25, f"{key} had ended at {order.ends_at} before it began"))
        self.orders[key] = order
        self.opened += order.held

    def _go(self, name: str, key: OrderKey, amount: int, to_seller: bool | None = None) -> None:
        """Something of what an order held went to one side."""
        order = self.orders.get(key, Held())
        if not 0 < amount <= order.held:
            self.flaws.append((23, f"{name}: {amount} of {key}, which held {order.held}"))
        over = order.ends_at <= self.now
        if over != (name == "OrderEnded"):
            self.flaws.append((25, f"{name} of {key} at {self.now}, which ends at {order.ends_at}"))
        self.orders[key] = replace(order, held=order.held - amount)
        if name == "OrderConfirmed":
            self.confirmed += amount
        elif name == "OrderRefunded":
            self.refunded += amount
        else:
            self.ended += amount
            if self.orders[key].held or to_seller != order.to_seller:
                self.flaws.append((25, f"{key} ended otherwise than agreed: {amount}, {to_seller}"))

    def check_moved(self, events: Sequence[Event], transfers: Sequence[Transfer], others: set[str]) -> None:
        """What left the contract in a transaction that ends, confirms or refunds went to the sides that the
        events name, or to `others`: the certificates and the beneficiaries of a named series, and a currency
        that kept some of it."""
        names = {"OrderConfirmed": (2,), "OrderRefunded": (1,), "OrderEnded": (1, 2), "OwedPaid": (2,)}
        due = {event[place] for event in events for place in names.get(event[0], ())}
        for to, amount in transfers:
            if to not in due | others:
                self.flaws.append((26, f"{amount} went to {to}, by {events}"))
