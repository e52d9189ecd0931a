"""An exact reference model of ItemShop, from its documentation alone; as `tests/model/orders.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.model import custody
from tests.model.certificates import Certificates
from tests.model.custody import Custody, operation
from tests.model.words import ZERO, Checks, Portion, refuse

ORDER_BITS = (160, 256, 96, 256, 160)  # collection, item, price, quantity, recipient


class ItemKey(NamedTuple):
    merchant: str
    collection: str
    item_id: int


class Offer(NamedTuple):
    """All zero where nothing is for sale."""

    price: int = 0
    stock: int = 0


@dataclass(frozen=True)
class Item:
    collection: str
    item_id: int
    price: int


@dataclass
class Goods:
    """One ERC-1155 collection: whose items, and whom its holders let move them. `deaf` take no tokens."""

    address: str
    deaf: frozenset[str] = frozenset()
    items: dict[tuple[str, int], int] = field(default_factory=dict)
    approvals: dict[tuple[str, str], bool] = field(default_factory=dict)

    def of(self, who: str, item_id: int) -> int:
        """Balance."""
        return self.items.get((who, item_id), 0)

    def mint(self, caller: str, to: str, item_id: int, count: int) -> None:
        """Anybody may."""
        self.items[to, item_id] = self.of(to, item_id) + count

    def set_approval_for_all(self, caller: str, operator: str, approved: bool) -> None:
        self.approvals[caller, operator] = approved

    def move(self, source: str, to: str, item_id: int, count: int) -> None:
        self.items[source, item_id] = self.of(source, item_id) - count
        self.items[to, item_id] = self.of(to, item_id) + count


@dataclass
class Books(custody.Books):
    """What the shop keeps besides."""

    offers: dict[ItemKey, Offer] = field(default_factory=dict)


class ItemShop(Custody[Books]):
    """All of it; it delivers `goods`."""

    def __init__(self, here: str, certificates: Certificates, goods: Goods) -> None:
        super().__init__(here, certificates, Books())
        self.goods = goods

    def offer(self, key: ItemKey) -> Offer:
        """All zero where nothing is for sale."""
        return self.books.offers.get(key, Offer())

    @operation
    def list(self, caller: str, item: Item, stock: int) -> None:
        check = Checks()
        check.need(item.collection == self.goods.address, "Items_NoCollection", item.collection)
        check.need(item.price != 0, "Items_ZeroPrice")
        check.need(stock != 0, "Items_ZeroStock")
        check.done()
        self.books.offers[ItemKey(caller, item.collection, item.item_id)] = Offer(item.price, stock)
        self.emit("ItemListed", caller, item.collection, item.item_id, item.price, stock)

    @operation
    def withdraw(self, caller: str, collection: str, item_id: int) -> None:
        key = ItemKey(caller, collection, item_id)
        if self.offer(key).price == 0:
            raise refuse("Items_NotListed", *key)
        self.books.offers[key] = Offer()
        self.emit("ItemWithdrawn", *key)

    @operation
    def on_redemption(self, caller: str, *said: Any) -> None:
        """Nobody but the certificates may say that money came."""
        raise refuse("Items_NotCertificates", caller)

    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        """Certificates have paid for what the merchant sells."""
        words = [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data) - 31, 32)][:5]
        if len(words) < 5 or any(word >> bits for word, bits in zip(words, ORDER_BITS, strict=True)):
            raise refuse("")
        collection, recipient = (f"0x{words[i]:040x}" for i in (0, 4))
        item_id, price, quantity = words[1:4]
        key, check = ItemKey(payee, collection, item_id), Checks()
        offer = self.offer(key)
        check.need(offer.price != 0, "Items_NotListed", *key)
        check.need(price == offer.price, "Items_PriceDiffers", price, offer.price)
        check.need(quantity <= offer.stock, "Items_OverStock", quantity, offer.stock)
        due = offer.price * quantity
        check.need(amount == due, "Items_PaymentDiffers", amount, due)
        self._check_delivery(check, payee, recipient, item_id, quantity)
        check.done()
        self.books.offers[key] = Offer(offer.price, offer.stock - quantity)
        self.emit("ItemSold", *key, price, quantity, recipient)
        for one in portions:
            self.certificates.use_placed(self.here, one.holder, one.series_id, one.amount)
        self.pay_out(payee, amount)
        self.goods.move(payee, recipient, item_id, quantity)

    def _check_delivery(self, check: Checks, merchant: str, to: str, item_id: int, quantity: int) -> None:
        """The collection moves them, the recipient takes them, and has so many more."""
        goods, here = self.goods, self.here
        approved = goods.approvals.get((merchant, here), False)
        check.need(approved, "ERC1155MissingApprovalForAll", here, merchant)
        held = goods.of(merchant, item_id)
        check.need(held >= quantity, "ERC1155InsufficientBalance", merchant, held, quantity, item_id)
        takes = to not in (ZERO, *goods.deaf) and self.certificates.answers.get(to) is None
        check.need(takes, "ERC1155InvalidReceiver", to)
        check.need(to != merchant, "Items_NotDelivered", quantity, 0)
