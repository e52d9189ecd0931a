"""Choices about the shop window: what issuers, buyers, referrers and passers-by might do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from itertools import pairwise
from random import Random

from tests.model.sales_words import CLAIM_SECONDS, Books, Coupon, PromotionTerms, Purchase, Receipt
from tests.model.words import BPS, DAY, MAX_AMOUNT, NEVER, ZERO, Series, Signature, Terms
from tests.stateful.certificates.store import ART
from tests.stateful.custody.hand import CustodyHand, CustodyStore
from tests.stateful.people import CODED, HOLDERS, HOLDING, ISSUERS, MERCHANTS, STRANGER, WALLET
from tests.stateful.registry import Act
from tests.stateful.sales.side import SalesSide

HOUR = 3_600
MOST_PRICE = 2**256 - 1
REFERRERS = (*HOLDING, *MERCHANTS, STRANGER)
EDGE_COUPONS = (0, 255, 256, 2**256 - 1)
SIGNERS = (ISSUERS[0], STRANGER, WALLET)


@dataclass
class SalesStore(CustodyStore):
    """What a machine remembers of one side between steps."""

    numbers: int = 0
    """Coupons and payments that were signed."""

    def next_number(self) -> int:
        self.numbers += 1
        return self.numbers


class SalesHand(CustodyHand):
    """Random choices about one side's present state. The same seed and state give the same choices."""

    side: SalesSide
    books: Books

    def __init__(self, rng: Random, side: SalesSide) -> None:
        super().__init__(rng, side)
        self.sales = side.sales

    # ------------------------------------------------------------------------------------------------ series

    def series_for_sale(self, kind: str) -> Act:
        """Open, or named for two of the merchants, by what binds its rewards: the share after expiry, the use
        threshold, or the small rest; or one whose certificates are handed out as rewards."""
        terms = self._reward_terms() if kind == "reward" else self._terms_for_sale(kind)
        issuer = self.mostly(*ISSUERS, percent=88)
        return "createSeries", issuer, (terms, list(MERCHANTS[:2]) if terms.named else [], ART)

    def _terms_for_sale(self, kind: str) -> Terms:
        window = self.one([0, HOUR, DAY, 7 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 31 * DAY])
        closes_at = self.now + self.one([5 * DAY, 20 * DAY, 31 * DAY])
        expires_at = closes_at + max(window + self.one([0, 0, -HOUR, DAY, 30 * DAY]), 0)
        terms = replace(
            self.terms("open"),
            sales_close_at=closes_at,
            expires_at=expires_at,
            limitation_at=expires_at + self.one([0, DAY, 20 * DAY]),
            fee_bps=self.mostly(0, 333, percent=85),
            withdrawal_seconds=window,
            post_expiry_bps=9_000,
        )
        if kind == "open":
            return terms
        terms = replace(
            terms,
            named=True,
            refund_on_removal=self.odds(50),
            denomination=1_000,
            post_expiry_bps=0,
        )
        if kind == "threshold":
            return replace(terms, use_threshold_bps=self.one([600, 6_000]))
        if kind == "rest":
            return replace(terms, cash_out_below=self.one([501, 901]), cash_out_unused=self.odds(10))
        share = self.one([0, 5_000, 9_000, 9_500, 10_000])
        return replace(terms, post_expiry_bps=share, denomination=self.one([0, 1_000]))

    def _reward_terms(self) -> Terms:
        """For sale so long that a cash-back can be claimed."""
        terms = self.terms("for ever")
        closes_at = self.now + self.one([40, 60, 75, 90]) * DAY
        window = self.one([0, DAY, 14 * DAY])
        return replace(terms, sales_close_at=closes_at, withdrawal_seconds=window, fee_bps=0)

    def of_kind(self, fit: Callable[[int, Series], object], percent: int = 94) -> int:
        """A series, mostly a fitting one."""
        good = [i for i, one in self.model.books.series.items() if fit(i, one)]
        return self.one(good) if good and self.odds(percent) else self.series()

    def on_sale(self, series_id: int) -> bool:
        """Whether the shop sells it now."""
        sale = self.sales.sale(series_id)
        series = self.model.books.series.get(series_id)
        return bool(series and not series.wound_down and sale.opens_at <= self.now < sale.closes_at)

    def sold(self) -> int:
        return self.of_kind(lambda i, _: self.on_sale(i), percent=96)

    # --------------------------------------------------------------------------------------------- how much

    def face(self, series_id: int) -> int:
        """Whole certificates, mostly."""
        series = self.of(series_id)
        unit = (series.terms.denomination if series else 0) or 1
        some = self.one([1, 7, 19, 9_999, self.rng.randrange(1, 10**6)])
        whole = unit * (self.rng.randrange(1, 40) if unit > 1 else some)
        return self.mostly(whole, whole + 1, 0, MAX_AMOUNT, percent=94)

    def max_price(self, price: int) -> int:
        return self.mostly(self.one([price, price, price + 1, MOST_PRICE]), max(price - 1, 0), 0, percent=94)

    # ------------------------------------------------------------------------------------------------ selling

    def sale(self, series_id: int) -> tuple[int, int, int]:
        """Opening, closing, premium; the latest closing that the terms let, or another one."""
        if self.odds(8):
            return 0, 0, self.one([0, 500])
        series = self.of(series_id)
        opens_at = self.now + self.one([0, 0, 0, -DAY, 1, HOUR])
        closes_at = self.now + DAY
        if series:
            terms = series.terms
            latest = min(terms.sales_close_at, terms.expires_at - terms.withdrawal_seconds)
            closes_at = self.mostly(self.one([latest, latest, self.now + DAY]), latest + 1, percent=94)
        closes_at = self.mostly(closes_at, opens_at, opens_at - 1, percent=97)
        premium = self.mostly(self.one([0, 1, 137, 500, 2_500]), 10_000, 10_001, percent=90)
        return max(opens_at, 0), min(max(closes_at, 0), NEVER), premium

    def touched(self, purchase_id: int) -> bool:
        """Whether a purchase can't be withdrawn from though its window is open and its buyer has the face."""
        one = self.books.purchases[purchase_id]
        held = self.model.account(one.series_id, one.buyer).balance
        stands = not one.withdrawn and self.now < one.withdraw_until and held >= one.face
        return stands and not self.sales.withdrawable(purchase_id)

    def margin(self, one: Purchase) -> int:
        """What the buyer may still spend without touching the purchase."""
        return one.balance_then - self.sales.net_spent(one.series_id, one.buyer) + one.net_spent_then

    def purchase(self, fit: Callable[[int, Purchase], object]) -> int | None:
        """Its number, mostly of a fitting one; None where there is none. Seldom any."""
        good = [i for i, one in self.books.purchases.items() if fit(i, one)]
        if good and self.odds(92):
            return self.one(good[-12:])
        if not good and self.odds(80):
            return None
        count = len(self.books.purchases)
        return self.mostly(self.rng.randrange(1, count + 1) if count else 1, 0, count + 1, percent=90)

    # --------------------------------------------------------------------------------------------- promotions

    def promotable(self) -> int | None:
        """A series that may have a promotion, mostly; None where there is none. Seldom any."""
        good = [
            i
            for i, one in self.model.books.series.items()
            if one.terms.named
            and not one.terms.cash_out_unused
            and not one.full_refund_from
            and self.now < one.terms.sales_close_at
            and self.room(one.terms)
        ]
        sold = [i for i in good if self.on_sale(i)]
        bound = [i for i in sold if self.model.books.series[i].terms.denomination]
        if good and self.odds(93):
            return self.one(bound if bound and self.odds(60) else sold or good)
        return self.series() if good or self.odds(15) else None

    def promotion_terms(self, series_id: int) -> PromotionTerms:
        """As much as the refund rights of the series let, mostly."""
        series = self.of(series_id)
        room = self.room(series.terms) if series else 1_000
        total = self.mostly(self.one([room, room // 2, min(room, 1_000)]), room + 1, 0, percent=90)
        shares = [0, *sorted(self.rng.randrange(total + 1) for _ in range(2)), total]
        discount, cash_back, referral = (high - low for low, high in pairwise(shares))
        if self.odds(30):
            discount, cash_back = discount + cash_back, 0
        closes_at = self.now + self.one([DAY, 5 * DAY, 15 * DAY])
        if series:
            sale = series.terms.sales_close_at
            closes_at = self.mostly(min(closes_at, sale), sale, sale + 1, self.now, percent=94)
        window = series.terms.withdrawal_seconds if series else 0
        issuer = series.issuer if series else ISSUERS[0]
        opens_at = self.mostly(self.now, self.now + 1, self.now + HOUR, 0, closes_at, percent=85)
        return PromotionTerms(
            series_id,
            self._reward_series(issuer, closes_at + window)
            if cash_back
            else self.mostly(0, series_id, percent=97),
            opens_at,
            closes_at,
            discount,
            cash_back,
            referral,
            self.mostly(self.one(SIGNERS), ZERO, self.side.token, percent=96),
            self.mostly(MAX_AMOUNT, 0, 9_999, 10**5, percent=88),
        )

    def room(self, terms: Terms) -> int:
        """The largest rewards, in basis points."""
        room = BPS - terms.post_expiry_bps
        if terms.use_threshold_bps:
            room = min(room, terms.use_threshold_bps)
        if terms.cash_out_below:
            paid = -(-(terms.cash_out_below - 1) * BPS // terms.denomination)
            room = min(room, max(BPS - paid, 0))
        return room

    def _reward_series(self, issuer: str, vests_at: int) -> int:
        """Mostly of the same issuer."""
        own = self.odds(90)
        return self.of_kind(
            lambda i, one: (
                one.terms.named
                and one.terms.denomination == 0
                and not one.full_refund_from
                and one.terms.sales_close_at >= vests_at + CLAIM_SECONDS
                and own == (one.issuer == issuer)
            )
        )

    def running(self) -> list[int]:
        """Promotions under which something can be bought now, if there is money."""
        return [
            i
            for i, terms in self.books.promotions.items()
            if terms.opens_at <= self.now < terms.closes_at and self.on_sale(terms.series_id)
        ]

    def promotion(self) -> int:
        """Its number, mostly of one that runs and has money."""
        running = self.running()
        rich = [i for i in running if self.books.budgets[i].free]
        if running and self.odds(94):
            return self.one(rich if rich and self.odds(90) else running)
        count = len(self.books.promotions)
        return self.mostly(self.rng.randrange(1, count + 1) if count else 1, 0, count + 1, percent=85)

    def coupon(self, store: SalesStore, promotion_id: int, face: int) -> Coupon:
        """For a holder, mostly; its number is mostly new."""
        buyer = self.one(HOLDING)
        odd = buyer, self.here, self.side.token, CODED[0]
        number = self.mostly(store.next_number(), *EDGE_COUPONS, self.rng.randrange(1, 9), percent=86)
        return Coupon(
            promotion_id,
            number,
            buyer,
            self.mostly(self.mostly(self.one(REFERRERS), ZERO, percent=70), *odd, percent=93),
            self.mostly(MAX_AMOUNT, face, max(face - 1, 0), percent=70),
            self.deadline(),
        )

    def coupon_signature(self, coupon: Coupon) -> Signature | None:
        terms = self.books.promotions.get(coupon.promotion_id)
        signer = terms.coupon_signer if terms else ISSUERS[0]
        return self.word(signer, ("Coupon", *astuple(coupon)))

    def word(self, signer: str, message: tuple[object, ...]) -> Signature | None:
        return None if self.odds(1) else self.said(signer, message, self.here)

    # ----------------------------------------------------------------------------------------------- the rest

    def receipt(self, store: SalesStore) -> Receipt:
        """Its payment is mostly new."""
        series_id = self.of_kind(lambda i, one: not one.wound_down and self.now < one.terms.sales_close_at)
        number = self.mostly(store.next_number(), self.rng.randrange(1, 9), percent=88)
        recipient = self.mostly(self.one(HOLDING), ZERO, self.here, MERCHANTS[0], percent=95)
        face, payer = self.face(series_id), self.one([ISSUERS[0], *HOLDERS, STRANGER])
        return Receipt(series_id, recipient, face, payer, number.to_bytes(32, "big"), self.deadline())
