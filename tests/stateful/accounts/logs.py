"""What a life's logs of PrepaidAccounts tell, to an accountant without a node: every account as it stands,
every settlement, and whatever in them should not be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.model.account_words import AccountKey, Prepaid, Settled
from tests.model.words import ZERO
from tests.stateful.custody.logs import CustodyLogs, Event

Transfer = tuple[str, int]
"""To whom, base units."""
SETTLED_ROW = 14


class AccountLogs(CustodyLogs):
    """Sums in base units, unless called micros. What is left of a series is forfeited after limitation."""

    def __init__(self, unit: int, limitation_of: Callable[[int], int]) -> None:
        super().__init__()
        self.unit = unit
        self.limitation_of = limitation_of
        self.now = 0  # seconds, of the transaction that is added
        self.accounts: dict[AccountKey, Prepaid] = {}
        self.requested: dict[AccountKey, int] = {}  # when a withdrawal was asked for last
        self.rotated: dict[AccountKey, int] = {}  # and a signer
        self.deposits = self.withdrawals = self.payouts = 0
        self.settled: tuple[Settled, ...] = ()  # by the last transaction
        self.flaws: list[tuple[int, str]] = []  # an invariant's number, and what breaks it

    def add(self, events: Sequence[Event]) -> None:
        """One transaction's."""
        super().add(events)
        self.settled = ()
        for name, *args in events:
            if name == "AccountOpened":
                owner, counterparty, index, signer, delay, expires_at, series_id, micros = args
                opened = Prepaid(owner, signer, micros, 0, delay, expires_at, series_id)
                self.accounts[AccountKey(counterparty, index)] = opened
                self.deposits += micros * self.unit
            elif name == "Settled":
                self._settle(*args)
            elif len(args) > 1 and (key := AccountKey(*args[:2])) in self.accounts:
                self._change(name, key, self.accounts[key], *args[2:])

    def check_moved(self, events: Sequence[Event], transfers: Sequence[Transfer], token: str) -> None:
        """What left the contract in a transaction that did nothing but settle went to the counterparty; a
        currency may have kept some of it."""
        names = {event[0] for event in events}
        if names & {"Withdrawn", "OwedPaid"} or "Settled" not in names:
            return
        payees = {event[1] for event in events if event[0] == "Settled"}
        for to, amount in transfers:
            if to not in payees | {token}:
                self.flaws.append((14, f"{amount} of a settlement for {payees} went to {to}"))

    def _change(self, name: str, key: AccountKey, account: Prepaid, *args: int | str) -> None:
        """What an event says of one account."""
        values: dict[str, Any] = {}
        if name == "Deposited":
            amount, deposit = map(int, args)
            self.deposits += amount
            if (deposit - account.deposit) * self.unit != amount:
                self.flaws.append((12, f"{amount} raised {key} from {account.deposit} to {deposit}"))
            values = {"deposit": deposit}
        elif name == "WithdrawalRequested":
            self.requested[key] = self.now
            values = {"withdrawable_at": args[0]}
        elif name == "WithdrawalCancelled":
            values = {"withdrawable_at": 0}
        elif name == "Withdrawn":
            self._withdraw(key, account, int(args[0]))
            values = {"deposit": account.paid, "withdrawable_at": 0}
        elif name == "SignerRequested":
            self.rotated[key] = self.now
            values = {"new_signer": args[0], "new_signer_at": args[1]}
        elif name == "SignerRequestCancelled":
            values = {"new_signer": ZERO, "new_signer_at": 0}
        elif name == "SignerChanged":
            if not self._is_due(account, self.rotated.get(key, self.now)):
                self.flaws.append((15, f"{key} has another signer at {self.now}, before or after its time"))
            values = {"signer": args[0], "new_signer": ZERO, "new_signer_at": 0}
        self.accounts[key] = replace(account, **values)

    def _withdraw(self, key: AccountKey, account: Prepaid, amount: int) -> None:
        self.withdrawals += amount
        left = (account.deposit - account.paid) * self.unit
        if amount != left:
            self.flaws.append((15, f"{amount} withdrawn from {key}, where vouchers left {left}"))
        asked = key in self.requested and self._is_due(account, self.requested[key])
        expired = 0 < account.expires_at <= self.now
        over = account.series_id and self.limitation_of(account.series_id) + account.delay_seconds <= self.now
        if not (asked or expired or over):
            self.flaws.append((15, f"{key} was emptied at {self.now}, before or after its time"))

    def _is_due(self, account: Prepaid, asked_at: int) -> bool:
        """What was asked for then can be done now: after one delay, and before another."""
        delay = account.delay_seconds
        return asked_at + delay <= self.now < asked_at + 2 * delay

    def _settle(self, counterparty: str, payout: int, rows: bytes, skipped: bytes) -> None:
        micros = 0
        for place in range(0, len(rows), SETTLED_ROW):
            row = rows[place : place + SETTLED_ROW]
            key = AccountKey(counterparty, int.from_bytes(row[:8], "big"))
            amount = int.from_bytes(row[8:], "big")
            account = self.accounts.get(key, Prepaid())
            if not account.paid < amount <= account.deposit:
                self.flaws.append((13, f"{key} paid {account.paid}, then {amount} of {account.deposit}"))
            micros += amount - account.paid
            self.accounts[key] = replace(account, paid=amount)
            self.settled += (Settled(counterparty, key.index, amount),)
        self.payouts += payout
        if payout != micros * self.unit:
            self.flaws.append((14, f"{payout} paid for {micros} micro-units"))
