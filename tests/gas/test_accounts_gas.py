"""Gas of micropayments, `accounts.*` in bench/gas.json: receipt `gasUsed` in the steady state.

Steady state: the payer has approved and keeps currency, the contract holds some, the counterparty has a
balance; each account in a settlement has been settled before. Indices are what they are in use: eight bytes
at random.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.eip712 import accounts_domain, address_of, keccak
from largesse.signed.accounts import LockedVoucher, Voucher
from largesse.vouchers import SignedLockedVoucher, SignedVoucher, index_of, lock_of, rows
from tests.support.certificates import World
from tests.support.clock import at, mine_at
from tests.support.gas import record

CLOCK = 1_900_000_000
DAY = 86_400
DEPOSIT = 50_000_000
ACCOUNTS = 500


class Steady:
    """Accounts of one seller, each settled before."""

    def __init__(self, world: World, accounts: Any) -> None:
        self.world, self.accounts = world, accounts
        self.seller, self.payer = world.merchant, world.holder
        self.domain = accounts_domain(web3.eth.chain_id, accounts.address)

    def key(self, salt: int) -> bytes:
        return bytes(keccak(b"session key" + salt.to_bytes(5, "big")))

    def index(self, salt: int) -> int:
        return index_of(self.payer.address, salt)

    def opening(self, salt: int) -> tuple[Any, ...]:
        return (self.seller, salt, address_of(self.key(salt)), DAY, 0)

    def voucher(self, salt: int, amount: int) -> SignedVoucher:
        index = self.index(salt)
        message = Voucher(self.seller.address, self.world.token.address, index, amount)
        return SignedVoucher(index, amount, message.sign(self.domain, self.key(salt)))

    def settle(self, amount: int, count: int, first: int = 1) -> Any:
        given = rows(self.voucher(salt, amount) for salt in range(first, first + count))
        return self.accounts.settle(self.seller, given, {"from": self.seller})


@pytest.fixture(scope="module")
def steady(module_isolation: None, project: Any, accounts: Any, make_world: Callable[[Any], World]) -> Steady:
    mine_at(CLOCK)
    token = project.TestToken.deploy("Test Dollar", "TUSD", 6, {"from": accounts[0]})
    world = make_world(token)
    made = Steady(world, project.PrepaidAccounts.deploy(world.certificates, {"from": accounts[0]}))
    token.mint(made.payer, 10**15, {"from": accounts[0]})
    token.mint(made.seller, 1, {"from": accounts[0]})
    token.approve(made.accounts, 2**256 - 1, {"from": made.payer})
    for start in range(1, ACCOUNTS + 1, 100):
        calls = [
            made.accounts.open.encode_input(made.opening(salt), DEPOSIT) for salt in range(start, start + 100)
        ]
        made.accounts.multicall(calls, {"from": made.payer})
    made.settle(1, 250)
    made.settle(1, 250, 251)
    assert made.accounts.account(made.seller, made.index(ACCOUNTS))[2:4] == (DEPOSIT, 1)
    return made


def test_open(steady: Steady) -> None:
    at(CLOCK + 1_000)
    tx = steady.accounts.open(steady.opening(1_000), DEPOSIT, {"from": steady.payer})
    record("accounts.open", tx.gas_used)


def test_top_up(steady: Steady) -> None:
    tx = steady.accounts.topUp((steady.seller, steady.index(1)), DEPOSIT, {"from": steady.payer})
    assert steady.accounts.account(steady.seller, steady.index(1))[2] == 2 * DEPOSIT
    record("accounts.top_up", tx.gas_used)


@pytest.mark.parametrize("count", [1, 10, 100, 500])
def test_settle(steady: Steady, count: int) -> None:
    before = steady.world.token.balanceOf(steady.seller)
    tx = steady.settle(1_001, count)
    assert steady.world.token.balanceOf(steady.seller) - before == count * 1_000
    assert not int(str(tx.events["Settled"]["skipped"]), 16)
    record("accounts.settle_1" if count == 1 else f"accounts.settle_{count}_each", tx.gas_used // count)


def test_hash_lock(steady: Steady) -> None:
    """What a lock adds to a row of a batch of 100."""
    preimage = bytes(keccak(b"preimage"))
    expires_at = CLOCK + 10 * DAY
    locked = []
    for salt in range(1, 101):
        index = steady.index(salt)
        message = LockedVoucher(
            steady.seller.address, steady.world.token.address, index, 2_001, lock_of(preimage), expires_at
        )
        signature = message.sign(steady.domain, steady.key(salt))
        locked.append(SignedLockedVoucher(SignedVoucher(index, 2_001, signature), expires_at, preimage))
    plain = steady.settle(1_001, 100)
    tx = steady.accounts.settleLocked(steady.seller, rows(locked), {"from": steady.seller})
    assert steady.accounts.account(steady.seller, steady.index(100))[3] == 2_001
    record("accounts.hash_lock_extra", (tx.gas_used - plain.gas_used) // 100)
