"""A life of the prepaid accounts in random steps, on two currencies, one of which misbehaves; and on a second
chain, where the plain currency's life goes the same way at the same addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any

from eth_abi.abi import encode

from tests.model.account_words import MIN_DELAY, AccountKey, Use, index_of
from tests.model.currency import Kind
from tests.model.words import Payment, Redemption, Signature
from tests.stateful.accounts.hand import SESSIONS, AccountHand, AccountStore
from tests.stateful.accounts.invariants import AccountWatch
from tests.stateful.accounts.side import SALTS, AccountsSide
from tests.stateful.accounts.steps import ACCOUNT_STEPS
from tests.stateful.certificates.side import new_chain
from tests.stateful.custody.machine import OWN, CustodyLife
from tests.stateful.custody.steps import series_for
from tests.stateful.invariants import hold
from tests.stateful.life import REFUSAL, lived, shrunk
from tests.stateful.people import CODED, HOLDERS, MERCHANTS, STRANGER
from tests.stateful.registry import Act

ELSEWHERE = 8_453
"""The second chain's id."""


class AccountsMachine(CustodyLife[AccountsSide, AccountStore]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(AccountsSide, odd, code)
        self.stores = {id(side): AccountStore() for side in self.sides}
        self.twin = AccountsSide(new_chain(ELSEWHERE), Kind.PLAIN, self.answers, code or {})
        assert self.twin.here == self.sides[0].here
        self.watches = {id(side): AccountWatch() for side in (*self.sides, self.twin)}
        self.found()
        self.settle(Random(0))

    # ------------------------------------------------------------------------------------- stepping

    def hand(self, rng: Random, side: AccountsSide) -> AccountHand:
        """Choices about a side as it is now."""
        return AccountHand(rng, side)

    def choose(self, rng: Random, hand: AccountHand, store: AccountStore) -> Act | None:
        """A step of any kind."""
        return ACCOUNT_STEPS.choose(rng, hand, store)

    def settle(self, rng: Random) -> None:
        """Compares and checks both sides: what happens in one currency moves nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, self.given[id(side)])

    def act(self, side: AccountsSide, act: Act) -> bool:
        """One transaction; whether it succeeded. In the plain currency it then happens on the other chain."""
        done = super().act(side, act)
        if done and side is self.sides[0]:
            self._act_elsewhere(side, act)
        return done

    def answer(self, who: str, answer: bytes | None) -> None:
        """An account with code begins to answer so, on both chains."""
        super().answer(who, answer)
        self.twin.set_answer(who, answer)

    def _answer_there(self, answers: Mapping[str, bytes | None]) -> None:
        """So do all accounts with code on the other chain."""
        for who, answer in answers.items():
            self.answers[who] = answer
            self.twin.set_answer(who, answer)

    def _act_elsewhere(self, side: AccountsSide, act: Act) -> None:
        """On the other chain: first with the very bytes that were signed for this one, which come to nothing
        there; then as it is signed for that chain. Contract wallets, which find anything good, refuse the
        former."""
        function, caller, args = act
        twin = self.twin
        twin.chain.time = twin.model.now = self.chain.time
        is_new = True
        if is_signed(args):
            before = replace(twin.prepaid.books.copy(), settled=())
            theirs = dict(self.answers)
            self._answer_there(dict.fromkeys(CODED, REFUSAL))
            done = twin.act(function, caller, for_another_chain(args), side.sent)
            self._answer_there(theirs)
            is_new = not done or twin.prepaid.books == before
            told = f"{function} by {caller} was signed for another chain: {args}"
            hold(is_new or not is_all_signed(function, args), 16, told)
        if is_new:
            twin.act(function, caller, args)
        twin.compare()
        self.watches[id(twin)].check(twin, 0)

    # ---------------------------------------------------------------------------- what else happens

    def dates(self, side: AccountsSide) -> set[int]:
        """When accounts, requests, locks and series begin and end to be good."""
        dates = set()
        for account in side.prepaid.books.accounts.values():
            delay = account.delay_seconds
            asked = {account.withdrawable_at, account.new_signer_at} - {0}
            dates |= {account.expires_at, *asked, *(at + delay for at in asked)}
            if account.series_id:
                limitation = side.model.books.series[account.series_id].terms.limitation_at
                dates |= {limitation, limitation + delay}
        locked = [getattr(voucher, "expires_at", 0) for _, voucher in self.stores[id(side)].vouchers]
        return dates | set(locked[-2:])

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Every account is emptied and everybody paid: in the end the contract holds nothing but what was
        sent to it by mistake."""
        self.heal()
        for side in self.sides:
            for key in side.prepaid.books.accounts:
                if side.prepaid.left(key):
                    self._empty(side, key)
        for side in self.sides:
            self._end_a_series(side)
        for side in self.sides:
            self._pay_out(side)
        self.settle(Random(0))

    def _empty(self, side: AccountsSide, key: AccountKey) -> None:
        """By its owner, after the delay."""
        account = side.prepaid.account(key)
        self._now(side)
        self.must(side, ("requestWithdrawal", account.owner, (key, OWN)))
        self.chain.time += account.delay_seconds
        self._now(side)
        self.must(side, ("withdraw", account.owner, (key, OWN)))

    def _end_a_series(self, side: AccountsSide) -> None:
        """Cards of a named series lie in four accounts around its limitation: they come back in the last
        second before it, and go to the beneficiary from it on, in the end by anybody's call."""
        self._now(side)
        self._open(side, series_for(self.hand(Random(0), side), "named"))
        series_id, books = len(side.model.books.series), side.model.books
        limitation = books.series[series_id].terms.limitation_at
        keys = [self._card_into_account(side, series_id, salt) for salt in range(4)]
        for late, key in zip((-1, 0, 1), keys, strict=False):
            self.chain.time = limitation + late
            self._now(side)
            self.must(side, ("withdraw", HOLDERS[1], (key, OWN)))
        self.chain.time = limitation + MIN_DELAY
        self._now(side)
        self.must(side, ("forfeit", STRANGER, (keys[-1],)))

    def _card_into_account(self, side: AccountsSide, series_id: int, salt: int) -> AccountKey:
        """A holder's card into a new account that expires at once."""
        salt, amount = salt + len(SALTS), 7 * side.prepaid.unit
        said = [Use.OPEN, salt, int(SESSIONS[0], 16), MIN_DELAY, self.chain.time + 1]
        data = encode(["uint8", *["uint256"] * 4], said)
        payment = Payment(side.here, MERCHANTS[0], 0, 0, 0, 0, data, None)
        card = Redemption(HOLDERS[1], series_id, amount, 0, 0, 0, None)
        self.must(side, ("pay", HOLDERS[1], (payment, [card])))
        return AccountKey(MERCHANTS[0], index_of(HOLDERS[1], salt))

    def _pay_out(self, side: AccountsSide) -> None:
        self._now(side)
        for who, amount in list(side.prepaid.books.owed.items()):
            if amount:
                self.must(side, ("withdrawOwed", who, (who, who, OWN)))
        left = side.model.currency.of(side.here) - self.given[id(side)]
        hold(left == 0, 12, f"{left} is left after all")

    def _now(self, side: AccountsSide) -> None:
        side.model.now = self.chain.time


def is_signed(value: Any) -> bool:
    """Whether anything in a call's arguments is a signature."""
    if isinstance(value, tuple | list):
        return any(map(is_signed, value))
    if isinstance(value, Signature) or not is_dataclass(value):
        return isinstance(value, Signature)
    return any(is_signed(getattr(value, member.name)) for member in fields(value))


def is_all_signed(function: str, args: tuple[Any, ...]) -> bool:
    """Whether a call does nothing without its signatures. A permit that is no good stops nothing that the
    allowance is there for, and of several calls some may be the caller's own."""
    if function == "multicall":
        return all(is_signed(inner) and name != "permit" for name, inner in args[0])
    return is_signed(args)


def for_another_chain(value: Any) -> Any:
    """A call's arguments with all signatures as what they are on another chain: over something else."""
    if isinstance(value, Signature):
        return replace(value, domain=f"{value.domain} of another chain")
    if isinstance(value, tuple | list):
        return type(value)(map(for_another_chain, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{part.name: for_another_chain(getattr(value, part.name)) for part in fields(value)}
        )
    return value


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> AccountsMachine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(AccountsMachine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)
