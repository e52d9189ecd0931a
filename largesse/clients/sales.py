"""A CertificateSales contract from Python: put a series on sale, buy, promote, withdraw.

Amounts are base units, times Unix seconds. What sends raises `RefusedError` where the chain refuses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from eth_abi.abi import encode
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.addresses import ZERO_ADDRESS, parse_address
from largesse.amounts import UINT96_MAX
from largesse.artifacts import artifact
from largesse.chain import Wallet, written
from largesse.clients.service import Custodian
from largesse.eip712 import Domain, sales_domain
from largesse.errors import LargesseError
from largesse.holdings import SignedPartError
from largesse.signed.sales import Coupon
from largesse.terms.fields import FULL_BPS
from largesse.terms.series import Promotion


class ShopError(LargesseError):
    """A sale or promotion that can't be set up or used as asked."""


class CashBack(IntEnum):
    """What became of a cash-back (`ICertificateSales.CashBack`)."""

    ISSUED = 0
    PAID = 1
    RETURNED = 2


@dataclass(frozen=True)
class SignedCoupon:
    """A coupon with the signature of its promotion's signer."""

    coupon: Coupon
    signature: bytes

    def as_tuple(self) -> tuple[int, int, str, str, int, int]:
        """The coupon as the contract takes it."""
        one = self.coupon
        return (one.promotion_id, one.coupon_id, one.buyer, one.referrer, one.max_face, one.deadline)

    def to_json(self, symbol: str) -> str:
        """A text for a file: the currency's symbol, the coupon's values as texts, the signature."""
        names = ("promotion", "coupon", "buyer", "referrer", "max_face", "deadline")
        values = {name: str(value) for name, value in zip(names, self.as_tuple(), strict=True)}
        return json.dumps({"currency": symbol, **values, "signature": "0x" + self.signature.hex()}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> tuple[str, SignedCoupon]:
        """The currency's symbol and the coupon. Raises SignedPartError bad_coupon."""
        try:
            content = json.loads(text)
            numbers = [content[name] for name in ("promotion", "coupon", "max_face", "deadline")]
            if not all(isinstance(n, str) and n.isascii() and n.isdigit() for n in numbers):
                raise ValueError("a number is not written in plain digits")
            promotion, number, most, deadline = map(int, numbers)
            buyer = parse_address(content["buyer"])
            referrer = parse_address(content["referrer"], allow_zero=True)
            signature = bytes.fromhex(content["signature"].removeprefix("0x"))
            symbol = str(content["currency"])
        except (ValueError, KeyError, TypeError, AttributeError, LargesseError) as error:
            raise SignedPartError("bad_coupon", f"this is no signed coupon: {error}") from error
        return symbol, cls(Coupon(promotion, number, buyer, referrer, most, deadline), signature)


class Shop(Custodian):
    """The CertificateSales of one GiftCertificates."""

    @cached_property
    def contract(self) -> Contract:
        """The contract as web3 knows it."""
        return self.node.contract(self.address, artifact("CertificateSales").abi)

    @cached_property
    def domain(self) -> Domain:
        """What coupons and receipts for this contract are signed under."""
        return sales_domain(self.node.chain_id, self.address)

    # -------------------------------------------------------------------------------------------------- sale

    def latest_close(self, series_id: int) -> int:
        """The last moment at which a sale may close so that every purchase can still be withdrawn."""
        terms = self.certificates.terms(series_id)
        return min(terms.sales_close_at, terms.expires_at - terms.withdrawal_seconds)

    def put_on_sale(
        self, issuer: Wallet, series_id: int, premium_bps: int = 0, closes_at: int | None = None
    ) -> int:
        """Make this contract an operator without limit, and a service of a named series so that buyers can
        withdraw; open the sale now. What is so already is not sent again. Returns when it closes.
        """
        functions = self.certificates.contract.functions
        limit, _ = self.node.call(functions.operatorLimit(series_id, self.address))
        if limit != UINT96_MAX:
            self.node.send(functions.setOperator(series_id, self.address, UINT96_MAX), issuer)
        terms = self.certificates.terms(series_id)
        if terms.named and not self.node.call(functions.isService(series_id, self.address)):
            self.node.send(functions.addServices(series_id, [self.address]), issuer)
        closes = self.latest_close(series_id) if closes_at is None else closes_at
        sale = self.contract.functions.setSale(series_id, self.node.now(), closes, premium_bps)
        self.node.send(sale, issuer)
        return closes

    def closes_at(self, series_id: int) -> int:
        """When the sale of a series closes or has closed here; 0 where there is none."""
        return int(self.node.call(self.contract.functions.sale(series_id))[1])

    def stop_sale(self, issuer: Wallet, series_id: int) -> TxReceipt:
        """Close the sale of a series now. Purchases that were made stay as they are."""
        return self.node.send(self.contract.functions.setSale(series_id, 0, 0, 0), issuer)

    def name_receipt_signer(self, issuer: Wallet, signer: str) -> TxReceipt:
        """Let another key sign receipts for the issuer's series; the zero address for its own again."""
        return self.node.send(self.contract.functions.setReceiptSigner(signer), issuer)

    def receipt_signer(self, issuer: str) -> str:
        """Who signs receipts for an issuer's series."""
        return str(self.node.call(self.contract.functions.receiptSigner(issuer)))

    def premiums_due(self, series_id: int, first: int, last: int) -> list[int]:
        """Which of the purchases `first` to `last` have a premium that the issuer can have now."""
        count, now = int(self.node.call(self.contract.functions.purchaseCount())), self.node.now()
        due = []
        for number in range(first, min(last, count) + 1):
            record = self.purchase(number)
            if record["seriesId"] == series_id and record["premium"] and record["withdrawUntil"] <= now:
                due.append(number)
        return due

    def collect_premiums(self, sender: Wallet, series_id: int, purchases: Sequence[int]) -> int:
        """Have the premiums of these purchases paid to the issuer, whoever sends; base units."""
        call = self.contract.functions.collectPremiums(series_id, list(purchases))
        return self._amount(self.node.send(call, sender), "PremiumsCollected")

    def price(self, series_id: int, face: int) -> int:
        """What `face` costs without a coupon."""
        return int(self.node.call(self.contract.functions.priceOf(series_id, face))[0])

    def buy(self, buyer: Wallet, series_id: int, face: int, most: int) -> int:
        """Buy `face` for at most `most`; the purchase's number."""
        self.allow(buyer, most)
        receipt = self.node.send(self.contract.functions.buy(series_id, buyer.address, face, most), buyer)
        return self._purchase(receipt)

    def buy_with_coupon(self, buyer: Wallet, face: int, most: int, signed: SignedCoupon) -> int:
        """Buy `face` of the coupon's series for at most `most`; the purchase's number."""
        self.allow(buyer, most)
        call = self.contract.functions.buyWithCoupon(face, most, signed.as_tuple(), signed.signature)
        return self._purchase(self.node.send(call, buyer))

    def purchase(self, number: int, block: int | None = None) -> dict[str, Any]:
        """A purchase's record, by the names of `ICertificateSales.Purchase`, now or after a block."""
        return purchase_record(self.node.call(self.contract.functions.purchase(number), block=block))

    def withdrawable(self, number: int) -> int:
        """What withdrawing from a purchase would pay its buyer now."""
        return int(self.node.call(self.contract.functions.withdrawable(number)))

    def withdraw(self, buyer: Wallet, number: int) -> TxReceipt:
        """Withdraw from a purchase: its face goes in, what was paid comes back."""
        record = self.purchase(number)
        data = encode(["uint256"], [number])
        payment = (self.address, self.address, 0, 0, 0, 0, data, b"")
        card = (buyer.address, record["seriesId"], record["face"], 0, 0, 0, b"")
        return self.node.send(self.certificates.contract.functions.pay(payment, [card]), buyer)

    # --------------------------------------------------------------------------------------------- promotions

    def open_promotion(
        self,
        issuer: Wallet,
        series_id: int,
        promotion: Promotion,
        *,
        max_face: int,
        reward_series: int = 0,
    ) -> int:
        """Announce a manifest's promotion, coupons signed by the issuer; its number. One that this issuer has
        announced alike is not announced again. Raises ShopError reward_series_missing, no_reward_series.
        """
        if promotion.cash_back_bps and not reward_series:
            raise ShopError("reward_series_missing", f"{promotion.name} has cash-back: of which series?")
        if reward_series and not promotion.cash_back_bps:
            raise ShopError("no_reward_series", f"{promotion.name} has no cash-back, so no reward series")
        terms = (
            series_id, reward_series, promotion.starts_at, promotion.ends_at, promotion.discount_bps,
            promotion.cash_back_bps, promotion.referral_bps, issuer.address, max_face,
        )  # fmt: skip
        functions = self.contract.functions
        count = int(self.node.call(functions.promotionCount()))
        for number in range(count, 0, -1):
            if tuple(self.node.call(functions.promotion(number))) == terms:
                return number
        if reward_series:
            operator = self.certificates.contract.functions.setOperator
            self.node.send(operator(reward_series, self.address, UINT96_MAX), issuer)
        receipt = self.node.send(functions.createPromotion(terms), issuer)
        return int(self._event(receipt, "PromotionCreated")["promotionId"])

    def fund(self, funder: Wallet, promotion: int, amount: int) -> TxReceipt:
        """Add to a promotion's budget."""
        self.allow(funder, amount)
        return self.node.send(self.contract.functions.fund(promotion, amount), funder)

    def free(self, promotion: int) -> int:
        """What of a promotion's budget is neither spent nor reserved."""
        return int(self.node.call(self.contract.functions.budget(promotion))[0])

    def check_free(self, promotion: int, amount: int = 0) -> int:
        """What is free of a promotion that is there. Raises ShopError unknown_promotion, over_budget where
        that is less than `amount`."""
        count = int(self.node.call(self.contract.functions.promotionCount()))
        if not 1 <= promotion <= count:
            raise ShopError(
                "unknown_promotion", f"promotion {promotion}: their numbers are 1 to {count} here"
            )
        free, show = self.free(promotion), self.certificates.token.show
        if amount > free:
            raise ShopError(
                "over_budget", f"{show(amount)}: no more than {show(free)} are free in promotion {promotion}"
            )
        return free

    def take_back(self, issuer: Wallet, promotion: int, amount: int, to: str) -> TxReceipt:
        """Take free budget out of a promotion."""
        return self.node.send(self.contract.functions.takeBack(promotion, amount, to), issuer)

    def claim_cash_back(self, sender: Wallet, purchase: int) -> tuple[int, CashBack]:
        """Hand a vested cash-back to its buyer, whoever sends: how much, and what became of it."""
        receipt = self.node.send(self.contract.functions.claimCashBack(purchase), sender)
        event = self._event(receipt, "CashBackClaimed")
        return int(event["amount"]), CashBack(event["outcome"])

    def claim_referral(self, sender: Wallet, purchase: int) -> int:
        """Pay a vested referral share to its referrer, whoever sends; base units."""
        return self._amount(
            self.node.send(self.contract.functions.claimReferral(purchase), sender), "ReferralClaimed"
        )

    def sign_coupon(
        self, signer: Wallet, promotion: int, number: int, buyer: str, max_face: int, deadline: int,
        referrer: str = ZERO_ADDRESS,
    ) -> SignedCoupon:  # fmt: skip
        """A coupon for one purchase of one buyer. Raises ShopError referrer_is_shop."""
        if referrer == self.address:
            raise ShopError("referrer_is_shop", f"{referrer} is the shop: a share that it is paid is lost")
        coupon = Coupon(promotion, number, buyer, referrer, max_face, deadline)
        return SignedCoupon(coupon, coupon.sign(self.domain, signer.key))

    def promotion_series(self, promotion: int) -> int:
        """The series that a promotion is for."""
        return int(self.node.call(self.contract.functions.promotion(promotion))[0])

    def price_with_coupon(self, signed: SignedCoupon, face: int) -> int:
        """What `face` costs with a coupon: price less discount."""
        terms = self.node.call(self.contract.functions.promotion(signed.coupon.promotion_id))
        return self.price(int(terms[0]), face) - face * int(terms[4]) // FULL_BPS

    def booked(self) -> int:
        """All that the contract owes: budgets, premiums held, payouts owed."""
        return int(self.node.call(self.contract.functions.booked()))

    # ---------------------------------------------------------------------------------------------- internal

    def _purchase(self, receipt: TxReceipt) -> int:
        return int(self._event(receipt, "Purchased")["purchaseId"])

    def _amount(self, receipt: TxReceipt, name: str) -> int:
        return int(self._event(receipt, name)["amount"])

    def _event(self, receipt: TxReceipt, name: str) -> Mapping[str, Any]:
        """The values of the event that says what a transaction did."""
        return written(self.contract, name, receipt)[0]


def purchase_record(told: Sequence[Any]) -> dict[str, Any]:
    """What the view `purchase` answered, by the names of `ICertificateSales.Purchase`."""
    return dict(zip((part["name"] for part in _outputs("purchase")), told, strict=True))


def _outputs(function: str) -> list[dict[str, Any]]:
    """The members of the struct that a view returns."""
    for item in artifact("CertificateSales").abi:
        if item["type"] == "function" and item["name"] == function:
            return list(item["outputs"][0]["components"])
    raise ShopError("no_such_view", f"ICertificateSales has no {function}")
