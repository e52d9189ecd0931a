"""Found while its model was written: a coupon could name the shop itself as its referrer.

The referral was then paid to, and owed by, a contract that has no way to ask for it: it was the promotion's
for ever, and nobody's.
"""

from largesse.signed.sales import Coupon
from tests.support.errors import reverts
from tests.support.sales import Shop


def test_the_shop_is_nobodys_referrer(shop: Shop) -> None:
    world, series = shop.world, shop.on_sale()
    promotion = shop.promote(series, 1_000)
    shop.give_money(world.holder, 1_000)
    coupon = shop.coupon(promotion, referrer=shop.sales)
    with reverts("CertificateSales_SelfReferral", shop.sales):
        shop.sales.buyWithCoupon(1_000, 1_000, *coupon, {"from": world.holder})
    assert not shop.sales.isCouponUsed(promotion, Coupon(*coupon[0]).coupon_id)
    assert shop.budget(promotion)["reserved"] == 0
    shop.check_books([series])
