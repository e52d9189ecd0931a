"""The preset `au` on the ledger: Australian Consumer Law, sections 99B and 99E."""

from typing import Any

import pytest

from tests.support.clock import at
from tests.support.statutes import AROUND, Statute

CARD = 100_000_000
"""100 dollars of 6 decimals."""
VALIDITY = ("section 99B: at least three years after the day of supply", 3)
FEES = ("section 99E: no fee after supply", 0)


@pytest.fixture(scope="module")
def australia(make_world: Any, make_shop: Any, make_token: Any) -> Statute:
    world = make_world(make_token("TestToken", 6))
    return Statute(world, make_shop(world), "au", "Australia/Sydney")


@pytest.mark.parametrize("offset", AROUND)
def test_it_is_valid_for_three_years(australia: Statute, offset: int) -> None:
    """Sold until 30 June, it is valid through 30 June three years later, in Sydney."""
    series = australia.series(CARD, certificates=1)
    australia.check_expiry(series, australia.midnight(australia.year + VALIDITY[1], 7, 1), offset)


def test_nothing_is_taken_from_it(australia: Statute) -> None:
    series = australia.series(CARD, certificates=1)
    world = australia.world
    assert world.certificates.terms(series)[4] == FEES[1]
    at(australia.midnight(australia.year + 3, 7, 1) - 1)
    australia.spend(series, CARD)
    assert world.token.balanceOf(world.merchant) == CARD


def test_there_is_no_refund_of_what_is_left(australia: Statute) -> None:
    series = australia.series(CARD, certificates=1)
    australia.spend(series, CARD - 1)
    australia.check_refund(series, 0, 0)
