"""Whoever got what a collection of a shared jar did not divide could collect so often that nothing ever
divided: with a currency of no decimals, all of the jar. Shares are rounded of the sum of all collections."""

from typing import Any

import pytest

from tests.support.certificates import World
from tests.support.clock import at, chain_now

ITSELF = (0, 0, False, b"")


@pytest.fixture
def shared(
    isolation: None, project: Any, accounts: Any, make_world: Any
) -> tuple[Any, int, list[Any], World]:
    token = project.TestToken.deploy("Test Won", "TKRW", 0, {"from": accounts[0]})
    world = make_world(token)
    deployed = project.StreamingTipEscrow.deploy(world.certificates, {"from": accounts[0]})
    escrow = project.interface.IStreamingTipEscrow(deployed.address)
    payees = [world.issuer, world.merchant, world.giver]
    jar_id = escrow.createSharedJar(payees, [3_334, 3_333, 3_333], {"from": world.merchant}).return_value
    token.mint(world.holder, 10**6, {"from": accounts[0]})
    token.approve(escrow, 10**6, {"from": world.holder})
    return escrow, jar_id, payees, world


def test_unit_by_unit(shared: tuple[Any, int, list[Any], World]) -> None:
    escrow, jar_id, payees, world = shared
    now = chain_now()
    at(now + 10)
    escrow.open((world.holder, jar_id, 0), 10**9, 200_000, ITSELF, {"from": world.holder})  # a won a second
    for second in range(1, 31):
        at(now + 10 + second)
        assert escrow.collect(jar_id, 0, {"from": payees[0]}).return_value == 1
    assert [escrow.owed(payee) for payee in payees] == [10, 9, 9]
    assert escrow.sharedJar(jar_id)[2] == 30
    at(now + 10 + 10_000)
    escrow.collect(jar_id, 0, {"from": payees[1]})
    assert [escrow.owed(payee) for payee in payees] == [3_334, 3_333, 3_333]
