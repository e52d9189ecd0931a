"""Everything tells currencies apart by their symbols, and a token calls itself what it likes. With two of one
symbol in a record `solvency` said "every contract holds what it owes" of the second, and nothing of the
first; a report showed the amounts of both with the decimals of one; and commands reached the first alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from largesse.artifacts import artifact
from largesse.chain import Node, development_wallet
from largesse.deployment import DeploymentError
from scripts import deploy
from tests.fixtures.desk import Desk


def token(node: Node, symbol: str) -> str:
    """A currency that calls itself so; its address."""
    contract = artifact("TestToken")
    factory = node.web3.eth.contract(abi=contract.abi, bytecode=contract.creation_code)
    data = factory.constructor("Test", symbol, 2).data_in_transaction
    receipt = node.send_raw_call(development_wallet("stranger"), None, bytes.fromhex(data[2:]))
    return node.web3.to_checksum_address(str(receipt["contractAddress"]))


@pytest.fixture
def record(desk: Desk) -> Iterator[Path]:
    path = desk.session.records / "31337.json"
    kept = path.read_bytes()
    yield path
    path.write_bytes(kept)


def refused(desk: Desk, currency: str) -> DeploymentError:
    """It is, and nothing was sent."""
    block = desk.block()
    with pytest.raises(DeploymentError) as error:
        deploy.main(f"currency={currency}")
    assert desk.block() == block
    return error.value


def test_a_symbol_is_one_currencys(desk: Desk, record: Path) -> None:
    other = token(desk.session.node, "KRWT")
    before = record.read_bytes()
    error = refused(desk, other)
    assert error.reason == "symbol_taken"
    for shown in (other, desk.won.address, "KRWT"):
        assert shown in str(error)
    assert record.read_bytes() == before


@pytest.mark.parametrize(
    "symbol", ("", "../../x", "A B", "A\\B", "KRW\x1b[2K", "KRWT\u202e", "\u200bKRWT", "X" * 33), ids=repr
)
def test_a_symbol_is_a_name_that_people_and_files_can_have(desk: Desk, record: Path, symbol: str) -> None:
    address = token(desk.session.node, symbol)
    error = refused(desk, address)
    assert error.reason == "bad_symbol"
    assert address in str(error)
    assert "\x1b" not in str(error)


def test_a_currency_that_is_named_twice_is_one(desk: Desk, record: Path) -> None:
    address = token(desk.session.node, "USD₮0")
    made = deploy.main(f"currency={address},{address}")
    assert made is not None
    assert [one.token for one in made.currencies].count(address) == 1
    assert desk.session.certificates("USD₮0").series_count() == 0
