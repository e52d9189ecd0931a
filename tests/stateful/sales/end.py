"""The end of the shop window's life: what is true in the first and last seconds of each window, tried once in
every life; then everybody is paid."""

from __future__ import annotations

from dataclasses import astuple, replace
from random import Random

from tests.model.currency import Kind
from tests.model.sales_words import CLAIM_SECONDS, CashBack, Coupon, PromotionTerms, Purchase, Receipt
from tests.model.words import DAY, MAX_AMOUNT, ZERO, Consent, Payment, Redemption, Signature
from tests.stateful.certificates.hand import DENOMINATION
from tests.stateful.custody.machine import OWN, CustodyLife
from tests.stateful.invariants import hold
from tests.stateful.people import HOLDERS, HOLDING, MERCHANTS, STRANGER, WALLET
from tests.stateful.registry import Act
from tests.stateful.sales.hand import MOST_PRICE, SalesHand, SalesStore
from tests.stateful.sales.side import SalesSide

LAST = 10**7
"""Numbers of coupons from here on are the end's."""


class SalesEnd(CustodyLife[SalesSide, SalesStore]):
    """How a life ends; what it needs for that, its beginning needs too."""

    def hand(self, rng: Random, side: SalesSide) -> SalesHand:
        """Choices about a side as it is now."""
        return SalesHand(rng, side)

    def _open(self, side: SalesSide, series: Act) -> None:
        """A series that the shop sells as long as it may and not a second longer, and holders of it."""
        self.act(side, series)
        series_id, issuer, terms = len(side.model.books.series), series[1], series[2][0]
        if terms.named:
            self.act(side, ("addServices", issuer, (series_id, [side.here])))
        self.act(side, ("setOperator", issuer, (series_id, side.here, MAX_AMOUNT)))
        latest = min(terms.sales_close_at, terms.expires_at - terms.withdrawal_seconds)
        for late in (1, 0):
            done = self.act(side, ("setSale", issuer, (series_id, self.chain.time, latest + late, 137)))
            hold(not (done and late), 62, f"{series_id} is sold for too long to withdraw from what is bought")
        for holder in HOLDING[1:]:
            self.act(side, ("issue", issuer, (series_id, holder, 20 * DENOMINATION)))

    def _promote(self, side: SalesSide, window: int) -> tuple[int, int]:
        """A series and a day's promotion of it, whose cash-back is of the same series; it is sold no longer
        than it must be."""
        function, issuer, (terms, merchants, art) = self.hand(Random(0), side).series_for_sale("reward")
        ends_at = self.chain.time + DAY
        closes_at = ends_at + window + CLAIM_SECONDS
        terms = replace(
            terms,
            sales_close_at=closes_at,
            post_expiry_bps=9_000,
            withdrawal_seconds=window,
            refund_on_removal=True,
        )
        self._open(side, (function, issuer, (terms, merchants, art)))
        series_id = len(side.model.books.series)
        promotion = PromotionTerms(
            series_id, series_id, self.chain.time, ends_at, 500, 300, 200, WALLET, MAX_AMOUNT
        )
        self.act(side, ("createPromotion", issuer, (promotion,)))
        promotion_id = len(side.sales.books.promotions)
        self.act(side, ("fund", STRANGER, (promotion_id, 10**6)))
        return series_id, promotion_id

    def _ban(self, side: SalesSide, who: str) -> None:
        side.token_call(STRANGER, "blacklist", who)
        side.model.currency.banned |= {who}
        self.note(side, f"banned: {who}")

    def heal(self) -> None:
        """Everything behaves again, and everybody lets the shop take money again."""
        super().heal()
        for side in self.sides:
            for who in side.sales.books.allowances:
                side.token_call(who, "approve", side.here, 2**256 - 1)
            side.sales.books.allowances = {}
        self.sides[1].lose(-self.sides[1].lost)

    def close(self) -> None:
        """When everything behaves again a purchase can be withdrawn from until the last second of its window;
        then all rewards, premiums, budgets and debts are paid, and the shop holds nothing but what was sent
        to it by mistake, or is owed to a contract that can't ask for it: the shop, or the currency."""
        self.heal()
        for side in self.sides:
            side.model.now = self.chain.time
            self._withdraw_at_last(side)
        until = [one.withdraw_until for side in self.sides for one in side.sales.books.purchases.values()]
        self.chain.time = max([self.chain.time, *until])
        for side in self.sides:
            side.model.now = self.chain.time
            self._pay_everybody(side)
            left = side.model.currency.of(side.here) - self.given[id(side)]
            stuck = sum(side.sales.books.owed.values())
            hold(left == stuck, 1, f"{left} is left after all, {stuck} is owed to contracts")
        self.settle(Random(0))

    def _withdraw_at_last(self, side: SalesSide) -> None:
        """Of eight purchases of a new promotion some are withdrawn from, until the last second of their
        window. Then rewards are claimed, and both the promotion and the sale end."""
        series_id, promotion_id = self._promote(side, DAY)
        coupons = [self._coupon(side, promotion_id, number) for number in range(10)]
        for coupon in coupons[:8]:
            self.must(side, coupon)
        first = len(side.sales.books.purchases) - 7
        until = side.sales.bought(first).withdraw_until
        late = self.act(side, self._coupon(side, promotion_id, 10, 0))
        hold(not late, 63, "bought with a coupon in its deadline's second")
        self._try_receipts(side, series_id)
        self._break_promises(side, promotion_id, coupons[8])
        self._try_other_cards(side, first + 1)
        self._owe_at_last(side, first, first + 2)
        self.chain.time = side.model.now = until - 1
        self.must(side, coupons[8])
        self.must(side, self._withdrawal(side, first + 1))
        self._touch(side, series_id, first + 3)
        self._shrink(side, first + 5)
        early = self.act(side, ("claimReferral", STRANGER, (first + 4,)))
        hold(not early, 64, "a referral was paid while its purchase could be withdrawn from")
        self.chain.time = side.model.now = until
        hold(not self.act(side, coupons[9]), 63, "bought under a promotion that was over")
        late = self.act(side, self._withdrawal(side, first + 4))
        hold(not late, 62, "a purchase was withdrawn from after its window")
        again = self.act(side, self._withdrawal(side, first))
        hold(not again, 62, "a purchase was withdrawn from twice")
        self._give_notice(side, series_id)
        self._sell_at_last(side, series_id)
        self._claim_at_last(side, series_id, range(first + 3, first + 8))

    def _break_promises(self, side: SalesSide, promotion_id: int, coupon: Act) -> None:
        """What is reserved stays; and nothing more is, when the shop may not issue what it would promise."""
        terms, free = side.sales.promotion(promotion_id), side.sales.books.budgets[promotion_id].free
        issuer, reward_id = side.model.books.series[terms.series_id].issuer, terms.reward_series_id
        taken = self.act(side, ("takeBack", issuer, (promotion_id, free + 1, issuer)))
        hold(not taken, 18, "money was taken back that is reserved")
        self.must(side, ("setOperator", issuer, (reward_id, side.here, MAX_AMOUNT - 1)))
        hold(not self.act(side, coupon), 64, "a cash-back was promised that might not be issued")
        self.must(side, ("setOperator", issuer, (reward_id, side.here, MAX_AMOUNT)))

    def _try_receipts(self, side: SalesSide, series_id: int) -> None:
        """What a receipt names as paid is paid by whom it names, once, and before its deadline."""
        payer, now = HOLDERS[1], self.chain.time
        signer = side.sales.receipt_signer(side.model.books.series[series_id].issuer)
        for late, callers in ((0, (payer,)), (1, (STRANGER, payer, payer))):
            receipt = Receipt(series_id, HOLDERS[0], 77, payer, LAST.to_bytes(32, "big"), now + late)
            signature = Signature(signer, side.here, ("Receipt", *astuple(receipt)))
            done = [self.act(side, ("issueByReceipt", who, (receipt, signature))) for who in callers]
            hold(done == [False, True, False][: len(done)], 63, f"by {callers}: {receipt}: {done}")

    def _try_other_cards(self, side: SalesSide, purchase_id: int) -> None:
        """A card of another series, and a payment for somebody else, withdraw from nothing."""
        function, buyer, (payment, (card,)) = self._withdrawal(side, purchase_id)
        self._open(side, self.hand(Random(0), side).series_for_sale("reward"))
        other = replace(card, series_id=len(side.model.books.series))
        for into, paid in ((payment, other), (replace(payment, payee=MERCHANTS[0]), card)):
            done = self.act(side, (function, buyer, (into, [paid])))
            hold(not done, 62, f"withdrawn from {purchase_id} by {into}, {paid}")

    def _owe_at_last(self, side: SalesSide, first: int, second: int) -> None:
        """Where the buyer of two purchases is banned it is owed both, one after the other, and asks for them
        by signatures: each acts once, in the order of its nonces."""
        buyer = side.sales.bought(first).buyer
        mark = side.sales.books.marks.get(buyer, 0)
        for purchase_id, good, bad in ((first, mark + 1, mark), (second, mark + 2**32 + 1, mark + 1)):
            if side.model.currency.kind is Kind.BLACKLIST:
                self._ban(side, buyer)
            self.must(side, self._withdrawal(side, purchase_id))
            if side.model.currency.kind is not Kind.BLACKLIST:
                continue
            self._shrink(side, first + 1, side.sales.booked() - 1)
            self.heal()
            refused = (
                (STRANGER, STRANGER, OWN),
                (buyer, side.here, OWN),
                (STRANGER, STRANGER, self._asked(side, buyer, bad)),
                (STRANGER, STRANGER, self._asked(side, buyer, good + 2**32)),
            )
            for caller, to, consent in refused:
                done = self.act(side, ("withdrawOwed", caller, (buyer, to, consent)))
                hold(not done, 5, f"a debt was paid to {to}, by {consent}")
            self.must(side, ("withdrawOwed", STRANGER, (buyer, STRANGER, self._asked(side, buyer, good))))

    def _asked(self, side: SalesSide, payee: str, nonce: int) -> Consent:
        """To have a debt paid to the stranger."""
        ends_at = self.chain.time + 1
        said = ("OwedWithdrawal", payee, STRANGER, nonce, ends_at)
        return Consent(nonce, ends_at, False, Signature(payee, side.here, said))

    def _give_notice(self, side: SalesSide, series_id: int) -> None:
        """From a notice on, nothing is promised any more, and nothing bought of what was."""
        issuer = side.model.books.series[series_id].issuer
        now = self.chain.time
        terms = PromotionTerms(series_id, 0, now, now + 9, 500, 0, 0, WALLET, MAX_AMOUNT)
        self.must(side, ("createPromotion", issuer, (terms,)))
        promotion_id = len(side.sales.books.promotions)
        self.must(side, ("fund", STRANGER, (promotion_id, 5_000)))
        self.must(side, self._coupon(side, promotion_id, 0))
        self.must(side, ("removeMerchant", issuer, (series_id, MERCHANTS[1])))
        bought = self.act(side, self._coupon(side, promotion_id, 1))
        hold(not bought, 7, "bought under a promotion while refunds were announced")
        promised = self.act(side, ("createPromotion", issuer, (terms,)))
        hold(not promised, 7, "a promotion was created while refunds were announced")

    def _sell_at_last(self, side: SalesSide, series_id: int) -> None:
        """From a sale's first second to its last."""
        issuer, now = side.model.books.series[series_id].issuer, self.chain.time
        self.must(side, ("setSale", issuer, (series_id, now + 5, now + 9, 137)))
        for seconds, sold in ((4, False), (5, True), (8, True), (9, False)):
            self.chain.time = side.model.now = now + seconds
            done = self.act(side, ("buy", STRANGER, (series_id, HOLDERS[2], 10_001, MOST_PRICE)))
            hold(done == sold, 61, f"{seconds} seconds on, 5 and 9 being the sale's: sold {done}")

    def _touch(self, side: SalesSide, series_id: int, purchase_id: int) -> None:
        """A purchase whose buyer spends what it had before stands; a unit more, and it does not, whatever
        the buyer is given."""
        record = side.sales.bought(purchase_id)
        issuer = side.model.books.series[series_id].issuer
        margin = self.hand(Random(0), side).margin(record)
        self.must(side, ("issue", issuer, (series_id, record.buyer, 1 + record.balance_then)))
        if margin:
            self.must(side, ("redeem", record.buyer, (series_id, margin, MERCHANTS[0])))
        hold(side.sales.withdrawable(purchase_id) == record.paid, 62, "an untouched purchase is touched")
        side.compare()
        self.must(side, ("redeem", record.buyer, (series_id, 1, MERCHANTS[0])))
        touched = self.act(side, self._withdrawal(side, purchase_id))
        hold(not touched, 62, "a purchase was withdrawn from that had been spent")

    def _shrink(self, side: SalesSide, purchase_id: int, left: int = 0) -> None:
        """While money of others is missing, were it one unit, what comes back is needed for them."""
        side.lose(side.model.currency.of(side.here) - left)
        done = self.act(side, self._withdrawal(side, purchase_id))
        hold(not done, 1, "a purchase was withdrawn from with others' money")
        side.lose(-side.lost)

    def _claim_at_last(self, side: SalesSide, series_id: int, bought: range) -> None:
        issuer = side.model.books.series[series_id].issuer
        self._claim(side, bought[1], CashBack.ISSUED)
        self.must(side, ("setOperator", issuer, (series_id, side.here, MAX_AMOUNT - 1)))
        self._claim(side, bought[2], CashBack.PAID)
        self.must(side, ("setOperator", issuer, (series_id, side.here, MAX_AMOUNT)))
        closes_at = side.model.books.series[series_id].terms.sales_close_at
        for late, outcome in ((-1, CashBack.ISSUED), (0, CashBack.RETURNED)):
            self.chain.time = side.model.now = closes_at + late
            self._claim(side, bought[4 + late], outcome)
        self.must(side, ("windDown", issuer, (series_id,)))
        self._claim(side, bought[0], CashBack.PAID)

    def _claim(self, side: SalesSide, purchase_id: int, outcome: CashBack) -> None:
        """Both rewards of a purchase."""
        self.must(side, ("claimReferral", STRANGER, (purchase_id,)))
        self.must(side, ("claimCashBack", STRANGER, (purchase_id,)))
        hold(side.logs.outcomes[-1] == outcome, 64, f"cash-back {purchase_id}: {side.logs.outcomes[-1]}")

    def _coupon(self, side: SalesSide, promotion_id: int, number: int, seconds: int = 2 * DAY) -> Act:
        """A purchase with the wallet's coupon, which is good for so long: mostly for the whole promotion."""
        buyer, ends_at = HOLDERS[number % 2], self.chain.time + seconds
        coupon = Coupon(promotion_id, LAST + number, buyer, MERCHANTS[1], MAX_AMOUNT, ends_at)
        signature = Signature(WALLET, side.here, ("Coupon", *astuple(coupon)))
        return "buyWithCoupon", buyer, (9_999, MOST_PRICE, coupon, signature)

    def _withdrawal(self, side: SalesSide, purchase_id: int) -> Act:
        record = side.sales.bought(purchase_id)
        payment = Payment(side.here, side.here, 0, 0, 0, 0, purchase_id.to_bytes(32, "big"), None)
        card = Redemption(record.buyer, record.series_id, record.face, 0, 0, 0, None)
        return "pay", record.buyer, (payment, [card])

    def _pay_everybody(self, side: SalesSide) -> None:
        """What is set aside, held, free or owed."""
        books = side.sales.books
        held: dict[int, list[int]] = {}
        for purchase_id, record in list(books.purchases.items()):
            self._claim_all(side, purchase_id, record)
            if record.premium:
                held.setdefault(record.series_id, []).append(purchase_id)
        for series_id, purchase_ids in held.items():
            self.must(side, ("collectPremiums", STRANGER, (series_id, purchase_ids)))
        for promotion_id, terms in books.promotions.items():
            free = side.sales.books.budgets[promotion_id].free
            issuer = side.model.books.series[terms.series_id].issuer
            if free:
                self.must(side, ("takeBack", issuer, (promotion_id, free, issuer)))
        for who, amount in list(side.sales.books.owed.items()):
            if amount and who not in (side.here, side.token):
                self.must(side, ("withdrawOwed", who, (who, who, OWN)))

    def _claim_all(self, side: SalesSide, purchase_id: int, record: Purchase) -> None:
        if record.cash_back:
            self.must(side, ("claimCashBack", STRANGER, (purchase_id,)))
        if record.referral and record.referrer != ZERO:
            self.must(side, ("claimReferral", STRANGER, (purchase_id,)))
