"""What each contract beside GiftCertificates says of itself: which certificates it is of, their currency, and
the domain of what is signed for it."""

from __future__ import annotations

from typing import Any

import pytest
from brownie import Contract

from tests.fixtures.accounts import container
from tests.support.certificates import World

DESKS = (
    "AtomicSwaps",
    "CertificateMarket",
    "CertificateSales",
    "HeldOrders",
    "ItemShop",
    "PrepaidAccounts",
    "RewardPools",
    "StreamingTipEscrow",
)
ERC165, RECEIVER_1155, RECEIVER_721 = "0x01ffc9a7", "0x4e2312e0", "0x150b7a02"


def deploy(project: Any, world: World, name: str) -> Any:
    """With its whole interface."""
    made = getattr(project, name).deploy(world.certificates, {"from": world.deployer})
    return Contract.from_abi(name, made.address, container(name).abi)


@pytest.mark.parametrize("name", DESKS)
def test_a_wallet_reads_the_domain_by_erc_5267(project: Any, world: World, name: str) -> None:
    desk = deploy(project, world, name)
    domain = ("0x0f", f"Largesse {name}", "1", world.chain.id, desk.address, "0x" + "00" * 32, ())
    assert tuple(desk.eip712Domain()) == domain


@pytest.mark.parametrize("name", [*DESKS, "UniswapV2Payout"])
def test_it_names_its_certificates_and_their_currency(project: Any, world: World, name: str) -> None:
    desk = deploy(project, world, name)
    assert (desk.certificates(), desk.currency()) == (world.certificates, world.token)


def test_swaps_say_that_they_take_erc_1155(project: Any, world: World) -> None:
    swaps = deploy(project, world, "AtomicSwaps")
    supported = {name: swaps.supportsInterface(name) for name in (ERC165, RECEIVER_1155, RECEIVER_721)}
    assert supported == {ERC165: True, RECEIVER_1155: True, RECEIVER_721: False}
