"""The model of prepaid accounts: what is kept, and money that comes in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.model import custody
from tests.model.account_words import (
    MAX_DELAY,
    MAX_DEPOSIT,
    MIN_DELAY,
    AccountKey,
    Opening,
    Prepaid,
    Settled,
    index_of,
)
from tests.model.certificates import Certificates
from tests.model.custody import Custody, operation
from tests.model.words import MAX_AMOUNT, ZERO, Checks, Consent, Message, refuse


@dataclass
class Books(custody.Books):
    """What the accounts keep besides."""

    accounts: dict[AccountKey, Prepaid] = field(default_factory=dict)
    counted: dict[AccountKey, int] = field(default_factory=dict)  # micro-units that count as used
    settled: tuple[Settled, ...] = ()  # since whoever asks emptied it


class Deposits(Custody[Books]):
    """Accounts, and what is put into them. `unit` is base units in a micro-unit."""

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
