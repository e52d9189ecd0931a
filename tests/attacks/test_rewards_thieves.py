"""What a thief tries on pools: others' reads, doubled reads, hostile wallets, starved batches, odd
currencies, sponsors in a hurry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.accounts import WALLET_MODES, MakeAccount
from tests.fixtures.tokens import MakeToken
from tests.support.certificates import DAY
from tests.support.clock import at, later, mine_at
from tests.support.errors import reverts
from tests.support.rewards import BPS, ITSELF, MOST, Read, Rewards, paid
from tests.zoo.raw import raw_send

CURVE = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The number of points of secp256k1."""
REFUSING = ("Reverts", "WrongMagic", "DirtyMagic", "ShortMagic", "Empty", "Huge", "RevertsHuge", "BurnsGas")
"""Wallets that have not signed, each in its own way of `WALLET_MODES`."""


@pytest.fixture
def pool_id(rewards: Rewards) -> bytes:
    return rewards.open()


@pytest.fixture(autouse=True)
def books(rewards: Rewards) -> Any:
    """Whatever was tried, what is held is what is owed."""
    yield
    rewards.check_books()


# front-running and replay


def test_whoever_sends_a_read_first_pays_the_same_people(rewards: Rewards, pool_id: bytes) -> None:
    """And the batch that comes too late passes over it."""
    reads = [rewards.read(pool_id, i) for i in (1, 2)]
    rewards.pay_one(pool_id, reads[0], rewards.stranger)
    assert paid(rewards.pay(pool_id, *reads)).skipped == [(0, "AlreadyPaid")]
    assert rewards.credits(pool_id) == (80, 120)
    rewards.collect(rewards.reader, pool_id, sender=rewards.stranger)
    assert (rewards.balance(rewards.reader), rewards.balance(rewards.stranger)) == (
        80,
        rewards.balance(rewards.giver),
    )


def test_a_thief_can_not_make_a_readers_own_call_its_own(rewards: Rewards, pool_id: bytes) -> None:
    """What a reader sends without its signature is worth nothing to who sees it."""
    read = rewards.read(pool_id, 1, bps=9_000, chosen_by=ITSELF)
    for other in (read, read._replace(reader_bps=1_000), read._replace(reader=str(rewards.stranger))):
        assert paid(rewards.pay(pool_id, other, sender=rewards.stranger)).rows == []
    call = rewards.contract.payOne.encode_input(pool_id, read)
    with reverts("Pools_NotPaid", 1, 10):
        rewards.contract.multicall([call], {"from": rewards.stranger})
    rewards.pay_one(pool_id, read, rewards.reader)


def test_another_signature_of_the_same_words_pays_nothing_twice(rewards: Rewards, pool_id: bytes) -> None:
    """ECDSA has two for each, and ours come in two lengths: a read is known by its number."""

    def flipped(signature: bytes) -> bytes:
        s = CURVE - int.from_bytes(signature[32:64], "big")
        return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])

    read = rewards.read(pool_id, 1)
    other = read._replace(attested=flipped(read.attested), chosen=flipped(read.chosen))
    assert paid(rewards.pay(pool_id, read, other)).skipped == [(1, "AlreadyPaid")]


def test_two_choices_are_the_submitters_to_choose(rewards: Rewards, pool_id: bytes) -> None:
    """As the interface warns: one of them counts, never both."""
    greedy, generous = (rewards.read(pool_id, 1, bps=bps) for bps in (9_000, 1_000))
    assert len(paid(rewards.pay(pool_id, generous, greedy)).rows) == 1
    assert rewards.credits(pool_id) == (10, 90)


def test_a_ratio_of_nothing_is_no_way_around_the_cap(rewards: Rewards) -> None:
    """An author with a hundred names for a reader still meets the pool's cap, and with one its own."""
    pool_id = rewards.open(bounds=(0, BPS))
    rewards.pay(pool_id, rewards.read(pool_id, 1, 500, bps=0))
    assert rewards.credits(pool_id) == (0, 500)
    assert paid(rewards.pay(pool_id, rewards.read(pool_id, 2, 1, bps=0))).skipped == [(0, "OverReaderCap")]


def test_rewards_of_one_pool_are_not_collected_from_another(rewards: Rewards, pool_id: bytes) -> None:
    other = rewards.open(salt=1)
    rewards.pay(pool_id, rewards.read(pool_id, 1))
    for pools in ((other,), (other, rewards.pool_id(7))):
        with reverts("Pools_NothingToCollect", rewards.reader):
            rewards.collect(rewards.reader, *pools)
    before = rewards.held()
    rewards.collect(rewards.reader, pool_id, pool_id, pool_id)
    assert before - rewards.held() == 40


# hostile wallets


@pytest.mark.parametrize("mode", REFUSING)
def test_a_hostile_wallet_costs_its_own_read_only(
    rewards: Rewards, pool_id: bytes, make_account: MakeAccount, mode: str
) -> None:
    """As a reader: its neighbours are paid, and it burns at most what checking one signature may cost."""
    wallet = make_account("Wallet1271Bad", rewards.agent, mode=mode)
    hostile = rewards.read(pool_id, 1, reader=wallet, chosen_by=rewards.agent)
    tx = rewards.contract.pay(
        pool_id,
        [rewards.read(pool_id, 2), hostile, rewards.read(pool_id, 3)],
        {"from": rewards.relayer, "gas_limit": 3_000_000},
    )
    assert paid(tx).skipped == [(1, "NotChosen")]
    assert rewards.credits(pool_id) == (80, 120)
    assert tx.gas_used < 700_000


def test_a_wallet_that_is_asked_changes_nothing(
    rewards: Rewards, pool_id: bytes, make_account: MakeAccount
) -> None:
    """It is asked by a static call: no read, no collection from within."""
    wallet = make_account("Wallet1271Bad", rewards.agent, mode="ReEnters")
    assert "ReEnters" in WALLET_MODES
    read = rewards.read(pool_id, 1, reader=wallet, chosen_by=rewards.agent)
    result = paid(rewards.pay(pool_id, read, rewards.read(pool_id, 2)))
    assert [row.read_id for row in result.rows][-1] == 2
    assert rewards.money(pool_id)[1] == sum(row.amount for row in result.rows)


def test_a_batch_is_never_starved_into_skipping_a_good_read(
    rewards: Rewards, pool_id: bytes, make_account: MakeAccount
) -> None:
    """With too little gas all of it reverts: with a wallet among the readers, and without."""
    wallet = make_account("Wallet1271", rewards.agent)
    plain = [rewards.read(pool_id, i) for i in (1, 2)]
    asked = rewards.read(pool_id, 3, reader=wallet, chosen_by=rewards.agent)
    for number, reads in enumerate(([*plain], [asked, rewards.read(pool_id, 4)])):
        method, args = rewards.contract.pay, (pool_id, reads)
        full = int(method.estimate_gas(*args, {"from": rewards.relayer}))
        statuses = []
        for gas in range(full - 60_000, full + 4_000, 4_000):
            statuses.append(raw_send(method, *args, sender=rewards.relayer, gas=gas)["status"])
            assert rewards.money(pool_id)[1] in (200 * number, 200 * (number + 1))
            if statuses[-1]:
                break
        assert (statuses[0], statuses[-1]) == (0, 1)
        assert rewards.money(pool_id)[1] == 200 * (number + 1)


# sponsors and attesters


def test_a_thief_of_the_attesters_key_gets_a_days_cap_a_day(rewards: Rewards, pool_id: bytes) -> None:
    """Until the new attester's notice is over: what the sponsor risks is the pool's cap times that."""
    rewards.change_attester(pool_id, rewards.agent)
    over = rewards.state(pool_id).new_attester_at
    names = (rewards.stranger, rewards.giver, rewards.recipient)
    number = 0
    while rewards.now() < over:
        for name in names:
            number += 1
            rewards.pay(pool_id, rewards.read(pool_id, number, 500, reader=name, author=rewards.stranger))
        later(DAY)
    assert rewards.money(pool_id) == (10_000, 2_000)
    read = rewards.read(pool_id, number + 1, 1, reader=rewards.stranger, author=rewards.stranger)
    assert paid(rewards.pay(pool_id, read)).skipped == [(0, "NotAttested")]


def test_a_sponsor_can_not_take_a_gift_in_its_notice(rewards: Rewards, pool_id: bytes) -> None:
    """Who sees a gift coming and announces the end first gets nothing of it."""
    rewards.announce_closing(pool_id)
    before = rewards.balance(rewards.giver)
    with reverts("Pools_Closing", pool_id, rewards.state(pool_id).closes_at):
        rewards.fund_pool(pool_id, 100)
    assert rewards.balance(rewards.giver) == before


def test_no_second_is_both_a_reads_and_the_sponsors(rewards: Rewards, pool_id: bytes) -> None:
    closes_at = rewards.now() + 2 * DAY
    rewards.announce_closing(pool_id)
    read = rewards.read(pool_id, 1, deadline=closes_at + DAY)
    at(closes_at - 1)
    with reverts("Pools_NotYet", closes_at, closes_at - 1):
        rewards.close(pool_id)
    at(closes_at)
    with reverts("Pools_Closed", pool_id, closes_at):
        rewards.pay_one(pool_id, read)
    at(closes_at)
    rewards.close(pool_id)


def test_a_sponsor_can_not_hurry_by_changing_its_attester(rewards: Rewards, pool_id: bytes) -> None:
    """Naming nobody's key delays what was attested by a notice, as closing does; the two do not add up to
    less."""
    rewards.announce_closing(pool_id)
    rewards.change_attester(pool_id, rewards.contract)
    over = rewards.state(pool_id).closes_at
    assert rewards.state(pool_id).new_attester_at == over
    read = rewards.read(pool_id, 1, deadline=over + DAY)
    mine_at(over - 1)
    at(over - 1)
    rewards.pay_one(pool_id, read)


def test_nobody_opens_anothers_pool(rewards: Rewards) -> None:
    """Money on its way to a pool that is being opened can't land in a stranger's."""
    rewards.open(1, salt=0, sponsor=rewards.stranger)
    assert rewards.state(rewards.pool_id(0)).sponsor != rewards.stranger
    with reverts("Pools_Unknown", rewards.pool_id(0)):
        rewards.fund_pool(rewards.pool_id(0), 1)


# odd currencies


@pytest.fixture
def odd(make_rewards: Any, make_token: MakeToken) -> Callable[[str], Rewards]:
    return lambda kind: make_rewards(make_token(kind))


def test_a_currency_that_keeps_a_fee_is_refused(odd: Callable[[str], Rewards]) -> None:
    rewards = odd("FeeToken")
    rewards.token.setFeeBps(100, {"from": rewards.deployer})
    with reverts("Custody_ArrivedDiffers", 10_000, 9_900):
        rewards.open()
    assert rewards.held() == 0


def test_a_payee_that_the_currency_refuses_holds_up_nobody(odd: Callable[[str], Rewards]) -> None:
    """Not even its own reads: they are credited, and what is collected then is owed."""
    rewards = odd("BlacklistToken")
    pool_id = rewards.open()
    for who in (rewards.author, rewards.contract):
        rewards.token.blacklist(who, {"from": rewards.deployer})
    assert len(paid(rewards.pay(pool_id, *(rewards.read(pool_id, i) for i in (1, 2)))).rows) == 2
    rewards.collect(rewards.author, pool_id)
    assert rewards.contract.owed(rewards.author) == 120
    rewards.token.unBlacklist(rewards.contract, {"from": rewards.deployer})
    rewards.collect(rewards.reader, pool_id)
    assert rewards.balance(rewards.reader) == 80
    rewards.contract.withdrawOwed(rewards.author, rewards.recipient, ITSELF, {"from": rewards.author})
    assert rewards.balance(rewards.recipient) == 120
    rewards.check_books()


@pytest.mark.parametrize("act", ["collect", "close"])
def test_a_payout_is_never_starved_into_a_debt(odd: Callable[[str], Rewards], act: str) -> None:
    """Whoever sends too little gas has its transaction reverted; nobody is owed what could be paid."""
    rewards = odd("BlacklistToken")
    pool_id = rewards.open()
    rewards.pay(pool_id, rewards.read(pool_id, 1))
    rewards.announce_closing(pool_id)
    later(2 * DAY)
    method = rewards.contract.collect if act == "collect" else rewards.contract.close
    args = (rewards.reader, [pool_id]) if act == "collect" else (pool_id,)
    full = int(method.estimate_gas(*args, {"from": rewards.stranger}))
    statuses = []
    for gas in range(max(full - 40_000, 30_000), full + 4_000, 4_000):
        statuses.append(raw_send(method, *args, sender=rewards.stranger, gas=gas)["status"])
        assert rewards.contract.totalOwed() == 0
        if statuses[-1]:
            break
    assert (statuses[0], statuses[-1]) == (0, 1)


def test_the_largest_of_everything_does_not_wrap(odd: Callable[[str], Rewards]) -> None:
    """96 bits of money through one purse that is reader and author, on one day and the next."""
    rewards = odd("TestToken")
    rewards.fund(rewards.sponsor, MOST)
    pool_id = rewards.open(MOST, bounds=(0, BPS), reader_cap=MOST, pool_cap=MOST)
    for number, amount in enumerate((MOST // 2, MOST // 2, 1)):
        rewards.pay_one(pool_id, rewards.read(pool_id, number, amount, author=rewards.reader, bps=3_333))
    assert (rewards.credit(pool_id, rewards.reader), rewards.spent_today(pool_id)) == (MOST, MOST)
    later(DAY)
    read: Read = rewards.read(pool_id, 4, 1)
    assert paid(rewards.pay(pool_id, read)).skipped == [(0, "OverBudget")]
    rewards.collect(rewards.reader, pool_id)
    assert rewards.balance(rewards.reader) == MOST
    rewards.check_books()
