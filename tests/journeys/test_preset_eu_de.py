"""The preset `eu_de` on the ledger: BGB sections 195 and 199(1); Directive 2011/83/EU, Art. 9(1)."""

from datetime import date
from typing import Any

import pytest

from tests.support.certificates import DAY
from tests.support.statutes import AROUND, Statute

VOUCHER = 30_000_000
"""30 euros of 6 decimals."""
VALIDITY = ("BGB 195, 199(1): three years from the end of the year of purchase", 3)
WITHDRAWAL = ("Directive 2011/83/EU, Art. 9(1): 14 days", 14 * DAY)


@pytest.fixture(scope="module")
def germany(make_world: Any, make_shop: Any, make_token: Any) -> Statute:
    world = make_world(make_token("TestToken", 6))
    return Statute(world, make_shop(world), "eu_de", "Europe/Berlin")


@pytest.mark.parametrize("last_day", [(1, 1), (6, 30), (12, 31)], ids=["new year", "june", "new year's eve"])
@pytest.mark.parametrize("offset", AROUND)
def test_it_ends_with_the_third_year_after_the_year_of_purchase(
    germany: Statute, last_day: tuple[int, int], offset: int
) -> None:
    series = germany.series(VOUCHER, certificates=1, sales_close=date(germany.year, *last_day))
    germany.check_expiry(series, germany.midnight(germany.year + VALIDITY[1] + 1), offset)


@pytest.mark.parametrize("offset", AROUND)
def test_a_purchase_at_a_distance_is_withdrawn_from_within_fourteen_days(
    germany: Statute, offset: int
) -> None:
    germany.check_withdrawal(germany.series(VOUCHER), VOUCHER, WITHDRAWAL[1], offset)


def test_there_is_no_refund_of_what_is_left(germany: Statute) -> None:
    series = germany.series(VOUCHER, certificates=1)
    germany.spend(series, VOUCHER - 1)
    germany.check_refund(series, 0, 0)


def test_the_limitation_is_the_expiry(germany: Statute) -> None:
    series = germany.series(VOUCHER, certificates=1)
    end = germany.midnight(germany.year + 4)
    for offset in (0, 1):
        germany.check_limitation(series, end, offset, 0)
