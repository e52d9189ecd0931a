"""The held orders beside their certificates, and what is compared of them after each act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from eth_utils.crypto import keccak

from largesse.eip712 import Domain, orders_domain
from largesse.signed import jars as jar_messages
from largesse.signed import orders as order_messages
from tests.model.currency import Kind
from tests.model.order_words import OrderKey
from tests.model.orders import Orders
from tests.stateful.custody import side as custody_side
from tests.stateful.custody.side import CustodySide, abi_of, messages_of
from tests.stateful.evm import Chain, Receipt
from tests.stateful.orders.logs import OrderLogs

DECIMALS = {Kind.PLAIN: 6, Kind.BLACKLIST: 0, Kind.PAUSABLE: 18, Kind.FALSE_RETURN: 2, Kind.FEE: 8}
TRANSFER = keccak(text="Transfer(address,address,uint256)")


class OrdersSide(CustodySide):
    """Contracts and models over one currency."""

    NAME = "HeldOrders"
    ABI = abi_of("contracts/HeldOrders.json")
    SAID = messages_of(jar_messages, order_messages)
    logs: OrderLogs

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS[kind])
        self.orders = Orders(self.here, self.model)
        self.keeper = self.orders
        self.logs = OrderLogs()
        self.keys: dict[OrderKey, None] = {}  # what is read after each step: all that was ever tried

    def domain_of(self, contract: str) -> Domain:
        """Of the orders, for what is signed to them."""
        return orders_domain(self.chain.id, contract)

    # --------------------------------------------------------------------------------------- acting

    def act(self, function: str, caller: str, args: Sequence[Any], data: bytes | None = None) -> bool:
        """As everywhere; the accountant knows the time."""
        self.logs.now = self.chain.time
        done = super().act(function, caller, args, data)
        self.keys |= dict.fromkeys(self.orders.books.orders)
        return done

    def account_for(self, receipt: Receipt, events: Sequence[tuple[Any, ...]]) -> None:
        """What a transaction logged, beside what moved in the currency."""
        super().account_for(receipt, events)
        transfers = [
            ("0x" + log.topics[2][-20:].hex(), int.from_bytes(log.data, "big"))
            for log in receipt.logs
            if log.address == self.token
            and log.topics[0] == TRANSFER
            and log.topics[1][-20:].hex() == self.here[2:]
        ]
        beneficiaries = {one.terms.beneficiary for one in self.model.books.series.values()}
        self.logs.check_moved(events, transfers, {self.address, self.token, *beneficiaries})

    def remember(self, function: str, args: Sequence[Any]) -> None:
        """Orders that are named are read from now on."""
        self.keys |= dict.fromkeys(arg for arg in args if isinstance(arg, OrderKey))

    # ------------------------------------------------------------------------------------ comparing

    def own_rows(self) -> custody_side.Rows:
        """Every view of the orders."""
        return [("order", astuple(key), astuple(self.orders.order(key))) for key in self.keys]
