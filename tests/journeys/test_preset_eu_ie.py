"""The preset `eu_ie` on the ledger: Consumer Protection (Gift Vouchers) Act 2019."""

from typing import Any

import pytest

from tests.support.certificates import DAY
from tests.support.statutes import AROUND, Statute

EURO = 1_000_000
VOUCHER = 30 * EURO
VALIDITY = ("Act of 2019: at least five years", 5)
WITHDRAWAL = ("Directive 2011/83/EU, Art. 9(1): 14 days", 14 * DAY)
CHANGE = "Act of 2019: change of more than 1 euro is returned after a use"

# rule, spent, the change
USE = [
    (CHANGE, 0, 0),  # not used yet: no change
    (CHANGE, 1, VOUCHER - 1),
    (CHANGE, 29 * EURO - 1, EURO + 1),
    (CHANGE, 29 * EURO, 0),  # exactly 1 euro is left: not more than 1
    (CHANGE, 29 * EURO + 1, 0),
]


@pytest.fixture(scope="module")
def ireland(make_world: Any, make_shop: Any, make_token: Any) -> Statute:
    world = make_world(make_token("TestToken", 6))
    return Statute(world, make_shop(world), "eu_ie", "Europe/Dublin")


@pytest.mark.parametrize(("rule", "spent", "change"), USE)
def test_change_is_returned(ireland: Statute, rule: str, spent: int, change: int) -> None:
    series = ireland.series(VOUCHER, certificates=1)
    if spent:
        ireland.spend(series, spent)
    ireland.check_refund(series, change, change)


@pytest.mark.parametrize("offset", AROUND)
def test_it_is_valid_for_five_years(ireland: Statute, offset: int) -> None:
    """Sold until 30 June, it is valid through 30 June five years later, in Dublin."""
    series = ireland.series(VOUCHER, certificates=1)
    ireland.check_expiry(series, ireland.midnight(ireland.year + VALIDITY[1], 7, 1), offset)


@pytest.mark.parametrize("offset", AROUND)
def test_a_purchase_at_a_distance_is_withdrawn_from_within_fourteen_days(
    ireland: Statute, offset: int
) -> None:
    ireland.check_withdrawal(ireland.series(VOUCHER), VOUCHER, WITHDRAWAL[1], offset)
