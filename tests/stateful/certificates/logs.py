"""Redemptions, balances and debts, rebuilt from the contract's logs alone, as an accountant without a node
would.

A redemption is a TransferSingle to the zero address whose operator is who was paid; a burn that is none is
followed by the event that says what it was. `Redeemed` and `RedeemedMany` carry the order and nonce of the
burns before them, `RedeemedInto` the payee.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.model.words import BPS, NEVER, ZERO, Redeemed, Right

Event = tuple[Any, ...]


def redemptions(events: Sequence[Event]) -> tuple[Redeemed, ...]:
    """The redemptions of one transaction, in their order."""
    found: list[Redeemed] = []
    numbered = 0
    for i, (name, *args) in enumerate(events):
        if name == "TransferSingle" and args[2] == ZERO and not _is_other(events[i + 1 :]):
            operator, holder, _, series_id, amount = args
            found.append(Redeemed(series_id, holder, operator, ZERO, amount, 0, 0))
        elif name == "Redeemed":
            found[-1] = replace(found[-1], order=args[0] >> 64, nonce=args[0] % 2**64)
        elif name == "RedeemedMany":
            rows = [args[0][j : j + 16] for j in range(0, len(args[0]), 16)]
            numbered = len(rows)
            for at, row in enumerate(rows, len(found) - numbered):
                order, nonce = int.from_bytes(row[:8], "big"), int.from_bytes(row[8:], "big")
                found[at] = replace(found[at], order=order, nonce=nonce)
        elif name == "RedeemedInto":
            for at in range(len(found) - numbered, len(found)):
                found[at] = replace(found[at], payee=args[1])
    return tuple(found)


def _is_other(following: Sequence[Event]) -> bool:
    """Whether what follows a burn says that it was no redemption."""
    names = [event[0] for event in following[:2]]
    if names[:1] and names[0] in ("Refunded", "GiftGiven", "GiftBatchGiven"):
        return True
    return names == ["TransferSingle", "Converted"]


class Accounts:
    """What the logs of a whole life add up to."""

    def __init__(self) -> None:
        self.balances: dict[tuple[int, str], int] = defaultdict(int)
        self.owed: dict[str, int] = defaultdict(int)
        self.fees: dict[int, int] = defaultdict(int)
        self.fee_bps: dict[int, int] = {}
        self.named: dict[int, bool] = {}
        self.merchant_until: dict[tuple[int, str], int] = {}
        self.service_until: dict[tuple[int, str], int] = {}
        self.paid_in: dict[int, int] = defaultdict(int)  # face created with money or by conversion
        self.paid_out: dict[int, int] = defaultdict(int)  # face destroyed with a payout, owed ones included
        self.refunded: dict[int, int] = defaultdict(int)
        self.remainders: dict[tuple[int, str], int] = defaultdict(int)  # face, paid out after use
        self.funded: dict[bytes, int] = {}
        self.taken: dict[bytes, int] = defaultdict(int)  # out of a batch, claimed or taken back

    def add(self, events: Sequence[Event]) -> None:
        """One transaction's."""
        paid = redemptions(events)
        for one in paid:
            self.paid_out[one.series_id] += one.amount
            if one.payee == ZERO:
                self.fees[one.series_id] += one.amount * self.fee_bps[one.series_id] // BPS
        moved = (ZERO, ZERO, 0, 0)  # the last TransferSingle: from, to, series, amount
        for i, (name, *args) in enumerate(events):
            if name == "TransferSingle":
                moved = tuple(args[1:])
                self._move(*moved)
                # Face that is no gift's comes with money, or with face burnt elsewhere.
                before, after = _name(events, i - 1), _name(events, i + 1)
                gift = after.startswith("GiftClaimed") or before in RETURNS
                if args[1] == ZERO and not gift:
                    self.paid_in[args[3]] += args[4]
                if before == "GiftRecalledFromBatch":
                    self.taken[events[i - 1][1]] += args[4]
            elif name == "TransferBatch":
                for series_id, amount in zip(args[3], args[4], strict=True):
                    self._move(args[1], args[2], series_id, amount)
            else:
                self._note(name, args, moved)

    def _move(self, from_: str, to: str, series_id: int, amount: int) -> None:
        if from_ != ZERO:
            self.balances[series_id, from_] -= amount
        if to != ZERO:
            self.balances[series_id, to] += amount

    def _note(self, name: str, args: Sequence[Any], moved: tuple[Any, ...]) -> None:
        if name == "SeriesCreated":
            self.fee_bps[args[0]], self.named[args[0]] = args[3][4], args[3][5]
        elif name == "MerchantSet":
            part = self.service_until if (args[0], args[1]) in self.service_until else self.merchant_until
            if args[2] == NEVER:
                self.service_until.pop((args[0], args[1]), None)
                part = self.merchant_until
            part[args[0], args[1]] = args[2]
        elif name == "ServiceAdmitted":
            self.merchant_until.pop((args[0], args[1]), None)
            self.service_until[args[0], args[1]] = NEVER
        elif name == "FeesCollected":
            self.fees[args[0]] -= args[2]
        elif name == "PayoutOwed":
            self.owed[args[0]] += args[1]
        elif name == "OwedPaid":
            self.owed[args[0]] -= args[2]
        elif name == "Refunded":
            self.paid_out[args[0]] += args[3]
            self.refunded[args[0]] += args[4]
            if args[2] == Right.REMAINDER:
                self.remainders[args[0], args[1]] += args[3]
        elif name == "Converted":
            self.paid_out[args[0]] += args[3]
        elif name == "SeriesForfeited":
            self.paid_out[args[0]] += args[2]
            for key in [key for key in self.balances if key[0] == args[0]]:
                del self.balances[key]
        elif name == "GiftBatchGiven":
            self.funded[args[0]] = moved[3]
        elif name == "GiftClaimedFromBatch":
            self.taken[args[0]] += moved[3]
        elif name == "GiftBatchReclaimed":
            self.taken[args[0]] += args[1]


RETURNS = ("GiftRecalled", "GiftRecalledFromBatch", "GiftBatchReclaimed")


def _name(events: Sequence[Event], at: int) -> str:
    return str(events[at][0]) if 0 <= at < len(events) else ""
