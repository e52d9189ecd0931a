"""A currency that gave the escrow money in the middle of a payout made it revert with an arithmetic panic,
which says nothing. Now it says what left: a balance that rose wraps, and differs from any amount."""

from typing import Any

import pytest

from tests.fixtures.tokens import MakeToken
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import DAY, NOON, Jars


@pytest.fixture
def generous(make_jars: Any, make_token: MakeToken) -> Jars:
    """A stream has begun at noon; in the middle of the next transfer the currency gives the escrow 1,000."""
    jars: Jars = make_jars(make_token("ReenteringToken"))
    at(NOON)
    jars.open(jars.scale, DAY)
    mint = jars.token.mint.encode_input(jars.escrow, 1_000)
    jars.token.program(jars.token, mint, 1, {"from": jars.deployer})
    return jars


@pytest.mark.parametrize("amount", [1, 999, 1_001])
def test_what_left_is_named(generous: Jars, amount: int) -> None:
    at(NOON + amount)
    with reverts("Custody_LeftDiffers", amount, (amount - 1_000) % 2**256):
        generous.collect()
    generous.token.program(generous.token, b"", 0, {"from": generous.deployer})
    at(NOON + amount)
    generous.collect()
    assert generous.balance(generous.creator) == amount


def test_a_present_of_exactly_the_payout_is_a_refusal(generous: Jars) -> None:
    """Nothing has left: the payee is owed. The money is there, and 1,000 more."""
    at(NOON + 1_000)
    generous.collect()
    assert generous.escrow.owed(generous.creator) == 1_000
    assert generous.held() == DAY
    assert generous.balance(generous.creator) == 1_000
