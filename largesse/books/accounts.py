"""The books of a PrepaidAccounts, rebuilt from its logs alone: every account, every settlement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from largesse.addresses import ZERO_ADDRESS
from largesse.books.custody import CustodyBooks
from largesse.chainlogs import Event, LogError
from largesse.clients.accounts import Key, PrepaidAccount, settled_rows
from largesse.vouchers import unit_of


@dataclass(frozen=True)
class SettlementEntry:
    """A settlement by its log: when (Unix seconds), to whom, base units, and micro-units by account."""

    time: int
    counterparty: str
    payout: int
    taken: dict[int, int]


class AccountBooks(CustodyBooks):
    """All accounts of one PrepaidAccounts. Feed it whole transactions, in their order, with `add`."""

    def __init__(self, decimals: int, block_time: Callable[[int], int]) -> None:
        super().__init__(block_time)
        self.unit = unit_of(decimals)
        self.accounts: dict[Key, PrepaidAccount] = {}
        self.settlements: list[SettlementEntry] = []

    def parts(self) -> int:
        """The same, put together from what is left in each account and what is owed."""
        return sum(one.left for one in self.accounts.values()) * self.unit + self.total_owed

    # --------------------------------------------------------------------------------------------- private

    def _at(self, event: Event) -> tuple[Key, PrepaidAccount]:
        key = event["counterparty"], event["index"]
        if key not in self.accounts:
            raise LogError("inconsistent", f"{event.name} names account {key}, which nobody has opened")
        return key, self.accounts[key]

    def _on_AccountOpened(self, event: Event, _: int) -> None:  # noqa: N802
        key = event["counterparty"], event["index"]
        if key in self.accounts:
            raise LogError("inconsistent", f"account {key} was opened twice")
        self.accounts[key] = PrepaidAccount(
            event["owner"],
            event["signer"],
            event["deposit"],
            0,
            event["delaySeconds"],
            event["expiresAt"],
            event["seriesId"],
            0,
            ZERO_ADDRESS,
            0,
        )
        self._in(event["deposit"] * self.unit)

    def _on_Deposited(self, event: Event, _: int) -> None:  # noqa: N802
        key, account = self._at(event)
        amount, deposit = event["amount"], event["deposit"]
        if (deposit - account.deposit) * self.unit != amount:
            raise LogError("inconsistent", f"{amount} made a deposit of {account.deposit} one of {deposit}")
        self.accounts[key] = replace(account, deposit=deposit)
        self._in(amount)

    def _on_Settled(self, event: Event, now: int) -> None:  # noqa: N802
        counterparty = event["counterparty"]
        taken: dict[int, int] = {}
        for index, amount in settled_rows(event["rows"]):
            account = self.accounts[counterparty, index]
            if not account.paid < amount <= account.deposit:
                raise LogError(
                    "inconsistent",
                    f"a voucher over {amount} was settled for account {index} of {counterparty}, which had "
                    f"paid {account.paid} of {account.deposit}",
                )
            taken[index] = taken.get(index, 0) + amount - account.paid
            self.accounts[counterparty, index] = replace(account, paid=amount)
        if sum(taken.values()) * self.unit != event["payout"]:
            raise LogError("inconsistent", f"rows of {sum(taken.values())} paid out {event['payout']}")
        self.settlements.append(SettlementEntry(now, counterparty, event["payout"], taken))
        self._out(event["payout"])

    def _on_WithdrawalRequested(self, event: Event, _: int) -> None:  # noqa: N802
        key, account = self._at(event)
        self.accounts[key] = replace(account, withdrawable_at=event["availableAt"])

    def _on_WithdrawalCancelled(self, event: Event, _: int) -> None:  # noqa: N802
        key, account = self._at(event)
        self.accounts[key] = replace(account, withdrawable_at=0)

    def _on_Withdrawn(self, event: Event, _: int) -> None:  # noqa: N802
        key, account = self._at(event)
        if account.left * self.unit != event["amount"]:
            raise LogError("inconsistent", f"{event['amount']} were withdrawn, {account.left} were left")
        self.accounts[key] = replace(account, deposit=account.paid, withdrawable_at=0)
        self._out(event["amount"])

    def _on_SignerRequested(self, event: Event, _: int) -> None:  # noqa: N802
        key, account = self._at(event)
        self.accounts[key] = replace(account, new_signer=event["signer"], new_signer_at=event["availableAt"])

    def _on_SignerRequestCancelled(self, event: Event, _: int) -> None:  # noqa: N802
        key, account = self._at(event)
        self.accounts[key] = replace(account, new_signer=ZERO_ADDRESS, new_signer_at=0)

    def _on_SignerChanged(self, event: Event, _: int) -> None:  # noqa: N802
        key, account = self._at(event)
        self.accounts[key] = replace(
            account, signer=event["signer"], new_signer=ZERO_ADDRESS, new_signer_at=0
        )
