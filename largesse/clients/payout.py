"""A UniswapV2Payout from Python: certificates that pay in another token.

Amounts are base units, of the currency or of the token that is paid out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from eth_abi.abi import encode
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.artifacts import payout_abi
from largesse.chain import Wallet
from largesse.chainlogs import Decoder
from largesse.clients.service import Service, ServiceError
from largesse.eip712 import Domain
from largesse.holdings import SignedCard
from largesse.uniswap import Uniswap

_POOL_CLOCK_GAS: Final = 50_000
"""A pool writes its price's clock in the first trade of a second; an estimate of the second before knows
nothing of it."""


@dataclass(frozen=True)
class Conversion:
    """How a redemption is converted: by which router, along which path (the currency first), for at least how
    much, until when."""

    router: str
    path: tuple[str, ...]
    minimum: int
    deadline: int

    def use(self) -> bytes:
        """What a redemption carries as data: signed with the card, and by a payee that gives its consent."""
        value = (self.router, list(self.path), self.minimum, self.deadline)
        return encode(["(address,address[],uint256,uint40)"], [value])


class Payout(Service):
    """The UniswapV2Payout of one GiftCertificates."""

    @cached_property
    def contract(self) -> Contract:
        return self.node.contract(self.address, payout_abi())

    @property
    def domain(self) -> Domain:
        """Nothing is signed for it: it works on what was signed for the certificates."""
        return self.certificates.domain

    @cached_property
    def decoder(self) -> Decoder:
        return Decoder(payout_abi())

    def conversion(
        self, uniswap: Uniswap, amount: int, token: str, *, via: Sequence[str] = (), slippage_bps: int = 50,
        seconds: int = 600,
    ) -> Conversion:  # fmt: skip
        """A conversion of `amount` at today's price. Raises UniswapError no_price, bad_slippage."""
        path = (self.token.address, *via, token)
        minimum = uniswap.minimum(amount, path, slippage_bps)
        return Conversion(uniswap.router, path, minimum, self.node.now() + seconds)

    def cash_out(
        self,
        holder: Wallet,
        series_id: int,
        amount: int,
        conversion: Conversion,
        *,
        relayer: Wallet | None = None,
    ) -> int:
        """The holder's own card of an open series, paid out to itself; what arrived of the token.

        Raises ServiceError named_series: such a card pays merchants, and is no money.
        """
        if self.certificates.terms(series_id).named:
            raise ServiceError(
                "named_series", f"cards of series {series_id} pay its merchants, not their holders"
            )
        signed = relayer is not None
        card = self.sign_card(holder, series_id, amount, holder.address, conversion.use(), signed=signed)
        return self._pay(relayer or holder, holder.address, [card], conversion)

    def take(
        self, merchant: Wallet, cards: Sequence[SignedCard], order: int, total: int, conversion: Conversion
    ) -> int:
        """A merchant takes cards that were signed for its order, and is paid in the token; what arrived."""
        return self._pay(merchant, merchant.address, cards, conversion, order, total)

    def received(self, receipt: TxReceipt) -> int:
        """What a payout brought, by its log."""
        topic = self.decoder.topic("PaidOut")
        for log in receipt["logs"]:
            if log["address"] == self.address and log["topics"] and log["topics"][0].to_0x_hex() == topic:
                return int(self.decoder.decode(log)["received"])
        raise ServiceError("no_payout", f"{receipt['transactionHash'].to_0x_hex()} has no payout in it")

    def _pay(
        self, sender: Wallet, payee: str, cards: Sequence[SignedCard], conversion: Conversion, order: int = 0,
        total: int = 0,
    ) -> int:  # fmt: skip
        payment = (self.address, payee, order, total, total, 0, conversion.use(), b"")
        call = self.certificates.contract.functions.pay(payment, [card.as_tuple() for card in cards])
        data = bytes.fromhex(call._encode_transaction_data()[2:])
        pools = len(conversion.path) - 1
        gas = self.node.estimate(sender, call.address, data) + pools * _POOL_CLOCK_GAS
        return self.received(self.node.send(call, sender, gas=gas))
