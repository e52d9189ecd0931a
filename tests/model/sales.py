"""An exact reference model of CertificateSales, from its documentation alone.

Every operation of `ICertificateSales` is a method in snake case that takes the caller first and then the
same arguments; signatures are passed as what they say. It has exactly the effects that the contract must
have, or raises `Refused` with every rule that was broken and has none. It issues in the certificates' model,
and hears of redemptions from it. What the contract keeps as sums (premiums held, what it owes, what a buyer
withdrew from) is added up here from the purchases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace

from tests.model.custody import operation
from tests.model.promotions import Promotions
from tests.model.sales_words import (
    MAX_PREMIUM_BPS,
    PREFIX,
    CashBack,
    Coupon,
    Purchase,
    Receipt,
    Sale,
)
from tests.model.words import (
    BPS,
    MAX_AMOUNT,
    REMOVAL_NOTICE,
    ZERO,
    Checks,
    Portion,
    Signature,
    refuse,
)


class Sales(Promotions):
    """All of it."""

    # ------------------------------------------------------------------------------------------------ reading

    def sale(self, series_id: int) -> Sale:
        """All zero for a series that nobody sells."""
        return self.books.sales.get(series_id, Sale())

    def bought(self, purchase_id: int) -> Purchase:
        """Raises Refused for a purchase that there is not."""
        if purchase_id not in self.books.purchases:
            raise refuse(f"{PREFIX}UnknownPurchase", purchase_id)
        return self.books.purchases[purchase_id]

    def net_spent(self, series_id: int, holder: str) -> int:
        """What a holder spent of a series, without what it withdrew from."""
        withdrawn = sum(
            one.face
            for one in self.books.purchases.values()
            if one.withdrawn and (one.series_id, one.buyer) == (series_id, holder)
        )
        return self.certificates.account(series_id, holder).spent - withdrawn

    def withdrawable(self, purchase_id: int) -> int:
        """What a withdrawal would pay now."""
        record = self.books.purchases[purchase_id]
        if record.withdrawn or self.now >= record.withdraw_until:
            return 0
        spent = self.net_spent(record.series_id, record.buyer) - record.net_spent_then
        enough = self.certificates.account(record.series_id, record.buyer).balance >= record.face
        return record.paid if enough and spent <= record.balance_then else 0

    def receipt_signer(self, issuer: str) -> str:
        """The issuer itself until it named another."""
        named = self.books.signers.get(issuer, ZERO)
        return issuer if named == ZERO else named

    # ------------------------------------------------------------------------------------------------ selling

    @operation
    def set_sale(self, caller: str, series_id: int, opens_at: int, closes_at: int, premium_bps: int) -> None:
        check = Checks()
        self.check_issuer(check, series_id)
        terms = self.series(series_id).terms
        window = terms.withdrawal_seconds

        def rule(kept: bool, name: str, value: int, bound: int) -> None:
            self.need(check, kept, "InvalidSale", name.encode().ljust(32, b"\0"), value, bound)

        def at_most(name: str, value: int, bound: int) -> None:
            rule(value <= bound, name, value, bound)

        if (opens_at, closes_at) != (0, 0):
            rule(closes_at > opens_at, "closes after opening", closes_at, opens_at + 1)
        at_most("closes with the series' sale", closes_at, terms.sales_close_at)
        at_most("withdrawal ends by expiry", closes_at + window, terms.expires_at)
        at_most("premium", premium_bps, MAX_PREMIUM_BPS)
        if terms.refund_on_removal:
            at_most("withdrawal within the notice", window, REMOVAL_NOTICE)
        if window and not terms.named:
            at_most("fee of an open series", terms.fee_bps, 0)
        check.done()
        self.books.sales[series_id] = Sale(opens_at, closes_at, premium_bps, window, terms.named)
        self.emit("SaleSet", series_id, opens_at, closes_at, premium_bps)

    def _check_sale(self, check: Checks, series_id: int) -> None:
        sale = self.sale(series_id)
        window = sale.opens_at, sale.closes_at
        self.need(check, window[0] <= self.now < window[1], "SaleClosed", series_id, *window, self.now)
        if sale.named and sale.withdrawal_seconds:
            service = self.certificates.is_service(series_id, self.here)
            until = self.certificates.until(series_id, self.here) if service else 0
            ends_at = self.now + sale.withdrawal_seconds
            self.need(check, ends_at <= until, "NotWithdrawable", series_id, until, ends_at)

    def _premium(self, series_id: int, face: int) -> int:
        """Rounded down, for the buyer."""
        return face * self.sale(series_id).premium_bps // BPS

    def _check_price(
        self, check: Checks, series_id: int, buyer: str, face: int, price: int, max_price: int
    ) -> None:
        """It is sold now, at no more than that; the money arrives and the certificates too."""
        self._check_sale(check, series_id)
        self.need(check, price <= max_price, "OverMaxPrice", price, max_price)
        payer = self.caller
        self.attempt(check, lambda: self.sell(payer, price, series_id, buyer, face))

    def _record(self, purchase: Purchase, price: int) -> int:
        """The buyer's account is as it was before."""
        purchase_id = len(self.books.purchases) + 1
        self.books.purchases[purchase_id] = purchase
        self.emit(
            "Purchased",
            purchase_id,
            purchase.series_id,
            purchase.buyer,
            self.caller,
            purchase.face,
            purchase.premium,
            price,
            purchase.net_spent_then,
            purchase.balance_then,
        )
        return purchase_id

    def _purchase(self, series_id: int, buyer: str, face: int) -> Purchase:
        """As it begins, without a promotion."""
        return Purchase(
            buyer,
            face,
            series_id,
            0,
            self.now,
            self.now + self.sale(series_id).withdrawal_seconds,
            False,
            self.net_spent(series_id, buyer),
            self.certificates.account(series_id, buyer).balance,
            self._premium(series_id, face),
        )

    @operation
    def buy(self, caller: str, series_id: int, buyer: str, face: int, max_price: int) -> int:
        check = Checks()
        check.need(buyer != ZERO, "Custody_ZeroAddress")
        price = face + self._premium(series_id, face)
        self._check_price(check, series_id, buyer, face, price, max_price)
        check.done()
        purchase_id = self._record(self._purchase(series_id, buyer, face), price)
        self.sell(caller, price, series_id, buyer, face)
        return purchase_id

    @operation
    def buy_with_coupon(
        self, caller: str, face: int, max_price: int, coupon: Coupon, signature: Signature | None
    ) -> int:
        promotion_id, referrer = coupon.promotion_id, coupon.referrer
        series_id = self.promotion(promotion_id).series_id
        check = Checks()
        self.check_coupon(check, face, coupon, signature)
        discount, cash_back, referral = self.rewards(promotion_id, face, referrer != ZERO)
        price = face + self._premium(series_id, face) - discount
        self._check_price(check, series_id, coupon.buyer, face, price, max_price)
        check.done()
        self.books.coupons[promotion_id, coupon.coupon_id] = True
        reserved = cash_back + referral
        self.change_budget(promotion_id, free=-discount - reserved, reserved=reserved, spent=discount)
        purchase = replace(
            self._purchase(series_id, coupon.buyer, face),
            promotion_id=promotion_id,
            discount=discount,
            referrer=referrer,
            referral=referral,
            cash_back=cash_back,
        )
        purchase_id = self._record(purchase, price)
        earned = discount, cash_back, referral
        self.emit("CouponRedeemed", promotion_id, purchase_id, coupon.coupon_id, referrer, *earned)
        self.sell(caller, price, series_id, coupon.buyer, face)
        return purchase_id

    @operation
    def collect_premiums(self, caller: str, series_id: int, purchase_ids: Sequence[int]) -> int:
        amount = 0
        for purchase_id in purchase_ids:
            record = self.books.purchases.get(purchase_id)
            fit = record is not None and record.series_id == series_id
            if record is None or not fit or not record.premium or self.now < record.withdraw_until:
                self.emit("PremiumSkipped", purchase_id)
                continue
            amount += record.premium
            self.books.purchases[purchase_id] = replace(record, premium=0)
        if amount == 0:
            raise refuse(f"{PREFIX}NothingToCollect", series_id)
        issuer = self.series(series_id).issuer
        self.emit("PremiumsCollected", series_id, issuer, amount)
        self.pay_out(issuer, amount)
        return amount

    # -------------------------------------------------------------------------------------------- withdrawing

    @operation
    def on_redemption(
        self, caller: str, payee: str, amount: int, order: int, portions: Sequence[Portion], data: bytes
    ) -> None:
        """Nobody but the certificates may say that money came."""
        raise refuse(f"{PREFIX}NotCertificates", caller)

    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        """Certificates were redeemed into the shop: a withdrawal."""
        check = Checks()
        self.need(check, payee == self.here, "WrongPayee", payee)
        self.need(check, len(portions) == 1, "NotOneCard", len(portions))
        check.need(len(data) >= 32, "")
        check.done()
        purchase_id = int.from_bytes(data[:32], "big")
        record, portion = self.bought(purchase_id), portions[0]
        buyer, face, series_id = record.buyer, record.face, record.series_id
        self.need(check, portion.holder == buyer, "NotBuyersCard", portion.holder, buyer)
        self.need(check, portion.series_id == series_id, "OtherSeries", portion.series_id, series_id)
        self.need(check, amount == face, "FaceDiffers", amount, face)
        self.need(check, not record.withdrawn, "AlreadyWithdrawn", purchase_id)
        until = record.withdraw_until
        self.need(check, self.now < until, "WithdrawalClosed", purchase_id, until, self.now)
        unbooked = max(self.currency.of(self.here) - self.booked(), 0)
        check.need(unbooked >= face, "Custody_ArrivedDiffers", face, unbooked)
        spent = self.net_spent(series_id, buyer) - face - record.net_spent_then
        self.need(check, spent <= record.balance_then, "Touched", purchase_id, spent, record.balance_then)
        check.done()
        self._give_back(purchase_id, record)

    def _give_back(self, purchase_id: int, record: Purchase) -> None:
        """Everybody has what it gave."""
        returned = 0
        if record.promotion_id:
            discount, reserved = record.discount, record.cash_back + record.referral
            returned = discount + reserved
            self.change_budget(record.promotion_id, free=returned, reserved=-reserved, spent=-discount)
        over = replace(record, withdrawn=True, premium=0, referral=0, cash_back=0)
        self.books.purchases[purchase_id] = over
        self.emit("PurchaseWithdrawn", purchase_id, record.buyer, record.paid, returned)
        self.pay_out(record.buyer, record.paid)

    # ------------------------------------------------------------------------------------------------ rewards

    def _vested(self, purchase_id: int, reward: str) -> tuple[Purchase, int]:
        """The purchase, and how much of this reward it has. Raises Refused."""
        record, check = self.bought(purchase_id), Checks()
        amount: int = getattr(record, reward)
        self.need(check, not record.withdrawn, "AlreadyWithdrawn", purchase_id)
        until = record.withdraw_until
        self.need(check, self.now >= until, "NotVested", purchase_id, until, self.now)
        self.need(check, amount != 0, "NothingToClaim", purchase_id)
        check.done()
        self.books.purchases[purchase_id] = replace(record, **{reward: 0})
        return record, amount

    @operation
    def claim_cash_back(self, caller: str, purchase_id: int) -> CashBack:
        record, amount = self._vested(purchase_id, "cash_back")
        reward_id = self.promotion(record.promotion_id).reward_series_id
        outcome = self._cash_back_by(reward_id)
        self.emit("CashBackClaimed", purchase_id, record.buyer, outcome, amount)
        if outcome is CashBack.RETURNED:
            self.change_budget(record.promotion_id, reserved=-amount, free=amount)
            return outcome
        self.change_budget(record.promotion_id, reserved=-amount, spent=amount)
        if outcome is CashBack.PAID:
            self.pay_out(record.buyer, amount)
        else:
            self.issue(reward_id, record.buyer, amount)
        return outcome

    def _cash_back_by(self, reward_id: int) -> CashBack:
        """In money only where the issuer would otherwise have taken a promise back."""
        reward = self.series(reward_id)
        if reward.wound_down:
            return CashBack.PAID
        if self.now >= reward.terms.sales_close_at:
            return CashBack.RETURNED
        return CashBack.ISSUED if self.issuing_limit(reward_id) == MAX_AMOUNT else CashBack.PAID

    @operation
    def claim_referral(self, caller: str, purchase_id: int) -> None:
        record, amount = self._vested(purchase_id, "referral")
        self.change_budget(record.promotion_id, reserved=-amount, spent=amount)
        self.emit("ReferralClaimed", purchase_id, record.referrer, amount)
        self.pay_out(record.referrer, amount)

    # ----------------------------------------------------------------------------------------------- receipts

    @operation
    def set_receipt_signer(self, caller: str, signer: str) -> None:
        self.books.signers[caller] = signer
        self.emit("ReceiptSignerSet", caller, signer)

    @operation
    def issue_by_receipt(self, caller: str, receipt: Receipt, signature: Signature | None) -> None:
        check = Checks()
        payer, series_id = receipt.payer, receipt.series_id
        self.need(check, caller == payer, "NotPayer", caller, payer)
        if series_id not in self.certificates.books.series:
            check.need(False, "UnknownSeries", series_id)
            check.done()
        issuer = self.series(series_id).issuer
        used = self.books.payments.get((issuer, receipt.payment_id), False)
        self.need(check, not used, "PaymentUsed", issuer, receipt.payment_id)
        self.check_deadline(check, receipt.deadline)
        message = ("Receipt", *astuple(receipt))
        self.check_signature(check, self.receipt_signer(issuer), message, signature)
        to, amount = receipt.recipient, receipt.amount
        self.attempt(check, lambda: self.sell(payer, amount, series_id, to, amount))
        check.done()
        self.books.payments[issuer, receipt.payment_id] = True
        self.emit("IssuedByReceipt", issuer, receipt.payment_id, series_id, to, payer, amount)
        self.sell(payer, amount, series_id, to, amount)
