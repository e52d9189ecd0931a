"""The demo's last errands: a shop is paid for a certificate in another currency, and sells swords."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from largesse.chain import Node, Wallet, development_wallet
from largesse.clients.items import Item, Items
from largesse.clients.payout import Payout
from largesse.console import done, step
from largesse.demo.checks import expect
from largesse.development import make_collection, mint_items, open_pool
from largesse.tokens import Token

_SWORD: Final = 7
_POOL: Final = (140_000_000, 100_000)
"""Whole units of the certificates' currency, and of the other."""
_BPS: Final = 50


@dataclass
class Spending:
    """`series_id` is a named one; `gas` is what each step cost: name, gas, remark."""

    payout: Payout
    items: Items
    other: Token
    series_id: int
    buyer: Wallet
    seller: Wallet
    gas: list[tuple[str, int, str]] = field(default_factory=list)

    def run(self) -> None:
        """All of it, with 30,000 of face. Raises DemoError, and whatever the parts raise."""
        step("In another currency, in kind", "through the real Uniswap V2; a sword for a card, or neither")
        issuer = development_wallet("issuer")
        for service in (self.payout, self.items):
            service.admit(issuer, self.series_id, self.seller.address)
        self._be_paid_otherwise(20_000)
        self._buy_swords(2, 5_000)
        for service in (self.payout, self.items):
            expect("held", service.token.balance(service.address), 0)

    @property
    def _node(self) -> Node:
        return self.payout.node

    def _be_paid_otherwise(self, amount: int) -> None:
        """The shop's own order, with its own limit."""
        tokens = self.payout.token, self.other
        whole = [count * 10**token.decimals for count, token in zip(_POOL, tokens, strict=True)]
        uniswap = open_pool(self._node, tokens, (whole[0], whole[1]))
        conversion = self.payout.conversion(uniswap, amount, self.other.address, slippage_bps=_BPS)
        before = self.other.balance(self.seller.address)
        use = conversion.use()
        card = self.payout.sign_card(
            self.buyer, self.series_id, amount, self.seller.address, use, order=7_002
        )
        received = self.payout.take(self.seller, [card], 7_002, amount, conversion)
        self._note("card paid out in another token")
        expect("arrived at the shop", self.other.balance(self.seller.address) - before, received)
        show, least = self.other.show, conversion.minimum
        done(f"{self.payout.token.show(amount)} became {show(received)}, of at least {show(least)}")

    def _buy_swords(self, quantity: int, price: int) -> None:
        collection = make_collection(self._node)
        mint_items(self._node, collection, self.seller.address, _SWORD, 10, self.seller)
        sword = Item(collection, _SWORD, price)
        self.items.list(self.seller, sword, 10)
        before = self.items.token.balance(self.seller.address)
        self.items.buy(self.buyer, self.series_id, self.seller.address, sword, quantity)
        self._note("items bought with a card")
        paid = self.items.token.balance(self.seller.address) - before
        expect("paid to the shop", paid, price * quantity)
        expect("swords left", self.items.stock(self.seller.address, sword), 10 - quantity)
        done(f"{quantity} swords for {self.items.token.show(paid)} of a card, in one transaction")

    def _note(self, name: str) -> None:
        block = self._node.web3.eth.get_block("latest")
        self.gas.append((name, int(block["gasUsed"]), ""))
