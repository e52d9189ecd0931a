"""The books of a CertificateSales, rebuilt from its logs alone: purchases, budgets, rewards and premiums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Final, NamedTuple

from largesse.books.custody import CustodyBooks
from largesse.chainlogs import Event, LogError

RETURNED: Final = 2
"""`ICertificateSales.CashBack`: back to the budget."""


class Budget(NamedTuple):
    """A promotion's money, as `ICertificateSales.Budget` has it, in base units."""

    free: int = 0
    reserved: int = 0
    spent: int = 0
    funded: int = 0
    taken_back: int = 0


@dataclass(frozen=True)
class PurchaseEntry:
    """A purchase by its logs. Amounts are base units, `time` is Unix seconds; `withdrawn_at` 0 for never.

    `cash_back` and `referral` are what its promotion still sets aside for it; `promotion` 0 for none.
    """

    time: int
    series_id: int
    buyer: str
    face: int
    premium: int
    paid: int
    promotion: int = 0
    discount: int = 0
    cash_back: int = 0
    referral: int = 0
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

    WITHOUT_BOOKS: ClassVar[frozenset[str]] = CustodyBooks.WITHOUT_BOOKS | {
        "SaleSet",
        "PromotionCreated",
        "PremiumSkipped",
        "ReceiptSignerSet",
        "IssuedByReceipt",
    }

    def __init__(self, block_time: Callable[[int], int]) -> None:
        super().__init__(block_time)
        self.purchases: dict[int, PurchaseEntry] = {}
        self.rewards: list[Reward] = []
        self.budgets: defaultdict[int, Budget] = defaultdict(Budget)
        self.premiums: defaultdict[int, int] = defaultdict(int)
        """Held for the issuer, by series."""

    def parts(self) -> int:
        """What must be held, put together from budgets, premiums and what is owed."""
        budgets = sum(one.free + one.reserved for one in self.budgets.values())
        return budgets + sum(self.premiums.values()) + self.total_owed

    # --------------------------------------------------------------------------------------------- private

    def _at(self, event: Event) -> PurchaseEntry:
        number = event["purchaseId"]
        if number not in self.purchases:
            raise LogError("inconsistent", f"{event.name} names purchase {number}, which nobody has made")
        return self.purchases[number]

    def _move(self, promotion: int, **changes: int) -> None:
        """Change a budget. Raises LogError inconsistent where less than nothing would be left of a part."""
        old = self.budgets[promotion]
        new = old._replace(**{name: getattr(old, name) + change for name, change in changes.items()})
        if min(new) < 0:
            raise LogError("inconsistent", f"promotion {promotion} would have {new}, it had {old}")
        self.budgets[promotion] = new

    def _on_PromotionFunded(self, event: Event, _: int) -> None:  # noqa: N802 - named as the event is
        self._move(event["promotionId"], free=event["amount"], funded=event["amount"])
        self._in(event["amount"])

    def _on_BudgetTakenBack(self, event: Event, _: int) -> None:  # noqa: N802
        self._move(event["promotionId"], free=-event["amount"], taken_back=event["amount"])
        self._out(event["amount"])

    def _on_Purchased(self, event: Event, now: int) -> None:  # noqa: N802
        number, premium = event["purchaseId"], event["premium"]
        if number != len(self.purchases) + 1:
            raise LogError("inconsistent", f"purchase {number} follows purchase {len(self.purchases)}")
        self.purchases[number] = PurchaseEntry(
            now, event["seriesId"], event["buyer"], event["face"], premium, event["price"]
        )
        self.premiums[event["seriesId"]] += premium
        self._in(premium)

    def _on_CouponRedeemed(self, event: Event, _: int) -> None:  # noqa: N802
        entry, discount, promotion = self._at(event), event["discount"], event["promotionId"]
        if entry.promotion or entry.face + entry.premium - discount != entry.paid:
            raise LogError("inconsistent", f"purchase {event['purchaseId']} does not cost {entry.paid}")
        cash_back, referral = event["cashBack"], event["referral"]
        rewards = cash_back + referral
        self._move(promotion, free=-(discount + rewards), reserved=rewards, spent=discount)
        self.purchases[event["purchaseId"]] = replace(
            entry, promotion=promotion, discount=discount, cash_back=cash_back, referral=referral
        )
        self._out(discount)

    def _on_PurchaseWithdrawn(self, event: Event, now: int) -> None:  # noqa: N802
        entry = self._at(event)
        rewards = entry.cash_back + entry.referral
        if entry.withdrawn_at or (entry.paid, entry.discount + rewards) != (event["paid"], event["returned"]):
            raise LogError("inconsistent", f"purchase {event['purchaseId']} can't be withdrawn so: {entry}")
        if entry.promotion:
            self._move(
                entry.promotion, free=entry.discount + rewards, reserved=-rewards, spent=-entry.discount
            )
        self.purchases[event["purchaseId"]] = replace(entry, withdrawn_at=now, cash_back=0, referral=0)
        self._premium(entry.series_id, entry.premium)
        # The face has come in, as a redemption pays.
        self._in(entry.face)
        self._out(entry.paid)

    def _on_CashBackClaimed(self, event: Event, now: int) -> None:  # noqa: N802
        entry, amount = self._at(event), event["amount"]
        if not 0 < amount == entry.cash_back:
            raise LogError(
                "inconsistent", f"{amount} of cash-back for purchase {event['purchaseId']}: {entry}"
            )
        self.purchases[event["purchaseId"]] = replace(entry, cash_back=0)
        if event["outcome"] == RETURNED:
            self._move(entry.promotion, free=amount, reserved=-amount)
        else:
            self._pay(entry, "cash-back", amount, now)

    def _on_ReferralClaimed(self, event: Event, now: int) -> None:  # noqa: N802
        entry, amount = self._at(event), event["amount"]
        if not 0 < amount == entry.referral:
            raise LogError(
                "inconsistent", f"{amount} of referral for purchase {event['purchaseId']}: {entry}"
            )
        self.purchases[event["purchaseId"]] = replace(entry, referral=0)
        self._pay(entry, "referral", amount, now)

    def _on_PremiumsCollected(self, event: Event, _: int) -> None:  # noqa: N802
        self._premium(event["seriesId"], event["amount"])
        self._out(event["amount"])

    def _pay(self, entry: PurchaseEntry, kind: str, amount: int, now: int) -> None:
        self._move(entry.promotion, reserved=-amount, spent=amount)
        self.rewards.append(Reward(now, entry.series_id, kind, amount))
        self._out(amount)

    def _premium(self, series_id: int, amount: int) -> None:
        """A premium of a series leaves what is held for its issuer."""
        held = self.premiums[series_id]
        if amount > held:
            raise LogError(
                "inconsistent", f"{amount} of premiums of series {series_id} left, {held} were held"
            )
        self.premiums[series_id] = held - amount
