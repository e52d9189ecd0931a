"""An exact reference model of PrepaidAccounts, from its documentation alone.

Every operation of `IPrepaidAccounts` is a method in snake case that takes the caller first and then the same
arguments; signatures are passed as what they say, rows as the vouchers that they are of. It has exactly the
effects that the contract must have, or raises `Refused` with every rule that was broken and has none, as the
certificates' model does. It hears of redemptions from that model and restores through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.model import custody
from tests.model.account_words import (
    LOCKED_ROW_BYTES,
    MAX_DELAY,
    MAX_DEPOSIT,
    MIN_DELAY,
    ROW_BYTES,
    AccountKey,
    LockedVoucher,
    Opening,
    Prepaid,
    Rows,
    Settled,
    Use,
    Voucher,
    bitmap,
    index_of,
    lock_of,
)
from tests.model.certificates import Certificates
from tests.model.custody import Custody, operation
from tests.model.words import MAX_AMOUNT, ZERO, Checks, Consent, Message, Portion, Signature, refuse

OPEN_BITS = (96, 160, 24, 40)  # salt, signer, delay, expiry
TOP_UP_BITS = (64,)  # index


@dataclass
class Books(custody.Books):
    """What the accounts keep besides."""

    accounts: dict[AccountKey, Prepaid] = field(default_factory=dict)
    counted: dict[AccountKey, int] = field(default_factory=dict)  # micro-units that count as used
    settled: tuple[Settled, ...] = ()  # since whoever asks emptied it


class Accounts(Custody[Books]):
    """All of it. `unit` is base units in a micro-unit."""

    def __init__(self, here: str, certificates: Certificates, decimals: int) -> None:
        super().__init__(here, certificates, Books())
        self.unit: int = 10 ** max(0, decimals - 6)
        self.most = min(MAX_DEPOSIT, MAX_AMOUNT // self.unit)

    # -------------------------------------------------------------------------------------- reading

    def account(self, key: AccountKey) -> Prepaid:
        """All zero for one that nobody opened."""
        return self.books.accounts.get(key, Prepaid())

    def known(self, key: AccountKey) -> Prepaid:
        """Raises Refused for an account that nobody opened."""
        if key not in self.books.accounts:
            raise refuse("Accounts_Unknown", key.counterparty, key.index)
        return self.books.accounts[key]

    def left(self, key: AccountKey) -> int:
        """Base units that no voucher has taken."""
        account = self.account(key)
        return (account.deposit - account.paid) * self.unit

    def change(self, key: AccountKey, **values: Any) -> None:
        self.books.accounts[key] = replace(self.books.accounts[key], **values)

    # --------------------------------------------------------------------------------------- paying in

    def check_sum(self, check: Checks, deposit: int, amount: int) -> int:
        """A deposit and `amount` base units more. Micro-units."""
        micros, dust = divmod(amount, self.unit)
        check.need(dust == 0, "Accounts_Dust", amount, self.unit)
        check.need(micros != 0, "Accounts_ZeroAmount")
        total = deposit + micros
        check.need(total <= self.most, "Accounts_DepositTooLarge", total, self.most)
        return total

    def check_open(self, check: Checks, owner: str, opening: Opening, amount: int) -> None:
        check.need(opening.counterparty not in (ZERO, self.here), "Custody_ZeroAddress")
        check.need(opening.signer != ZERO, "Accounts_ZeroSigner")
        delay, expires_at = opening.delay_seconds, opening.expires_at
        kept = MIN_DELAY <= delay <= MAX_DELAY
        check.need(kept, "Accounts_DelayOutOfRange", delay, MIN_DELAY, MAX_DELAY)
        ahead = expires_at == 0 or self.now < expires_at
        check.need(ahead, "Accounts_ExpiryPassed", expires_at, self.now)
        key = AccountKey(opening.counterparty, index_of(owner, opening.salt))
        check.need(key not in self.books.accounts, "Accounts_Exists", key.counterparty, key.index)
        self.check_sum(check, 0, amount)

    def put_open(self, owner: str, opening: Opening, amount: int, series_id: int) -> int:
        key = AccountKey(opening.counterparty, index_of(owner, opening.salt))
        deposit = amount // self.unit
        terms = opening.signer, deposit, 0, opening.delay_seconds, opening.expires_at, series_id
        self.books.accounts[key] = Prepaid(owner, *terms)
        named = opening.signer, opening.delay_seconds, opening.expires_at, series_id, deposit
        self.emit("AccountOpened", owner, key.counterparty, key.index, *named)
        return key.index

    def check_add(self, check: Checks, key: AccountKey, amount: int, series_id: int) -> None:
        known = key in self.books.accounts
        check.need(known, "Accounts_Unknown", key.counterparty, key.index)
        if known:
            account = self.account(key)
            same = account.series_id == series_id
            check.need(same, "Accounts_SeriesDiffers", account.series_id, series_id)
            self.check_sum(check, account.deposit, amount)

    def put_add(self, key: AccountKey, amount: int) -> None:
        deposit = self.account(key).deposit + amount // self.unit
        self.change(key, deposit=deposit)
        self.emit("Deposited", key.counterparty, key.index, amount, deposit)

    @operation
    def open(self, caller: str, opening: Opening, amount: int) -> int:
        check = Checks()
        self.check_pull(check, caller, amount)
        self.check_open(check, caller, opening, amount)
        check.done()
        self.pull(caller, amount)
        return self.put_open(caller, opening, amount, 0)

    @operation
    def open_signed(self, caller: str, owner: str, opening: Opening, amount: int, consent: Consent) -> int:
        check = Checks()
        message = opening_message(owner, opening, amount)
        self.check_pulled(check, owner, amount, message, consent)
        self.check_open(check, owner, opening, amount)
        check.done()
        self.use_pulled(owner, amount, message, consent)
        return self.put_open(owner, opening, amount, 0)

    @operation
    def top_up(self, caller: str, key: AccountKey, amount: int) -> None:
        check = Checks()
        self.check_pull(check, caller, amount)
        self.check_add(check, key, amount, 0)
        check.done()
        self.pull(caller, amount)
        self.put_add(key, amount)

    @operation
    def top_up_signed(self, caller: str, key: AccountKey, from_: str, amount: int, consent: Consent) -> None:
        check = Checks()
        message = ("TopUpAccount", from_, key.counterparty, key.index, amount)
        self.check_pulled(check, from_, amount, message, consent)
        self.check_add(check, key, amount, 0)
        check.done()
        self.use_pulled(from_, amount, message, consent)
        self.put_add(key, amount)

    # ------------------------------------------------------------------------------------ certificates

    @operation
    def on_redemption(
        self, caller: str, payee: str, amount: int, order: int, portions: Sequence[Portion], data: bytes
    ) -> None:
        """Nobody but the certificates may say that money came."""
        raise refuse("Accounts_NotCertificates", caller)

    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        """Certificates have paid for the counterparty."""
        check = Checks()
        holder, series_id = self._owner(check, portions)
        words = [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data) - 31, 32)]
        opens = words[:1] == [Use.OPEN]
        bits = OPEN_BITS if opens else TOP_UP_BITS
        said = words[1 : len(bits) + 1]
        fits = len(said) == len(bits) and all(
            word >> size == 0 for word, size in zip(said, bits, strict=True)
        )
        check.need(fits and words[0] in tuple(Use), "")
        if not fits:
            check.done()
        if opens:
            salt, signer, delay_seconds, expires_at = said
            opening = Opening(payee, salt, f"0x{signer:040x}", delay_seconds, expires_at)
            self.check_open(check, holder, opening, amount)
            check.done()
            self.put_open(holder, opening, amount, series_id)
            return
        key = AccountKey(payee, said[0])
        self.check_add(check, key, amount, series_id)
        owner = self.account(key).owner
        check.need(series_id == 0 or owner == holder, "Accounts_NotOwnersCard", owner, holder)
        check.done()
        self.put_add(key, amount)

    def _owner(self, check: Checks, portions: Sequence[Portion]) -> tuple[str, int]:
        """One holder; and one named series, or 0 for open ones."""
        named = [
            one.series_id if self.certificates.books.series[one.series_id].terms.named else 0
            for one in portions
        ]
        holder, series_id = portions[0].holder, named[0]
        for portion, other in zip(portions, named, strict=True):
            same = portion.holder == holder and other == series_id
            check.need(same, "Accounts_MixedCards", portion.holder, holder, other, series_id)
        return holder, series_id

    @operation
    def count_used(self, caller: str, keys: Sequence[AccountKey]) -> None:
        for key in keys:
            account = self.account(key)
            used = account.paid - self.books.counted.get(key, 0)
            if account.series_id and used:
                self.books.counted[key] = account.paid
                self.certificates.use_placed(self.here, account.owner, account.series_id, used * self.unit)

    # --------------------------------------------------------------------------------- what owners do

    def _acts(self, key: AccountKey, name: str, consent: Consent, *said: Any) -> Checks:
        """The owner calls, or has signed this of its account."""
        check = Checks()
        owner = self.known(key).owner
        self.check_consent(check, owner, (name, owner, key.counterparty, key.index, *said), consent)
        return check

    def _check_due(self, check: Checks, key: AccountKey, available_at: int) -> None:
        """What was asked for can be done now."""
        if available_at == 0:
            check.need(False, "Accounts_NotRequested", key.counterparty, key.index)
            return
        check.need(self.now >= available_at, "Accounts_NotYet", available_at, self.now)
        lapsed_at = available_at + self.account(key).delay_seconds
        check.need(self.now < lapsed_at, "Accounts_Lapsed", lapsed_at, self.now)

    def _check_left(self, check: Checks, key: AccountKey) -> None:
        check.need(self.left(key) != 0, "Accounts_NothingLeft", key.counterparty, key.index)

    def _empty(self, key: AccountKey) -> int:
        """What no voucher has taken is the account's no more. Base units."""
        amount = self.left(key)
        self.change(key, deposit=self.account(key).paid, withdrawable_at=0)
        self.emit("Withdrawn", key.counterparty, key.index, amount)
        return amount

    @operation
    def request_withdrawal(self, caller: str, key: AccountKey, consent: Consent) -> int:
        check = self._acts(key, "RequestWithdrawal", consent)
        check.done()
        account = self.account(key)
        self.use_consent(account.owner, consent)
        available_at = self.now + account.delay_seconds
        self.change(key, withdrawable_at=available_at)
        self.emit("WithdrawalRequested", key.counterparty, key.index, available_at)
        return available_at

    @operation
    def cancel_withdrawal(self, caller: str, key: AccountKey, consent: Consent) -> None:
        check = self._acts(key, "CancelWithdrawal", consent)
        account = self.account(key)
        asked = account.withdrawable_at != 0
        check.need(asked, "Accounts_NotRequested", key.counterparty, key.index)
        check.done()
        self.use_consent(account.owner, consent)
        self.change(key, withdrawable_at=0)
        self.emit("WithdrawalCancelled", key.counterparty, key.index)

    @operation
    def withdraw(self, caller: str, key: AccountKey, consent: Consent) -> int:
        check = self._acts(key, "Withdraw", consent)
        account = self.account(key)
        if account.expires_at == 0 or self.now < account.expires_at:
            self._check_due(check, key, account.withdrawable_at)
        self._check_left(check, key)
        check.done()
        self.use_consent(account.owner, consent)
        amount = self._empty(key)
        if account.series_id == 0:
            self.pay_out(account.owner, amount)
            return amount
        terms = self.certificates.books.series[account.series_id].terms
        if self.now < terms.limitation_at:
            self.certificates.restore_from_service(self.here, account.owner, account.series_id, amount)
        else:
            self.pay_out(terms.beneficiary, amount)
        return amount

    @operation
    def forfeit(self, caller: str, key: AccountKey) -> int:
        account = self.known(key)
        if account.series_id == 0:
            raise refuse("Accounts_NotOfSeries", key.counterparty, key.index)
        terms = self.certificates.books.series[account.series_id].terms
        check = Checks()
        available_at = terms.limitation_at + account.delay_seconds
        check.need(self.now >= available_at, "Accounts_NotYet", available_at, self.now)
        self._check_left(check, key)
        check.done()
        amount = self._empty(key)
        self.pay_out(terms.beneficiary, amount)
        return amount

    @operation
    def request_signer(self, caller: str, key: AccountKey, signer: str, consent: Consent) -> int:
        check = self._acts(key, "RequestSigner", consent, signer)
        account = self.account(key)
        asked = signer != ZERO or account.new_signer_at != 0
        check.need(asked, "Accounts_NotRequested", key.counterparty, key.index)
        check.done()
        self.use_consent(account.owner, consent)
        if signer == ZERO:
            self.change(key, new_signer=ZERO, new_signer_at=0)
            self.emit("SignerRequestCancelled", key.counterparty, key.index)
            return 0
        available_at = self.now + account.delay_seconds
        self.change(key, new_signer=signer, new_signer_at=available_at)
        self.emit("SignerRequested", key.counterparty, key.index, signer, available_at)
        return available_at

    @operation
    def change_signer(self, caller: str, key: AccountKey, consent: Consent) -> None:
        check = self._acts(key, "ChangeSigner", consent)
        account = self.account(key)
        self._check_due(check, key, account.new_signer_at)
        check.done()
        self.use_consent(account.owner, consent)
        self.change(key, signer=account.new_signer, new_signer=ZERO, new_signer_at=0)
        self.emit("SignerChanged", key.counterparty, key.index, account.new_signer)

    # -------------------------------------------------------------------------- what counterparties do

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


def opening_message(owner: str, opening: Opening, amount: int) -> Message:
    """What an owner signs to open an account."""
    return (
        "OpenAccount",
        owner,
        opening.counterparty,
        opening.salt,
        opening.signer,
        opening.delay_seconds,
        opening.expires_at,
        amount,
    )


def voucher_message(counterparty: str, voucher: Voucher, currency: str) -> Message:
    """What a signer signs."""
    said = counterparty, currency, voucher.index, voucher.amount
    if isinstance(voucher, LockedVoucher):
        return ("LockedVoucher", *said, lock_of(voucher.preimage), voucher.expires_at)
    return ("Voucher", *said)


def settled_row(index: int, amount: int) -> bytes:
    """As the event has it."""
    return index.to_bytes(8, "big") + amount.to_bytes(6, "big")
