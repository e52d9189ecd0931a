"""The preset `us_ca` on the ledger: California Civil Code 1749.5."""

from typing import Any

import pytest

from tests.support.certificates import NEVER, YEAR
from tests.support.clock import at, mine_at
from tests.support.statutes import Statute

DOLLAR = 1_000_000
CARD = 50 * DOLLAR
RULE = "Civil Code 1749.5(b), Stats. 2025, ch. 207 (SB 22): cash below 15 dollars from 2026-04-01"

# rule, face, spent, what is paid out
CASH_OUT = [
    (RULE, CARD, 35 * DOLLAR - 1, 0),
    (RULE, CARD, 35 * DOLLAR, 0),  # exactly 15 dollars are left: not less than 15
    (RULE, CARD, 35 * DOLLAR + 1, 15 * DOLLAR - 1),
    (RULE, CARD, CARD - 1, 1),
    (RULE, 15 * DOLLAR + 1, 0, 0),  # used before or not
    (RULE, 15 * DOLLAR, 0, 0),
    (RULE, 15 * DOLLAR - 1, 0, 15 * DOLLAR - 1),
    (RULE, 10 * DOLLAR, 0, 10 * DOLLAR),
]


@pytest.fixture(scope="module")
def california(make_world: Any, make_shop: Any, usdx: Any) -> Statute:
    world = make_world(usdx)
    return Statute(world, make_shop(world), "us_ca", "America/Los_Angeles")


@pytest.mark.parametrize(("rule", "face", "spent", "cash"), CASH_OUT)
def test_a_small_rest_is_paid_in_cash(
    california: Statute, rule: str, face: int, spent: int, cash: int
) -> None:
    series = california.series(face, certificates=1)
    if spent:
        california.spend(series, spent)
    california.check_refund(series, cash, cash)


def test_it_has_no_expiry(california: Statute) -> None:
    """1749.5(a)(1). A century later it is spent, and its small rest paid out."""
    series = california.series(CARD, certificates=1)
    world = california.world
    assert world.certificates.terms(series)[2:4] == (NEVER, NEVER)
    at(world.now() + 100 * YEAR)
    california.spend(series, 40 * DOLLAR)
    california.check_refund(series, 10 * DOLLAR, 10 * DOLLAR)


def test_nothing_is_taken_from_an_idle_card(california: Statute) -> None:
    """1749.5(a)(2)."""
    series = california.series(CARD, certificates=1)
    world = california.world
    mine_at(world.now() + 50 * YEAR)
    assert world.certificates.balanceOf(world.holder, series) == CARD
    california.spend(series, CARD)
    assert world.token.balanceOf(world.merchant) == CARD
