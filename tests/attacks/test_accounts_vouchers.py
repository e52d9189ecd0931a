"""Vouchers stolen, replayed, bent, raced and starved: each is good for what it says, once, by anybody."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from brownie import web3

from largesse.eip712 import keccak
from largesse.vouchers import rows
from tests.support.certificates import DAY
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.payments import selector
from tests.support.prepaid import ROW, Key, Prepaid, Settled, settled
from tests.support.rehearsal import rehearsal
from tests.zoo.raw import raw_call

OTHER_CHAIN = 8_453
PREIMAGE = keccak(b"preimage")


@pytest.fixture(scope="module")
def key(prepaid: Prepaid) -> Key:
    """1,000 of the agent's for the merchant."""
    return prepaid.open(1_000)


# used again


def test_a_voucher_pays_once_however_often_it_is_sent(prepaid: Prepaid, key: Key) -> None:
    """Within a batch, again in the next, by another sender, in the other functions: a client or a server that
    times out and tries again pays once (x402#452, #853)."""
    voucher = prepaid.voucher(key, 70)
    tx = prepaid.settle(*[voucher] * 20)
    assert settled(tx) == Settled(70, [(key[1], 70)], list(range(1, 20)))
    for sender in (prepaid.merchant, prepaid.stranger, prepaid.agent):
        assert settled(prepaid.settle(voucher, sender=sender)).payout == 0
    with reverts("Accounts_StaleVoucher", 70, 70):
        prepaid.settle_one(key, 70)
    call = prepaid.contract.settle.encode_input(prepaid.merchant, voucher.row())
    prepaid.contract.multicall([call] * 3, {"from": prepaid.stranger})
    assert prepaid.balance(prepaid.merchant) == 70
    prepaid.check_books()


def test_one_voucher_for_two_requests_pays_for_one(prepaid: Prepaid, key: Key) -> None:
    """A buyer shows the same proof to two of a seller's servers at once (x402#1805): whichever settles, the
    chain pays the sum that was signed, and the second server sees on its receipt that it was skipped."""
    voucher = prepaid.voucher(key, 10)
    first, second = prepaid.settle(voucher), prepaid.settle(voucher)
    assert (settled(first).payout, settled(second).payout) == (10, 0)
    assert settled(second).skipped == [0]


@pytest.mark.parametrize("order", list(permutations((10, 25, 70))), ids=str)
def test_in_whatever_order_vouchers_come_the_greatest_counts(
    prepaid: Prepaid, key: Key, order: tuple[int, ...]
) -> None:
    for amount in order:
        prepaid.settle(prepaid.voucher(key, amount))
    assert prepaid.money(key) == (1_000, 70)
    assert prepaid.balance(prepaid.merchant) == 70


# raced


def test_who_settles_first_in_the_sellers_place_only_pays_its_gas(prepaid: Prepaid, key: Key) -> None:
    """A front-runner (x402 PR#1950) sends the seller's rows, some of them, or older ones it has seen: the
    seller gets the money, and its own transaction does not fail."""
    other = prepaid.open(1_000, salt=1)
    old, new = prepaid.voucher(key, 10), prepaid.voucher(key, 70)
    more = prepaid.voucher(other, 5)
    thief = prepaid.balance(prepaid.stranger)
    for seen in ([new, more], [old], [old, more], [more, new, old], []):
        with rehearsal():
            if seen:
                prepaid.settle(*seen, sender=prepaid.stranger)
            prepaid.settle(new, more, sender=prepaid.merchant)
            assert prepaid.balance(prepaid.merchant) == 75
            assert prepaid.balance(prepaid.stranger) == thief
            assert (prepaid.money(key), prepaid.money(other)) == ((1_000, 70), (1_000, 5))


def test_nobody_redirects_a_settlement(prepaid: Prepaid, key: Key) -> None:
    """Naming oneself as the counterparty makes it another voucher, of an account that nobody opened."""
    row = prepaid.voucher(key, 70)
    for thief in (prepaid.stranger, prepaid.agent, prepaid.relayer):
        assert settled(prepaid.settle(row, counterparty=thief, sender=thief)).payout == 0
    with reverts("Accounts_Unknown", prepaid.stranger, key[1]):
        prepaid.settle_one((str(prepaid.stranger), key[1]), 70, row.signature)


def test_the_thief_opens_an_account_of_the_same_index(prepaid: Prepaid, key: Key) -> None:
    """It can't: the index is a hash of who opens it. Nor does its own account take others' vouchers."""
    thief = prepaid.stranger
    own = prepaid.open(1_000, owner=thief, counterparty=thief)
    assert own[1] != key[1]
    stolen = prepaid.voucher(key, 70)
    forged = replace(stolen, index=own[1])
    assert settled(prepaid.settle(stolen, forged, counterparty=thief)).skipped == [0, 1]
    assert prepaid.money(own) == (1_000, 0)


# of another chain, contract or currency


def test_a_voucher_of_another_chain_is_none(prepaid: Prepaid, key: Key) -> None:
    """microraiden's had no chain id: what was signed on a test net was good everywhere."""
    domains = [replace(prepaid.domain, chain_id=chain) for chain in (0, 1, OTHER_CHAIN, 31_336, 2**64)]
    vouchers = [prepaid.voucher(key, 70, domain=domain) for domain in domains]
    assert settled(prepaid.settle(*vouchers)).skipped == [0, 1, 2, 3, 4]


def test_a_chain_that_splits_takes_its_old_vouchers_no_more(prepaid: Prepaid, key: Key) -> None:
    """After a fork that keeps the state under a new chain id."""
    voucher, fresh_domain = prepaid.voucher(key, 70), replace(prepaid.domain, chain_id=OTHER_CHAIN)
    fresh = prepaid.voucher(key, 70, domain=fresh_domain)
    before = web3.eth.chain_id
    web3.provider.make_request("anvil_setChainId", [OTHER_CHAIN])
    try:
        paid = [
            int(prepaid.contract.settle.call(prepaid.merchant, one.row(), {"from": prepaid.relayer}))
            for one in (voucher, fresh)
        ]
    finally:
        web3.provider.make_request("anvil_setChainId", [before])
    assert paid == [0, 70]
    assert settled(prepaid.settle(fresh, voucher)) == Settled(70, [(key[1], 70)], [0])


def test_a_voucher_of_another_deployment_is_none(
    prepaid: Prepaid, key: Key, make_prepaid: Any, krwt: Any
) -> None:
    """The same owner, salt, seller and session key, over the same currency and over another."""
    for token in (prepaid.token, krwt):
        twin: Prepaid = make_prepaid(token)
        assert twin.open(1_000) == key
        theirs = twin.voucher(key, 70)
        assert settled(prepaid.settle(theirs)).payout == 0
        assert settled(twin.settle(prepaid.voucher(key, 70))).payout == 0
        assert settled(twin.settle(theirs)).payout == 70
    assert prepaid.money(key) == (1_000, 0)


# bent


@pytest.mark.parametrize("bit", [0, 63, 64, 111, 112, 367, 368, 369, 623])
def test_a_row_with_one_bit_bent_is_skipped(prepaid: Prepaid, key: Key, bit: int) -> None:
    """The index, the amount, r, v and s, each at both ends; its neighbours are settled."""
    other = prepaid.open(1_000, salt=1)
    good, neighbour = prepaid.voucher(key, 70).row(), prepaid.voucher(other, 5).row()
    bent = (int.from_bytes(good, "big") ^ 1 << (ROW * 8 - 1 - bit)).to_bytes(ROW, "big")
    tx = prepaid.contract.settle(prepaid.merchant, neighbour + bent + good, {"from": prepaid.relayer})
    assert settled(tx) == Settled(75, [(other[1], 5), (key[1], 70)], [1])


def test_poisoned_rows_take_nobodys_money(prepaid: Prepaid, key: Key) -> None:
    """Whatever a hub is handed among its vouchers: what is bad is skipped and named, what is good is paid."""
    keys = [prepaid.open(100, salt=salt) for salt in range(1, 9)]
    good = [prepaid.voucher(key, 10).row() for key in keys]
    now = prepaid.now()
    bad = [
        bytes(ROW),
        b"\xff" * ROW,
        prepaid.voucher(keys[0], 101).row(),
        prepaid.voucher(prepaid.key(99), 1).row(),
        prepaid.voucher(key, 5, private_key=prepaid.world.key(prepaid.stranger)).row(),
        prepaid.voucher(key, 5, currency=prepaid.world.certificates.address).row(),
        prepaid.locked(key, 5, PREIMAGE, now + DAY).voucher.row(),
        good[0],
    ]
    mixed = [row for pair in zip(good, bad, strict=True) for row in pair]
    tx = prepaid.contract.settle(prepaid.merchant, b"".join(mixed), {"from": prepaid.stranger})
    assert settled(tx) == Settled(80, [(k[1], 10) for k in keys], list(range(1, 16, 2)))
    assert prepaid.balance(prepaid.merchant) == 80
    prepaid.check_books()


def test_a_batch_full_of_poison_costs_no_more_than_good_rows(prepaid: Prepaid, key: Key) -> None:
    """Fewer storage writes, the same judging: nobody makes a seller's batch dearer than it reckoned."""
    keys = [prepaid.open(100, salt=salt) for salt in range(1, 31)]
    good = rows(prepaid.voucher(k, 10) for k in keys)
    forged = rows(prepaid.voucher(k, 10, private_key=prepaid.world.key(prepaid.stranger)) for k in keys)
    spoiled = prepaid.contract.settle(prepaid.merchant, forged, {"from": prepaid.stranger})
    assert settled(spoiled).skipped == list(range(30))
    paid = prepaid.contract.settle(prepaid.merchant, good, {"from": prepaid.stranger})
    assert settled(paid).skipped == []
    assert spoiled.gas_used < paid.gas_used


@pytest.mark.parametrize("offset", ["far", "over the end", "into the selector", "overlapping"])
def test_calldata_that_points_astray_settles_nothing_else(prepaid: Prepaid, key: Key, offset: str) -> None:
    """`rows` is read from calldata by hand: an offset or a length beyond its end is refused by the decoder;
    one that points elsewhere within it only shows other rows."""
    row = prepaid.voucher(key, 70).row()
    request = bytes.fromhex(prepaid.contract.settle.encode_input(prepaid.merchant, row)[2:])
    word = {"far": 2**64, "over the end": len(request), "into the selector": 0, "overlapping": 32}[offset]
    bent = request[:36] + word.to_bytes(32, "big") + request[68:]
    request_ = {"from": str(prepaid.stranger), "to": prepaid.contract.address, "gas": hex(500_000)}
    answer = web3.provider.make_request("eth_call", [request_ | {"data": "0x" + bent.hex()}, "latest"])
    assert "error" in answer
    data = str(answer["error"].get("data") or "0x")
    # no data, or a row length that is none
    assert data == "0x" or bytes.fromhex(data[2:10]) == selector("Accounts_RowBytes")
    assert prepaid.money(key) == (1_000, 0)


# starved


def test_no_gas_limit_makes_a_good_row_look_bad(prepaid: Prepaid, key: Key) -> None:
    """Whoever sends a seller's rows with too little gas has them refused, never skipped."""
    keys = [prepaid.open(100, salt=salt) for salt in range(1, 4)]
    plain = rows(prepaid.voucher(k, 10) for k in keys)
    now = prepaid.now()
    locked = rows(prepaid.locked(k, 10, PREIMAGE, now + DAY) for k in keys)
    floor, floors = selector("Accounts_GasFloor"), 0
    for method, given in ((prepaid.contract.settle, plain), (prepaid.contract.settleLocked, locked)):
        succeeded = 0
        for gas in range(26_000, 190_000, 1_300):
            answer = raw_call(method, prepaid.merchant, given, sender=prepaid.stranger, gas=gas)
            if answer.succeeded:
                assert int.from_bytes(answer.data, "big") == 30, gas
                succeeded += 1
            elif answer.data[:4] == floor:
                floors += 1
                assert int.from_bytes(answer.data[4:36], "big") < 14_000
                assert int.from_bytes(answer.data[36:], "big") == 14_000
        assert succeeded
    assert floors


def test_the_gas_floor_reverts_all_of_it(prepaid: Prepaid, key: Key) -> None:
    """What was booked before the gas ran low is not booked."""
    keys = [prepaid.open(100, salt=salt) for salt in range(1, 21)]
    given = rows(prepaid.voucher(k, 10) for k in keys)
    send = {"from": prepaid.stranger, "gas_limit": 150_000}
    answer = raw_call(prepaid.contract.settle, prepaid.merchant, given, sender=prepaid.stranger, gas=150_000)
    left = int.from_bytes(answer.data[4:36], "big")
    with reverts("Accounts_GasFloor", left, 14_000):
        prepaid.contract.settle(prepaid.merchant, given, send)
    assert [prepaid.money(k) for k in keys] == [(100, 0)] * 20


# locks


def test_a_preimage_in_the_mempool_pays_the_same_seller(prepaid: Prepaid, key: Key) -> None:
    """Whoever sees it can settle first, for the seller. With it, another's lock of the same preimage opens as
    well: that is what routes a payment. No other lock does."""
    now = prepaid.now()
    mine = prepaid.locked(key, 70, PREIMAGE, now + DAY)
    other = prepaid.open(1_000, owner=prepaid.holder, counterparty=prepaid.creator)
    same = prepaid.locked(other, 65, PREIMAGE, now + DAY // 2)
    different = prepaid.locked(other, 80, keccak(b"another"), now + DAY)
    seen = replace(different, preimage=PREIMAGE)
    prepaid.settle_locked(mine)
    assert settled(prepaid.settle_locked(seen, counterparty=prepaid.creator)).skipped == [0]
    assert settled(prepaid.settle_locked(same, counterparty=prepaid.creator)).payout == 65
    assert (prepaid.balance(prepaid.merchant), prepaid.balance(prepaid.creator)) == (70, 65)


def test_a_lock_that_expired_stays_expired(prepaid: Prepaid, key: Key) -> None:
    """The payer goes on with a plain voucher for less: the old promise does not come back."""
    now = prepaid.now()
    late = prepaid.locked(key, 70, PREIMAGE, now + 100)
    at(now + 100)
    assert settled(prepaid.settle_locked(late)).skipped == [0]
    prepaid.settle(prepaid.voucher(key, 50))
    assert settled(prepaid.settle_locked(late)).skipped == [0]
    with reverts("Accounts_VoucherExpired", now + 100, now + 100):
        prepaid.contract.settleOneLocked(
            key, 70, now + 100, PREIMAGE, late.voucher.signature, {"from": prepaid.merchant}
        )
    assert prepaid.money(key) == (1_000, 50)
