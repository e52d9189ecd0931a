"""The preset `kr` on the ledger: every figure on both sides of its threshold."""

from typing import Any

import pytest

from tests.support.certificates import DAY, NO_SIGNATURE
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.statutes import AROUND, Statute

WON = 50_000
"""Face of a certificate. A won has no parts."""

TERMS = "KFTC Standard Terms for New-Type Gift Certificates"
WITHDRAWAL = ("Act on Consumer Protection in Electronic Commerce, Art. 17(1): 7 days", 7 * DAY)
LIMITATION = ("Commercial Act, Art. 64: five years", 5)
NOTICE = ("revision of 2024-09-30, with the ledger's notice of 30 days", 30 * DAY)

# rule, face, spent, what is refunded of the rest
USE = [
    (f"{TERMS}: 60 % of the face used", 50_000, 29_999, 0),
    (f"{TERMS}: 60 % of the face used", 50_000, 30_000, 20_000),
    (f"{TERMS}: 60 % of the face used", 50_000, 30_001, 19_999),
    (f"{TERMS}: 80 % where the face is 10,000 won or less", 9_999, 7_999, 0),  # 7,999.2
    (f"{TERMS}: 80 % where the face is 10,000 won or less", 9_999, 8_000, 1_999),
    (f"{TERMS}: 80 % where the face is 10,000 won or less", 10_000, 7_999, 0),
    (f"{TERMS}: 80 % where the face is 10,000 won or less", 10_000, 8_000, 2_000),
    (f"{TERMS}: 80 % where the face is 10,000 won or less", 10_000, 8_001, 1_999),
    (f"{TERMS}: 60 % above 10,000 won", 10_001, 6_000, 0),  # 6,000.6
    (f"{TERMS}: 60 % above 10,000 won", 10_001, 6_001, 4_000),
    (f"{TERMS}: 60 % above 10,000 won", 10_001, 6_002, 3_999),
]

# rule, face, what is paid for it after expiry
AFTER_EXPIRY = [
    (f"{TERMS}, revision of 2025-09-16: 90 %", 49_999, 44_999),  # 44,999.1
    (f"{TERMS}, revision of 2025-09-16: 90 %", 50_000, 45_000),
    (f"{TERMS}, revision of 2025-09-16: 95 % above 50,000 won", 50_001, 47_500),  # 47,500.95
    (f"{TERMS}, revision of 2025-09-16: 95 % above 50,000 won", 50_020, 47_519),
]


@pytest.fixture(scope="module")
def korea(make_world: Any, make_shop: Any, krwt: Any) -> Statute:
    world = make_world(krwt)
    return Statute(world, make_shop(world), "kr", "Asia/Seoul")


@pytest.mark.parametrize("offset", AROUND)
def test_the_whole_price_comes_back_within_seven_days(korea: Statute, offset: int) -> None:
    korea.check_withdrawal(korea.series(WON), WON, WITHDRAWAL[1], offset)


def test_nothing_is_withdrawn_from_a_certificate_in_use(korea: Statute) -> None:
    series = korea.series(WON)
    world, shop, now = korea.world, korea.shop, korea.world.now()
    shop.sales.setSale(series, now, now + DAY, 0, {"from": world.issuer})
    purchase = shop.buy(series, WON)
    korea.spend(series, 1)
    world.issue(series, world.holder, WON)
    with reverts("CertificateSales_Touched", purchase, 1, 0):
        shop.withdraw(purchase)


@pytest.mark.parametrize(("rule", "face", "spent", "rest"), USE)
def test_the_rest_comes_back_after_use(korea: Statute, rule: str, face: int, spent: int, rest: int) -> None:
    series = korea.series(face, certificates=1)
    korea.spend(series, spent)
    korea.check_refund(series, rest, rest)


@pytest.mark.parametrize("offset", AROUND)
def test_it_is_valid_for_one_year(korea: Statute, offset: int) -> None:
    """Sold until 30 June, it is valid through 30 June of the year after, in Seoul."""
    series = korea.series(WON, certificates=1)
    korea.check_expiry(series, korea.midnight(korea.year + 1, 7, 1), offset)


@pytest.mark.parametrize(("rule", "face", "payout"), AFTER_EXPIRY)
def test_after_expiry_a_share_comes_back(korea: Statute, rule: str, face: int, payout: int) -> None:
    series = korea.series(face, certificates=1)
    expires_at = korea.world.certificates.terms(series)[2]
    korea.check_refund(series, 0, 0, expires_at - 1)
    korea.check_refund(series, face, payout, expires_at)
    assert korea.world.certificates.owed(korea.world.beneficiary) == face - payout


@pytest.mark.parametrize("offset", AROUND)
def test_the_claim_lasts_five_years(korea: Statute, offset: int) -> None:
    series = korea.series(WON, certificates=1)
    korea.check_limitation(series, korea.midnight(korea.year + LIMITATION[1], 7, 1), offset, 45_000)


@pytest.mark.parametrize("offset", AROUND)
def test_after_expiry_all_of_it_comes_back_as_credit(korea: Statute, offset: int) -> None:
    world = korea.world
    old = korea.series(WON, certificates=1)
    expires_at = world.certificates.terms(old)[2]
    mine_at(expires_at - DAY)
    new = korea.series(WON)
    time = at(expires_at + offset)
    args = (world.holder, old, new, WON, NO_SIGNATURE, {"from": world.holder})
    if offset < 0:
        assert time < expires_at
        with reverts("GiftCertificates_NotExpired", old, expires_at):
            world.certificates.convertExpired(*args)
        return
    world.certificates.convertExpired(*args)
    assert world.certificates.balanceOf(world.holder, new) == WON
    korea.spend(new, WON)
    assert world.token.balanceOf(world.merchant) == WON


@pytest.mark.parametrize("offset", AROUND)
def test_where_a_merchant_goes_all_of_it_comes_back(korea: Statute, offset: int) -> None:
    series = korea.series(WON, certificates=1)
    korea.spend(series, 1)
    world = korea.world
    removal = world.certificates.removeMerchant(series, world.creator, {"from": world.issuer})
    full = WON - 1 if offset >= 0 else 0
    korea.check_refund(series, full, full, removal.timestamp + NOTICE[1] + offset)


def test_the_right_that_a_removal_opens_lasts_until_limitation(korea: Statute) -> None:
    series = korea.series(WON, certificates=1)
    world = korea.world
    world.certificates.removeMerchant(series, world.creator, {"from": world.issuer})
    korea.check_limitation(series, korea.midnight(korea.year + 5, 7, 1), -1, WON)


def test_all_of_the_face_is_kept_discounts_included(korea: Statute) -> None:
    """In force since 2024-09-15: sold at 8 % off, all of the face is kept, 8 % of it from a funded budget."""
    world, shop = korea.world, korea.shop
    series = korea.series(WON)
    now = world.now()
    shop.sales.setSale(series, now, now + DAY, 0, {"from": world.issuer})
    promotion = shop.promote(
        series, 10_000, discount_bps=800, cash_back_bps=0, referral_bps=0, reward_series_id=0
    )
    shop.buy_with_coupon(promotion, WON)
    assert world.certificates.balanceOf(world.holder, series) == WON
    assert world.reserve() == world.liabilities() == WON
    assert shop.budget(promotion)["free"] == 10_000 - 4_000
