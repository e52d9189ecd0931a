"""A life of the certificates in random steps, on two currencies, one of which misbehaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from tests.model.currency import Kind
from tests.model.words import DAY, NEVER, ZERO, Authorization, Signature
from tests.stateful.certificates.hand import DENOMINATION, Hand
from tests.stateful.certificates.invariants import ISSUER_ACTS, Watch, check_issuer, check_phase, worths
from tests.stateful.certificates.side import Side
from tests.stateful.certificates.steps import STEPS, Act, series_of
from tests.stateful.certificates.store import Batch, Store
from tests.stateful.invariants import Broken, hold
from tests.stateful.life import Life, lived, shrunk
from tests.stateful.people import HOLDING, OPERATOR, PAID, SERVICES, STRANGER


class Machine(Life[Side]):
    """One life. `code` replaces the built bytecode of contracts, by name."""

    def __init__(self, odd: Kind, code: Mapping[str, bytes] | None = None) -> None:
        super().__init__(Side, odd, code)
        self.stores = {id(side): Store() for side in self.sides}
        self.watches = {id(side): Watch() for side in self.sides}
        self.donated = {id(side): 0 for side in self.sides}
        for side in self.sides:
            for i, kind in enumerate(("open", "korean", "cash-out")):
                self._open(side, series_of(Hand(Random(i), side), kind))
        self.settle("")

    # ------------------------------------------------------------------------------------- stepping

    def _open(self, side: Side, series: Act) -> None:
        """A series with services, an operator and holders."""
        self.act(side, series)
        series_id, issuer = len(side.model.books.series), series[1]
        if series[2][0].named:
            self.act(side, ("addServices", issuer, (series_id, SERVICES)))
        self.act(side, ("setOperator", issuer, (series_id, OPERATOR, 3 * DENOMINATION)))
        for holder in HOLDING:
            self.act(side, ("issue", issuer, (series_id, holder, 2 * DENOMINATION)))

    def step(self, number: int) -> None:
        """One step, and all comparisons and invariants after it. Raises Difference or Broken."""
        rng = Random(number)
        side = rng.choice(self.sides)
        side.model.now = self.chain.time
        hand = Hand(rng, side)
        draw = rng.randrange(100)
        function = ""
        if draw < 8:
            self._pass_time(rng)
        elif draw < 11:
            self.misbehave(hand)
        elif draw < 13:
            self.turn(hand)
        elif draw < 14:
            self.donated[id(side)] += self.mistake(hand, side, side.address)
        else:
            store = self.stores[id(side)]
            chosen = self._replay(hand) if draw < 19 else STEPS.choose(rng, hand, store)
            function = self.act(side, chosen) if chosen else ""
            if not function:
                return  # a transaction that reverts changes nothing
        self.settle(function, side)

    def act(self, side: Side, act: Act) -> str:
        """One transaction; its function when it succeeded, else ""."""
        function, caller, args = act
        self.note(side, f"{function} by {caller}: {args}")
        side.model.now = self.chain.time
        before = worths(side.model) if function in ISSUER_ACTS else None
        done = side.act(function, caller, args)
        side.compare_told()
        self.tally.setdefault(function, [0, 0])[done] += 1
        if not done:
            return ""
        self.stores[id(side)].acts.append(act)
        self.stores[id(side)].keep_made(side)
        if before is not None:
            check_issuer(side.model, before, function)
        return function

    def settle(self, function: str, acted: Side | None = None) -> None:
        """Compares and checks both sides: what happens in one currency moves nothing in the other."""
        for side in self.sides:
            side.compare()
            self.watches[id(side)].check(side, function if side is acted else "")

    # ---------------------------------------------------------------------------- what else happens

    def _pass_time(self, rng: Random) -> None:
        """A little, or to a date of some series or gift: the second before, at it, or after."""
        dates = {self.chain.time // DAY * DAY + DAY}
        for side in self.sides:
            for series in side.model.books.series.values():
                terms = series.terms
                dates |= {
                    terms.sales_close_at,
                    terms.expires_at,
                    terms.limitation_at,
                    series.full_refund_from,
                }
            dates |= set(side.model.books.merchant_until.values())
            for thing in list(side.made.values())[-8:]:
                dates |= {thing.reclaim_at, getattr(thing, "deliver_at", 0)}
        ahead = sorted(date for date in dates if self.chain.time <= date < NEVER)
        if rng.random() < 0.3:
            target = self.chain.time + rng.choice([1, 60, 3_600, 3_600])
        else:
            target = ahead[min(int(rng.expovariate(1.0)), len(ahead) - 1)] + rng.choice([-1, 0, 0, 1])
        self.chain.time = max(target, self.chain.time)
        self.note(None, "time passes")
        for side in self.sides:
            side.model.now = self.chain.time
            check_phase(side)

    def _replay(self, hand: Hand) -> Act | None:
        """Something that succeeded before, once more, sometimes by somebody else."""
        acts = self.stores[id(hand.side)].acts
        if not acts:
            return None
        function, caller, args = hand.one(acts[-40:])
        if function == "createSeries":
            return None
        return function, hand.mostly(caller, STRANGER, hand.one(PAID)), args

    # -------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Everybody is paid out: in the end the contract holds nothing but what was sent to it by mistake."""
        self.heal()
        for side in self.sides:
            self._refund_all(side)
        last = max(
            date
            for side in self.sides
            for series in side.model.books.series.values()
            for date in (series.terms.sales_close_at, series.terms.limitation_at % NEVER)
        )
        self.chain.time = max(last, self.chain.time) + 1_000 * DAY
        for side in self.sides:
            side.model.now = self.chain.time
            self._empty_for_ever(side)
            self._close_series(side)
        self.settle("")

    def _refund_all(self, side: Side) -> None:
        side.model.now = self.chain.time
        for series_id in side.model.books.series:
            for holder in HOLDING:
                while (right := side.model.refundable(series_id, holder))[1]:
                    args = (holder, series_id, right[1], right[2], Authorization(0, 0, None))
                    self._must(side, ("refund", holder, args))

    def _empty_for_ever(self, side: Side) -> None:
        """A series without end is never forfeited: its gifts are claimed or taken back, and its face is
        spent."""
        model = side.model
        endless = {i for i, s in model.books.series.items() if s.terms.limitation_at == NEVER}
        store = self.stores[id(side)]
        for link in store.links:
            gift = link.gift
            if link.id in model.books.gifts and gift.series_id in endless:
                to = HOLDING[0] if gift.recipient == ZERO else gift.recipient
                signature = Signature(gift.key, side.address, ("Claim", link.id, to, ()))
                self._must(side, ("claim", STRANGER, (gift, to, signature)))
        for batch in store.batches:
            if batch.id in model.books.batches and batch.batch.series_id in endless:
                self._empty_batch(side, batch)
        for series_id in endless:
            paid = [who for who in PAID if model.is_merchant(series_id, who)]
            # all of them: a link's key may have claimed for itself
            for (of, who), account in list(model.books.accounts.items()):
                if of == series_id and account.balance:
                    self._must(side, ("redeem", who, (series_id, account.balance, paid[0])))
            hold(model.books.series[series_id].outstanding == 0, 2, f"{series_id} is not empty")

    def _empty_batch(self, side: Side, batch: Batch) -> None:
        given, model = batch.batch, side.model
        if given.reclaim_at < NEVER:
            if model.books.batches[batch.id][1]:
                self._must(side, ("reclaimBatch", given.giver, (given, Authorization(0, 0, None))))
            return
        for leaf, proof, path in zip(batch.leaves, batch.proofs, batch.paths, strict=True):
            if model.books.taken.get((batch.id, path), False):
                continue
            to = HOLDING[0] if leaf.recipient == ZERO else leaf.recipient
            said = ("Claim", side.batch_leaf(batch.id, leaf.index), to, ())
            signature = Signature(leaf.key, side.address, said)
            self._must(side, ("claimFromBatch", STRANGER, (given, leaf, proof, to, signature)))

    def _close_series(self, side: Side) -> None:
        model, here = side.model, side.address
        for series_id, series in model.books.series.items():
            if not series.forfeited and series.terms.limitation_at < NEVER:
                self._must(side, ("forfeit", STRANGER, (series_id,)))
            for who in HOLDING:
                balance = model.account(series_id, who).balance
                move = "safeTransferFrom", who, (who, HOLDING[0], series_id, balance, b"")
                if balance and model.books.series[series_id].forfeited:
                    hold(not self.act(side, move), 2, f"{who} moved what was forfeited")
        books = model.books
        fees = sum(series.fees for series in books.series.values())
        left = model.currency.of(here) - self.donated[id(side)]
        hold(left == fees + sum(books.owed.values()), 1, f"{left} is left after all was forfeited")
        for series_id, series in list(books.series.items()):
            if series.fees:
                self._must(side, ("collectFees", STRANGER, (series_id,)))
        for who, amount in list(model.books.owed.items()):
            if amount:
                self._must(side, ("withdrawOwed", who, (who, who, Authorization(0, 0, None))))
        left = model.currency.of(here) - self.donated[id(side)]
        hold(left == 0, 22, f"{left} is left after everybody was paid")

    def _must(self, side: Side, act: Act) -> None:
        if not self.act(side, act):
            raise Broken(f"must go through: {act}")
        self.settle(act[0], side)


def live(odd: Kind, numbers: Iterable[int], code: Mapping[str, bytes] | None = None) -> Machine:
    """A whole life. Raises Difference or Broken, with the trace as a note."""
    return lived(Machine(odd, code), numbers)


def shrink(
    odd: Kind, numbers: Sequence[int], code: Mapping[str, bytes] | None = None, seconds: float = 60
) -> list[int]:
    """A short list of steps that still fails."""
    return shrunk(lambda candidate: live(odd, candidate, code), numbers, seconds)
