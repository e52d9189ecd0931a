"""Row game_item: in-game and digital goods. A redemption delivers an ERC-1155 item in the same transaction,
or neither happens.
"""

from __future__ import annotations

from typing import Any

import pytest

from largesse.chain import Node, RefusedError, Wallet
from largesse.clients.certificates import Certificates
from largesse.clients.items import Item
from largesse.clients.items import Items as Client
from tests.fixtures.accounts import MakeAccount
from tests.fixtures.items import PRICE, STOCK, SWORD, Items


@pytest.fixture
def client(items: Items, node_url: str) -> Client:
    return Client(Certificates(Node.at(node_url), items.certificates.address), items.contract.address)


def wallet(items: Items, role: str) -> Wallet:
    return Wallet.from_key(role, items.world.key(getattr(items, role)))


def books(items: Items) -> tuple[int, int, int, int]:
    """Face of the player, money and items of the studio, items of the player."""
    face = items.certificates.balanceOf(items.holder, items.named)
    return face, items.token.balanceOf(items.merchant), items.has(items.merchant), items.has(items.holder)


@pytest.mark.parametrize("relayed", [False, True])
def test_a_sword_for_a_card_in_one_transaction(items: Items, client: Client, relayed: bool) -> None:
    """The player needs no gas: a relayer sends what it signed."""
    item = Item(*items.item())
    face, money, stock, has = books(items)
    blocks = items.world.chain.height
    relayer = wallet(items, "relayer") if relayed else None
    client.buy(wallet(items, "holder"), items.named, str(items.merchant), item, 2, relayer=relayer)
    assert items.world.chain.height == blocks + 1
    assert books(items) == (face - 2 * PRICE, money + 2 * PRICE, stock - 2, has + 2)


def test_a_present_for_a_friend(items: Items, client: Client) -> None:
    item = Item(*items.item())
    client.buy(
        wallet(items, "holder"), items.named, str(items.merchant), item, 1, recipient=str(items.recipient)
    )
    assert items.has(items.recipient) == 1


def test_neither_happens(items: Items, client: Client, make_account: MakeAccount) -> None:
    """Sold out between the look and the payment; a friend's account that takes no items; too dear a card."""
    player, item = wallet(items, "holder"), Item(*items.item())
    before = books(items)
    refuser = make_account("Refuser1155", items.stranger, mode="Reverts")
    with pytest.raises(RefusedError, match="Refuser1155_Refused"):
        client.buy(player, items.named, str(items.merchant), item, 1, recipient=refuser.address)
    with pytest.raises(RefusedError, match="Items_OverStock"):
        use = item.use(STOCK + 1, player.address)
        client.redeem(player, items.named, PRICE * (STOCK + 1), str(items.merchant), use)
    with pytest.raises(RefusedError, match="Items_PaymentDiffers"):
        client.redeem(player, items.named, PRICE - 1, str(items.merchant), item.use(1, player.address))
    assert books(items) == before


def test_a_card_of_other_merchants_buys_nothing_here(items: Items, client: Client) -> None:
    """A named series pays its merchants only, in this shop too."""
    stranger: Any = items.stranger
    items.collection.mint(stranger, SWORD, 1, {"from": items.deployer})
    client.list(wallet(items, "stranger"), Item(*items.item()), 1)
    with pytest.raises(RefusedError, match="GiftCertificates_NotMerchant"):
        client.buy(wallet(items, "holder"), items.named, str(stranger), Item(*items.item()), 1)
