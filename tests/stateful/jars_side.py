"""One currency's certificates and streaming-tip escrow, twice: the bytecode on a chain and the reference
models. Each act goes to both, and then everything that can be read is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from typing import Any

from largesse import jar_messages, signing
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
from tests.model.words import Account, Digest, Series, Signature
from tests.stateful import people
from tests.stateful.evm import Abi, Chain, bytecode
from tests.stateful.jar_logs import JarAccounts
from tests.stateful.people import CODED, EVERYBODY, HOLDING, MERCHANTS, PEOPLE
from tests.stateful.side import ABI, NEWEST, PIECES, Difference, Row, Side

JAR_PIECES = ("contracts/StreamingTipEscrow.json", "contracts/JarBackOffice.json")
JAR_ABI = Abi(*JAR_PIECES)
JAR_EVENTS = dict(JAR_ABI.events)
JAR_ABI.errors |= ABI.errors
CARD_ABI = Abi(*PIECES)
CARD_ABI.errors = JAR_ABI.errors  # a payment into the escrow reverts with what the escrow says
# What the certificates do in these lives; everything else goes to the escrow.
CERTIFICATE_ACTS = frozenset({"createSeries", "addServices", "issue", "pay", "safeTransferFrom"})
# A digit less or more of a scaled unit each: the scale is 10⁹ down to 1.
DECIMALS = {
    Kind.PLAIN: 6,
    Kind.BLACKLIST: 18,
    Kind.PAUSABLE: 0,
    Kind.FALSE_RETURN: 12,
    Kind.FEE: 17,
}
# What is signed to the escrow, and to a currency that pays it.
SAID: dict[str, type[signing.Message]] = {
    name: kind
    for name, kind in {**vars(jar_messages), "OwedWithdrawal": signing.OwedWithdrawal}.items()
    if isinstance(kind, type) and issubclass(kind, signing.Message)
}
WALLET_SAYS = b"\x01" * 66  # a signature that only a contract wallet finds good


class JarsSide(Side):
    """Contracts and models over one currency."""

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS[kind])
        creation = code.get("StreamingTipEscrow") or bytecode("StreamingTipEscrow")
        self.escrow = chain.deploy(creation, ["address"], [self.address])
        self.jars = Escrow(self.escrow, self.model, DECIMALS[kind])
        self.logs = JarAccounts()
        self.keys: dict[StreamKey, None] = {}  # what is read after each step: all that was ever tried
        self.batches: dict[bytes, GiftSubscriptions] = {}
        self.tips: dict[bytes, HandleTip] = {}
        for who in EVERYBODY:
            self.token_call(who, "approve", self.escrow, 2**256 - 1)

    # --------------------------------------------------------------------------------------- acting

    def act(self, function: str, caller: str, args: Sequence[Any]) -> bool:
        """One transaction, to the certificates or to the escrow, on both. True when it succeeded. Raises
        Difference."""
        self.jars.events = []
        self._remember(function, args)
        if function in CERTIFICATE_ACTS:
            receipt = self.attempt(self.address, CARD_ABI, self.model, function, caller, args)
        else:
            receipt = self.attempt(self.escrow, JAR_ABI, self.jars, function, caller, args)
        if receipt is None:
            return False
        self.check_logs(receipt)
        events = [
            JAR_ABI.event(log)
            for log in receipt.logs
            if log.topics[0] in JAR_EVENTS and log.address == self.escrow
        ]
        self.check_events(events, self.jars.events)
        self.logs.add(events)
        for flow in self.jars.books.streams:
            if isinstance(flow, StreamKey):
                self.keys[flow] = None
        return True

    def labels(self) -> dict[str, str]:
        """What to call this side's contracts."""
        return super().labels() | {self.escrow: "escrow"}

    def _remember(self, function: str, args: Sequence[Any]) -> None:
        """What is to be read from now on."""
        for arg in args:
            if isinstance(arg, StreamKey):
                self.keys[arg] = None
            elif isinstance(arg, GiftSubscriptions):
                self.batches[gifts_id(arg)] = arg
            elif isinstance(arg, HandleTip):
                self.tips[handle_tip_id(arg)] = arg

    def calldata(self, abi: Abi, function: str, args: Sequence[Any]) -> bytes:
        """Of a call with a model's arguments."""
        if function == "multicall":
            return abi.call("multicall", [self.calldata(abi, name, inner) for name, inner in args[0]])
        if function == "permit":
            owner, amount, deadline, signature = args
            signed = self.wire(signature)
            return abi.call("permit", owner, amount, deadline, signed[64], signed[:32], signed[32:64])
        return super().calldata(abi, function, args)

    # ---------------------------------------------------------------------------------- translating

    def wire(self, value: Any) -> Any:
        """A model's argument as the ABI takes it."""
        if isinstance(value, Signature) and value.signer in CODED:
            return WALLET_SAYS
        return super().wire(value)

    def digest(self, said: tuple[Any, ...], contract: str) -> bytes:
        """What is signed to say this to a contract."""
        name, *values = said
        if name not in SAID:
            return super().digest(said, contract)
        domain = signing.jars_domain(self.chain.ID, contract)
        if contract == self.token:
            domain = signing.Domain("Money", "1", self.chain.ID, contract)
        return SAID[name](*map(self.plain, values)).digest(domain)

    def plain(self, value: Any) -> Any:
        """A model's value as it is decoded from the chain."""
        if isinstance(value, Digest) and value.message[0] in SAID:
            return self.digest(value.message, self.escrow)
        if isinstance(value, GiftSubscriptions | HandleTip):
            return astuple(value)
        return super().plain(value)

    # ------------------------------------------------------------------------------------ comparing

    def request(self, row: Row) -> tuple[str, bytes]:
        """Whom to ask, and the call."""
        if row.of == "escrow":
            return self.escrow, JAR_ABI.call(row.view, *row.args)
        return super().request(row)

    def rows(self) -> list[Row]:
        """Every view of the escrow, what it moves in the certificates, and the balances of the currency."""
        model, books = self.model, self.model.books
        everybody = (*EVERYBODY, self.token, self.address, self.escrow)
        rows = [Row("balanceOf", (who,), (model.currency.of(who),)) for who in everybody]
        for series_id, series in books.series.items():
            rows.append(Row("state", (series_id,), _state(series)))
            for who in HOLDING:
                held = model.account(series_id, who)
                rows.append(Row("account", (series_id, who), _account(held)))
                rows.append(Row("returnable", (series_id, who), (self.model.returnable(series_id, who),)))
                placed = books.placed.get((series_id, self.escrow, who), 0)
                rows.append(Row("placed", (series_id, self.escrow, who), (placed,)))
        jars = [*self._desk_rows(), *self._jar_rows(), *self._stream_rows(), *self._waiting_rows()]
        return rows + [Row(view, args, answer, "escrow") for view, args, answer in jars]

    def _desk_rows(self) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
        jars, books = self.jars, self.jars.books
        rows: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = [
            ("totalOwed", (), (sum(books.owed.values()),)),
            ("scale", (), (jars.scale,)),
            ("certificates", (), (self.address,)),
            ("currency", (), (self.token,)),
        ]
        for who in (*EVERYBODY, self.escrow):
            rows.append(("owed", (who,), (books.owed.get(who, 0),)))
        for who in PEOPLE:
            rows.append(("watermark", (who,), (books.marks.get(who, 0),)))
            rows.append(("monthlyCap", (who,), jars.monthly_cap(who)))
            rows.append(("versions", (who,), (books.versions.get(who, 0),)))
        return rows

    def _jar_rows(self) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
        rows: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = []
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

    def _stream_rows(self) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
        rows: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = []
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

    def _waiting_rows(self) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
        rows: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = []
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

    def view(self, view: str, *args: Any) -> tuple[Any, ...]:
        """What a view of the escrow returns now. Raises Difference."""
        receipt = self.chain.send(people.STRANGER, self.escrow, JAR_ABI.call(view, *args))
        if not receipt.succeeded:
            raise Difference(f"{view}{args} failed: {JAR_ABI.error(receipt.output)}")
        return JAR_ABI.result(view, receipt.output)

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


def _account(held: Account) -> tuple[int, int, int]:
    return held.balance, held.spent, held.nonce


def _state(series: Series) -> tuple[Any, ...]:
    return tuple(getattr(series, member.name) for member in fields(series)[1:])


__all__ = ["JAR_ABI", "JarsSide"]
