"""The market beside its certificates, and what is compared of them after each act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eth_utils.crypto import keccak

from largesse.eip712 import Domain
from largesse.signed import jars as jar_messages
from largesse.signed import market as market_messages
from largesse.signed.market import market_domain
from tests.model.currency import Kind
from tests.model.market import Market
from tests.model.market_words import Offer, SignedOffer
from tests.model.words import Fault
from tests.stateful.certificates.side import ABI as CERTIFICATES_ABI
from tests.stateful.certificates.side import Row, as_number, error_name
from tests.stateful.custody import side as custody_side
from tests.stateful.custody.side import CERTIFICATE_ACTS, CustodySide, abi_of, account_row, messages_of
from tests.stateful.evm import Abi, Chain, Receipt
from tests.stateful.market.logs import MarketLogs, Moved
from tests.stateful.people import HOLDING, MERCHANTS, SERVICES

DECIMALS = {Kind.PLAIN: 6, Kind.BLACKLIST: 0, Kind.PAUSABLE: 18, Kind.FALSE_RETURN: 2, Kind.FEE: 8}
TRANSFER = keccak(text="Transfer(address,address,uint256)")
CARD_MOVED = keccak(text="TransferSingle(address,address,address,uint256,uint256)")
NEWEST = 60
"""Offers whose status is read after each step: those that were named last."""


class MarketSide(CustodySide):
    """Contracts and models over one currency."""

    NAME = "CertificateMarket"
    CERTIFICATE_ACTS = CERTIFICATE_ACTS | {"setApprovalForAll", "forfeit", "redeem"}
    ABI = abi_of("contracts/CertificateMarket.json")
    SAID = messages_of(jar_messages, market_messages)
    logs: MarketLogs

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS[kind])
        self.market = Market(self.here, self.model)
        self.keeper = self.market
        self.logs = MarketLogs(self.token, self.address, self.here)
        self.tried: dict[tuple[str, int], None] = {}

    def domain_of(self, contract: str) -> Domain:
        """Of the market, for what is signed to it."""
        return market_domain(self.chain.id, contract)

    # --------------------------------------------------------------------------------------- acting

    def act(self, function: str, caller: str, args: Sequence[Any], data: bytes | None = None) -> bool:
        """As everywhere; the accountant knows the time, when series expire, and what was asked for."""
        self.logs.now = self.chain.time
        self.logs.expiries = {i: one.terms.expires_at for i, one in self.model.books.series.items()}
        self.logs.asked = function, caller, args
        done = super().act(function, caller, args, data)
        if done:
            self.compare_told()
        return done

    def remember(self, function: str, args: Sequence[Any]) -> None:
        """Numbers of offers that are named are read from now on."""
        for arg in args:
            if isinstance(arg, Offer):
                self.tried[arg.seller, arg.nonce] = None
            elif isinstance(arg, SignedOffer):
                self.remember(function, [arg.offer])
            elif isinstance(arg, list | tuple):
                self.remember(function, arg)

    def account_for(self, receipt: Receipt, events: Sequence[tuple[Any, ...]]) -> None:
        """What a transaction logged, beside what moved of the currency and the certificates."""
        if self.logs.asked[0] in self.CERTIFICATE_ACTS:
            return
        moved = []
        for log in receipt.logs:
            ends = ["0x" + topic[-20:].hex() for topic in log.topics[-2:]]
            if log.address == self.token and log.topics[0] == TRANSFER:
                moved.append(Moved(0, *ends, int.from_bytes(log.data, "big")))
            elif log.address == self.address and log.topics[0] == CARD_MOVED:
                series_id, amount = (int.from_bytes(log.data[at : at + 32], "big") for at in (0, 32))
                moved.append(Moved(series_id, *ends, amount))
        self.logs.read(events, moved)

    def answered(self, result: Any) -> tuple[Any, ...]:
        """Many fills return face and cost."""
        return result if isinstance(result, tuple) else (result,)

    def calldata(self, abi: Abi, function: str, args: Sequence[Any]) -> bytes:
        """Of a call with a model's arguments; a permit is of whoever calls."""
        if function == "permit":
            amount, deadline, signature = args
            signed = self.wire(signature)
            return abi.call("permit", amount, deadline, signed[64], signed[:32], signed[32:64])
        return super().calldata(abi, function, args)

    def _report(self, fault: Fault) -> tuple[bytes, int, int]:
        """Of a row that was passed over: also the market's own errors, or none at all."""
        name, values = fault
        numbers = [as_number(self.plain(value)) for value in values[:2]] + [0, 0]
        selector = self.ABI.selector(error_name(name)) if name else bytes(4)
        return selector, numbers[0], numbers[1]

    # ------------------------------------------------------------------------------------ comparing

    def request(self, row: Row) -> tuple[str, bytes]:
        """Whom to ask, and the call."""
        if row.view == "allowance":
            return self.token, CERTIFICATES_ABI.call(row.view, *row.args)
        return super().request(row)

    def rows(self) -> list[Row]:
        """As everywhere, and what there is of certificates, placements and allowances besides."""
        rows, model, books = super().rows(), self.model, self.model.books
        for series_id in books.series:
            for who in (self.here, *MERCHANTS):
                rows.append(Row("account", (series_id, who), account_row(model, series_id, who)))
            for service in SERVICES:
                for who in HOLDING:
                    placed = books.placed.get((series_id, service, who), 0)
                    rows.append(Row("placed", (series_id, service, who), (placed,)))
        for who in HOLDING:
            allowance = self.market.books.allowances.get(who, 2**256 - 1)
            rows.append(Row("allowance", (who, self.here), (allowance,)))
            approved = books.approvals.get((who, self.here), False)
            rows.append(Row("isApprovedForAll", (who, self.here), (approved,)))
        return rows

    def desk_rows(self) -> custody_side.Rows:
        """It keeps no money, owes none, and has no watermarks."""
        return [("certificates", (), (self.address,)), ("currency", (), (self.token,))]

    def own_rows(self) -> custody_side.Rows:
        """How the offers stand, and everybody's epoch."""
        market = self.market
        rows: custody_side.Rows = [
            ("epoch", (who,), (market.books.epochs.get(who, 0),)) for who in (*HOLDING, *MERCHANTS)
        ]
        return rows + [("status", place, market.status(*place)) for place in list(self.tried)[-NEWEST:]]
