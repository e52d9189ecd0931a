"""Gas of streaming, `jars.*` in bench/gas.json: receipt `gasUsed` in the steady state.

Steady state: the payer has approved and keeps currency, the escrow holds some, the creator has a balance and
a jar with a stream; something ends already on the day on which the stream at hand ends, but for
`open_first_of_its_day`. A new stream has an index of its own. The clock is fixed, so calldata is the same in
every run. Nothing ends on the day of a collect, and only in `collect_year_backlog` did something end since
the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from web3 import Web3

from largesse.nodes import development_node
from tests.support.certificates import World
from tests.support.clock import at, mine_at
from tests.support.gas import record

DAY = 86_400
NOON = 1_900_065_600  # 2030-03-18 12:00 UTC
SCALE = 10**9  # of a currency with 6 decimals
RATE = 100 * SCALE  # 100 base units a second
DAYS = 10
AMOUNT = 100 * DAYS * DAY
ITSELF = (0, 0, False, b"")
MANY = 100_000
MANY_GAS = 400_000_000  # a transaction that makes some 2,000 openings
BLOCK_GAS = 25 * MANY_GAS  # the node goes through its whole state at each block: two of them do


class Jars:
    """An escrow in its steady state, its creator and its payer."""

    def __init__(self, world: World, escrow: Any, loader: Any) -> None:
        self.world, self.escrow, self.loader = world, escrow, loader
        self.creator, self.payer = world.merchant, world.holder
        self.jar_id = int(self.creator.address, 16)
        self.indexes = iter(range(1, 1_000))

    def open(self, seconds: int = DAYS * DAY, time: int = NOON) -> tuple[tuple[Any, int, int], Any]:
        key = (self.payer, self.jar_id, next(self.indexes))
        at(time)
        tx = self.escrow.open(key, RATE, 100 * seconds, ITSELF, {"from": self.payer})
        assert self.escrow.stream(key) == (RATE, time, time + seconds, 0)
        return key, tx


@pytest.fixture(scope="module")
def steady(module_isolation: None, project: Any, accounts: Any, make_world: Callable[[Any], World]) -> Jars:
    mine_at(NOON - DAY)
    token = project.TestToken.deploy("Test Dollar", "TUSD", 6, {"from": accounts[0]})
    world = make_world(token)
    deployed = project.StreamingTipEscrow.deploy(world.certificates, {"from": accounts[0]})
    project.JarBackOffice.at(deployed.backOffice())
    escrow = project.interface.IStreamingTipEscrow(deployed.address)
    loader = project.TipperLoader.deploy(escrow, token, SCALE, {"from": accounts[0]})
    jars = Jars(world, escrow, loader)
    token.mint(jars.payer, 10**15, {"from": accounts[0]})
    token.mint(jars.creator, 1, {"from": accounts[0]})
    token.approve(escrow, 2**256 - 1, {"from": jars.payer})
    loader.load(jars.jar_id, 1, (DAYS + 1) * DAY + 1_000, 0, {"from": accounts[0]})
    assert escrow.jar(jars.jar_id)[0] == SCALE
    assert escrow.endsOn(jars.jar_id, (NOON + DAYS * DAY) // DAY)[0] == SCALE
    return jars


def test_open(steady: Jars) -> None:
    key, tx = steady.open()
    record("jars.open", tx.gas_used)
    steady.escrow.cancel(key, ITSELF, {"from": steady.payer})
    _, tx = steady.open((DAYS + 3) * DAY, NOON + 10)
    record("jars.open_first_of_its_day", tx.gas_used)


def test_open_again(steady: Jars) -> None:
    """An index whose stream has ended."""
    key, _ = steady.open(60)
    at(NOON + 100)
    tx = steady.escrow.open(key, RATE, AMOUNT, ITSELF, {"from": steady.payer})
    record("jars.open_again", tx.gas_used)


def test_top_up(steady: Jars) -> None:
    """Into another day, on which something ends already."""
    key, _ = steady.open()
    steady.open((DAYS + 1) * DAY, NOON + 1)
    at(NOON + 100)
    tx = steady.escrow.topUp(key, steady.payer, 100 * DAY, ITSELF, {"from": steady.payer})
    assert steady.escrow.stream(key)[2] == NOON + (DAYS + 1) * DAY
    record("jars.top_up", tx.gas_used)


def test_top_up_within_its_day(steady: Jars) -> None:
    key, _ = steady.open()
    at(NOON + 100)
    tx = steady.escrow.topUp(key, steady.payer, 100 * 60, ITSELF, {"from": steady.payer})
    assert steady.escrow.stream(key)[2] == NOON + DAYS * DAY + 60
    record("jars.top_up_within_its_day", tx.gas_used)


def test_cancel(steady: Jars) -> None:
    key, _ = steady.open()
    at(NOON + 100)
    tx = steady.escrow.cancel(key, ITSELF, {"from": steady.payer})
    assert tx.return_value == AMOUNT - 100 * 100
    record("jars.cancel", tx.gas_used)


def test_change_rate(steady: Jars) -> None:
    """To one at which it ends on another day."""
    key, _ = steady.open()
    steady.open(2 * DAYS * DAY, NOON + 1)
    at(NOON + 2)
    tx = steady.escrow.changeRate(key, RATE // 2, ITSELF, {"from": steady.payer})
    assert steady.escrow.stream(key)[2] == NOON + 2 + 2 * (DAYS * DAY - 2)
    record("jars.change_rate", tx.gas_used)


def test_tip(steady: Jars) -> None:
    tx = steady.escrow.tip(steady.payer, steady.jar_id, AMOUNT, "thanks", ITSELF, {"from": steady.payer})
    record("jars.tip", tx.gas_used)


@pytest.mark.parametrize("tippers", [1, 100])
def test_collect(steady: Jars, tippers: int) -> None:
    if tippers > 1:
        steady.loader.load(steady.jar_id, tippers - 1, (DAYS + 1) * DAY, 60, {"from": steady.creator})
    steady.escrow.collect(steady.jar_id, 0, {"from": steady.creator})
    assert steady.escrow.jar(steady.jar_id)[0] == tippers * SCALE
    before = steady.world.token.balanceOf(steady.creator)
    at(NOON + 3 * DAY)
    tx = steady.escrow.collect(steady.jar_id, 100, {"from": steady.creator})
    assert steady.world.token.balanceOf(steady.creator) - before == tx.return_value > 0
    record(f"jars.collect_{tippers}", tx.gas_used)


def test_collect_year_backlog(steady: Jars) -> None:
    """Something ended on each of 365 days."""
    for first in range(0, 365, 73):
        steady.loader.load(steady.jar_id, 73, (1 + first) * DAY, DAY, {"from": steady.creator})
    at(NOON + 367 * DAY)
    tx = steady.escrow.collect(steady.jar_id, 400, {"from": steady.creator})
    assert steady.escrow.jar(steady.jar_id)[0] == 0
    assert tx.return_value == (DAYS + 1) * DAY + 1_000 + sum(day * DAY for day in range(1, 366))
    record("jars.collect_year_backlog", tx.gas_used)


def test_collect_from_100_000(project: Any) -> None:
    """On a node of its own, without traces."""
    with development_node(gas_limit=BLOCK_GAS) as url:
        node = Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": 600}))
        deployer, creator = node.eth.accounts[:2]

        def deploy(name: str, *arguments: Any) -> Any:
            contract = getattr(project, name)
            factory = node.eth.contract(abi=contract.abi, bytecode=contract.bytecode)
            sent = factory.constructor(*arguments).transact({"from": deployer, "gas": 30_000_000})
            address = node.eth.wait_for_transaction_receipt(sent)["contractAddress"]
            return node.eth.contract(address=address, abi=contract.abi)

        def send(call: Any, sender: str, gas: int = 30_000_000) -> Any:
            receipt = node.eth.wait_for_transaction_receipt(call.transact({"from": sender, "gas": gas}))
            assert receipt["status"] == 1
            return receipt

        def mine(time: int) -> None:
            node.provider.make_request("evm_setNextBlockTimestamp", [time])  # type: ignore[arg-type]

        mine(NOON - DAY)
        token = deploy("TestToken", "Test Dollar", "TUSD", 6)
        certificates = deploy("GiftCertificates", token.address, deploy("CardArt").address)
        escrow = deploy("StreamingTipEscrow", certificates.address)
        loader = deploy("TipperLoader", escrow.address, token.address, SCALE)
        send(token.functions.mint(creator, 1), deployer)
        jar_id, each = int(creator, 16), MANY // 50
        call = loader.functions.load(jar_id, each, (DAYS + 1) * DAY, 30)
        node.provider.make_request("evm_setAutomine", [False])  # type: ignore[arg-type]
        for minute in (1, 2):
            for _ in range(25):  # their receipts, of some 10,000 logs each, are left unread: the jar says it
                call.transact({"from": deployer, "gas": MANY_GAS})
            mine(NOON - DAY + 60 * minute)
            node.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
        node.provider.make_request("evm_setAutomine", [True])  # type: ignore[arg-type]
        mine(NOON)
        send(escrow.functions.collect(jar_id, 0), creator)
        assert escrow.functions.jar(jar_id).call()[0] == MANY * SCALE
        mine(NOON + 3 * DAY)
        before = token.functions.balanceOf(creator).call()
        receipt = send(escrow.functions.collect(jar_id, 100), creator)
        assert token.functions.balanceOf(creator).call() - before == MANY * 3 * DAY
        record("jars.collect_100000", int(receipt["gasUsed"]))
