"""The books of a RewardPools from logs alone: right after every act, wrong when one unit is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.books.replay import InsolventError
from largesse.books.rewards import RewardBooks
from largesse.chain import Node
from largesse.chainlogs import Event, LogError
from largesse.clients.certificates import Certificates
from largesse.solvency.rewards import RewardAudit, audit_rewards
from tests.support.certificates import DAY, ZERO
from tests.support.clock import later
from tests.support.rewards import ITSELF, Rewards

Audit = Callable[[Rewards], RewardAudit]


@pytest.fixture
def audited(node_url: str) -> Audit:
    """Audits, and finds nothing wrong."""

    def audit(rewards: Rewards) -> RewardAudit:
        certificates = Certificates(Node.at(node_url), rewards.world.certificates.address)
        found = audit_rewards(certificates, rewards.contract.address)
        assert found.problems == ()
        assert found.surplus == found.narrowest == 0
        assert found.books.liabilities == rewards.liabilities()
        return found

    return audit


def test_a_pool_from_its_opening_to_its_end(rewards: Rewards, audited: Audit) -> None:
    pool_id, other = rewards.open(1_000), rewards.open(500, salt=1)
    rewards.fund_pool(pool_id, 70)
    reads = [rewards.read(pool_id, 1, 333), rewards.read(pool_id, 2, 0), rewards.read(pool_id, 3, 7)]
    rewards.pay(pool_id, *reads)
    rewards.pay_one(other, rewards.read(other, 1, author=rewards.reader))
    first, *_ = audited(rewards).books.reads
    assert (first.pool_id, first.reader, first.author) == (
        pool_id,
        rewards.reader.address,
        rewards.author.address,
    )
    assert (first.amount, first.to_reader) == (333, 133)
    rewards.collect(rewards.reader, other, pool_id)
    rewards.change_attester(pool_id, rewards.agent)
    rewards.announce_closing(other)
    audited(rewards)
    rewards.cancel_closing(other)
    later(2 * DAY)
    rewards.change_attester(pool_id, rewards.stranger)
    rewards.change_attester(pool_id, ZERO)
    rewards.pay(pool_id, rewards.read(pool_id, 4, attested_by=rewards.agent))
    for one in (pool_id, other):
        rewards.announce_closing(one)
    audited(rewards)
    later(2 * DAY)
    for one in (pool_id, other):
        rewards.close(one)
    for who in (rewards.reader, rewards.author):
        rewards.collect(who, pool_id)
    books = audited(rewards).books
    assert books.paid_in == books.paid_out == 1_570
    assert len(books.reads) == 4


def test_a_payout_that_the_currency_refuses_is_owed(
    make_token: Any, make_rewards: Callable[[Any], Rewards], audited: Audit
) -> None:
    rewards = make_rewards(make_token("BlacklistToken"))
    pool_id = rewards.open(1_000)
    rewards.pay(pool_id, rewards.read(pool_id, 1))
    rewards.token.blacklist(rewards.author, {"from": rewards.deployer})
    rewards.collect(rewards.author, pool_id)
    assert audited(rewards).books.total_owed == 60
    rewards.contract.withdrawOwed(rewards.author, rewards.recipient, ITSELF, {"from": rewards.author})
    assert (audited(rewards).books.liabilities, rewards.held()) == (940, 940)


def test_one_unit_taken_away_is_missed(rewards: Rewards, node_url: str) -> None:
    rewards.open(1_000)
    # OpenZeppelin's ERC-20 keeps balances in the mapping at slot 0.
    slot = web3.keccak(bytes(12) + bytes.fromhex(rewards.contract.address[2:]) + bytes(32))
    value = "0x" + (999).to_bytes(32, "big").hex()
    web3.provider.make_request("anvil_setStorageAt", [rewards.token.address, slot.to_0x_hex(), value])
    certificates = Certificates(Node.at(node_url), rewards.world.certificates.address)
    with pytest.raises(InsolventError) as caught:
        audit_rewards(certificates, rewards.contract.address).require_solvent()
    assert caught.value.reason == "missing_money"


@pytest.fixture
def logs(rewards: Rewards, node_url: str) -> list[list[Event]]:
    """Transactions of a short life, as the books are fed with them."""
    from largesse.clients.rewards import Rewards as Client

    pool_id = rewards.open(1_000)
    rewards.pay(pool_id, rewards.read(pool_id, 1))
    rewards.collect(rewards.reader, pool_id)
    client = Client(
        Certificates(Node.at(node_url), rewards.world.certificates.address), rewards.contract.address
    )
    found = web3.eth.get_logs({"address": rewards.contract.address, "fromBlock": 0})
    blocks: dict[int, list[Event]] = {}
    for log in found:
        blocks.setdefault(int(log["blockNumber"]), []).append(client.decoder.decode(log))
    return list(blocks.values())


@pytest.mark.parametrize("order", [(0, 0), (1,), (0, 1, 1), (0, 2), (0, 1, 2, 2)])
def test_logs_that_can_not_have_happened_are_refused(logs: list[list[Event]], order: tuple[int, ...]) -> None:
    """A pool opened twice or never, a read paid twice, a credit collected before there was one, or twice."""
    books = RewardBooks(lambda _: 1_900_000_000)
    for place in order[:-1]:
        books.add(logs[place])
    with pytest.raises(LogError) as caught:
        books.add(logs[order[-1]])
    assert caught.value.reason == "inconsistent"
