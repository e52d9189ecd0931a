"""When channels are claimed: no claim costs more than it brings, and none comes after a withdrawal."""

from __future__ import annotations

from typing import Any

import pytest

from largesse.chain import Fees, Node
from largesse.gateway.claimer import CLAIM, Claimer
from largesse.gateway.settler import Policy
from tests.gateway.x402.test_batch import DEPOSIT, contract, withdraw
from tests.gateway.x402.test_exact import get
from tests.support.x402_payments import Payer, header, payer
from tests.support.x402_world import PRICE, Shop, X402World

COST = CLAIM.base + CLAIM.row
"""Of one claim, where a unit of gas costs a millionth of a dollar: a micro-unit."""


def claimer(shop: Shop, world: X402World, gas: int, **policy: int) -> Claimer:
    """Where a million units of gas cost `gas` micro-units."""
    node = Node.at(world.url)
    node.fees = lambda: Fees(10**12, 0)  # type: ignore[method-assign]
    return Claimer(shop.batch, node, Policy(gas, **{"most_at_risk": 10**12, **policy}), 1)


@pytest.fixture
def client(world: X402World, shop: Shop, url: str) -> Payer:
    """A payer with a channel, of which one call is served."""
    made = payer(world, shop)
    asked: dict[str, Any] = dict(shop.batch.requirements(PRICE))
    assert get(url, header(made.deposit(DEPOSIT, PRICE), asked)).status_code == 200
    return made


def gas_for(share_bps: int) -> int:
    """The price at which a claim of one call costs this share of it."""
    return PRICE * share_bps * 10**6 // (COST * 10_000)


def test_it_waits_while_gas_is_dear_and_claims_when_it_is_cheap(
    world: X402World, shop: Shop, client: Payer
) -> None:
    before = world.earned()
    for share, settles in ((20_000, False), (9_000, False), (110, False), (90, True)):
        decision, done = claimer(shop, world, gas_for(share)).run()
        assert decision.settles is settles
        assert (world.earned() - before == PRICE) is settles
        assert done is not None and bool(done.transactions) is settles
    assert shop.batch.owed() == 0


@pytest.mark.parametrize("policy", [{"most_at_risk": PRICE}, {"most_wait": 0}])
def test_what_makes_it_claim(world: X402World, shop: Shop, client: Payer, policy: dict[str, int]) -> None:
    before = world.earned()
    assert not claimer(shop, world, gas_for(20_000), **policy).run()[0].settles
    assert claimer(shop, world, gas_for(9_000), **policy).run()[0].settles
    assert world.earned() - before == PRICE


def test_it_claims_before_a_withdrawal_that_nobody_told_it_of(
    world: X402World, shop: Shop, client: Payer
) -> None:
    """The payer does not come here again: only the chain says that it wants its money."""
    before, dear = world.earned(), claimer(shop, world, gas_for(9_000))
    assert not dear.run()[0].settles
    assert dear.run()[1] is None  # nor asks the contract for a payout again
    withdraw(world, client)
    decision, _ = dear.run()
    assert decision.settles and decision.why == "an account ends in 900 s"
    assert world.earned() - before == PRICE


def test_what_was_claimed_by_others_or_can_not_be_is_left_out(
    world: X402World, shop: Shop, client: Payer, url: str
) -> None:
    """A process that died had claimed it; and a channel that was emptied stops no other."""
    asked: dict[str, Any] = dict(shop.batch.requirements(PRICE))
    thief = payer(world, shop)
    assert get(url, header(thief.deposit(DEPOSIT, PRICE), asked)).status_code == 200
    shop.batch._manager._update_claimed_sessions = lambda _claims: None  # type: ignore[method-assign]
    shop.batch.settle(["0x" + client.channel.hex()])
    assert shop.batch.owed() == 2 * PRICE
    withdraw(world, thief)
    world.node.jump_to(world.node.now() + 900)
    world.node.send(contract(world).functions.finalizeWithdraw(thief.config_tuple()), thief.wallet)
    decision, _ = claimer(shop, world, 0).run()
    assert (decision.settles, len(decision.worthless), decision.gain) == (False, 1, 0)
