"""A buyer that is a contract is handed its certificate in the middle of `buy`. Where it sent the shop more
than the face just then, the purchase reverted with an arithmetic panic: an error's values are reckoned even
where it is not raised. More money is no error; less would be. And a currency that gave the shop money in the
middle of a payout made it panic too: now the error says what left, where a balance that rose wraps."""

from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.sales import WEEK, Shop

FACE = 1_000
PREMIUM = 100
"""Of the purchase whose premium is paid out."""


@pytest.mark.parametrize("present", [1, FACE, FACE + 1, 1_000_000])
def test_a_present_in_the_middle_of_a_purchase_is_no_error(
    shop: Shop, make_account: MakeAccount, present: int
) -> None:
    world = shop.world
    series = shop.on_sale()
    wallet: Any = make_account("ReentrantReceiver1155", world.holder)
    world.token.mint(wallet, FACE + present, {"from": world.issuer})
    approve = world.token.approve.encode_input(shop.sales, FACE)
    buy = shop.sales.buy.encode_input(series, wallet, FACE, FACE)
    give = world.token.transfer.encode_input(shop.sales, present)
    wallet.execute(world.token, 0, approve, {"from": world.holder})
    wallet.program(world.token, give, 1, {"from": world.holder})
    wallet.execute(shop.sales, 0, buy, {"from": world.holder})
    assert wallet.succeeded()
    assert world.certificates.balanceOf(wallet, series) == FACE
    assert (shop.balance(shop.sales), shop.sales.booked()) == (present, 0)
    assert world.reserve() == world.liabilities()


@pytest.fixture
def generous(make_world: Any, make_shop: Any, make_token: Any) -> tuple[Shop, int]:
    """A premium can be collected; in the middle of the next transfer the currency gives the shop as much as
    `generous.token` is programmed to."""
    shop: Shop = make_shop(make_world(make_token("ReenteringToken")))
    series = shop.on_sale(premium_bps=1_000)
    assert shop.buy(series, FACE) == 1
    at(shop.world.now() + WEEK)
    return shop, series


def program(shop: Shop, present: int) -> None:
    token = shop.world.token
    mint = token.mint.encode_input(shop.sales, present)
    token.program(token, mint, 1, {"from": shop.world.deployer})


@pytest.mark.parametrize("present", [PREMIUM + 1, 1_000_000])
def test_what_left_is_named(generous: tuple[Shop, int], present: int) -> None:
    shop, series = generous
    program(shop, present)
    with reverts("Custody_LeftDiffers", PREMIUM, (PREMIUM - present) % 2**256):
        shop.sales.collectPremiums(series, [1], {"from": shop.world.holder})
    assert shop.sales.booked() == PREMIUM
    shop.world.token.program(shop.world.token, b"", 0, {"from": shop.world.deployer})
    shop.sales.collectPremiums(series, [1], {"from": shop.world.holder})
    assert (shop.balance(shop.sales), shop.sales.booked()) == (0, 0)


def test_a_present_of_exactly_the_payout_is_a_refusal(generous: tuple[Shop, int]) -> None:
    """Nothing has left: the payee is owed. The money is there, and as much more."""
    shop, series = generous
    program(shop, PREMIUM)
    shop.sales.collectPremiums(series, [1], {"from": shop.world.holder})
    assert shop.sales.owed(shop.world.issuer) == shop.sales.booked() == PREMIUM
    assert shop.balance(shop.sales) == PREMIUM
