"""The books of a CertificateSales, rebuilt from its logs alone: purchases, what promotions paid, what is
held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from largesse.books.custody import CustodyBooks
from largesse.chainlogs import Event, LogError

RETURNED: Final = 2
"""`ICertificateSales.CashBack`: back to the budget."""


@dataclass(frozen=True)
class PurchaseEntry:
    """A purchase by its logs. Amounts are base units, `time` is Unix seconds; `withdrawn_at` 0 for never."""

    time: int
    series_id: int
    buyer: str
    face: int
    premium: int
    paid: int
    discount: int = 0
    withdrawn_at: int = 0


@dataclass(frozen=True)
class Reward:
    """What a promotion paid for a purchase after its window: cash-back or a referral."""

    time: int
    series_id: int
    kind: str
    amount: int


class SalesBooks(CustodyBooks):
    """All sales of one contract. `paid_in` and `paid_out` count what it keeps, not what it passes on at once.
    Feed it whole transactions, in their order, with `add`."""

    def __init__(self, block_time: Callable[[int], int]) -> None:
        super().__init__()
        self.purchases: dict[int, PurchaseEntry] = {}
        self.rewards: list[Reward] = []
        self._block_time = block_time

    def add(self, transaction: Sequence[Event]) -> None:
        """All events of one transaction. Raises LogError inconsistent where they can't have happened."""
        for event in transaction:
            if event.name not in _WITHOUT_BOOKS:
                getattr(self, f"_on_{event.name}")(event, self._block_time(event.block))
        self.events += len(transaction)

    def _at(self, event: Event) -> PurchaseEntry:
        number = event["purchaseId"]
        if number not in self.purchases:
            raise LogError("inconsistent", f"{event.name} names purchase {number}, which nobody has made")
        return self.purchases[number]

    def _on_PromotionFunded(self, event: Event, _: int) -> None:  # noqa: N802 - named as the event is
        self._in(event["amount"])

    def _on_BudgetTakenBack(self, event: Event, _: int) -> None:  # noqa: N802
        self._out(event["amount"])

    def _on_Purchased(self, event: Event, now: int) -> None:  # noqa: N802
        self.purchases[event["purchaseId"]] = PurchaseEntry(
            now, event["seriesId"], event["buyer"], event["face"], event["premium"], event["price"]
        )
        self._in(event["premium"])

    def _on_CouponRedeemed(self, event: Event, _: int) -> None:  # noqa: N802
        entry, discount = self._at(event), event["discount"]
        if entry.face + entry.premium - discount != entry.paid:
            raise LogError("inconsistent", f"purchase {event['purchaseId']} does not cost {entry.paid}")
        self.purchases[event["purchaseId"]] = replace(entry, discount=discount)
        self._out(discount)

    def _on_PurchaseWithdrawn(self, event: Event, now: int) -> None:  # noqa: N802
        entry = self._at(event)
        if entry.withdrawn_at or entry.paid != event["paid"]:
            raise LogError("inconsistent", f"purchase {event['purchaseId']} can't be withdrawn so: {entry}")
        self.purchases[event["purchaseId"]] = replace(entry, withdrawn_at=now)
        # The face has come in, as a redemption pays.
        self._in(entry.face)
        self._out(entry.paid)

    def _on_CashBackClaimed(self, event: Event, now: int) -> None:  # noqa: N802
        if event["outcome"] != RETURNED:
            self.rewards.append(Reward(now, self._at(event).series_id, "cash-back", event["amount"]))
            self._out(event["amount"])

    def _on_ReferralClaimed(self, event: Event, now: int) -> None:  # noqa: N802
        self.rewards.append(Reward(now, self._at(event).series_id, "referral", event["amount"]))
        self._out(event["amount"])

    def _on_PremiumsCollected(self, event: Event, _: int) -> None:  # noqa: N802
        self._out(event["amount"])


_WITHOUT_BOOKS: Final = (
    "SaleSet", "PromotionCreated", "PremiumSkipped", "ReceiptSignerSet", "IssuedByReceipt",
)  # fmt: skip
