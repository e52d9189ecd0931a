"""The model of paying with certificates, and of handing a payment back."""

from __future__ import annotations

from collections.abc import Sequence

from tests.model.ledger import Ledger, operation
from tests.model.words import (
    BPS,
    ZERO,
    Authorization,
    Checks,
    Message,
    OneOf,
    Payment,
    Portion,
    Redeemed,
    Redemption,
)


def rows_of(cards: Sequence[tuple[int, int]]) -> bytes:
    """`order 64 | nonce 64` for each."""
    return b"".join(order.to_bytes(8, "big") + nonce.to_bytes(8, "big") for order, nonce in cards)


class Redemptions(Ledger):
    """To whom certificates are paid, and what of it comes back."""

    # ------------------------------------------------------------------------------------ the rules

    def check_payment(self, check: Checks, series_id: int, merchant: str, payee: str) -> None:
        """What is the same for all cards of one series."""
        series = self.books.series.get(series_id)
        check.need(series is not None, "UnknownSeries", series_id)
        if series is None:
            return
        terms = series.terms
        check.need(self.now < terms.expires_at, "Expired", series_id, terms.expires_at)
        if payee == ZERO:
            check.need(self.is_merchant(series_id, merchant), "NotMerchant", series_id, merchant)
        else:
            check.need(self.is_service(series_id, merchant), "NotService", series_id, merchant)
            fit = payee == merchant or self.is_merchant(series_id, payee)
            check.need(fit, "NotMerchant", series_id, payee)
            free = terms.named or terms.fee_bps == 0
            check.need(free, "FeeBarsService", series_id, terms.fee_bps)

    def check_card(self, check: Checks, card: Redemption, merchant: str, payee: str, data: bytes) -> None:
        """One card: there is enough on it, and its holder calls or has signed just this."""
        self.check_payment(check, card.series_id, merchant, payee)
        self.check_spend(check, card.holder, card.series_id, card.amount)
        if card.signature is None:
            check.need(card.holder == self.caller, "NotYourCard", card.holder, self.caller)
            return
        check.need(self.now < card.deadline, "DeadlinePassed", card.deadline, self.now)
        self.check_nonce(check, card.holder, card.series_id, card.nonce)
        message = redemption_message(card, merchant, payee, data)
        self.check_signature(check, card.holder, message, card.signature)

    def burn_card(self, card: Redemption, merchant: str, payee: str) -> int:
        """Burns a checked card; what the merchant gets for it: face less the fee, which is rounded down."""
        series = self.books.series[card.series_id]
        nonce = 0 if card.signature is None else card.nonce
        if nonce:
            self.set_account(card.series_id, card.holder, nonce=nonce)
        self.spend(merchant, card.holder, card.series_id, card.amount)
        self.books.redeemed += (
            Redeemed(card.series_id, card.holder, merchant, payee, card.amount, card.order, nonce),
        )
        if payee != ZERO:
            if series.terms.named:
                place = card.series_id, merchant, card.holder
                self.books.placed[place] = self.books.placed.get(place, 0) + card.amount
            return card.amount
        fee = self.fee_of(card, payee)
        self.change(card.series_id, fees=series.fees + fee)
        return card.amount - fee

    def fee_of(self, card: Redemption, payee: str) -> int:
        """What of a card the issuer keeps: nothing of a payment into a service."""
        series = self.books.series.get(card.series_id)
        return 0 if series is None or payee != ZERO else card.amount * series.terms.fee_bps // BPS

    def check_order(self, check: Checks, merchant: str, order: int) -> None:
        """Order 0 is none; any other is used once."""
        used = order != 0 and self.books.orders.get((merchant, order), False)
        check.need(not used, "OrderUsed", merchant, order)

    def use_order(self, merchant: str, order: int) -> None:
        if order:
            self.books.orders[merchant, order] = True

    # ----------------------------------------------------------------------------------- operations

    @operation
    def redeem(self, caller: str, series_id: int, amount: int, merchant: str) -> None:
        check = Checks()
        card = Redemption(caller, series_id, amount, 0, 0, 0, None)
        self.check_card(check, card, merchant, ZERO, b"")
        check.done()
        self.pay_out(merchant, self.burn_card(card, merchant, ZERO))

    @operation
    def redeem_signed(self, caller: str, card: Redemption) -> None:
        check = Checks()
        self.check_order(check, caller, card.order)
        self.check_card(check, card, caller, ZERO, b"")
        check.done()
        self.use_order(caller, card.order)
        payout = self.burn_card(card, caller, ZERO)
        nonce = 0 if card.signature is None else card.nonce
        self.emit("Redeemed", card.order << 64 | nonce)
        self.pay_out(caller, payout)

    @operation
    def redeem_batch(self, caller: str, rows: Sequence[Redemption]) -> int:
        payout, done = 0, []
        for i, card in enumerate(rows):
            check = Checks()
            self.check_order(check, caller, card.order)
            self.check_card(check, card, caller, ZERO, b"")
            if check.faults:
                self.emit("RedemptionSkipped", i, OneOf(tuple(check.faults)))
                continue
            self.use_order(caller, card.order)
            payout += self.burn_card(card, caller, ZERO)
            done.append((card.order, 0 if card.signature is None else card.nonce))
        if done:
            self.emit("RedeemedMany", rows_of(done))
        self.pay_out(caller, payout)
        return payout

    @operation
    def pay(self, caller: str, payment: Payment, cards: Sequence[Redemption]) -> None:
        check = Checks()
        check.need(bool(cards), "NoCards")
        check.done()
        payout = 0
        for card in cards:
            own = Checks()
            own.need(card.order == payment.order, "OrderDiffers", card.order, payment.order)
            self.check_card(own, card, payment.merchant, payment.payee, payment.data)
            check.faults += own.faults
            if own.faults:
                break  # the next one is judged by what this one leaves
            payout += self.burn_card(card, payment.merchant, payment.payee)
        self.check_request(check, payment, cards)
        check.done()
        self.emit(
            "RedeemedMany",
            rows_of([(card.order, 0 if card.signature is None else card.nonce) for card in cards]),
        )
        portions = [Portion(card.holder, card.series_id, card.amount) for card in cards]
        self.complete(payment, payout, portions)

    def check_request(self, check: Checks, payment: Payment, cards: Sequence[Redemption]) -> None:
        """An order is used only by the account that it pays, or by its signature over just this payment; and
        only when as much arrives as that account accepts."""
        if payment.order == 0:
            return
        total = sum(card.amount for card in cards)
        payout = total - sum(self.fee_of(card, payment.payee) for card in cards)
        service = ZERO if payment.payee == ZERO else payment.merchant
        paid = payment.payee if service != ZERO else payment.merchant
        check.need(total == payment.total, "TotalDiffers", total, payment.total)
        check.need(payout >= payment.least, "PayoutBelowLeast", payout, payment.least)
        if self.caller != paid:
            check.need(self.now < payment.deadline, "DeadlinePassed", payment.deadline, self.now)
            message = (
                "PaymentRequest",
                paid,
                service,
                payment.order,
                self.currency.address,
                payment.total,
                payment.least,
                payment.deadline,
                payment.data,
            )
            self.check_signature(check, paid, message, payment.signature)
        self.check_order(check, paid, payment.order)

    def complete(self, payment: Payment, payout: int, portions: list[Portion]) -> None:
        """The order is used, the money leaves, a service is told. A service is paid at once or not at all."""
        merchant, payee = payment.merchant, payment.payee
        self.use_order(merchant if payee == ZERO else payee, payment.order)
        if payee == ZERO:
            self.pay_out(merchant, payout)
            return
        self.emit("RedeemedInto", merchant, payee, payment.data)
        check = Checks()
        before = self.currency.of(merchant)
        if self.currency.pay(self.here, merchant, payout):
            arrived = self.currency.of(merchant) - before
            check.need(arrived == payout, "ArrivedDiffers", payout, arrived)
        else:
            check.need(False, "LeftDiffers", payout, 0)
        if merchant in self.receivers:
            check.done()
            self.receivers[merchant](payee, payout, payment.order, portions, payment.data)
            return
        if merchant not in self.answers:
            check.need(False, "")
        else:
            answer = self.answers[merchant]
            check.need(answer is None, "ServiceRefused", merchant, answer)
        check.done()
        self.tell(merchant, payee, payout, payment.order, portions, payment.data)

    # -------------------------------------------------------------------------------------- restore

    @operation
    def restore(
        self, caller: str, holder: str, series_id: int, amount: int, authorization: Authorization
    ) -> None:
        series = self.known(series_id)
        check = Checks()
        admitted = not series.terms.named or self.until(series_id, caller) != 0
        check.need(admitted, "NotMerchant", series_id, caller)
        self.check_authority(
            check, holder, series_id, ("Restoration", holder, series_id, amount, caller), authorization
        )
        used = self.account(series_id, holder).spent - self.returnable(series_id, holder)
        open_to = max(0, used - self.books.closed.get((series_id, holder), 0))
        check.need(amount <= open_to, "OverSpent", amount, open_to)
        self._check_restore(check, holder, series_id, amount)
        check.done()
        self.use_authority(holder, series_id, authorization)
        self._restore(holder, series_id, amount)

    @operation
    def restore_from_service(self, caller: str, holder: str, series_id: int, amount: int) -> None:
        series = self.known(series_id)
        check = Checks()
        place = series_id, caller, holder
        left = self.books.placed.get(place, 0)
        if series.terms.named:
            check.need(amount <= left, "OverPlaced", amount, left)
        self._check_restore(check, holder, series_id, amount)
        check.done()
        if series.terms.named:
            self.books.placed[place] = left - amount
        self._restore(holder, series_id, amount)

    @operation
    def count_used(self, caller: str, holder: str, series_id: int, amount: int) -> None:
        self.use_placed(caller, holder, series_id, amount)

    def use_placed(self, caller: str, holder: str, series_id: int, amount: int) -> None:
        """A service says that it is used; also in the midst of a payment."""
        if amount == 0:
            return
        series = self.known(series_id)
        if not series.terms.named:
            return
        check = Checks()
        place = series_id, caller, holder
        left = self.books.placed.get(place, 0)
        check.need(amount <= left, "OverPlaced", amount, left)
        check.done()
        self.books.placed[place] = left - amount
        self.emit("CountedUsed", series_id, holder, caller, amount)

    def _check_restore(self, check: Checks, holder: str, series_id: int, amount: int) -> None:
        check.need(holder != ZERO, "ZeroAddress")
        check.need(amount != 0, "ZeroAmount", series_id)
        self.check_limitation(check, series_id, self.books.series[series_id].terms.limitation_at)
        self.check_new_face(check, series_id, amount)
        self.check_pull(check, amount)
        self.check_accepts(check, holder)

    def _restore(self, holder: str, series_id: int, amount: int) -> None:
        self.add_face(series_id, amount)
        self.currency.pull(self.here, self.caller, amount)
        held = self.account(series_id, holder)
        self.set_account(series_id, holder, spent=max(held.spent - amount, 0))
        self.credit(holder, series_id, amount)
        self.emit("Restored", series_id, holder, self.caller, amount)


def redemption_message(card: Redemption, merchant: str, payee: str, data: bytes) -> Message:
    """What a holder signs to pay."""
    return (
        "Redemption",
        card.holder,
        card.series_id,
        card.amount,
        merchant,
        payee,
        card.order,
        data,
        card.nonce,
        card.deadline,
    )
