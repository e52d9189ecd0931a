"""An exact reference model of GiftCertificates, from its documentation alone.

Every operation of `IGiftCertificates` is a method in snake case that takes the caller first and then the
same arguments; signatures are passed as what they say (`Signature`), not as bytes. It either has exactly the
effects that the contract must have, events in `events` included, or raises `Refused` with every rule that
was broken, as error name and values, and has none. A contract that follows this model reverts when it
refuses, with one of its faults.
"""

from __future__ import annotations

from enum import IntEnum

from tests.model.gifts import Gifts
from tests.model.issuance import Issuance
from tests.model.refunds import Refunds
from tests.model.words import Series


class Phase(IntEnum):
    """Of a series, at any second exactly one."""

    BEFORE_EXPIRY = 0
    AFTER_EXPIRY = 1
    AFTER_LIMITATION = 2


class Certificates(Issuance, Gifts, Refunds):
    """All of it, and what can be asked of it."""

    def phase(self, series: Series) -> Phase:
        """Now."""
        if self.now < series.terms.expires_at:
            return Phase.BEFORE_EXPIRY
        return Phase.AFTER_EXPIRY if self.now < series.terms.limitation_at else Phase.AFTER_LIMITATION

    def status(self, series: Series) -> int:
        """0 live, 1 sales closed, 2 wound down, 3 expired, 4 past limitation, 5 forfeited."""
        if series.forfeited:
            return 5
        phase = self.phase(series)
        if phase is not Phase.BEFORE_EXPIRY:
            return 2 + phase
        if series.wound_down:
            return 2
        return int(self.now >= series.terms.sales_close_at)

    def liabilities(self) -> int:
        """Face outstanding, fees not collected, payouts owed."""
        series = self.books.series.values()
        return sum(s.outstanding + s.fees for s in series) + sum(self.books.owed.values())
