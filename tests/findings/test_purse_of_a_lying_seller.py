"""A purse believed a server that said that all its calls had cost nothing. For each it signed a sum that it
had not signed yet, one micro-unit above the one before, and in the end more than its budget."""

from __future__ import annotations

import pytest

from largesse.eip712 import Domain
from largesse.gateway.purse import PaidAccount, Purse, PurseError

CONTRACT, CURRENCY, SELLER = ("0x" + digit * 40 for digit in "123")
BUDGET, PRICE = 1_000, 300


def purse() -> Purse:
    account = PaidAccount(1, CONTRACT, CURRENCY, SELLER, 1)
    return Purse(account, bytes(31) + b"\1", Domain("Largesse", "1", 1, CONTRACT), budget=BUDGET)


@pytest.mark.parametrize("said", [0, 1])
def test_no_more_than_the_budget_is_signed(said: int) -> None:
    own = purse()
    with pytest.raises(PurseError) as error:
        for _ in range(BUDGET):
            own.charge(own.pay({"extra": {"micros": str(PRICE)}}), said)
    assert error.value.reason == "over_budget"
    assert own.signed == BUDGET


@pytest.mark.parametrize("price", [float("inf"), float("nan"), "1e3", "9" * 5_000, None, 0, -1])
def test_what_is_no_price_is_not_paid(price: object) -> None:
    own = purse()
    with pytest.raises(PurseError) as error:
        own.pay({"extra": {"micros": price}})
    assert (error.value.reason, own.signed) == ("bad_price", 0)
