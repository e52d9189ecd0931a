"""Gas of rewards for reading, `rewards.*` in bench/gas.json: receipt `gasUsed` in the steady state.

Steady state: the sponsor has approved and keeps currency, the contract holds some, payees have a balance;
every reader and author has had a reward of the pool before, on another day, and read ids count up, so that
256 of them share a slot that was written before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from brownie import web3

from largesse.eip712 import Domain, address_of, keccak, rewards_domain
from largesse.signed.rewards import Attestation, Choice
from tests.fixtures.accounts import key_of
from tests.support.certificates import DAY, World
from tests.support.clock import at, mine_at
from tests.support.gas import record

CLOCK = 1_900_000_000
READERS = 100
AMOUNT = 10_000
FOREVER = CLOCK + 1_000 * DAY
MOST = 2**96 - 1


@dataclass
class Steady:
    """A pool whose readers and authors have all been paid before."""

    world: World
    rewards: Any
    pool_id: bytes
    domain: Domain

    def key(self, number: int) -> bytes:
        """A reader's; authors are counted from 1,000 on."""
        return bytes(keccak(b"person" + number.to_bytes(5, "big")))

    def reads(self, first: int, count: int, *, author: int | None = None, attests: bool = True) -> list[Any]:
        """Of `count` readers, each of another author's unless one is given."""
        attester, made = key_of(self.world.operator), []
        for number in range(count):
            reader = self.key(number)
            writer = address_of(self.key(1_000 + (number if author is None else author)))
            read_id = first + number
            attestation = Attestation(self.pool_id, address_of(reader), writer, read_id, AMOUNT, FOREVER)
            made.append(
                (
                    *(address_of(reader), writer, read_id, AMOUNT, FOREVER, 4_000),
                    attestation.sign(self.domain, attester) if attests else b"",
                    Choice(attestation, 4_000).sign(self.domain, reader),
                )
            )
        return made

    def pay(self, reads: Sequence[Any], sender: Any = None) -> Any:
        tx = self.rewards.pay(self.pool_id, reads, {"from": sender or self.world.relayer})
        assert not int(str(tx.events["ReadsPaid"]["skipped"]), 16)
        return tx


@pytest.fixture(scope="module")
def steady(module_isolation: None, project: Any, accounts: Any, make_world: Callable[[Any], World]) -> Steady:
    mine_at(CLOCK)
    token = project.TestToken.deploy("Test Dollar", "TUSD", 6, {"from": accounts[0]})
    world = make_world(token)
    rewards = project.RewardPools.deploy(world.certificates, {"from": accounts[0]})
    token.mint(world.supporter, 10**15, {"from": accounts[0]})
    token.approve(rewards, 2**256 - 1, {"from": world.supporter})
    rewards.open((0, world.operator, 0, 10_000, MOST, MOST, DAY), 10**12, {"from": world.supporter})
    domain = rewards_domain(web3.eth.chain_id, rewards.address)
    made = Steady(world, rewards, bytes(rewards.poolIdOf(world.supporter, 0)), domain)
    made.pay(made.reads(0, READERS))
    for number in (0, 1_000):
        token.mint(address_of(made.key(number)), 1, {"from": accounts[0]})
    mine_at(CLOCK + DAY)
    return made


def test_sponsors(steady: Steady) -> None:
    sponsor, operator = {"from": steady.world.supporter}, steady.world.operator
    opening = (1, operator, 0, 10_000, 10**9, 10**10, DAY)
    record("rewards.open", steady.rewards.open(opening, 10**9, sponsor).gas_used)
    record("rewards.fund", steady.rewards.fund(steady.pool_id, 10**9, sponsor).gas_used)


@pytest.mark.parametrize("count", [1, 10, 100])
def test_pay(steady: Steady, count: int) -> None:
    """Read ids 100–199 share a slot with those of before. Each read has another reader and another author."""
    tx = steady.pay(steady.reads(READERS, count))
    record("rewards.pay_1" if count == 1 else f"rewards.pay_{count}_each", tx.gas_used // count)


def test_pay_one(steady: Steady) -> None:
    (read,) = steady.reads(READERS, 1)
    tx = steady.rewards.payOne(steady.pool_id, read, {"from": steady.world.relayer})
    record("rewards.pay_one", tx.gas_used)


def test_pay_of_one_author(steady: Steady) -> None:
    tx = steady.pay(steady.reads(READERS, 100, author=0))
    record("rewards.pay_100_of_one_author_each", tx.gas_used // 100)


def test_pay_by_the_attester(steady: Steady) -> None:
    """Which need not sign what it submits."""
    tx = steady.pay(steady.reads(READERS, 100, author=0, attests=False), steady.world.operator)
    record("rewards.pay_100_by_attester_each", tx.gas_used // 100)


def test_pay_new_readers(steady: Steady) -> None:
    """A reader's and an author's first rewards in a pool, and the first read ids of their slot."""
    mine_at(CLOCK + 2 * DAY)
    reads = []
    for number in range(10):
        reader, writer = steady.key(500 + number), address_of(steady.key(1_500 + number))
        attestation = Attestation(steady.pool_id, address_of(reader), writer, 10**6 + number, AMOUNT, FOREVER)
        signed = attestation.sign(steady.domain, key_of(steady.world.operator))
        chosen = Choice(attestation, 4_000).sign(steady.domain, reader)
        reads.append((address_of(reader), writer, 10**6 + number, AMOUNT, FOREVER, 4_000, signed, chosen))
    record("rewards.pay_10_new_each", steady.pay(reads).gas_used // 10)


def test_collect(steady: Steady) -> None:
    """Of payees who have currency already."""
    at(CLOCK + DAY + 100)
    reader = address_of(steady.key(0))
    tx = steady.rewards.collect(reader, [steady.pool_id], {"from": steady.world.relayer})
    record("rewards.collect", tx.gas_used)
