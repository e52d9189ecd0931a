"""grand_sale: a promotion has a funded budget, a window and single-use coupons. The reserve stays 100 % of
face throughout; what is bought, refunded and cashed back never pays out more than came in."""

import pytest

from tests.support.certificates import DAY, NO_SIGNATURE
from tests.support.clock import at, mine_at
from tests.support.errors import reverts

CARD = 50_000  # won
BUDGET = 25_000
BUYERS = ("giver", "holder", "creator", "supporter", "agent", "recipient")


@pytest.fixture
def shop(make_world, make_shop, krwt):
    return make_shop(make_world(krwt))


@pytest.fixture
def series(shop):
    """Korean terms: remainder back once 60 % is used, 90 % after expiry, a week to withdraw."""
    return shop.on_sale(denomination=CARD, use_threshold_bps=6_000, post_expiry_bps=9_000)


@pytest.fixture
def points(shop):
    """What the cash-back is paid in: face of any amount, for the same merchants."""
    return shop.series()


@pytest.fixture
def promotion(shop, series, points):
    """8 % off and 2 % cash-back for five days: no more than expiry takes."""
    return shop.promote(
        series,
        BUDGET,
        reward_series_id=points,
        closes_at=shop.world.now() + 5 * DAY,
        discount_bps=800,
        cash_back_bps=200,
        referral_bps=0,
        max_face_per_purchase=CARD,
    )


class Ledger:
    """Money that came in and went out, seen from the wallets; checked after every step."""

    def __init__(self, shop, series, points):
        self.shop, self.series, self.points = shop, series, points
        self.spent_at_merchants = 0

    def check(self):
        world, shop = self.shop.world, self.shop
        outstanding = sum(world.certificates.state(s)[1] for s in (self.series, self.points))
        assert world.reserve() >= outstanding
        shop.check_books([self.series, self.points])
        came_in = world.token.totalSupply()
        wallets = sum(shop.balance(person) for person in world.people.values())
        held = world.reserve() + shop.balance(shop.sales)
        assert wallets + held == came_in


def test_row_grand_sale(shop, series, points, promotion):
    world = shop.world
    ledger = Ledger(shop, series, points)
    people = {name: getattr(world, name) for name in BUYERS}
    paid_in = BUDGET

    # Five buy 50,000 at 46,000, 1,000 of cash-back to come each; the budget of 25,000 is then used up.
    for number, name in enumerate(BUYERS[:5]):
        purchase = shop.buy_with_coupon(promotion, CARD, buyer=people[name], coupon_id=number)
        assert purchase == number + 1
        paid_in += 46_000
        ledger.check()
    assert world.reserve() == 5 * CARD
    assert shop.budget(promotion) == {
        "free": 0,
        "reserved": 5_000,
        "spent": 20_000,
        "funded": BUDGET,
        "taken_back": 0,
    }

    # The sixth is told that it is empty; a coupon works once.
    late = people["recipient"]
    shop.give_money(late, 46_000)
    paid_in += 46_000
    coupon = shop.coupon(promotion, coupon_id=5, buyer=late)
    with reverts("CertificateSales_OverBudget", promotion, 5_000, 0):
        shop.sales.buyWithCoupon(CARD, 46_000, *coupon, {"from": late})
    used = shop.coupon(promotion, coupon_id=0, buyer=late)
    with reverts("CertificateSales_CouponUsed", promotion, 0):
        shop.sales.buyWithCoupon(CARD, 46_000, *used, {"from": late})

    # One changes its mind: its 46,000 come back, and what was granted to it pays for the sixth.
    shop.withdraw(1)
    assert shop.balance(people["giver"]) == 46_000
    ledger.check()
    shop.sales.buyWithCoupon(CARD, 46_000, *coupon, {"from": late})
    ledger.check()

    # One uses 62 % and has the remainder back.
    world.certificates.redeem(series, 31_000, world.merchant, {"from": people["holder"]})
    world.certificates.refund(
        people["holder"], series, 19_000, 19_000, NO_SIGNATURE, {"from": people["holder"]}
    )
    ledger.check()
    # One spends everything.
    world.certificates.redeem(series, CARD, world.merchant, {"from": people["creator"]})
    ledger.check()

    # The window closes: no coupon opens it again.
    opens, closes = shop.sales.promotion(promotion)[2:4]
    unused = shop.coupon(promotion, coupon_id=6, buyer=late, deadline=closes + DAY)
    now = at(closes)
    with reverts("CertificateSales_PromotionClosed", promotion, opens, closes, now):
        shop.sales.buyWithCoupon(CARD, 46_000, *unused, {"from": late})

    # Cash-back vests, in certificates, for whoever did not withdraw.
    at(shop.sales.purchase(6)["withdrawUntil"])
    for purchase in range(2, 7):
        shop.sales.claimCashBack(purchase, {"from": world.relayer})
        ledger.check()
    with reverts("CertificateSales_AlreadyWithdrawn", 1):
        shop.sales.claimCashBack(1, {"from": world.relayer})
    assert shop.budget(promotion)["spent"] == BUDGET
    assert shop.balance(shop.sales) == 0

    # The others let everything expire: 90 % of cards and cash-back, and not a won more than came in.
    mine_at(max(world.certificates.terms(s)[2] for s in (series, points)))
    for name in BUYERS:
        for id_ in (series, points):
            rest = world.certificates.balanceOf(people[name], id_)
            if rest:
                world.certificates.refund(people[name], id_, rest, 0, NO_SIGNATURE, {"from": people[name]})
                ledger.check()
    got = {name: shop.balance(people[name]) for name in BUYERS}
    assert got == {
        "giver": 46_000,  # withdrew
        "holder": 19_000 + 900,  # 31,000 of goods for 46,000, 19,000 back, and the cash-back at 90 %
        "creator": 900,
        "supporter": 45_000 + 900,
        "agent": 45_000 + 900,
        "recipient": 45_000 + 900,
    }
    for name in ("supporter", "agent", "recipient"):
        assert got[name] <= 46_000
    merchant, left = shop.balance(world.merchant), world.certificates.owed(world.beneficiary)
    assert merchant == 81_000
    assert left == 3 * 5_000 + 5 * 100
    assert sum(got.values()) + merchant + left == paid_in == world.token.totalSupply()
    assert world.reserve() == left
