"""The model of streams, one-off tips, collecting, and shared jars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.model.caps import Caps
from tests.model.custody import operation
from tests.model.jar_words import (
    LATEST,
    MAX_JAR_RATE,
    MAX_PAYEES,
    MAX_RATE,
    MAX_VERSIONS,
    Flow,
    Placement,
    SharedJar,
    Stream,
    StreamKey,
    creator_of,
    jar_of,
    membership_id,
    stream_id,
)
from tests.model.jars import Jar, Span, day_of
from tests.model.words import BPS, ZERO, Checks, Consent


class Streams(Caps):
    """Flows into jars, and out of them."""

    # -------------------------------------------------------------------------------------- reading

    def jar(self, jar_id: int) -> Jar:
        """As it stands; a new one begins today."""
        return self.books.jars.get(jar_id, Jar(cursor=day_of(self.now)))

    def stream(self, flow: Flow) -> Stream:
        return self.books.streams.get(flow, Stream())

    def runs(self, stream: Stream) -> bool:
        return stream.started_at != 0 and self.now < stream.ends_at

    def pauses(self, stream: Stream) -> bool:
        return stream.started_at == 0 and stream.ends_at != 0

    def left(self, stream: Stream) -> int:
        """Scaled units not earned."""
        if self.pauses(stream):
            return stream.rate * stream.ends_at
        return stream.rate * max(stream.ends_at - self.now, 0)

    def refundable(self, key: StreamKey) -> int:
        return self.left(self.stream(key)) // self.scale

    def claimable_scaled(self, jar_id: int) -> int:
        return self.jar(jar_id).claimable(self.now)

    def claimable(self, jar_id: int) -> int:
        return self.claimable_scaled(jar_id) // self.scale

    # ------------------------------------------------------------------------------------- the rules

    def check_jar(self, check: Checks, jar_id: int) -> None:
        version, creator = jar_id >> 160, creator_of(jar_id)
        known = version <= self.books.versions.get(creator, 0) and creator not in (ZERO, self.here)
        check.need(known, "Jar_UnknownJar", jar_id)

    def check_series(self, check: Checks, jar_id: int, series_id: int, ends_at: int) -> None:
        """What a named series asks of a stream."""
        if series_id:
            check.need(jar_id >> 160 == 0, "Jar_SeriesBarsSharedJar", series_id, jar_id)
            expiry = self.certificates.books.series[series_id].terms.expires_at
            check.need(ends_at < expiry, "Jar_EndsAfterSeries", ends_at, expiry)

    def check_flow(
        self, check: Checks, jar_id: int, rate: int, scaled: int, start: int, series_id: int, freed: int = 0
    ) -> int:
        """`scaled` units at `rate` from `start` on, while `freed` of the jar's rate goes. Its end."""
        ends_at = self.check_lasting(check, rate, scaled, start)
        self.check_series(check, jar_id, series_id, ends_at)
        total = self.jar(jar_id).rate() - freed + rate
        lump = day_of(start) == day_of(ends_at)
        check.need(lump or total <= MAX_JAR_RATE, "Jar_Full", jar_id, total, MAX_JAR_RATE)
        return ends_at

    def check_lasting(self, check: Checks, rate: int, scaled: int, start: int) -> int:
        """The rate is one, and the money lasts a second and not for ever. Its end."""
        check.need(1 <= rate <= MAX_RATE, "Jar_RateOutOfRange", rate, MAX_RATE)
        check.need(scaled >= rate, "Jar_AmountBelowOneSecond", scaled, rate)
        ends_at = start + (scaled // rate if rate else 0)
        check.need(ends_at <= LATEST, "Jar_EndTooLate", ends_at, LATEST)
        return ends_at

    def check_runs(self, check: Checks, name: bytes, stream: Stream) -> None:
        check.need(self.runs(stream), "Jar_StreamNotRunning", name, stream.ends_at)

    # ------------------------------------------------------------------------------------ the effects

    def begin(self, flow: Flow, jar_id: int, rate: int, scaled: int, series_id: int) -> int:
        """A flow of `scaled` units from now on; what does not divide is the creator's at once. Its end."""
        seconds, dust = divmod(scaled, rate)
        self.books.spans += 1
        span = Span(rate, self.now, self.now + seconds)
        self.books.jars[jar_id] = self.jar(jar_id).put(self.books.spans, span).add(dust)
        self.books.streams[flow] = Stream(rate, span.start, span.end, series_id, self.books.spans)
        return span.end

    def extend(self, flow: Flow, jar_id: int, amount: int) -> int:
        """A running flow lasts longer; what does not divide comes with the day of its new end. Its end."""
        stream, jar = self.stream(flow), self.jar(jar_id)
        seconds, dust = divmod(amount * self.scale, stream.rate)
        span = Span(stream.rate, stream.started_at, stream.ends_at + seconds)
        self.books.jars[jar_id] = jar.put(stream.span, span).add_dust(span, dust)
        self.books.streams[flow] = replace(stream, ends_at=span.end)
        return span.end

    def halt(self, flow: Flow, jar_id: int) -> int:
        """A running or paused flow stops now. Scaled units that are left."""
        stream = self.stream(flow)
        left = self.left(stream)
        if not self.pauses(stream):
            self.books.jars[jar_id] = self.jar(jar_id).stop(stream.span, self.now)
        return left

    def place(self, name: bytes, holder: str, series_id: int, amount: int) -> None:
        """A card of a named series has paid into this stream."""
        if series_id:
            before = self.books.placements.get(name)
            amount += before.amount if before else 0
            self.books.placements[name] = Placement(holder, series_id, amount)

    def count_placed(self, name: bytes, refund: int) -> None:
        """What a stream can't give back any more is used; `refund` base units it still can."""
        placement = self.books.placements.get(name)
        if placement is not None and placement.amount > refund:
            used = placement.amount - refund
            self.certificates.use_placed(self.here, placement.holder, placement.series_id, used)
            self.books.placements[name] = replace(placement, amount=refund)

    def give_back(self, flow: Flow, jar_id: int, payer: str, name: bytes) -> int:
        """Ends a flow and refunds it; what does not make a base unit is the creator's. Base units."""
        stream = self.stream(flow)
        refund, rest = divmod(self.halt(flow, jar_id), self.scale)
        self.books.jars[jar_id] = self.jar(jar_id).add(rest)
        del self.books.streams[flow]
        self.count_placed(name, refund)
        self.books.placements.pop(name, None)
        said = self.certificates.events
        self.pay_back(stream.series_id, payer, refund)
        if stream.series_id and refund:  # a restore is an operation of its own, and tells what it did
            self.certificates.events = [*said, *self.certificates.events]
        return refund

    def pay_back(self, series_id: int, payer: str, refund: int) -> int:
        """Money of a named series goes back to the card."""
        if series_id == 0:
            self.pay_out(payer, refund)
        elif refund:
            self.certificates.restore_from_service(self.here, payer, series_id, refund)
        return refund

    # ----------------------------------------------------------------------------------- operations

    @operation
    def open(self, caller: str, key: StreamKey, rate: int, amount: int, consent: Consent) -> int:
        check = Checks()
        message = ("OpenStream", key.payer, key.jar_id, key.index, rate, amount)
        self.check_paid(check, key.payer, amount, message, consent)
        self.check_open(check, key, rate, amount, 0)
        check.done()
        self.use_paid(key.payer, amount, message, consent)
        self.count_placed(stream_id(key), 0)  # of a stream that had this index before
        ends_at = self.begin(key, key.jar_id, rate, amount * self.scale, 0)
        self.emit("StreamOpened", key.payer, key.jar_id, key.index, rate, amount, ends_at)
        return ends_at

    def check_open(self, check: Checks, key: StreamKey, rate: int, amount: int, series_id: int) -> None:
        self.check_jar(check, key.jar_id)
        stream = self.stream(key)
        free = not self.runs(stream) and not self.pauses(stream)
        check.need(free, "Jar_StreamExists", stream_id(key), stream.ends_at)
        self.check_flow(check, key.jar_id, rate, amount * self.scale, self.now, series_id)

    @operation
    def top_up(self, caller: str, key: StreamKey, from_: str, amount: int, consent: Consent) -> int:
        check = Checks()
        message = ("TopUpStream", from_, key.payer, key.jar_id, key.index, amount)
        self.check_paid(check, from_, amount, message, consent)
        self.check_top_up(check, key, amount, 0)
        check.done()
        self.use_paid(from_, amount, message, consent)
        ends_at = self.extend(key, key.jar_id, amount)
        self.emit("StreamToppedUp", key.payer, key.jar_id, key.index, from_, amount, ends_at)
        return ends_at

    def check_top_up(self, check: Checks, key: StreamKey, amount: int, series_id: int) -> None:
        self.check_extension(check, stream_id(key), key, key.jar_id, amount, series_id)

    def check_extension(
        self, check: Checks, name: bytes, flow: Flow, jar_id: int, amount: int, series_id: int
    ) -> None:
        stream = self.stream(flow)
        self.check_runs(check, name, stream)
        if not self.runs(stream):
            return
        same = stream.series_id == series_id
        check.need(same, "Jar_SeriesDiffers", name, stream.series_id, series_id)
        ends_at = self.check_lasting(check, stream.rate, amount * self.scale, stream.ends_at)
        self.check_series(check, jar_id, stream.series_id, ends_at)

    @operation
    def cancel(self, caller: str, key: StreamKey, consent: Consent) -> int:
        check = Checks()
        self.check_consent(check, key.payer, ("CancelStream", key.payer, key.jar_id, key.index), consent)
        stream = self.stream(key)
        stops = self.runs(stream) or self.pauses(stream)
        check.need(stops, "Jar_StreamNotRunning", stream_id(key), stream.ends_at)
        check.done()
        self.use_consent(key.payer, consent)
        refund = self.give_back(key, key.jar_id, key.payer, stream_id(key))
        self.emit("StreamCancelled", key.payer, key.jar_id, key.index, refund)
        return refund

    @operation
    def change_rate(self, caller: str, key: StreamKey, rate: int, consent: Consent) -> int:
        check = Checks()
        message = ("ChangeStreamRate", key.payer, key.jar_id, key.index, rate)
        self.check_consent(check, key.payer, message, consent)
        stream = self.stream(key)
        self.check_runs(check, stream_id(key), stream)
        freed = (
            stream.rate if self.runs(stream) and day_of(stream.started_at) != day_of(stream.ends_at) else 0
        )
        self.check_flow(check, key.jar_id, rate, self.left(stream), self.now, stream.series_id, freed)
        check.done()
        self.use_consent(key.payer, consent)
        ends_at = self.begin(key, key.jar_id, rate, self.halt(key, key.jar_id), stream.series_id)
        self.emit("StreamRateChanged", key.payer, key.jar_id, key.index, rate, ends_at)
        return ends_at

    @operation
    def pause(self, caller: str, key: StreamKey, consent: Consent) -> None:
        check = Checks()
        self.check_consent(check, key.payer, ("PauseStream", key.payer, key.jar_id, key.index), consent)
        stream = self.stream(key)
        self.check_runs(check, stream_id(key), stream)
        check.need(stream.series_id == 0, "Jar_SeriesBarsPause", stream.series_id)
        check.done()
        self.use_consent(key.payer, consent)
        self.halt(key, key.jar_id)
        seconds = stream.ends_at - self.now
        self.books.streams[key] = replace(stream, started_at=0, ends_at=seconds)
        self.emit("StreamPaused", key.payer, key.jar_id, key.index, seconds)

    @operation
    def resume(self, caller: str, key: StreamKey, consent: Consent) -> int:
        check = Checks()
        self.check_consent(check, key.payer, ("ResumeStream", key.payer, key.jar_id, key.index), consent)
        stream = self.stream(key)
        check.need(self.pauses(stream), "Jar_StreamNotPaused", stream_id(key))
        if self.pauses(stream):
            self.check_flow(check, key.jar_id, stream.rate, self.left(stream), self.now, 0)
        check.done()
        self.use_consent(key.payer, consent)
        ends_at = self.begin(key, key.jar_id, stream.rate, self.left(stream), 0)
        self.emit("StreamResumed", key.payer, key.jar_id, key.index, ends_at)
        return ends_at

    @operation
    def tip(self, caller: str, from_: str, jar_id: int, amount: int, message: str, consent: Consent) -> None:
        check = Checks()
        said = ("Tip", from_, jar_id, amount, message)
        self.check_paid(check, from_, amount, said, consent)
        self.check_jar(check, jar_id)
        check.need(amount != 0, "Jar_ZeroAmount")
        check.done()
        self.use_paid(from_, amount, said, consent)
        self.put_tip(from_, jar_id, amount, message)

    def put_tip(self, from_: str, jar_id: int, amount: int, message: str) -> None:
        self.books.jars[jar_id] = self.jar(jar_id).add(amount * self.scale)
        self.emit("Tipped", from_, jar_id, amount, message)

    @operation
    def collect(self, caller: str, jar_id: int, max_days: int) -> int:
        check = Checks()
        self.check_jar(check, jar_id)
        check.done()
        jar = self.jar(jar_id).fold(self.now, max_days)
        whole = jar.cursor == day_of(self.now)
        scaled = jar.claimable(self.now) if whole else max(jar.accrued(), 0)
        amount = scaled // self.scale
        self.books.jars[jar_id] = replace(jar, collected=jar.collected + amount * self.scale)
        self.emit("Collected", jar_id, amount, jar.cursor)
        self._share_out(jar_id, amount)
        return amount

    def _share_out(self, jar_id: int, amount: int) -> None:
        """To the creator at once; to the payees of a shared jar as debts, so that each has its share of all
        that was ever collected, rounded down."""
        split = self.books.shared.get(jar_id)
        if split is None:
            self.pay_out(creator_of(jar_id), amount)
            return
        total = split.collected + amount
        self.books.shared[jar_id] = replace(split, collected=total)
        for payee, share in zip(split.payees, split.shares_bps, strict=True):
            part = total * share // BPS - split.collected * share // BPS
            if part:
                self.owe(payee, part)

    @operation
    def count_used(self, caller: str, names: Sequence[bytes]) -> None:
        for name in names:
            left = [
                self.left(stream) for flow, stream in self.books.streams.items() if self.name_of(flow) == name
            ]
            self.count_placed(name, left[0] // self.scale if left else 0)

    def name_of(self, flow: Flow) -> bytes:
        """The id that a flow's stream has; none for a gift's."""
        if isinstance(flow, StreamKey):
            return stream_id(flow)
        member = self.books.members[flow]
        creator, account, tier = flow
        return membership_id(member.payer, jar_of(creator, member.version), tier, account)

    @operation
    def create_shared_jar(self, caller: str, payees: Sequence[str], shares_bps: Sequence[int]) -> int:
        check = Checks()
        sizes = len(payees), len(shares_bps)
        fits = sizes[0] == sizes[1] and 1 <= sizes[0] <= MAX_PAYEES
        check.need(fits, "Jar_PayeeCount", *sizes, MAX_PAYEES)
        for i, (payee, share) in enumerate(zip(payees, shares_bps, strict=False)):
            good = share >= 1 and payee not in (ZERO, self.here, *payees[:i])
            check.need(good, "Jar_BadPayee", payee, share)
        total = sum(shares_bps)
        check.need(total == BPS, "Jar_SharesDiffer", total, BPS)
        version = self.books.versions.get(caller, 0) + 1
        check.need(version <= MAX_VERSIONS, "Jar_TooManyVersions", caller, MAX_VERSIONS)
        check.done()
        jar_id = jar_of(caller, version)
        self.books.versions[caller] = version
        self.books.shared[jar_id] = SharedJar(tuple(payees), tuple(shares_bps))
        self.emit("SharedJarCreated", jar_id, tuple(payees), tuple(shares_bps))
        return jar_id
