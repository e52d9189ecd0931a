"""The prepaid accounts' invariants of INVARIANTS.md, asserted on a side after each step. What the contract's
views say equals the model's books by then (`AccountsSide.compare`); what its logs tell is in
`AccountsSide.logs`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.model.account_words import AccountKey, Prepaid
from tests.stateful.accounts.side import AccountsSide
from tests.stateful.invariants import hold


@dataclass
class AccountWatch:
    """What a side's invariants remember from the step before."""

    paid: dict[AccountKey, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    def check(self, side: AccountsSide, given: int) -> None:
        """All that holds after any step; `given` base units came by mistake."""
        accounts, books, logs = side.prepaid, side.prepaid.books, side.logs
        for number, text in logs.flaws:
            hold(False, number, text)
        held = side.model.currency.of(side.here) - given
        left = sum(map(accounts.left, books.accounts))
        owed = sum(books.owed.values())
        hold(held == left + owed, 12, f"holds {held}; {left} is left in accounts, {owed} owed")
        for key, account in books.accounts.items():
            self._check_account(key, account, accounts.most)
        self.paid = {key: account.paid for key, account in books.accounts.items()}
        came = logs.deposits - logs.withdrawals - logs.payouts
        hold(came == left, 20, f"the logs leave {came} in accounts, where {left} is left")
        hold(logs.accounts == books.accounts, 20, "the logs tell of other accounts")
        hold(sum(logs.owed.values()) == owed, 22, f"the logs owe {sum(logs.owed.values())}")
        hold(not logs.twice, 5, f"a consent used twice: {logs.twice}")
        for who, mark in books.marks.items():
            hold(mark >= self.marks.get(who, 0), 4, f"the watermark of {who} fell")
        self.marks = dict(books.marks)

    def _check_account(self, key: AccountKey, account: Prepaid, most: int) -> None:
        before = self.paid.get(key, 0)
        hold(before <= account.paid, 13, f"{key}: paid fell from {before} to {account.paid}")
        kept = account.paid <= account.deposit <= most
        hold(kept, 13, f"{key}: {account.paid} paid of {account.deposit}")
