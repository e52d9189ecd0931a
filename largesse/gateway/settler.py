"""When to settle, and doing it: a settlement costs gas, a voucher that waits is at risk.

`decide` says what to settle now, and why; `Settler.run` does it. A voucher is left out where taking it costs
as much as it brings, and a batch where its transaction does. All others go together, at most 500 rows, as
soon as one of these holds:

- an account ends (expiry, a withdrawal or another signer that was asked for, the series' limitation) within
  twice the time that settling takes: its voucher goes before all others;
- what all vouchers bring is more than the seller wants at risk;
- the gas is a small enough share of what they bring;
- the oldest has waited for too long.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from largesse.chain import RefusedError
from largesse.clients.accounts import Settlement
from largesse.gateway.accounts import AccountBook
from largesse.gateway.ledger import Ledger, Owed
from largesse.sender import Sender
from largesse.signed.accounts import Voucher
from largesse.signed.signers import settleable
from largesse.vouchers import SignedVoucher, rows
from largesse.web.logs import log

MOST_ROWS: Final = 500
BASE_GAS: Final = 45_000
ROW_GAS: Final = 10_600
ONE_GAS: Final = 75_000
"""What a settlement costs: bench/gas.json, `accounts.settle_1` and `accounts.settle_500_each`, rounded up;
and one of a contract wallet's."""
_WEI: Final = 10**18


@dataclass(frozen=True)
class Policy:
    """When settling pays. Sums are micro-units of the currency, times seconds.

    `native_price` is what one native coin (10¹⁸ wei) costs, in micro-units: 0 where gas is free.
    """

    native_price: int
    most_at_risk: int
    most_cost_bps: int = 100
    most_wait: int = 86_400
    settle_seconds: int = 900


@dataclass(frozen=True)
class Gas:
    """What a settlement costs: its transaction, each row of it, one that goes by itself; and how many rows it
    has at most."""

    base: int = BASE_GAS
    row: int = ROW_GAS
    one: int = ONE_GAS
    most_rows: int = MOST_ROWS


SETTLEMENT: Final = Gas()


@dataclass(frozen=True)
class Decision:
    """What to settle now, as one batch and (contract wallets) one by one; and why, or why not."""

    batch: tuple[Owed, ...]
    singles: tuple[Owed, ...]
    gain: int
    cost: int
    why: str
    too_small: int = 0
    worthless: tuple[int, ...] = ()

    @property
    def settles(self) -> bool:
        return bool(self.batch or self.singles)


@dataclass(frozen=True)
class Candidate:
    """A voucher as the chain would take it now: what it brings, and when its account ends."""

    owed: Owed
    gain: int
    good_until: int | None


def decide(
    candidates: Sequence[Candidate],
    policy: Policy,
    now: int,
    wei_per_gas: int,
    worthless: tuple[int, ...] = (),
    gas: Gas = SETTLEMENT,
) -> Decision:
    """What to settle of `candidates` at a gas price. `worthless` are indices that the chain would refuse."""

    def micros(units: int) -> int:
        return -(-units * wei_per_gas * policy.native_price // _WEI)

    def ends_soon(one: Candidate) -> bool:
        return one.good_until is not None and one.good_until - now <= 2 * policy.settle_seconds

    rows_ = [one for one in candidates if not one.owed.by_contract and one.gain > micros(gas.row)]
    singles = [one for one in candidates if one.owed.by_contract and one.gain > micros(gas.one)]
    rows_.sort(key=lambda one: (not ends_soon(one), -one.gain))
    rows_ = rows_[: gas.most_rows]
    if sum(one.gain for one in rows_) <= micros(gas.base + gas.row * len(rows_)):
        rows_ = []  # together they don't pay for their transaction
    taken = [*rows_, *singles]
    too_small = len(candidates) - len(taken)
    gain = sum(one.gain for one in taken)
    cost = micros((gas.base + gas.row * len(rows_) if rows_ else 0) + gas.one * len(singles))

    def made(why: str, *, go: bool) -> Decision:
        batch = tuple(one.owed for one in rows_) if go else ()
        alone = tuple(one.owed for one in singles) if go else ()
        return Decision(batch, alone, gain, cost, why, too_small, worthless)

    if not taken:
        if too_small:
            return made(f"{too_small} voucher(s) bring no more than their gas costs", go=False)
        return made("no voucher waits", go=False)
    ends = [one.good_until for one in taken if one.good_until is not None and ends_soon(one)]
    if ends:
        return made(f"an account ends in {max(0, min(ends) - now)} s", go=True)
    if gain >= policy.most_at_risk:
        return made(f"{gain} micro-units are at risk, and {policy.most_at_risk} may be", go=True)
    waited = now - min(one.owed.waits_since for one in taken)
    if waited >= policy.most_wait:
        return made(f"the oldest voucher has waited for {waited} s, and {policy.most_wait} s it may", go=True)
    share = cost * 10_000 // gain
    if share <= policy.most_cost_bps:
        return made(f"the gas is {share / 100:.2f} % of what it brings", go=True)
    most = policy.most_cost_bps / 100
    return made(f"the gas would be {share / 100:.2f} % of {gain} micro-units, over {most:.2f} %", go=False)


class Settler:
    """Settles a ledger's vouchers by its own account, each batch once (`largesse.sender`)."""

    def __init__(self, book: AccountBook, ledger: Ledger, sender: Sender, policy: Policy) -> None:
        self.book = book
        self.ledger = ledger
        self.sender = sender
        self.policy = policy

    def decision(self) -> Decision:
        """What would be settled now."""
        candidates, worthless = self._candidates()
        fees = self.book.node.fees()
        return decide(candidates, self.policy, self.book.now(), fees.most, worthless)

    def run(self) -> tuple[Decision, list[Settlement]]:
        """Settle what is worth it."""
        self.sender.resume()
        decision = self.decision()
        done = self.settle(decision.batch, decision.singles) if decision.settles else []
        log(
            "gateway.settling" if decision.settles else "gateway.waiting",
            why=decision.why,
            rows=len(decision.batch) + len(decision.singles),
            gain=decision.gain,
            cost=decision.cost,
            worthless=len(decision.worthless),
        )
        return decision, done

    def settle(self, batch: Sequence[Owed], singles: Sequence[Owed] = ()) -> list[Settlement]:
        """Settle these, whatever it costs. Who sees a transaction before it is final can read them.

        A contract wallet that says no now, whatever it said before, is left out and told of: it holds up no
        other.
        """
        self.ledger.publish({one.index: one.amount for one in (*batch, *singles)})
        prepaid, counterparty = self.book.prepaid, self.book.counterparty
        done = []
        if batch:
            packed = rows([SignedVoucher(one.index, one.amount, one.signature) for one in batch])
            done.append(self._send(prepaid.settle_call(counterparty, packed)))
        for one in singles:
            try:
                key = counterparty, one.index
                done.append(self._send(prepaid.settle_one_call(key, one.amount, one.signature)))
            except RefusedError as error:
                log("gateway.wallet_refused", error=error, account=str(one.index), micros=one.amount)
        return done

    # --------------------------------------------------------------------------------------------- private

    def _send(self, call: bytes) -> Settlement:
        prepaid = self.book.prepaid
        settlement = prepaid.settlement(self.sender.send(self._key(call), prepaid.address, call))
        self.ledger.mark_settled(settlement.rows, int(time.time()))
        log("gateway.settled", payout=settlement.payout, rows=len(settlement.rows), gas=settlement.gas)
        return settlement

    def _key(self, call: bytes) -> str:
        """Under what a settlement is sent. Where the same is final already, it skipped these rows: they are
        good now, or they would not be asked for. Where another transaction has its nonce, it never was."""
        name, again = f"settle {self.book.prepaid.address} {sha256(call).hexdigest()}", 0
        while self.sender.is_over(f"{name} {again}"):
            again += 1
        return f"{name} {again}"

    def _candidates(self) -> tuple[list[Candidate], tuple[int, ...]]:
        """Vouchers that the chain would take now; and indices of those it would not."""
        found, worthless, paid = [], [], {}
        for one in self.ledger.owed():
            standing = self.book.read(one.index)
            account = standing.account if standing is not None else None
            if account is None or standing is None:
                worthless.append(one.index)
                continue
            if account.paid >= one.amount:
                paid[one.index] = account.paid
            elif account.deposit < one.amount or (good := self._as_taken(one, account.signer)) is None:
                worthless.append(one.index)
            else:
                found.append(Candidate(good, one.amount - account.paid, standing.good_until(self.book.now())))
        if paid:
            # Somebody else submitted them: anybody may.
            self.ledger.mark_settled(paid, int(time.time()))
        return found, tuple(worthless)

    def _as_taken(self, owed: Owed, signer: str) -> Owed | None:
        """With the form of its signature that the contract takes; None where it takes none."""
        prepaid = self.book.prepaid
        message = Voucher(self.book.counterparty, prepaid.token.address, owed.index, owed.amount)
        digest = message.digest(prepaid.domain)
        if owed.by_contract:
            return owed if prepaid.is_wallet_signature(signer, digest, owed.signature) else None
        signature = settleable(bytes.fromhex(signer[2:]), digest, owed.signature)
        return None if signature is None else replace(owed, signature=signature)
