"""What a life's logs of ItemShop and UniswapV2Payout tell, beside the transfers of the currencies: to an
accountant without a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.model.item_shop import ItemKey, Offer
from tests.stateful.custody.logs import CustodyLogs, Event


class Transfer(NamedTuple):
    """Of any ERC-20."""

    token: str
    source: str
    to: str
    amount: int


class SpendingLogs(CustodyLogs):
    """Sums in base units."""

    def __init__(self, currency: str, shop: str, payout: str) -> None:
        super().__init__()
        self.currency, self.shop, self.payout = currency, shop, payout
        self.offers: dict[ItemKey, Offer] = {}
        self.flaws: list[tuple[int, str]] = []  # an invariant's number, and what breaks it

    def add(self, events: Sequence[Event]) -> None:
        """One transaction's."""
        super().add(events)
        for name, *args in events:
            if name == "ItemListed":
                self.offers[ItemKey(*args[:3])] = Offer(*args[3:])
            elif name == "ItemWithdrawn":
                self.offers[ItemKey(*args)] = Offer()
            elif name == "ItemSold":
                self._sell(ItemKey(*args[:3]), *args[3:5])

    def _sell(self, key: ItemKey, price: int, quantity: int) -> None:
        offer = self.offers.get(key, Offer())
        if price != offer.price or not 0 < quantity <= offer.stock:
            self.flaws.append((52, f"{quantity} of {key} sold at {price}, of {offer}"))
        self.offers[key] = Offer(offer.price, offer.stock - quantity)

    def check_moved(self, events: Sequence[Event], transfers: Sequence[Transfer]) -> None:
        """What the currencies moved in a transaction is what its events tell."""
        self._check_sales(events, transfers)
        converted = [event for event in events if event[0] == "PaidOut"]
        left = [one for one in transfers if one.token == self.currency and one.source == self.payout]
        paid = sum(event[3] for event in converted)
        if sum(one.amount for one in left) != paid:
            self.flaws.append((53, f"{left} left the payout, {paid} are told"))
        for _, payee, token, _, received in converted:
            arrived = sum(one.amount for one in transfers if (one.token, one.to) == (token, payee))
            if arrived != received:
                self.flaws.append((53, f"{arrived} arrived at {payee}, {received} are told"))

    def _check_sales(self, events: Sequence[Event], transfers: Sequence[Transfer]) -> None:
        """What the shop paid: each sale its merchant, or a debt; and debts, later."""
        due: dict[str, int] = {}
        for name, *args in events:
            if name == "ItemSold":
                due[args[0]] = due.get(args[0], 0) + args[3] * args[4]
            elif name == "PayoutOwed":
                due[args[0]] = due.get(args[0], 0) - args[1]
            elif name == "OwedPaid":
                due[args[1]] = due.get(args[1], 0) + args[2]
        for one in transfers:
            if one.token == self.currency and one.source == self.shop:
                due[one.to] = due.get(one.to, 0) - one.amount
        if any(due.values()):
            self.flaws.append((52, f"{due} is missing, of {transfers}, by {events}"))
