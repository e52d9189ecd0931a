"""Journey 1: a giver buys 50,000 at 8 % off, with artwork and a delivery date."""

import base64
import json
from typing import Any

import pytest
from eth_abi import encode

from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.sales import Shop

FACE, PRICE, DISCOUNT = 50_000, 46_000, 4_000
ART = encode(
    ["string", "string", "string", "uint8", "uint24", "uint24", "uint24"],
    ["Happy birthday", "Largesse Books", "", 4, 0x0B3D2E, 0xF2C14E, 0xFFFFFF],
)


@pytest.fixture(scope="module")
def books(make_world: Any, make_shop: Any, krwt: Any) -> Shop:
    return make_shop(make_world(krwt))


@pytest.fixture(scope="module")
def series(books: Shop) -> int:
    """A named series with its own artwork, on sale."""
    world = books.world
    series_id = world.create_series(
        [world.merchant], services=[books.sales], art=ART, named=True, denomination=FACE
    )
    books.appoint(series_id)
    now = world.now()
    books.sales.setSale(series_id, now, now + 30 * DAY, 0, {"from": world.issuer})
    return series_id


@pytest.fixture(scope="module")
def promotion(books: Shop, series: int) -> int:
    """8 % off, out of a budget for two and a half of them."""
    return books.promote(
        series, 10_000, discount_bps=800, cash_back_bps=0, referral_bps=0, reward_series_id=0
    )


def test_a_giver_buys_at_a_discount_and_gives_for_a_day(books: Shop, series: int, promotion: int) -> None:
    world, giver = books.world, books.world.giver
    reserve = world.reserve()

    # She pays 46,000; the budget adds 4,000; the reserve rises by the whole face.
    books.give_money(giver, PRICE)
    coupon = books.coupon(promotion, buyer=giver)
    books.sales.buyWithCoupon(FACE, PRICE, *coupon, {"from": giver})
    assert world.token.balanceOf(giver) == 0
    assert world.certificates.balanceOf(giver, series) == FACE
    assert world.reserve() == world.liabilities() == reserve + FACE
    assert books.budget(promotion)["free"] == 10_000 - DISCOUNT

    # The card has the artwork she chose it for.
    document = json.loads(base64.b64decode(world.certificates.uri(series).partition(",")[2]))
    picture = base64.b64decode(document["image"].partition(",")[2]).decode()
    assert "Happy birthday" in picture
    assert "#0b3d2e" in picture.lower()

    # The link is on its way; before the birthday nobody claims it.
    birthday = world.now() + 14 * DAY
    secret, gift, identity = world.give(series, FACE, giver=giver, deliver_at=birthday)
    signature = world.claim_signature(secret, identity, world.recipient)
    for early in (birthday - 7 * DAY, birthday - 1):
        at(early)
        with reverts("GiftCertificates_NotYetDelivered", birthday, early):
            world.certificates.claim(gift, world.recipient, signature, {"from": world.relayer})
    at(birthday)
    world.certificates.claim(gift, world.recipient, signature, {"from": world.relayer})
    assert world.certificates.balanceOf(world.recipient, series) == FACE
    assert world.reserve() == world.liabilities() == reserve + FACE

    # It is worth its face, not what she paid.
    world.certificates.redeem(series, FACE, world.merchant, {"from": world.recipient})
    assert world.token.balanceOf(world.merchant) == FACE


def test_the_discount_ends_with_its_budget(books: Shop, series: int, promotion: int) -> None:
    """Two at 8 % off, then none: the third finds 2,000 where 4,000 are needed."""
    world, giver = books.world, books.world.giver
    for number in (1, 2):
        books.buy_with_coupon(promotion, FACE, buyer=giver, coupon_id=number)
    books.give_money(giver, FACE)
    coupon = books.coupon(promotion, buyer=giver, coupon_id=3)
    with reverts("CertificateSales_OverBudget", promotion, DISCOUNT, 2_000):
        books.sales.buyWithCoupon(FACE, FACE, *coupon, {"from": giver})
    assert world.reserve() == world.liabilities() == 2 * FACE
