"""The shop window beside its certificates, and what is compared of them after each act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from largesse.eip712 import Domain, sales_domain
from largesse.signed import jars as jar_messages
from largesse.signed import sales as sale_messages
from tests.model.currency import Kind
from tests.model.sales import Sales
from tests.model.sales_words import Coupon, Receipt
from tests.stateful.certificates.side import ABI as CERTIFICATES_ABI
from tests.stateful.certificates.side import Row
from tests.stateful.custody import side as custody_side
from tests.stateful.custody.side import CERTIFICATE_ACTS, CustodySide, abi_of, account_row, messages_of
from tests.stateful.evm import Chain
from tests.stateful.evm import Receipt as Mined
from tests.stateful.people import ISSUERS, MERCHANTS
from tests.stateful.sales.logs import Moved, SalesLogs

DECIMALS = {Kind.PLAIN: 6, Kind.BLACKLIST: 0, Kind.PAUSABLE: 18, Kind.FALSE_RETURN: 2, Kind.FEE: 8}
TRANSFER = keccak(text="Transfer(address,address,uint256)")
CARD_MOVED = keccak(text="TransferSingle(address,address,address,uint256,uint256)")
NEWEST = 24
"""Purchases, coupons and payments that are read after each step: those that were named last."""
FACES = (1, 9_999, 1_000_001)
"""Whose prices and rewards are read."""
BALANCES = 0
"""Where an OpenZeppelin ERC-20 stores its balances."""


class SalesSide(CustodySide):
    """Contracts and models over one currency."""

    NAME = "CertificateSales"
    CERTIFICATE_ACTS = CERTIFICATE_ACTS | {
        "forfeit",
        "redeem",
        "refund",
        "removeMerchant",
        "restore",
        "setOperator",
        "windDown",
    }
    ABI = abi_of("contracts/CertificateSales.json")
    SAID = messages_of(jar_messages, sale_messages)
    logs: SalesLogs

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS[kind])
        self.sales = Sales(self.here, self.model)
        self.keeper = self.sales
        self.logs = SalesLogs(self.token, self.address, self.here)
        self.lost = 0  # base units that the currency took from the shop without a transfer
        self.purchases: dict[int, None] = {}
        self.coupons: dict[tuple[int, int], None] = {}
        self.payments: dict[tuple[str, bytes], None] = {}

    def domain_of(self, contract: str) -> Domain:
        """Of the shop, for what is signed to it."""
        return sales_domain(self.chain.id, contract)

    def lose(self, amount: int) -> None:
        """The currency takes so much from the shop, as one does whose balances fall with a price; or gives
        it back, below zero."""
        self.lost += amount
        self.model.currency.balances[self.here] = self.model.currency.of(self.here) - amount
        slot = int.from_bytes(keccak(encode(["address", "uint256"], [self.here, BALANCES])), "big")
        self.chain.evm.insert_account_storage(self.token, slot, self.model.currency.of(self.here))
        self._expected = None

    # --------------------------------------------------------------------------------------- acting

    def held(self) -> int:
        """What the currency took away counts as held."""
        return super().held() + self.lost

    def act(self, function: str, caller: str, args: Sequence[Any], data: bytes | None = None) -> bool:
        """As everywhere; the accountant knows the time, the terms, and what was asked for."""
        self.logs.now = self.chain.time
        self.logs.fee_bps = self.model.currency.fee_bps
        self.logs.terms = {i: one.terms for i, one in self.model.books.series.items()}
        self.logs.asked = function, caller, args
        return super().act(function, caller, args, data)

    def remember(self, function: str, args: Sequence[Any]) -> None:
        """Purchases, coupons and payments that are named are read from now on."""
        count = len(self.sales.books.purchases)
        if function == "multicall":
            for name, inner in args[0]:
                self.remember(name, inner)
            return
        if function in ("claimCashBack", "claimReferral"):
            self._name(self.purchases, args[0])
        elif function == "collectPremiums":
            for purchase_id in args[1]:
                self._name(self.purchases, purchase_id)
        elif function == "pay":
            self._name(self.purchases, int.from_bytes(args[0].data[:32], "big"))
        for arg in args:
            if isinstance(arg, Coupon):
                self._name(self.coupons, (arg.promotion_id, arg.coupon_id))
            elif isinstance(arg, Receipt) and arg.series_id in self.model.books.series:
                issuer = self.model.books.series[arg.series_id].issuer
                self._name(self.payments, (issuer, arg.payment_id))
        self._name(self.purchases, count + 1)

    def _name(self, named: dict[Any, None], key: Any) -> None:
        """The last one of those."""
        named.pop(key, None)
        named[key] = None

    def account_for(self, receipt: Mined, events: Sequence[tuple[Any, ...]]) -> None:
        """What a transaction logged, beside what moved of the currency and the certificates."""
        money, cards = [], []
        for log in receipt.logs:
            ends = ["0x" + topic[-20:].hex() for topic in log.topics[-2:]]
            if log.address == self.token and log.topics[0] == TRANSFER:
                money.append(Moved(0, *ends, int.from_bytes(log.data, "big")))
            elif log.address == self.address and log.topics[0] == CARD_MOVED:
                series_id, amount = (int.from_bytes(log.data[at : at + 32], "big") for at in (0, 32))
                cards.append(Moved(series_id, *ends, amount))
        self.logs.read(events, money, cards)

    # ------------------------------------------------------------------------------------ comparing

    def request(self, row: Row) -> tuple[str, bytes]:
        """Whom to ask, and the call."""
        if row.view == "allowance":
            return self.token, CERTIFICATES_ABI.call(row.view, *row.args)
        return super().request(row)

    def rows(self) -> list[Row]:
        """As everywhere, and what the shop is to each series and may issue of it."""
        rows, model, books = super().rows(), self.model, self.model.books
        rows.append(Row("allowance", (self.here, self.address), (2**256 - 1,)))
        for series_id in books.series:
            place = series_id, self.here
            power = model.operator_today(*place)
            rows.append(Row("operatorLimit", place, (power.daily_limit, power.issued)))
            rows.append(Row("merchantUntil", place, (model.until(*place),)))
            rows.append(Row("isService", place, (model.is_service(*place),)))
            for who in (self.here, *MERCHANTS, ISSUERS[0]):
                rows.append(Row("account", (series_id, who), account_row(model, series_id, who)))
        return rows

    def desk_rows(self) -> custody_side.Rows:
        """As everywhere, and all that the shop owes."""
        return [*super().desk_rows(), ("booked", (), (self.sales.booked(),))]

    def own_rows(self) -> custody_side.Rows:
        """Sales, promotions, purchases, receipts."""
        sales, books = self.sales, self.sales.books
        rows: custody_side.Rows = [
            ("purchaseCount", (), (len(books.purchases),)),
            ("promotionCount", (), (len(books.promotions),)),
        ]
        for series_id in self.model.books.series:
            sale = sales.sale(series_id)
            rows.append(("sale", (series_id,), astuple(sale)))
            rows.append(("premiumsHeld", (series_id,), (sales.premiums_held(series_id),)))
            for face in FACES:
                premium = face * sale.premium_bps // 10_000
                rows.append(("priceOf", (series_id, face), (face + premium, premium)))
        for promotion_id, terms in books.promotions.items():
            rows.append(("promotion", (promotion_id,), astuple(terms)))
            rows.append(("budget", (promotion_id,), astuple(books.budgets[promotion_id])))
        for promotion_id in list(books.promotions)[-3:]:
            rows += [
                (
                    "rewardsOf",
                    (promotion_id, face, referred),
                    sales.rewards(promotion_id, face, referred=referred),
                )
                for face in FACES
                for referred in (False, True)
            ]
        for purchase_id in list(self.purchases)[-NEWEST:]:
            if purchase_id in books.purchases:
                rows.append(("purchase", (purchase_id,), astuple(books.purchases[purchase_id])))
                rows.append(("withdrawable", (purchase_id,), (sales.withdrawable(purchase_id),)))
        for coupon in list(self.coupons)[-NEWEST:]:
            rows.append(("isCouponUsed", coupon, (books.coupons.get(coupon, False),)))
        for payment in list(self.payments)[-NEWEST:]:
            rows.append(("isPaymentUsed", payment, (books.payments.get(payment, False),)))
        return rows + [("receiptSigner", (who,), (sales.receipt_signer(who),)) for who in ISSUERS]
