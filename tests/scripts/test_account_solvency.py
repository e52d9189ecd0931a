"""The books of a PrepaidAccounts from logs alone: right after every act, wrong when one unit is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.books.replay import InsolventError
from largesse.chain import Node
from largesse.clients.certificates import Certificates
from largesse.solvency.accounts import AccountAudit, audit_accounts
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.prepaid import DAY, Prepaid, use

Audit = Callable[[], AccountAudit]


@pytest.fixture
def audited(any_prepaid: Prepaid, node_url: str) -> Audit:
    """Audits, and finds nothing wrong."""
    certificates = Certificates(Node.at(node_url), any_prepaid.world.certificates.address)

    def audit() -> AccountAudit:
        found = audit_accounts(certificates, any_prepaid.contract.address)
        assert found.problems == ()
        assert found.surplus == found.narrowest == 0
        assert found.books.liabilities == any_prepaid.liabilities()
        return found

    return audit


def test_an_account_from_its_opening_to_its_end(any_prepaid: Prepaid, audited: Audit) -> None:
    prepaid = any_prepaid
    key, other = prepaid.open(1_000), prepaid.open(500, salt=1)
    audited()
    prepaid.top_up(key, 70, prepaid.stranger)
    audited()
    prepaid.settle(prepaid.voucher(key, 300), prepaid.voucher(other, 501), prepaid.voucher(other, 500))
    books = audited().books
    (settlement,) = books.settlements
    assert settlement.taken == {key[1]: 300, other[1]: 500}
    assert (settlement.payout, settlement.counterparty) == (800 * prepaid.unit, prepaid.merchant.address)
    prepaid.settle(prepaid.voucher(key, 301), prepaid.voucher(key, 320))
    assert audited().books.settlements[1].taken == {key[1]: 20}
    prepaid.request_signer(key, prepaid.stranger)
    start = prepaid.now()
    prepaid.request_withdrawal(key)
    audited()
    prepaid.cancel_withdrawal(key)
    prepaid.request_withdrawal(key)
    at(start + DAY + 9)
    prepaid.change_signer(key)
    audited()
    prepaid.request_signer(key, prepaid.giver)
    audited()
    prepaid.request_signer(key, "0x" + "00" * 20)
    prepaid.request_withdrawal(key)
    at(prepaid.now() + DAY + 9)
    prepaid.withdraw(key)
    prepaid.request_withdrawal(other)
    books = audited().books
    assert books.paid_in - books.paid_out == books.liabilities == 0
    assert len(books.accounts) == 2
    with reverts("Accounts_NothingLeft", *other):
        at(prepaid.now() + DAY + 9)
        prepaid.withdraw(other)


def test_certificates_into_an_account_and_back(any_prepaid: Prepaid, audited: Audit) -> None:
    prepaid, world = any_prepaid, any_prepaid.world
    series = world.named_series(services=[prepaid.contract], denomination=50_000 * prepaid.unit)
    world.issue(series, prepaid.holder, 50_000 * prepaid.unit)
    opening = prepaid.opening(owner=prepaid.holder)
    prepaid.redeem([world.own_card(series, 900 * prepaid.unit)], use("Open", *opening[1:]))
    key = prepaid.key(owner=prepaid.holder)
    prepaid.redeem([world.own_card(series, 50 * prepaid.unit)], use("TopUp", key[1]))
    assert audited().books.accounts[key].series_id == series
    prepaid.settle(prepaid.voucher(key, 100))
    prepaid.contract.countUsed([key], {"from": prepaid.stranger})
    start = prepaid.now()
    prepaid.request_withdrawal(key, prepaid.holder)
    at(start + DAY)
    prepaid.withdraw(key, prepaid.holder)
    assert audited().books.paid_out == 950 * prepaid.unit


def test_a_payout_that_the_currency_refuses_is_owed(
    make_token: Any, make_prepaid: Callable[[Any], Prepaid], node_url: str
) -> None:
    prepaid = make_prepaid(make_token("BlacklistToken"))
    certificates = Certificates(Node.at(node_url), prepaid.world.certificates.address)
    key = prepaid.open(1_000)
    prepaid.token.blacklist(prepaid.merchant, {"from": prepaid.deployer})
    prepaid.settle(prepaid.voucher(key, 400))
    found = audit_accounts(certificates, prepaid.contract.address)
    assert (found.problems, found.books.total_owed, found.surplus) == ((), 400, 0)
    prepaid.token.unBlacklist(prepaid.merchant, {"from": prepaid.deployer})
    prepaid.contract.withdrawOwed(
        prepaid.merchant, prepaid.merchant, (0, 0, False, b""), {"from": prepaid.merchant}
    )
    found = audit_accounts(certificates, prepaid.contract.address)
    assert (found.problems, found.books.liabilities, found.books.total_owed) == ((), 600, 0)


def test_one_unit_taken_away_is_missed(prepaid: Prepaid, node_url: str) -> None:
    prepaid.open(1_000)
    # OpenZeppelin's ERC-20 keeps balances in the mapping at slot 0.
    slot = web3.keccak(bytes(12) + bytes.fromhex(prepaid.contract.address[2:]) + bytes(32))
    answer = web3.provider.make_request(
        "anvil_setStorageAt",
        [prepaid.token.address, slot.to_0x_hex(), "0x" + (999).to_bytes(32, "big").hex()],
    )
    assert answer["result"]
    certificates = Certificates(Node.at(node_url), prepaid.world.certificates.address)
    found = audit_accounts(certificates, prepaid.contract.address)
    with pytest.raises(InsolventError) as caught:
        found.require_solvent()
    assert caught.value.reason == "missing_money"
    assert "1 base units" in caught.value.message
