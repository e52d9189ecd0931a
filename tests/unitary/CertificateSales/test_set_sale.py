"""setSale: the issuer opens, changes and stops the sale of its series."""

import pytest

from tests.support.certificates import DAY, YEAR
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.sales import WEEK, rule


def test_set_sale_reverts_for_anybody_but_the_issuer(shop):
    series = shop.series()
    with reverts("CertificateSales_NotIssuer", series, shop.world.stranger):
        shop.sales.setSale(series, 0, shop.world.now() + DAY, 0, {"from": shop.world.stranger})


def test_set_sale_reverts_for_an_unknown_series(shop):
    with reverts("GiftCertificates_UnknownSeries", 9):
        shop.sales.setSale(9, 0, shop.world.now() + DAY, 0, {"from": shop.world.issuer})


def test_set_sale_reverts_when_it_closes_before_it_opens(shop):
    series, now = shop.series(), shop.world.now()
    with reverts("CertificateSales_InvalidSale", rule("closes after opening"), now, now + 1):
        shop.sales.setSale(series, now, now, 0, {"from": shop.world.issuer})
    shop.sales.setSale(series, now, now + 1, 0, {"from": shop.world.issuer})


def test_set_sale_closes_with_the_series(shop):
    series = shop.series()
    closes = shop.world.certificates.terms(series)[1]
    with reverts("CertificateSales_InvalidSale", rule("closes with the series' sale"), closes + 1, closes):
        shop.sales.setSale(series, 0, closes + 1, 0, {"from": shop.world.issuer})
    shop.sales.setSale(series, 0, closes, 0, {"from": shop.world.issuer})


def test_set_sale_leaves_every_purchase_its_window_before_expiry(shop):
    expires = shop.world.now() + YEAR
    series = shop.series(sales_close_at=expires, expires_at=expires)
    last = expires - WEEK
    with reverts("CertificateSales_InvalidSale", rule("withdrawal ends by expiry"), last + 1 + WEEK, expires):
        shop.sales.setSale(series, 0, last + 1, 0, {"from": shop.world.issuer})
    shop.sales.setSale(series, 0, last, 0, {"from": shop.world.issuer})


def test_set_sale_bounds_the_premium(shop):
    series, closes = shop.series(), shop.world.now() + DAY
    with reverts("CertificateSales_InvalidSale", rule("premium"), 10_001, 10_000):
        shop.sales.setSale(series, 0, closes, 10_001, {"from": shop.world.issuer})
    shop.sales.setSale(series, 0, closes, 10_000, {"from": shop.world.issuer})
    assert shop.sales.priceOf(series, 7) == (14, 7)


def test_set_sale_keeps_the_window_within_the_notice_of_a_removal(shop):
    """Else an issuer could end a withdrawal window by removing the shop."""
    notice, closes = 30 * DAY, shop.world.now() + DAY
    longer = shop.series(refund_on_removal=True, withdrawal_seconds=notice + 1)
    with reverts("CertificateSales_InvalidSale", rule("withdrawal within the notice"), notice + 1, notice):
        shop.sales.setSale(longer, 0, closes, 0, {"from": shop.world.issuer})
    just = shop.series(refund_on_removal=True, withdrawal_seconds=notice)
    shop.sales.setSale(just, 0, closes, 0, {"from": shop.world.issuer})
    unremovable = shop.series(withdrawal_seconds=notice + 1)
    shop.sales.setSale(unremovable, 0, closes, 0, {"from": shop.world.issuer})


def test_set_sale_of_an_open_series_with_fee_needs_a_window_of_zero(shop):
    closes = shop.world.now() + DAY
    series = shop.world.create_series(fee_bps=100)
    with reverts("CertificateSales_InvalidSale", rule("fee of an open series"), 100, 0):
        shop.sales.setSale(series, 0, closes, 0, {"from": shop.world.issuer})
    windowless = shop.world.create_series(fee_bps=100, withdrawal_seconds=0)
    shop.sales.setSale(windowless, 0, closes, 0, {"from": shop.world.issuer})
    named = shop.series(fee_bps=100)
    shop.sales.setSale(named, 0, closes, 0, {"from": shop.world.issuer})


def test_set_sale_records_and_reports(shop):
    series, now = shop.series(withdrawal_seconds=3 * DAY), shop.world.now()
    tx = shop.sales.setSale(series, now + 5, now + DAY, 250, {"from": shop.world.issuer})
    assert shop.sales.sale(series) == (now + 5, now + DAY, 250, 3 * DAY, True)
    assert tx.events["SaleSet"] == {
        "seriesId": series,
        "opensAt": now + 5,
        "closesAt": now + DAY,
        "premiumBps": 250,
    }


def test_set_sale_to_zeros_stops_it(shop):
    world, series = shop.world, shop.on_sale()
    shop.sales.setSale(series, 0, 0, 0, {"from": world.issuer})
    now = at(world.now() + 1)
    with reverts("CertificateSales_SaleClosed", series, 0, 0, now):
        shop.sales.buy(series, world.holder, 1, 1, {"from": world.holder})


@pytest.mark.parametrize(("face", "premium"), [(0, 0), (33, 0), (34, 1), (10_000, 300), (10_033, 300)])
def test_the_premium_is_rounded_down(shop, face, premium):
    series = shop.on_sale(premium_bps=300)
    assert shop.sales.priceOf(series, face) == (face + premium, premium)
