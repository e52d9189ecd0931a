"""The demo's orders: paid with a certificate when they are placed; the shop has it on delivery."""

from __future__ import annotations

from dataclasses import dataclass, field

from web3.types import TxReceipt

from largesse.chain import Wallet
from largesse.clients.orders import Opening, OrderKey, Orders
from largesse.console import done, step
from largesse.demo.checks import expect

_HOUR = 3_600


@dataclass
class Deliveries:
    """`series_id` is a named one; `gas` is what each step cost: name, gas, remark."""

    orders: Orders
    series_id: int
    issuer: Wallet
    buyer: Wallet
    seller: Wallet
    gas: list[tuple[str, int, str]] = field(default_factory=list)

    def run(self) -> None:
        """All of it, with 50,000 of face. Raises DemoError, and whatever the parts raise."""
        step("Pay on delivery", "the money waits: confirmed, given back, or ended as agreed at the start")
        orders, show = self.orders, self.orders.token.show
        orders.admit(self.issuer, self.series_id, self.seller.address)
        before = orders.token.balance(self.seller.address)
        first, second = self._open(1, 30_000), self._open(2, 5_000)
        expect("face on the card", self._face(), 15_000)
        self._note("refund of a part, to the card", orders.refund(self.seller, first, 12_000))
        signed = orders.sign_confirm(self.buyer, first, 18_000)
        self._note("confirmation, sent by the seller", orders.submit(self.seller, signed))
        expect("paid to the shop", orders.token.balance(self.seller.address) - before, 18_000)
        orders.node.jump_to(orders.order(second).ends_at)
        self._note("end of an order", orders.end(self.issuer, second))
        expect("face on the card", self._face(), 32_000)
        expect("held", orders.token.balance(orders.address), 0)
        done(f"{show(18_000)} for what was delivered; {show(12_000)} that was sold out is on the card again")
        done(f"nobody said a word about the second order: its {show(5_000)} came back at its end")

    def _open(self, number: int, amount: int) -> OrderKey:
        opening = Opening(self.seller.address, number, self.orders.node.now() + _HOUR)
        use = opening.use()
        receipt = self.orders.redeem(self.buyer, self.series_id, amount, self.seller.address, use)
        if number == 1:
            self._note("order paid with a card", receipt)
        return OrderKey(self.buyer.address, self.seller.address, number)

    def _face(self) -> int:
        return self.orders.certificates.account(self.series_id, self.buyer.address).balance

    def _note(self, name: str, receipt: TxReceipt) -> None:
        self.gas.append((name, int(receipt["gasUsed"]), ""))
