"""A HeldOrders from Python: pay on delivery, with money or with a certificate.

Amounts are base units of the currency, times Unix seconds. Every method that sends waits for the receipt and
raises `RefusedError` where the chain refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from eth_abi.abi import encode
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.artifacts import orders_abi
from largesse.chain import Wallet
from largesse.chainlogs import Decoder
from largesse.clients.service import OWN_CALL, Consent, Service
from largesse.eip712 import Domain, orders_domain
from largesse.signed.orders import ConfirmOrder, OpenOrder, RefundOrder

MAX_HOLD_SECONDS: Final = 730 * 86_400
"""How far ahead an order may end."""
_DAY: Final = 86_400


@dataclass(frozen=True)
class OrderKey:
    """Which order: `number` is the buyer's, and used once with each seller."""

    buyer: str
    seller: str
    number: int

    def as_tuple(self) -> tuple[str, str, int]:
        """As the contract takes it."""
        return self.buyer, self.seller, self.number


@dataclass(frozen=True)
class Opening:
    """A new order: from `ends_at` on what is left goes to the seller, or back."""

    seller: str
    number: int
    ends_at: int
    to_seller: bool = False

    def as_tuple(self) -> tuple[str, int, int, bool]:
        """As the contract takes it."""
        return self.seller, self.number, self.ends_at, self.to_seller

    def use(self) -> bytes:
        """What a redemption into a new order carries as data; the payee is the seller."""
        return encode(["uint64", "uint40", "bool"], [self.number, self.ends_at, self.to_seller])


@dataclass(frozen=True)
class HeldOrder:
    """An order as it stands (`IHeldOrders.OrderView`)."""

    held: int
    ends_at: int
    to_seller: bool
    series_id: int

    @property
    def is_known(self) -> bool:
        return self.ends_at != 0


class Orders(Service):
    """The HeldOrders of one GiftCertificates."""

    @cached_property
    def contract(self) -> Contract:
        return self.node.contract(self.address, orders_abi())

    @cached_property
    def domain(self) -> Domain:
        """What consents for this contract on this chain are signed under."""
        return orders_domain(self.node.chain_id, self.address)

    @cached_property
    def decoder(self) -> Decoder:
        return Decoder(orders_abi())

    # ------------------------------------------------------------------------------------------------- read

    def order(self, key: OrderKey, block: int | None = None) -> HeldOrder:
        """An order; all zero for one that nobody opened."""
        view = self.contract.functions.order(*key.as_tuple())
        return HeldOrder(*self.node.call(view, block=block))

    # ----------------------------------------------------------------------------------------------- buyers

    def open(self, buyer: Wallet, opening: Opening, amount: int) -> OrderKey:
        """Open an order and pay for it. Raises ServiceError not_enough_money."""
        self.allow(buyer, amount)
        self._send(buyer, "open", opening.as_tuple(), amount)
        return OrderKey(buyer.address, opening.seller, opening.number)

    def sign_open(self, buyer: Wallet, opening: Opening, amount: int, *, seconds: int = _DAY) -> bytes:
        """The call that opens an order by one signature that consents and pays (EIP-3009), for anybody to
        send. Raises TokenError no_signatures."""
        message = partial(OpenOrder, buyer.address, *opening.as_tuple(), amount)
        consent = self.paying_consent(message, buyer, amount, self.node.now() + seconds)
        return self._calldata("openSigned", buyer.address, opening.as_tuple(), amount, consent)

    def confirm(self, buyer: Wallet, key: OrderKey, amount: int) -> TxReceipt:
        """Pay the seller `amount` of what is held."""
        return self._send(buyer, "confirm", key.as_tuple(), amount, OWN_CALL)

    def sign_confirm(self, buyer: Wallet, key: OrderKey, amount: int, *, seconds: int = _DAY) -> bytes:
        """The call that does so, for anybody to send: the seller, say."""
        consent = self._consent(buyer, ConfirmOrder, key, amount, seconds)
        return self._calldata("confirm", key.as_tuple(), amount, consent)

    # ---------------------------------------------------------------------------------------------- sellers

    def refund(self, seller: Wallet, key: OrderKey, amount: int) -> TxReceipt:
        """Give the buyer `amount` of what is held back."""
        return self._send(seller, "refund", key.as_tuple(), amount, OWN_CALL)

    def sign_refund(self, seller: Wallet, key: OrderKey, amount: int, *, seconds: int = _DAY) -> bytes:
        """The call that does so, for anybody to send: the buyer, say."""
        consent = self._consent(seller, RefundOrder, key, amount, seconds)
        return self._calldata("refund", key.as_tuple(), amount, consent)

    # --------------------------------------------------------------------------------------------- in common

    def end(self, sender: Wallet, key: OrderKey) -> TxReceipt:
        """From an order's end on: send what is left where it was agreed that it goes."""
        return self._send(sender, "end", key.as_tuple())

    def submit(self, sender: Wallet, call: bytes) -> TxReceipt:
        """Send what somebody signed."""
        return self.node.send_raw_call(sender, self.address, call)

    def _consent(
        self,
        signer: Wallet,
        kind: type[ConfirmOrder] | type[RefundOrder],
        key: OrderKey,
        amount: int,
        seconds: int,
    ) -> Consent:
        """To an action that takes no money of the signer's."""
        nonce, deadline = self.watermark(signer.address) + 1, self.node.now() + seconds
        message = kind(*key.as_tuple(), amount, nonce, deadline)
        return nonce, deadline, False, message.sign(self.domain, signer.key)
