"""Currencies like USDT change no approval that stands. Where a command was killed after its approval, or
another one had left a smaller one, nothing more could be paid with that account, and no command could clear
it.
"""

from __future__ import annotations

import pytest

from largesse.addresses import ZERO_ADDRESS
from largesse.artifacts import artifact
from largesse.chain import RefusedError
from largesse.tokens import Token
from tests.fixtures.desk import Desk


@pytest.fixture
def tether(desk: Desk) -> Token:
    """A currency that goes from one approval to another by way of none."""
    contract, node = artifact("NoReturnToken"), desk.session.node
    factory = node.web3.eth.contract(abi=contract.abi, bytecode=contract.creation_code)
    data = factory.constructor("Tether", "USDT", 6).data_in_transaction
    receipt = node.send_raw_call(desk.wallet("deployer"), None, bytes.fromhex(data[2:]))
    return Token.at(node, str(receipt["contractAddress"]))


def test_one_approval_follows_another(desk: Desk, tether: Token) -> None:
    issuer, spender = desk.wallet("issuer"), desk.address("merchant")
    for amount in (5, 7, 7, 3, 0, 9):
        tether.approve(issuer, spender, amount)
        assert tether.allowance(issuer.address, spender) == amount


def test_what_is_refused_for_another_reason_is_refused(desk: Desk) -> None:
    block = desk.block()
    with pytest.raises(RefusedError) as error:
        desk.won.approve(desk.wallet("issuer"), ZERO_ADDRESS, 5)
    assert error.value.reason == "ERC20InvalidSpender"
    assert desk.block() == block
