"""withdrawOwed: what the currency refused a merchant, by the merchant's own call or signature."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from largesse.eip712 import Domain, items_domain
from largesse.signed.certificates import OwedWithdrawal
from tests.fixtures.items import PRICE, Items
from tests.support.certificates import DAY
from tests.support.consents import ITSELF
from tests.support.errors import reverts


@pytest.fixture(scope="module")
def owing(make_items: Any, make_token: Any) -> Items:
    """The currency has shut the merchant out, and one item was sold."""
    items: Items = make_items(make_token("BlacklistToken"))
    items.token.blacklist(items.merchant, {"from": items.deployer})
    items.buy(items.data())
    return items


def domain(items: Items) -> Domain:
    return items_domain(items.world.chain.id, items.contract.address)


def consent(items: Items, to: Any, where: Domain) -> tuple[tuple[int, int, bool, bytes], bytes]:
    """The merchant's, and its digest under the shop's own domain."""
    deadline = items.world.now() + DAY
    message = OwedWithdrawal(items.merchant.address, str(to), 1, deadline)
    signature = message.sign(where, items.world.key(items.merchant))
    return (1, deadline, False, signature), message.digest(domain(items))


def test_withdraw_owed_reverts_for_others(owing: Items) -> None:
    with reverts("Custody_NotItself", owing.merchant, owing.stranger):
        owing.contract.withdrawOwed(owing.merchant, owing.stranger, ITSELF, {"from": owing.stranger})
    with reverts("Custody_NothingOwed", owing.stranger):
        owing.contract.withdrawOwed(owing.stranger, owing.stranger, ITSELF, {"from": owing.stranger})


@pytest.mark.parametrize("elsewhere", ["chain", "contract", "certificates"])
def test_withdraw_owed_reverts_for_what_was_signed_elsewhere(owing: Items, elsewhere: str) -> None:
    """For this shop on another chain, for another currency's shop, for the certificates."""
    where = {
        "chain": replace(domain(owing), chain_id=1),
        "contract": replace(domain(owing), verifying_contract=owing.stranger.address),
        "certificates": owing.world.domain,
    }[elsewhere]
    signed, digest = consent(owing, owing.recipient, where)
    with reverts("Custody_InvalidSignature", owing.merchant, digest):
        owing.contract.withdrawOwed(owing.merchant, owing.recipient, signed, {"from": owing.relayer})


def test_withdraw_owed_by_signature(owing: Items) -> None:
    assert bytes(owing.contract.DOMAIN_SEPARATOR()) == domain(owing).separator
    signed, _ = consent(owing, owing.recipient, domain(owing))
    owing.contract.withdrawOwed(owing.merchant, owing.recipient, signed, {"from": owing.relayer})
    assert owing.token.balanceOf(owing.recipient) == PRICE
    assert (owing.contract.owed(owing.merchant), owing.contract.totalOwed()) == (0, 0)
    with reverts("Custody_NonceTooLow", 1, 1):
        owing.contract.withdrawOwed(owing.merchant, owing.recipient, signed, {"from": owing.relayer})
