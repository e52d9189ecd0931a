"""A wallet with a long signature must get its whole gas allowance too, or not be asked at all.

The floor was checked before the signature was copied into memory: with a signature of 30,000 bytes the copy
ate what the check had seen, and whoever submitted a good signature could have it judged bad.
"""

from typing import Any

import pytest

from tests.support.certificates import World
from tests.support.payments import deploy_code, selector
from tests.zoo.raw import Answer, raw_call

ALLOWANCE = 300_000
# Longer ones cost so much to send (EIP-7623) that no gas limit is low enough to starve the check.
SIGNATURE_BYTES = 30_000


@pytest.fixture(scope="module")
def wallet(world: World) -> str:
    """A wallet that says yes if it is asked with 300,000 gas; it holds 100 of series 1."""
    assert world.create_series() == 1
    address = world.deployer.get_deployment_address()
    world.issue(1, address, 100)
    yes = "1626ba7e" + "00" * 28
    # PUSH3 least, GAS, LT, ISZERO, PUSH32 yes, MUL, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN; 5 gas are gone
    assert deploy_code(f"62{ALLOWANCE - 5:06x}5a10157f{yes}025f5260205ff3", world.deployer) == address
    return address


def outcome(world: World, card: tuple[Any, ...], gas: int) -> Answer:
    return raw_call(world.certificates.redeemSigned, card, sender=world.merchant, gas=gas)


def test_a_long_signature_is_not_judged_with_less_than_the_allowance(world: World, wallet: str) -> None:
    card = (wallet, 1, 10, 0, 1, world.now() + 1_000, bytes(SIGNATURE_BYTES))
    refusal = selector("Signatures_GasFloor")
    low, high = 100_000, 16_000_000
    while high - low > 1:
        middle = (low + high) // 2
        answer = outcome(world, card, middle)
        starved = answer.data[:4] == refusal or (not answer.succeeded and not answer.data)
        low, high = (middle, high) if starved else (low, middle)
    assert outcome(world, card, high) == Answer(True, b"")
