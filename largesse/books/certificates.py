"""The books of a GiftCertificates, rebuilt from its logs alone.

Every event changes the books here as the transaction that wrote it changed the contract's storage. A burn
says only by the events around it what it was (`ICertificateTypes` tells how), so a transaction's events are
read together and in their order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from eth_abi.abi import encode
from web3 import Web3

from largesse.addresses import ZERO_ADDRESS
from largesse.chainlogs import Event, LogError
from largesse.eip712 import keccak
from largesse.terms.fields import FULL_BPS, Terms

_ROW_BYTES = 16
_UINT96 = 2**96 - 1
_UINT40 = 2**40 - 1
_GIFT_TYPES = ("address",) * 3 + ("uint256",) * 6 + ("bytes32",)

BlockTime = Callable[[int], int]


@dataclass(frozen=True)
class Redemption:
    """One payment with a certificate. `payee` is the merchant's own address, or for whom a service was paid;
    `nonce` is 0 where the holder sent the transaction, `order` 0 where there was none.
    """

    block: int
    tx: str
    series_id: int
    holder: str
    merchant: str
    payee: str
    amount: int
    fee: int
    order: int
    nonce: int


@dataclass
class Holding:
    """A holder in one series."""

    balance: int = 0
    spent: int = 0
    nonce: int = 0


class Holdings(dict[tuple[int, str], Holding]):
    """By series and holder: whoever is asked for is there from then on, with nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._holders: defaultdict[int, list[str]] = defaultdict(list)

    def __missing__(self, key: tuple[int, str]) -> Holding:
        self._holders[key[0]].append(key[1])
        found = self[key] = Holding()
        return found

    def of(self, series_id: int) -> list[tuple[str, Holding]]:
        """The holders of a series, and what each has."""
        return [(holder, self[series_id, holder]) for holder in self._holders.get(series_id, ())]


@dataclass
class SeriesBooks:
    """One series: terms from its creation, the rest from what happened since."""

    terms: Terms
    issuer: str
    outstanding: int = 0
    fees: int = 0
    wound_down: bool = False
    forfeited: bool = False
    merchants: dict[str, int] = field(default_factory=dict)
    full_refund_from: int = 0
    issued: int = 0
    restored: int = 0
    redeemed: int = 0
    refunded: int = 0
    converted_in: int = 0
    converted_out: int = 0
    forfeit: int = 0


@dataclass
class Batch:
    """A batch of gifts: what is unclaimed of it."""

    series_id: int
    remaining: int


class Books:
    """All series of one contract. Feed it whole transactions, in their order, with `add`."""

    def __init__(self, block_time: BlockTime) -> None:
        self.series: dict[int, SeriesBooks] = {}
        self.holdings = Holdings()
        self.gifts: dict[bytes, tuple[int, int]] = {}  # open ones: series, amount
        self.batches: dict[bytes, Batch] = {}
        self.owed: defaultdict[str, int] = defaultdict(int)
        self.redemptions: list[Redemption] = []
        self.events = 0
        self._block_time = block_time
        self._transaction: Sequence[Event] = ()
        self._liabilities = 0
        self._run = (0, 0)
        """Where the burns end that stand together at the moment, and how many of them are left."""

    # ------------------------------------------------------------------------------------------------ totals

    @property
    def outstanding(self) -> int:
        return sum(one.outstanding for one in self.series.values())

    @property
    def fees(self) -> int:
        return sum(one.fees for one in self.series.values())

    @property
    def total_owed(self) -> int:
        return sum(self.owed.values())

    @property
    def liabilities(self) -> int:
        """What the contract must hold, in base units: asked for after every block, so it is kept."""
        return self._liabilities

    def parts(self) -> int:
        """The same, put together from every series' face and fees, and what is owed."""
        return self.outstanding + self.fees + self.total_owed

    def unclaimed(self) -> Counter[int]:
        """Face in gifts that nobody has claimed, by series."""
        found: Counter[int] = Counter()
        for series_id, amount in self.gifts.values():
            found[series_id] += amount
        for batch in self.batches.values():
            found[batch.series_id] += batch.remaining
        return found

    def held(self, series_id: int) -> int:
        """Face in balances."""
        return sum(one.balance for _, one in self.holdings.of(series_id))

    # -------------------------------------------------------------------------------------------------- feed

    def add(self, transaction: Sequence[Event]) -> None:
        """All events of one transaction. Raises LogError inconsistent where they can't have happened."""
        self._transaction, self._run = transaction, (0, 0)
        position = 0
        while position < len(transaction):
            position += self._one(position)
        self.events += len(transaction)

    def _one(self, at: int) -> int:
        """Take the event at `at`; how many events that used up."""
        event = self._transaction[at]
        if event.name == "TransferSingle":
            return self._transfer(at)
        take = getattr(self, f"_on_{event.name}", None)
        if take is not None:
            take(event)
        elif event.name not in _WITHOUT_BOOKS:
            raise LogError("inconsistent", f"{event.tx}: {event.name} stands alone in log {event.index}")
        return 1

    def _name(self, at: int) -> str:
        return self._transaction[at].name if 0 <= at < len(self._transaction) else ""

    # --------------------------------------------------------------------------------------------- transfers

    def _transfer(self, at: int) -> int:
        event = self._transaction[at]
        if event["from"] == ZERO_ADDRESS:
            return self._mint(at)
        if event["to"] == ZERO_ADDRESS:
            return self._burn(at)
        self._move(event["id"], event["from"], event["to"], event["value"])
        return 1

    def _move(self, series_id: int, giver: str, taker: str, amount: int) -> None:
        self._take(series_id, giver, amount)
        self.holdings[series_id, taker].balance += amount

    def _take(self, series_id: int, holder: str, amount: int) -> None:
        held = self.holdings[series_id, holder]
        if held.balance < amount:
            raise LogError(
                "inconsistent", f"{holder} has {held.balance} of series {series_id} and {amount} leave"
            )
        held.balance -= amount

    def _book(self, books: SeriesBooks, face: int) -> None:
        """Face came, or went."""
        books.outstanding += face
        self._liabilities += face

    def _mint(self, at: int) -> int:
        event, after = self._transaction[at], self._name(at + 1)
        series_id, holder, amount = event["id"], event["to"], event["value"]
        self.holdings[series_id, holder].balance += amount
        if self._name(at - 1) in _GIVEN_BACK:
            return 1  # the event before has taken it out of the gifts
        if after == "GiftClaimed":
            self._close_gift(self._transaction[at + 1]["giftId"], amount)
            return 2
        if after == "GiftClaimedFromBatch":
            self._draw_batch(self._transaction[at + 1]["batchId"], amount)
            return 2
        books = self.series[series_id]
        self._book(books, amount)
        if after == "Restored":
            held = self.holdings[series_id, holder]
            held.spent -= min(amount, held.spent)
            books.restored += amount
            return 2
        books.issued += amount
        return 1

    def _burn(self, at: int) -> int:
        event, after = self._transaction[at], self._name(at + 1)
        series_id, holder, amount = event["id"], event["from"], event["value"]
        self._take(series_id, holder, amount)
        if after == "GiftGiven":
            return self._give(at)
        if after == "GiftBatchGiven":
            self.batches[self._transaction[at + 1]["batchId"]] = Batch(series_id, amount)
            return 2
        self.holdings[series_id, holder].spent += amount
        books = self.series[series_id]
        self._book(books, -amount)
        if after == "Refunded":
            books.refunded += amount
            return 2
        if after == "TransferSingle" and self._name(at + 2) == "Converted":
            mint = self._transaction[at + 1]
            self.holdings[mint["id"], mint["to"]].balance += mint["value"]
            self._book(self.series[mint["id"]], mint["value"])
            self.series[mint["id"]].converted_in += mint["value"]
            books.converted_out += amount
            return 3
        self._redeem(at)
        return 1

    def _give(self, at: int) -> int:
        """A burn, GiftGiven, and GiftAddressed where a recipient is named or a message left."""
        burn, given = self._transaction[at], self._transaction[at + 1]
        recipient, message, used = ZERO_ADDRESS, bytes(32), 2
        if self._name(at + 2) == "GiftAddressed":
            addressed = self._transaction[at + 2]
            recipient, message, used = addressed["recipient"], addressed["messageHash"], 3
        dates = given["dates"]
        gift = (
            burn["from"], given["key"], recipient, burn["id"], burn["value"], dates & _UINT40,
            dates >> 40 & _UINT40, self._block_time(burn.block), dates >> 80, message,
        )  # fmt: skip
        self.gifts[keccak(encode(_GIFT_TYPES, gift))] = (burn["id"], burn["value"])
        return used

    def _close_gift(self, gift_id: bytes, amount: int | None = None) -> None:
        _, booked = self.gifts.pop(gift_id, (0, -1))
        if booked < 0 or amount not in (None, booked):
            raise LogError("inconsistent", f"gift 0x{gift_id.hex()} of {amount} was never given so")

    def _draw_batch(self, batch_id: bytes, amount: int) -> None:
        batch = self.batches.get(batch_id)
        if batch is None or batch.remaining < amount:
            raise LogError("inconsistent", f"batch 0x{batch_id.hex()} can't give {amount}")
        batch.remaining -= amount

    # ------------------------------------------------------------------------------------------- redemptions

    def _redeem(self, at: int) -> None:
        """A burn that is nothing else: its order, nonce and payee stand in the event that ends its call."""
        event = self._transaction[at]
        order = nonce = 0
        payee = event["operator"]
        end, behind = self._burns_from(at)
        into_service = False
        if self._name(at + 1) == "Redeemed":
            row = self._transaction[at + 1]["row"]
            order, nonce = row >> 64, row & 2**64 - 1
        elif self._name(end) == "RedeemedMany":
            rows = self._transaction[end]["rows"]
            start = len(rows) - behind * _ROW_BYTES
            # A burn before the call's first one belongs to an earlier call without events of its own.
            if start >= 0:
                order = int.from_bytes(rows[start : start + 8], "big")
                nonce = int.from_bytes(rows[start + 8 : start + 16], "big")
                into_service = self._name(end + 1) == "RedeemedInto"
                if into_service:
                    payee = self._transaction[end + 1]["payee"]
        books = self.series[event["id"]]
        fee = 0 if into_service else event["value"] * books.terms.fee_bps // FULL_BPS
        books.fees += fee
        self._liabilities += fee
        books.redeemed += event["value"]
        if nonce:
            self.holdings[event["id"], event["from"]].nonce = nonce
        self.redemptions.append(
            Redemption(
                event.block, event.tx, event["id"], event["from"], event["operator"], payee, event["value"],
                fee, order, nonce,
            )
        )  # fmt: skip

    def _burns_from(self, at: int) -> tuple[int, int]:
        """Where the burns end that stand together from `at` on, and how many they are: a call's stand before
        the event that lists them, skipped rows between them."""
        end, count = self._run
        if at < end:
            self._run = (end, count - 1)
            return self._run
        end, count = at + 1, 1
        while self._name(end) == "RedemptionSkipped" or self._is_burn(end):
            count += self._is_burn(end)
            end += 1
        self._run = (end, count)
        return self._run

    def _is_burn(self, at: int) -> bool:
        """A redemption's burn: one that no event behind it declares to be something else."""
        if self._name(at) != "TransferSingle" or self._transaction[at]["to"] != ZERO_ADDRESS:
            return False
        if self._name(at + 1) in ("Refunded", "GiftGiven", "GiftBatchGiven"):
            return False
        return self._name(at + 2) != "Converted"

    # ---------------------------------------------------------------------------------------- single events

    def _on_SeriesCreated(self, event: Event) -> None:  # noqa: N802 - named as the event is
        values = list(event["terms"])
        values[0] = Web3.to_checksum_address(values[0])
        self.series[event["seriesId"]] = SeriesBooks(Terms(*values), event["issuer"])

    def _on_MerchantSet(self, event: Event) -> None:  # noqa: N802
        books = self.series[event["seriesId"]]
        books.merchants[event["merchant"]] = event["removedAt"]
        if event["removedAt"] != _UINT40:
            self._open_full_refund(books, event["removedAt"])

    def _on_WoundDown(self, event: Event) -> None:  # noqa: N802
        books = self.series[event["seriesId"]]
        books.wound_down = True
        self._open_full_refund(books, self._block_time(event.block))

    @staticmethod
    def _open_full_refund(books: SeriesBooks, since: int) -> None:
        if not books.full_refund_from or since < books.full_refund_from:
            books.full_refund_from = since

    def _on_SeriesForfeited(self, event: Event) -> None:  # noqa: N802
        series_id = event["seriesId"]
        books = self.series[series_id]
        if books.outstanding != event["amount"]:
            raise LogError(
                "inconsistent",
                f"series {series_id} had {books.outstanding} outstanding, {event['amount']} were forfeited",
            )
        books.forfeit, books.forfeited = books.outstanding, True
        self._book(books, -books.outstanding)
        for _, held in self.holdings.of(series_id):
            held.balance = 0

    def _on_FeesCollected(self, event: Event) -> None:  # noqa: N802
        books = self.series[event["seriesId"]]
        if books.fees != event["amount"]:
            raise LogError(
                "inconsistent", f"fees of {books.fees} had accrued, {event['amount']} were collected"
            )
        books.fees = 0
        self._liabilities -= event["amount"]

    def _on_TransferBatch(self, event: Event) -> None:  # noqa: N802
        for series_id, amount in zip(event["ids"], event["values"], strict=True):
            self._move(series_id, event["from"], event["to"], amount)

    def _on_GiftRecalled(self, event: Event) -> None:  # noqa: N802
        self._close_gift(event["giftId"])

    def _on_GiftRecalledFromBatch(self, event: Event) -> None:  # noqa: N802
        # The amount stands in the transfer that follows.
        at = self._transaction.index(event)
        self._draw_batch(event["batchId"], self._transaction[at + 1]["value"])

    def _on_GiftBatchReclaimed(self, event: Event) -> None:  # noqa: N802
        self._draw_batch(event["batchId"], event["amount"])

    def _on_AuthorizationUsed(self, event: Event) -> None:  # noqa: N802
        self.holdings[event["seriesId"], event["holder"]].nonce = event["nonce"]

    def _on_PayoutOwed(self, event: Event) -> None:  # noqa: N802
        self.owed[event["payee"]] += event["amount"]
        self._liabilities += event["amount"]

    def _on_OwedPaid(self, event: Event) -> None:  # noqa: N802
        if self.owed[event["payee"]] != event["amount"]:
            raise LogError("inconsistent", f"{event['payee']} was paid {event['amount']} of another debt")
        self.owed[event["payee"]] = 0
        self._liabilities -= event["amount"]


_GIVEN_BACK = ("GiftRecalled", "GiftRecalledFromBatch", "GiftBatchReclaimed")
# They tell more about what another event has booked, or about rights that move no money.
_WITHOUT_BOOKS = (
    "ServiceAdmitted", "CountedUsed",
    "OperatorSet", "Redeemed", "RedeemedMany", "RedeemedInto", "RedemptionSkipped", "IssuanceSkipped",
    "ApprovalForAll", "URI",
)  # fmt: skip
