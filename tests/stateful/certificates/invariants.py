"""The invariants of INVARIANTS.md, asserted on a side after each step. What the contract's views say equals
the model's books by then (`Side.compare`), and what its logs say is in `Side.accounts`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.model.certificates import Certificates, Phase
from tests.model.refunds import entitlement
from tests.model.words import BPS, ZERO, Account, Redeemed, Series, Terms
from tests.stateful.certificates.side import ABI, Side
from tests.stateful.invariants import Broken, Difference, hold
from tests.stateful.people import EVERYBODY, HOLDING, MERCHANTS, PEOPLE, SERVICES

# What an issuer (or its operator) may call.
ISSUER_ACTS = frozenset(
    {
        "createSeries",
        "addMerchants",
        "addServices",
        "removeMerchant",
        "setOperator",
        "windDown",
        "collectFees",
        "issue",
        "issueBatch",
    }
)
RESTORES = frozenset({"restore", "restoreFromService"})
Worth = dict[tuple[int, str, int], int]


@dataclass
class Watch:
    """What a side's invariants remember from the step before."""

    marks: dict[tuple[int, str], Account] = field(default_factory=dict)
    orders: set[tuple[str, int]] = field(default_factory=set)
    nonces: set[tuple[int, str, int]] = field(default_factory=set)

    def check(self, side: Side, function: str) -> None:
        """All that can be said after any step, `function` being what was called with success ("" for
        nothing)."""
        model, books = side.model, side.model.books
        reserve = model.currency.of(model.here)
        hold(reserve >= model.liabilities(), 1, f"holds {reserve}, owes {model.liabilities()}")
        for series_id, series in books.series.items():
            self._check_face(side, series_id, series)
        for key, held in books.accounts.items():
            before = self.marks.get(key, Account())
            hold(held.nonce >= before.nonce, 4, f"the watermark of {key} fell")
            restored = function in RESTORES
            hold(restored or held.spent >= before.spent, 4, f"spent of {key} fell by {function or 'nothing'}")
            hold(model.returnable(*key) <= held.spent, 4, f"more can come back to {key} than was spent")
        self.marks = dict(books.accounts)
        for given, funded in side.accounts.funded.items():
            _, remaining = books.batches.get(given, (None, 0))
            taken = side.accounts.taken[given]
            hold(taken + remaining == funded, 17, f"{taken} taken + {remaining} left of {funded}")
        for who in EVERYBODY:
            logged = side.accounts.owed[who]
            hold(logged == books.owed.get(who, 0), 22, f"the logs owe {who} {logged}")
        if function:
            self._check_redemptions(side, books.redeemed, function)

    def _check_face(self, side: Side, series_id: int, series: Series) -> None:
        books, logs = side.model.books, side.accounts
        created = logs.paid_in[series_id] - logs.paid_out[series_id]
        hold(series.outstanding == created, 3, f"{series.outstanding} outstanding, {created} paid for")
        if not series.forfeited:
            held = sum(a.balance for (i, _), a in books.accounts.items() if i == series_id)
            links = [gift for gift in books.gifts.values() if gift.series_id == series_id]
            waiting = sum(gift.amount for gift in links) + sum(
                left for batch, left in books.batches.values() if batch.series_id == series_id
            )
            text = f"series {series_id}: {series.outstanding} is not {held} held + {waiting} in gifts"
            hold(series.outstanding == held + waiting, 2, text)
            for who in EVERYBODY:
                balance = side.model.account(series_id, who).balance
                hold(logs.balances[series_id, who] == balance, 20, f"the logs give {who} another balance")
        hold(logs.fees[series_id] == series.fees, 20, f"the logs give other fees: {logs.fees[series_id]}")
        if series.terms.named:
            refunded, paid_in = logs.refunded[series_id], logs.paid_in[series_id]
            hold(refunded <= paid_in, 7, f"{refunded} refunded of {paid_in} paid in")
            self._check_remainders(side, series_id, series.terms)

    def _check_remainders(self, side: Side, series_id: int, terms: Terms) -> None:
        """Where the rest is paid out once a share is used, use that stays stands against each payout in that
        proportion, whatever is bought, taken back and paid out in which order."""
        if terms.cash_out_below:
            return  # a small rest is paid out at other shares
        for (where, who), cash in side.accounts.remainders.items():
            if where == series_id and cash:
                # What was given up for other rights counts as spent too, and may be put back.
                used = side.model.account(series_id, who).spent - cash
                share = terms.use_threshold_bps
                fit = cash * share <= used * (BPS - share)
                hold(
                    fit, 7, f"{who} was paid a remainder of {cash} in series {series_id} and has used {used}"
                )

    def _check_redemptions(self, side: Side, rows: tuple[Redeemed, ...], function: str) -> None:
        """Each order and nonce once; a named series only to whom the logs show as admitted."""
        orders = {(row.merchant if row.payee == ZERO else row.payee, row.order) for row in rows if row.order}
        hold(not orders & self.orders, 5, f"orders paid twice: {orders & self.orders}")
        if function == "redeemBatch":
            several = [row.order for row in rows if row.order]
            hold(len(several) == len(set(several)), 5, f"orders paid twice in a batch: {several}")
        self.orders |= orders
        for row in rows:
            used = row.series_id, row.holder, row.nonce
            hold(row.nonce == 0 or used not in self.nonces, 5, f"a signature used twice: {row}")
            self.nonces.add(used)
            if side.accounts.named[row.series_id]:
                self._check_admitted(side, row)

    def _check_admitted(self, side: Side, row: Redeemed) -> None:
        logs, now = side.accounts, side.chain.time
        merchants = {row.payee} - {ZERO, row.merchant} if row.payee != ZERO else {row.merchant}
        for who in merchants:
            fit = now < logs.merchant_until.get((row.series_id, who), 0)
            hold(fit, 7, f"{who}, no merchant of it, was paid with a named series")
        if row.payee != ZERO:
            fit = now < logs.service_until.get((row.series_id, row.merchant), 0)
            hold(fit, 7, f"{row.merchant}, no service of it, was paid with a named series")


def worths(model: Certificates) -> Worth:
    """What each holder can redeem or get back: per series, holder and second, now and around every date to
    come."""
    result: Worth = {}
    for series_id, series in model.books.series.items():
        terms = series.terms
        until = [t for (i, _), t in model.books.merchant_until.items() if i == series_id]
        dates = {terms.expires_at, terms.limitation_at, series.full_refund_from, *until}
        times = {model.now} | {t + d for t in dates for d in (-1, 0, 1) if t + d > model.now}
        for holder in HOLDING:
            held = model.account(series_id, holder)
            returnable = model.returnable(series_id, holder)
            for time in times:
                payable = time < terms.expires_at and (not terms.named or any(time < end for end in until))
                _, amount, share = entitlement(series, held, returnable, time)
                result[series_id, holder, time] = max(held.balance if payable else 0, amount * share // BPS)
    return result


def check_issuer(model: Certificates, before: Worth, function: str) -> None:
    """Nothing that an issuer did lowered what a holder can redeem or get back, at any second. Raises
    Broken."""
    after = worths(model)
    for key, worth in before.items():
        if key in after:
            hold(after[key] >= worth, 6, f"{function} lowered {key} from {worth} to {after[key]}")


def check_phase(side: Side) -> None:
    """Of each series the contract itself acts as in one phase, and in the right one. Raises Broken."""
    model = side.model
    for series_id, series in model.books.series.items():
        holders = [who for who in PEOPLE if model.account(series_id, who).balance]
        merchants = [who for who in (*MERCHANTS, *SERVICES) if model.is_merchant(series_id, who)]
        if series.forfeited or not holders or not merchants:
            continue
        mark = side.chain.evm.snapshot()
        paid = side.chain.send(holders[0], side.address, ABI.call("redeem", series_id, 1, merchants[0]))
        side.chain.evm.revert(mark)
        facts = side.chain.send(holders[0], side.address, ABI.call("cardFacts", series_id)).output
        between = ABI.result("cardFacts", facts)[-1] == 3
        mark = side.chain.evm.snapshot()
        burnt = side.chain.send(holders[0], side.address, ABI.call("forfeit", series_id))
        side.chain.evm.revert(mark)
        phases = [paid.succeeded, between, burnt.succeeded]
        expected = [phase is model.phase(series) for phase in Phase]
        hold(phases == expected, 19, f"series {series_id} is in {phases}, must be in {expected}")


__all__ = ["Broken", "Difference", "Watch", "check_issuer", "check_phase", "worths"]
