"""The views, the constructor, and that what is signed is what the interface and the package say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from largesse.eip712 import Message, keccak, rewards_domain
from largesse.signed import rewards as reward_messages
from largesse.signed.certificates import OwedWithdrawal
from tests.support.certificates import ZERO
from tests.support.errors import reverts
from tests.support.rewards import CHOICE, TYPES, Rewards, State

INTERFACE = Path(__file__).resolve().parents[3] / "interfaces" / "IRewardPools.sol"


def test_the_constructor_reverts_without_certificates(rewards: Rewards, project: Any) -> None:
    for nobody in (ZERO, rewards.stranger):
        with reverts("Custody_ZeroAddress"):
            project.RewardPools.deploy(nobody, {"from": rewards.deployer})


def test_what_nobody_has_is_zero(rewards: Rewards) -> None:
    nowhere = rewards.pool_id(5)
    assert rewards.state(nowhere) == State(ZERO, ZERO, 0, 0, 0, 0, 0, 0, 0, 0, ZERO, 0, 0)
    assert (rewards.credit(nowhere, rewards.reader), rewards.spent_today(nowhere)) == (0, 0)
    assert not rewards.contract.isPaid(nowhere, 0)


def test_whose_the_pools_are(any_rewards: Rewards) -> None:
    contract = any_rewards.contract
    assert contract.currency() == any_rewards.token
    assert contract.certificates() == any_rewards.world.certificates


def test_the_domain_separator_is_that_of_eip_712(rewards: Rewards) -> None:
    separator = bytes.fromhex(str(rewards.contract.DOMAIN_SEPARATOR())[2:])
    assert separator == rewards.domain.separator
    assert rewards_domain(rewards.world.chain.id, rewards.contract.address) == rewards.domain


@pytest.mark.parametrize("name", TYPES)
def test_the_messages_of_the_package_are_those_of_the_interface(name: str) -> None:
    """Each type is written out in the interface's documentation, and hashed alike by the package."""
    kind: type[Message] = OwedWithdrawal if name == "OwedWithdrawal" else getattr(reward_messages, name)
    assert kind.typehash() == keccak(f"{name}({TYPES[name]})".encode())
    assert name == "OwedWithdrawal" or f"{name}({TYPES[name]})" in INTERFACE.read_text(encoding="utf-8")


def test_the_choice_is_over_the_attestation() -> None:
    assert reward_messages.Choice.typehash() == keccak(CHOICE.encode())
    assert CHOICE.partition(")")[0] + ")" in INTERFACE.read_text(encoding="utf-8")
