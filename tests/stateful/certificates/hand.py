"""Choices: what somebody might do next, mostly sensible, often on the edge, sometimes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from tests.model.words import (
    DAY,
    MAX_AMOUNT,
    NEVER,
    NONCE_WINDOW,
    ZERO,
    Authorization,
    Message,
    Payment,
    Redemption,
    Series,
    Signature,
    Terms,
)
from tests.stateful.certificates.side import ORDERS, Side
from tests.stateful.people import (
    BENEFICIARY,
    HOLDERS,
    HOLDING,
    ISSUERS,
    KEYS,
    MERCHANTS,
    OPERATOR,
    PAID,
    SERVICES,
    STRANGER,
    WALLET,
)

T = TypeVar("T")
DENOMINATION = 50_000


class Hand:
    """Random choices about one side's present state. The same seed and state give the same choices."""

    def __init__(self, rng: Random, side: Side) -> None:
        self.rng = rng
        self.side = side
        self.model = side.model
        self.now = side.model.now

    def one(self, choices: Sequence[T]) -> T:
        return self.rng.choice(choices)

    def odds(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def mostly(self, usual: T, *others: T, percent: int = 90) -> T:
        return usual if self.odds(percent) or not others else self.one(others)

    # ------------------------------------------------------------------------------- whom and which

    def series(self) -> int:
        """A series, mostly one that is alive."""
        books = self.model.books.series
        live = [i for i, series in books.items() if not series.forfeited]
        return self.mostly(self.one(live or [1]), 0, len(books) + 1, self.one(list(books)), percent=96)

    def of(self, series_id: int) -> Series | None:
        return self.model.books.series.get(series_id)

    def issuer(self, series_id: int) -> str:
        series = self.of(series_id)
        return self.mostly(
            series.issuer if series else ISSUERS[0], OPERATOR, STRANGER, ISSUERS[1], percent=93
        )

    def holder(self, series_id: int) -> str:
        """A holder, mostly one with a balance."""
        rich = [who for who in HOLDING if self.model.account(series_id, who).balance]
        return self.mostly(self.one(rich or HOLDING), self.one(HOLDING), percent=95)

    def card(self) -> tuple[int, str]:
        """A series and a holder of it, mostly a pair with a balance."""
        dead = self.odds(7)  # balances of a forfeited series are still in its storage
        pairs = [
            (series_id, who)
            for series_id, series in self.model.books.series.items()
            for who in HOLDING
            if self.model.account(series_id, who).balance and series.forfeited == dead
        ]
        fresh = [pair for pair in pairs if self.now < self.model.books.series[pair[0]].terms.expires_at]
        if fresh and self.odds(85):
            return self.one(fresh)
        if pairs and self.odds(80):
            return self.one(pairs)
        series_id = self.series()
        return series_id, self.holder(series_id)

    def merchant(self, series_id: int) -> str:
        fit = [who for who in PAID if self.model.is_merchant(series_id, who)]
        others = (STRANGER, ZERO, self.model.here, self.one(PAID))
        return self.mostly(self.one(fit or PAID), *others, percent=94)

    def service(self, series_id: int) -> str:
        fit = [who for who in SERVICES if self.model.is_service(series_id, who)]
        return self.mostly(self.one(fit or SERVICES), WALLET, self.one(PAID), percent=95)

    def recipient(self) -> str:
        return self.mostly(self.one(HOLDING), ZERO, self.model.here, self.one(MERCHANTS), percent=95)

    def signer(self, holder: str) -> str:
        """Whose key signs: mostly the holder's."""
        return self.mostly(holder if holder in KEYS else STRANGER, STRANGER, self.one(HOLDERS), percent=96)

    # ------------------------------------------------------------------------------------- how much

    def amount(self, limit: int, unit: int = 1) -> int:
        """An amount up to `limit`, on its edges, or just beyond."""
        kind = self.rng.randrange(20)
        if kind == 0:
            return self.one([0, limit + 1, MAX_AMOUNT, 1])
        if kind < 6 or limit < 2:
            return limit
        if kind < 9:
            return max(1, min(limit, unit * self.rng.randrange(1, 4)))
        return self.rng.randrange(1, limit + 1)

    def of_balance(self, series_id: int, holder: str) -> int:
        held = self.model.account(series_id, holder)
        series = self.of(series_id)
        if series and series.terms.denomination and self.odds(20):
            terms = series.terms
            edges = [terms.use_threshold_bps * terms.denomination // 10_000]
            edges += [terms.denomination - terms.cash_out_from, terms.denomination - terms.cash_out_below]
            used = held.spent - self.model.returnable(series_id, holder)
            amount = self.one(edges) - used % terms.denomination + self.one([-1, 0, 0, 1])
            if 0 < amount <= held.balance:
                return amount  # just so much that a right of use begins or ends
        return min(self.amount(held.balance, DENOMINATION // 2), MAX_AMOUNT)

    def refund_amount(self, series_id: int, holder: str) -> int:
        series = self.of(series_id)
        if series is None:
            return 1
        _, entitled, _ = self.model.entitled(series, series_id, holder)
        return min(self.amount(entitled), MAX_AMOUNT)

    # ----------------------------------------------------------------------------------------- when

    def deadline(self) -> int:
        return self.mostly(
            self.now + self.rng.randrange(1, 2 * DAY), self.now, self.now - 1, self.now + 1, percent=95
        )

    def date(self, low: int, high: int) -> int:
        """From `low` to before `high`, with the edges."""
        span = min(high, low + 8 * DAY)
        inner = self.rng.randrange(low, span) if low < span else low
        return self.mostly(inner, low, span - 1, span, low + 1, max(low - 1, 0), percent=80)

    def order(self) -> int:
        return self.mostly(0, *ORDERS, percent=50)

    # -------------------------------------------------------------------------------------- signing

    def nonce(self, series_id: int, holder: str) -> int:
        mark = self.model.account(series_id, holder).nonce
        usual = mark + self.rng.randrange(1, 4)
        edges = (mark, mark + NONCE_WINDOW, mark + NONCE_WINDOW + 1, 0)
        return min(self.mostly(usual, *edges, percent=95), 2**64 - 1)

    def signature(self, holder: str, message: Message) -> Signature:
        """Mostly the holder's over this message; else another's, for another contract, or of another
        message."""
        said = message
        if self.odds(3):
            at = self.rng.randrange(1, len(said))
            if isinstance(said[at], int):
                said = (*said[:at], said[at] ^ 1, *said[at + 1 :])
        domain = self.mostly(self.model.here, self.side.token, percent=98)
        return Signature(self.signer(holder), domain, said)

    def authorization(self, caller: str, holder: str, series_id: int, message: Message) -> Authorization:
        """None needed for the holder's own call; else a signature over the message, nonce and deadline."""
        if caller == holder and self.odds(80):
            return Authorization(0, 0, None)
        if self.odds(3):
            return Authorization(self.nonce(series_id, holder), self.deadline(), None)
        nonce, deadline = self.nonce(series_id, holder), self.deadline()
        return Authorization(nonce, deadline, self.signature(holder, (*message, nonce, deadline)))

    def caller(self, holder: str) -> str:
        """Who sends it: the holder, or somebody with the holder's signature."""
        return self.mostly(holder, STRANGER, self.one(HOLDING), percent=50)

    def redemption(
        self,
        caller: str,
        target: tuple[str, str, bytes],
        order: int,
        card: tuple[int, str] | None = None,
        amount: int | None = None,
    ) -> Redemption:
        """A card for a payment to `target`: merchant, payee, data."""
        series_id, holder = card or self.card()
        amount = self.of_balance(series_id, holder) if amount is None else amount
        if holder == caller and self.odds(70):
            return Redemption(holder, series_id, amount, order, 0, 0, None)
        row = Redemption(
            holder, series_id, amount, order, self.nonce(series_id, holder), self.deadline(), None
        )
        if self.odds(3):
            return row
        merchant, payee, data = target
        message = ("Redemption", holder, series_id, amount, merchant, payee, order, data)
        signature = self.signature(holder, (*message, row.nonce, row.deadline))
        return replace(row, signature=signature)

    def payment(self, series_id: int) -> Payment:
        """To a merchant or into a service; its total, least and request are filled in by `requested`."""
        data = self.one([b"", b"order of flowers"])
        series = self.of(series_id)
        into = [who for who in SERVICES if self.model.is_service(series_id, who)]
        barred = series is not None and not series.terms.named and series.terms.fee_bps != 0
        if self.odds(85 if barred or not into else 20):
            return Payment(self.merchant(series_id), ZERO, self.order(), 0, 0, 0, data, None)
        service = self.service(series_id)
        payee = self.mostly(self.merchant(series_id), service, STRANGER, self.one(PAID), percent=65)
        return Payment(service, payee, self.order(), 0, 0, 0, data, None)

    def requested(self, payment: Payment, caller: str, cards: Sequence[Redemption]) -> Payment:
        """With the total that the cards should add up to, the least that must arrive of it, and its signed
        request unless the caller is the payee. Without an order the least is wrong: nobody looks at it."""
        face = sum(card.amount for card in cards)
        payout = face - sum(self.model.fee_of(card, payment.payee) for card in cards)
        total = self.mostly(face, face + 1, max(face - 1, 0), percent=75) % 2**96
        service = ZERO if payment.payee == ZERO else payment.merchant
        paid = payment.merchant if service == ZERO else payment.payee
        payment = replace(payment, total=total, least=(face + 1) % 2**96, deadline=self.deadline())
        if payment.order == 0:
            return payment
        unsigned = caller == paid and self.odds(80)
        least = self.one([payout, payout, payout // 2, payout + 1, face])
        payment = replace(payment, least=least % 2**96)
        if unsigned:
            return payment
        message = (
            "PaymentRequest",
            paid,
            service,
            payment.order,
            self.side.token,
            total,
            payment.least,
            payment.deadline,
            payment.data,
        )
        return replace(payment, signature=self.signature(paid, message))

    # ---------------------------------------------------------------------------------------- terms

    def terms(self, kind: str) -> Terms:
        """Terms of a kind, with dates and numbers of this hand's choice."""
        closes = self.now + self.one([3_600, DAY, 7 * DAY, 40 * DAY])
        expires = closes + self.one([0, 3_600, DAY, 7 * DAY])
        limitation = expires + self.one([0, DAY, 7 * DAY, 40 * DAY])
        terms = Terms(
            beneficiary=self.mostly(BENEFICIARY, ISSUERS[1]),
            sales_close_at=closes,
            expires_at=expires,
            limitation_at=limitation,
            fee_bps=self.one([0, 0, 333, 2_000]),
            named=True,
            convertible=False,
            refund_on_removal=True,
            cash_out_unused=False,
            denomination=0,
            use_threshold_bps=0,
            post_expiry_bps=self.one([9_000, 9_999, 10_000]),
            cash_out_from=0,
            cash_out_below=0,
            withdrawal_seconds=7 * DAY,
            terms_hash=self.rng.randbytes(32),
        )
        if kind == "open":
            return replace(terms, named=False, refund_on_removal=False, denomination=self.one([0, 1_000]))
        if kind == "korean":
            return replace(
                terms, denomination=DENOMINATION, use_threshold_bps=6_000, convertible=self.odds(70)
            )
        if kind == "cash-out":
            from_ = self.one([0, 1, 5_000])
            below = self.one([10_000, 20_001])
            unused = self.odds(20)
            return replace(
                terms,
                denomination=DENOMINATION,
                cash_out_from=from_,
                cash_out_below=below,
                cash_out_unused=unused,
                use_threshold_bps=self.one([0, 8_000]),
                fee_bps=0,
            )
        if kind == "for ever":
            return replace(terms, expires_at=NEVER, limitation_at=NEVER, refund_on_removal=self.odds(50))
        return self._wrong(terms)

    def _wrong(self, terms: Terms) -> Terms:
        """Terms that break a rule."""
        wrong: list[dict[str, Any]] = [
            {"sales_close_at": self.now},
            {"expires_at": terms.sales_close_at - 1},
            {"limitation_at": terms.expires_at - 1},
            {"fee_bps": 2_001},
            {"use_threshold_bps": 10_001, "denomination": 1},
            {"use_threshold_bps": 1},
            {"post_expiry_bps": 10_001},
            {"cash_out_from": 1},
            {"cash_out_from": 5, "cash_out_below": 5, "denomination": 10},
            {"cash_out_below": 5},
            {"cash_out_unused": True},
            {"beneficiary": self.one([ZERO, self.model.here])},
            {"named": False},
            {"named": False, "convertible": True, "refund_on_removal": False},
            {"named": False, "use_threshold_bps": 1, "denomination": 1},
            {"named": False, "cash_out_below": 1, "denomination": 1},
        ]
        return replace(terms, **self.one(wrong))
