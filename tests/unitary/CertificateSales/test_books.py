"""Invariant 18 after every step of random histories: spent + reserved + free = funded − taken back, and the
shop holds exactly what it owes."""

import random

import pytest

from tests.fixtures.accounts import ZERO_ADDRESS
from tests.support.clock import later
from tests.support.sales import BPS

STEPS = 45


class History:
    """Random steps on a shop, and an exact model of what each does to the budget."""

    def __init__(self, shop, seed):
        self.shop, self.random = shop, random.Random(seed)
        self.world = shop.world
        self.series = shop.on_sale(premium_bps=137)
        self.reward = shop.series()
        self.promotion = shop.promote(self.series, 20_000, reward_series_id=self.reward)
        self.model = {"free": 20_000, "reserved": 0, "spent": 0, "funded": 20_000, "taken_back": 0}
        self.coupons = 0
        self.open = {}  # purchase → what its withdrawal returns: (face, discount, cash-back, referral)
        self.vesting = {}  # purchase → (cash-back, referral) not claimed yet
        self.premiums = []

    def run(self):
        steps = [self.fund, self.take_back, self.buy, self.buy, self.promoted, self.promoted, self.promoted]
        steps += [self.withdraw, self.withdraw, self.wait, self.claim, self.claim, self.collect]
        for _ in range(STEPS):
            self.random.choice(steps)()
            assert self.shop.budget(self.promotion) == self.model
            self.shop.check_books([self.series, self.reward])

    def fund(self):
        amount = self.random.randint(1, 5_000)
        self.shop.fund(self.promotion, amount, self.random.choice([self.world.issuer, self.world.giver]))
        self.model["free"] += amount
        self.model["funded"] += amount

    def take_back(self):
        amount = self.random.randint(0, self.model["free"])
        if amount == 0:
            return
        self.shop.sales.takeBack(self.promotion, amount, self.world.beneficiary, {"from": self.world.issuer})
        self.model["free"] -= amount
        self.model["taken_back"] += amount

    def buy(self):
        purchase = self.shop.buy(self.series, self.face(), buyer=self.buyer())
        self.open[purchase] = (0, 0, 0)
        self.premiums.append(purchase)

    def promoted(self):
        face, buyer = self.face(), self.buyer()
        referrer = self.random.choice([self.world.supporter, ZERO_ADDRESS])
        shares = [500, 300, 200 if referrer != ZERO_ADDRESS else 0]
        rewards = tuple(face * share // BPS for share in shares)
        if sum(rewards) > self.model["free"]:
            return
        self.coupons += 1
        purchase = self.shop.buy_with_coupon(
            self.promotion, face, buyer=buyer, coupon_id=self.coupons, referrer=referrer
        )
        self.model["free"] -= sum(rewards)
        self.model["spent"] += rewards[0]
        self.model["reserved"] += rewards[1] + rewards[2]
        self.open[purchase] = rewards
        self.vesting[purchase] = list(rewards[1:])
        self.premiums.append(purchase)

    def withdraw(self):
        candidates = [p for p in self.open if self.shop.sales.withdrawable(p)]
        if not candidates:
            return
        purchase = self.random.choice(candidates)
        expected = self.shop.sales.withdrawable(purchase)
        buyer = self.shop.sales.purchase(purchase)[0]
        before = self.shop.balance(buyer)
        self.shop.withdraw(purchase)
        assert self.shop.balance(buyer) - before == expected
        discount, cash_back, referral = self.open.pop(purchase)
        self.vesting.pop(purchase, None)
        self.model["spent"] -= discount
        self.model["reserved"] -= cash_back + referral
        self.model["free"] += discount + cash_back + referral

    def wait(self):
        later(self.random.randint(1, 4 * 86_400))

    def claim(self):
        now = self.world.now()
        sales = self.shop.sales
        ready = [
            (p, kind)
            for p, rewards in self.vesting.items()
            for kind in (0, 1)
            if rewards[kind] and sales.purchase(p)["withdrawUntil"] <= now
        ]
        if not ready:
            return
        purchase, kind = self.random.choice(ready)
        (sales.claimReferral if kind else sales.claimCashBack)(purchase, {"from": self.world.stranger})
        amount = self.vesting[purchase][kind]
        self.vesting[purchase][kind] = 0
        self.model["reserved"] -= amount
        self.model["spent"] += amount

    def collect(self):
        due = [
            p
            for p in self.premiums
            if (record := self.shop.sales.purchase(p))["premium"]
            and record["withdrawUntil"] <= self.world.now()
        ]
        if due:
            self.shop.sales.collectPremiums(
                self.series,
                self.random.sample(self.premiums, len(self.premiums)),
                {"from": self.world.stranger},
            )

    def face(self):
        return self.random.choice([1, 19, 199, 1_000, 9_999, self.random.randint(1, 30_000)])

    def buyer(self):
        return self.random.choice([self.world.holder, self.world.giver])


@pytest.mark.parametrize("seed", range(4))
def test_the_books_agree_after_every_step(shop, seed):
    History(shop, seed).run()
