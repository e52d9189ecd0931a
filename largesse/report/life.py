"""The life of a currency's certificates: the books of `largesse.books.certificates`, and each movement of
face beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from largesse.addresses import ZERO_ADDRESS
from largesse.books.certificates import BlockTime, Books
from largesse.chainlogs import Event
from largesse.holdings import Right

RIGHTS: Final = {right: right.name.lower().replace("_", " ") for right in Right}


@dataclass(frozen=True)
class Movement:
    """What one event did to face. `holder` had it, or has it now where it was made; `other` is the recipient
    of a transfer, the payee of a redemption, the beneficiary of a forfeiture.

    `kind`: issued, restored, converted in, claimed, recalled (to the holder); redeemed, refunded, converted
    out, given (from the holder); transferred; forfeited (a whole series). `gift` is the id of a gift or of
    its batch; `paid` what a refund paid, or a redemption's merchant had; `reason` a refund's right; `order`
    and `service` a redemption's.
    """

    time: int
    block: int
    tx: str
    index: int
    kind: str
    series_id: int
    holder: str
    amount: int
    other: str = ""
    paid: int = 0
    reason: str = ""
    order: int = 0
    service: str = ""
    gift: bytes = b""


class Life(Books):
    """All certificates of one contract, and all that happened to them. Feed it as `Books`."""

    def __init__(self, block_time: BlockTime) -> None:
        super().__init__(block_time)
        self.movements: list[Movement] = []

    def _one(self, at: int) -> int:
        event = self._transaction[at]
        before = self._counters(event)
        used = super()._one(at)
        if event.name == "TransferSingle":
            self._single(at, used, before)
        elif event.name == "TransferBatch":
            for series_id, amount in zip(event["ids"], event["values"], strict=True):
                self._note(event, "transferred", series_id, event["from"], amount, other=event["to"])
        elif event.name == "SeriesForfeited":
            self._note(
                event, "forfeited", event["seriesId"], "", event["amount"], other=event["beneficiary"],
                paid=event["amount"],
            )  # fmt: skip
        return used

    def _counters(self, event: Event) -> tuple[int, ...]:
        one = self.series.get(event["id"]) if event.name == "TransferSingle" else None
        return (one.issued, one.restored, one.redeemed, one.refunded, one.converted_out) if one else ()

    def _single(self, at: int, used: int, before: tuple[int, ...]) -> None:
        event = self._transaction[at]
        series_id, giver, taker, amount = event["id"], event["from"], event["to"], event["value"]
        if ZERO_ADDRESS not in (giver, taker):
            self._note(event, "transferred", series_id, giver, amount, other=taker)
            return
        changed = [new != old for new, old in zip(self._counters(event), before, strict=True)]
        kind = next((name for name, hit in zip(_KINDS, changed, strict=True) if hit), "")
        if kind == "redeemed":
            row = self.redemptions[-1]
            service = row.merchant if row.payee != row.merchant else ""
            self._note(
                event, kind, series_id, giver, amount, other=row.payee, paid=amount - row.fee,
                order=row.order, service=service,
            )  # fmt: skip
        elif kind == "refunded":
            said = self._transaction[at + 1]
            right = RIGHTS[Right(said["right"])]
            self._note(event, kind, series_id, giver, amount, paid=said["payout"], reason=right)
        elif kind == "converted out":
            mint = self._transaction[at + 1]
            self._note(event, kind, series_id, giver, amount)
            self._note(mint, "converted in", mint["id"], mint["to"], mint["value"])
        elif kind:
            self._note(event, kind, series_id, taker, amount)
        elif giver == ZERO_ADDRESS:
            claimed = used == 2  # the event that follows says of which gift
            said = self._transaction[at + 1 if claimed else at - 1]
            self._note(
                event, "claimed" if claimed else "recalled", series_id, taker, amount, gift=_gift(said)
            )
        else:
            given = self._transaction[at + 1]
            gift = _gift(given) if given.name == "GiftBatchGiven" else next(reversed(self.gifts))
            self._note(event, "given", series_id, giver, amount, gift=gift)

    def _note(
        self, event: Event, kind: str, series_id: int, holder: str, amount: int, *, other: str = "",
        paid: int = 0, reason: str = "", order: int = 0, service: str = "", gift: bytes = b"",
    ) -> None:  # fmt: skip
        if not amount:
            return  # anybody may hand on nothing, to whom and as often as they like
        time = self._block_time(event.block)
        self.movements.append(
            Movement(
                time, event.block, event.tx, event.index, kind, series_id, holder, amount, other, paid,
                reason, order, service, gift,
            )
        )  # fmt: skip


_KINDS: Final = ("issued", "restored", "redeemed", "refunded", "converted out")


def _gift(event: Event) -> bytes:
    """The id of the gift, or of the batch, that an event is about."""
    return bytes(event.values.get("giftId") or event["batchId"])
