"""The preset `us` on the ledger: 15 U.S.C. 1693l-1, Regulation E, 12 CFR 1005.20."""

from typing import Any

import pytest

from tests.support.clock import at, mine_at
from tests.support.statutes import AROUND, Statute

CARD = 50_000_000
"""50 dollars of 6 decimals."""
VALIDITY = ("12 CFR 1005.20(e): funds valid for at least five years", 5)
FEES = ("12 CFR 1005.20(d): no dormancy, inactivity or service fee", 0)


@pytest.fixture(scope="module")
def america(make_world: Any, make_shop: Any, usdx: Any) -> Statute:
    world = make_world(usdx)
    return Statute(world, make_shop(world), "us", "America/New_York")


@pytest.mark.parametrize("offset", AROUND)
def test_funds_are_valid_for_five_years(america: Statute, offset: int) -> None:
    """Sold until 30 June, they are valid through 30 June five years later, in New York."""
    series = america.series(CARD, certificates=1)
    america.check_expiry(series, america.midnight(america.year + VALIDITY[1], 7, 1), offset)


def test_an_early_buyer_has_more_than_five_years(america: Statute) -> None:
    series = america.series(CARD, certificates=1)
    now = america.world.now()
    assert america.world.certificates.terms(series)[2] - now > 5 * 366 * 86_400


def test_nothing_is_taken_from_an_idle_card(america: Statute) -> None:
    """In the last second all of it is still there, and the merchant gets all of it."""
    series = america.series(CARD, certificates=1)
    world = america.world
    assert world.certificates.terms(series)[4] == FEES[1]
    mine_at(america.midnight(america.year + 5, 7, 1) - 1)
    assert world.certificates.balanceOf(world.holder, series) == CARD
    at(world.now())
    america.spend(series, CARD)
    assert world.token.balanceOf(world.merchant) == CARD


def test_the_federal_floor_grants_no_cash(america: Statute) -> None:
    series = america.series(CARD, certificates=1)
    america.spend(series, CARD - 1)
    america.check_refund(series, 0, 0)
