"""Row publish0x: a sponsor's pool pays readers, who share each reward with the author: an attested read pays
both at the reader's ratio, the daily cap holds, and an attestation pays once.
"""

from __future__ import annotations

from random import Random

import pytest
from brownie import web3

from largesse.eip712 import address_of, keccak
from largesse.signed.rewards import Attestation, Choice
from tests.support.certificates import DAY
from tests.support.clock import later, mine_at
from tests.support.errors import reverts
from tests.support.rewards import BPS, FAULTS, ITSELF, Read, Rewards, paid

CENT = 10_000
"""Base units of a currency with 6 decimals."""
POOL = 2_000 * CENT
READER_CAP, POOL_CAP = 20 * CENT, 300 * CENT
WORTH = 4 * CENT
LEAST, MOST = 2_000, 8_000


@pytest.fixture
def pool_id(rewards: Rewards) -> bytes:
    """20 dollars, of which a day takes 3 and a reader 20 cents; a reader takes 20 % to 80 % of each read."""
    bounds = {"bounds": (LEAST, MOST), "reader_cap": READER_CAP, "pool_cap": POOL_CAP}
    return rewards.open(POOL, **bounds)


class Person:
    """Somebody with a key and nothing else: no gas, no currency, no account anywhere."""

    def __init__(self, name: str) -> None:
        self.key = keccak(name.encode())
        self.address = address_of(self.key)


def read_of(rewards: Rewards, pool_id: bytes, read_id: int, reader: Person, author: Person, bps: int) -> Read:
    """The site attests, the reader slides the share to where it wants it and signs; through the package's own
    messages."""
    deadline = rewards.now() + 7 * DAY
    attestation = Attestation(pool_id, reader.address, author.address, read_id, WORTH, deadline)
    attested = attestation.sign(rewards.domain, rewards.world.key(rewards.attester))
    chosen = Choice(attestation, bps).sign(rewards.domain, reader.key)
    return Read(reader.address, author.address, read_id, WORTH, deadline, bps, attested, chosen)


def test_a_read_pays_reader_and_author_at_the_readers_ratio(rewards: Rewards, pool_id: bytes) -> None:
    """Neither of them has gas; the relayer sends all, and can turn nothing."""
    anna, ben = Person("anna"), Person("ben")
    read = read_of(rewards, pool_id, 1, anna, ben, 7_000)
    greedy = read._replace(reader=str(rewards.relayer)), read._replace(reader_bps=LEAST)
    report = paid(rewards.pay(pool_id, *greedy, read))
    assert [(row.reader, row.to_reader, row.amount) for row in report.rows] == [
        (anna.address, WORTH * 7 // 10, WORTH)
    ]
    assert report.skipped == [(0, "NotAttested"), (1, "NotChosen")]
    for person in (anna, ben):
        rewards.collect(person.address, pool_id)
    assert rewards.balance(anna.address) == 28_000
    assert rewards.balance(ben.address) == 12_000
    assert rewards.held() == POOL - WORTH
    assert all(web3.eth.get_transaction_count(one.address) == 0 for one in (anna, ben))


def test_an_attestation_pays_once(rewards: Rewards, pool_id: bytes) -> None:
    """Not with another ratio, not on another day, not attested anew, not by another attester."""
    anna, ben = Person("anna"), Person("ben")
    rewards.pay(pool_id, read_of(rewards, pool_id, 1, anna, ben, 5_000))
    again = [read_of(rewards, pool_id, 1, anna, ben, bps) for bps in (5_000, 8_000)]
    again.append(read_of(rewards, pool_id, 1, Person("carl"), ben, 5_000))
    for _ in range(2):
        assert paid(rewards.pay(pool_id, *again)).skipped == [(i, "AlreadyPaid") for i in range(3)]
        later(DAY)
    rewards.change_attester(pool_id, rewards.agent)
    mine_at(rewards.state(pool_id).new_attester_at)
    renewed = rewards.read(pool_id, 1, attested_by=rewards.agent)
    assert paid(rewards.pay(pool_id, renewed)).skipped == [(0, "AlreadyPaid")]
    assert rewards.money(pool_id) == (POOL, WORTH)


def test_the_daily_caps_hold(rewards: Rewards, pool_id: bytes) -> None:
    """A day of many readers, each reading too much: nobody has more than its cap, all of them not more than
    the pool's; what was left out is good the next day, and what is paid is conserved to the unit."""
    rng = Random(20)
    readers = [Person(f"reader {number}") for number in range(20)]
    authors = [Person(f"author {number}") for number in range(3)]
    midnight = (rewards.now() // DAY + 1) * DAY
    reads = [
        read_of(rewards, pool_id, number, *map(rng.choice, (readers, authors)), rng.randint(LEAST, MOST))
        for number in range(90)
    ]  # fmt: skip
    spent: dict[str, int] = {}
    left, whole = reads, 0
    for day in range(3):
        today = dict.fromkeys((one.address for one in readers), 0)
        report = paid(rewards.pay(pool_id, *left))
        for row in report.rows:
            today[row.reader] += row.amount
            spent[row.reader] = spent.get(row.reader, 0) + row.to_reader
            spent[row.author] = spent.get(row.author, 0) + row.amount - row.to_reader
        assert max(today.values()) <= READER_CAP
        assert report.amount == sum(today.values()) <= POOL_CAP
        assert {fault for _, fault in report.skipped} <= {"OverReaderCap", "OverPoolCap"}
        # the same reads again on the same day: not one of those left out has become good
        assert paid(rewards.pay(pool_id, *(left[place] for place, _ in report.skipped))).rows == []
        left, whole = [left[place] for place, _ in report.skipped], whole + report.amount
        if not left:
            break
        mine_at(midnight + day * DAY)
    assert left == [] and whole == 90 * WORTH
    assert day > 0, "the caps left nothing out"
    for address, amount in spent.items():
        rewards.collect(address, pool_id)
        assert rewards.balance(address) == amount
    assert rewards.held() == POOL - whole


def test_the_sponsor_has_the_rest_after_a_notice_in_which_reads_pay(rewards: Rewards, pool_id: bytes) -> None:
    anna, ben = Person("anna"), Person("ben")
    reads = [read_of(rewards, pool_id, number, anna, ben, 5_000) for number in (1, 2)]
    rewards.announce_closing(pool_id)
    later(2 * DAY - 600)
    rewards.pay_one(pool_id, reads[0])
    later(600)
    with reverts("Pools_Closed", pool_id, rewards.state(pool_id).closes_at):
        rewards.pay_one(pool_id, reads[1])
    before = rewards.balance(rewards.sponsor)
    rewards.close(pool_id)
    assert rewards.balance(rewards.sponsor) - before == POOL - WORTH
    for person in (anna, ben):
        rewards.collect(person.address, pool_id)
    assert rewards.held() == 0


def test_a_reader_with_gas_needs_nobody(rewards: Rewards, pool_id: bytes) -> None:
    """It submits what the site attested with its ratio, and has its share in the same transaction."""
    ratio = BPS * 3 // 4
    read = rewards.read(pool_id, 1, WORTH, bps=ratio, chosen_by=ITSELF)
    calls = [
        rewards.contract.payOne.encode_input(pool_id, read),
        rewards.contract.collect.encode_input(rewards.reader, [pool_id]),
    ]
    with reverts("Pools_NotPaid", 1, FAULTS.index("NotChosen")):
        rewards.contract.multicall(calls, {"from": rewards.author})
    rewards.contract.multicall(calls, {"from": rewards.reader})
    assert rewards.balance(rewards.reader) == WORTH * 3 // 4
    assert rewards.credit(pool_id, rewards.author) == WORTH // 4
