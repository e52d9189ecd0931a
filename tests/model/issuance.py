"""The model of opening a series, its merchants and operators, its sale, and transfers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.model.ledger import Ledger, operation
from tests.model.words import (
    BPS,
    DAY,
    MAX_AMOUNT,
    MAX_FEE_BPS,
    NEVER,
    REMOVAL_NOTICE,
    ZERO,
    Authorization,
    Checks,
    IssueRow,
    Operator,
    Series,
    Terms,
    refuse,
)


class Issuance(Ledger):
    """What an issuer does, and what ERC-1155 does."""

    # --------------------------------------------------------------------------------------- series

    @operation
    def create_series(self, caller: str, terms: Terms, merchants: Sequence[str], art: bytes) -> None:
        series_id = len(self.books.series) + 1
        check = Checks()
        self._check_terms(check, terms, len(merchants))
        self._check_admission(check, series_id, merchants, service=False)
        check.done()
        self.books.series[series_id] = Series(terms, caller)
        self.emit("SeriesCreated", series_id, caller, terms.terms_hash, terms, art)
        self._admit(series_id, merchants)

    def _check_terms(self, check: Checks, terms: Terms, merchants: int) -> None:
        def rule(kept: bool, name: str, value: int, bound: int) -> None:
            check.need(kept, "InvalidTerms", name.encode().ljust(32, b"\0"), int(value), bound)

        def at_least(name: str, value: int, bound: int) -> None:
            rule(value >= bound, name, value, bound)

        def at_most(name: str, value: int, bound: int) -> None:
            rule(value <= bound, name, value, bound)

        cash_out = terms.cash_out_below != 0
        check.need(terms.beneficiary not in (ZERO, self.here), "ZeroAddress")
        at_least("sales close in the future", terms.sales_close_at, self.now + 1)
        at_least("expiry >= sales close", terms.expires_at, terms.sales_close_at)
        at_least("limitation >= expiry", terms.limitation_at, terms.expires_at)
        at_most("fee", terms.fee_bps, MAX_FEE_BPS)
        at_most("use threshold", terms.use_threshold_bps, BPS)
        at_most("post-expiry share", terms.post_expiry_bps, BPS)
        if cash_out:
            at_least("cash-out window", terms.cash_out_below, terms.cash_out_from + 1)
        else:
            at_most("cash-out window", terms.cash_out_from, 0)
        if cash_out or terms.use_threshold_bps:
            at_least("denomination", terms.denomination, 1)
        if terms.cash_out_unused:
            at_least("cash-out unused", int(cash_out), 1)
        if terms.named:
            at_least("merchants of a named series", merchants, 1)
        else:
            at_most("merchants of an open series", merchants, 0)
            at_most("use threshold, open", terms.use_threshold_bps, 0)
            at_most("cash-out, open", terms.cash_out_below, 0)
            at_most("refund on removal, open", terms.refund_on_removal, 0)
            at_most("convertible, open", terms.convertible, 0)

    def _check_issuer(self, check: Checks, series_id: int) -> None:
        series = self.books.series.get(series_id)
        check.need(series is not None and series.issuer == self.caller, "NotIssuer", series_id, self.caller)
        check.done()

    def _check_admission(
        self, check: Checks, series_id: int, members: Sequence[str], *, service: bool
    ) -> None:
        """Who is under notice may return, but until it has run out only as what it was."""
        for i, member in enumerate(members):
            check.need(member not in (ZERO, self.here), "ZeroAddress")
            until = self.until(series_id, member)
            same = self.books.services.get((series_id, member), False) == service
            known = until == NEVER or member in members[:i] or (self.now < until and not same)
            check.need(not known, "MerchantKnown", series_id, member)

    def _admit(self, series_id: int, merchants: Sequence[str]) -> None:
        for merchant in merchants:
            self._admit_as(series_id, merchant, service=False)
            self.emit("MerchantSet", series_id, merchant, NEVER)
        self.change(series_id, merchants=self.books.series[series_id].merchants + len(merchants))

    def _admit_as(self, series_id: int, member: str, *, service: bool) -> None:
        self.books.merchant_until[series_id, member] = NEVER
        self.books.services[series_id, member] = service

    @operation
    def add_services(self, caller: str, series_id: int, services: Sequence[str]) -> None:
        check = Checks()
        self._check_issuer(check, series_id)
        check.need(self.books.series[series_id].terms.named, "OpenSeries", series_id)
        self._check_admission(check, series_id, services, service=True)
        check.done()
        for service in services:
            self._admit_as(series_id, service, service=True)
            self.emit("ServiceAdmitted", series_id, service)

    @operation
    def add_merchants(self, caller: str, series_id: int, merchants: Sequence[str]) -> None:
        check = Checks()
        self._check_issuer(check, series_id)
        check.need(self.books.series[series_id].terms.named, "OpenSeries", series_id)
        self._check_admission(check, series_id, merchants, service=False)
        check.done()
        self._admit(series_id, merchants)

    @operation
    def remove_merchant(self, caller: str, series_id: int, merchant: str) -> None:
        check = Checks()
        self._check_issuer(check, series_id)
        series = self.books.series[series_id]
        check.need(series.terms.refund_on_removal, "RemovalBarred", series_id)
        check.need(self.until(series_id, merchant) == NEVER, "NotMerchant", series_id, merchant)
        counts = not self.books.services.get((series_id, merchant), False)
        check.need(not counts or series.merchants > 1, "LastMerchant", series_id, merchant)
        check.done()
        removed_at = self.now + REMOVAL_NOTICE
        self.books.merchant_until[series_id, merchant] = removed_at
        self.change(series_id, merchants=series.merchants - counts)
        self._open_full_refund(series_id, removed_at)
        self.emit("MerchantSet", series_id, merchant, removed_at)

    def _open_full_refund(self, series_id: int, from_: int) -> None:
        """The earliest date stands."""
        before = self.books.series[series_id].full_refund_from
        self.change(series_id, full_refund_from=min(before or from_, from_))

    @operation
    def set_operator(self, caller: str, series_id: int, operator: str, daily_limit: int) -> None:
        check = Checks()
        self._check_issuer(check, series_id)
        check.need(operator != ZERO, "ZeroAddress")
        check.done()
        power = self.books.operators.get((series_id, operator), Operator())
        self.books.operators[series_id, operator] = replace(power, daily_limit=daily_limit)
        self.emit("OperatorSet", series_id, operator, daily_limit)

    @operation
    def wind_down(self, caller: str, series_id: int) -> None:
        check = Checks()
        self._check_issuer(check, series_id)
        series = self.books.series[series_id]
        check.need(not series.wound_down, "AlreadyWoundDown", series_id)
        self.check_limitation(check, series_id, series.terms.limitation_at)
        check.done()
        self.change(series_id, wound_down=True)
        self._open_full_refund(series_id, self.now)
        self.emit("WoundDown", series_id)

    @operation
    def collect_fees(self, caller: str, series_id: int) -> None:
        series = self.books.series.get(series_id)
        if series is None or series.fees == 0:
            raise refuse("NothingOwed", series.issuer if series else ZERO)
        self.change(series_id, fees=0)
        self.emit("FeesCollected", series_id, series.issuer, series.fees)
        self.pay_out(series.issuer, series.fees)

    @operation
    def forfeit(self, caller: str, series_id: int) -> None:
        series = self.known(series_id)
        check = Checks()
        check.need(not series.forfeited, "Forfeited", series_id)
        limitation = series.terms.limitation_at
        check.need(self.now >= limitation, "BeforeLimitation", series_id, limitation)
        check.done()
        self.change(series_id, outstanding=0, forfeited=True)
        self.emit("SeriesForfeited", series_id, series.terms.beneficiary, series.outstanding)
        self.pay_out(series.terms.beneficiary, series.outstanding)

    # ---------------------------------------------------------------------------------------- issue

    def _check_sale(self, check: Checks, series_id: int) -> None:
        series = self.known(series_id)
        check.need(not series.wound_down, "AlreadyWoundDown", series_id)
        closed_at = series.terms.sales_close_at
        check.need(self.now < closed_at, "SalesClosed", series_id, closed_at)

    def _check_row(self, check: Checks, series_id: int, row: IssueRow) -> None:
        denomination = self.books.series[series_id].terms.denomination
        check.need(row.to != ZERO, "ZeroAddress")
        check.need(row.amount != 0, "ZeroAmount", series_id)
        whole = denomination == 0 or row.amount % denomination == 0
        check.need(whole, "NotWholeCertificates", row.amount, denomination)

    def _check_operator(self, check: Checks, series_id: int, amount: int) -> None:
        if self.caller == self.books.series[series_id].issuer:
            return
        power = self.operator_today(series_id, self.caller)
        if power.daily_limit == 0:
            check.need(False, "NotOperator", series_id, self.caller)
        elif power.daily_limit != MAX_AMOUNT:
            left = max(power.daily_limit - power.issued, 0)
            check.need(amount <= left, "OverDailyLimit", amount, left)

    def operator_today(self, series_id: int, operator: str) -> Operator:
        """An operator's limit, and what it issued on the present UTC day while the limit was one."""
        power = self.books.operators.get((series_id, operator), Operator())
        return power if power.day == self.now // DAY else replace(power, issued=0, day=self.now // DAY)

    def _sell(self, series_id: int, amount: int) -> None:
        """The operator's day, the face, the money."""
        power = self.operator_today(series_id, self.caller)
        if self.caller != self.books.series[series_id].issuer and power.daily_limit != MAX_AMOUNT:
            self.books.operators[series_id, self.caller] = replace(power, issued=power.issued + amount)
        self.add_face(series_id, amount)
        self.currency.pull(self.here, self.caller, amount)

    def _sell_less(self, series_id: int, refused: int) -> None:
        """What was refused was not issued: it uses up nothing of the operator's day."""
        power = self.operator_today(series_id, self.caller)
        if self.caller != self.books.series[series_id].issuer and power.daily_limit != MAX_AMOUNT:
            self.books.operators[series_id, self.caller] = replace(power, issued=power.issued - refused)
        self.add_face(series_id, -refused)

    @operation
    def issue(self, caller: str, series_id: int, to: str, amount: int) -> None:
        check = Checks()
        self._check_sale(check, series_id)
        self._check_row(check, series_id, IssueRow(to, amount))
        self._check_operator(check, series_id, amount)
        self.check_new_face(check, series_id, amount)
        self.check_pull(check, amount)
        self.check_accepts(check, to)
        check.done()
        self._sell(series_id, amount)
        self.credit(to, series_id, amount)

    @operation
    def issue_batch(self, caller: str, series_id: int, rows: Sequence[IssueRow]) -> int:
        check = Checks()
        check.need(bool(rows), "NoCards")
        check.done()
        self._check_sale(check, series_id)
        for row in rows:
            self._check_row(check, series_id, row)
        total = sum(row.amount for row in rows)
        self._check_operator(check, series_id, total)
        self.check_new_face(check, series_id, total)
        self.check_pull(check, total)
        check.done()
        self._sell(series_id, total)
        refused = 0
        for i, row in enumerate(rows):
            if self.refuses(row.to):
                refused += row.amount
                self.emit("IssuanceSkipped", i, row.to, row.amount)
            else:
                self.credit(row.to, series_id, row.amount)
        if refused:
            self._sell_less(series_id, refused)
        self.pay_out(caller, refused)
        return total - refused

    # ------------------------------------------------------------------------------------- transfer

    @operation
    def set_approval_for_all(self, caller: str, operator: str, approved: bool) -> None:
        if operator == ZERO:
            raise refuse("ERC1155InvalidOperator", operator)
        self.books.approvals[caller, operator] = approved
        self.emit("ApprovalForAll", caller, operator, approved)

    @operation
    def safe_transfer_from(
        self, caller: str, from_: str, to: str, series_id: int, amount: int, data: bytes
    ) -> None:
        check = Checks()
        self._check_mover(check, from_)
        self._check_move(check, from_, to, series_id, amount)
        self.check_accepts(check, to)
        check.done()
        self._move(from_, to, series_id, amount)
        self.emit("TransferSingle", caller, from_, to, series_id, amount)

    @operation
    def safe_batch_transfer_from(
        self,
        caller: str,
        from_: str,
        to: str,
        series_ids: Sequence[int],
        amounts: Sequence[int],
        data: bytes,
    ) -> None:
        check = Checks()
        lengths = len(series_ids), len(amounts)
        check.need(lengths[0] == lengths[1], "ERC1155InvalidArrayLength", *lengths)
        check.done()
        self._check_mover(check, from_)
        self.check_accepts(check, to)
        check.need(to != ZERO, "ERC1155InvalidReceiver", to)
        for series_id, amount in zip(series_ids, amounts, strict=True):
            own = Checks()
            self._check_move(own, from_, to, series_id, amount)
            check.faults += own.faults
            if own.faults:
                break  # the next one is judged by what this one leaves
            self._move(from_, to, series_id, amount)
        check.done()
        self.emit("TransferBatch", caller, from_, to, tuple(series_ids), tuple(amounts))

    @operation
    def transfer_signed(
        self, caller: str, from_: str, to: str, series_id: int, amount: int, authorization: Authorization
    ) -> None:
        check = Checks()
        self.check_authority(
            check, from_, series_id, ("Transfer", from_, to, series_id, amount), authorization
        )
        self._check_move(check, from_, to, series_id, amount)
        self.check_accepts(check, to)
        check.done()
        self.use_authority(from_, series_id, authorization)
        self._move(from_, to, series_id, amount)
        self.emit("TransferSingle", caller, from_, to, series_id, amount)

    def _check_mover(self, check: Checks, from_: str) -> None:
        allowed = self.caller == from_ or self.books.approvals.get((from_, self.caller), False)
        check.need(allowed, "ERC1155MissingApprovalForAll", self.caller, from_)

    def _check_move(self, check: Checks, from_: str, to: str, series_id: int, amount: int) -> None:
        series = self.books.series.get(series_id)
        balance = self.account(series_id, from_).balance
        check.need(to != ZERO, "ERC1155InvalidReceiver", to)
        check.need(series is None or not series.forfeited, "Forfeited", series_id)
        check.need(amount <= balance, "ERC1155InsufficientBalance", from_, balance, amount, series_id)

    def _move(self, from_: str, to: str, series_id: int, amount: int) -> None:
        self.set_account(series_id, from_, balance=self.account(series_id, from_).balance - amount)
        self.set_account(series_id, to, balance=self.account(series_id, to).balance + amount)
