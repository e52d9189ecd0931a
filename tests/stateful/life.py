"""What every machine's life has: a chain, two currencies of which one misbehaves, and what happens to them
besides the machine's own steps.

A step is a number: it seeds the choices, which then depend on the state only. So a failing life is a list of
numbers, and shrinks by leaving some out.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Any, Generic, TypeVar

from tests.model.currency import Kind, Mode
from tests.model.words import Refused
from tests.stateful import people
from tests.stateful.certificates.hand import Hand
from tests.stateful.certificates.side import Side, new_chain
from tests.stateful.evm import Chain
from tests.stateful.invariants import Broken, Difference
from tests.stateful.people import CODED, EVERYBODY, STRANGER

REFUSAL = bytes.fromhex("deadbeef")
ODD = (Kind.BLACKLIST, Kind.PAUSABLE, Kind.FALSE_RETURN, Kind.FEE)
S = TypeVar("S", bound=Side)
Make = Callable[[Chain, Kind, dict[str, bytes | None], Mapping[str, bytes]], S]


class Life(ABC, Generic[S]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, make: Make[S], odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        self.chain = new_chain()
        self.answers: dict[str, bytes | None] = dict.fromkeys(CODED)
        self.sides = [make(self.chain, kind, self.answers, code or {}) for kind in (Kind.PLAIN, odd)]
        self.trace: list[str] = []
        # By function: how often it was refused, how often it went through.
        self.tally: dict[str, list[int]] = {}

    @abstractmethod
    def step(self, number: int) -> None:
        """One step, and all comparisons and invariants after it. Raises Difference or Broken."""

    @abstractmethod
    def close(self) -> None:
        """The end: everybody is paid out. Raises Difference or Broken."""

    def check_audits(self) -> None:
        """What is not checked after each transaction of the books that `solvency` rebuilds."""

    def note(self, side: S | None, text: str) -> None:
        where = "both" if side is None else side.model.currency.kind.name
        self.trace.append(f"{self.chain.time} {where}: {self._readable(text)}")

    def _readable(self, text: str) -> str:
        """With names for addresses, and without what is too long to read."""
        names = people.names()
        for side in self.sides:
            names |= side.labels()
        text = re.sub("0x[0-9a-f]{40}", lambda found: names.get(found[0], found[0][:8]), text)
        return re.sub(r"b'(\\x00)+'", "0", text)[:400]

    # --------------------------------------------------------------------------------- what goes wrong

    @property
    def misbehaving(self) -> bool:
        """Whether the odd currency does something odd now."""
        money = self.sides[1].model.currency
        return bool(money.banned or money.paused or money.mode or money.fee_bps)

    def misbehave(self, hand: Hand) -> None:
        """The odd currency bans, stops, lies, takes a fee, or behaves again."""
        side = self.sides[1]
        money = side.model.currency
        if money.kind is Kind.BLACKLIST:
            who = hand.one([*EVERYBODY, *side.labels()])
            back = who in money.banned or (bool(money.banned) and hand.odds(60))
            who = sorted(money.banned)[0] if back else who
            side.token_call(STRANGER, "unBlacklist" if back else "blacklist", who)
            money.banned = money.banned - {who} if back else money.banned | {who}
        elif money.kind is Kind.PAUSABLE:
            side.token_call(STRANGER, "unpause" if money.paused else "pause")
            money.paused = not money.paused
        elif money.kind is Kind.FALSE_RETURN:
            money.mode = Mode.HONEST if money.mode else hand.one([Mode.REFUSING, Mode.LYING])
            side.token_call(STRANGER, "setMode", int(money.mode))
        else:
            money.fee_bps = 0 if money.fee_bps else hand.one([1, 100, 10_000])
            side.token_call(STRANGER, "setFeeBps", money.fee_bps)
        self.note(side, f"currency: {sorted(money.banned)} {money.paused} {money.mode.name} {money.fee_bps}")

    def turn(self, hand: Hand) -> None:
        """An account with code refuses what it is offered from here on, or accepts again."""
        refusing = [who for who, answer in self.answers.items() if answer]
        self.answer(refusing[0] if refusing else hand.one(CODED), None if refusing else REFUSAL)

    def answer(self, who: str, answer: bytes | None) -> None:
        self.answers[who] = answer
        self.sides[0].set_answer(who, answer)
        self.note(None, f"{who} answers {answer!r}")

    def mistake(self, hand: Hand, side: S, to: str) -> int:
        """Somebody sends money to a contract by mistake: it belongs to nobody and stays. Base units."""
        amount = hand.rng.randrange(1, 1_000)
        before = side.model.currency.of(to)
        try:
            side.model.currency.transfer(STRANGER, STRANGER, to, amount)
        except Refused:
            return 0
        side.token_call(STRANGER, "transfer", to, amount)
        self.note(side, f"{amount} sent by mistake")
        return side.model.currency.of(to) - before

    def heal(self) -> None:
        """Everything behaves again."""
        side = self.sides[1]
        money = side.model.currency
        for who in money.banned:
            side.token_call(STRANGER, "unBlacklist", who)
        if money.paused:
            side.token_call(STRANGER, "unpause")
        if money.mode:
            side.token_call(STRANGER, "setMode", 0)
        if money.fee_bps:
            side.token_call(STRANGER, "setFeeBps", 0)
        money.banned, money.paused, money.mode, money.fee_bps = frozenset(), False, Mode.HONEST, 0
        for who, answer in self.answers.items():
            if answer:
                self.answer(who, None)


L = TypeVar("L", bound="Life[Any]")


def lived(life: L, numbers: Iterable[int]) -> L:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    try:
        for number in numbers:
            life.step(number)
            life.check_audits()
        for side in life.sides:
            side.compare_rest()
        life.close()
        life.check_audits()
    except (Difference, Broken) as failure:
        failure.add_note("\n".join(life.trace[-20:]))
        raise
    return life


def shrunk(live: Callable[[Sequence[int]], object], numbers: Sequence[int], seconds: float) -> list[int]:
    """A short list of steps with which `live` still fails, by leaving out ever smaller parts of one that
    does."""

    def fails(candidate: Sequence[int]) -> bool:
        try:
            live(candidate)
        except (Difference, Broken):
            return True
        return False

    until = monotonic() + seconds
    kept, size = list(numbers), max(len(numbers) // 2, 1)
    while monotonic() < until:
        for start in range(0, len(kept), size):
            candidate = kept[:start] + kept[start + size :]
            if monotonic() < until and fails(candidate):
                kept = candidate
                break
        else:
            if size == 1:
                break
            size //= 2
    return kept
