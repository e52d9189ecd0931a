"""When the settler settles, and that what it settled is booked once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from largesse.chain import Node, Wallet
from largesse.clients.accounts import Prepaid as Client
from largesse.clients.certificates import Certificates
from largesse.database import open_database
from largesse.gateway.accounts import AccountBook
from largesse.gateway.charging import Charge
from largesse.gateway.gateway import tables
from largesse.gateway.ledger import Ledger, Owed
from largesse.gateway.schemes import Answer, Call
from largesse.gateway.settler import BASE_GAS, MOST_ROWS, ONE_GAS, ROW_GAS, Candidate, Policy, Settler, decide
from largesse.sender import Sender
from tests.support.clock import at
from tests.support.prepaid import DAY, HOUR, Key, Prepaid

GWEI = 10**9
USD_3000 = 3_000 * 10**6
"""A coin's price in micro-units of a dollar."""
NOW = 1_900_000_000
POLICY = Policy(USD_3000, most_at_risk=10**9, most_cost_bps=100, most_wait=DAY, settle_seconds=900)


LESS = 10**6 - 1


def micros(gas: int, gwei: int = 1) -> int:
    """What gas costs at `gwei`, rounded up."""
    return -(-gas * gwei * GWEI * USD_3000 // 10**18)


def candidate(
    gain: int, *, index: int = 1, since: int = NOW, until: int | None = None, wallet: bool = False
) -> Candidate:
    return Candidate(Owed(index, gain, 0, b"", wallet, since), gain, until)


def test_a_policy_by_default() -> None:
    """A hundredth for gas, a day, and a quarter of an hour to settle in."""
    assert Policy(USD_3000, 10**9) == POLICY


def test_nothing_waits() -> None:
    found = decide([], POLICY, NOW, GWEI)
    assert (found.settles, found.why) == (False, "no voucher waits")


def test_a_voucher_that_brings_no_more_than_its_gas_is_left_out() -> None:
    row = micros(ROW_GAS)
    found = decide([candidate(row), candidate(row, index=2)], POLICY, NOW, GWEI)
    assert (found.settles, found.too_small) == (False, 2)
    one = decide([candidate(micros(ONE_GAS), wallet=True)], POLICY, NOW, GWEI)
    assert one.too_small == 1


def test_a_batch_that_brings_no_more_than_its_gas_is_left_out() -> None:
    """Even where vouchers of contract wallets, each in a transaction of its own, would make up for it."""
    wallet, least = candidate(10**9, index=2, wallet=True), micros(BASE_GAS + ROW_GAS)
    found = decide([candidate(least), wallet], POLICY, NOW, GWEI)
    assert (found.batch, found.singles, found.too_small) == ((), (wallet.owed,), 1)
    assert (found.gain, found.cost) == (10**9, micros(ONE_GAS))
    assert len(decide([candidate(least + 1), wallet], POLICY, NOW, GWEI).batch) == 1
    alone = decide([candidate(least, until=NOW)], POLICY, NOW, GWEI)
    assert (alone.settles, alone.why) == (False, "1 voucher(s) bring no more than their gas costs")


def test_it_waits_while_gas_is_dear_and_settles_when_it_is_cheap() -> None:
    gas = BASE_GAS + ROW_GAS
    gain = 100 * micros(gas)
    assert decide([candidate(gain)], POLICY, NOW, GWEI).settles
    dear = decide([candidate(gain - 100)], POLICY, NOW, 2 * GWEI)
    assert not dear.settles and "over 1.00 %" in dear.why
    assert not decide([candidate(micros(gas))], replace(POLICY, most_wait=0), NOW, GWEI).settles


def test_many_share_the_base() -> None:
    each = 99 * micros(ROW_GAS)
    assert not decide([candidate(each)], POLICY, NOW, GWEI).settles
    many = [candidate(each, index=i) for i in range(MOST_ROWS + 5)]
    found = decide(many, replace(POLICY, most_at_risk=10**12), NOW, GWEI)
    assert not found.settles
    found = decide(many, replace(POLICY, most_cost_bps=102), NOW, GWEI)
    assert (len(found.batch), found.too_small) == (MOST_ROWS, 5)


@pytest.mark.parametrize(
    ("policy", "waits", "goes", "why"),
    [
        (replace(POLICY, most_at_risk=10**6), candidate(LESS), candidate(10**6), "at risk"),
        (POLICY, candidate(LESS, since=NOW - DAY + 1), candidate(LESS, since=NOW - DAY), "has waited"),
        (POLICY, candidate(LESS, until=NOW + 1_801), candidate(LESS, until=NOW + 1_800), "ends in 1800 s"),
    ],
    ids=["risk", "age", "end"],
)  # fmt: skip
def test_what_makes_it_urgent(policy: Policy, waits: Candidate, goes: Candidate, why: str) -> None:
    assert not decide([waits], policy, NOW, GWEI).settles
    found = decide([goes], policy, NOW, GWEI)
    assert found.settles and why in found.why


def test_free_gas_settles_at_once() -> None:
    assert decide([candidate(1)], replace(POLICY, native_price=0), NOW, GWEI).settles


# ------------------------------------------------------------------------------------------- on a chain


class Desk:
    """A seller's ledger over a desk's accounts."""

    def __init__(self, prepaid: Prepaid, node_url: str, database: str, policy: Policy) -> None:
        self.prepaid = prepaid
        client = Client(
            Certificates(Node.at(node_url), prepaid.world.certificates.address), prepaid.contract.address
        )
        seller = Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))
        self.engine = open_database(database, tables())
        self.ledger = Ledger(self.engine, client.node.chain_id, client.address, seller.address)
        self.book = AccountBook(client, seller.address)
        self.settler = Settler(self.book, self.ledger, Sender(client.node, seller, self.engine), policy)

    def take(
        self, key: Key, amount: int, *, signature: bytes | None = None, by_contract: bool = False
    ) -> None:
        """A voucher, kept as if it had paid for one call."""
        line = self.ledger.open_line(key[1], self.prepaid.money(key)[1])
        signature = self.prepaid.voucher(key, amount).signature if signature is None else signature
        charge = Charge(
            key[1], amount, amount - line.charged, signature, by_contract, Call("GET", "/", bytes(32)),
            Answer(200, (), b""), b"",
        )  # fmt: skip
        asyncio.run(self.ledger.charge(charge))


@pytest.fixture
def desk(prepaid: Prepaid, node_url: str, database_url: str) -> Any:
    made = Desk(prepaid, node_url, database_url, Policy(0, 1))
    yield made
    made.ledger.close()
    made.engine.dispose()


def test_a_settlement_is_paid_and_booked(desk: Desk) -> None:
    prepaid = desk.prepaid
    keys = [prepaid.open(1_000, salt) for salt in range(3)]
    held = prepaid.balance(prepaid.merchant)
    for key in keys:
        desk.take(key, 300)
    decision, (done,) = desk.settler.run()
    assert (decision.gain, done.payout, len(done.rows), done.skipped) == (900, 900, 3, ())
    assert prepaid.balance(prepaid.merchant) == held + 900
    assert desk.ledger.owed() == []
    assert desk.settler.run()[1] == []
    desk.take(keys[0], 301)
    assert desk.settler.run()[1][0].rows == {keys[0][1]: 301}


def test_what_somebody_else_settled_is_booked_and_not_sent(desk: Desk) -> None:
    prepaid = desk.prepaid
    key = prepaid.open(1_000)
    desk.take(key, 300)
    prepaid.settle(prepaid.voucher(key, 300))
    block = prepaid.chain.height
    decision, done = desk.settler.run()
    assert (decision.why, done, prepaid.chain.height) == ("no voucher waits", [], block)
    assert desk.ledger.owed() == []


def test_a_settler_that_died_before_it_booked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sent, and was killed: the next one books what the chain says, and sends nothing."""
    prepaid = desk.prepaid
    key = prepaid.open(1_000)
    desk.take(key, 300)
    with monkeypatch.context() as patch:
        patch.setattr(desk.ledger, "mark_settled", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.settler.run()
    assert len(desk.ledger.owed()) == 1
    height = prepaid.chain.height
    desk.settler.run()
    assert (prepaid.chain.height, desk.ledger.owed()) == (height, [])
    assert prepaid.money(key) == (1_000, 300)


def test_what_the_chain_would_refuse_is_not_sent(desk: Desk) -> None:
    prepaid = desk.prepaid
    good, short, forged = (prepaid.open(1_000, salt) for salt in range(3))
    desk.take(good, 10)
    desk.take(short, 1_001)
    desk.take(forged, 10, signature=b"\1" * 65)
    decision, (done,) = desk.settler.run()
    assert set(decision.worthless) == {short[1], forged[1]}
    assert done.rows == {good[1]: 10}
    prepaid.top_up(short, 1)
    assert desk.settler.run()[1][0].rows == {short[1]: 1_001}


def test_a_payer_with_an_odd_signature_holds_nobody_up(desk: Desk) -> None:
    """s in the upper half has no place in a packed row, and under the other v nobody is recovered. Both can
    be put right by whoever knows the signer: a payer must not be able to stop a settlement with them."""
    prepaid = desk.prepaid
    keys = [prepaid.open(1_000, salt) for salt in range(5)]
    for key, change in zip(
        keys, [plain, high_s, other_v, lambda one: other_v(high_s(one)), plain], strict=True
    ):
        desk.take(key, 100, signature=change(prepaid.voucher(key, 100).signature))
    decision, (done,) = desk.settler.run()
    assert decision.worthless == done.skipped == ()
    assert done.rows == {key[1]: 100 for key in keys}


def plain(signature: bytes) -> bytes:
    return signature


def high_s(signature: bytes) -> bytes:
    """The same key's signature of the same, by the other s."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def other_v(signature: bytes) -> bytes:
    return signature[:64] + bytes([55 - signature[64]])


def test_a_batch_that_was_skipped_goes_again_once_it_is_good(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows are the same call: it must not be taken for the one that did nothing."""
    prepaid = desk.prepaid
    key = prepaid.open(1_000)
    desk.take(key, 1_001)
    (owed,) = desk.ledger.owed()
    (skipped,) = desk.settler.settle([owed])
    assert (skipped.rows, skipped.skipped) == ({}, (0,))
    prepaid.top_up(key, 5)
    assert desk.settler.run()[1][0].rows == {key[1]: 1_001}


def test_a_contract_wallets_voucher_is_settled_by_itself(desk: Desk, project: Any) -> None:
    prepaid = desk.prepaid
    wallet = project.Wallet1271.deploy(prepaid.stranger, {"from": prepaid.deployer})
    key = prepaid.open(1_000, signer=wallet)
    plain = prepaid.open(1_000, salt=1)
    signature = prepaid.voucher(key, 77, private_key=prepaid.world.key(prepaid.stranger)).signature
    desk.take(key, 77, signature=signature, by_contract=True)
    desk.take(plain, 33)
    decision, done = desk.settler.run()
    assert (len(decision.batch), len(decision.singles)) == (1, 1)
    assert [one.rows for one in done] == [{plain[1]: 33}, {key[1]: 77}]


def test_it_settles_before_a_withdrawal_matures(prepaid: Prepaid, node_url: str, tmp_path: Any) -> None:
    from largesse.database import sqlite_url

    # Gas so dear in shares that nothing but an end makes it settle.
    policy = Policy(10**10, 10**12, most_cost_bps=0, most_wait=10**9)
    desk = Desk(prepaid, node_url, sqlite_url(tmp_path / "settler.db"), policy)
    try:
        start = prepaid.now()
        key = prepaid.open(10**9, delay=HOUR)
        desk.take(key, 10**8)
        prepaid.request_withdrawal(key)
        at(start + HOUR - 2 * 900 - 10)
        prepaid.top_up(key, 1)
        desk.book.refresh()
        assert not desk.settler.run()[0].settles
        at(start + HOUR - 2 * 900 + 10)
        prepaid.top_up(key, 1)
        desk.book.refresh()
        decision, done = desk.settler.run()
        assert "ends in" in decision.why
        assert done[0].payout == 10**8
    finally:
        desk.ledger.close()
        desk.engine.dispose()
