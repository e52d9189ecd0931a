"""An account of a series that never ends: limitation and delay were added in 40 bits, so `forfeit` reverted
with an overflow's panic instead of saying that it is not time. Found by the machine."""

from tests.support.errors import reverts
from tests.support.prepaid import Prepaid, use

NEVER = 2**40 - 1


def test_it_says_that_it_is_not_time(prepaid: Prepaid) -> None:
    world = prepaid.world
    series = world.named_series(services=[prepaid.contract], expires_at=NEVER, limitation_at=NEVER)
    world.issue(series, prepaid.holder, 50_000)
    opening = prepaid.opening(owner=prepaid.holder)
    prepaid.redeem([world.own_card(series, 100)], use("Open", *opening[1:]))
    key = prepaid.key(owner=prepaid.holder)
    available_at = NEVER + prepaid.state(key).delay_seconds
    with reverts("Accounts_NotYet", available_at, prepaid.now()):
        prepaid.contract.forfeit(key, {"from": prepaid.stranger})
