"""pay, payOne: attested reads, at the reader's ratio, once, under daily caps (pay.tree)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY, ZERO
from tests.support.clock import later, mine_at
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.rewards import BPS, FAULTS, ITSELF, MAX_READ_ID, MOST, Paid, Read, Rewards, Row, paid


@pytest.fixture
def pool_id(rewards: Rewards) -> bytes:
    return rewards.open()


def refuses(
    rewards: Rewards, pool_id: bytes, read: Read, fault: str, sender: Any = None, time: int = 0
) -> None:
    """Neither payOne nor pay pays the read, for this reason, and nothing changes."""
    if time:
        mine_at(time)
    before = (rewards.state(pool_id), rewards.credit(pool_id, read.reader), rewards.spent_today(pool_id))
    sender = {"from": sender or rewards.relayer}
    with reverts("Pools_NotPaid", read.read_id, FAULTS.index(fault)):
        rewards.contract.payOne.call(pool_id, read, sender)
    tx = rewards.contract.pay(pool_id, [read], sender)
    assert paid(tx) == Paid(pool_id, 0, [], [(0, fault)])
    after = (rewards.state(pool_id), rewards.credit(pool_id, read.reader), rewards.spent_today(pool_id))
    assert after == before


def pays(rewards: Rewards, pool_id: bytes, read: Read, sender: Any = None) -> None:
    """payOne would pay it, and pay does."""
    sender = {"from": sender or rewards.relayer}
    assert rewards.contract.payOne.call(pool_id, read, sender) == read.amount * read.reader_bps // BPS
    assert paid(rewards.contract.pay(pool_id, [read], sender)).skipped == []


# reverts, and what is skipped


def test_pay_reverts_for_a_pool_that_nobody_opened(rewards: Rewards) -> None:
    nowhere = rewards.pool_id(5)
    for method in (rewards.pay, rewards.pay_one):
        with reverts("Pools_Unknown", nowhere):
            method(nowhere, rewards.read(nowhere, 1))


def test_no_read_of_nothing(rewards: Rewards, pool_id: bytes) -> None:
    refuses(rewards, pool_id, rewards.read(pool_id, 1, 0), "ZeroAmount")


@pytest.mark.parametrize("after", [-1, 0, 1])
def test_no_read_from_its_deadline_on(rewards: Rewards, pool_id: bytes, after: int) -> None:
    read = rewards.read(pool_id, 1)
    if after < 0:
        mine_at(read.deadline + after)
        pays(rewards, pool_id, read)
    else:
        refuses(rewards, pool_id, read, "Expired", time=read.deadline + after)


def test_no_read_for_nobody(rewards: Rewards, pool_id: bytes) -> None:
    """What was credited to the contract itself nobody could fetch."""
    for nobody in (ZERO, rewards.contract):
        refuses(rewards, pool_id, rewards.read(pool_id, 1, author=nobody), "NoPayee")
        read = rewards.read(pool_id, 1, reader=nobody, chosen_by=rewards.reader)
        refuses(rewards, pool_id, read, "NoPayee")


@pytest.mark.parametrize("bps", [999, 1_000, 9_000, 9_001, BPS + 1, 2**16 - 1])
def test_no_share_outside_the_bounds(rewards: Rewards, pool_id: bytes, bps: int) -> None:
    read = rewards.read(pool_id, 1, bps=bps)
    if 1_000 <= bps <= 9_000:
        pays(rewards, pool_id, read)
        assert rewards.credits(pool_id) == (bps // 100, 100 - bps // 100)
    else:
        refuses(rewards, pool_id, read, "RatioOutOfBounds")


def test_no_read_twice(rewards: Rewards, pool_id: bytes) -> None:
    """Whatever else the second attestation of it says."""
    pays(rewards, pool_id, rewards.read(pool_id, 256))
    for other in ({}, {"amount": 7}, {"reader": rewards.agent}, {"author": rewards.agent}, {"bps": 5_000}):
        refuses(rewards, pool_id, rewards.read(pool_id, 256, **other), "AlreadyPaid")
    for neighbour in (255, 257, 0, 512):
        pays(rewards, pool_id, rewards.read(pool_id, neighbour, 10))
    assert [rewards.contract.isPaid(pool_id, i) for i in (0, 1, 255, 256, 257, 512)] == [
        True, False, True, True, True, True,
    ]  # fmt: skip


def test_the_last_number_of_all(rewards: Rewards, pool_id: bytes) -> None:
    pays(rewards, pool_id, rewards.read(pool_id, MAX_READ_ID))
    refuses(rewards, pool_id, rewards.read(pool_id, MAX_READ_ID), "AlreadyPaid")


def test_no_read_over_the_readers_cap(rewards: Rewards, pool_id: bytes) -> None:
    """Exact, of whole amounts; another reader has its own."""
    refuses(rewards, pool_id, rewards.read(pool_id, 1, 501), "OverReaderCap")
    pays(rewards, pool_id, rewards.read(pool_id, 2, 400))
    refuses(rewards, pool_id, rewards.read(pool_id, 3, 101), "OverReaderCap")
    pays(rewards, pool_id, rewards.read(pool_id, 3, 100))
    refuses(rewards, pool_id, rewards.read(pool_id, 4, 1), "OverReaderCap")
    assert rewards.spent_today(pool_id) == 500
    pays(rewards, pool_id, rewards.read(pool_id, 5, 500, reader=rewards.agent))


def test_no_read_over_the_pools_cap(rewards: Rewards, pool_id: bytes) -> None:
    for number, who in enumerate((rewards.reader, rewards.agent)):
        pays(rewards, pool_id, rewards.read(pool_id, number, 499, reader=who))
    read = rewards.read(pool_id, 3, 3, reader=rewards.recipient)
    refuses(rewards, pool_id, read, "OverPoolCap")
    pays(rewards, pool_id, rewards.read(pool_id, 3, 2, reader=rewards.recipient))
    assert rewards.state(pool_id).spent_today == 1_000


def test_no_read_without_the_money(rewards: Rewards) -> None:
    pool_id = rewards.open(99)
    refuses(rewards, pool_id, rewards.read(pool_id, 1, 100), "OverBudget")
    rewards.fund_pool(pool_id, 1)
    pays(rewards, pool_id, rewards.read(pool_id, 1, 100))
    refuses(rewards, pool_id, rewards.read(pool_id, 2, 1), "OverBudget")


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_the_caps_are_those_of_a_day_to_the_second(rewards: Rewards, pool_id: bytes, seconds: int) -> None:
    """A day ends where the next begins, at midnight of the chain's clock."""
    midnight = (rewards.now() // DAY + 1) * DAY
    late = midnight + DAY
    pays(rewards, pool_id, rewards.read(pool_id, 1, 500, reader=rewards.agent))
    pays(rewards, pool_id, rewards.read(pool_id, 2, 500))
    more = rewards.read(pool_id, 3, 500, deadline=late)
    if seconds < 0:
        refuses(rewards, pool_id, more, "OverReaderCap", time=midnight + seconds)
        mine_at(midnight)
        assert (rewards.state(pool_id).spent_today, rewards.spent_today(pool_id)) == (0, 0)
    else:
        mine_at(midnight + seconds)
        pays(rewards, pool_id, more)
        assert (rewards.state(pool_id).spent_today, rewards.spent_today(pool_id)) == (500, 500)
        assert rewards.spent_today(pool_id, rewards.agent) == 0
        refuses(rewards, pool_id, rewards.read(pool_id, 4, 1), "OverReaderCap")


def test_what_a_cap_left_out_is_good_tomorrow(rewards: Rewards, pool_id: bytes) -> None:
    read = rewards.read(pool_id, 2, 400)
    pays(rewards, pool_id, rewards.read(pool_id, 1, 400))
    refuses(rewards, pool_id, read, "OverReaderCap")
    later(DAY - 1)
    pays(rewards, pool_id, read)


def test_an_authors_credit_is_no_read_of_its_own(rewards: Rewards, pool_id: bytes) -> None:
    """It costs the author nothing of its own cap, of today or of a day before."""
    pays(rewards, pool_id, rewards.read(pool_id, 1, 500, reader=rewards.author, author=rewards.reader))
    pays(rewards, pool_id, rewards.read(pool_id, 2, 500))
    assert [rewards.spent_today(pool_id, who) for who in (rewards.reader, rewards.author)] == [500, 500]
    assert rewards.credits(pool_id) == (300 + 200, 200 + 300)


def test_no_read_that_is_not_attested(rewards: Rewards, pool_id: bytes) -> None:
    good = rewards.read(pool_id, 1)
    bad = [
        rewards.read(pool_id, 1, attested_by=rewards.stranger),
        rewards.read(pool_id, 1, attested_by=rewards.reader),
        rewards.read(pool_id, 1, attested_by=ITSELF),
        good._replace(attested=good.attested[:63]),
        good._replace(attested=bytes(65)),
        good._replace(attested=good.chosen),
    ]
    # each detail that is attested is attested for a reason; the reader signed these
    bad += [
        rewards.read(pool_id, 1, **other)._replace(attested=good.attested)
        for other in (
            {"amount": 101},
            {"author": rewards.agent},
            {"reader": rewards.agent},
            {"deadline": good.deadline + 1},
        )
    ]
    bad.append(rewards.read(pool_id, 2)._replace(attested=good.attested))
    for read in bad:
        refuses(rewards, pool_id, read, "NotAttested")
    pays(rewards, pool_id, good)


def test_no_read_that_the_reader_has_not_chosen(rewards: Rewards, pool_id: bytes) -> None:
    good = rewards.read(pool_id, 1)
    other = rewards.read(pool_id, 1, 99)
    bad = [
        rewards.read(pool_id, 1, chosen_by=rewards.stranger),
        rewards.read(pool_id, 1, chosen_by=rewards.author),
        rewards.read(pool_id, 1, chosen_by=ITSELF),
        good._replace(reader_bps=4_001),
        good._replace(chosen=other.chosen),
        good._replace(chosen=good.attested),
        good._replace(chosen=bytes(65)),
    ]
    for read in bad:
        refuses(rewards, pool_id, read, "NotChosen")
    pays(rewards, pool_id, good)


def test_no_read_of_another_pool_or_chain_or_contract(rewards: Rewards, pool_id: bytes) -> None:
    other = rewards.open(salt=1)
    refuses(rewards, other, rewards.read(pool_id, 1), "NotAttested")
    for domain in (
        {"chain_id": rewards.domain.chain_id + 1},
        {"verifying_contract": str(rewards.world.certificates)},
        {"name": "Largesse PrepaidAccounts"},
        {"version": "2"},
    ):
        values = vars(rewards.domain) | domain
        values.pop("separator", None)
        read = rewards.read(pool_id, 1, domain=type(rewards.domain)(**values))
        refuses(rewards, pool_id, read, "NotAttested")


# who submits


def test_a_reader_submits_its_own_read_without_signing(rewards: Rewards, pool_id: bytes) -> None:
    read = rewards.read(pool_id, 1, bps=9_000, chosen_by=ITSELF)
    for somebody in (rewards.relayer, rewards.attester, rewards.author, rewards.sponsor):
        refuses(rewards, pool_id, read, "NotChosen", somebody)
    pays(rewards, pool_id, read, rewards.reader)
    assert rewards.credits(pool_id) == (90, 10)


def test_an_attester_submits_a_read_without_signing(rewards: Rewards, pool_id: bytes) -> None:
    read = rewards.read(pool_id, 1, attested_by=ITSELF)
    for somebody in (rewards.relayer, rewards.reader, rewards.author, rewards.sponsor):
        refuses(rewards, pool_id, read, "NotAttested", somebody)
    unchosen = rewards.read(pool_id, 1, attested_by=ITSELF, chosen_by=ITSELF)
    refuses(rewards, pool_id, unchosen, "NotChosen", rewards.attester)
    pays(rewards, pool_id, read, rewards.attester)


def test_an_attester_that_reads_needs_no_signature(rewards: Rewards) -> None:
    pool_id = rewards.open(attester=rewards.reader)
    read = rewards.read(pool_id, 1, attested_by=ITSELF, chosen_by=ITSELF)
    pays(rewards, pool_id, read, rewards.reader)
    assert rewards.credits(pool_id) == (40, 60)


def test_contract_wallets_attest_and_choose(rewards: Rewards, make_account: MakeAccount) -> None:
    """Their owners' keys sign for them (ERC-1271)."""
    attester, reader = (make_account("Wallet1271", who) for who in (rewards.agent, rewards.giver))
    pool_id = rewards.open(attester=attester)
    read = rewards.read(pool_id, 1, reader=reader, attested_by=rewards.agent, chosen_by=rewards.giver)
    refuses(rewards, pool_id, read._replace(attested=read.chosen), "NotAttested")
    refuses(rewards, pool_id, read._replace(chosen=read.attested), "NotChosen")
    pays(rewards, pool_id, read)
    assert rewards.credit(pool_id, reader) == 40


def test_the_short_form_of_signatures(rewards: Rewards, pool_id: bytes) -> None:
    """64 bytes, EIP-2098."""

    def short(signature: bytes) -> bytes:
        s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
        return signature[:32] + s.to_bytes(32, "big")

    read = rewards.read(pool_id, 1)
    pays(rewards, pool_id, read._replace(attested=short(read.attested), chosen=short(read.chosen)))


# what is paid


@pytest.mark.parametrize("bps", [0, 1, 3_333, 9_999, BPS])
def test_the_sum_is_exact_and_the_dust_is_the_authors(rewards: Rewards, bps: int) -> None:
    pool_id = rewards.open(bounds=(0, BPS), reader_cap=MOST, pool_cap=MOST)
    total = [0, 0]
    for number, amount in enumerate((1, 3, 9_995)):
        pays(rewards, pool_id, rewards.read(pool_id, number, amount, bps=bps))
        to_reader = amount * bps // BPS
        total = [total[0] + to_reader, total[1] + amount - to_reader]
        assert rewards.credits(pool_id) == tuple(total)
    assert rewards.money(pool_id) == (10_000, sum(total))


def test_a_reader_of_its_own_text(rewards: Rewards, pool_id: bytes) -> None:
    """Whether that is a read is the attester's to say. One purse, both shares."""
    pays(rewards, pool_id, rewards.read(pool_id, 1, 101, author=rewards.reader))
    assert (rewards.credit(pool_id, rewards.reader), rewards.spent_today(pool_id)) == (101, 101)


def test_the_largest_numbers(make_rewards: Any, make_token: Any) -> None:
    """Nothing wraps at 96 bits."""
    rewards: Rewards = make_rewards(make_token("TestToken"))
    rewards.fund(rewards.sponsor, MOST)
    pool_id = rewards.open(MOST, bounds=(0, BPS), reader_cap=MOST, pool_cap=MOST)
    pays(rewards, pool_id, rewards.read(pool_id, 1, MOST - 1, bps=9_999))
    assert rewards.credits(pool_id) == ((MOST - 1) * 9_999 // BPS, MOST - 1 - (MOST - 1) * 9_999 // BPS)
    refuses(rewards, pool_id, rewards.read(pool_id, 2, 2), "OverReaderCap")
    pays(rewards, pool_id, rewards.read(pool_id, 2, 1, bps=0))
    later(DAY)
    refuses(rewards, pool_id, rewards.read(pool_id, 3, 1), "OverBudget")
    assert rewards.money(pool_id) == (MOST, MOST)
    rewards.collect(rewards.author, pool_id)
    rewards.check_books()


def test_pay_one_returns_the_readers_share_and_logs_one_row(rewards: Rewards, pool_id: bytes) -> None:
    tx = rewards.pay_one(pool_id, rewards.read(pool_id, 7, 33))
    row = Row(7, str(rewards.reader), str(rewards.author), 33, 13)
    assert paid(tx) == Paid(pool_id, 33, [row], [])
    assert returned(tx) == 13


def test_a_batch_pays_what_is_good_and_reports_the_rest(rewards: Rewards, pool_id: bytes) -> None:
    """In their order, each with its own fault; the same read twice pays once."""
    good = [
        rewards.read(pool_id, i, 100 + i, reader=who) for i, who in ((1, rewards.reader), (3, rewards.agent))
    ]
    reads = [
        rewards.read(pool_id, 1, 0),
        good[0],
        good[0],
        rewards.read(pool_id, 2, deadline=rewards.now()),
        rewards.read(pool_id, 2, author=ZERO),
        rewards.read(pool_id, 2, bps=1),
        good[1],
        rewards.read(pool_id, 2, 400),
        rewards.read(pool_id, 2, attested_by=rewards.stranger),
        rewards.read(pool_id, 2, chosen_by=rewards.stranger),
    ]
    tx = rewards.pay(pool_id, *reads)
    rows = [Row(read.read_id, read.reader, read.author, read.amount, read.amount * 4 // 10) for read in good]
    faults = (
        (0, "ZeroAmount"),
        (2, "AlreadyPaid"),
        (3, "Expired"),
        (4, "NoPayee"),
        (5, "RatioOutOfBounds"),
        (7, "OverReaderCap"),
        (8, "NotAttested"),
        (9, "NotChosen"),
    )
    assert paid(tx) == Paid(pool_id, 204, rows, list(faults))
    assert returned(tx) == 204
    assert [name for name, *_ in logs_of(tx, rewards.contract)] == ["ReadsPaid"]
    assert rewards.money(pool_id) == (10_000, 204)
    assert not rewards.contract.isPaid(pool_id, 2)


def test_what_comes_first_takes_the_last_of_a_cap(rewards: Rewards) -> None:
    """Within a batch a later, smaller read still finds what is left."""
    pool_id = rewards.open(700, reader_cap=500, pool_cap=600)
    readers = (rewards.reader, rewards.agent, rewards.recipient)
    reads = [rewards.read(pool_id, 3 * i + j, amount, reader=who)
             for i, amount in enumerate((250, 251, 50)) for j, who in enumerate(readers)]  # fmt: skip
    tx = rewards.pay(pool_id, *reads)
    done, left, mine = [], 600, dict.fromkeys(map(str, readers), 500)
    for read in reads:
        if read.amount <= min(left, mine[read.reader]):
            done.append(read.read_id)
            left, mine[read.reader] = left - read.amount, mine[read.reader] - read.amount
    assert [row.read_id for row in paid(tx).rows] == done == [0, 1, 6, 7]
    later(DAY)
    tx = rewards.pay(pool_id, *(rewards.read(pool_id, 20 + i, 60) for i in range(3)))
    assert paid(tx).skipped == [(1, "OverBudget"), (2, "OverBudget")]


def test_a_batch_of_nothing(rewards: Rewards, pool_id: bytes) -> None:
    assert paid(rewards.pay(pool_id)) == Paid(pool_id, 0, [], [])


def test_a_long_batch(rewards: Rewards) -> None:
    """Rows and faults are packed by hand: many of both, in turn."""
    pool_id = rewards.open(reader_cap=10_000, pool_cap=10_000)
    reads = [rewards.read(pool_id, i, 10 * (i % 3)) for i in range(20)]
    tx = rewards.pay(pool_id, *reads)
    good = [read for read in reads if read.amount]
    assert [row.read_id for row in paid(tx).rows] == [read.read_id for read in good]
    assert [row.amount for row in paid(tx).rows] == [read.amount for read in good]
    assert paid(tx).skipped == [(i, "ZeroAmount") for i in range(0, 20, 3)]


def test_pools_of_one_sponsor_are_independent(rewards: Rewards, pool_id: bytes) -> None:
    """The same read id, its own caps, its own money, its own credits."""
    other = rewards.open(500, salt=1)
    rewards.pay(pool_id, rewards.read(pool_id, 1, 500))
    rewards.pay(other, rewards.read(other, 1, 500))
    rewards.pay(pool_id, rewards.read(pool_id, 2, 500, reader=rewards.agent))
    assert (rewards.money(pool_id), rewards.money(other)) == ((10_000, 1_000), (500, 500))
    assert rewards.credits(pool_id) == (200, 600)
    assert rewards.credits(other) == (200, 300)
