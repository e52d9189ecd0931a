"""The preset `jp` on the ledger: Payment Services Act (Act No. 59 of 2009), Art. 20."""

from typing import Any

import pytest

from tests.support.certificates import NEVER, YEAR
from tests.support.clock import mine_at
from tests.support.errors import reverts
from tests.support.statutes import AROUND, Statute

YEN = 5_000
BARRED = "Art. 20(5): no refund while the scheme lives"
CLOSURE = "Art. 20(1): the balance back when the business is discontinued"


@pytest.fixture(scope="module")
def japan(make_world: Any, make_shop: Any, make_token: Any) -> Statute:
    world = make_world(make_token("TestToken", 0))
    return Statute(world, make_shop(world), "jp", "Asia/Tokyo")


@pytest.mark.parametrize("spent", [0, 1, 3_000, YEN - 1])
def test_nothing_comes_back_while_the_scheme_lives(japan: Statute, spent: int) -> None:
    """However little is left and however long it lasts."""
    series = japan.series(YEN, certificates=1)
    if spent:
        japan.spend(series, spent)
    japan.check_refund(series, 0, 0)
    mine_at(japan.world.now() + 30 * YEAR)
    japan.check_refund(series, 0, 0)


def test_a_purchase_is_not_withdrawn_from(japan: Statute) -> None:
    japan.check_withdrawal(japan.series(YEN), YEN, 0, 0)


def test_no_merchant_is_removed_since_that_would_open_a_refund(japan: Statute) -> None:
    series = japan.series(YEN, certificates=1)
    with reverts("GiftCertificates_RemovalBarred", series):
        japan.world.certificates.removeMerchant(series, japan.world.creator, {"from": japan.world.issuer})


@pytest.mark.parametrize("offset", AROUND)
def test_all_of_it_comes_back_when_the_scheme_ends(japan: Statute, offset: int) -> None:
    """From the second of the wind-down on, and without end."""
    world = japan.world
    series = japan.series(YEN, certificates=1)
    japan.spend(series, 2_000)
    assert world.certificates.terms(series)[2:4] == (NEVER, NEVER)
    if offset < 0:
        japan.check_refund(series, 0, 0)
        return
    world.certificates.windDown(series, {"from": world.issuer})
    mine_at(world.now() + offset * 20 * YEAR)
    japan.check_refund(series, 3_000, 3_000)
