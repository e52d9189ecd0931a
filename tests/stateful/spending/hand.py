"""Choices about items and payouts: what merchants, buyers and passers-by might do next."""

from __future__ import annotations

from copy import copy
from random import Random
from typing import TypeVar

from eth_abi.abi import encode

from tests.model.item_shop import Item, ItemKey
from tests.model.words import DAY, ZERO
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.people import HOLDERS, HOLDING, MERCHANTS, STRANGER
from tests.stateful.spending.side import IDS, RESERVE, SpendingSide

SpendingStore = CustodyStore
NO_ROUTER = "0x" + "77" * 20
MOST_STOCK = 2**64 - 1
H = TypeVar("H", bound=CustodyHand)


class SpendingHand(CustodyHand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    side: SpendingSide

    def __init__(self, rng: Random, side: SpendingSide) -> None:
        super().__init__(rng, side)
        self.shop, self.pools = side.shop, side.pools

    def item(self) -> Item:
        """To be offered."""
        collection = self.mostly(self.side.goods.address, STRANGER, percent=96)
        price = self.mostly(self.rng.randrange(1, 5_000), 0, 2**96 - 1, percent=94)
        return Item(collection, self.one(IDS), price)

    def open_card(self) -> tuple[int, str] | None:
        """A card that its holder may have as cash, mostly; seldom any where there is none."""
        books = self.model.books
        pairs = [
            (series_id, who)
            for series_id, series in books.series.items()
            for who in HOLDING
            if not series.terms.named
            and not series.terms.fee_bps
            and self.now < series.terms.expires_at
            and self.model.account(series_id, who).balance
        ]
        if pairs and self.odds(85):
            return self.one(pairs)
        return self.card() if self.odds(25) else None

    def key(self, series_id: int) -> ItemKey:
        """Of something that is for sale, mostly by a merchant of the series."""
        offers = [
            key
            for key, offer in self.shop.books.offers.items()
            if offer.stock and self.model.is_merchant(series_id, key.merchant)
        ]
        if offers and self.odds(92):
            return self.one(offers)
        return ItemKey(self.one([*MERCHANTS, STRANGER]), self.side.goods.address, self.one(IDS))

    def bought(self, key: ItemKey, holder: str) -> tuple[bytes, int]:
        """Data of a purchase, and what it costs; on the edges one more than there is, or another price."""
        offer = self.shop.offer(key)
        some = self.rng.randrange(1, min(offer.stock, 5) + 1) if offer.stock else 1
        quantity = self.mostly(some, 0, offer.stock, offer.stock + 1, 2**200, percent=92)
        price = self.mostly(offer.price, offer.price + 1, max(offer.price - 1, 0), percent=95)
        others = (ZERO, self.side.address, key.merchant, self.here)
        to = self.mostly(self.mostly(holder, self.one(HOLDING), percent=70), *others, percent=93)
        words = [int(key.collection, 16), key.item_id, price, quantity, int(to, 16)]
        if self.odds(2):
            words[self.one([0, 2, 4])] |= 1 << 200
        data = encode(["uint256"] * 5, words)
        if self.odds(2):
            data = self.one([b"", data[:128], data[:-1]])
        return data, min(price * quantity, 2**96 - 1)

    def path(self) -> list[str]:
        """Over one pool or two; seldom one that is none."""
        currency, other, third = self.side.token, self.side.other, self.side.third
        good = self.one([[currency, other], [currency, other, third]])
        bad = [currency], [other, third], [currency, third], [other, currency], [currency, other, currency]
        return self.mostly(good, *bad, percent=94)

    def conversion(self, amount: int) -> bytes:
        """Data of a payout; the minimum is about what the pools give."""
        path = self.path()
        try:
            fair = self.pools.quote(amount, path)[-1]
        except Exception:  # noqa: BLE001 - no price: anything will do
            fair = 1
        limit = fair - fair * self.one([0, 5, 10, 31, 100]) // 1_000
        minimum = self.mostly(limit, 0, fair + 1, fair, percent=85)
        deadline = self.mostly(self.now + self.rng.randrange(1, DAY), self.now, self.now + 1, percent=95)
        router = self.mostly(self.pools.router, NO_ROUTER, percent=98)
        data = encode(["(address,address[],uint256,uint40)"], [(router, path, minimum, deadline)])
        return self.one([b"", data[:64], data[:-32]]) if self.odds(2) else data

    def toward_payout(self) -> SpendingHand:
        """The same hand, for payments into the payout."""
        other = copy(self)
        other.here = self.side.payout
        return other

    def traded(self) -> int:
        """What somebody trades beside: mostly too little to matter."""
        return self.one([1, RESERVE // 10_000, RESERVE // 300, self.rng.randrange(1, RESERVE // 20)])

    def passer_by(self) -> str:
        return self.one([STRANGER, *HOLDERS])
