"""Contracts that hold a currency, and those that certificates are redeemed into: jars, prepaid accounts, held
orders.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.chain import Node, Wallet
from largesse.clients.certificates import Certificates
from largesse.eip712 import Domain, Message
from largesse.errors import LargesseError
from largesse.holdings import SignedCard
from largesse.signed.certificates import Redemption
from largesse.signed.jars import ReceiveWithAuthorization
from largesse.tokens import Token

Consent = tuple[int, int, bool, bytes]
"""`ICustodyTypes.Consent`: nonce, deadline, whether the signature is the currency's, signature."""
OWN_CALL: Final[Consent] = (0, 0, False, b"")
"""The consent of whoever calls itself."""
_DAY: Final = 86_400


class ServiceError(LargesseError):
    """A certificate that can't pay here, or money that is missing; nothing was sent."""


class PartClient(ABC):
    """A contract at `address` beside the certificates in whose currency it works."""

    def __init__(self, certificates: Certificates, address: str) -> None:
        self.certificates = certificates
        self.address = Web3.to_checksum_address(address)

    @property
    @abstractmethod
    def contract(self) -> Contract:
        """The same, for web3."""

    @property
    def node(self) -> Node:
        return self.certificates.node

    @property
    def token(self) -> Token:
        """The currency."""
        return self.certificates.token

    def allow(self, payer: Wallet, amount: int) -> None:
        """Approve what the payer has. Raises ServiceError not_enough_money."""
        held = self.token.balance(payer.address)
        if held < amount:
            raise ServiceError(
                "not_enough_money",
                f"{payer.name} needs {self.token.show(amount)} and has {self.token.show(held)}",
            )
        if self.token.allowance(payer.address, self.address) < amount:
            self.token.approve(payer, self.address, amount)

    def _read(self, name: str, *values: Any, block: int | None = None) -> Any:
        return self.node.call(self.contract.functions[name](*values), block=block)

    def _send(self, sender: Wallet, name: str, *values: Any) -> TxReceipt:
        return self.node.send(self.contract.functions[name](*values), sender)


class Holder(PartClient):
    """One that holds the currency."""

    def watermark(self, signer: str) -> int:
        """The highest nonce that a signer has used."""
        return int(self._read("watermark", signer))

    def owed(self, payee: str) -> int:
        """Payouts that the currency refused, and shares of jars, in base units."""
        return int(self._read("owed", payee))


class Custodian(Holder):
    """A holder that is signed for."""

    @property
    @abstractmethod
    def domain(self) -> Domain:
        """What is signed for this contract on this chain is signed under it."""

    @cached_property
    def token_domain(self) -> Domain:
        """What the currency's own signatures are under. Raises TokenError no_signatures."""
        return self.token.domain()

    def paying_consent(
        self, message: Callable[[int, int], Message], payer: Wallet, amount: int, deadline: int
    ) -> Consent:
        """The currency's own signature over `amount` (EIP-3009), whose nonce is the digest of what is agreed
        to: `message(nonce, deadline)`. Raises TokenError no_signatures."""
        nonce = secrets.randbits(64)
        digest = message(nonce, deadline).digest(self.domain)
        paid = ReceiveWithAuthorization(payer.address, self.address, amount, 0, deadline, digest)
        return nonce, deadline, True, paid.sign(self.token_domain, payer.key)

    def _calldata(self, name: str, *values: Any) -> bytes:
        return bytes.fromhex(self.contract.encode_abi(name, list(values))[2:])


class Service(Custodian):
    """A custodian that certificates are redeemed into."""

    def admit(self, issuer: Wallet, series_id: int, payee: str) -> None:
        """Let a named series pay here, and to this payee; what is so already is not sent again."""
        functions = self.certificates.contract.functions
        if not self.certificates.terms(series_id).named:
            return
        if not self.node.call(functions.isService(series_id, self.address)):
            self.node.send(functions.addServices(series_id, [self.address]), issuer)
        if not self.certificates.is_merchant(series_id, payee):
            self.node.send(functions.addMerchants(series_id, [payee]), issuer)

    def redeem(
        self, holder: Wallet, series_id: int, amount: int, payee: str, use: bytes, *,
        relayer: Wallet | None = None,
    ) -> TxReceipt:  # fmt: skip
        """Pay with a certificate for what `use` says, with `payee`."""
        card = self.sign_card(holder, series_id, amount, payee, use, signed=relayer is not None)
        return self.submit_cards([card], payee, use, relayer or holder)

    def sign_card(
        self, holder: Wallet, series_id: int, amount: int, payee: str, use: bytes, *, signed: bool = True,
        order: int = 0,
    ) -> SignedCard:  # fmt: skip
        """A card's part in such a payment; unsigned, only its holder can submit it.

        Raises ServiceError not_a_service where the series can't be paid in here.
        """
        series = self.certificates.contract.functions.isService(series_id, self.address)
        if not self.node.call(series):
            raise ServiceError("not_a_service", f"series {series_id} can't be redeemed into {self.address}")
        if not signed:
            return SignedCard(holder.address, series_id, amount, order, 0, 0, b"")
        nonce = self.certificates.account(series_id, holder.address).nonce + 1
        deadline = self.node.now() + _DAY
        message = Redemption(
            holder.address, series_id, amount, self.address, payee, order, use, nonce, deadline
        )
        signature = message.sign(self.certificates.domain, holder.key)
        return SignedCard(holder.address, series_id, amount, order, nonce, deadline, signature)

    def submit_cards(self, cards: Sequence[SignedCard], payee: str, use: bytes, sender: Wallet) -> TxReceipt:
        """Submit a payment of one or more cards."""
        payment = (self.address, payee, 0, 0, 0, 0, use, b"")
        call = self.certificates.contract.functions.pay(payment, [card.as_tuple() for card in cards])
        return self.node.send(call, sender)
