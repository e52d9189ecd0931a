"""The model of refunds, conversion, cancelled authorisations and payouts owed."""

from __future__ import annotations

from tests.model.ledger import Ledger, operation
from tests.model.words import BPS, ZERO, Account, Authorization, Checks, Right, Series


def entitlement(series: Series, held: Account, returnable: int, time: int) -> tuple[Right, int, int]:
    """Which right a holder has at `time`, the largest face that can be given up for it, the share of it paid
    (bps). What is returnable of what was spent is not used."""
    terms = series.terms
    if time >= terms.limitation_at:
        return Right.NONE, 0, 0
    if series.full_refund_from and time >= series.full_refund_from:
        return Right.FULL, held.balance, BPS
    if time >= terms.expires_at:
        if terms.post_expiry_bps:
            return Right.POST_EXPIRY, held.balance, terms.post_expiry_bps
        return Right.NONE, 0, 0
    if terms.denomination == 0:
        return Right.NONE, 0, 0
    used = (held.spent - returnable) % terms.denomination
    rest = terms.denomination - used
    amount = min(rest, held.balance)
    threshold = terms.use_threshold_bps * terms.denomination
    if used and terms.use_threshold_bps and used * BPS >= threshold:
        return Right.REMAINDER, amount, BPS
    in_use = used > 0 or terms.cash_out_unused
    if in_use and terms.cash_out_from <= rest < terms.cash_out_below:
        return Right.SMALL_REST, amount, BPS
    return Right.NONE, 0, 0


class Refunds(Ledger):
    """Money and credit back to holders, as the terms grant it."""

    def refundable(self, series_id: int, holder: str) -> tuple[Right, int, int]:
        """Right, amount, payout, now."""
        right, amount, share = self.entitled(self.books.series[series_id], series_id, holder)
        return right, amount, amount * share // BPS

    def entitled(self, series: Series, series_id: int, holder: str) -> tuple[Right, int, int]:
        """`entitlement` of a holder, now."""
        held = self.account(series_id, holder)
        return entitlement(series, held, self.returnable(series_id, holder), self.now)

    @operation
    def refund(
        self,
        caller: str,
        holder: str,
        series_id: int,
        amount: int,
        min_payout: int,
        authorization: Authorization,
    ) -> int:
        series = self.known(series_id)
        check = Checks()
        self.check_limitation(check, series_id, series.terms.limitation_at)
        self.check_authority(
            check, holder, series_id, ("Refund", holder, series_id, amount, min_payout), authorization
        )
        right, entitled, share = self.entitled(series, series_id, holder)
        check.need(amount <= entitled, "OverEntitlement", amount, entitled)
        self.check_spend(check, holder, series_id, amount)
        payout = amount * share // BPS
        check.need(payout >= min_payout, "UnderMinimum", payout, min_payout)
        check.done()
        self.use_authority(holder, series_id, authorization)
        self.spend(caller, holder, series_id, amount)
        if right in (Right.REMAINDER, Right.SMALL_REST):
            used = self.account(series_id, holder).spent - self.returnable(series_id, holder)
            self.books.closed[series_id, holder] = used
        self.emit("Refunded", series_id, holder, int(right), amount, payout)
        self.owe(series.terms.beneficiary, amount - payout)
        self.pay_out(holder, payout)
        return payout

    @operation
    def convert_expired(
        self,
        caller: str,
        holder: str,
        from_id: int,
        to_id: int,
        amount: int,
        authorization: Authorization,
    ) -> None:
        source = self.known(from_id)
        check = Checks()
        self.check_limitation(check, from_id, source.terms.limitation_at)
        expiry = source.terms.expires_at
        check.need(self.now >= expiry, "NotExpired", from_id, expiry)
        target = self.books.series.get(to_id)
        check.need(target is not None, "UnknownSeries", to_id)
        if target is not None:
            fit = self.converts(source, target)
            check.need(fit, "NotConvertible", from_id, to_id)
            self.check_new_face(check, to_id, amount)
        self.check_authority(
            check, holder, from_id, ("Conversion", holder, from_id, to_id, amount), authorization
        )
        self.check_spend(check, holder, from_id, amount)
        self.check_accepts(check, holder)
        check.done()
        self.use_authority(holder, from_id, authorization)
        self.spend(caller, holder, from_id, amount)
        self.add_face(to_id, amount)
        self.credit(holder, to_id, amount)
        self.emit("Converted", from_id, to_id, holder, amount)

    def converts(self, source: Series, target: Series) -> bool:
        """Credit stays credit: into what is sold now, and grants no cash that the source did not."""
        live = self.now < target.terms.sales_close_at and not target.wound_down
        no_cash = target.terms.named and not target.terms.cash_out_unused
        old, new = source.terms, target.terms
        share = new.post_expiry_bps <= old.post_expiry_bps
        use = not new.use_threshold_bps or 0 < old.use_threshold_bps <= new.use_threshold_bps
        rest = new.cash_out_below == 0 or (
            old.cash_out_from <= new.cash_out_from
            and new.cash_out_below <= old.cash_out_below
            and new.denomination >= old.denomination
        )
        no_more_cash = share and use and rest
        allowed = source.terms.convertible and source.issuer == target.issuer
        return live and no_cash and no_more_cash and allowed and target.full_refund_from == 0

    @operation
    def cancel_authorizations(
        self, caller: str, holder: str, series_id: int, authorization: Authorization
    ) -> None:
        check = Checks()
        self.check_authority(check, holder, series_id, ("Cancellation", holder, series_id), authorization)
        self.check_nonce(check, holder, series_id, authorization.nonce)
        check.done()
        self.set_account(series_id, holder, nonce=authorization.nonce)
        self.emit("AuthorizationUsed", holder, series_id, authorization.nonce)

    @operation
    def withdraw_owed(self, caller: str, payee: str, to: str, authorization: Authorization) -> int:
        check = Checks()
        check.need(to not in (ZERO, self.here), "ZeroAddress")
        self.check_authority(check, payee, 0, ("OwedWithdrawal", payee, to), authorization)
        amount = self.books.owed.get(payee, 0)
        check.need(amount != 0, "NothingOwed", payee)
        check.done()
        self.use_authority(payee, 0, authorization)
        self.books.owed[payee] = 0
        self.emit("OwedPaid", payee, to, amount)
        check.need(self.currency.pay(self.here, to, amount), "LeftDiffers", amount, 0)
        check.done()
        return amount
