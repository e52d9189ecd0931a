"""The model of promotions: terms that never change, and a budget that was funded before."""

from __future__ import annotations

from dataclasses import astuple

from tests.model.custody import operation
from tests.model.sales_words import CLAIM_SECONDS, PREFIX, Budget, Coupon, PromotionTerms
from tests.model.till import Till
from tests.model.words import BPS, MAX_AMOUNT, ZERO, Checks, Operator, Signature, Terms, refuse


class Promotions(Till):
    """Rewards leave a budget at the purchase or not at all."""

    def promotion(self, promotion_id: int) -> PromotionTerms:
        """Raises Refused for one that there is not."""
        if promotion_id not in self.books.promotions:
            raise refuse(f"{PREFIX}UnknownPromotion", promotion_id)
        return self.books.promotions[promotion_id]

    def rewards(self, promotion_id: int, face: int, referred: bool) -> tuple[int, int, int]:
        """Discount, cash-back and referral of a purchase, each rounded down."""
        terms = self.books.promotions[promotion_id]
        referral = terms.referral_bps if referred else 0
        shares = terms.discount_bps, terms.cash_back_bps, referral
        discount, cash_back, referral = (face * share // BPS for share in shares)
        return discount, cash_back, referral

    # --------------------------------------------------------------------------------------------- creating

    @operation
    def create_promotion(self, caller: str, terms: PromotionTerms) -> int:
        check = Checks()
        self.check_issuer(check, terms.series_id)
        self._check_promotion(check, terms)
        check.done()
        promotion_id = len(self.books.promotions) + 1
        self.books.promotions[promotion_id] = terms
        self.books.budgets[promotion_id] = Budget()
        self.emit("PromotionCreated", promotion_id, terms.series_id, astuple(terms))
        return promotion_id

    def _check_promotion(self, check: Checks, terms: PromotionTerms) -> None:
        series = self.series(terms.series_id).terms
        closes_at = terms.closes_at
        self._at_least(check, "named merchants", series.named, 1)
        self._at_most(check, "cash for unused certificates", series.cash_out_unused, 0)
        self._check_no_refund(check, terms.series_id)
        self._at_least(check, "closes in the future", closes_at, self.now + 1)
        self._at_least(check, "closes after opening", closes_at, terms.opens_at + 1)
        self._at_most(check, "closes with the series' sale", closes_at, series.sales_close_at)
        rewards = terms.discount_bps + terms.cash_back_bps + terms.referral_bps
        self._at_least(check, "rewards", rewards, 1)
        self._check_cash(check, series, rewards)
        self._at_least(check, "face of a purchase", terms.max_face, 1)
        check.need(terms.coupon_signer != ZERO, "Custody_ZeroAddress")
        reward_id = terms.reward_series_id
        if terms.cash_back_bps == 0:
            self._at_most(check, "reward series, no cash-back", reward_id, 0)
        elif reward_id not in self.certificates.books.series:
            check.need(False, "UnknownSeries", reward_id)
        else:
            self._check_reward(check, reward_id, closes_at + series.withdrawal_seconds)

    def _check_cash(self, check: Checks, series: Terms, rewards: int) -> None:
        """No refund right gives buyer and referrer together more than was paid."""
        share = rewards + series.post_expiry_bps
        self._at_most(check, "rewards and post-expiry share", share, BPS)
        if series.use_threshold_bps:
            self._at_most(check, "rewards and use threshold", rewards, series.use_threshold_bps)
        if series.cash_out_below and rewards <= BPS:
            paid = (BPS - rewards) * series.denomination // BPS
            self._at_most(check, "rewards and cash-out", series.cash_out_below - 1, paid)

    def _check_reward(self, check: Checks, reward_id: int, vests_at: int) -> None:
        self.check_issuer(check, reward_id)
        self._check_no_refund(check, reward_id)
        reward = self.series(reward_id).terms
        self._at_least(check, "reward series: named", reward.named, 1)
        self._at_most(check, "reward series: denomination", reward.denomination, 0)
        least = vests_at + CLAIM_SECONDS
        self._at_least(check, "reward series: sales close", reward.sales_close_at, least)

    def _check_no_refund(self, check: Checks, series_id: int) -> None:
        """Neither open nor announced."""
        from_ = self.series(series_id).full_refund_from
        self.need(check, from_ == 0, "RefundOpen", series_id, from_)

    def _at_least(self, check: Checks, rule: str, value: int, bound: int) -> None:
        self._rule(check, value >= bound, rule, value, bound)

    def _at_most(self, check: Checks, rule: str, value: int, bound: int) -> None:
        self._rule(check, value <= bound, rule, value, bound)

    def _rule(self, check: Checks, kept: bool, rule: str, value: int, bound: int) -> None:
        name = rule.encode().ljust(32, b"\0")
        self.need(check, kept, "InvalidPromotion", name, int(value), bound)

    # ----------------------------------------------------------------------------------------------- budgets

    @operation
    def fund(self, caller: str, promotion_id: int, amount: int) -> None:
        self.promotion(promotion_id)
        check = Checks()
        self.need(check, amount != 0, "ZeroAmount")
        self.check_pull(check, caller, amount)
        check.done()
        self.pull(caller, amount)
        self.change_budget(promotion_id, free=amount, funded=amount)
        self.emit("PromotionFunded", promotion_id, caller, amount)

    @operation
    def take_back(self, caller: str, promotion_id: int, amount: int, to: str) -> None:
        terms = self.promotion(promotion_id)
        check = Checks()
        self.check_issuer(check, terms.series_id)
        check.need(to not in (ZERO, self.here), "Custody_ZeroAddress")
        self.need(check, amount != 0, "ZeroAmount")
        free = self.books.budgets[promotion_id].free
        self.need(check, amount <= free, "OverBudget", promotion_id, amount, free)
        check.done()
        self.change_budget(promotion_id, free=-amount, taken_back=amount)
        self.emit("BudgetTakenBack", promotion_id, to, amount)
        self.pay_now(to, amount)

    # ----------------------------------------------------------------------------------------------- coupons

    def check_coupon(self, check: Checks, face: int, coupon: Coupon, signature: Signature | None) -> None:
        """The caller may buy so much with it now, and the budget has what that earns."""
        promotion_id, terms = coupon.promotion_id, self.promotion(coupon.promotion_id)
        window = terms.opens_at, terms.closes_at
        running = window[0] <= self.now < window[1]
        self.need(check, running, "PromotionClosed", promotion_id, *window, self.now)
        self.need(check, self.caller == coupon.buyer, "NotBuyer", self.caller, coupon.buyer)
        nobodys = coupon.referrer in (coupon.buyer, self.here)
        self.need(check, not nobodys, "SelfReferral", coupon.referrer)
        most = min(coupon.max_face, terms.max_face)
        self.need(check, face <= most, "OverMaxFace", face, most)
        self.check_deadline(check, coupon.deadline)
        self.check_signature(check, terms.coupon_signer, ("Coupon", *astuple(coupon)), signature)
        used = self.books.coupons.get((promotion_id, coupon.coupon_id), False)
        self.need(check, not used, "CouponUsed", promotion_id, coupon.coupon_id)
        self._check_no_refund(check, terms.series_id)
        if terms.cash_back_bps:
            self._check_no_refund(check, terms.reward_series_id)
            limit = self.issuing_limit(terms.reward_series_id)
            self.need(check, limit == MAX_AMOUNT, "LimitedOperator", terms.reward_series_id, limit)
        needed = sum(self.rewards(promotion_id, face, coupon.referrer != ZERO))
        free = self.books.budgets[promotion_id].free
        self.need(check, needed <= free, "OverBudget", promotion_id, needed, free)

    def issuing_limit(self, series_id: int) -> int:
        """What the shop may issue of a series in a day."""
        return self.certificates.books.operators.get((series_id, self.here), Operator()).daily_limit
