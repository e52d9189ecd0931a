"""What a life's logs of CertificateSales tell, to an accountant who knows the terms of the series and what
was sent, and has no node: every purchase and budget beside what moved, and whatever in them should not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tests.model.sales_words import Budget, CashBack, PromotionTerms
from tests.model.words import BPS, ZERO, Terms
from tests.stateful.custody.logs import CustodyLogs, Event


class Moved(NamedTuple):
    """Base units of currency (series 0), or of a series' face; to nobody when it is spent."""

    series_id: int
    source: str
    to: str
    amount: int


class Bought(NamedTuple):
    """A purchase, and what is still held and set aside for it."""

    series_id: int
    buyer: str
    face: int
    price: int
    at: int
    until: int
    premium: int
    promotion_id: int = 0
    discount: int = 0
    referrer: str = ZERO
    cash_back: int = 0
    referral: int = 0
    withdrawn: bool = False


class SalesLogs(CustodyLogs):
    """Sums in base units."""

    def __init__(self, currency: str, certificates: str, shop: str) -> None:
        super().__init__()
        self.currency, self.certificates, self.shop = currency, certificates, shop
        self.now = 0  # seconds, of the transaction that is read
        self.fee_bps = 0  # that the currency keeps now
        self.terms: Mapping[int, Terms] = {}  # by series
        self.asked: tuple[str, str, Sequence[Any]] = ("", ZERO, ())
        self.sales: dict[int, tuple[int, int, int]] = {}  # opening, closing, premium
        self.promotions: dict[int, PromotionTerms] = {}
        self.budgets: defaultdict[int, Budget] = defaultdict(Budget)
        self.purchases: dict[int, Bought] = {}
        self.coupons: set[tuple[int, int]] = set()
        self.payments: set[tuple[str, bytes]] = set()
        self.signers: dict[str, str] = {}
        self.outcomes: list[int] = []  # of cash-backs
        self.flaws: list[tuple[int, str]] = []  # an invariant's number, and what breaks it
        self._left: list[Event] = []
        self._skipped: list[int] = []
        self._money: list[Moved] = []  # that was due
        self._cards: list[Moved] = []

    def read(self, events: Sequence[Event], money: Sequence[Moved], cards: Sequence[Moved]) -> None:
        """One transaction's, that went through."""
        self.add(events)
        self._left, self._skipped, self._money, self._cards = list(events), [], [], []
        while self._left:
            name, *args = self._left.pop(0)
            getattr(self, f"_{name}")(*args)
        ours = [one for one in money if self.shop in one[1:3] and one.source != one.to]
        if ours != [one for one in self._money if self.shop in one[1:3]]:
            self._flaw(61, f"moved: {ours}, due: {self._money}")
        if events and list(cards) != self._cards:
            self._flaw(61, f"cards moved: {cards}, due: {self._cards}")

    def _flaw(self, number: int, text: str) -> None:
        self.flaws.append((number, text))

    def _check(self, kept: bool, number: int, text: str) -> None:
        if not kept:
            self._flaw(number, f"{text} at {self.now}, by {self.asked}")

    def _due(self, source: str, to: str, amount: int) -> None:
        """The currency must move so much; what it keeps goes to itself."""
        kept = -(-amount * self.fee_bps // BPS)
        if amount:
            self._money.append(Moved(0, source, to, amount - kept))
        if kept:
            self._money.append(Moved(0, source, self.currency, kept))

    def _pay(self, payee: str, amount: int) -> None:
        """Paid, or owed when that is told next."""
        if amount and not self._next("PayoutOwed", payee, amount):
            self._due(self.shop, payee, amount)

    def _next(self, *event: Any) -> bool:
        """Whether just this is told next."""
        if not self._left or self._left[0] != event:
            return False
        self._left.pop(0)
        return True

    def _budget(self, promotion_id: int, **more: int) -> None:
        money = self.budgets[promotion_id]
        now = replace(money, **{name: getattr(money, name) + change for name, change in more.items()})
        self._check(min(now.free, now.reserved, now.spent) >= 0, 18, f"{now} of promotion {promotion_id}")
        self.budgets[promotion_id] = now

    # ----------------------------------------------------------------------------- sales, promotions, budgets

    def _SaleSet(self, series_id: int, *sale: int) -> None:
        self.sales[series_id] = sale[0], sale[1], sale[2]

    def _PromotionCreated(self, promotion_id: int, series_id: int, terms: tuple[Any, ...]) -> None:
        self._check(promotion_id == len(self.promotions) + 1, 20, f"promotion {promotion_id}")
        self.promotions[promotion_id] = PromotionTerms(*terms)
        self._check(series_id == self.promotions[promotion_id].series_id, 20, f"series {series_id}")

    def _PromotionFunded(self, promotion_id: int, funder: str, amount: int) -> None:
        self._budget(promotion_id, free=amount, funded=amount)
        self._due(funder, self.shop, amount)

    def _BudgetTakenBack(self, promotion_id: int, to: str, amount: int) -> None:
        self._budget(promotion_id, free=-amount, taken_back=amount)
        self._due(self.shop, to, amount)

    # ---------------------------------------------------------------------------------------------- purchases

    def _Purchased(
        self,
        purchase_id: int,
        series_id: int,
        buyer: str,
        payer: str,
        face: int,
        premium: int,
        price: int,
        net_spent: int,
        balance: int,
    ) -> None:
        self._check(purchase_id == len(self.purchases) + 1, 20, f"purchase {purchase_id}")
        self._check(payer == self.asked[1], 61, f"{payer} pays for purchase {purchase_id}")
        opens_at, closes_at, premium_bps = self.sales.get(series_id, (0, 0, 0))
        self._check(opens_at <= self.now < closes_at, 61, f"series {series_id} is sold")
        self._check(premium == face * premium_bps // BPS, 61, f"a premium of {premium} for {face}")
        until = self.now + self.terms[series_id].withdrawal_seconds
        bought = Bought(series_id, buyer, face, price, self.now, until, premium)
        if self._left and self._left[0][0] == "CouponRedeemed":
            bought = self._with_coupon(purchase_id, bought, *self._left.pop(0)[1:])
        due = face + premium - bought.discount
        self._check(price == due, 61, f"{price} for {bought}, {due} is its price")
        self.purchases[purchase_id] = bought
        self._due(payer, self.shop, price)
        self._issued(series_id, buyer, face)

    def _issued(self, series_id: int, to: str, amount: int) -> None:
        """Full face, for money of the shop's."""
        self._due(self.shop, self.certificates, amount)
        self._cards.append(Moved(series_id, ZERO, to, amount))

    def _with_coupon(
        self, purchase_id: int, bought: Bought, promotion_id: int, of: int, coupon_id: int, *rest: Any
    ) -> Bought:
        referrer, discount, cash_back, referral = rest
        terms = self.promotions[promotion_id]
        self._check(of == purchase_id, 20, f"a coupon of purchase {of}, not {purchase_id}")
        self._check((promotion_id, coupon_id) not in self.coupons, 63, f"coupon {coupon_id} used")
        self.coupons.add((promotion_id, coupon_id))
        running = terms.opens_at <= self.now < terms.closes_at and terms.series_id == bought.series_id
        self._check(running and bought.face <= terms.max_face, 63, f"{bought} by {terms}")
        other = referrer not in (bought.buyer, self.shop)
        self._check(bought.buyer == self.asked[1] and other, 63, f"{bought}, referred by {referrer}")
        shares = terms.discount_bps, terms.cash_back_bps, terms.referral_bps if referrer != ZERO else 0
        earned = tuple(bought.face * share // BPS for share in shares)
        self._check(earned == (discount, cash_back, referral), 61, f"{rest} of {bought}, by {terms}")
        reserved = cash_back + referral
        self._budget(promotion_id, free=-discount - reserved, reserved=reserved, spent=discount)
        return bought._replace(
            promotion_id=promotion_id,
            discount=discount,
            referrer=referrer,
            cash_back=cash_back,
            referral=referral,
        )

    def _PurchaseWithdrawn(self, purchase_id: int, buyer: str, paid: int, returned: int) -> None:
        bought = self.purchases[purchase_id]
        in_time = self.now < bought.until and not bought.withdrawn
        self._check(in_time and buyer == bought.buyer, 62, f"{bought} withdrawn from")
        self._check(paid == bought.price, 62, f"{paid} paid back for {bought}")
        reserved = bought.cash_back + bought.referral
        self._check(returned == bought.discount + reserved, 62, f"{returned} returned of {bought}")
        if bought.promotion_id:
            self._budget(bought.promotion_id, free=returned, reserved=-reserved, spent=-bought.discount)
        self.purchases[purchase_id] = bought._replace(premium=0, cash_back=0, referral=0, withdrawn=True)
        self._due(self.certificates, self.shop, bought.face)
        self._cards.append(Moved(bought.series_id, buyer, ZERO, bought.face))
        self._pay(buyer, paid)

    def _PremiumSkipped(self, purchase_id: int) -> None:
        """Told before what was collected."""
        self._skipped.append(purchase_id)

    def _PremiumsCollected(self, series_id: int, issuer: str, amount: int) -> None:
        """Of what was asked for, all that was not skipped."""
        found, skipped = 0, list(self._skipped)
        for purchase_id in self.asked[2][1]:
            if skipped and skipped[0] == purchase_id:
                skipped.pop(0)
                continue
            bought = self.purchases[purchase_id]
            fit = bought.series_id == series_id and self.now >= bought.until and bought.premium > 0
            self._check(fit, 64, f"the premium of {bought} collected")
            found += bought.premium
            self.purchases[purchase_id] = bought._replace(premium=0)
        self._check(found == amount, 64, f"{amount} collected of series {series_id}, {found} was held")
        self._pay(issuer, amount)

    # ------------------------------------------------------------------------------------- rewards, receipts

    def _CashBackClaimed(self, purchase_id: int, buyer: str, outcome: int, amount: int) -> None:
        bought = self._claimed(purchase_id, "cash_back", amount)
        self.outcomes.append(outcome)
        self._check(buyer == bought.buyer, 64, f"{buyer} has the cash-back of {bought}")
        reward_id = self.promotions[bought.promotion_id].reward_series_id
        if outcome == CashBack.RETURNED:
            self._budget(bought.promotion_id, reserved=-amount, free=amount)
            return
        self._budget(bought.promotion_id, reserved=-amount, spent=amount)
        if outcome == CashBack.PAID:
            self._pay(buyer, amount)
        else:
            self._issued(reward_id, buyer, amount)

    def _ReferralClaimed(self, purchase_id: int, referrer: str, amount: int) -> None:
        bought = self._claimed(purchase_id, "referral", amount)
        self._check(referrer == bought.referrer, 64, f"{referrer} has the referral of {bought}")
        self._budget(bought.promotion_id, reserved=-amount, spent=amount)
        self._pay(referrer, amount)

    def _claimed(self, purchase_id: int, reward: str, amount: int) -> Bought:
        bought = self.purchases[purchase_id]
        fit = self.now >= bought.until and not bought.withdrawn and amount == getattr(bought, reward) > 0
        self._check(fit, 64, f"{reward} {amount} of {bought}")
        self.purchases[purchase_id] = bought._replace(**{reward: 0})
        return bought

    def _ReceiptSignerSet(self, issuer: str, signer: str) -> None:
        self.signers[issuer] = signer

    def _IssuedByReceipt(
        self, issuer: str, payment_id: bytes, series_id: int, recipient: str, payer: str, amount: int
    ) -> None:
        self._check((issuer, payment_id) not in self.payments, 63, f"payment {payment_id.hex()} used")
        self._check(payer == self.asked[1], 63, f"{payer} pays by a receipt")
        self.payments.add((issuer, payment_id))
        self._due(payer, self.shop, amount)
        self._issued(series_id, recipient, amount)

    # --------------------------------------------------------------------------------------------------- owed

    def _PayoutOwed(self, payee: str, amount: int) -> None:
        self._flaw(22, f"{amount} is owed to {payee}, which nothing before tells of")

    def _ConsentUsed(self, signer: str, nonce: int) -> None:
        """`CustodyLogs` counts them."""

    def _OwedPaid(self, payee: str, to: str, amount: int) -> None:
        self._due(self.shop, to, amount)
