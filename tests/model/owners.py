"""The model of what only an account's owner does, and of forfeits."""

from __future__ import annotations

from typing import Any

from tests.model.account_words import AccountKey
from tests.model.custody import operation
from tests.model.deposits import Deposits
from tests.model.words import ZERO, Checks, Consent, refuse


class Owners(Deposits):
    """Withdraw, rotate the signer; after a delay, in which vouchers are settled."""

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
