"""Reward pools over the real USDC (FiatTokenV2_2): a sponsor without gas opens and funds by signature
(EIP-3009), and a blacklisted reader holds up nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from brownie import web3

from largesse.usdc import Usdc
from tests.fixtures.accounts import container
from tests.support.certificates import World
from tests.support.errors import reverts
from tests.support.rewards import ITSELF, Rewards, paid
from tests.support.usdc_payers import FOREVER, UsdcPayer

UNIT = 10**6


@pytest.fixture(scope="module")
def rewards(
    still_clock: None, usdc: Any, usdc_deployment: Usdc, make_world: Callable[[Any], World]
) -> Rewards:
    """The sponsor has 1,000 USDC, no allowance anywhere, and sends nothing."""
    world = make_world(usdc)
    contract = container("RewardPools").deploy(world.certificates, {"from": world.deployer})
    usdc_deployment.mint(world.supporter.address, 1_000 * UNIT)
    return Rewards(world, contract)


def open_signed(rewards: Rewards, usdc: Usdc, amount: int) -> bytes:
    """A pool by one signature that consents and pays, sent by a relayer."""
    opening, sponsor = rewards.opening(reader_cap=2 * UNIT, pool_cap=10 * UNIT), rewards.sponsor
    payer = UsdcPayer(usdc, sponsor, rewards.contract, rewards.digest)
    consent = payer.moving(amount, "OpenPool", str(sponsor), *opening, amount)
    rewards.contract.openSigned(sponsor, opening, amount, consent, {"from": rewards.relayer})
    return rewards.pool_id()


def test_a_sponsor_without_gas_opens_funds_and_closes(rewards: Rewards, usdc_deployment: Usdc) -> None:
    """Every act is one signature that somebody else sends, and no allowance is ever given."""
    pool_id = open_signed(rewards, usdc_deployment, 9 * UNIT)
    payer = UsdcPayer(usdc_deployment, rewards.sponsor, rewards.contract, rewards.digest)
    more = payer.moving(UNIT, "FundPool", str(rewards.sponsor), pool_id, UNIT, nonce=2)
    rewards.contract.fundSigned(pool_id, rewards.sponsor, UNIT, more, {"from": rewards.relayer})
    rewards.pay(pool_id, rewards.read(pool_id, 1, UNIT))
    closing = rewards.consent("AnnounceClosing", str(rewards.sponsor), pool_id, deadline=FOREVER)
    rewards.contract.announceClosing(pool_id, closing, {"from": rewards.relayer})
    assert rewards.money(pool_id) == (10 * UNIT, UNIT)
    for who in (rewards.reader, rewards.author):
        rewards.collect(who, pool_id)
    assert (rewards.balance(rewards.reader), rewards.balance(rewards.author)) == (400_000, 600_000)
    assert rewards.token.allowance(rewards.sponsor, rewards.contract) == 0
    assert web3.eth.get_transaction_count(rewards.sponsor.address) == 0
    rewards.check_books()


def test_a_signature_is_used_up_in_the_currency(rewards: Rewards, usdc_deployment: Usdc) -> None:
    open_signed(rewards, usdc_deployment, UNIT)
    with reverts("Error", "FiatTokenV2: authorization is used or canceled"):
        open_signed(rewards, usdc_deployment, UNIT)


def test_a_blacklisted_reader_holds_up_nobody(rewards: Rewards, usdc_deployment: Usdc) -> None:
    """Not even its author, not even when the pools themselves are blacklisted."""
    pool_id = open_signed(rewards, usdc_deployment, 3 * UNIT)
    usdc_deployment.blacklist(rewards.reader.address)
    assert len(paid(rewards.pay(pool_id, rewards.read(pool_id, 1, UNIT))).rows) == 1
    for who in (rewards.reader, rewards.author):
        rewards.collect(who, pool_id)
    assert rewards.contract.owed(rewards.reader) == rewards.contract.totalOwed() == 400_000
    assert rewards.balance(rewards.author) == 600_000
    rewards.contract.withdrawOwed(rewards.reader, rewards.recipient, ITSELF, {"from": rewards.reader})
    assert rewards.balance(rewards.recipient) == 400_000
    usdc_deployment.blacklist(rewards.contract.address)
    assert len(paid(rewards.pay(pool_id, rewards.read(pool_id, 2, 100))).rows) == 1
    rewards.check_books()
