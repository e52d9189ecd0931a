"""The demo's trades: a certificate is resold below face and spent at once, and two people swap currencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from web3.types import TxReceipt

from largesse.chain import Wallet
from largesse.clients.accounts import Opening, Prepaid, open_use
from largesse.clients.market import Market
from largesse.clients.swaps import GAP_SECONDS, Lock, Swaps, hash_of, new_secret
from largesse.console import done, step
from largesse.demo.checks import expect
from largesse.vouchers import index_of

_FACE: Final = 50_000
_PRICE: Final = 46_500
_WON: Final = 140_000
_DOLLARS: Final = 100
"""Whole units that are swapped, both."""
_SALT: Final = 1
_SHORT: Final = 6 * 3_600


@dataclass
class Trading:
    """`series_id` is a named one; the holder sells, the buyer buys; `gas` is what each step cost."""

    market: Market
    prepaid: Prepaid
    won: Swaps
    dollars: Swaps
    series_id: int
    issuer: Wallet
    holder: Wallet
    buyer: Wallet
    shop: Wallet
    gas: list[tuple[str, int, str]] = field(default_factory=list)

    def run(self) -> None:
        """All of it, with 50,000 of face. Raises DemoError, and whatever the parts raise."""
        self._resell()
        self._swap()

    def _resell(self) -> None:
        step("Resell below face", "a signed offer, filled and spent in one transaction")
        market, prepaid, show = self.market, self.prepaid, self.market.token.show
        prepaid.admit(self.issuer, self.series_id, self.shop.address)
        people = self.holder.address, self.buyer.address
        before = [market.token.balance(who) for who in people]
        signed = market.offer(self.holder, self.series_id, _FACE, _PRICE)
        opening = Opening(self.shop.address, self.buyer.address, salt=_SALT)
        bought = market.fill_into(
            self.buyer, [market.standing(signed)], self.series_id, _FACE, (_PRICE, _FACE),
            prepaid, self.shop.address, open_use(opening),
        )  # fmt: skip
        self._note("offer filled and redeemed into an account", bought.receipt)
        paid = [market.token.balance(who) - was for who, was in zip(people, before, strict=True)]
        expect("paid and got", paid, [_PRICE, -_PRICE])
        account = prepaid.account(self.shop.address, index_of(self.buyer.address, _SALT))
        expect("in the account", (account.owner, account.left), (self.buyer.address, prepaid.micros(_FACE)))
        expect("held by the market", market.token.balance(market.address), 0)
        done(f"{show(_FACE)} of face for {show(_PRICE)}: a balance of {show(_FACE)} with the shop")

    def _swap(self) -> None:
        step("Swap two currencies", "each locks for the other under one hash; one claim shows the secret")
        won, dollars = self.won, self.dollars
        first, second, secret = self.holder, self.buyer, new_secret()
        theirs, ours = (
            count * 10**swaps.token.decimals for count, swaps in ((_WON, won), (_DOLLARS, dollars))
        )
        ends_at = won.node.now() + _SHORT
        given = Lock(first.address, second.address, 0, theirs, hash_of(secret), ends_at + GAP_SECONDS)
        self._note("currency locked", won.lock(first, given))
        answer = Lock(second.address, first.address, 0, ours, given.hash, ends_at)
        dollars.answer(second, answer, given, won)
        before = dollars.token.balance(first.address), won.token.balance(second.address)
        self._note("lock claimed", dollars.claim(first, answer, secret))
        shown = dollars.preimage(answer)
        expect("shown by the claim", shown, secret)
        won.claim(second, given, secret, shown=True)
        after = dollars.token.balance(first.address), won.token.balance(second.address)
        expect("swapped", (after[0] - before[0], after[1] - before[1]), (ours, theirs))
        for swaps in (won, dollars):
            expect("held", swaps.token.balance(swaps.address), 0)
        done(f"{won.token.show(theirs)} for {dollars.token.show(ours)}; nobody had to trust anybody")

    def _note(self, name: str, receipt: TxReceipt) -> None:
        self.gas.append((name, int(receipt["gasUsed"]), ""))
