"""The model of a payer's monthly caps, and the books of the streaming-tip escrow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.model import custody
from tests.model.certificates import Certificates
from tests.model.custody import Custody, operation
from tests.model.jar_words import (
    NO_LIMIT,
    Cap,
    Flow,
    Membership,
    Placement,
    SharedJar,
    Stream,
    Tier,
    month_of,
)
from tests.model.jars import Jar
from tests.model.words import Checks, Consent, Message


@dataclass
class Books(custody.Books):
    """What the escrow keeps besides."""

    jars: dict[int, Jar] = field(default_factory=dict)
    streams: dict[Flow, Stream] = field(default_factory=dict)
    placements: dict[bytes, Placement] = field(default_factory=dict)  # by the stream's id
    shared: dict[int, SharedJar] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    tiers: dict[tuple[str, int], Tier] = field(default_factory=dict)
    members: dict[tuple[str, str, int], Membership] = field(default_factory=dict)
    gifts: dict[bytes, int] = field(default_factory=dict)  # of a batch, those that are left
    claimed: dict[tuple[bytes, int], bool] = field(default_factory=dict)
    tips: dict[bytes, bool] = field(default_factory=dict)  # those that are open
    caps: dict[str, Cap] = field(default_factory=dict)
    spans: int = 0


class Caps(Custody[Books]):
    """Whatever is paid counts against this month's cap."""

    def __init__(self, here: str, certificates: Certificates, decimals: int) -> None:
        super().__init__(here, certificates, Books())
        self.scale: int = 10 ** min(9, max(0, 18 - decimals))

    def check_paid(
        self, check: Checks, account: str, amount: int, message: Message, consent: Consent
    ) -> None:
        self.check_cap(check, account, amount)
        super().check_paid(check, account, amount, message, consent)

    def use_paid(self, account: str, amount: int, message: Message, consent: Consent) -> None:
        self.count(account, amount)
        super().use_paid(account, amount, message, consent)

    def cap(self, payer: str) -> Cap | None:
        """This month's; None while none was ever set."""
        cap, month = self.books.caps.get(payer), month_of(self.now)
        if cap is None or cap.month == month:
            return cap
        return Cap(cap.next_limit, cap.next_limit, month, 0)

    def check_cap(self, check: Checks, payer: str, amount: int) -> None:
        cap = self.cap(payer)
        if cap is not None and cap.limit != NO_LIMIT:
            kept = cap.used + amount <= cap.limit
            check.need(kept, "Jar_OverMonthlyCap", payer, cap.used, amount, cap.limit)

    def count(self, payer: str, amount: int) -> None:
        """Counts what was paid against this month's cap, if there is one."""
        cap = self.cap(payer)
        if cap is not None and cap.limit != NO_LIMIT:
            self.books.caps[payer] = replace(cap, used=cap.used + amount)

    @operation
    def set_monthly_cap(self, caller: str, payer: str, limit: int, consent: Consent) -> None:
        check = Checks()
        self.check_consent(check, payer, ("SetMonthlyCap", payer, limit), consent)
        check.done()
        self.use_consent(payer, consent)
        cap, month = self.cap(payer), month_of(self.now)
        if cap is None or limit <= cap.limit:
            used = 0 if cap is None else cap.used
            self.books.caps[payer] = Cap(limit, limit, month, used)
            self.emit("MonthlyCapSet", payer, limit, month)
        else:
            self.books.caps[payer] = replace(cap, next_limit=limit)
            self.emit("MonthlyCapSet", payer, limit, month + 1)

    def monthly_cap(self, payer: str) -> tuple[int, int, int]:
        """Limit, used, next month's limit."""
        cap = self.cap(payer)
        return (NO_LIMIT, 0, NO_LIMIT) if cap is None else (cap.limit, cap.used, cap.next_limit)
