"""The streaming-tip escrow beside its certificates, and what is compared of it after each act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from largesse.eip712 import Domain, jars_domain
from largesse.signed import jars as jar_messages
from tests.model.currency import Kind
from tests.model.escrow import Escrow
from tests.model.jar_words import (
    GiftSubscriptions,
    HandleTip,
    StreamKey,
    gifts_id,
    handle_tip_id,
    jar_of,
)
from tests.model.jars import Jar, day_of
from tests.stateful.certificates.side import NEWEST
from tests.stateful.custody.side import CustodySide, Rows, abi_of, messages_of
from tests.stateful.evm import Chain
from tests.stateful.invariants import Difference
from tests.stateful.jars.logs import JarAccounts
from tests.stateful.people import MERCHANTS, PEOPLE

# A digit less or more of a scaled unit each: the scale is 10⁹ down to 1.
DECIMALS = {
    Kind.PLAIN: 6,
    Kind.BLACKLIST: 18,
    Kind.PAUSABLE: 0,
    Kind.FALSE_RETURN: 12,
    Kind.FEE: 17,
}


class JarsSide(CustodySide):
    """Contracts and models over one currency."""

    NAME = "StreamingTipEscrow"
    ABI = abi_of("contracts/StreamingTipEscrow.json", "contracts/JarBackOffice.json")
    SAID = messages_of(jar_messages)
    logs: JarAccounts

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS[kind])
        self.jars = Escrow(self.here, self.model, DECIMALS[kind])
        self.keeper = self.jars
        self.logs = JarAccounts()
        self.keys: dict[StreamKey, None] = {}  # what is read after each step: all that was ever tried
        self.batches: dict[bytes, GiftSubscriptions] = {}
        self.tips: dict[bytes, HandleTip] = {}

    def act(self, function: str, caller: str, args: Sequence[Any], data: bytes | None = None) -> bool:
        """As everywhere; the streams that there are now are read from now on."""
        if not super().act(function, caller, args, data):
            return False
        for flow in self.jars.books.streams:
            if isinstance(flow, StreamKey):
                self.keys[flow] = None
        return True

    def domain_of(self, contract: str) -> Domain:
        """Of the escrow, for what is signed to it."""
        return jars_domain(self.chain.id, contract)

    def remember(self, function: str, args: Sequence[Any]) -> None:
        """Streams, batches of gifts and tips to handles are read from now on."""
        for arg in args:
            if isinstance(arg, StreamKey):
                self.keys[arg] = None
            elif isinstance(arg, GiftSubscriptions):
                self.batches[gifts_id(arg)] = arg
            elif isinstance(arg, HandleTip):
                self.tips[handle_tip_id(arg)] = arg

    def plain(self, value: Any) -> Any:
        """A model's value as it is decoded from the chain."""
        if isinstance(value, GiftSubscriptions | HandleTip):
            return astuple(value)
        return super().plain(value)

    # ------------------------------------------------------------------------------------ comparing

    def own_rows(self) -> Rows:
        """Every view of jars, streams, memberships, gifts and tips."""
        return [*self._payer_rows(), *self._jar_rows(), *self._stream_rows(), *self._waiting_rows()]

    def _payer_rows(self) -> Rows:
        rows: Rows = [("scale", (), (self.jars.scale,))]
        for who in PEOPLE:
            rows.append(("monthlyCap", (who,), self.jars.monthly_cap(who)))
            rows.append(("versions", (who,), (self.jars.books.versions.get(who, 0),)))
        return rows

    def _jar_rows(self) -> Rows:
        rows: Rows = []
        today = day_of(self.jars.now)
        known = {jar_of(who): None for who in MERCHANTS} | dict.fromkeys(self.jars.books.jars)
        for jar_id in known:
            jar = self.jars.books.jars.get(jar_id)
            stored = (0,) * 5 if jar is None else _stored(jar)
            rows.append(("jar", (jar_id,), stored))
            rows.append(("claimableScaled", (jar_id,), (self.jars.claimable_scaled(jar_id),)))
            rows.append(("claimable", (jar_id,), (self.jars.claimable(jar_id),)))
            if jar is None:
                continue
            days = {today, *sorted(jar.ends)[-20:]}
            rows += [("endsOn", (jar_id, day), (jar.ending_rate(day), jar.moment(day))) for day in days]
            for word in {day >> 8 for day in days}:
                bits = sum(1 << (day & 255) for day in jar.ends if day >> 8 == word)
                rows.append(("endDays", (jar_id, word), (bits,)))
        return rows

    def _stream_rows(self) -> Rows:
        rows: Rows = []
        jars, books = self.jars, self.jars.books
        for key in self.keys:
            words = astuple(key)
            rows.append(("stream", (words,), astuple(jars.stream(key))[:4]))
            rows.append(("refundable", (words,), (jars.refundable(key),)))
        for args in books.members:
            rows.append(("membership", args, astuple(books.members[args])))
            rows.append(("isSupporter", args, (jars.is_supporter(*args),)))
        for of_tier, tier_now in books.tiers.items():
            rows.append(("tierOf", of_tier, astuple(tier_now)))
        return rows

    def _waiting_rows(self) -> Rows:
        rows: Rows = []
        books = self.jars.books
        for given, gifts in list(self.batches.items())[-NEWEST:]:
            rows.append(("giftsLeft", (given,), (books.gifts.get(given, 0),)))
            for index in range(min(gifts.count, 4)):
                claimed = books.claimed.get((given, index), False)
                rows.append(("isGiftClaimed", (given, index), (claimed,)))
        for tip in list(self.tips)[-NEWEST:]:
            rows.append(("isHandleTipOpen", (tip,), (books.tips.get(tip, False),)))
        return rows

    def compare_claimable(self) -> None:
        """Only what can be collected, at the chain's second. Raises Difference."""
        for jar_id, jar in self.jars.books.jars.items():
            found = self.view("claimableScaled", jar_id)[0]
            said = jar.claimable(self.chain.time)
            if found != said:
                raise Difference(f"at {self.chain.time} claimable of {jar_id} is {found}, must be {said}")

    def compare_rest(self) -> None:
        """What is too long to read after every step: shared jars."""
        for jar_id, split in self.jars.books.shared.items():
            found = self.view("sharedJar", jar_id)
            if found != astuple(split):
                raise Difference(f"the split of {jar_id} is {found}, must be {split}")


def _stored(jar: Jar) -> tuple[int, ...]:
    """Rate, day, accrued, and the lump's day and sum."""
    lump = jar.lump(jar.lump_day) if jar.lump_day else 0
    return jar.rate(), jar.cursor, jar.accrued(), jar.lump_day, lump
