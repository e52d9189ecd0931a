"""The model of vouchers, and of what counterparties take by them."""

from __future__ import annotations

from tests.model.account_words import (
    LOCKED_ROW_BYTES,
    ROW_BYTES,
    AccountKey,
    LockedVoucher,
    Rows,
    Settled,
    Voucher,
    bitmap,
    lock_of,
)
from tests.model.custody import operation
from tests.model.deposits import Deposits
from tests.model.words import Checks, Message, Signature, refuse


class Settlements(Deposits):
    """Many at once, of which bad ones are skipped; or one."""

    @operation
    def settle(self, caller: str, counterparty: str, rows: Rows) -> int:
        return self._settle(counterparty, rows, ROW_BYTES)

    @operation
    def settle_locked(self, caller: str, counterparty: str, rows: Rows) -> int:
        return self._settle(counterparty, rows, LOCKED_ROW_BYTES)

    @operation
    def settle_one(self, caller: str, key: AccountKey, amount: int, signature: Signature | None) -> int:
        message = voucher_message(
            key.counterparty, Voucher(key.index, amount, signature), self.currency.address
        )
        return self._settle_one(Checks(), key, amount, message, signature)

    @operation
    def settle_one_locked(
        self,
        caller: str,
        key: AccountKey,
        amount: int,
        expires_at: int,
        preimage: bytes,
        signature: Signature | None,
    ) -> int:
        check = Checks()
        check.need(self.now < expires_at, "Accounts_VoucherExpired", expires_at, self.now)
        voucher = LockedVoucher(key.index, amount, signature, expires_at, preimage)
        message = voucher_message(key.counterparty, voucher, self.currency.address)
        return self._settle_one(check, key, amount, message, signature)

    def _settle(self, counterparty: str, rows: Rows, row_bytes: int) -> int:
        length = len(rows.vouchers) * row_bytes + len(rows.rest)
        if not rows.vouchers or rows.rest:
            raise refuse("Accounts_RowBytes", length, row_bytes)
        done, skipped, taken = b"", [], 0
        for voucher in rows.vouchers:
            good = self._is_good(counterparty, voucher)
            skipped.append(not good)
            if good:
                taken += self._book(AccountKey(counterparty, voucher.index), voucher.amount)
                done += settled_row(voucher.index, voucher.amount)
        payout = taken * self.unit
        self.emit("Settled", counterparty, payout, done, bitmap(skipped))
        self.pay_out(counterparty, payout)
        return payout

    def _is_good(self, counterparty: str, voucher: Voucher) -> bool:
        """Signed by the account's key, over more than was paid and no more than is there; not expired."""
        account = self.account(AccountKey(counterparty, voucher.index))
        if isinstance(voucher, LockedVoucher) and self.now >= voucher.expires_at:
            return False
        message = voucher_message(counterparty, voucher, self.currency.address)
        good = voucher.signature == Signature(account.signer, self.here, message)
        has_key = account.signer not in self.certificates.answers
        return good and has_key and account.paid < voucher.amount <= account.deposit

    def _settle_one(
        self, check: Checks, key: AccountKey, amount: int, message: Message, signature: Signature | None
    ) -> int:
        known = key in self.books.accounts
        check.need(known, "Accounts_Unknown", key.counterparty, key.index)
        if not known:
            check.done()
        account = self.account(key)
        check.need(amount > account.paid, "Accounts_StaleVoucher", amount, account.paid)
        check.need(amount <= account.deposit, "Accounts_OverDeposit", amount, account.deposit)
        self.check_signature(check, account.signer, message, signature)
        check.done()
        payout = self._book(key, amount) * self.unit
        self.emit("Settled", key.counterparty, payout, settled_row(key.index, amount), b"")
        self.pay_out(key.counterparty, payout)
        return payout

    def _book(self, key: AccountKey, amount: int) -> int:
        """The counterparty has taken `amount` in all. Micro-units that this is more than before."""
        before = self.account(key).paid
        self.change(key, paid=amount)
        self.books.settled += (Settled(key.counterparty, key.index, amount),)
        return amount - before


def voucher_message(counterparty: str, voucher: Voucher, currency: str) -> Message:
    """What a signer signs."""
    said = counterparty, currency, voucher.index, voucher.amount
    if isinstance(voucher, LockedVoucher):
        return ("LockedVoucher", *said, lock_of(voucher.preimage), voucher.expires_at)
    return ("Voucher", *said)


def settled_row(index: int, amount: int) -> bytes:
    """As the event has it."""
    return index.to_bytes(8, "big") + amount.to_bytes(6, "big")
