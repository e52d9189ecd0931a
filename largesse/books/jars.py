"""The books of a StreamingTipEscrow, rebuilt from its logs alone: every jar, stream, membership and gift.

Nothing here knows how the contract computes: each flow earns its rate by the second from its start to its
end. Amounts called scaled are base units times `largesse.jars.scale_of`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from web3 import Web3

from largesse.addresses import ZERO_ADDRESS
from largesse.books.custody import CustodyBooks
from largesse.chainlogs import Event, LogError
from largesse.jars import Split, StreamKey, jar_id, scale_of

DAY: Final = 86_400

Member = tuple[str, str, int]
"""Creator, account, tier."""


@dataclass(frozen=True)
class Flow:
    """Money on its way into a jar: `rate` scaled units a second from `start` to `end`. While paused, `start`
    is 0 and `end` holds the seconds that are left. `payer` is the zero address for a claimed gift.
    """

    jar: int
    payer: str
    rate: int
    start: int
    end: int

    @property
    def paused(self) -> bool:
        return self.start == 0

    def earned(self, time: int) -> int:
        """Scaled units by `time`."""
        return 0 if self.paused else self.rate * (min(max(time, self.start), self.end) - self.start)

    def left(self, time: int) -> int:
        """Scaled units not earned by `time`."""
        return (
            self.rate * self.end if self.paused else self.rate * (self.end - self.start) - self.earned(time)
        )

    def runs(self, time: int) -> bool:
        return not self.paused and time < self.end


@dataclass
class JarBook:
    """One jar: what is over (`pieces` of flows, `credits` at once) and base units `collected`.

    `later` is dust of top-ups by the day with which it comes, in `settled` already.
    """

    pieces: list[Flow] = field(default_factory=list)
    credits: list[tuple[int, int]] = field(default_factory=list)
    later: Counter[int] = field(default_factory=Counter)
    settled: int = 0
    collected: int = 0
    split: Split | None = None

    def credit(self, time: int, scaled: int) -> None:
        self.credits.append((time, scaled))
        self.settled += scaled

    def finish(self, flow: Flow, time: int) -> None:
        """What a flow earned by `time` stays the jar's."""
        if flow.earned(time):
            self.pieces.append(replace(flow, end=min(time, flow.end)))
            self.settled += flow.earned(time)

    @property
    def undivided(self) -> int:
        """Base units of a shared jar's collections that wait for more to come."""
        return self.collected - sum(self.split.parts(self.collected)) if self.split else 0


@dataclass
class GiftBatch:
    """Gift subscriptions that were paid for, and how many of them are unclaimed."""

    jar: int
    rate: int
    amount_each: int
    left: int


class JarBooks(CustodyBooks):
    """All jars of one escrow. Feed it whole transactions, in their order, with `add`."""

    WITHOUT_BOOKS: ClassVar[frozenset[str]] = CustodyBooks.WITHOUT_BOOKS | {"TierSet", "MonthlyCapSet"}

    def __init__(self, decimals: int, block_time: Callable[[int], int]) -> None:
        super().__init__(block_time)
        self.scale = scale_of(decimals)
        self.jars: defaultdict[int, JarBook] = defaultdict(JarBook)
        self.streams: dict[StreamKey, Flow] = {}
        self.members: dict[Member, Flow] = {}
        self.gifts: dict[bytes, GiftBatch] = {}
        self.handle_tips: dict[bytes, int] = {}
        self._skipped: Counter[bytes] = Counter()

    # ------------------------------------------------------------------------------------------------ totals

    @property
    def unclaimed(self) -> int:
        """Base units in gift subscriptions and tips to handles that nobody has claimed."""
        gifts = sum(batch.left * batch.amount_each for batch in self.gifts.values())
        return gifts + sum(self.handle_tips.values())

    def due(self, time: int) -> dict[int, int]:
        """Scaled units that each jar has earned by `time`, less what was collected."""
        running: Counter[int] = Counter()
        for flow in self.flows():
            running[flow.jar] += flow.earned(time)
        found = {}
        for jar, book in self.jars.items():
            pending = sum(dust for day, dust in book.later.items() if day >= time // DAY)
            found[jar] = book.settled + running[jar] - pending - book.collected * self.scale
        return found

    def parts(self) -> int:
        """The same as `liabilities` in scaled units, put together from what each part is."""
        total = sum(flow.rate * (flow.end - flow.start) for flow in self.flows())
        for book in self.jars.values():
            total += book.settled - (book.collected - book.undivided) * self.scale
        return total + (self.unclaimed + self.total_owed) * self.scale

    def flows(self) -> Iterator[Flow]:
        """Every flow that has not been finished, ended ones among them."""
        yield from self.streams.values()
        yield from self.members.values()

    # -------------------------------------------------------------------------------------------------- feed

    def add(self, transaction: Sequence[Event]) -> None:
        """All events of one transaction. Raises LogError inconsistent where they can't have happened."""
        self._skipped.clear()
        super().add(transaction)

    def _begin(self, jar: int, payer: str, rate: int, amount: int, now: int, end: int) -> Flow:
        """A flow of `amount` base units from now on; what is less than a second's worth is the jar's."""
        dust = amount * self.scale - rate * (end - now)
        if not 0 <= dust < rate:
            raise LogError("inconsistent", f"{amount} at a rate of {rate} do not last until {end}")
        book = self.jars[jar]  # there is one from now on, dust or none
        if dust:
            book.credit(now, dust)
        return Flow(jar, payer, rate, now, end)

    def _extended(self, flow: Flow, amount: int, end: int) -> Flow:
        dust = amount * self.scale - flow.rate * (end - flow.end)
        if not 0 <= dust < flow.rate:
            raise LogError("inconsistent", f"{amount} at a rate of {flow.rate} do not lead to {end}")
        if dust:
            book = self.jars[flow.jar]
            book.later[end // DAY] += dust
            book.settled += dust
        return replace(flow, end=end)

    def _stop(self, flow: Flow, refund: int, now: int) -> None:
        rest = flow.left(now) - refund * self.scale
        if not 0 <= rest < self.scale:
            raise LogError("inconsistent", f"{refund} were refunded of {flow.left(now)} scaled units")
        self.jars[flow.jar].finish(flow, now)
        if rest:
            self.jars[flow.jar].credit(now, rest)
        self._out(refund)

    # ----------------------------------------------------------------------------------------------- streams

    def _on_StreamOpened(self, event: Event, now: int) -> None:  # noqa: N802
        key, amount = _key(event), event["amount"]
        if (old := self.streams.get(key)) is not None:
            self.jars[old.jar].finish(old, now)
        self._in(amount)
        self.streams[key] = self._begin(key.jar, key.payer, event["rate"], amount, now, event["endsAt"])

    def _on_StreamToppedUp(self, event: Event, _: int) -> None:  # noqa: N802
        self._in(event["amount"])
        key = _key(event)
        self.streams[key] = self._extended(self.streams[key], event["amount"], event["endsAt"])

    def _on_StreamCancelled(self, event: Event, now: int) -> None:  # noqa: N802
        self._stop(self.streams.pop(_key(event)), event["refund"], now)

    def _on_StreamRateChanged(self, event: Event, now: int) -> None:  # noqa: N802
        key = _key(event)
        old, rate, end = self.streams[key], event["rate"], event["endsAt"]
        self.jars[key.jar].finish(old, now)
        if dust := old.left(now) - rate * (end - now):
            self.jars[key.jar].credit(now, dust)
        self.streams[key] = replace(old, rate=rate, start=now, end=end)

    def _on_StreamPaused(self, event: Event, now: int) -> None:  # noqa: N802
        key = _key(event)
        self.jars[key.jar].finish(self.streams[key], now)
        self.streams[key] = replace(self.streams[key], start=0, end=event["secondsLeft"])

    def _on_StreamResumed(self, event: Event, now: int) -> None:  # noqa: N802
        key = _key(event)
        self.streams[key] = replace(self.streams[key], start=now, end=event["endsAt"])

    def _on_Tipped(self, event: Event, now: int) -> None:  # noqa: N802
        self._in(event["amount"])
        self.jars[event["jarId"]].credit(now, event["amount"] * self.scale)

    # ------------------------------------------------------------------------------------------------- jars

    def _on_Collected(self, event: Event, _: int) -> None:  # noqa: N802
        book, amount = self.jars[event["jarId"]], event["amount"]
        before = book.undivided
        book.collected += amount
        self._out(amount - (book.undivided - before))

    def _on_SharedJarCreated(self, event: Event, _: int) -> None:  # noqa: N802
        payees = tuple(map(_checksum, event["payees"]))
        self.jars[event["jarId"]].split = Split(payees, tuple(event["sharesBps"]))

    # ------------------------------------------------------------------------------------------- memberships

    def _on_Subscribed(self, event: Event, now: int) -> None:  # noqa: N802
        member, amount = _member(event), event["amount"]
        self._lapse(member, now)
        self._in(amount)
        self.members[member] = self._begin(
            event["jarId"], event["payer"], event["rate"], amount, now, event["until"]
        )

    def _on_SubscriptionExtended(self, event: Event, _: int) -> None:  # noqa: N802
        self._in(event["amount"])
        member = _member(event)
        self.members[member] = self._extended(self.members[member], event["amount"], event["until"])

    def _on_Unsubscribed(self, event: Event, now: int) -> None:  # noqa: N802
        self._stop(self.members.pop(_member(event)), event["refund"], now)

    def _lapse(self, member: Member, now: int) -> None:
        old = self.members.pop(member, None)
        if old is not None:
            self.jars[old.jar].finish(old, now)

    def _on_SubscriptionsGiven(self, event: Event, _: int) -> None:  # noqa: N802
        _, creator, _, version, rate, count, each, _, _, _ = event["gifts"]
        batch = GiftBatch(jar_id(_checksum(creator), version), rate, each, count)
        self.gifts[event["batchId"]] = batch
        self._in(count * each)

    def _on_GiftSubscriptionClaimed(self, event: Event, now: int) -> None:  # noqa: N802
        batch, member = self.gifts[event["batchId"]], _member(event)
        self._lapse(member, now)
        batch.left -= 1
        self.members[member] = self._begin(
            batch.jar, ZERO_ADDRESS, batch.rate, batch.amount_each, now, event["until"]
        )

    def _on_GiftSubscriptionsReclaimed(self, event: Event, _: int) -> None:  # noqa: N802
        self.gifts[event["batchId"]].left = 0
        self._out(event["amount"])

    # --------------------------------------------------------------------------------------------- handles

    def _on_HandleTipped(self, event: Event, _: int) -> None:  # noqa: N802
        amount = event["tip"][3]
        self.handle_tips[event["tipId"]] = amount
        self._in(amount)

    def _on_HandleTipSkipped(self, event: Event, _: int) -> None:  # noqa: N802
        self._skipped[event["tipId"]] += 1

    def _on_HandleTipsClaimed(self, event: Event, now: int) -> None:  # noqa: N802
        named = Counter(event["tipIds"])
        amount = sum(self.handle_tips.pop(tip) for tip in named if named[tip] > self._skipped[tip])
        self._skipped.clear()
        if amount != event["amount"]:
            raise LogError("inconsistent", f"tips of {amount} were open, {event['amount']} were claimed")
        self.jars[jar_id(event["recipient"])].credit(now, amount * self.scale)

    def _on_HandleTipReclaimed(self, event: Event, _: int) -> None:  # noqa: N802
        self._out(self.handle_tips.pop(event["tipId"]))

    # ----------------------------------------------------------------------------------------------- reports

    def income_by_day(self, jar: int, until: int) -> dict[int, int]:
        """Scaled units that a jar earned on each day (days since 1970) on which it earned, by `until`."""
        book = self.jars[jar]
        days: defaultdict[int, int] = defaultdict(int)
        for time, scaled in book.credits:
            days[time // DAY] += scaled
        for day, scaled in book.later.items():
            days[day] += scaled
        running = [flow for flow in self.flows() if flow.jar == jar and not flow.paused]
        for flow in [*book.pieces, *running]:
            end = min(flow.end, until)
            for day in range(flow.start // DAY, -(-end // DAY)):
                days[day] += flow.rate * (min(end, (day + 1) * DAY) - max(flow.start, day * DAY))
        return dict(sorted(days.items()))

    def running(self, jar: int, time: int) -> list[Flow]:
        """The flows of a jar that earn at `time`, by their end."""
        return sorted(
            (flow for flow in self.flows() if flow.jar == jar and flow.runs(time)), key=lambda flow: flow.end
        )


def _key(event: Event) -> StreamKey:
    return StreamKey(event["payer"], event["jarId"], event["index"])


def _member(event: Event) -> Member:
    return (event["creator"], event["account"], event["tier"])


def _checksum(address: str) -> str:
    return Web3.to_checksum_address(address)
